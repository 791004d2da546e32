//! From nothing to a verified organization, over real HTTP against the sandbox; refused at each missing step.

use std::cell::RefCell;

use serde_json::{Value, json};

use crate::product::Product;

pub(crate) const PHONE: &str = "+48 512 345 678";
const CANARY: &str = "48512345678";

pub(crate) struct Owner<'p> {
    product: &'p Product,
    admin: String,
    project: String,
    /// The address where the last card was entered.
    card_page: RefCell<String>,
}

impl<'p> Owner<'p> {
    pub(crate) fn new(product: &'p Product, email: &str) -> Self {
        let arguments = ["admin", "bootstrap", "--email", email, "--organization", "Acme", "--no-waiver", "--json"];
        let made = product.run(&arguments);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { product, admin: text("admin_key"), project: text("project_id"), card_page: RefCell::default() }
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.product.call("POST", path, &self.admin, Some(&body));
        (answer.status, answer.json())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.product.call("GET", path, &self.admin, None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(crate) fn status(&self, of: &str) -> String {
        self.get("/v1/keystead/verification")[of]["status"].as_str().unwrap().to_owned()
    }

    fn new_key(&self) -> (u16, Value) {
        self.post("/v1/api-keys", json!({ "name": "New", "project_id": self.project }))
    }

    fn code(&self, to: &str) -> String {
        let inbox = self.product.sandbox("GET", &format!("/messages?channel=sms&to=%2B{to}"), None).json();
        inbox["data"][0]["code"].as_str().unwrap().to_owned()
    }

    fn add_card(&self) {
        let (status, setup) = self.post("/v1/keystead/payment_methods", json!({}));
        assert_eq!((status, &setup["status"]), (200, &json!("pending")), "{setup}");
        let url = format!("{}/simulate", setup["url"].as_str().unwrap());
        let paid = self.product.sandbox("POST", &url, Some(&json!({ "outcome": "succeed" })));
        assert_eq!(paid.status, 200, "{paid:?}");
        *self.card_page.borrow_mut() = url;
        self.product.until("the card is on file", || self.status("payment_method") == "verified");
    }

    fn prove_phone(&self) {
        let (status, sent) = self.post("/v1/keystead/phone_verifications", json!({ "phone_number": PHONE }));
        assert_eq!((status, &sent["status"]), (200, &json!("code_sent")), "{sent}");
        let path = format!("/v1/keystead/phone_verifications/{}/check", sent["id"].as_str().unwrap());
        let (status, checked) = self.post(&path, json!({ "code": self.code(CANARY) }));
        assert_eq!((status, &checked["status"]), (200, &json!("verified")), "{checked}");
    }

    fn verify(&self, outcome: Value) -> Value {
        let (status, begun) = self.post("/v1/keystead/organization_verifications", json!({ "consent": true }));
        assert_eq!(status, 200, "{begun}");
        let url = format!("{}/simulate", begun["url"].as_str().unwrap());
        let decided = self.product.sandbox("POST", &url, Some(&outcome));
        assert_eq!(decided.status, 200, "{decided:?} {url}");
        begun
    }

    fn image(&self, key: &str) -> (u16, Value) {
        let body = json!({ "model": "gpt-image-1", "prompt": "a lighthouse" });
        let answer = self.product.call("POST", "/v1/images/generations", key, Some(&body));
        (answer.status, answer.json())
    }
}

pub(crate) fn code_of(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

// S0-01, S0-03, S0-29, S0-30, S1-01, S1-05, S1-09, S1-14, S1-16, S1-26, S1-40, S3-15, S3-16, S3-17, S3-38
#[test]
fn from_nothing_to_a_verified_organization() {
    let product = Product::start(&[]);
    let owner = Owner::new(&product, "ann@example.com");
    let (status, refused) = owner.new_key();
    assert_eq!((status, code_of(&refused)), (403, "phone_verification_required"), "{refused}");

    let (status, early) = owner.post("/v1/keystead/organization_verifications", json!({ "consent": true }));
    assert_eq!((status, code_of(&early)), (403, "payment_method_required"), "{early}");
    let (status, bare) = owner.post("/v1/keystead/organization_verifications", json!({}));
    assert_eq!((status, code_of(&bare)), (400, "consent_required"), "S0-22: {bare}");

    owner.add_card();
    owner.prove_phone();
    assert_eq!(owner.status("phone"), "verified");
    let (status, key) = owner.new_key();
    assert_eq!(status, 200, "{key}");
    let key = key["value"].as_str().unwrap().to_owned();
    assert_eq!(owner.new_key().0, 200, "S1-09: the next one needs no second proof");

    let chat = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
    assert_eq!(product.call("POST", "/v1/chat/completions", &key, Some(&chat)).status, 200);
    let (status, gated) = owner.image(&key);
    assert_eq!((status, code_of(&gated)), (403, "organization_verification_required"), "{gated}");

    // S3-14: the owner finds the refused call with what is missing.
    product.until("the refused call is written down", || {
        let calls = owner.get("/v1/keystead/refusals");
        calls["data"][0]["action"] == "model.use:gpt-image-1" && calls["data"][0]["missing"][0] == "organization"
    });

    owner.verify(json!({ "outcome": "approve" }));
    product.until("the organization is verified", || owner.status("organization") == "verified");
    let (status, image) = owner.image(&key);
    assert_eq!(status, 200, "the key that was there gains access: {image}");

    let log = product.log();
    for secret in [CANARY, "512 345 678", "512345678"] {
        let line = log.lines().find(|line| line.contains(secret)).unwrap_or_default();
        assert!(line.is_empty(), "a number is in the log: {line}");
    }
}

// Disputes and fraud warnings arrive signed, are read from the service, and ask the operator to check; nothing closes.
#[test]
fn a_disputed_card_needs_attention() {
    let product = Product::start(&[]);
    let owner = Owner::new(&product, "dan@example.com");
    owner.add_card();
    let page = owner.card_page.borrow().clone();
    let tell = |outcome: &str| {
        let told = product.sandbox("POST", &page, Some(&json!({ "outcome": outcome })));
        assert_eq!(told.status, 200, "{told:?}");
    };
    let methods = || owner.get("/v1/keystead/payment_methods");
    let disputes = || {
        let log = product.call("GET", "/v1/organization/audit_logs?limit=100", &owner.admin, None).json();
        log["data"].as_array().unwrap().iter().filter(|row| row["keystead_type"] == "payment.disputed").count()
    };
    // The event says "created"; the bank has settled it already when it is read. The effect shows that it was read.
    tell("settled_dispute");
    tell("renew");
    product.until("the renewed card", || methods()["data"][0]["expires_year"] == 2044);
    assert_eq!((&methods()["status"], disputes()), (&json!("active"), 0));
    tell("dispute");
    product.until("the operator must check", || methods()["status"] == "attention");
    tell("fraud_warning");
    product.until("the warning, too", || disputes() == 2);
    assert_eq!(owner.status("payment_method"), "verified", "nothing closes by itself");
    owner.add_card();
    product.until("another card is the answer", || methods()["status"] == "active");
    tell("delete_customer");
    product.until("the customer is gone", || methods()["status"] == "none");
    assert_eq!(methods()["data"], json!([]));
}

// S1-23, S1-32: a number that cannot get a code is refused before one is sent; wrong codes are limited.
#[test]
fn numbers_and_codes_that_do_not_pass() {
    let product = Product::start(&[]);
    let owner = Owner::new(&product, "bob@example.com");
    for (number, code) in [
        ("", "phone_number_invalid"),
        ("+48 12", "phone_number_invalid"),
        ("+1 415 992 9960", "phone_voip_not_supported"),
        ("+48 512 340 001", "phone_landline_not_supported"),
        ("+48 512 340 004", "phone_type_not_supported"),
        ("+1 800 356 9377", "phone_type_not_supported"),
    ] {
        let (status, refused) = owner.post("/v1/keystead/phone_verifications", json!({ "phone_number": number }));
        assert_eq!((status, code_of(&refused)), (400, code), "{number}: {refused}");
    }
    let (_, sent) = owner.post("/v1/keystead/phone_verifications", json!({ "phone_number": PHONE, "language": "pl" }));
    let id = sent["id"].as_str().unwrap();
    let right = owner.code(CANARY);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let check = format!("/v1/keystead/phone_verifications/{id}/check");
    let (status, early) = owner.post(&format!("/v1/keystead/phone_verifications/{id}/resend"), json!({}));
    assert_eq!((status, code_of(&early)), (429, "phone_resend_too_soon"), "{early}");
    for _ in 0..4 {
        let (status, answer) = owner.post(&check, json!({ "code": wrong }));
        assert_eq!((status, code_of(&answer)), (400, "phone_code_wrong"), "{answer}");
    }
    let (status, fifth) = owner.post(&check, json!({ "code": wrong }));
    assert_eq!((status, code_of(&fifth)), (429, "phone_locked"), "{fifth}");
    let (status, late) = owner.post(&check, json!({ "code": right }));
    assert_eq!((status, code_of(&late)), (429, "phone_locked"), "the right code comes too late: {late}");
    let (status, again) = owner.post("/v1/keystead/phone_verifications", json!({ "phone_number": PHONE }));
    assert_eq!((status, code_of(&again)), (429, "phone_locked"), "nor does a new number help: {again}");
}

// A vendor outage does not count against anybody.
#[test]
fn vendors_that_are_down() {
    let product = Product::start(&[]);
    let owner = Owner::new(&product, "eve@example.com");
    for vendor in ["twilio", "stripe", "persona"] {
        let set = product.sandbox("POST", &format!("/sandbox/{vendor}"), Some(&json!({ "down": true })));
        assert_eq!(set.status, 204, "{set:?}");
    }
    let (status, payment) = owner.post("/v1/keystead/payment_methods", json!({}));
    assert_eq!((status, code_of(&payment)), (503, "provider_unavailable"), "{payment}");
    let (status, phone) = owner.post("/v1/keystead/phone_verifications", json!({ "phone_number": PHONE }));
    assert_eq!((status, code_of(&phone)), (503, "provider_unavailable"), "{phone}");
    for vendor in ["twilio", "stripe"] {
        product.sandbox("POST", &format!("/sandbox/{vendor}"), Some(&json!({ "down": false })));
    }
    owner.add_card();
    owner.prove_phone();
    let (status, waits) = owner.post("/v1/keystead/organization_verifications", json!({ "consent": true }));
    assert_eq!((status, code_of(&waits)), (503, "provider_unavailable"), "{waits}");
    product.sandbox("POST", "/sandbox/persona", Some(&json!({ "down": false })));
    owner.verify(json!({ "outcome": "approve" }));
    product.until("the organization is verified", || owner.status("organization") == "verified");
}

// S0-02, S3-33: rejected with a reason, tried again, withdrawn with a receipt. Forged deliveries and redirects change
// nothing.
#[test]
fn rejected_retried_withdrawn_and_never_forged() {
    let product = Product::start(&[]);
    let owner = Owner::new(&product, "kim@example.com");
    owner.add_card();
    owner.verify(json!({ "outcome": "decline", "reason": "document_unreadable" }));
    product.until("it is rejected", || owner.status("organization") == "rejected");
    let methods = owner.get("/v1/keystead/organization_verifications");
    assert_eq!((&methods["attempts_left"], &methods["open"]), (&json!(2), &json!(false)), "{methods}");

    let (status, begun) = owner.post("/v1/keystead/organization_verifications", json!({ "consent": true }));
    assert_eq!(status, 200, "{begun}");
    let forged = json!({ "data": { "id": "evt_forged", "attributes": { "name": "inquiry.approved",
        "created-at": "2026-11-20T10:00:00Z", "payload": { "data": { "id": "inq_x", "attributes": { "status": "approved" } } } } } });
    let answer = product.call("POST", "/webhooks/persona", "", Some(&forged));
    assert_eq!(answer.status, 400, "{answer:?}");
    let redirect =
        format!("/settings/organization/general?verification={}&status=approved", begun["id"].as_str().unwrap());
    product.call("GET", &redirect, "", None);
    assert_eq!(owner.status("organization"), "in_progress", "a forged redirect changes nothing");

    let url = format!("{}/simulate", begun["url"].as_str().unwrap());
    product.sandbox("POST", &url, Some(&json!({ "outcome": "approve" })));
    product.until("it is verified", || owner.status("organization") == "verified");
    let (status, receipt) = owner.post("/v1/keystead/organization_verifications/withdraw", json!({}));
    assert_eq!((status, &receipt["object"]), (200, &json!("keystead.erasure_receipt")), "{receipt}");
    product.until("the provider's copy is gone", || {
        let record = owner.get("/v1/keystead/privacy");
        record["receipts"].as_array().unwrap().iter().any(|row| row["what"] == "provider_copy")
    });
    assert_eq!(owner.status("organization"), "unverified");
}
