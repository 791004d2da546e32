//! Usage tiers: they rise by themselves, only the operator lowers them, and a lowering stays.

use futures_util::future::join;
use keystead_app::credit::{Purchase, TakenBack, record_purchase, record_refund};
use keystead_app::{Actor, Error, Page, Settings};
use keystead_core::id::OrganizationId;
use keystead_core::money::{Amount, Micros};
use keystead_core::rate::RateLimits;
use keystead_core::tier::{Tier, TierDefinition, TierLimit, TierRequirement, TierSource, TierTable};
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::models::{self, ModelRow};
use keystead_testkit::Databases;

use crate::concurrency::passed;
use crate::vendors::{DAY, NOON, ServicesApp};

fn requests(limit: u64) -> RateLimits {
    RateLimits { requests_per_minute: Some(limit), ..RateLimits::NONE }
}

fn tier(number: i64) -> Tier {
    Tier::new(number).unwrap()
}

/// Tiers 0 to 3: the first two rise by age alone, the third needs a payment. `gpt-*` may have 10, 20, 40 and 80 requests
/// a minute.
fn settings() -> Settings {
    let needs = [(0, 0), (0, 7), (0, 30), (500, 60)].into_iter().zip([10, 20, 40, 80]);
    let tiers = needs.zip(0..).map(|(((paid_cents, days), most), number)| {
        let limits = vec![TierLimit { models: vec!["gpt-*".to_owned()], limits: requests(most) }];
        (number, TierDefinition { requirement: TierRequirement { paid_cents, days }, limits })
    });
    Settings { tiers: TierTable::new(tiers.collect()).unwrap(), ..Settings::default() }
}

async fn serve(test: &ServicesApp) {
    let row = |id: &str| ModelRow {
        id: id.to_owned(),
        upstream: "one".to_owned(),
        created_at: Timestamp(NOON),
        owned_by: "maker".to_owned(),
        price: Price::default(),
        rates: requests(500),
    };
    let rows = [row("gpt-4o"), row("o3")];
    let write = async move |tx: &mut Tx| models::replace_all(tx, &rows, Timestamp(NOON)).await;
    test.store.write("models", write).await.unwrap();
}

/// The tier of an organization, by number.
async fn present(test: &ServicesApp, organization: &OrganizationId) -> i64 {
    let view = test.app.operator_tier(&Actor::operator("anna"), organization).await.unwrap();
    view.present.unwrap().tier.number()
}

/// The changes of the tier in the audit log, oldest first: who, from which, to which.
async fn changes(test: &ServicesApp, organization: &OrganizationId) -> Vec<(String, i64, i64)> {
    let page = Page { after: None, limit: 100, ascending: true };
    let log = test.app.audit_log(&Actor::operator("anna"), organization, page).await.unwrap().data;
    let changed = log.into_iter().filter(|event| event.action == "organization.tier_changed");
    let number = |value: &serde_json::Value| value.as_i64().unwrap();
    changed
        .map(|event| {
            let data = &event.details["data"];
            (event.actor_id.clone(), number(&data["before"]), number(&data["tier"]))
        })
        .collect()
}

/// Micros in a cent.
const CENT: i64 = 10_000;

async fn buys(test: &ServicesApp, organization: &OrganizationId, payment: &str, cents: i64) {
    let (app, organization, payment) = (test.app.clone(), organization.clone(), payment.to_owned());
    let work = async move |tx: &mut Tx| {
        let paid = Purchase { organization: &organization, payment: &payment, micros: Micros(cents * CENT) };
        Ok::<_, keystead_store::Error>(record_purchase(&app, tx, &Actor::service("stripe"), &paid).await)
    };
    test.store.write("buy", work).await.unwrap().unwrap();
}

async fn refunded(test: &ServicesApp, organization: &OrganizationId, payment: &str, cents: i64) {
    let (app, organization, payment) = (test.app.clone(), organization.clone(), payment.to_owned());
    let work = async move |tx: &mut Tx| {
        let back =
            TakenBack { organization: &organization, payment: &payment, id: "re_1", micros: Micros(cents * CENT) };
        Ok::<_, keystead_store::Error>(record_refund(&app, tx, &Actor::service("stripe"), &back).await)
    };
    test.store.write("refund", work).await.unwrap().unwrap();
}

