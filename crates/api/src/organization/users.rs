//! People of the organization, `organization.user`.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::members::Member;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(member: &Member) -> Value {
    json!({
        "id": member.user.id,
        "object": "organization.user",
        "name": member.user.name,
        "email": member.user.email,
        "role": member.membership.role.as_str(),
        "added_at": member.membership.created_at,
        "created": member.user.created_at,
        "is_service_account": false,
    })
}

/// `GET /v1/organization/users`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let emails = query.many("emails");
    let listing = state.app.members(&admin.actor, &admin.organization, &emails, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}

/// `GET /v1/organization/users/{user_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("user_id", "user")?;
    let member = state.app.member(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&member)))
}
