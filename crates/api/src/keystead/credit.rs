//! `/v1/keystead/credit` and `/v1/keystead/ledger`: what an organization has and how it came about; and
//! `/v1/keystead/operator/credit`: what operators do with credit.

use axum::Json;
use axum::extract::State;
use keystead_app::credit::{Adjustment, CreditView, Grant, LedgerTransaction, LotView, OrganizationCredit, Posted};
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{BillingMode, Entry, MOST, Recharge, change};
use keystead_core::money::{Amount, CURRENCY, Micros};
use keystead_core::time::Timestamp;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{Admin, Operator};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// The fields of automatic recharge.
pub(crate) const RECHARGE: &[&str] =
    &["enabled", "below_in_cents", "amount_in_cents", "monthly_ceiling_in_cents", "currency"];
/// The fields of the mark for a low balance.
pub(crate) const LOW_MARK: &[&str] = &["enabled", "below_in_cents", "currency"];
/// The fields of a grant.
pub(crate) const GRANT: &[&str] =
    &["amount_in_cents", "currency", "expires_at", "priority", "reason", "idempotency_key"];
/// The fields of a correction.
pub(crate) const ADJUSTMENT: &[&str] = &["amount_in_cents", "currency", "reason", "idempotency_key"];
/// The fields of a mode.
pub(crate) const MODE: &[&str] = &["mode", "reason"];
/// The fields of a suspension.
pub(crate) const SUSPENSION: &[&str] = &["reason"];

/// Micros in a cent.
const CENT: i64 = 10_000;

/// Cents, which may have parts of a millionth.
fn cents(amount: Amount) -> Value {
    let whole = amount.rounded_to(100);
    if Amount::of_cents(whole) == amount {
        return json!(whole);
    }
    // Adding zero makes the negative zero, to which small negative amounts are rounded, a zero.
    json!((amount.as_units() * 1e8).round() / 1e6 + 0.0)
}

fn of_micros(micros: Micros) -> Value {
    cents(micros.into())
}

fn lot(view: &LotView) -> Value {
    json!({
        "id": view.lot.id,
        "object": "keystead.credit_lot",
        "kind": view.lot.kind.as_str(),
        "amount_in_cents": of_micros(view.lot.micros),
        "left_in_cents": of_micros(view.left),
        "priority": view.lot.priority,
        "expires_at": view.lot.expires_at,
        "created_at": view.lot.created_at,
    })
}

/// The credit of an organization.
pub(crate) fn show(view: &CreditView) -> Value {
    let suspended = view.suspended.as_ref();
    json!({
        "object": "keystead.credit",
        "organization_id": view.organization,
        "mode": view.mode.as_str(),
        "chosen_mode": view.chosen.map(BillingMode::as_str),
        "currency": CURRENCY,
        "balance_in_cents": cents(view.balance),
        "unposted_in_cents": cents(view.unposted),
        "lots": view.lots.iter().map(lot).collect::<Vec<_>>(),
        "suspended": suspended.map(|one| json!({
            "since": one.since, "for": one.why.as_str(), "reason": one.reason,
        })),
        "recharge": view.recharge.map(|one| json!({
            "below_in_cents": of_micros(one.below),
            "amount_in_cents": of_micros(one.amount),
            "monthly_ceiling_in_cents": of_micros(one.ceiling),
            "paused": view.paused.map(|pause| json!({
                "reason": pause.why.as_str(), "since": pause.since, "until": pause.until,
            })),
        })),
        "low_mark": view.low_mark.map(|below| json!({ "below_in_cents": of_micros(below) })),
    })
}

fn entry(entry: &Entry) -> Value {
    json!({ "account": entry.account.to_string(), "micros": entry.micros.0 })
}

