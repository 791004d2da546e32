//! `POST /v1/api-keys`: makes a project key for the owner of the key that calls.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::HeaderMap;
use keystead_app::Actor;
use keystead_app::keys::{MintedKey, NewKey};
use keystead_core::access::Selection;
use keystead_core::caller::Owner;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::ProjectId;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{AnyKey, ClientOrigin, selection};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};

/// The name of a key for which no name was sent.
const UNNAMED: &str = "API key";

pub(crate) async fn handle(
    State(state): State<ApiState>,
    key: AnyKey,
    from: ClientOrigin,
    certificate: Option<Extension<ReportedCertificate>>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.text("name")?.unwrap_or_else(|| UNNAMED.to_owned());
    let scopes = fields.scopes()?.unwrap_or_default();
    let asked = NewKey { name: Some(name), scopes, expires_in_seconds: fields.lifetime()? };
    let project: Option<ProjectId> = fields.id("project_id", "project")?;
    let actor = Actor::Key(Arc::clone(&key.caller));
    let (selection, project) = (selection(&headers)?, project.as_ref());
    // The project in the body may require a certificate that the one of the headers does not.
    let chosen = Selection { project: project.map(ProjectId::as_str).or(selection.project), ..selection };
    state.authenticate.check_certificate(
        &key.caller,
        chosen,
        certificate.as_ref().map(|Extension(reported)| reported),
    )?;
    let made = state.app.create_own_key(&actor, &key.caller, selection, from.address(), project, asked).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// Shows a key with its secret; this happens once.
pub(crate) fn show(minted: &MintedKey) -> Value {
    let key = &minted.key;
    let owner = match &key.owner {
        Owner::User(id) => json!({ "type": "user", "user": { "id": id } }),
        Owner::ServiceAccount(id) => json!({ "type": "service_account", "service_account": { "id": id } }),
    };
    json!({
        "id": key.id,
        "object": "organization.project.api_key",
        "name": key.name,
        "value": minted.secret.expose(),
        "redacted_value": key.redacted,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": null,
        "project_id": key.project,
        "organization_id": key.organization,
        "owner": owner,
    })
}
