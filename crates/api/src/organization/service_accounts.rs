//! Service accounts of a project, `organization.project.service_account`.

use axum::Json;
use axum::extract::State;
use keystead_app::Error;
use keystead_app::keys::{MintedKey, NewKey};
use keystead_app::projects::service_accounts::{AccountChange, NewServiceAccount, ServiceAccount};
use keystead_core::id::ServiceAccountId;
use keystead_core::role::ProjectRole;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

fn show(account: &ServiceAccount) -> Value {
    json!({
        "id": account.id,
        "object": "organization.project.service_account",
        "name": account.name,
        "role": account.role.as_str(),
        "created_at": account.created_at,
    })
}

/// Shows a new key with its secret.
fn show_key(minted: &MintedKey) -> Value {
    json!({
        "object": "organization.project.service_account.api_key",
        "id": minted.key.id,
        "name": minted.key.name,
        "value": minted.secret.expose(),
        "created_at": minted.key.created_at,
        "expires_at": minted.key.expires_at,
    })
}

/// `GET /v1/organization/projects/{project_id}/service_accounts`, newest first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.service_accounts(&admin.actor, &admin.organization, &project, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST /v1/organization/projects/{project_id}/service_accounts`: with a first key unless the request says otherwise.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let name = fields.required_text("name")?;
    let expires_in_seconds = fields.lifetime()?;
    let key = match fields.flag("create_service_account_only")? {
        true if expires_in_seconds.is_some() => {
            let message = "'expires_in_seconds' must be null when 'create_service_account_only' is true.";
            return Err(Error::invalid("expires_in_seconds", message)).or_fail(&state);
        }
        true => None,
        false => Some(NewKey { name: Some("Secret Key".to_owned()), scopes: Vec::new(), expires_in_seconds }),
    };
    let asked = NewServiceAccount { name, key };
    let made = state.app.create_service_account(&admin.actor, &admin.organization, &project, asked).await;
    let (account, key) = made.or_fail(&state)?;
    let mut answer = show(&account);
    answer["api_key"] = key.as_ref().map_or(Value::Null, show_key);
    Ok(Json(answer))
}

/// `GET /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("service_account_id", "service account")?;
    let found = state.app.service_account(&admin.actor, &admin.organization, &project, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("service_account_id", "service account")?;
    let role = match fields.text("role")?.as_deref() {
        None => None,
        Some("member") => Some(ProjectRole::Member),
        Some("owner") => Some(ProjectRole::Owner),
        Some(_) => return Err(ApiError::param("role", "Invalid 'role': must be member or owner.")),
    };
    let change = AccountChange { name: fields.text("name")?, role };
    let made = state.app.update_service_account(&admin.actor, &admin.organization, &project, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `DELETE /v1/organization/projects/{project_id}/service_accounts/{service_account_id}`: with its keys.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id: ServiceAccountId = ids.get("service_account_id", "service account")?;
    state.app.delete_service_account(&admin.actor, &admin.organization, &project, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.project.service_account.deleted", "deleted": true })))
}

/// `POST /v1/organization/projects/{project_id}/service_accounts/{service_account_id}/api_keys`; the body is optional.
pub(crate) async fn create_key(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = ids.get("project_id", "project")?;
    let id = ids.get("service_account_id", "service account")?;
    let name = fields.text("name")?.unwrap_or_else(|| "Secret Key".to_owned());
    let scopes = fields.scopes()?.unwrap_or_default();
    let asked = NewKey { name: Some(name), scopes, expires_in_seconds: fields.lifetime()? };
    let made = state.app.create_service_account_key(&admin.actor, &admin.organization, &project, &id, asked).await;
    Ok(Json(show_key(&made.or_fail(&state)?)))
}
