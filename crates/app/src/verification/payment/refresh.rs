//! Reading set-ups from the service. Its answer is the truth; deliveries and redirects only trigger a request.

use keystead_core::hex;
use keystead_core::id::{OrganizationId, PaymentMethodId, PaymentSetupId};
use keystead_core::verification::limits::{Counting, FAILED_SETUPS, SETUP_LIMITS};
use keystead_core::verification::payment::{PaymentEffect, PaymentEvent, PaymentRequirement, SetupStatus};
use keystead_providers::payment::{Method, SetupState};
use keystead_store::Tx;
use keystead_store::tables::limit_hits;
use keystead_store::tables::payments::{self, PaymentMethod, PaymentSetup};
use serde_json::json;

use super::status::{payment_requirement, step_payment, step_payment_from};
use super::{SetupView, payment_provider};
use crate::verification::limits::{Subjects, count_hit};
use crate::{Actor, App, Error};

/// A caller who asks again within this many seconds gets what is known.
const AGAIN_AFTER: i64 = 5;

impl App {
    /// Reads a set-up from the service now, at most once in five seconds.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn check_payment_setup(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<SetupView, Error> {
        let known = self.payment_setup(actor, organization, id).await?;
        if known.status != SetupStatus::Pending {
            return Ok(known);
        }
        // A service that does not answer leaves the state as it is; polling continues.
        match refresh_payment_setup(self, organization, &known.id, AGAIN_AFTER).await {
            Ok(_) | Err(Error::ProviderUnavailable { .. }) => self.payment_setup(actor, organization, id).await,
            // A delivery may have been applied in between: then its state is the answer.
            Err(error) => {
                let now = self.payment_setup(actor, organization, id).await?;
                if now.status == known.status { Err(error) } else { Ok(now) }
            }
        }
    }
}

/// Reads a set-up from the service and saves its state, unless that was done less than `patience` seconds ago.
/// Returns whether it has ended.
pub(crate) async fn refresh_payment_setup(
    app: &App,
    organization: &OrganizationId,
    id: &PaymentSetupId,
    patience: i64,
) -> Result<bool, Error> {
    let now = app.now();
    let read = read_tx!(app.store(), "payment_setup", |tx| Ok(payments::find(tx, organization, id).await?))?;
    let Some(setup) = read else { return Ok(true) };
    if setup.finished_at.is_some() {
        return Ok(true);
    }
    let recent = setup.checked_at.is_some_and(|at| now.since(at) < patience);
    let Some(reference) = setup.reference.clone().filter(|_| !recent) else { return Ok(false) };
    let state = match payment_provider(app)?.fetch(&reference).await {
        Ok(state) => state,
        Err(keystead_providers::ProviderError::Gone(_)) => SetupState::Expired,
        Err(failure) => return Err(Error::provider("payment", &failure)),
    };
    write_tx!(app.store(), "payment_state", |tx| {
        // Read again in the transaction: two deliveries at once must not put one card on file twice.
        let Some(setup) = payments::find(tx, &setup.organization, &setup.id).await? else { return Ok(true) };
        if setup.finished_at.is_some() {
            return Ok(true);
        }
        apply_setup_state(app, tx, setup, state.clone()).await
    })
}

async fn apply_setup_state(app: &App, tx: &mut Tx, mut setup: PaymentSetup, state: SetupState) -> Result<bool, Error> {
    let now = app.now();
    setup.checked_at = Some(now);
    match state {
        SetupState::Succeeded(method) => {
            let known = payments::find_customer(tx, &setup.organization, &setup.provider).await?;
            let ours = method.customer.is_none() || method.customer == known;
            if !ours {
                tracing::error!(setup = %setup.id, "the set-up of a payment method belongs to another customer; nothing was changed");
                payments::update(tx, &setup).await?;
                return Ok(false);
            }
            setup.state = SetupStatus::Succeeded;
            setup.reason = None;
            setup.finished_at = Some(now);
            method_added(app, tx, &setup, method).await?;
        }
        SetupState::Failed { reason, card } => {
            if setup_failed(app, tx, &mut setup, reason, card).await? {
                return Ok(true);
            }
        }
        SetupState::Pending if now < setup.expires_at => {}
        SetupState::Pending | SetupState::Expired => {
            setup.state = SetupStatus::Expired;
            setup.finished_at = Some(now);
            payments::update(tx, &setup).await?;
            // It has expired at the service, even if the date here says otherwise.
            let (before, version) = payment_requirement(tx, &setup.organization).await?;
            let before = PaymentRequirement { setup_until: before.setup_until.map(|_| now), ..before };
            let actor = Actor::service(&setup.provider);
            let subject = (setup.id.as_str(), json!({}));
            let known = (before, version);
            step_payment_from(app, tx, &actor, &setup.organization, known, PaymentEvent::Tick, subject).await?;
        }
    }
    payments::update(tx, &setup).await?;
    Ok(setup.finished_at.is_some())
}

