//! `GET /v1/organization/projects/{project_id}/api_keys`, newest first.

use axum::Json;
use axum::extract::State;
use keystead_app::keys::OwnerAccess;
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
    let access = match query.one("owner_project_access") {
        // Left out, only keys whose owner still reaches the project are shown (contract 1.4).
        None | Some("active") => OwnerAccess::Active,
        Some("inactive") => OwnerAccess::Inactive,
        Some("any") => OwnerAccess::Any,
        Some(_) => {
            let message = "Invalid 'owner_project_access': must be active, inactive or any.";
            return Err(Failure::param("owner_project_access", message));
        }
    };
    let listing = state.app.project_keys(&admin.actor, &admin.organization, &project, access, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}
