//! Workload identity providers, `organization.workload_identity_provider`.

use axum::Json;
use axum::extract::State;
use keystead_app::workload_identity::{NewProvider, ProviderChange, WorkloadIdentityProvider};
use keystead_core::id::WorkloadIdentityProviderId;
use keystead_core::workload_identity::Transformations;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The fields that can change.
pub(crate) const CHANGEABLE: &[&str] =
    &["name", "issuer", "audience", "description", "enabled", "verification", "attribute_transformations"];
/// The fields of a new one.
pub(crate) const MEMBERS: &[&str] =
    &["type", "name", "issuer", "audience", "description", "enabled", "verification", "attribute_transformations"];

fn show(provider: &WorkloadIdentityProvider) -> Value {
    json!({
        "id": provider.id,
        "object": "organization.workload_identity_provider",
        "type": "oidc",
        "name": provider.name,
        "description": provider.description,
        "issuer": provider.issuer,
        "audience": provider.audience,
        "verification": provider.verification,
        "attribute_transformations": provider.transformations,
        "enabled": provider.enabled,
        "created_at": provider.created_at,
        "updated_at": provider.updated_at,
    })
}

/// The id in the path.
pub(super) fn provider_id(ids: &Ids) -> Result<WorkloadIdentityProviderId, ApiError> {
    ids.get("workload_identity_provider_id", "workload identity provider")
}

fn transformations(fields: &Fields) -> Result<Option<Transformations>, ApiError> {
    let Some(value) = fields.value("attribute_transformations") else { return Ok(None) };
    let invalid =
        |fault| ApiError::param("attribute_transformations", format!("Invalid 'attribute_transformations': {fault}."));
    Transformations::read(&value).map(Some).map_err(invalid)
}

/// `GET /v1/organization/workload_identity_providers`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.workload_identity_providers(&admin.actor, &admin.organization, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST /v1/organization/workload_identity_providers`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    if fields.required_text("type")? != "oidc" {
        return Err(ApiError::param("type", "Invalid 'type': must be oidc."));
    }
    let asked = NewProvider {
        name: fields.required_text("name")?,
        issuer: fields.required_text("issuer")?,
        audience: fields.required_text("audience")?,
        description: fields.text("description")?,
        enabled: fields.boolean("enabled")?.unwrap_or(true),
        verification: fields.value("verification"),
        transformations: transformations(&fields)?.unwrap_or_default(),
    };
    let made = state.app.create_workload_identity_provider(&admin.actor, &admin.organization, asked).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET /v1/organization/workload_identity_providers/{workload_identity_provider_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = provider_id(&ids)?;
    let found = state.app.workload_identity_provider(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST /v1/organization/workload_identity_providers/{workload_identity_provider_id}`: fields that are not sent stay.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = provider_id(&ids)?;
    let change = ProviderChange {
        name: fields.text("name")?,
        description: fields.nullable_text("description")?,
        issuer: fields.text("issuer")?,
        audience: fields.text("audience")?,
        verification: fields.value("verification"),
        transformations: transformations(&fields)?,
        enabled: fields.boolean("enabled")?,
    };
    let made = state.app.update_workload_identity_provider(&admin.actor, &admin.organization, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `DELETE /v1/organization/workload_identity_providers/{workload_identity_provider_id}`: without rules only.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = provider_id(&ids)?;
    let gone = state.app.delete_workload_identity_provider(&admin.actor, &admin.organization, &id).await;
    gone.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.workload_identity_provider.deleted", "deleted": true })))
}