/// One transaction of the ledger.
pub(crate) fn show_transaction(row: &LedgerTransaction) -> Value {
    json!({
        "id": row.id,
        "object": "keystead.ledger_transaction",
        "kind": row.kind.as_str(),
        "created_at": row.created_at,
        "currency": CURRENCY,
        "change_in_cents": of_micros(change(&row.entries)),
        "payment": row.payment,
        "lot": row.lot,
        "month": row.month,
        "made_by": row.made_by,
        "reason": row.reason,
        "entries": row.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn show_posted(posted: &Posted) -> Value {
    let mut shown = show_transaction(&posted.transaction);
    if let Value::Object(members) = &mut shown {
        members.insert("balance_in_cents".to_owned(), cents(posted.balance));
        members.insert("repeated".to_owned(), json!(posted.repeated));
    }
    shown
}

fn show_organization(one: &OrganizationCredit) -> Value {
    let mut shown = show(&one.credit);
    if let Value::Object(members) = &mut shown {
        members.insert("id".to_owned(), json!(one.credit.organization));
        members.insert("organization_name".to_owned(), json!(one.name));
    }
    shown
}

/// A currency may be named, and is the installation's.
pub(crate) fn check_currency(fields: &Fields) -> Result<(), ApiError> {
    if fields.text("currency")?.is_some_and(|currency| currency != CURRENCY) {
        return Err(ApiError::param("currency", format!("Invalid 'currency': must be '{CURRENCY}'.")));
    }
    Ok(())
}

/// An amount in cents, as micros; the use case checks its range.
fn amount(fields: &Fields, name: &'static str) -> Result<Micros, ApiError> {
    let cents = fields.number(name)?.ok_or_else(|| ApiError::missing(name))?;
    // What does not fit is out of range, too.
    Ok(Micros(cents.checked_mul(CENT).unwrap_or(if cents < 0 { -MOST.0 - 1 } else { MOST.0 + 1 })))
}

fn organization(ids: &Ids) -> Result<OrganizationId, ApiError> {
    ids.get("organization_id", "organization")
}

/// `GET /v1/keystead/credit`.
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    Ok(Json(show(&state.app.credit(&admin.actor, &admin.organization).await.or_fail(&state)?)))
}

/// Reads amounts of a setting that is switched on; nothing with `enabled: false`.
fn if_enabled<T>(fields: &Fields, read: impl FnOnce() -> Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    check_currency(fields)?;
    let enabled = fields.boolean("enabled")?.ok_or_else(|| ApiError::missing("enabled"))?;
    enabled.then(read).transpose()
}

/// `POST /v1/keystead/credit/recharge`: sets when credit is bought automatically, or never with `enabled: false`.
pub(crate) async fn recharge(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let wanted = if_enabled(&fields, || {
        Ok(Recharge {
            below: amount(&fields, "below_in_cents")?,
            amount: amount(&fields, "amount_in_cents")?,
            ceiling: amount(&fields, "monthly_ceiling_in_cents")?,
        })
    })?;
    state.app.set_recharge(&admin.actor, &admin.organization, wanted).await.or_fail(&state)?;
    retrieve(State(state), admin).await
}

/// `POST /v1/keystead/credit/low_mark`: sets below which balance owners are told, or never with `enabled: false`.
pub(crate) async fn set_low_mark(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let below = if_enabled(&fields, || amount(&fields, "below_in_cents"))?;
    state.app.set_low_mark(&admin.actor, &admin.organization, below).await.or_fail(&state)?;
    retrieve(State(state), admin).await
}

/// `GET /v1/keystead/ledger`.
pub(crate) async fn ledger(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let listed = state.app.ledger(&admin.actor, &admin.organization, &wanted.page()).await;
    Ok(wanted.list(&listed.or_fail(&state)?, show_transaction))
}

/// `GET …/operator/credit`: organizations that pay, have or owe something, or are suspended.
pub(crate) async fn list(
    State(state): State<ApiState>,
    operator: Operator,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let listed = state.app.credit_of_organizations(&operator.0, &wanted.page()).await;
    Ok(wanted.list(&listed.or_fail(&state)?, show_organization))
}

/// `GET …/operator/credit/{organization_id}`.
pub(crate) async fn of_organization(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let found = state.app.credit_for_operator(&operator.0, &organization(&ids)?).await.or_fail(&state)?;
    Ok(Json(show_organization(&found)))
}

/// `POST …/operator/credit/{organization_id}/grants`.
pub(crate) async fn grant(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    check_currency(&fields)?;
    let (reason, key) = (fields.required_text("reason")?, fields.text("idempotency_key")?);
    let wanted = Grant {
        micros: amount(&fields, "amount_in_cents")?,
        expires_at: fields.number("expires_at")?.map(Timestamp),
        priority: fields.number("priority")?,
        reason: &reason,
        idempotency_key: key.as_deref(),
    };
    let posted = state.app.grant_credit(&operator.0, &organization(&ids)?, &wanted).await;
    Ok(Json(show_posted(&posted.or_fail(&state)?)))
}

/// `POST …/operator/credit/{organization_id}/adjustments`.
pub(crate) async fn adjust(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    check_currency(&fields)?;
    let (reason, key) = (fields.required_text("reason")?, fields.text("idempotency_key")?);
    let micros = amount(&fields, "amount_in_cents")?;
    let wanted = Adjustment { micros, reason: &reason, idempotency_key: key.as_deref() };
    let posted = state.app.adjust_credit(&operator.0, &organization(&ids)?, &wanted).await;
    Ok(Json(show_posted(&posted.or_fail(&state)?)))
}

/// `POST …/operator/credit/{organization_id}/mode`: `default` is the mode of the configuration.
pub(crate) async fn set_mode(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (name, reason) = (fields.required_text("mode")?, fields.required_text("reason")?);
    let chosen = match (name.as_str(), BillingMode::from_name(&name)) {
        ("default", _) => None,
        (_, Some(mode)) => Some(mode),
        (_, None) => {
            let message = "Invalid 'mode': must be one of default, none, prepaid, postpaid.";
            return Err(ApiError::param("mode", message));
        }
    };
    let changed = state.app.set_billing_mode(&operator.0, &organization(&ids)?, chosen, &reason).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

/// `POST …/operator/credit/{organization_id}/suspend`.
pub(crate) async fn suspend(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let reason = fields.required_text("reason")?;
    let changed = state.app.suspend_billing(&operator.0, &organization(&ids)?, &reason).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

/// `POST …/operator/credit/{organization_id}/resume`.
pub(crate) async fn resume(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let reason = fields.required_text("reason")?;
    let changed = state.app.resume_billing(&operator.0, &organization(&ids)?, &reason).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cents_have_parts_and_no_negative_zero() {
        let shown = |picos| cents(Amount::of_picos(picos)).to_string();
        assert_eq!(shown(10_000_000_000), "1");
        assert_eq!(shown(-15_000_000_000), "-1.5");
        assert_eq!(shown(-1), "0.0");
        assert_eq!(shown(0), "0");
    }
}
