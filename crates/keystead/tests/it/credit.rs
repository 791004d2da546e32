//! Credit through the whole product: a prepaid organization is refused exactly when its credit is spent, a suspended one
//! at once, and the proof finds what was changed outside Keystead.

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::product::{Product, parse};

/// One character costs three cents; organizations pay in advance.
const SETTINGS: [(&str, &str); 4] = [
    ("KEYSTEAD_MODEL__0__ID", "tts-1"),
    ("KEYSTEAD_MODEL__0__CHARACTER", "30000"),
    ("KEYSTEAD_CREDIT__MODE", "prepaid"),
    ("KEYSTEAD_OPERATOR__EMAILS", "ops@example.com"),
];

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

struct Place {
    product: Product,
    organization: String,
    key: String,
    admin: String,
}

impl Place {
    fn start() -> Self {
        let product = Product::start(&SETTINGS);
        let made = product.bootstrap();
        let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
        let body = json!({ "name": "k", "project_id": project });
        let key = text(&product.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
        Self { organization: text(&made["organization_id"]), product, key, admin }
    }

    /// Runs a command of the operator, which must work.
    fn credit(&self, words: &[&str]) {
        let place = ["--reason", "a test", "--organization", &self.organization, "--json"];
        self.product.run(&[&["admin", "credit"][..], words, &place].concat());
    }

    /// Sends one request that costs three cents; returns the code of its refusal.
    fn speaks(&self) -> Option<String> {
        let body = r#"{"model":"tts-1","voice":"alloy","input":"a"}"#;
        let head = format!(
            "POST /v1/audio/speech HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.product.listen,
            self.key,
            body.len()
        );
        let mut stream = self.product.connect();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        if answer.starts_with(b"HTTP/1.1 200 ") {
            return None;
        }
        let refused = parse(&String::from_utf8_lossy(&answer));
        assert_eq!(refused.status, 429, "{refused:?}");
        Some(text(&refused.json()["error"]["code"]))
    }

    fn balance(&self) -> Value {
        self.product.call("GET", "/v1/keystead/credit", &self.admin, None).json()["balance_in_cents"].clone()
    }
}

#[test]
fn a_prepaid_organization_is_refused_exactly_when_its_credit_is_spent() {
    let place = Place::start();
    assert_eq!(place.speaks().as_deref(), Some("credit_balance_exhausted"), "nothing is free");
    place.credit(&["grant", "10"]);
    let passed = (0..8).filter(|_| place.speaks().is_none()).count();
    assert_eq!(passed, 3, "three requests of three cents fit into ten");
    place.product.until("the usage is counted", || place.balance() == json!(1));
    place.credit(&["grant", "2"]);
    assert_eq!((place.speaks(), place.speaks().as_deref()), (None, Some("credit_balance_exhausted")));
    place.product.until("the usage is counted", || place.balance() == json!(0));

    place.credit(&["grant", "100"]);
    place.credit(&["suspend"]);
    assert_eq!(place.speaks().as_deref(), Some("billing_not_active"));
    place.credit(&["resume"]);
    assert_eq!(place.speaks(), None);
    place.credit(&["mode", "postpaid"]);
    place.credit(&["adjust", "-500"]);
    assert_eq!(place.speaks(), None, "postpaid is not refused");

    let proof = place.product.run(&["audit", "money", "--json"]);
    assert_eq!((&proof["agrees"], &proof["difference"]), (&json!(true), &json!(null)), "{proof}");
}
