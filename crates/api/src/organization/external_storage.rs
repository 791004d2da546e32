//! External storage, `organization.external_storage`: buckets in customers' own cloud accounts.

use axum::Json;
use axum::extract::State;
use keystead_app::external::{ExternalStorage, NewExternalStorage};
use keystead_core::external::{Cloud, Fault, STORAGE_MEMBERS, geography};
use keystead_core::id::{ExternalStorageId, ProjectId};
use keystead_core::text::printable;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::detached::to_its_end;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The parameters of the list.
pub(crate) const PAGE: &[&str] = &["after", "before", "limit", "order", "project_id"];

/// The region of which nothing is known; OpenAI's API always has one.
const UNKNOWN: &str = "unknown";

fn show(storage: &ExternalStorage) -> Value {
    let (location, region) = (&storage.location, storage.region.as_deref().unwrap_or(UNKNOWN));
    let mut provider = json!({ "type": location.cloud().as_str(), "region": region });
    for (name, value) in location.fields() {
        provider[*name] = value.as_str().into();
    }
    match location.cloud() {
        Cloud::Aws => provider["account_id"] = location.account().into(),
        Cloud::Gcp => provider["audience"] = location.audience().into(),
        Cloud::Azure | Cloud::Oci => {}
    }
    json!({
        "id": storage.id,
        "object": "organization.external_storage",
        "project_id": storage.project,
        "geography": geography(region),
        "provider": provider,
        "status": storage.health.as_str(),
        // Beside OpenAI's fields: why the last validation failed, and when it was.
        "reason": storage.fault.map(Fault::as_str),
        "validated_at": storage.checked_at,
        "created_at": storage.created_at,
    })
}

/// The id in the path.
fn storage_id(ids: &Ids) -> Result<ExternalStorageId, ApiError> {
    ids.get("external_storage_id", "external storage")
}

fn wrong(message: impl Into<String>) -> ApiError {
    ApiError::param("provider", message)
}

/// The members of `provider` beside its type, by name.
type Members = Vec<(&'static str, String)>;

/// Reads `provider`: the cloud, and the fields by which it finds the bucket.
fn provider(fields: &Fields) -> Result<(Cloud, Members), ApiError> {
    let value = fields.value("provider").ok_or_else(|| ApiError::missing("provider"))?;
    let Value::Object(members) = value else {
        return Err(wrong("Invalid type for 'provider': expected an object."));
    };
    let mut cloud = None;
    let mut given = Vec::new();
    for (name, value) in &members {
        let known = STORAGE_MEMBERS.iter().chain(&["type"]).find(|known| *known == name);
        let known = known.ok_or_else(|| wrong(format!("Unknown parameter: 'provider.{}'.", printable(name))))?;
        match value {
            Value::Null => {}
            Value::String(text) if *known == "type" => {
                let known = Cloud::from_name(text);
                cloud = Some(known.ok_or_else(|| wrong("Invalid 'provider.type': must be aws, gcp, azure or oci."))?);
            }
            Value::String(text) => given.push((*known, text.clone())),
            _ => return Err(wrong(format!("Invalid type for 'provider.{known}': expected a string."))),
        }
    }
    let cloud = cloud.ok_or_else(|| wrong("Missing required parameter: 'provider.type'."))?;
    Ok((cloud, given))
}

/// `GET /v1/organization/external_storage`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let parse = |text: &str| text.parse::<ProjectId>().map_err(|_| ApiError::not_found("project", text));
    let project = query.one("project_id").map(parse).transpose()?;
    let listing = state.app.external_storages(&admin.actor, &admin.organization, project.as_ref(), wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST /v1/organization/external_storage`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let project = fields.required_id("project_id", "project")?;
    let (cloud, fields) = provider(&fields)?;
    let asked = NewExternalStorage { project, cloud, fields };
    let made = state.app.register_external_storage(&admin.actor, &admin.organization, asked).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET /v1/organization/external_storage/{external_storage_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = storage_id(&ids)?;
    let found = state.app.external_storage(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `DELETE /v1/organization/external_storage/{external_storage_id}`
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = storage_id(&ids)?;
    state.app.remove_external_storage(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "organization.external_storage.deleted", "deleted": true })))
}

/// `POST /v1/organization/external_storage/{external_storage_id}/validate`
pub(crate) async fn validate(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (id, app) = (storage_id(&ids)?, state.app.clone());
    let check = async move { app.validate_external_storage(&admin.actor, &admin.organization, &id).await };
    Ok(Json(show(&to_its_end(&state, check).await?)))
}
