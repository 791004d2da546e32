//! Credit over the API: operators grant and correct, owners read and set automatic recharge, and nothing by halves.

use std::collections::BTreeSet;

use http::Method;
use keystead_app::Actor;
use keystead_app::credit::Grant;
use keystead_core::budget::Window;
use keystead_core::id::OrganizationId;
use keystead_core::money::Micros;
use keystead_core::purchase::recharge::Pause;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::recharge_pauses;
use serde_json::json;

use crate::operator::{HERE, operator};
use crate::world::{Answer, START, World, admin};

/// Grants five cents; returns the id of the transaction.
pub(crate) async fn grant(world: &World, organization: &OrganizationId) -> String {
    let micros = Micros(50_000);
    let wanted = Grant { micros, expires_at: None, priority: None, reason: "trial", idempotency_key: None };
    let posted = world.app.grant_credit(&Actor::operator("ops"), organization, &wanted).await.unwrap();
    posted.transaction.id.to_string()
}

fn refused(answer: &Answer, param: &str) {
    let seen = (answer.status, answer.body["error"]["param"].as_str());
    assert_eq!(seen, (400, Some(param)), "{}", answer.body);
}

#[tokio::test]
async fn credit_is_granted_corrected_and_listed() {
    let world = World::new().await;
    let made = operator(&world, "ops").await;
    let (key, organization) = (admin(&made), made.organization_id.as_str());
    let place = format!("{HERE}/credit/{organization}");
    let expected = json!({
        "object": "keystead.credit", "organization_id": organization, "mode": "none", "chosen_mode": null,
        "currency": "USD", "balance_in_cents": 0, "unposted_in_cents": 0, "lots": [], "suspended": null, "recharge": null,
        "low_mark": null,
    });
    assert_eq!(world.get("/v1/keystead/credit", key).await.body, expected);
    let chosen = world.post(&format!("{place}/mode"), key, json!({ "mode": "prepaid", "reason": "a contract" })).await;
    assert_eq!((chosen.status, &chosen.body["mode"]), (200, &json!("prepaid")), "{}", chosen.body);
    assert_eq!(chosen.body["chosen_mode"], "prepaid");
    let body = json!({
        "amount_in_cents": 500, "currency": "USD", "expires_at": START + 60, "priority": 3, "reason": "trial",
        "idempotency_key": "case-1",
    });
    let first = world.post(&format!("{place}/grants"), key, body.clone()).await;
    assert_eq!((first.status, &first.body["repeated"]), (200, &json!(false)), "{}", first.body);
    let lot = first.body["lot"].clone();
    let expected = json!({
        "id": first.body["id"], "object": "keystead.ledger_transaction", "kind": "grant", "created_at": START,
        "currency": "USD", "change_in_cents": 500, "payment": null, "lot": lot, "month": null,
        "made_by": "ops@example.com", "reason": "trial", "balance_in_cents": 500, "repeated": false,
        "entries": [
            { "account": format!("credit:{}", lot.as_str().unwrap()), "micros": 5_000_000 },
            { "account": "granted", "micros": -5_000_000 },
        ],
    });
    assert_eq!(first.body, expected);
    let again = world.post(&format!("{place}/grants"), key, body).await;
    assert_eq!((&again.body["id"], &again.body["repeated"]), (&first.body["id"], &json!(true)));
    let adjusted = json!({ "amount_in_cents": -700, "reason": "a mistake" });
    let adjusted = world.post(&format!("{place}/adjustments"), key, adjusted).await;
    assert_eq!((adjusted.status, &adjusted.body["balance_in_cents"]), (200, &json!(-200)), "{}", adjusted.body);

    let listed = world.get("/v1/keystead/ledger?order=asc", key).await;
    assert_eq!((listed.status, listed.body["data"].as_array().unwrap().len()), (200, 2), "{}", listed.body);
    let all = world.get(&format!("{HERE}/credit"), key).await;
    assert_eq!(all.body["data"][0]["balance_in_cents"], -200, "{}", all.body);
    assert_eq!((&all.body["last_id"], &all.body["has_more"]), (&json!(organization), &json!(false)));
    // One that neither pays nor has credit is not in it.
    let quiet = world.bootstrap("quiet", true).await;
    assert_eq!(world.get(&format!("{HERE}/credit"), key).await.body, all.body);
    grant(&world, &quiet.organization_id).await;
    let first = world.get(&format!("{HERE}/credit?limit=1&order=asc"), key).await.body;
    let last = first["last_id"].as_str().unwrap();
    let second = world.get(&format!("{HERE}/credit?limit=1&order=asc&after={last}"), key).await.body;
    let seen: BTreeSet<_> = [&first, &second].map(|page| page["data"][0]["id"].as_str().unwrap()).into();
    assert_eq!(seen, BTreeSet::from([organization, quiet.organization_id.as_str()]));
    assert_eq!((&first["has_more"], &second["has_more"]), (&json!(true), &json!(false)));
    let one = world.get(&place, key).await;
    assert_eq!((&one.body["organization_name"], &one.body["lots"]), (&json!("ops"), &json!([])), "{}", one.body);

    let suspended = world.post(&format!("{place}/suspend"), key, json!({ "reason": "unpaid" })).await;
    let expected = json!({ "since": START, "for": "operator", "reason": "unpaid" });
    assert_eq!((suspended.status, &suspended.body["suspended"]), (200, &expected));
    let resumed = world.post(&format!("{place}/resume"), key, json!({ "reason": "paid" })).await;
    assert_eq!((resumed.status, &resumed.body["suspended"]), (200, &json!(null)));
}

