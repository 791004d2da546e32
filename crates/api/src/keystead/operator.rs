//! `/v1/keystead/operator`: the operator's console for programs. It takes an admin key owned by an operator.

use axum::Json;
use axum::extract::State;
use keystead_app::operator::policies::{PolicyPreview, PolicyView};
use keystead_app::operator::{CaseRow, KeptView};
use keystead_app::review::{Decided, Verdict};
use keystead_core::gate::{Requirement, Rule};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Event;
use keystead_core::verification::payment::PaymentEvent;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Operator;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

const ORGANIZATION: &str = "organization_id";

fn organization(ids: &Ids) -> Result<OrganizationId, ApiError> {
    ids.get(ORGANIZATION, "organization")
}

fn reason(fields: &Fields) -> Result<String, ApiError> {
    fields.text("reason")?.ok_or_else(|| ApiError::missing("reason"))
}

fn until(fields: &Fields) -> Result<Option<Timestamp>, ApiError> {
    Ok(fields.number("until")?.map(Timestamp))
}

fn rules(fields: &Fields) -> Result<Vec<Rule>, ApiError> {
    let missing = || ApiError::missing("rules");
    let value = fields.value("rules").ok_or_else(missing)?;
    // The parser's message names the field at fault and nothing else of the body.
    serde_json::from_value(value).map_err(|error| ApiError::param("rules", format!("Invalid 'rules': {error}.")))
}

fn case(row: &CaseRow) -> Value {
    json!({
        "id": row.id,
        "object": "keystead.review_case",
        "organization_name": row.organization_name,
        "kind": row.kind.as_str(),
        "opened_at": row.opened_at,
        "statement": row.statement,
        "proposed_by": row.proposed_by,
        "signals": row.signals,
    })
}

/// `GET …/cases`: the cases that people must decide.
pub(crate) async fn cases(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    let rows = state.app.open_cases(&operator.0).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "list", "data": rows.iter().map(case).collect::<Vec<_>>() })))
}

/// `POST …/cases/{id}/decide`: `decision` is `approve`, `reject` or, of a review, `recapture`. A review is rejected
/// with `reasons` from the list and may `destroy` its pictures at once. Overriding a service's refusal, and approving a
/// document that has verified others, takes two people; to approve a review, a reviewer must have viewed its pictures
/// in the console.
pub(crate) async fn decide(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let verdict = match fields.text("decision")?.as_deref() {
        Some("approve") => Verdict::Approve,
        Some("reject") => Verdict::Decline(fields.texts("reasons")?.unwrap_or_default()),
        Some("recapture") => Verdict::Recapture,
        _ => return Err(ApiError::param("decision", "Invalid 'decision': must be approve, reject or recapture.")),
    };
    if fields.value("reasons").is_some() && !matches!(verdict, Verdict::Decline(_)) {
        return Err(ApiError::param("reasons", "Invalid 'reasons': only a rejection has reasons."));
    }
    let destroy = fields.flag("destroy")?;
    let id = ids.text("id");
    let decided = state.app.decide_case(&operator.0, &id, verdict, &reason(&fields)?, destroy).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.review_case", "decided": decided == Decided::Done })))
}

/// `POST …/cases/{id}/hold`: keeps a case's pictures beyond their deadline, until `until`, because the law requires it.
/// It takes two operators who name the same date.
pub(crate) async fn hold(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    let until = until(&fields)?.ok_or_else(|| ApiError::missing("until"))?;
    let held = state.app.hold_evidence(&operator.0, &id, until, &reason(&fields)?).await.or_fail(&state)?;
    let held = held == Decided::Done;
    Ok(Json(json!({ "id": id, "object": "keystead.legal_hold", "held": held, "until": until })))
}

/// `POST …/cases/{id}/hold/end`.
pub(crate) async fn end_hold(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id = ids.text("id");
    state.app.end_evidence_hold(&operator.0, &id, &reason(&fields)?).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.legal_hold", "ended": true })))
}

