//! The payment status of an organization: the machine decides, this module saves it.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::id::OrganizationId;
use keystead_core::verification::payment::{
    EXPIRY_NOTICE, PaymentEffect, PaymentEvent, PaymentRefusal, PaymentRequirement, PaymentState, SetupStatus,
    card_ends, month_of,
};
use keystead_store::Tx;
use keystead_store::tables::requirement_states::{self, RequirementStateRow};
use keystead_store::tables::{organizations, payments};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::jobs::Job;
use crate::organizations::find_open;
use crate::validate::operators_reason;
use crate::verification::organization::apply::queue_owner_mail;
use crate::{Actor, App, Error};

/// Translates a refusal of the machine into an error.
pub(super) fn not_now(refusal: PaymentRefusal) -> Error {
    let invalid = |code: &'static str, message: &str| Error::Invalid {
        param: None,
        code: Some(code),
        message: message.to_owned(),
    };
    match refusal {
        PaymentRefusal::Blocked { until } => Error::limited("payment_setups", until),
        PaymentRefusal::AlreadyRunning => invalid("payment_setup_running", "A payment method is being entered."),
        PaymentRefusal::NotOurs => Error::Internal("a set-up of another organization's customer".to_owned()),
        PaymentRefusal::NotApplicable => invalid("payment_not_possible", "This is not possible in the present state."),
    }
}

impl App {
    /// Applies an operator's decision about an organization's payments: waives the requirement, because it pays by
    /// invoice, or notes that a charge is disputed.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, or when there is nothing it applies to.
    pub async fn operate_on_payment(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        event: PaymentEvent,
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "operate_on_payment", |tx| {
            find_open(tx, organization).await?;
            let details = json!({ "reason": reason });
            step_payment(self, tx, actor, organization, event, organization.as_str(), details).await.map(|_| ())
        })
    }
}

/// Returns the status of an organization, with the version that was read.
pub(crate) async fn payment_requirement(
    tx: &mut Tx,
    organization: &OrganizationId,
) -> Result<(PaymentRequirement, i64), Error> {
    if let Some(row) = requirement_states::find(tx, organization, Requirement::PaymentMethod).await? {
        let corrupt = |_| Error::Internal(format!("the payment requirement of {organization} is unreadable"));
        return Ok((serde_json::from_str(&row.state).map_err(corrupt)?, row.version));
    }
    // Without a saved status, it follows from the requirement and the methods.
    let how = organizations::requirements(tx, organization).await?;
    let how = how.iter().find(|row| row.requirement == Requirement::PaymentMethod).map(|row| row.how);
    let state = match how {
        None => PaymentState::None,
        Some(Fulfilment::Waived) => PaymentState::Exempt,
        Some(Fulfilment::Verified) => PaymentState::Active,
    };
    let setup = payments::find_newest(tx, organization).await?.filter(|row| row.finished_at.is_none());
    let setup_until = setup.map(|row| row.expires_at);
    let state = if state == PaymentState::None && setup_until.is_some() { PaymentState::Pending } else { state };
    let method = !payments::list_methods(tx, organization).await?.is_empty();
    Ok((PaymentRequirement { state, method, setup_until, ..PaymentRequirement::begin() }, 0))
}

/// Applies an event to an organization's status, and saves the effects on the requirement, its owners, the service
/// and the audit log. Returns the effects on the methods.
pub(crate) async fn step_payment(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    event: PaymentEvent,
    target: &str,
    details: Value,
) -> Result<Vec<PaymentEffect>, Error> {
    let (before, version) = payment_requirement(tx, organization).await?;
    step_payment_from(app, tx, actor, organization, (before, version), event, (target, details)).await
}