#[tokio::test]
async fn a_wrong_amount_names_its_field_and_changes_nothing() {
    let world = World::new().await;
    let made = operator(&world, "ops").await;
    let (key, place) = (admin(&made), format!("{HERE}/credit/{}", made.organization_id));
    let grants = format!("{place}/grants");
    let good = json!({ "amount_in_cents": 5, "reason": "trial" });
    for (name, value) in [
        ("amount_in_cents", json!(0)),
        ("amount_in_cents", json!(-5)),
        ("amount_in_cents", json!(1.5)),
        ("amount_in_cents", json!("5")),
        ("amount_in_cents", json!(1_000_000_000_001_i64)),
        ("amount_in_cents", json!(i64::MAX)),
        ("amount_in_cents", json!(null)),
        ("currency", json!("EUR")),
        ("expires_at", json!(START)),
        ("expires_at", json!(START * 1_000)),
        ("priority", json!(101)),
        ("priority", json!(-1)),
        ("reason", json!(" ")),
        ("idempotency_key", json!("a b")),
        ("idempotency_key", json!("a".repeat(256))),
    ] {
        let mut body = good.clone();
        body[name] = value;
        refused(&world.post(&grants, key, body).await, name);
    }
    let zero = json!({ "amount_in_cents": 0, "reason": "nothing" });
    refused(&world.post(&format!("{place}/adjustments"), key, zero).await, "amount_in_cents");
    refused(&world.post(&format!("{place}/mode"), key, json!({ "mode": "free", "reason": "x" })).await, "mode");
    let unknown = format!("{HERE}/credit/org-unknown/grants");
    assert_eq!(world.post(&unknown, key, good.clone()).await.status, 404);
    let named = json!({ "amount_in_cents": 5, "reason": "trial", "idempotency_key": "k" });
    assert_eq!(world.post(&grants, key, named.clone()).await.status, 200);
    let other = json!({ "amount_in_cents": 6, "reason": "trial", "idempotency_key": "k" });
    assert_eq!(world.post(&grants, key, other).await.status, 409);
    // Owners grant themselves nothing.
    let owner = world.bootstrap("ben", true).await;
    let own = format!("{HERE}/credit/{}/grants", owner.organization_id);
    assert_eq!(world.post(&own, admin(&owner), named).await.status, 403);
    assert_eq!(world.get("/v1/keystead/credit", admin(&owner)).await.body["balance_in_cents"], 0);
    assert_eq!(world.call(Method::GET, "/v1/keystead/credit", key, "").await.body["balance_in_cents"], 5);
}

