//! Purchases over the API: what may not be bought changes nothing, and what was bought is listed.

use http::Method;
use keystead_core::id::{OrganizationId, PurchaseId};
use keystead_core::purchase::{PurchaseState, PurchaseWay};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::credit_purchases::{self, Purchase};
use serde_json::json;

use crate::operator::{HERE, operator};
use crate::world::{START, World, admin};

/// Adds a paid purchase; returns its id.
pub(crate) async fn add(world: &World, organization: &OrganizationId, number: usize) -> String {
    let id: PurchaseId = format!("pur_{number:024}").parse().unwrap();
    let row = Purchase {
        id: id.clone(),
        organization: organization.clone(),
        user: None,
        way: PurchaseWay::Card,
        provider: "stripe".to_owned(),
        cents: 2_000,
        state: PurchaseState::Paid,
        reason: None,
        method: None,
        customer: None,
        session: None,
        payment: Some(format!("pi_{number}")),
        charge: Some(format!("ch_{number}")),
        receipt_url: Some("https://pay.example/receipts/1".to_owned()),
        url: None,
        request_key: None,
        created_at: Timestamp(START),
        expires_at: Timestamp(START + 3_600),
        checked_at: None,
        paid_at: Some(Timestamp(START)),
        finished_at: Some(Timestamp(START)),
        version: 1,
    };
    let insert = async move |tx: &mut Tx| credit_purchases::insert(tx, &row).await;
    let inserted: Result<(), keystead_store::Error> = world.store.write("add_purchase", insert).await;
    inserted.unwrap();
    id.to_string()
}

#[tokio::test]
async fn purchases_are_listed_and_only_operators_pay_back() {
    let world = World::new().await;
    let made = operator(&world, "ops").await;
    let key = admin(&made);
    let id = add(&world, &made.organization_id, 1).await;
    let expected = json!({
        "id": id, "object": "keystead.purchase", "amount_in_cents": 2_000, "currency": "USD", "way": "card",
        "status": "paid", "reason": null, "url": null, "receipt_url": "https://pay.example/receipts/1",
        "refunded_in_cents": 0, "disputed_in_cents": 0, "created_at": START, "expires_at": START + 3_600,
        "paid_at": START,
    });
    let one = format!("/v1/keystead/credit/purchases/{id}");
    assert_eq!(world.get(&one, key).await.body, expected);
    assert_eq!(world.get("/v1/keystead/credit/purchases", key).await.body["data"], json!([expected]));
    let of_operator = format!("{HERE}/credit/{}/purchases", made.organization_id);
    assert_eq!(world.get(&of_operator, key).await.body["data"], json!([expected]));
    assert_eq!(world.call(Method::POST, &format!("{one}/refresh"), key, "{}").await.body, expected);

    // Without a payment service nothing is bought or paid back, and bad values are named first.
    for body in [json!({}), json!({ "amount_in_cents": 5.5 }), json!({ "amount_in_cents": 500, "currency": "EUR" })] {
        let refused = world.post("/v1/keystead/credit/purchases", key, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.body);
    }
    let bought = world.post("/v1/keystead/credit/purchases", key, json!({ "amount_in_cents": 500 })).await;
    assert_ne!(bought.status, 200, "{}", bought.body);
    let refund = world.post(&format!("{of_operator}/{id}/refunds"), key, json!({ "reason": "asked" })).await;
    assert_ne!(refund.status, 200, "{}", refund.body);
    assert_eq!(world.get(&one, key).await.body["refunded_in_cents"], 0);
}