/// `POST …/organizations/{organization_id}/waivers`: `requirement`, `reason`, `until`.
pub(crate) async fn waive(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let organization = organization(&ids)?;
    let named = fields.text("requirement")?.as_deref().and_then(Requirement::from_name);
    let unknown =
        || ApiError::param("requirement", "Invalid 'requirement': must be phone, payment_method or organization.");
    let requirement = named.ok_or_else(unknown)?;
    let until = until(&fields)?;
    let waived = state.app.waive_requirement(&operator.0, &organization, requirement, until, &reason(&fields)?).await;
    waived.or_fail(&state)?;
    Ok(Json(json!({
        "object": "keystead.waiver", "organization_id": organization, "requirement": requirement, "until": until,
    })))
}

/// `POST …/organizations/{organization_id}/verification`: `action` is `suspend`, `restore` or `revoke`, or
/// `payment_disputed`, each with a `reason`.
pub(crate) async fn act(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let organization = organization(&ids)?;
    let reason = reason(&fields)?;
    let event = match fields.text("action")?.as_deref() {
        Some("suspend") => Event::Suspend,
        Some("restore") => Event::Restore,
        Some("revoke") => Event::Revoke,
        Some("payment_disputed") => {
            let noted = state.app.operate_on_payment(&operator.0, &organization, PaymentEvent::Disputed, &reason).await;
            noted.or_fail(&state)?;
            return Ok(Json(json!({ "object": "keystead.organization_standing", "organization_id": organization })));
        }
        _ => {
            let message = "Invalid 'action': must be suspend, restore, revoke or payment_disputed.";
            return Err(ApiError::param("action", message));
        }
    };
    let view = state.app.operate_on_verification(&operator.0, &organization, event, &reason).await.or_fail(&state)?;
    Ok(Json(json!({
        "object": "keystead.organization_standing", "organization_id": organization,
        "status": view.status.as_str(), "open": view.open, "until": view.until,
    })))
}

fn tagged(organization: &OrganizationId, tags: &[String]) -> Json<Value> {
    Json(json!({ "object": "keystead.organization_tags", "organization_id": organization, "tags": tags }))
}

/// `GET …/organizations/{organization_id}/tags`.
pub(crate) async fn tags(State(state): State<ApiState>, operator: Operator, ids: Ids) -> Result<Json<Value>, ApiError> {
    let organization = organization(&ids)?;
    let tags = state.app.organization_tags(&operator.0, &organization).await.or_fail(&state)?;
    Ok(tagged(&organization, &tags))
}

/// `POST …/organizations/{organization_id}/tags`: replaces the present tags by `tags`, with a `reason`.
pub(crate) async fn tag(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let organization = organization(&ids)?;
    let wrong = || ApiError::param("tags", "Invalid 'tags': must be an array of strings.");
    let given: Vec<String> =
        fields.value("tags").and_then(|value| serde_json::from_value(value).ok()).ok_or_else(wrong)?;
    let tags = state.app.tag_organization(&operator.0, &organization, &given, &reason(&fields)?).await;
    Ok(tagged(&organization, &tags.or_fail(&state)?))
}

/// `POST …/phones/revoke`: revokes the proof of `organization_ids`. More than ten need a second operator.
pub(crate) async fn revoke_phones(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let wrong = || ApiError::param("organization_ids", "Invalid 'organization_ids': must be an array of ids.");
    let ids: Vec<OrganizationId> =
        fields.value("organization_ids").and_then(|value| serde_json::from_value(value).ok()).ok_or_else(wrong)?;
    if ids.is_empty() || ids.len() > 1_000 {
        return Err(wrong());
    }
    state.app.revoke_phones(&operator.0, &ids, &reason(&fields)?).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "keystead.phone_revocation", "organization_ids": ids })))
}