async fn method_added(app: &App, tx: &mut Tx, setup: &PaymentSetup, method: Method) -> Result<(), Error> {
    let organization = &setup.organization;
    payments::clear_default(tx, organization).await?;
    let fingerprint = method.fingerprint.as_deref().map(|fingerprint| app.sealer().fingerprint("card", fingerprint));
    let row = PaymentMethod {
        id: app.draw(PaymentMethodId::generate),
        organization: organization.clone(),
        provider: setup.provider.clone(),
        reference: method.reference,
        brand: method.brand,
        last4: method.last4,
        expires_month: method.expires_month,
        expires_year: method.expires_year,
        country: method.country,
        funding: method.funding,
        card_fingerprint: fingerprint,
        is_default: true,
        created_at: app.now(),
        removed_at: None,
    };
    payments::save_method(tx, &row).await?;
    let subject = format!("organization:{organization}");
    limit_hits::delete(tx, FAILED_SETUPS, &subject).await?;
    let details = json!({ "brand": row.brand });
    let actor = Actor::service(&setup.provider);
    let event = PaymentEvent::SetupSucceeded { ours: true };
    step_payment(app, tx, &actor, organization, event, setup.id.as_str(), details).await.map(|_| ())
}

/// Applies a refusal by the bank. The service's page accepts another card, so the set-up stays live, unless card
/// testing is suspected. Returns whether it has ended.
async fn setup_failed(
    app: &App,
    tx: &mut Tx,
    setup: &mut PaymentSetup,
    reason: String,
    card: Option<String>,
) -> Result<bool, Error> {
    let organization = setup.organization.clone();
    let card = card.map(|card| hex::encode(&app.sealer().fingerprint("card", &card))).unwrap_or_default();
    let subjects = Subjects { organization: Some(&organization), ..Subjects::default() };
    let (before, _) = count_failures(app, tx, &organization).await?;
    // One refusal is read many times; a new card or a new reason is a new refusal.
    let id = format!("{}:{reason}:{card}", setup.id);
    count_hit(app, tx, FAILED_SETUPS, &subjects, &id, &card).await?;
    let (failures, cards) = count_failures(app, tx, &organization).await?;
    setup.reason = Some(reason.clone());
    payments::update(tx, setup).await?;
    if failures == before {
        return Ok(false);
    }
    let event = PaymentEvent::SetupFailed { ended: false, failures, cards };
    let actor = Actor::service(&setup.provider);
    let details = json!({ "reason": reason, "cards": cards });
    let effects = step_payment(app, tx, &actor, &organization, event, setup.id.as_str(), details).await?;
    Ok(effects.contains(&PaymentEffect::CancelSetup))
}

/// Counts failed set-ups of an organization and the different cards in them, each in its window.
async fn count_failures(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(u32, u32), Error> {
    let subject = format!("organization:{organization}");
    let (mut failures, mut cards) = (0, 0);
    for limit in SETUP_LIMITS {
        let count = limit_hits::count(tx, limit.name, &subject, app.now().plus(-limit.window)).await?;
        match limit.counting {
            Counting::Times => failures = u32::try_from(count.hits).unwrap_or(u32::MAX),
            Counting::Values => cards = u32::try_from(count.values).unwrap_or(u32::MAX),
        }
    }
    Ok((failures, cards))
}
