//! Events of webhooks about credit and billing. Each is queued in the transaction of what it reports.

use keystead_core::id::OrganizationId;
use keystead_core::ledger::Suspension;
use keystead_core::money::{Amount, CURRENCY, Micros};
use keystead_core::purchase::recharge::Pause;
use keystead_core::time::Timestamp;
use keystead_core::webhook::EventType;
use keystead_store::Tx;
use serde_json::{Value, json};

use crate::webhooks::Event;
use crate::{App, Error};

/// Reports that no prepaid credit is left. `balance` is what was left at that time: zero, or what is owed.
pub(crate) async fn emit_exhausted(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    (balance, at): (Amount, Timestamp),
) -> Result<(), Error> {
    let data = of_balance(organization, balance);
    emit(app, tx, organization, EventType::CreditExhausted, (at, data)).await
}

/// Reports that the balance fell below the mark that owners set.
pub(super) async fn emit_low(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    (balance, mark, at): (Amount, Micros, Timestamp),
) -> Result<(), Error> {
    let mut data = of_balance(organization, balance);
    if let Value::Object(members) = &mut data {
        members.insert("mark".to_owned(), json!(Amount::from(mark).rounded_to(100)));
    }
    emit(app, tx, organization, EventType::CreditLow, (at, data)).await
}

/// What is said of a balance, in whole cents.
fn of_balance(organization: &OrganizationId, balance: Amount) -> Value {
    json!({
        "organization_id": organization,
        "balance": balance.rounded_to(100),
        "unit": "cents",
        "currency": CURRENCY,
    })
}

/// Reports that automatic purchases pause.
pub(super) async fn emit_recharge_paused(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    pause: Pause,
) -> Result<(), Error> {
    let data = json!({ "organization_id": organization, "reason": pause.as_str() });
    emit(app, tx, organization, EventType::RechargePaused, (app.now(), data)).await
}

/// Reports that billing was suspended, with what the operator says about it.
pub(super) async fn emit_suspended(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    (why, reason): (Suspension, &str),
) -> Result<(), Error> {
    let data = json!({ "organization_id": organization, "for": why.as_str(), "reason": reason });
    emit(app, tx, organization, EventType::BillingSuspended, (app.now(), data)).await
}

/// Reports that the suspension of billing ended.
pub(super) async fn emit_resumed(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let data = json!({ "organization_id": organization });
    emit(app, tx, organization, EventType::BillingResumed, (app.now(), data)).await
}

async fn emit(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    of_type: EventType,
    (at, data): (Timestamp, Value),
) -> Result<(), Error> {
    app.emit(tx, organization, &Event { of_type, at, data }, None).await.map(|_| ())
}
