//! Prices as operators change them: from a date, all of a list or nothing, previewed with the usage of last month.

use keystead_app::prices::{ModelPrices, NewPrice, PriceSource};
use keystead_app::{Actor, Error, Settings};
use keystead_core::money::{Amount, Micros};
use keystead_core::prices::{HIGHEST, images_of};
use keystead_core::rate::RateLimits;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, ImageTraits, Price, Quantities, UsageEvent, UsageKind};
use keystead_store::Tx;
use keystead_store::tables::models::{self, ModelRow};
use keystead_store::tables::usage;

use crate::vendors::{DAY, NOON, ServicesApp};

fn tokens(input: i64) -> Price {
    Price { input: Micros(input), cached_input: Micros(input), ..Price::default() }
}

/// Micros for an image: one, and others by quality and size.
fn by_quality(rows: &[(&str, i64)]) -> Price {
    let rows = rows.iter().map(|(key, micros)| (*key, Ok(Micros(micros * 1_000_000))));
    Price { image: Micros(1_000_000), images: images_of(rows).unwrap(), ..Price::default() }
}

fn new(model: &str, price: Price, holds_from: Option<i64>) -> NewPrice<'_> {
    NewPrice { model, price, holds_from: holds_from.map(Timestamp), reason: "new list" }
}

/// Serves `paid` with a price of the configuration, and `free` and `other` without one.
async fn world() -> ServicesApp {
    let test = ServicesApp::new(Settings::default()).await;
    let row = |id: &str, price| ModelRow {
        id: id.to_owned(),
        upstream: "one".to_owned(),
        created_at: Timestamp(NOON),
        owned_by: "maker".to_owned(),
        price,
        rates: RateLimits::NONE,
    };
    let rows = [row("free", Price::default()), row("other", Price::default()), row("paid", tokens(5))];
    let write = async move |tx: &mut Tx| models::replace_all(tx, &rows, Timestamp(NOON)).await;
    test.store.write("models", write).await.unwrap();
    test
}

fn is_missing<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotFound { .. }))
}

async fn listed(test: &ServicesApp) -> Vec<(String, i64, PriceSource)> {
    let all = test.app.price_list(&Actor::operator("anna")).await.unwrap();
    let short = |one: ModelPrices| (one.model, one.present.input.0, one.source);
    all.into_iter().map(short).collect()
}

#[tokio::test]
async fn a_price_holds_from_its_date_and_models_without_one_come_first() {
    let test = world().await;
    let anna = Actor::operator("anna");
    let expected =
        [("free", 0, PriceSource::None), ("other", 0, PriceSource::None), ("paid", 5, PriceSource::Configuration)];
    assert_eq!(listed(&test).await, expected.map(|(model, input, source)| (model.to_owned(), input, source)));
    assert_eq!(test.app.installation_report().await.unwrap().models_without_price, ["free", "other"]);

    let row = test.app.set_price(&anna, &new("free", tokens(7), None)).await.unwrap();
    assert_eq!(
        (row.holds_from, row.made_by.as_str(), row.reason.as_str()),
        (Timestamp(test.now()), "anna", "new list")
    );
    test.app.set_price(&anna, &new("paid", tokens(9), Some(test.now() + DAY))).await.unwrap();
    let expected =
        [("other", 0, PriceSource::None), ("free", 7, PriceSource::Operator), ("paid", 5, PriceSource::Configuration)];
    assert_eq!(listed(&test).await, expected.map(|(model, input, source)| (model.to_owned(), input, source)));
    assert_eq!(test.app.installation_report().await.unwrap().models_without_price, ["other"]);
    test.wait(DAY);
    let prices = test.app.model_prices().await.unwrap();
    assert_eq!(prices.iter().map(|(_, price)| price.input.0).collect::<Vec<_>>(), [7, 0, 9]);

    let history = test.app.price_history(&anna, "paid").await.unwrap();
    assert_eq!((history.configured, history.rows.len(), history.prices.present), (tokens(5), 1, tokens(9)));
    assert!(is_missing(&test.app.price_history(&anna, "unknown").await));
}

