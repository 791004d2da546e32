//! `/v1/keystead/tier`: the usage tier of the key's organization, and of any organization for operators.

use axum::Json;
use axum::extract::State;
use keystead_app::tiers::TierView;
use keystead_core::id::OrganizationId;
use keystead_core::money::CURRENCY;
use keystead_core::rate::RateLimits;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{Admin, Operator};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;

/// Fields that an operator sends.
pub(crate) const MEMBERS: &[&str] = &["tier", "reason"];

fn limits(model: &str, limits: &RateLimits) -> Value {
    json!({
        "model": model,
        "requests_per_minute": limits.requests_per_minute,
        "requests_per_day": limits.requests_per_day,
        "tokens_per_minute": limits.tokens_per_minute,
        "images_per_minute": limits.images_per_minute,
    })
}

fn show(organization: &OrganizationId, view: &TierView) -> Json<Value> {
    let present = view.present.as_ref();
    let next = present.and_then(|present| present.next.as_ref()).map(|next| {
        json!({
            "tier": next.tier.number(),
            "requires": { "paid": next.needs.paid().as_units(), "days": next.needs.days },
            "missing": { "paid": next.missing_paid.as_units(), "days": next.missing_days },
        })
    });
    Json(json!({
        "object": "keystead.usage_tier",
        "organization_id": organization,
        "tier": present.map(|present| present.tier.number()),
        "highest": present.map(|present| present.highest.number()),
        "since": present.map(|present| present.since),
        "set_by": present.map(|present| present.set_by.as_str()),
        "held": present.is_some_and(|present| present.held),
        "paid": view.paid.as_units(),
        "currency": CURRENCY,
        "limits": view.limits.iter().map(|(model, of)| limits(model, of)).collect::<Vec<_>>(),
        "next": next,
    }))
}

/// `GET /v1/keystead/tier`.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let view = state.app.usage_tier(&admin.actor, &admin.organization).await.or_fail(&state)?;
    Ok(show(&admin.organization, &view))
}

/// `GET …/organizations/{organization_id}/tier`.
pub(crate) async fn retrieve_any(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let organization: OrganizationId = ids.get("organization_id", "organization")?;
    let view = state.app.operator_tier(&operator.0, &organization).await.or_fail(&state)?;
    Ok(show(&organization, &view))
}

/// `POST …/organizations/{organization_id}/tier`: sets the `tier`, with a `reason`.
pub(crate) async fn set(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let organization: OrganizationId = ids.get("organization_id", "organization")?;
    let tier = fields.number("tier")?.ok_or_else(|| ApiError::missing("tier"))?;
    let reason = fields.text("reason")?.ok_or_else(|| ApiError::missing("reason"))?;
    let view = state.app.set_tier(&operator.0, &organization, tier, &reason).await.or_fail(&state)?;
    Ok(show(&organization, &view))
}