/// `POST …/exemptions`: exempts `organization_id` from all rules until `until`.
pub(crate) async fn exempt(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let named = fields.text(ORGANIZATION)?.unwrap_or_default();
    let organization: OrganizationId = named.parse().map_err(|_| ApiError::not_found("organization", &named))?;
    let until = until(&fields)?;
    let done = state.app.exempt_from_rules(&operator.0, &organization, until, &reason(&fields)?).await;
    done.or_fail(&state)?;
    Ok(Json(json!({ "object": "keystead.exemption", "organization_id": organization, "until": until })))
}

/// `POST …/exemptions/{organization_id}/end`.
pub(crate) async fn end_exemption(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let organization = organization(&ids)?;
    state.app.end_exemption(&operator.0, &organization, &reason(&fields)?).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "keystead.exemption", "organization_id": organization, "ended": true })))
}

fn show(view: &PolicyView) -> Value {
    let versions: Vec<Value> = view
        .versions
        .iter()
        .map(|row| {
            json!({ "version": row.version, "saved_at": row.saved_at, "saved_by": row.saved_by, "reason": row.reason })
        })
        .collect();
    json!({
        "object": "keystead.policy",
        "version": view.version,
        "rules": view.policy.rules,
        "exemptions": view.policy.exemptions,
        "versions": versions,
    })
}

/// `GET …/policy`: the rules in force, with their history.
pub(crate) async fn policy(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    let view = state.app.policy(&operator.0).await.or_fail(&state)?;
    Ok(Json(show(&view)))
}

/// `POST …/policy`: replaces the rules of `version` by `rules`, with a `reason`.
pub(crate) async fn save_policy(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let missing = || ApiError::missing("version");
    let before = fields.number("version")?.ok_or_else(missing)?;
    state.app.save_policy(&operator.0, rules(&fields)?, before, &reason(&fields)?).await.or_fail(&state)?;
    let view = state.app.policy(&operator.0).await.or_fail(&state)?;
    Ok(Json(show(&view)))
}

fn previewed(preview: &PolicyPreview) -> Value {
    let refusals: Vec<Value> = preview
        .refusals
        .iter()
        .map(|row| {
            json!({ "organization_id": row.organization, "organization_name": row.name, "action": row.action,
                "times": row.times, "missing": row.missing, "rule": row.rule })
        })
        .collect();
    json!({
        "object": "keystead.policy_preview",
        "at": preview.at,
        "organizations": preview.organizations,
        "times": preview.times,
        "refusals": refusals,
        "enforced": { "organizations": preview.enforced.0, "times": preview.enforced.1 },
    })
}

/// `POST …/policy/preview`: the organizations that `rules` would refuse and the present rules do not.
pub(crate) async fn preview(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let preview = state.app.preview_policy(&operator.0, rules(&fields)?).await.or_fail(&state)?;
    Ok(Json(previewed(&preview)))
}

/// `GET …/health`: the state of outside services, and waiting jobs.
pub(crate) async fn health(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    let view = state.app.provider_health(&operator.0).await.or_fail(&state)?;
    let services: Vec<Value> =
        view.services.iter().map(|(name, health)| json!({ "name": name, "health": health })).collect();
    let late = view.gateways.late.iter().map(|(node, seconds)| json!({ "id": node, "seconds": seconds }));
    let late: Vec<Value> = late.collect();
    Ok(Json(json!({
        "object": "keystead.provider_health", "services": services, "waiting_jobs": view.waiting_jobs,
        "oldest_due": view.oldest_due,
        "gateways": { "current": view.gateways.current, "all": view.gateways.all, "late": late },
    })))
}

fn kept(row: &KeptView) -> Value {
    json!({ "what": row.what, "rows": row.rows, "oldest": row.oldest, "kept_days": row.days })
}

/// `GET …/retention`: the personal data that is kept, and when it is deleted.
pub(crate) async fn retention(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    let rows = state.app.retention_report(&operator.0).await.or_fail(&state)?;
    Ok(Json(json!({ "object": "list", "data": rows.iter().map(kept).collect::<Vec<_>>() })))
}