#[tokio::test]
async fn a_price_can_be_withdrawn_before_it_holds() {
    let test = world().await;
    let anna = Actor::operator("anna");
    let later = Some(test.now() + DAY);
    let first = test.app.set_price(&anna, &new("paid", tokens(8), later)).await.unwrap();
    let second = test.app.set_price(&Actor::operator("ben"), &new("paid", tokens(9), later)).await.unwrap();
    let history = test.app.price_history(&anna, "paid").await.unwrap();
    assert_eq!(history.prices.next, std::slice::from_ref(&second), "one for each second");
    let twice = test.app.withdraw_price(&anna, first.id.as_str()).await;
    assert!(matches!(twice, Err(Error::Conflict { .. })), "{twice:?}");
    let withdrawn = test.app.withdraw_price(&anna, second.id.as_str()).await.unwrap();
    assert_eq!(withdrawn.withdrawn, Some((Timestamp(test.now()), "anna".into())));
    assert!(is_missing(&test.app.withdraw_price(&anna, "price_none").await));
    assert!(is_missing(&test.app.withdraw_price(&anna, "no id").await));

    let third = test.app.set_price(&anna, &new("paid", tokens(7), later)).await.unwrap();
    test.wait(DAY);
    let late = test.app.withdraw_price(&anna, third.id.as_str()).await;
    assert!(matches!(late, Err(Error::Conflict { .. })), "{late:?}");
    let again = test.app.set_price(&anna, &new("paid", tokens(6), None)).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "the price of this second holds: {again:?}");
    test.wait(1);
    test.app.set_price(&anna, &new("paid", tokens(6), None)).await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let test = world().await;
    let anna = Actor::operator("anna");
    let now = test.now();
    for (asked, param) in [
        (new("paid", tokens(-1), None), "input"),
        (new("paid", Price { request: Micros(HIGHEST.0 + 1), ..Price::default() }, None), "request"),
        (new("paid", by_quality(&[("hd", -1)]), None), "images"),
        (new("paid", tokens(1), Some(now - 1)), "holds_from"),
        (new("paid", tokens(1), Some(now * 1_000)), "holds_from"),
        (NewPrice { reason: " ", ..new("paid", tokens(1), None) }, "reason"),
    ] {
        let refused = test.app.set_price(&anna, &asked).await;
        assert!(matches!(&refused, Err(Error::Invalid { param: Some(named), .. }) if *named == param), "{refused:?}");
    }
    assert!(is_missing(&test.app.set_price(&anna, &new("unknown", tokens(1), None)).await));
    let list = "[[price]]\nmodel = \"free\"\ninput = 1\n[[price]]\nmodel = \"paid\"\ninput = -1\n";
    for (list, expected) in [
        (list, "price_list_price"),
        ("nothing", "price_list_syntax"),
        ("currency = \"EUR\"", "price_list_currency"),
        ("{\"unknown\": {\"input_cost_per_token\": 1e-6}}", "price_list_nothing"),
    ] {
        for refused in [
            test.app.import_prices(&anna, list, None, "list").await.map(|_| ()),
            test.app.preview_prices(&anna, list, None).await.map(|_| ()),
        ] {
            assert!(
                matches!(&refused, Err(Error::Invalid { code: Some(said), .. }) if *said == expected),
                "{refused:?}"
            );
        }
    }
    let good = "[[price]]\nmodel = \"free\"\ninput = 1\n";
    let past = test.app.import_prices(&anna, good, Some(Timestamp(now - 1)), "list").await;
    assert!(matches!(past, Err(Error::Invalid { param: Some("holds_from"), .. })), "{past:?}");
    // Only operators see and change prices.
    let tenant = test.tenant("ann").await;
    let owner = &tenant.actor;
    for refused in [
        test.app.price_list(owner).await.map(|_| ()),
        test.app.price_history(owner, "paid").await.map(|_| ()),
        test.app.set_price(owner, &new("paid", tokens(1), None)).await.map(|_| ()),
        test.app.withdraw_price(owner, "price_none").await.map(|_| ()),
        test.app.import_prices(owner, good, None, "list").await.map(|_| ()),
        test.app.preview_prices(owner, good, None).await.map(|_| ()),
        test.app.preview_price(owner, "paid", tokens(1)).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::Forbidden { .. })), "{refused:?}");
    }
    assert_eq!(listed(&test).await.iter().map(|(_, input, _)| *input).sum::<i64>(), 5);
}

fn event(at: i64, model: &str, input_tokens: i64, cost: i64) -> UsageEvent {
    UsageEvent {
        at: Timestamp(at),
        kind: UsageKind::Completions,
        organization: "org-one".parse().unwrap(),
        project: "proj_one".parse().unwrap(),
        key: "key_one".parse().unwrap(),
        owner: "user-one".into(),
        model: model.into(),
        used: Quantities { requests: 1, input_tokens, ..Quantities::default() },
        cost: Micros(cost).into(),
        status: 200,
        estimated: false,
        request: "req_1".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: Attributes::default(),
        charge: None,
    }
}

