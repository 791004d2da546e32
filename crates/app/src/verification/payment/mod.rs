//! A payment method on file: started here, entered at the service, read from there.

mod events;
pub(crate) mod job_handlers;
mod refresh;
pub(crate) mod status;
mod view;

use keystead_core::id::{OrganizationId, PaymentSetupId};
use keystead_core::scope::Scope;
use keystead_core::verification::payment::{PaymentEvent, SETUP_LIFE, SetupStatus};
use keystead_providers::ProviderError;
use keystead_providers::payment::{PaymentProvider, Setup};
use keystead_store::tables::payments::{self, PaymentSetup};
use serde_json::json;

use crate::jobs::{Job, PollPayment, poll_wait};
use crate::{Actor, App, Error};
use status::{step_payment, tick_payment};

pub use view::{MethodView, PaymentView, SetupView};

impl App {
    /// Begins to put a payment method on file. Returns a live set-up if there is one, so that two clicks start only
    /// one.
    ///
    /// # Errors
    /// When the caller lacks the permission, while card testing is suspected, or when the service does not answer (this
    /// does not count as an attempt).
    pub async fn start_payment_method(&self, actor: &Actor, organization: &OrganizationId) -> Result<SetupView, Error> {
        let provider = payment_provider(self)?;
        let fresh = PaymentSetup {
            id: self.draw(PaymentSetupId::generate),
            organization: organization.clone(),
            user: actor.user().cloned(),
            provider: provider.name().to_owned(),
            reference: None,
            url: None,
            state: SetupStatus::Pending,
            reason: None,
            created_at: self.now(),
            expires_at: self.now().plus(SETUP_LIFE),
            checked_at: None,
            finished_at: None,
        };
        let setup = fresh;
        let (setup, customer, known) = write_tx!(self.store(), "start_payment_method", |tx| {
            let organization = &setup.organization;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            tick_payment(self, tx, organization).await?;
            let live = payments::find_newest(tx, organization).await?;
            if let Some(live) = live.filter(|row| row.finished_at.is_none() && row.expires_at > self.now()) {
                return Ok((live, payments::find_customer(tx, organization, &setup.provider).await?, true));
            }
            let details = json!({ "provider": setup.provider });
            step_payment(self, tx, actor, organization, PaymentEvent::Add, setup.id.as_str(), details).await?;
            payments::insert(tx, &setup).await?;
            Ok((setup.clone(), payments::find_customer(tx, organization, &setup.provider).await?, false))
        })?;
        if known && setup.url.is_some() {
            return Ok(SetupView::of(setup));
        }
        let return_url =
            format!("{}/settings/organization/billing/payment-methods?setup={}", self.public_url(), setup.id);
        match provider.start(setup.id.as_str(), organization.as_str(), customer.as_deref(), &return_url).await {
            Ok(begun) => payment_begun(self, setup, begun).await,
            Err(failure) => {
                payment_not_begun(self, &setup).await?;
                Err(Error::provider("payment", &failure))
            }
        }
    }
}

pub(crate) fn payment_provider(app: &App) -> Result<&dyn PaymentProvider, Error> {
    app.services().payment.as_deref().ok_or(Error::Unsupported("payment methods"))
}

async fn payment_begun(app: &App, mut setup: PaymentSetup, begun: Setup) -> Result<SetupView, Error> {
    setup.reference = Some(begun.reference);
    setup.url = Some(begun.url);
    setup.expires_at = begun.expires_at.min(setup.created_at.plus(SETUP_LIFE));
    write_tx!(app.store(), "payment_begun", |tx| {
        let now = payments::find(tx, &setup.organization, &setup.id).await?;
        if let Some(ended) = now.filter(|row| row.finished_at.is_some()) {
            // It ended here while the service was asked, so it is ended there, too.
            if let Some(reference) = &setup.reference {
                app.enqueue(tx, &Job::cancel_setup(reference), app.now()).await?;
            }
            return Ok(SetupView::of(ended));
        }
        payments::save_customer(tx, &setup.organization, &setup.provider, &begun.customer).await?;
        payments::update(tx, &setup).await?;
        let (id, organization) = (setup.id.clone(), setup.organization.clone());
        let poll = Job::PollPayment(PollPayment { setup: id, organization, attempts: 0 });
        app.enqueue(tx, &poll, app.now().plus(poll_wait(0))).await?;
        Ok(SetupView::of(setup.clone()))
    })
}

/// Ends a set-up that the service never began; it does not count as a failure.
async fn payment_not_begun(app: &App, setup: &PaymentSetup) -> Result<(), Error> {
    let ended = PaymentSetup {
        state: SetupStatus::Failed,
        reason: Some("provider_unavailable".to_owned()),
        finished_at: Some(app.now()),
        ..setup.clone()
    };
    write_tx!(app.store(), "payment_not_begun", |tx| {
        let now = payments::find(tx, &ended.organization, &ended.id).await?;
        if now.is_some_and(|row| row.finished_at.is_some()) {
            return Ok(());
        }
        payments::update(tx, &ended).await?;
        let actor = Actor::service(&ended.provider);
        let event = PaymentEvent::SetupFailed { ended: true, failures: 0, cards: 0 };
        let details = json!({ "reason": ended.reason });
        step_payment(app, tx, &actor, &ended.organization, event, ended.id.as_str(), details).await.map(|_| ())
    })
}

impl Error {
    /// The public error for a failure of an outside service. Its text goes to the log only.
    pub(crate) fn provider(service: &'static str, failure: &ProviderError) -> Self {
        tracing::warn!(service, %failure, "a request to an outside service failed");
        Self::ProviderUnavailable { service }
    }
}
