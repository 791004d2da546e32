//! `GET /v1/organization/projects/{project_id}/service_accounts`, newest first.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

pub(crate) async fn handle(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, Failure> {
    let project = ids.get("project_id", "project")?;
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.service_accounts(&admin.actor, &admin.organization, &project, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}
