//! Cards on file: on the page of payment methods, and for automatic recharge.

use std::sync::Arc;

use keystead_app::Services;
use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_providers::payment::stripe::Stripe;
use keystead_providers::payment::{PaymentProvider, StripeOptions};
use keystead_store::Tx;
use keystead_store::tables::payments::{self, PaymentMethod};

use crate::world::*;

const BILLING: &str = "/settings/organization/billing";

/// A card on file.
fn card(organization: &OrganizationId, last4: &str, is_default: bool) -> PaymentMethod {
    PaymentMethod {
        id: format!("pm_{last4:0>24}").parse().unwrap(),
        organization: organization.clone(),
        provider: "stripe".to_owned(),
        reference: format!("pm_{last4}"),
        brand: "visa".to_owned(),
        last4: last4.to_owned(),
        expires_month: 1,
        expires_year: 2030,
        country: None,
        funding: "credit".to_owned(),
        card_fingerprint: None,
        is_default,
        created_at: Timestamp(0),
        removed_at: None,
    }
}

/// The service for payments, which is not called here.
fn with_stripe(services: Services) -> Services {
    let stripe = Stripe::new(StripeOptions {
        base_url: "http://127.0.0.1:9".to_owned(),
        api_key: Secret::new("sk_test_1".to_owned()),
        webhook_secrets: Vec::new(),
    });
    let stripe: Arc<dyn PaymentProvider> = Arc::new(stripe.unwrap());
    Services { payment: Some(stripe), ..services }
}

async fn save(world: &World, cards: &[PaymentMethod]) {
    for card in cards {
        let insert = async |tx: &mut Tx| payments::save_method(tx, card).await;
        let saved: Result<(), keystead_store::Error> = world.store.write("card", insert).await;
        saved.unwrap();
    }
}

async fn organization(browser: &mut Browser<'_>) -> OrganizationId {
    let user = browser.members().await.remove(0);
    browser.world.app.organizations_of(&user).await.unwrap().remove(0).id
}

// Buttons of the same words name their card, for people who hear the page.
#[tokio::test]
async fn buttons_name_their_card() {
    let world = World::with_services(with_stripe).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let home = organization(&mut ann).await;
    save(&world, &[card(&home, "4242", true), card(&home, "0005", false)]).await;
    let page = ann.get(&format!("{BILLING}/payment-methods")).await.body;
    for (label, times) in [
        ("Remove Visa •••• 4242", 1),
        ("Remove Visa •••• 0005", 1),
        ("Make default: Visa •••• 0005", 1),
        ("Make default: Visa •••• 4242", 0),
    ] {
        assert_eq!(page.matches(&format!("aria-label=\"{label}\"")).count(), times, "{label}: {page}");
    }
}

// Where the balance is already low, a saved recharge charges the card within seconds, so it is confirmed first.
#[tokio::test]
async fn a_recharge_that_charges_at_once_is_confirmed() {
    let world = World::prepaid_with_services(with_stripe).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let recharge = format!("{BILLING}/recharge");
    let fields = [("csrf", csrf.as_str()), ("below", "10"), ("amount", "50"), ("ceiling", "200")];
    assert!(ann.post(&recharge, &fields).await.location().contains("done=saved"), "no card, nothing to confirm");
    let stopped = ann.post(&format!("{recharge}/stop"), &[("csrf", &csrf)]).await;
    assert!(stopped.location().contains("done=saved"));

    let home = organization(&mut ann).await;
    save(&world, &[card(&home, "4242", true)]).await;
    let asked = ann.post(&recharge, &fields).await;
    let says = |mark: &str| asked.body.contains(mark);
    assert!(says("50.00\u{a0}USD is charged to Visa •••• 4242") && says("name=\"acknowledged\""), "{}", asked.body);
    assert_eq!((asked.status, asked.field("ceiling").as_str()), (422, "200"));
    assert!(ann.get(BILLING).await.body.contains("Credit is not bought automatically"), "nothing was saved");
    let confirmed = [&fields[..], &[("acknowledged", "yes")]].concat();
    assert!(ann.post(&recharge, &confirmed).await.location().contains("done=saved"));
    assert!(ann.get(BILLING).await.body.contains("When the balance is below 10.00"));
}
