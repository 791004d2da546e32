//! Ending an attempt to prove a phone number.

use keystead_core::verification::phone::{PhoneEffect, PhoneEvent, PhoneState};
use keystead_core::verification::phone_services::CodeService;
use keystead_store::Tx;
use keystead_store::tables::phones::{self, PhoneVerification};
use serde_json::json;

use super::{keep, machine, refused};
use crate::audit::AuditEntry;
use crate::jobs::{CancelPhone, Job};
use crate::{Actor, App, Error};

/// Ends an attempt alone, for callers that change the organization's status themselves.
pub(crate) async fn end_phone_row(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &mut PhoneVerification,
) -> Result<(), Error> {
    let now = app.now();
    let before = machine(row)?;
    let event = if now >= before.expires_at || before.state == PhoneState::Locked {
        PhoneEvent::Tick
    } else {
        PhoneEvent::Abandon
    };
    let (next, effects, audit) = before.step(event, now).map_err(refused)?;
    keep(row, &next);
    row.finished_at = Some(now);
    phones::update(tx, row).await?;
    if effects.contains(&PhoneEffect::RevokeCode) {
        revoke_code(app, tx, row).await?;
    }
    let entry =
        AuditEntry { organization: &row.organization, action: audit, target: row.id.as_str(), details: json!({}) };
    app.record(tx, actor, entry).await
}

/// Ends a code at the service that must not be usable any more; its fingerprint was deleted with the state.
pub(crate) async fn revoke_code(app: &App, tx: &mut Tx, row: &PhoneVerification) -> Result<(), Error> {
    let Some(reference) = &row.provider_reference else { return Ok(()) };
    let service = row.service.unwrap_or(CodeService::First).as_str().to_owned();
    let cancel = CancelPhone { reference: reference.to_owned(), service: Some(service) };
    app.enqueue(tx, &Job::CancelPhone(cancel), app.now()).await
}
