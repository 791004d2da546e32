//! Prices over the API: set, listed, withdrawn, previewed and imported by operators, and nothing by halves.

use http::Method;
use keystead_core::rate::RateLimits;
use serde_json::{Value, json};

use crate::operator::{HERE, operator};
use crate::rates::serve;
use crate::world::{Answer, START, World, admin};

async fn world() -> (World, String) {
    let world = World::new().await;
    serve(&world, &[("a/b", RateLimits::NONE), ("gpt-4o", RateLimits::NONE)]).await;
    let key = admin(&operator(&world, "ops").await).to_owned();
    (world, key)
}

fn refused(answer: &Answer, param: &str) {
    let seen = (answer.status, answer.body["error"]["param"].as_str());
    assert_eq!(seen, (400, Some(param)), "{}", answer.body);
}

async fn free(world: &World, key: &str) -> Vec<(Value, Value)> {
    let listed = world.get(&format!("{HERE}/prices"), key).await;
    assert_eq!((listed.status, &listed.body["object"]), (200, &json!("list")), "{}", listed.body);
    let models = listed.body["data"].as_array().unwrap();
    models.iter().map(|one| (one["model"].clone(), one["free"].clone())).collect()
}

#[tokio::test]
async fn prices_are_set_listed_and_withdrawn() {
    let (world, key) = world().await;
    let place = format!("{HERE}/prices");
    assert_eq!(free(&world, &key).await, [(json!("a/b"), json!(true)), (json!("gpt-4o"), json!(true))]);
    let body = json!({ "model": "a/b", "input": 2.5, "output": "10.000001", "reason": "new" });
    let made = world.post(&place, &key, body).await;
    let expected = json!({
        "id": made.body["id"], "object": "keystead.price", "model": "a/b", "currency": "USD",
        "price": { "input": 2.5, "cached_input": 2.5, "cache_write": 2.5, "audio_input": 2.5, "image_input": 2.5, "output": 10.000_001,
            "reasoning": 10.000_001, "audio_output": 10.000_001, "image_output": 10.000_001, "image": 0.0, "character": 0.0, "second": 0.0,
            "request": 0.0, "tool_call": 0.0, "images": {} },
        "holds_from": START, "made_at": START, "made_by": "ops@example.com", "reason": "new",
        "withdrawn_at": null, "withdrawn_by": null,
    });
    assert_eq!((made.status, &made.body), (200, &expected));
    assert_eq!(free(&world, &key).await, [(json!("gpt-4o"), json!(true)), (json!("a/b"), json!(false))]);

    let later = json!({ "model": "a/b", "request": 5, "holds_from": START + 60, "reason": "later" });
    let later = world.post(&place, &key, later).await;
    let history = world.get(&format!("{place}/history?model=a%2Fb"), &key).await;
    assert_eq!((history.status, history.body["history"].as_array().unwrap().len()), (200, 2), "{}", history.body);
    assert_eq!((&history.body["source"], &history.body["price_id"]), (&json!("operator"), &made.body["id"]));
    assert_eq!(history.body["next"][0]["id"], later.body["id"]);
    assert_eq!(history.body["configured"]["input"], 0.0);

    let path = format!("{place}/{}", later.text("id"));
    let withdrawn = world.call(Method::DELETE, &path, &key, "").await;
    assert_eq!((withdrawn.status, &withdrawn.body["withdrawn_at"]), (200, &json!(START)), "{}", withdrawn.body);
    assert_eq!(world.call(Method::DELETE, &path, &key, "").await.status, 409);
    let holds = format!("{place}/{}", made.text("id"));
    assert_eq!(world.call(Method::DELETE, &holds, &key, "").await.status, 409, "it holds");
    assert_eq!(world.call(Method::DELETE, &format!("{place}/price_none"), &key, "").await.status, 404);
    refused(&world.get(&format!("{place}/history"), &key).await, "model");
    assert_eq!(world.get(&format!("{place}/history?model=none"), &key).await.status, 404);
}

