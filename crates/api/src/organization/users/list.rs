//! `GET /v1/organization/users`, newest first.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::show;
use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::page;
use crate::query::Query;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, Failure> {
    let wanted = page::wanted(&query, false)?;
    let emails = query.many("emails");
    let listing = state.app.members(&admin.actor, &admin.organization, &emails, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}