#[tokio::test]
async fn a_list_is_previewed_with_the_usage_of_last_month_and_imported_as_a_whole() {
    let test = world().await;
    let anna = Actor::operator("anna");
    // It is the first of January: last month is December.
    let events = vec![
        event(NOON - DAY, "paid", 1_000_000, 5),
        event(NOON - 31 * DAY, "paid", 2_000_000, 10),
        event(NOON - DAY, "other", 1_000_000, 100),
        event(NOON - 32 * DAY, "paid", 9_000_000, 45),
        event(NOON, "paid", 9_000_000, 45),
    ];
    let write = async move |tx: &mut Tx| usage::record(tx, "1-x", 0, &events).await;
    test.store.write("usage", write).await.unwrap();
    let list = "{\"paid\": {\"mode\": \"chat\", \"input_cost_per_token\": 7e-12, \"input_cost_per_token_batches\": 1e-6}, \
                 \"free\": {\"mode\": \"chat\", \"input_cost_per_token\": 3e-12}, \
                 \"other\": {\"mode\": \"chat\", \"input_cost_per_query\": 0.1}, \"unknown\": {}}";
    let from = Some(Timestamp(NOON + DAY));
    let preview = test.app.preview_prices(&anna, list, from).await.unwrap();
    let import = &preview.import;
    let changes: Vec<_> =
        import.changes.iter().map(|one| (one.model.as_str(), one.before.clone(), one.after.clone())).collect();
    assert_eq!(changes, [("free", Price::default(), tokens(3)), ("paid", tokens(5), tokens(7))]);
    assert_eq!(import.changes[1].left_out, ["input_cost_per_token_batches"]);
    assert_eq!((import.unusable[0].model.as_str(), import.unchanged, import.not_served), ("other", 0, 1));
    assert_eq!(import.still_free, ["other"]);
    let month = &preview.last_month;
    assert_eq!((month.charged, month.would_cost), (Micros(115).into(), Micros(121).into()));
    let models: Vec<_> = month.models.iter().map(|one| (one.model.as_str(), one.charged, one.would_cost)).collect();
    assert_eq!(models, [("paid", Amount::from(Micros(15)), Amount::from(Micros(21)))]);
    let one = test.app.preview_price(&anna, "other", tokens(1)).await.unwrap();
    assert_eq!((one.charged, one.would_cost), (Micros(115).into(), Micros(16).into()));
    assert_eq!(listed(&test).await[0].0, "free", "a preview changes nothing");

    let done = test.app.import_prices(&anna, list, from, "list of January").await.unwrap();
    assert_eq!(&done, import);
    assert_eq!(listed(&test).await[2], ("paid".to_owned(), 5, PriceSource::Configuration), "not yet");
    test.wait(DAY);
    let expected =
        [("other", 0, PriceSource::None), ("free", 3, PriceSource::Operator), ("paid", 7, PriceSource::Operator)];
    assert_eq!(listed(&test).await, expected.map(|(model, input, source)| (model.to_owned(), input, source)));
    let again = test.app.import_prices(&anna, list, None, "the same").await.unwrap();
    assert_eq!((again.changes.len(), again.unchanged), (0, 2));
    assert_eq!(test.app.price_history(&anna, "paid").await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn images_are_previewed_and_proven_by_quality_and_size() {
    let test = world().await;
    let anna = Actor::operator("anna");
    let made = test.app.bootstrap("ann@example.com", "Acme", true).await.unwrap();
    let price = by_quality(&[("hd/2x2", 5), ("2x2", 3)]);
    test.app.set_price(&anna, &new("paid", price.clone(), None)).await.unwrap();
    // The price did not change on that day, nor on the day before.
    test.wait(2 * DAY);
    let drawn = |quality: &str, size: &str| {
        let attributes = Attributes::default().with_images(ImageTraits::read(Some(quality), Some(size)));
        let used = Quantities { requests: 1, images: 2, ..Quantities::default() };
        let cost = price.for_usage(UsageKind::Images, &attributes).cost(&used);
        let (organization, project) = (made.organization_id.clone(), made.project_id.clone());
        let other = event(test.now(), "paid", 0, 0);
        UsageEvent { organization, project, kind: UsageKind::Images, used, cost, attributes, ..other }
    };
    let record = async |first: i64, events: Vec<UsageEvent>| {
        let write = async move |tx: &mut Tx| usage::record(tx, "1-x", first, &events).await;
        test.store.write("usage", write).await.unwrap();
    };
    let events = vec![drawn("hd", "2x2"), drawn("low", "2x2"), drawn("hd", "1x1"), drawn("", "")];
    let costs: Vec<_> = events.iter().map(|event| event.cost).collect();
    assert_eq!(costs, [10, 6, 2, 2].map(|micros| Amount::from(Micros(micros))));
    record(0, events).await;
    let check = test.app.check_money(&anna).await.unwrap();
    assert_eq!((check.difference, check.prices), (None, 1));

    // In February, what January would have cost.
    test.wait(31 * DAY);
    let other = by_quality(&[("hd", 7), ("1x1", 2)]);
    let month = test.app.preview_price(&anna, "paid", other).await.unwrap();
    assert_eq!((month.charged, month.would_cost), (Micros(20).into(), Micros(14 + 2 + 4 + 2).into()));

    record(4, vec![UsageEvent { cost: Micros(9).into(), ..drawn("hd", "2x2") }]).await;
    let difference = test.app.check_money(&anna).await.unwrap().difference.unwrap();
    assert!(difference.about.contains("times its price"), "{}", difference.about);
}