#[tokio::test]
async fn images_have_prices_by_quality_and_size() {
    let (world, key) = world().await;
    let place = format!("{HERE}/prices");
    let images = json!({ "hd/1024x1792": "120000", "1024x1024": 40_000, "hd": 0.5 });
    let made = world.post(&place, &key, json!({ "model": "a/b", "images": images, "reason": "new" })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let expected = json!({ "hd/1024x1792": 120_000.0, "1024x1024": 40_000.0, "hd": 0.5 });
    assert_eq!((&made.body["price"]["images"], &made.body["price"]["image"]), (&expected, &json!(0.0)));
    assert_eq!(free(&world, &key).await, [(json!("gpt-4o"), json!(true)), (json!("a/b"), json!(false))]);
    let many: serde_json::Map<String, Value> = (1..=33).map(|size| (format!("{size}x1"), json!(1))).collect();
    for wrong in [
        json!({ "HD": 1 }),
        json!({ "auto": 1 }),
        json!({ "1024x1024/hd": 1 }),
        json!({ "hd": -1 }),
        json!({ "hd": "0.0000001" }),
        json!({ "hd": 1_000_000_001 }),
        json!([1]),
        json!("hd"),
        Value::Object(many),
    ] {
        let body = json!({ "model": "a/b", "image": 1, "images": wrong, "reason": "new" });
        refused(&world.post(&place, &key, body).await, "images");
    }
    let list = "[[price]]\nmodel = \"gpt-4o\"\nimage = 1\n[price.images]\n\"hd/1024x1792\" = 2\n";
    let seen = world.post(&format!("{place}/preview"), &key, json!({ "list": list })).await;
    assert_eq!(seen.body["changes"][0]["after"]["images"], json!({ "hd/1024x1792": 2.0 }), "{}", seen.body);
}

#[tokio::test]
async fn a_wrong_price_names_its_field_and_changes_nothing() {
    let (world, key) = world().await;
    let place = format!("{HERE}/prices");
    let good = json!({ "model": "gpt-4o", "input": 1, "reason": "new" });
    for (name, value) in [
        ("input", json!(-1)),
        ("input", json!("-0.5")),
        ("input", json!(0.000_000_1)),
        ("input", json!(1e300)),
        ("input", json!("2.50 EUR")),
        ("input", json!("€2.50")),
        ("input", json!("1e5")),
        ("tool_call", json!(true)),
        ("tool_call", json!(1_000_000_001)),
        ("holds_from", json!(START - 1)),
        ("holds_from", json!(START * 1_000)),
        ("holds_from", json!("tomorrow")),
        ("reason", json!("")),
        ("model", json!(7)),
        ("input", json!(null)),
    ] {
        let mut body = good.clone();
        body[name] = value.clone();
        let answer = world.post(&place, &key, body).await;
        refused(&answer, name);
        assert!(answer.body["error"]["message"].as_str().unwrap().contains(name), "{name} {value}: {}", answer.body);
    }
    for kind in ["image_1024x1024", "video", "currency"] {
        let mut body = good.clone();
        body[kind] = json!(1);
        refused(&world.post(&place, &key, body).await, kind);
    }
    let mut unknown = good.clone();
    unknown["model"] = json!("gpt-9");
    assert_eq!(world.post(&place, &key, unknown).await.status, 404);
    assert!(free(&world, &key).await.iter().all(|(_, free)| *free == json!(true)));
}

#[tokio::test]
async fn a_list_is_previewed_and_imported() {
    let (world, key) = world().await;
    let (preview, import) = (format!("{HERE}/prices/preview"), format!("{HERE}/prices/import"));
    let list = "[[price]]\nmodel = \"gpt-4o\"\ninput = 2.5\n[[price]]\nmodel = \"gpt-9\"\ninput = 1\n";
    let seen = world.post(&preview, &key, json!({ "list": list })).await;
    assert_eq!((seen.status, &seen.body["object"]), (200, &json!("keystead.price_preview")), "{}", seen.body);
    let change = &seen.body["changes"][0];
    assert_eq!((&change["model"], &change["after"]["cached_input"]), (&json!("gpt-4o"), &json!(2.5)));
    assert_eq!((&seen.body["not_served"], &seen.body["still_free"]), (&json!(1), &json!(["a/b"])));
    assert_eq!(seen.body["last_month"]["charged"], 0.0);
    assert!(free(&world, &key).await.iter().all(|(_, free)| *free == json!(true)), "nothing is changed");

    refused(&world.post(&import, &key, json!({ "list": list })).await, "reason");
    for wrong in ["no list", "[[price]]\nmodel = \"gpt-4o\"\nvideo = 1\n", "currency = \"EUR\"", "{}"] {
        let body = json!({ "list": wrong, "reason": "new" });
        refused(&world.post(&preview, &key, json!({ "list": wrong })).await, "list");
        refused(&world.post(&import, &key, body).await, "list");
    }
    let done = world.post(&import, &key, json!({ "list": list, "reason": "new" })).await;
    assert_eq!((done.status, &done.body["object"]), (200, &json!("keystead.price_import")), "{}", done.body);
    assert_eq!(free(&world, &key).await[1], (json!("gpt-4o"), json!(false)));
    let again = world.post(&import, &key, json!({ "list": list, "reason": "new" })).await;
    assert_eq!((&again.body["changes"], &again.body["unchanged"]), (&json!([]), &json!(1)), "{}", again.body);
}