/// S1-42: what is paid raises a tier at once; a refund lowers none, and what an operator lowered waits for more.
#[tokio::test]
async fn payments_raise_a_tier_at_once() {
    let needs = [(0, 0), (500, 0), (5_000, 7)].into_iter().zip(0..);
    let tiers = needs.map(|((paid_cents, days), number)| {
        let requirement = TierRequirement { paid_cents, days };
        (number, TierDefinition { requirement, limits: Vec::new() })
    });
    let tiers = TierTable::new(tiers.collect()).unwrap();
    let test = ServicesApp::new(Settings { tiers, ..Settings::default() }).await;
    let (ann, ben) = (test.tenant("ann").await, test.tenant("ben").await);
    let one = ann.organization();
    test.wait(90 * DAY);
    buys(&test, one, "pi_1", 499).await;
    assert_eq!(present(&test, one).await, 0);
    buys(&test, one, "pi_2", 1).await;
    assert_eq!((present(&test, one).await, present(&test, ben.organization()).await), (1, 0), "the payer's alone");
    for _ in 0..2 {
        buys(&test, one, "pi_3", 4_500).await;
    }
    let view = test.app.usage_tier(&ann.actor, one).await.unwrap();
    let next = view.present.unwrap().next.unwrap();
    assert_eq!((view.paid, next.missing_paid, next.missing_days), (Amount::of_cents(5_000), Amount::ZERO, 7));
    test.wait(7 * DAY);
    test.app.evaluate_tiers().await.unwrap();
    assert_eq!(present(&test, one).await, 2);
    refunded(&test, one, "pi_3", 4_500).await;
    test.app.evaluate_tiers().await.unwrap();
    assert_eq!(present(&test, one).await, 2);

    assert!(test.app.set_tier(&Actor::operator("anna"), one, 0, "abuse").await.unwrap().present.unwrap().held);
    test.wait(100 * DAY);
    test.app.evaluate_tiers().await.unwrap();
    buys(&test, one, "pi_2", 1).await;
    assert_eq!(present(&test, one).await, 0, "the same payment is counted once");
    buys(&test, one, "pi_4", 1).await;
    let present = test.app.usage_tier(&ann.actor, one).await.unwrap().present.unwrap();
    assert_eq!((present.tier, present.set_by, present.held), (tier(1), TierSource::Automatic, false));
}

