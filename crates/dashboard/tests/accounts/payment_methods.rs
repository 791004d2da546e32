//! The cards on the page of payment methods.

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

// Buttons of the same words name their card, for people who hear the page.
#[tokio::test]
async fn buttons_name_their_card() {
    let stripe = Stripe::new(StripeOptions {
        base_url: "http://127.0.0.1:9".to_owned(),
        api_key: Secret::new("sk_test_1".to_owned()),
        webhook_secrets: Vec::new(),
    });
    let stripe: Arc<dyn PaymentProvider> = Arc::new(stripe.unwrap());
    let world = World::with_services(|services| Services { payment: Some(stripe), ..services }).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let user = ann.members().await.remove(0);
    let home = world.app.organizations_of(&user).await.unwrap().remove(0);
    let (default, other) = (card(&home.id, "4242", true), card(&home.id, "0005", false));
    let save = async |tx: &mut Tx| {
        payments::save_method(tx, &default).await.unwrap();
        payments::save_method(tx, &other).await
    };
    let saved: Result<(), keystead_store::Error> = world.store.write("cards", save).await;
    saved.unwrap();
    let page = ann.get("/settings/organization/billing/payment-methods").await.body;
    for (label, times) in [
        ("Remove Visa •••• 4242", 1),
        ("Remove Visa •••• 0005", 1),
        ("Make default: Visa •••• 0005", 1),
        ("Make default: Visa •••• 4242", 0),
    ] {
        assert_eq!(page.matches(&format!("aria-label=\"{label}\"")).count(), times, "{label}: {page}");
    }
}
