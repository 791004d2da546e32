//! The operator's page of prices: free models first, a price from a date, and a list with a preview.

use axum::body::Body;
use keystead_core::money::Micros;
use keystead_core::rate::RateLimits;
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use keystead_store::Tx;
use keystead_store::tables::models::{self, ModelRow};

use crate::world::*;

const HERE: &str = "/operator/prices";
const MODEL: &str = "/operator/prices/model?model=vendor%2Fbig";
const LIST: &str = "[[price]]\nmodel = \"vendor/big\"\ninput = \"3.5\"\n[[price]]\nmodel = \"gone\"\ninput = 1\n";

async fn world() -> World {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let row = |id: &str, price| ModelRow {
        id: id.to_owned(),
        upstream: "one".to_owned(),
        created_at: Timestamp(0),
        owned_by: "maker".to_owned(),
        price,
        rates: RateLimits::NONE,
    };
    let paid = Price { input: Micros(2_500_000), cached_input: Micros(2_500_000), ..Price::default() };
    let rows = [row("a-paid", paid), row("vendor/big", Price::default())];
    let write =
        world.store.write("models", async move |tx: &mut Tx| models::replace_all(tx, &rows, Timestamp(0)).await);
    let written: Result<(), keystead_store::Error> = write.await;
    written.unwrap();
    world
}

#[tokio::test]
async fn a_price_is_set_shown_and_withdrawn() {
    let world = world().await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let csrf = ops.csrf().await;
    let page = ops.get(HERE).await;
    assert!(page.body.contains("One model has no price"), "{}", page.body);
    let at = |text: &str| page.body.find(text).unwrap();
    assert!(at("vendor/big") < at("a-paid"), "models without a price come first");

    let set = |input: &str, from: &str, act: &str| {
        let fields = [("csrf", csrf.as_str()), ("input", input), ("from", from), ("reason", "new"), ("do", act)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    macro_rules! post {
        ($fields:expr) => {{
            let fields = $fields;
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            ops.post(MODEL, &fields).await
        }};
    }
    for (input, said) in [
        ("", "Enter at least one price"),
        ("-1", "cannot be negative"),
        ("0.0000001", "six decimals"),
        ("2 EUR", "without another currency"),
        ("1e9", "as a number"),
        ("9999999999", "at most 1,000,000,000 USD"),
    ] {
        let refused = post!(set(input, "", "set"));
        assert!(refused.status == 422 && refused.body.contains(said), "{input}: {}", refused.body);
        assert!(refused.body.contains("href=\"#input\""), "{input}: the summary leads to the field");
    }
    // Images by quality and size, one a line.
    let images = |lines: &str, act: &str| {
        let fields = [("csrf", csrf.as_str()), ("images", lines), ("from", ""), ("reason", "new"), ("do", act)];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for (lines, said) in [("HD = 1", "at most 32 prices of images"), ("hd = -1", "cannot be negative")] {
        let refused = post!(images(lines, "set"));
        assert!(refused.status == 422 && refused.body.contains(said), "{lines}: {}", refused.body);
        assert!(refused.body.contains("href=\"#images\"") && refused.body.contains(lines), "{}", refused.body);
    }
    assert_eq!(post!(images("hd/1024x1792 = 120000\nhd=0.5", "preview")).status, 200);
    let past = post!(set("1", "2020-01-01T00:00", "set"));
    assert!(past.status == 422 && past.body.contains("in the past"), "{}", past.body);
    let preview = post!(set("1.25", "", "preview"));
    assert!(preview.status == 200 && preview.body.contains("Last month cost 0.00"), "{}", preview.body);
    assert!(preview.body.contains("value=\"1.25\""), "what was typed stays");
    assert!(ops.get(HERE).await.body.contains("One model has no price"), "none of it changed anything");

    let done = post!(set("1.25", "", "set"));
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(ops.get(HERE).await.body.contains("Every model has a price"));
    post!(set("9", "2027-01-01T00:00", "set"));
    let page = ops.get(MODEL).await;
    assert!(page.body.contains("Applies later") && page.body.contains("Applies now"), "{}", page.body);
    // The field of the date is in UTC, so a date in the zone of the reader names its zone.
    ops.cookies.insert("keystead_zone".to_owned(), "Asia/Tokyo".to_owned());
    for path in [HERE, MODEL] {
        let page = ops.get(path).await.body;
        assert!(page.contains("1\u{a0}January 2027, 09:00 (Asia/Tokyo)"), "{path}: {page}");
    }
    let id = page.field("id");
    let withdrawn = ops.post(MODEL, &[("csrf", &csrf), ("id", &id), ("do", "withdraw")]).await;
    assert_eq!(withdrawn.status, 303, "{}", withdrawn.body);
    let again = ops.post(MODEL, &[("csrf", &csrf), ("id", &id), ("do", "withdraw")]).await;
    assert!(again.status == 422 && again.body.contains("already been withdrawn"), "{}", again.body);
    assert_eq!(ops.get("/operator/prices/model?model=none").await.status, 404);
    let mut ann = world.owner("ann@example.com", "Acme").await;
    for path in [HERE, MODEL] {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_list_is_seen_before_it_is_set() {
    let world = world().await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let csrf = ops.csrf().await;
    let preview = "/operator/prices/preview";
    let boundary = "----keystead";
    let part = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!("{}{}{}--{boundary}--\r\n", part("csrf", &csrf), part("list", LIST), part("from", ""));
    let request = ops.request("POST", preview).header("sec-fetch-site", "same-origin");
    let request = request.header("content-type", format!("multipart/form-data; boundary={boundary}"));
    let sent = ops.send_once(request.body(Body::from(body)).unwrap()).await;
    assert!(sent.status == 303 && sent.location().starts_with(HERE), "{} {}", sent.status, sent.location());
    let location = sent.location().to_owned();
    let page = ops.get(&location).await;
    assert!(page.body.contains("3.50") && page.body.contains("not served here"), "{}", page.body);
    assert!(ops.get(HERE).await.body.contains("One model has no price"), "a preview changes nothing");

    let list = page.field("list");
    let list = list.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#10;", "\n");
    let fields = [("csrf", csrf.as_str()), ("list", list.as_str()), ("from", "")];
    let reasonless = ops.post("/operator/prices/import", &fields).await;
    assert_eq!(reasonless.status, 422, "{}", reasonless.body);
    assert!(reasonless.body.contains("<a href=\"#reason\">"), "{}", reasonless.body);
    assert!(reasonless.body.contains("id=\"reason-wrong\""), "{}", reasonless.body);
    let fields = [&fields[..], &[("reason", "list of January")]].concat();
    assert_eq!(ops.post("/operator/prices/import", &fields).await.status, 303);
    assert!(ops.get(HERE).await.body.contains("Every model has a price"));

    for (list, said) in [
        ("no list", "cannot be read as a price list"),
        ("currency = \"EUR\"", "in another currency"),
        ("[[price]]\nmodel = \"vendor/big\"\nvideo = 1\n", "something that cannot be charged"),
        ("[[price]]\nmodel = \"vendor/big\"\ninput = -1\n", "A price in the list is not valid"),
        ("[[price]]\nmodel = \"gone\"\ninput = 1\n", "no price of a model that is served"),
    ] {
        let refused = ops.post(preview, &[("csrf", &csrf), ("list", list)]).await;
        assert!(refused.status == 422 && refused.body.contains(said), "{list}: {}", refused.body);
        assert_eq!(refused.body.matches(said).count(), 2, "{list}: said above the page and at the field");
        assert!(refused.body.contains("<a href=\"#file\">"), "{list}: the summary leads to the field");
    }
}
