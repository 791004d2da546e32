//! Purchases of credit through the whole product and the sandbox's Stripe, with its signed deliveries.

use serde_json::{Value, json};

use crate::product::Product;

const SETTINGS: [(&str, &str); 2] =
    [("KEYSTEAD_CREDIT__MODE", "prepaid"), ("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com")];
const PURCHASES: &str = "/v1/keystead/credit/purchases";

struct Shop {
    product: Product,
    organization: String,
    admin: String,
}

impl Shop {
    fn start() -> Self {
        let product = Product::start(&SETTINGS);
        let made = product.bootstrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { organization: text("organization_id"), admin: text("admin_key"), product }
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.product.call("POST", path, &self.admin, Some(body));
        (answer.status, answer.json())
    }

    fn get(&self, path: &str) -> Value {
        self.product.call("GET", path, &self.admin, None).json()
    }

    /// Puts a card on file of which charges end like this.
    fn card(&self, outcome: &str) {
        let (status, setup) = self.post("/v1/keystead/payment_methods", &json!({}));
        assert_eq!(status, 200, "{setup}");
        let url = format!("{}/simulate", setup["url"].as_str().unwrap());
        assert_eq!(self.product.sandbox("POST", &url, Some(&json!({ "outcome": outcome }))).status, 200);
        let id = setup["id"].as_str().unwrap().to_owned();
        let on_file = || self.get(&format!("/v1/keystead/payment_methods/{id}"))["status"] == "succeeded";
        self.product.until("the card is on file", on_file);
    }

    fn buy(&self, cents: i64) -> Value {
        let (status, bought) = self.post(PURCHASES, &json!({ "amount_in_cents": cents }));
        assert_eq!(status, 200, "{bought}");
        bought
    }

    fn balance(&self) -> i64 {
        self.get("/v1/keystead/credit")["balance_in_cents"].as_i64().unwrap()
    }

    fn of(&self, bought: &Value) -> Value {
        self.get(&format!("{PURCHASES}/{}", bought["id"].as_str().unwrap()))
    }
}

// S3-12: bought with the card on file, paid back by the operator, and declined.
#[test]
fn credit_is_bought_declined_and_paid_back() {
    let shop = Shop::start();
    let (status, refused) = shop.post(PURCHASES, &json!({ "amount_in_cents": 2_000 }));
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("payment_method_missing")), "{refused}");
    shop.card("succeed");
    let bought = shop.buy(2_000);
    assert_eq!((&bought["status"], shop.balance()), (&json!("paid"), 2_000), "{bought}");
    assert!(bought["receipt_url"].as_str().unwrap().contains("/stripe/receipts/"), "{bought}");

    let id = bought["id"].as_str().unwrap();
    let place = ["--reason", "a test", "--organization", &shop.organization, "--json"];
    shop.product.run(&[&["admin", "credit", "refund", id, "--cents", "500"][..], &place].concat());
    assert_eq!((shop.balance(), &shop.of(&bought)["refunded_in_cents"]), (1_500, &json!(500)));

    shop.card("charge_insufficient");
    let failed = shop.buy(2_000);
    let seen = (&failed["status"], &failed["reason"]);
    assert_eq!(seen, (&json!("failed"), &json!("insufficient_funds")), "{failed}");
    assert_eq!(shop.balance(), 1_500);
}

// A dispute arrives by a signed delivery alone: it takes the credit and suspends billing.
#[test]
fn a_dispute_is_delivered() {
    let shop = Shop::start();
    shop.card("charge_disputed");
    let bought = shop.buy(2_000);
    assert_eq!(bought["status"], "paid", "{bought}");
    shop.product.until("the dispute has arrived", || shop.balance() == 0);
    assert_eq!(shop.of(&bought)["disputed_in_cents"], 2_000);
    let credit = shop.get("/v1/keystead/credit");
    assert_eq!(credit["suspended"]["for"], "chargeback", "{credit}");
    let (status, refused) = shop.post(PURCHASES, &json!({ "amount_in_cents": 500 }));
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("billing_suspended")), "{refused}");
}

// Deliveries come twice and in another order; the page is paid once.
#[test]
fn a_page_is_paid_once() {
    let shop = Shop::start();
    let faults = json!({ "duplicate": 2, "reorder": true });
    assert_eq!(shop.product.sandbox("POST", "/sandbox/webhooks", Some(&faults)).status, 204);
    let (status, open) = shop.post(PURCHASES, &json!({ "amount_in_cents": 2_000, "checkout": true }));
    assert_eq!((status, &open["status"]), (200, &json!("created")), "{open}");
    let pay = || shop.product.sandbox("POST", open["url"].as_str().unwrap(), Some(&json!({ "choice": "pay" })));
    pay();
    pay();
    shop.product.until("the page is paid", || shop.of(&open)["status"] == "paid");
    assert_eq!(shop.balance(), 2_000);
    let ledger = shop.get("/v1/keystead/ledger");
    assert_eq!(ledger["data"].as_array().unwrap().len(), 1, "{ledger}");
}
