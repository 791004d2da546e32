//! What a service tells of methods that are on file already: disputes, renewed cards, methods and customers that are
//! gone. A delivery only makes us ask; what is read back decides.

use keystead_core::id::OrganizationId;
use keystead_core::verification::payment::{PaymentEvent, PaymentState, card_ends};
use keystead_providers::payment::{Method, News};
use keystead_store::Tx;
use keystead_store::tables::inbound_events;
use keystead_store::tables::payments::{self, PaymentMethod};
use serde_json::json;

use crate::{Actor, App, Error};

impl App {
    /// Writes down what was read back about an object of the service because of an event, once for each event.
    pub(super) async fn apply_news(
        &self,
        provider: &str,
        event: &str,
        reference: &str,
        news: News,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "payment_news", |tx| {
            if !inbound_events::finish(tx, provider, event, self.now()).await? {
                return Ok(());
            }
            let actor = Actor::Service(provider.to_owned());
            let own = payments::find_method(tx, provider, reference).await?.filter(|row| row.removed_at.is_none());
            match (news.clone(), own) {
                (News::Disputed { method, customer, reason }, _) => {
                    let method = match &method {
                        Some(method) => payments::find_method(tx, provider, method).await?,
                        None => None,
                    };
                    let organization = match (&method, &customer) {
                        (Some(method), _) => Some(method.organization.clone()),
                        (None, Some(customer)) => payments::find_organization(tx, provider, customer).await?,
                        (None, None) => None,
                    };
                    self.disputed(tx, &actor, organization, method, reference, reason).await
                }
                (News::Detached, Some(method)) => self.method_removed(tx, &actor, method).await,
                (News::Renewed(said), Some(method)) => self.renewed(tx, &actor, method, said).await,
                (News::CustomerGone, _) => {
                    let Some(organization) = payments::find_organization(tx, provider, reference).await? else {
                        return Ok(());
                    };
                    payments::delete_customer(tx, &organization, provider).await?;
                    for method in payments::list_methods(tx, &organization).await? {
                        // One by one, and read again: the one that counts is handed on until none is left.
                        let method = payments::find_method(tx, provider, &method.reference).await?;
                        if let Some(method) = method.filter(|row| row.removed_at.is_none()) {
                            self.method_removed(tx, &actor, method).await?;
                        }
                    }
                    Ok(())
                }
                (News::Nothing | News::Detached | News::Renewed(_), _) => Ok(()),
            }
        })
    }

    /// The operator should look: a charge of the organization's is disputed.
    async fn disputed(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: Option<OrganizationId>,
        method: Option<PaymentMethod>,
        dispute: &str,
        reason: String,
    ) -> Result<(), Error> {
        let Some(organization) = organization else {
            tracing::info!(service = actor.id(), "a dispute about nobody who is known here");
            return Ok(());
        };
        if !self.payment_standing(tx, &organization).await?.0.method {
            // The method was taken off file since: nothing is left to look at.
            return Ok(());
        }
        let last4 = method.as_ref().map(|row| row.last4.clone());
        let details = json!({ "dispute": reason, "last4": last4, "reference": dispute });
        let target = method.map_or_else(|| organization.to_string(), |row| row.id);
        self.step_payment(tx, actor, &organization, PaymentEvent::Disputed, &target, details).await.map(|_| ())
    }

    /// A card was renewed by its bank: what was told of its end is void.
    async fn renewed(&self, tx: &mut Tx, actor: &Actor, before: PaymentMethod, said: Method) -> Result<(), Error> {
        let ended = card_ends(before.expires_year, before.expires_month);
        let ends = card_ends(said.expires_year, said.expires_month);
        let row = PaymentMethod {
            brand: said.brand,
            last4: said.last4,
            expires_month: said.expires_month,
            expires_year: said.expires_year,
            ..before
        };
        payments::save_method(tx, &row).await?;
        let (standing, _) = self.payment_standing(tx, &row.organization).await?;
        // Only the notice of a card that runs out is void; a dispute stays one.
        let told = standing.state == PaymentState::Attention && standing.until.is_some();
        if ends > ended && row.is_default && told {
            let details = json!({ "last4": row.last4 });
            self.step_payment(tx, actor, &row.organization, PaymentEvent::Replaced, &row.id, details).await?;
        }
        Ok(())
    }
}