/// S1-42: limits rise by themselves, and owners are told.
#[tokio::test]
async fn organizations_rise_by_their_age() {
    let test = ServicesApp::new(settings()).await;
    serve(&test).await;
    let ann = test.tenant("ann").await;
    let one = ann.organization();
    let view = test.app.usage_tier(&ann.actor, one).await.unwrap();
    assert_eq!(view.limits, [("gpt-4o".to_owned(), requests(10)), ("o3".to_owned(), requests(500))]);
    let first = view.present.unwrap();
    assert_eq!((first.tier, first.highest, first.set_by, first.held), (tier(0), tier(3), TierSource::Automatic, false));
    let next = first.next.unwrap();
    assert_eq!((next.tier, next.missing_days), (tier(1), 7));

    test.wait(7 * DAY - 1);
    test.app.evaluate_tiers().await.unwrap();
    assert_eq!(present(&test, one).await, 0);
    test.wait(1);
    for _ in 0..2 {
        test.app.evaluate_tiers().await.unwrap();
    }
    assert_eq!(present(&test, one).await, 1);
    assert_eq!(changes(&test, one).await, [("keystead".to_owned(), 0, 1)], "once");
    test.work().await;
    let told = |number: i64| format!("An organization reached usage tier {number}");
    assert_eq!(test.subjects().iter().filter(|subject| subject.ends_with(&told(1))).count(), 1);

    // A tier may be passed over; one that needs a payment is not reached by age.
    let ben = test.tenant("ben").await;
    test.wait(400 * DAY);
    test.app.evaluate_tiers().await.unwrap();
    for organization in [one, ben.organization()] {
        let view = test.app.operator_tier(&Actor::operator("anna"), organization).await.unwrap();
        let present = view.present.unwrap();
        assert_eq!((present.tier, present.since), (tier(2), Timestamp(test.now())));
        assert_eq!(present.next.unwrap().missing_days, 60, "days of a paid tier count from the first payment");
    }
    assert_eq!(changes(&test, ben.organization()).await, [("keystead".to_owned(), 0, 2)]);
    // A stranger learns nothing.
    assert!(matches!(test.app.usage_tier(&ben.actor, one).await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_lower_tier_stays_and_a_higher_one_is_not_taken_back() {
    let test = ServicesApp::new(settings()).await;
    let ann = test.tenant("ann").await;
    let (one, anna) = (ann.organization(), Actor::operator("anna"));
    test.wait(30 * DAY);
    test.app.evaluate_tiers().await.unwrap();
    assert_eq!(present(&test, one).await, 2);
    let lowered = test.app.set_tier(&anna, one, 0, "abuse").await.unwrap().present.unwrap();
    assert_eq!((lowered.tier, lowered.set_by, lowered.held), (tier(0), TierSource::Operator, true));
    for _ in 0..3 {
        test.wait(100 * DAY);
        test.app.evaluate_tiers().await.unwrap();
        assert_eq!(present(&test, one).await, 0, "age does not undo what an operator decided");
    }
    // A present: higher than what is reached, and no evaluation takes it back.
    assert!(!test.app.set_tier(&anna, one, 3, "a contract").await.unwrap().present.unwrap().held);
    test.app.evaluate_tiers().await.unwrap();
    assert_eq!(present(&test, one).await, 3);
    let expected = [("keystead", 0, 2), ("anna", 2, 0), ("anna", 0, 3)];
    assert_eq!(changes(&test, one).await, expected.map(|(who, from, to)| (who.to_owned(), from, to)));

    for (actor, number, reason) in [(&anna, 4, "x"), (&anna, -1, "x"), (&anna, 1, " "), (&ann.actor, 1, "x")] {
        assert!(test.app.set_tier(actor, one, number, reason).await.is_err(), "{number} {reason}");
    }
    assert!(test.app.operator_tier(&ann.actor, one).await.is_err());
    let none = "org-none".parse().unwrap();
    assert!(matches!(test.app.set_tier(&anna, &none, 1, "x").await, Err(Error::NotFound { .. })));
    assert_eq!(changes(&test, one).await.len(), 3);
}

#[tokio::test]
async fn limits_of_projects_are_not_above_the_tier() {
    let test = ServicesApp::new(settings()).await;
    serve(&test).await;
    let ann = test.tenant("ann").await;
    let (one, project) = (ann.organization(), &ann.made.project_id);
    let set =
        async |id: &str, most: u64| test.app.update_project_rate(&ann.actor, one, project, id, requests(most)).await;
    assert!(matches!(set("rl-gpt-4o", 11).await, Err(Error::Invalid { .. })));
    assert_eq!(set("rl-gpt-4o", 9).await.unwrap().effective(), requests(9));
    assert_eq!(set("rl-o3", 400).await.unwrap().effective(), requests(400), "no tier limits it");
    test.app.set_tier(&Actor::operator("anna"), one, 2, "a contract").await.unwrap();
    assert_eq!(set("rl-gpt-4o", 39).await.unwrap().effective(), requests(39));
    test.app.set_tier(&Actor::operator("anna"), one, 0, "over").await.unwrap();
    let rates = test.app.project_rates(&ann.actor, one, project).await.unwrap();
    assert_eq!(rates[0].effective(), requests(10), "what the project had set does not lift the tier's limit");
}

#[tokio::test]
async fn without_configured_tiers_there_are_none() {
    let test = ServicesApp::new(Settings::default()).await;
    serve(&test).await;
    let ann = test.tenant("ann").await;
    test.app.evaluate_tiers().await.unwrap();
    let view = test.app.usage_tier(&ann.actor, ann.organization()).await.unwrap();
    assert_eq!((view.present, &view.limits[0].1), (None, &requests(500)));
    let set = test.app.set_tier(&Actor::operator("anna"), ann.organization(), 1, "x").await;
    assert!(matches!(set, Err(Error::Conflict { .. })), "{set:?}");
}

/// Evaluations of two nodes and an operator at once: the operator's tier is what stays, and a rise is recorded once.
#[tokio::test]
async fn evaluations_and_an_operator_at_once() {
    for databases in Databases::both().await {
        let test = ServicesApp::over(databases.fresh().await.store, settings());
        let tenants = [test.tenant("a").await, test.tenant("b").await, test.tenant("c").await];
        test.wait(8 * DAY);
        let anna = Actor::operator("anna");
        for tenant in &tenants {
            let evaluations = join(test.app.evaluate_tiers(), test.app.evaluate_tiers());
            let set = test.app.set_tier(&anna, tenant.organization(), 0, "abuse");
            let ((one, two), set) = join(evaluations, set).await;
            assert_eq!((passed(&[one, two]), passed(&[set])), (2, 1));
            test.app.evaluate_tiers().await.unwrap();
            assert_eq!(present(&test, tenant.organization()).await, 0);
        }
        let dora = test.tenant("dora").await;
        test.wait(8 * DAY);
        let (one, two) = join(test.app.evaluate_tiers(), test.app.evaluate_tiers()).await;
        assert_eq!(passed(&[one, two]), 2);
        assert_eq!(changes(&test, dora.organization()).await.len(), 1);
    }
}
