//! API keys of a project, `organization.project.api_key`: people's and service accounts'.

use axum::Json;
use axum::extract::State;
use keystead_app::KeyWithOwner;
use keystead_app::keys::{KeyChange, OwnerAccess};
use keystead_core::caller::Owner;
use keystead_core::id::KeyId;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(found: &KeyWithOwner) -> Value {
    let key = &found.key;
    let owner = match &key.owner {
        Owner::User(id) => json!({
            "type": "user",
            "user": {
                "id": id,
                "email": found.owner_email,
                "name": found.owner_name,
                "created_at": found.owner_created_at,
                "role": found.owner_role,
            },
        }),
        Owner::ServiceAccount(id) => json!({
            "type": "service_account",
            "service_account": {
                "id": id,
                "name": found.owner_name,
                "created_at": found.owner_created_at,
                "role": found.owner_role,
            },
        }),
    };
    json!({
        "id": key.id,
        "object": "organization.project.api_key",
        "name": key.name.as_deref().unwrap_or_default(),
        "redacted_value": key.redacted,
        "created_at": key.created_at,
        "last_used_at": key.last_used_at,
        "expires_at": key.expires_at,
        "owner_project_access": if found.owner_active { "active" } else { "inactive" },
        "owner": owner,
    })
}

/// `GET /v1/organization/projects/{project_id}/api_keys`, newest first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let wanted = page::wanted(&query, false)?;
    let access = match query.one("owner_project_access") {
        // By default, only keys with an owner who still has access to the project are shown.
        None | Some("active") => OwnerAccess::Active,
        Some("inactive") => OwnerAccess::Inactive,
        Some("any") => OwnerAccess::Any,
        Some(_) => {
            let message = "Invalid 'owner_project_access': must be active, inactive or any.";
            return Err(ApiError::param("owner_project_access", message));
        }
    };
    let listing = state.app.project_keys(&admin.actor, &admin.organization, &project, access, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `GET /v1/organization/projects/{project_id}/api_keys/{key_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("key_id", "API key")?;
    let found = state.app.project_key(&admin.actor, &admin.organization, &project, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST /v1/organization/projects/{project_id}/api_keys/{key_id}`: changes scopes or lifetime; the secret stays.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("key_id", "API key")?;
    fields.not_null("scopes")?;
    fields.not_null("expires_in_seconds")?;
    let change = KeyChange { scopes: fields.scopes()?, expires_in_seconds: fields.lifetime()?, name: None };
    let made = state.app.update_project_key(&admin.actor, &admin.organization, &project, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `DELETE /v1/organization/projects/{project_id}/api_keys/{key_id}`: a service account and its other keys stay.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id: KeyId = ids.get("key_id", "API key")?;
    state.app.delete_project_key(&admin.actor, &admin.organization, &project, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.project.api_key.deleted", "deleted": true })))
}
