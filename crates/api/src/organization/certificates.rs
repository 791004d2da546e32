//! `/v1/organization/certificates` and `…/projects/{project_id}/certificates`: client certificates, uploaded by the
//! organization and active for it or for single projects.

use axum::Json;
use axum::extract::State;
use keystead_app::organizations::certificates::{PlacedCertificate, UploadedCertificate};
use keystead_core::id::{CertificateId, ProjectId};
use serde_json::{Value, json};

use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

const IN_ORGANIZATION: &str = "organization.certificate";
const IN_PROJECT: &str = "organization.project.certificate";

fn show(certificate: &UploadedCertificate, content: bool) -> Value {
    let mut details = json!({ "valid_at": certificate.valid_at, "expires_at": certificate.expires_at });
    if content {
        details["content"] = certificate.content.clone().into();
    }
    json!({
        "id": certificate.id,
        "object": "certificate",
        "name": certificate.name,
        "created_at": certificate.created_at,
        "certificate_details": details,
    })
}

fn show_in(object: &str, certificate: &UploadedCertificate, active: bool) -> Value {
    let mut shown = show(certificate, false);
    (shown["object"], shown["active"]) = (object.into(), active.into());
    shown
}

/// The project of the path, without which the whole organization is meant, and the name of the objects of that place.
fn place(ids: &Ids) -> Result<(Option<ProjectId>, &'static str), ApiError> {
    let project = ids.optional("project_id", "project")?;
    let object = if project.is_some() { IN_PROJECT } else { IN_ORGANIZATION };
    Ok((project, object))
}

/// `GET …/certificates`, newest first: all of the organization's, with whether each is active in the place of the path.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let (project, object) = place(&ids)?;
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.certificates(&admin.actor, &admin.organization, project.as_ref(), wanted.page()).await;
    let shown = |one: &PlacedCertificate| show_in(object, &one.certificate, one.active);
    Ok(wanted.list(&listing.or_fail(&state)?, shown))
}

/// `POST /v1/organization/certificates`: an upload, which is not active.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let name = fields.text("name")?;
    let pem = fields.required_text("certificate")?;
    let made = state.app.create_certificate(&admin.actor, &admin.organization, name.as_deref(), &pem).await;
    Ok(Json(show(&made.or_fail(&state)?, false)))
}

/// `GET …/certificates/{certificate_id}`, with its content if `include` names it.
pub(crate) async fn retrieve(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("certificate_id", "certificate")?;
    let include = query.many("include");
    if include.iter().any(|part| part != "content") {
        return Err(ApiError::param("include", "Invalid 'include': must be content."));
    }
    let found = state.app.certificate(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(show(&found, !include.is_empty())))
}

/// `POST …/certificates/{certificate_id}`; without `name`, or when it is null, the name stays.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.get("certificate_id", "certificate")?;
    let name = fields.text("name")?;
    let changed = state.app.rename_certificate(&admin.actor, &admin.organization, &id, name.as_deref()).await;
    Ok(Json(show(&changed.or_fail(&state)?, false)))
}

/// `DELETE …/certificates/{certificate_id}`.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: CertificateId = ids.get("certificate_id", "certificate")?;
    state.app.delete_certificate(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "certificate.deleted", "id": id })))
}

fn chosen(fields: &Fields) -> Result<Vec<CertificateId>, ApiError> {
    let ids = fields.texts("certificate_ids")?.ok_or_else(|| ApiError::missing("certificate_ids"))?;
    ids.iter().map(|id| id.parse().map_err(|_| ApiError::not_found("certificate", id))).collect()
}

/// Builds the answer of an activation or deactivation.
fn toggled(object: &str, all: &[UploadedCertificate], active: bool) -> Json<Value> {
    let data: Vec<Value> = all.iter().map(|one| show_in(object, one, active)).collect();
    let done = if active { "activation" } else { "deactivation" };
    Json(json!({ "object": format!("{object}.{done}"), "data": data }))
}

/// `POST …/certificates/activate`
pub(crate) async fn activate(
    State(state): State<ApiState>,
    admin: Admin,
    path: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let ((project, object), ids) = (place(&path)?, chosen(&fields)?);
    let all = state.app.activate_certificates(&admin.actor, &admin.organization, project.as_ref(), &ids).await;
    Ok(toggled(object, &all.or_fail(&state)?, true))
}

/// `POST …/certificates/deactivate`
pub(crate) async fn deactivate(
    State(state): State<ApiState>,
    admin: Admin,
    path: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let ((project, object), ids) = (place(&path)?, chosen(&fields)?);
    let all = state.app.deactivate_certificates(&admin.actor, &admin.organization, project.as_ref(), &ids).await;
    Ok(toggled(object, &all.or_fail(&state)?, false))
}