// Figures of money need one permission: the balance and the transactions that it is the sum of.
#[tokio::test]
async fn balance_and_ledger_need_the_same_permission() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    grant(&world, &owner.organization_id).await;
    for (scope, status) in [("api.usage.read", 200), ("api.management.read", 403)] {
        let asked = json!({ "name": "narrow", "scopes": [scope] });
        let key = world.must_post("/v1/organization/admin_api_keys", admin(&owner), asked).await;
        for path in ["/v1/keystead/credit", "/v1/keystead/ledger"] {
            let answer = world.get(path, key["value"].as_str().unwrap()).await;
            assert_eq!(answer.status, status, "{scope} {path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn owners_set_automatic_recharge() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, place) = (admin(&owner), "/v1/keystead/credit/recharge");
    let good = json!({
        "enabled": true, "below_in_cents": 1_000, "amount_in_cents": 5_000, "monthly_ceiling_in_cents": 20_000,
    });
    let set = world.post(place, key, good.clone()).await;
    let expected = json!({
        "below_in_cents": 1_000, "amount_in_cents": 5_000, "monthly_ceiling_in_cents": 20_000, "paused": null,
    });
    assert_eq!((set.status, &set.body["recharge"]), (200, &expected), "{}", set.body);
    for (name, value) in [
        ("enabled", json!(null)),
        ("below_in_cents", json!(0)),
        ("amount_in_cents", json!(-1)),
        ("monthly_ceiling_in_cents", json!(4_999)),
        ("currency", json!("EUR")),
    ] {
        let mut body = good.clone();
        body[name] = value;
        refused(&world.post(place, key, body).await, name);
    }
    // Of what could never be bought, the error names the bound.
    for (cents, code) in [(499, "purchase_too_small"), (100_001, "purchase_too_large")] {
        let mut body = good.clone();
        body["amount_in_cents"] = json!(cents);
        body["monthly_ceiling_in_cents"] = json!(1_000_000);
        let answer = world.post(place, key, body).await;
        refused(&answer, "amount_in_cents");
        assert_eq!(answer.body["error"]["code"], code);
    }
    assert_eq!(world.get("/v1/keystead/credit", key).await.body["recharge"], expected);
    // The ceiling of the month leaves no room until the next one begins.
    let pause = async |why: Pause| {
        let organization = owner.organization_id.clone();
        let change = async move |tx: &mut Tx| {
            recharge_pauses::delete(tx, &organization).await.unwrap();
            recharge_pauses::insert(tx, &organization, why, Timestamp(START)).await
        };
        let paused: Result<bool, keystead_store::Error> = world.store.write("pause", change).await;
        assert!(paused.unwrap());
        world.get("/v1/keystead/credit", key).await.body["recharge"]["paused"].clone()
    };
    let until = Window::month(Timestamp(START)).end;
    assert_eq!(pause(Pause::Ceiling).await, json!({ "reason": "ceiling", "since": START, "until": until }));
    assert_eq!(pause(Pause::NoCard).await, json!({ "reason": "no_card", "since": START, "until": null }));
    let off = world.post(place, key, json!({ "enabled": false })).await;
    assert_eq!((off.status, &off.body["recharge"]), (200, &json!(null)));
}

#[tokio::test]
async fn owners_set_the_mark_for_a_low_balance() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, place) = (admin(&owner), "/v1/keystead/credit/low_mark");
    let good = json!({ "enabled": true, "below_in_cents": 1_000, "currency": "USD" });
    let set = world.post(place, key, good.clone()).await;
    let expected = json!({ "below_in_cents": 1_000 });
    assert_eq!((set.status, &set.body["low_mark"]), (200, &expected), "{}", set.body);
    for (name, value) in [
        ("enabled", json!(null)),
        ("below_in_cents", json!(null)),
        ("below_in_cents", json!(0)),
        ("below_in_cents", json!(1.5)),
        ("below_in_cents", json!(1_000_000_000_001_i64)),
        ("currency", json!("EUR")),
    ] {
        let mut body = good.clone();
        body[name] = value;
        refused(&world.post(place, key, body).await, name);
    }
    assert_eq!(world.get("/v1/keystead/credit", key).await.body["low_mark"], expected);
    let off = world.post(place, key, json!({ "enabled": false })).await;
    assert_eq!((off.status, &off.body["low_mark"]), (200, &json!(null)), "{}", off.body);
}
