//! External keys: keys in customers' own cloud accounts.

use axum::Json;
use axum::extract::State;
use keystead_app::external::{ExternalKey, NewExternalKey};
use keystead_core::external::{Cloud, Fault, KEY_MEMBERS, KeyPurpose};
use keystead_core::id::ExternalKeyId;
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::detached::to_its_end;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The parameters of the list.
pub(crate) const PAGE: &[&str] = &["after", "before", "limit", "order", "purpose"];
/// The fields of a new one in every cloud.
const OWN_MEMBERS: [&str; 3] = ["type", "name", "purpose"];
/// The fields of a new one, in any cloud.
pub(crate) const MEMBERS: &[&str] = &members();

const fn members() -> [&'static str; OWN_MEMBERS.len() + KEY_MEMBERS.len()] {
    let mut all = [""; OWN_MEMBERS.len() + KEY_MEMBERS.len()];
    let (own, of_clouds) = all.split_at_mut(OWN_MEMBERS.len());
    own.copy_from_slice(&OWN_MEMBERS);
    of_clouds.copy_from_slice(KEY_MEMBERS);
    all
}

fn show(key: &ExternalKey) -> Value {
    let mut shown = json!({
        "id": key.id,
        "object": "organization.external_key",
        "type": key.location.cloud().as_str(),
        "name": key.name,
        "purpose": key.purpose.as_str(),
        "workspace_id": key.organization,
        // Projects cannot choose a key: what Keystead keeps is encrypted with the operator's.
        "api_project_ids": [],
        "created_at": key.created_at,
    });
    for (name, value) in key.location.fields() {
        shown[*name] = value.as_str().into();
    }
    shown
}

/// The id in the path.
fn key_id(ids: &Ids) -> Result<ExternalKeyId, ApiError> {
    ids.get("external_key_id", "external key")
}

fn purpose(text: Option<&str>) -> Result<Option<KeyPurpose>, ApiError> {
    let invalid = || ApiError::param("purpose", "Invalid 'purpose': must be ekm or psp_decryption.");
    text.map(|text| KeyPurpose::from_name(text).ok_or_else(invalid)).transpose()
}

/// `GET /v1/organization/external_keys`, newest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let purpose = purpose(query.one("purpose"))?;
    let listing = state.app.external_keys(&admin.actor, &admin.organization, purpose, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST /v1/organization/external_keys`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (cloud, asked_purpose) = (fields.text("type")?, fields.text("purpose")?);
    let name = fields.text("name")?;
    let mut given = Vec::new();
    for member in KEY_MEMBERS {
        given.extend(fields.text(member)?.map(|value| (*member, value)));
    }
    let cloud = cloud.ok_or_else(|| ApiError::missing("type"))?;
    let invalid = || ApiError::param("type", "Invalid 'type': must be aws, gcp, azure or oci.");
    let asked = NewExternalKey {
        cloud: Cloud::from_name(&cloud).ok_or_else(invalid)?,
        name: name.ok_or_else(|| ApiError::missing("name"))?,
        purpose: purpose(asked_purpose.as_deref())?.unwrap_or(KeyPurpose::Ekm),
        fields: given,
    };
    let made = state.app.register_external_key(&admin.actor, &admin.organization, asked).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET /v1/organization/external_keys/{external_key_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = key_id(&ids)?;
    let found = state.app.external_key(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `DELETE /v1/organization/external_keys/{external_key_id}`: the answer is the key that was removed.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = key_id(&ids)?;
    let removed = state.app.remove_external_key(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&removed.or_fail(&state)?)))
}

/// `POST /v1/organization/external_keys/{external_key_id}/validate`; beside OpenAI's `status` it says the reason.
pub(crate) async fn validate(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (id, app) = (key_id(&ids)?, state.app.clone());
    let check = async move { app.validate_external_key(&admin.actor, &admin.organization, &id).await };
    let checked = to_its_end(&state, check).await?;
    let reason = checked.fault.map(Fault::as_str);
    Ok(Json(json!({ "status": checked.health.as_str(), "reason": reason, "validated_at": checked.checked_at })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_key_is_a_member() {
        assert_eq!(MEMBERS[..3], ["type", "name", "purpose"]);
        assert_eq!(MEMBERS[3..], *KEY_MEMBERS);
    }
}
