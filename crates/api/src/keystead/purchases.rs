//! `/v1/keystead/credit/purchases`: credit is bought; and `/v1/keystead/operator/credit/{organization_id}/purchases`:
//! operators pay purchases back.

use axum::Json;
use axum::extract::State;
use keystead_app::Page;
use keystead_app::credit::{BuyCredit, PurchaseView, RefundPurchase};
use keystead_core::id::OrganizationId;
use keystead_core::money::CURRENCY;
use serde_json::{Value, json};

use super::credit::check_currency;
use crate::ApiState;
use crate::auth::{Admin, Operator};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// Purchases that operators see of one organization.
const MOST: u32 = 500;
/// The fields of a purchase.
pub(crate) const PURCHASE: &[&str] = &["amount_in_cents", "currency", "checkout", "idempotency_key"];
/// The fields of a refund.
pub(crate) const REFUND: &[&str] = &["amount_in_cents", "currency", "spent_too", "reason", "idempotency_key"];

/// One purchase.
pub(crate) fn show(view: &PurchaseView) -> Value {
    json!({
        "id": view.id,
        "object": "keystead.purchase",
        "amount_in_cents": view.cents,
        "currency": CURRENCY,
        "way": view.way.as_str(),
        "status": view.state.as_str(),
        "reason": view.reason,
        "url": view.url,
        "receipt_url": view.receipt_url,
        "refunded_in_cents": view.refunded,
        "disputed_in_cents": view.disputed,
        "created_at": view.created_at,
        "expires_at": view.expires_at,
        "paid_at": view.paid_at,
    })
}

/// `POST /v1/keystead/credit/purchases`: buys credit.
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    check_currency(&fields)?;
    let order = BuyCredit {
        cents: fields.number("amount_in_cents")?.ok_or_else(|| ApiError::missing("amount_in_cents"))?,
        checkout: fields.boolean("checkout")?.unwrap_or(false),
        key: fields.text("idempotency_key")?,
    };
    let bought = state.app.buy_credit(&admin.actor, &admin.organization, order).await;
    Ok(Json(show(&bought.or_fail(&state)?)))
}

/// `GET /v1/keystead/credit/purchases`.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let listed = state.app.purchases(&admin.actor, &admin.organization, &wanted.page()).await;
    Ok(wanted.list(&listed.or_fail(&state)?, show))
}

/// `GET /v1/keystead/credit/purchases/{purchase_id}`.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("purchase_id");
    let found = state.app.purchase(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST …/{purchase_id}/refresh`: asks the service now.
pub(crate) async fn refresh(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = ids.text("purchase_id");
    let found = state.app.check_purchase(&admin.actor, &admin.organization, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

fn organization(ids: &Ids) -> Result<OrganizationId, ApiError> {
    ids.get("organization_id", "organization")
}

/// `GET …/operator/credit/{organization_id}/purchases`: the newest ones.
pub(crate) async fn of_organization(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let newest = Page { after: None, limit: MOST, ascending: false };
    let listed = state.app.purchases(&operator.0, &organization(&ids)?, &newest).await.or_fail(&state)?;
    let data: Vec<Value> = listed.data.iter().map(show).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// `POST …/operator/credit/{organization_id}/purchases/{purchase_id}/refunds`: pays a purchase back.
pub(crate) async fn refund(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    check_currency(&fields)?;
    let order = RefundPurchase {
        cents: fields.number("amount_in_cents")?,
        reason: fields.required_text("reason")?,
        spent_too: fields.boolean("spent_too")?.unwrap_or(false),
        key: fields.text("idempotency_key")?,
    };
    let id = ids.text("purchase_id");
    let refunded = state.app.refund_purchase(&operator.0, &organization(&ids)?, &id, order).await;
    Ok(Json(show(&refunded.or_fail(&state)?)))
}
