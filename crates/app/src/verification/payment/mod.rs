//! A payment method on file: begun here, entered at the service, read back from it (verification.md 3, 5.2; S1-12…17).

mod jobs;
mod refresh;
mod view;

use keystead_core::id::{OrganizationId, PaymentSetupId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_providers::Failure;
use keystead_providers::payment::{PaymentProvider, Setup};
use keystead_store::Tx;
use keystead_store::tables::limit_hits;
use keystead_store::tables::payments::{self, PaymentSetup};
use serde_json::json;
use std::sync::Arc;

use crate::audit::Deed;
use crate::{Actor, App, Error};

pub(crate) use jobs::settled;
pub use view::{MethodView, PaymentView, SetupView};

/// A set-up nobody finishes ends after a day.
const LIFE: i64 = 86_400;
/// Failed set-ups in a day before the organization waits (verification.md 7).
const MOST_FAILURES: i64 = 5;
/// Different cards in an hour that smell of card testing.
const MOST_CARDS: i64 = 3;
/// How long an organization waits then.
const BLOCK: i64 = 86_400;
/// What failures are counted under.
const FAILED: &str = "payment.setup_failed";

impl App {
    fn payment_provider(&self) -> Result<Arc<dyn PaymentProvider>, Error> {
        self.services().payment.clone().ok_or(Error::Unsupported("payment methods"))
    }

    /// Begins to put a payment method on file. A set-up already begun is answered again, so that two clicks are one.
    ///
    /// # Errors
    /// Without permission, while card testing is suspected, or when the service does not answer (nothing is used up).
    pub async fn start_payment_method(&self, actor: &Actor, organization: &OrganizationId) -> Result<SetupView, Error> {
        let provider = self.payment_provider()?;
        let fresh = PaymentSetup {
            id: self.draw(PaymentSetupId::generate).to_string(),
            organization: organization.clone(),
            user: actor.user().cloned(),
            provider: provider.name().to_owned(),
            reference: None,
            url: None,
            state: "pending".to_owned(),
            reason: None,
            created_at: self.now(),
            expires_at: self.now().plus(LIFE),
            checked_at: None,
            finished_at: None,
        };
        let app = self.clone();
        let (who, setup) = (actor.clone(), fresh);
        let write = self.store().write("start_payment_method", async move |tx: &mut Tx| {
            let organization = &setup.organization;
            app.authorize(tx, &who, organization, Scope::ManagementWrite).await?;
            app.refuse_card_testing(tx, organization).await?;
            let live = payments::find_newest(tx, organization).await?;
            if let Some(live) = live.filter(|row| row.finished_at.is_none() && row.expires_at > app.now()) {
                return Ok::<_, Error>((live, payments::find_customer(tx, organization, &setup.provider).await?, true));
            }
            payments::insert(tx, &setup).await?;
            let deed = Deed {
                organization,
                action: "payment.setup_started",
                target: &setup.id,
                details: json!({ "data": { "provider": setup.provider } }),
            };
            app.record(tx, &who, deed).await?;
            Ok((setup.clone(), payments::find_customer(tx, organization, &setup.provider).await?, false))
        });
        let (setup, customer, known) = write.await?;
        if known && setup.url.is_some() {
            return Ok(SetupView::of(&setup));
        }
        let return_url =
            format!("{}/settings/organization/billing/payment-methods?setup={}", self.public_url(), setup.id);
        match provider.start(&setup.id, organization.as_str(), customer.as_deref(), &return_url).await {
            Ok(begun) => self.payment_begun(setup, begun).await,
            Err(failure) => {
                self.payment_not_begun(&setup).await?;
                Err(Error::provider("payment", &failure))
            }
        }
    }

    async fn payment_begun(&self, mut setup: PaymentSetup, begun: Setup) -> Result<SetupView, Error> {
        setup.reference = Some(begun.reference);
        setup.url = Some(begun.url);
        setup.expires_at = begun.expires_at.min(setup.created_at.plus(LIFE));
        let app = self.clone();
        let write = self.store().write("payment_begun", async move |tx: &mut Tx| {
            payments::save_customer(tx, &setup.organization, &setup.provider, &begun.customer).await?;
            payments::update(tx, &setup).await?;
            let work = json!({ "setup": setup.id, "organization": setup.organization, "try": 0 });
            app.enqueue(tx, crate::verification::jobs::PAYMENT_POLL, &work, app.now().plus(60)).await?;
            Ok::<_, Error>(SetupView::of(&setup))
        });
        write.await
    }

    /// The service never began: the row ends without counting against anybody.
    async fn payment_not_begun(&self, setup: &PaymentSetup) -> Result<(), Error> {
        let ended = PaymentSetup {
            state: "failed".to_owned(),
            reason: Some("provider_unavailable".to_owned()),
            finished_at: Some(self.now()),
            ..setup.clone()
        };
        let write = self
            .store()
            .write("payment_not_begun", async move |tx: &mut Tx| Ok::<_, Error>(payments::update(tx, &ended).await?));
        write.await
    }

    async fn refuse_card_testing(&self, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
        let now = self.now();
        let day = limit_hits::count(tx, FAILED, organization.as_str(), now.plus(-BLOCK)).await?;
        let blocked = limit_hits::count(tx, "payment.blocked", organization.as_str(), now.plus(-BLOCK)).await?;
        let until = |oldest: Option<Timestamp>| oldest.map_or(now, |at| at.plus(BLOCK));
        if blocked.hits > 0 {
            return Err(Error::limited("payment_setups", until(blocked.oldest)));
        }
        if day.hits >= MOST_FAILURES {
            return Err(Error::limited("payment_setups", until(day.oldest)));
        }
        Ok(())
    }
}

impl Error {
    /// What a failure of an outside service is to whoever asked. Its text stays in the log.
    pub(crate) fn provider(service: &'static str, failure: &Failure) -> Self {
        tracing::warn!(service, %failure, "an outside service did not do what was asked");
        Self::ProviderUnavailable { service }
    }
}
