//! Signals for operators: shown to them, and no refusal by themselves.

use keystead_app::{Actor, Settings};
use keystead_core::Timestamp;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::signals::{ADDRESS_AT, CARD_AT, SimCard};

use crate::vendors::{DAY, ServicesApp, Tenant, limit, number};

async fn attention(test: &ServicesApp, tenant: &Tenant) -> Vec<&'static str> {
    let overview = test.app.operator_overview(&Actor::operator("anna")).await.unwrap();
    overview.organizations.into_iter().find(|row| &row.id == tenant.organization()).unwrap().attention
}

#[tokio::test]
async fn one_card_at_many_organizations() {
    let test = ServicesApp::new(Settings::default()).await;
    let mut tenants = Vec::new();
    for n in 0..=CARD_AT {
        let tenant = test.tenant(&format!("p{n}")).await;
        test.pay(&tenant, 1_000 * n + 7).await;
        tenants.push(tenant);
        let seen = attention(&test, &tenants[0]).await;
        assert_eq!(seen.contains(&"card_shared"), n == CARD_AT, "{n}: {seen:?}");
    }
    let other = test.tenant("other").await;
    test.pay(&other, 8).await;
    assert!(attention(&test, &other).await.is_empty());
    assert_eq!(attention(&test, tenants.last().unwrap()).await, ["card_shared"]);
}

#[tokio::test]
async fn one_address_for_many_organizations() {
    let test = ServicesApp::new(Settings::default()).await;
    let mut tenants = Vec::new();
    for n in 0..=ADDRESS_AT {
        let tenant = test.tenant(&format!("p{n}")).await;
        test.prove(&tenant, &number(100 + n, n), "10.9.9.9").await;
        tenants.push(tenant);
        test.wait(3_600);
    }
    for tenant in &tenants {
        assert_eq!(attention(&test, tenant).await, ["address_shared"], "none was refused, all are shown");
    }
    let other = test.tenant("other").await;
    test.prove(&other, &number(300, 1), "10.9.9.8").await;
    assert!(attention(&test, &other).await.is_empty());
    test.wait(31 * DAY);
    test.work().await;
    assert!(attention(&test, &tenants[0]).await.is_empty(), "forgotten after thirty days");
    let kept = test.app.retention_report(&Actor::operator("anna")).await.unwrap();
    let row = kept.iter().find(|row| row.what == "address_fingerprints").unwrap();
    assert_eq!((row.rows, row.days), (0, Some(30)));
}

// A number with a recently changed SIM card must wait before it replaces the proven one, if the operator wants that.
#[tokio::test]
async fn a_changed_sim_card_holds_a_change() {
    let test = ServicesApp::new(Settings { sim_swap_days: 7, ..Settings::default() }).await;
    let tenant = test.tenant("ann").await;
    let (old, new) = (number(100, 1), number(200, 1));
    let know = |e164: &str, ago: i64| {
        test.carrier.sims.lock().unwrap().insert(e164.to_owned(), SimCard::Since(Timestamp(test.now() - ago)));
    };
    know(&old, 60);
    test.prove(&tenant, &old, "10.0.0.1").await;
    assert!(attention(&test, &tenant).await.is_empty(), "a first number replaces nothing");
    know(&new, DAY);
    assert_eq!(limit(test.submit(&tenant, &new, "10.0.0.1").await), "phone_sim_changed");
    let view = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap();
    assert!(
        view.number.is_some() && view.current.is_none_or(|one| one.state == PhoneState::Verified),
        "the old one stays"
    );
    assert_eq!(attention(&test, &tenant).await, ["sim_changed"]);
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert!(log.data.iter().any(|event| event.action == "phone.refused"));
    test.wait(6 * DAY);
    test.prove(&tenant, &new, "10.0.0.1").await;

    // A carrier that does not say, or is down, causes no delay; and no carrier is asked while the operator does not
    // want it.
    let mute = number(300, 1);
    test.prove(&tenant, &mute, "10.0.0.1").await;
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ben").await;
    test.prove(&tenant, &old, "10.0.0.1").await;
    test.carrier.sims.lock().unwrap().insert(new.clone(), SimCard::Since(Timestamp(test.now())));
    test.wait(3_600);
    test.prove(&tenant, &new, "10.0.0.1").await;
    assert_eq!(test.carrier.lookups.load(std::sync::atomic::Ordering::SeqCst), 2, "one question for each number");
}
