//! Events about methods that are on file already: disputes, renewed cards, removed methods and customers. A delivery
//! only triggers a request to the service; its answer decides.

use keystead_core::id::OrganizationId;
use keystead_core::verification::payment::{PaymentEvent, PaymentState, card_ends};
use keystead_providers::payment::{Method, MethodEvent};
use keystead_store::Tx;
use keystead_store::tables::inbound_events;
use keystead_store::tables::payments::{self, PaymentMethod};
use serde_json::json;

use super::status::{payment_requirement, step_payment};
use super::view::method_removed;
use crate::{Actor, App, Error};

/// Applies the service's answer about an object because of an event, once for each event.
pub(super) async fn apply_method_event(
    app: &App,
    provider: &str,
    event: &str,
    reference: &str,
    change: MethodEvent,
) -> Result<(), Error> {
    write_tx!(app.store(), "apply_method_event", |tx| {
        if !inbound_events::finish(tx, provider, event, app.now()).await? {
            return Ok(());
        }
        let actor = Actor::Service(provider.to_owned());
        let own = payments::find_method(tx, provider, reference).await?.filter(|row| row.removed_at.is_none());
        match (change.clone(), own) {
            (MethodEvent::Disputed { method, customer, reason }, _) => {
                let method = match &method {
                    Some(method) => payments::find_method(tx, provider, method).await?,
                    None => None,
                };
                let organization = match (&method, &customer) {
                    (Some(method), _) => Some(method.organization.clone()),
                    (None, Some(customer)) => payments::find_organization(tx, provider, customer).await?,
                    (None, None) => None,
                };
                dispute_opened(app, tx, &actor, organization, method, reference, reason).await
            }
            (MethodEvent::Detached, Some(method)) => method_removed(app, tx, &actor, method).await,
            (MethodEvent::Renewed(renewed), Some(method)) => card_renewed(app, tx, &actor, method, renewed).await,
            (MethodEvent::CustomerGone, _) => {
                let Some(organization) = payments::find_organization(tx, provider, reference).await? else {
                    return Ok(());
                };
                payments::delete_customer(tx, &organization, provider).await?;
                for method in payments::list_methods(tx, &organization).await? {
                    // One by one, each read again: another method becomes the default until none is left.
                    let method = payments::find_method(tx, provider, &method.reference).await?;
                    if let Some(method) = method.filter(|row| row.removed_at.is_none()) {
                        method_removed(app, tx, &actor, method).await?;
                    }
                }
                Ok(())
            }
            (MethodEvent::Nothing | MethodEvent::Detached | MethodEvent::Renewed(_), _) => Ok(()),
        }
    })
}

/// Notes for the operator that a charge of the organization is disputed.
async fn dispute_opened(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: Option<OrganizationId>,
    method: Option<PaymentMethod>,
    dispute: &str,
    reason: String,
) -> Result<(), Error> {
    let Some(organization) = organization else {
        tracing::info!(
            service = actor.id(),
            "the payment service reported a dispute about an unknown customer; it is ignored"
        );
        return Ok(());
    };
    if !payment_requirement(tx, &organization).await?.0.method {
        // The method was removed since: there is nothing to check any more.
        return Ok(());
    }
    let details = json!({ "dispute": reason, "reference": dispute });
    let target = method.map_or_else(|| organization.to_string(), |row| row.id.to_string());
    step_payment(app, tx, actor, &organization, PaymentEvent::Disputed, &target, details).await.map(|_| ())
}

/// Applies a renewal of a card by its bank: the notice of its expiry no longer applies.
async fn card_renewed(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    before: PaymentMethod,
    renewed: Method,
) -> Result<(), Error> {
    let ended = card_ends(before.expires_year, before.expires_month);
    let ends = card_ends(renewed.expires_year, renewed.expires_month);
    let row = PaymentMethod {
        brand: renewed.brand,
        last4: renewed.last4,
        expires_month: renewed.expires_month,
        expires_year: renewed.expires_year,
        ..before
    };
    payments::save_method(tx, &row).await?;
    let (payment, _) = payment_requirement(tx, &row.organization).await?;
    // Only the notice of an expiring card is dropped; a dispute stays.
    let noticed = payment.state == PaymentState::Attention && payment.until.is_some();
    if ends > ended && row.is_default && noticed {
        let target = row.id.as_str();
        step_payment(app, tx, actor, &row.organization, PaymentEvent::Replaced, target, json!({})).await?;
    }
    Ok(())
}