/// Does the same from a status that was read and possibly corrected by the service's answer.
pub(super) async fn step_payment_from(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (before, version): (PaymentRequirement, i64),
    event: PaymentEvent,
    (target, details): (&str, Value),
) -> Result<Vec<PaymentEffect>, Error> {
    let now = app.now();
    let (next, effects, audit) = before.step(event, now).map_err(not_now)?;
    if next != before || version == 0 {
        let row = RequirementStateRow {
            organization: organization.clone(),
            requirement: Requirement::PaymentMethod,
            state: serde_json::to_string(&next).unwrap_or_default(),
            due_at: next.due_at(),
            version,
        };
        requirement_states::save(tx, &row).await?;
    }
    let left_exemption = before.state == PaymentState::Exempt && next.state == PaymentState::Active;
    if effects.contains(&PaymentEffect::Open) || left_exemption {
        let how = if next.state == PaymentState::Exempt { Fulfilment::Waived } else { Fulfilment::Verified };
        let reason = details.get("reason").and_then(Value::as_str);
        organizations::set_requirement(tx, organization, Requirement::PaymentMethod, how, reason, now).await?;
    }
    for effect in &effects {
        match effect {
            PaymentEffect::Close => {
                organizations::clear_requirement(tx, organization, Requirement::PaymentMethod, now).await?;
            }
            PaymentEffect::CancelSetup => cancel_setup(app, tx, organization).await?,
            PaymentEffect::NotifyOwners => queue_owner_mail(app, tx, organization, audit).await?,
            PaymentEffect::NotifyOperator => {
                tracing::warn!(%organization, event = audit, "the payment methods of an organization need attention");
            }
            PaymentEffect::Open
            | PaymentEffect::BeginSetup
            | PaymentEffect::SetDefault
            | PaymentEffect::AskForPhone => {}
        }
    }
    if next.state.opens() {
        let end = next.ends_at();
        organizations::set_requirement_end(tx, organization, Requirement::PaymentMethod, end, now).await?;
    }
    if !audit.is_empty() {
        let details = json!({ "data": details });
        app.record(tx, actor, AuditEntry { organization, action: audit, target, details }).await?;
    }
    Ok(effects)
}

/// Ends the live set-up here and at the service.
pub(crate) async fn cancel_setup(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let now = app.now();
    let Some(mut setup) = payments::find_newest(tx, organization).await?.filter(|row| row.finished_at.is_none()) else {
        return Ok(());
    };
    if let Some(reference) = &setup.reference {
        app.enqueue(tx, &Job::cancel_setup(reference), now).await?;
    }
    setup.state = if now >= setup.expires_at { SetupStatus::Expired } else { SetupStatus::Failed };
    setup.finished_at = Some(now);
    Ok(payments::update(tx, &setup).await?)
}

/// Applies what only the clock decides: set-ups, blocks, grace periods and exemptions end. It handles one date at a
/// time.
pub(crate) async fn tick_payment(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let actor = Actor::Service("clock".to_owned());
    for _ in 0..4 {
        let (before, version) = payment_requirement(tx, organization).await?;
        if before.due_at().is_none_or(|at| app.now() < at) {
            break;
        }
        let subject = (organization.as_str(), json!({}));
        step_payment_from(app, tx, &actor, organization, (before, version), PaymentEvent::Tick, subject).await?;
        if payment_requirement(tx, organization).await?.0 == before {
            break;
        }
    }
    Ok(())
}

/// Informs owners of cards that expire within a month; the grace period begins when they have expired.
pub(crate) async fn watch_cards(app: &App, tx: &mut Tx) -> Result<(), Error> {
    let now = app.now();
    let actor = Actor::Service("clock".to_owned());
    let (year, month) = month_of(now.plus(EXPIRY_NOTICE));
    for method in payments::list_ending(tx, year, month).await? {
        let Some(at) = card_ends(method.expires_year, method.expires_month) else { continue };
        let (before, _) = payment_requirement(tx, &method.organization).await?;
        if at.since(now) > EXPIRY_NOTICE || !before.method {
            continue;
        }
        let details = json!({ "ends_at": at });
        let event = PaymentEvent::CardExpires { at };
        step_payment(app, tx, &actor, &method.organization, event, method.id.as_str(), details).await?;
    }
    Ok(())
}
