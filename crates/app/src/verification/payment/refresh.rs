//! What the service says of a set-up is the truth; deliveries and redirects only make us look (verification.md 0, 1).

use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, PaymentMethodId};
use keystead_providers::payment::{Method, SetupState};
use keystead_store::Tx;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::tables::organizations;
use keystead_store::tables::payments::{self, PaymentMethod, PaymentSetup};
use serde_json::json;

use super::{FAILED, MOST_CARDS, SetupView};
use crate::audit::Deed;
use crate::{Actor, App, Error};

/// Whoever asks again within this many seconds is told what is known.
const AGAIN_AFTER: i64 = 5;

impl App {
    /// Reads a set-up back from the service now, at most once in five seconds.
    ///
    /// # Errors
    /// Without permission, or when there is none with this id.
    pub async fn check_payment_setup(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<SetupView, Error> {
        let known = self.payment_setup(actor, organization, id).await?;
        if known.status != "pending" {
            return Ok(known);
        }
        // A service that does not answer leaves the state as it is; the poll goes on.
        match self.refresh_payment_setup(organization, id, AGAIN_AFTER).await {
            Ok(_) | Err(Error::ProviderUnavailable { .. }) => self.payment_setup(actor, organization, id).await,
            Err(error) => Err(error),
        }
    }

    /// Reads a set-up back and writes what it says, unless that was done less than `patience` seconds ago. Answers
    /// whether it has ended.
    pub(crate) async fn refresh_payment_setup(
        &self,
        organization: &OrganizationId,
        id: &str,
        patience: i64,
    ) -> Result<bool, Error> {
        let (now, wanted, key) = (self.now(), organization.clone(), id.to_owned());
        let read = self
            .store()
            .read("payment_setup", async move |tx: &mut Tx| Ok::<_, Error>(payments::find(tx, &wanted, &key).await?));
        let Some(setup) = read.await? else { return Ok(true) };
        if setup.finished_at.is_some() {
            return Ok(true);
        }
        let recent = setup.checked_at.is_some_and(|at| now.since(at) < patience);
        let Some(reference) = setup.reference.clone().filter(|_| !recent) else { return Ok(false) };
        let state = match self.payment_provider()?.fetch(&reference).await {
            Ok(state) => state,
            Err(keystead_providers::Failure::Gone(_)) => SetupState::Expired,
            Err(failure) => return Err(Error::provider("payment", &failure)),
        };
        let app = self.clone();
        let write = self.store().write("payment_state", async move |tx: &mut Tx| {
            // Looked at again inside: two deliveries at once must not put one card on file twice.
            let Some(setup) = payments::find(tx, &setup.organization, &setup.id).await? else { return Ok(true) };
            if setup.finished_at.is_some() {
                return Ok(true);
            }
            app.apply_setup_state(tx, setup, state.clone()).await
        });
        write.await
    }

    async fn apply_setup_state(&self, tx: &mut Tx, mut setup: PaymentSetup, state: SetupState) -> Result<bool, Error> {
        let now = self.now();
        setup.checked_at = Some(now);
        match state {
            SetupState::Succeeded(method) => {
                setup.state = "succeeded".to_owned();
                setup.reason = None;
                setup.finished_at = Some(now);
                self.method_added(tx, &setup, method).await?;
            }
            SetupState::Failed { reason, card } => self.setup_failed(tx, &mut setup, reason, card).await?,
            SetupState::Pending if now < setup.expires_at => {}
            SetupState::Pending | SetupState::Expired => {
                setup.state = "expired".to_owned();
                setup.finished_at = Some(now);
                self.record_of_service(tx, &setup, "payment.setup_expired", json!({})).await?;
            }
        }
        payments::update(tx, &setup).await?;
        Ok(setup.finished_at.is_some())
    }

    async fn method_added(&self, tx: &mut Tx, setup: &PaymentSetup, method: Method) -> Result<(), Error> {
        let organization = &setup.organization;
        payments::clear_default(tx, organization).await?;
        let print = method.fingerprint.as_deref().map(|print| self.sealer().fingerprint("card", print));
        let row = PaymentMethod {
            id: self.draw(PaymentMethodId::generate).to_string(),
            organization: organization.clone(),
            provider: setup.provider.clone(),
            reference: method.reference,
            brand: method.brand,
            last4: method.last4,
            expires_month: method.expires_month,
            expires_year: method.expires_year,
            country: method.country,
            funding: method.funding,
            card_print: print,
            is_default: true,
            created_at: self.now(),
            removed_at: None,
        };
        payments::save_method(tx, &row).await?;
        limit_hits::delete(tx, FAILED, organization.as_str()).await?;
        // A waiver stays a waiver: the operator's word is not overwritten by a card.
        let how = organizations::requirements(tx, organization).await?;
        if !how.iter().any(|row| row.requirement == Requirement::PaymentMethod) {
            let payment = Requirement::PaymentMethod;
            organizations::set_requirement(tx, organization, payment, "verified", None, self.now()).await?;
        }
        let details = json!({ "data": { "brand": row.brand, "last4": row.last4 } });
        self.record_of_service(tx, setup, "payment.method_added", details).await
    }

    /// The bank said no. The page at the service stays open for another card, so the set-up goes on.
    async fn setup_failed(
        &self,
        tx: &mut Tx,
        setup: &mut PaymentSetup,
        reason: String,
        card: Option<String>,
    ) -> Result<(), Error> {
        let now = self.now();
        let card = card.map(|card| hex(&self.sealer().fingerprint("card", &card))).unwrap_or_default();
        // One refusal is read back many times; a new card or a new reason is a new refusal.
        let id = format!("{}:{reason}:{card}", setup.id);
        let subject = setup.organization.as_str();
        let before = limit_hits::count(tx, FAILED, subject, now.plus(-86_400)).await?.hits;
        let hit = Hit { id, name: FAILED.to_owned(), subject: subject.to_owned(), value: card, at: now };
        limit_hits::insert(tx, &hit).await?;
        let after = limit_hits::count(tx, FAILED, subject, now.plus(-86_400)).await?.hits;
        setup.reason = Some(reason.clone());
        if after == before {
            return Ok(());
        }
        self.record_of_service(tx, setup, "payment.setup_failed", json!({ "data": { "reason": reason } })).await?;
        let cards = limit_hits::count(tx, FAILED, subject, now.plus(-3_600)).await?.values;
        if cards >= MOST_CARDS || after >= super::MOST_FAILURES {
            let block = Hit {
                id: format!("{}:blocked", setup.id),
                name: "payment.blocked".to_owned(),
                subject: subject.to_owned(),
                value: String::new(),
                at: now,
            };
            limit_hits::insert(tx, &block).await?;
            setup.state = "failed".to_owned();
            setup.finished_at = Some(now);
            let work = json!({ "reference": setup.reference, "provider": setup.provider });
            self.enqueue(tx, crate::verification::jobs::PAYMENT_CANCEL, &work, now).await?;
            self.record_of_service(tx, setup, "payment.card_testing", json!({ "data": { "cards": cards } })).await?;
        }
        Ok(())
    }

    async fn record_of_service(
        &self,
        tx: &mut Tx,
        setup: &PaymentSetup,
        action: &'static str,
        details: serde_json::Value,
    ) -> Result<(), Error> {
        let deed = Deed { organization: &setup.organization, action, target: &setup.id, details };
        self.record(tx, &Actor::Service(setup.provider.clone()), deed).await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
