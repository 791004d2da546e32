//! Signals for operators: shown to them, and no refusal by themselves.

use keystead_app::{Actor, Settings};
use keystead_core::Timestamp;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::signals::{ADDRESS_AT, CARD_AT, SimCard};

use crate::vendors::{DAY, Home, House, limit, number};

async fn attention(house: &House, home: &Home) -> Vec<&'static str> {
    let overview = house.app.operator_overview(&Actor::operator("anna")).await.unwrap();
    overview.organizations.into_iter().find(|row| &row.id == home.organization()).unwrap().attention
}

#[tokio::test]
async fn one_card_at_many_organizations() {
    let house = House::new(Settings::default()).await;
    let mut homes = Vec::new();
    for n in 0..=CARD_AT {
        let home = house.home(&format!("p{n}")).await;
        house.pay(&home, 1_000 * n + 7).await;
        homes.push(home);
        let seen = attention(&house, &homes[0]).await;
        assert_eq!(seen.contains(&"card_shared"), n == CARD_AT, "{n}: {seen:?}");
    }
    let other = house.home("other").await;
    house.pay(&other, 8).await;
    assert!(attention(&house, &other).await.is_empty());
    assert_eq!(attention(&house, homes.last().unwrap()).await, ["card_shared"]);
}

#[tokio::test]
async fn one_address_for_many_organizations() {
    let house = House::new(Settings::default()).await;
    let mut homes = Vec::new();
    for n in 0..=ADDRESS_AT {
        let home = house.home(&format!("p{n}")).await;
        house.prove(&home, &number(100 + n, n), "10.9.9.9").await;
        homes.push(home);
        house.wait(3_600);
    }
    for home in &homes {
        assert_eq!(attention(&house, home).await, ["address_shared"], "nobody was refused, everybody is shown");
    }
    let other = house.home("other").await;
    house.prove(&other, &number(300, 1), "10.9.9.8").await;
    assert!(attention(&house, &other).await.is_empty());
    house.wait(31 * DAY);
    house.work().await;
    assert!(attention(&house, &homes[0]).await.is_empty(), "forgotten after thirty days");
    let kept = house.app.retention_report(&Actor::operator("anna")).await.unwrap();
    let row = kept.iter().find(|row| row.what == "address_fingerprints").unwrap();
    assert_eq!((row.rows, row.days), (0, Some(30)));
}

// A number with a recently changed SIM card must wait before it replaces the proven one, if the operator wants that.
#[tokio::test]
async fn a_changed_sim_card_holds_a_change() {
    let house = House::new(Settings { sim_swap_days: 7, ..Settings::default() }).await;
    let home = house.home("ann").await;
    let (old, new) = (number(100, 1), number(200, 1));
    let know = |e164: &str, ago: i64| {
        house.carrier.sims.lock().unwrap().insert(e164.to_owned(), SimCard::Since(Timestamp(house.now() - ago)));
    };
    know(&old, 60);
    house.prove(&home, &old, "10.0.0.1").await;
    assert!(attention(&house, &home).await.is_empty(), "a first number replaces nothing");
    know(&new, DAY);
    assert_eq!(limit(house.submit(&home, &new, "10.0.0.1").await), "phone_sim_changed");
    let view = house.app.phone_view(&home.actor, home.organization()).await.unwrap();
    assert!(
        view.number.is_some() && view.current.is_none_or(|one| one.state == PhoneState::Verified),
        "the old one stays"
    );
    assert_eq!(attention(&house, &home).await, ["sim_changed"]);
    let log = house.app.audit_log(&home.actor, home.organization(), crate::first_page()).await.unwrap();
    assert!(log.data.iter().any(|event| event.action == "phone.refused"));
    house.wait(6 * DAY);
    house.prove(&home, &new, "10.0.0.1").await;

    // A carrier that does not say, or is down, causes no delay; and no carrier is asked while the operator does not
    // want it.
    let mute = number(300, 1);
    house.prove(&home, &mute, "10.0.0.1").await;
    let house = House::new(Settings::default()).await;
    let home = house.home("ben").await;
    house.prove(&home, &old, "10.0.0.1").await;
    house.carrier.sims.lock().unwrap().insert(new.clone(), SimCard::Since(Timestamp(house.now())));
    house.wait(3_600);
    house.prove(&home, &new, "10.0.0.1").await;
    assert_eq!(house.carrier.lookups.load(std::sync::atomic::Ordering::SeqCst), 2, "one question for each number");
}
