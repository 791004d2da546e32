//! `/v1/keystead/api_keys/{key_id}`: the status of a key and its reason, also of a deleted one; and rotation.

use axum::Json;
use axum::extract::State;
use keystead_app::KeyRow;
use keystead_app::anomalies::KeyCapRow;
use keystead_app::keys::KeyState;
use keystead_core::id::KeyId;
use serde_json::{Value, json};

use super::anomalies;
use crate::ApiState;
use crate::api_keys;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// How long the old secret keeps working by default: a day.
const OVERLAP: i64 = 86_400;

/// `GET`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.get("key_id", "API key")?;
    explained(&state, &admin, &id).await
}

/// Explains a key of the caller's organization.
pub(super) async fn explained(state: &ApiState, admin: &Admin, id: &KeyId) -> Result<Json<Value>, ApiError> {
    let (actor, organization) = (&admin.actor, &admin.organization);
    let (key, key_state) = state.app.explain_key(actor, organization, id).await.or_fail(state)?;
    let cap = match &key.organization {
        Some(_) => state.app.key_cap(actor, organization, id).await.or_fail(state)?,
        // A legacy user key belongs to no organization and is never paused.
        None => KeyCapRow::default(),
    };
    Ok(Json(show(&key, key_state, &cap)))
}

/// Shows a key with its state.
pub(crate) fn show(key: &KeyRow, state: KeyState, cap: &KeyCapRow) -> Value {
    let mut shown = json!({
        "id": key.id,
        "object": "keystead.api_key",
        "kind": key.kind.as_str(),
        "name": key.name,
        "redacted_value": key.redacted,
        "state": state.as_str(),
        "scopes": key.restriction.0,
        "organization_id": key.organization,
        "project_id": key.project,
        "owner_id": key.owner.as_str(),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "revoked_by": key.revoked_by,
        "revoked_reason": key.revoked_reason,
        "rotated_to": key.rotated_to,
        "federation_rule_id": key.federation_rule,
    });
    anomalies::add_to(&mut shown, cap);
    shown
}

/// `POST …/rotate`: a new key of the same owner, project, name and scopes; the old one works for
/// `overlap_in_seconds` more.
pub(crate) async fn rotate(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id: KeyId = ids.get("key_id", "API key")?;
    let overlap = fields.number("overlap_in_seconds")?.unwrap_or(OVERLAP);
    let (actor, organization) = (&admin.actor, &admin.organization);
    let project = state.app.project_of_key(actor, organization, &id).await.or_fail(&state)?;
    let rotated = state.app.rotate_key(actor, organization, &project, &id, overlap).await.or_fail(&state)?;
    let mut made = api_keys::show(&rotated.made);
    made["replaces"] = json!({ "id": rotated.old, "expires_at": rotated.old_ends_at });
    Ok(Json(made))
}
