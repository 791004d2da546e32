//! The operator's first hour in production: what is not set up is said, and shuts no one out.

use std::process::Output;

use serde_json::{Value, json};

use crate::product::{Answer, Product, command, variables};

const BASE: [(&str, &str); 5] = [
    ("KEYSTEAD_ENVIRONMENT", "production"),
    ("KEYSTEAD_SERVER__PUBLIC_URL", "https://keys.test"),
    ("KEYSTEAD_UPSTREAM__0__NAME", "main"),
    ("KEYSTEAD_UPSTREAM__0__BASE_URL", "http://127.0.0.1:9"),
    ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
];
/// Every service; none of them is called.
const SERVICES: [(&str, &str); 10] = [
    ("KEYSTEAD_MAIL__URL", "smtp://127.0.0.1:9"),
    ("KEYSTEAD_MAIL__FROM", "Keystead <keys@keys.test>"),
    ("KEYSTEAD_SMS__PROVIDER", "http"),
    ("KEYSTEAD_SMS__BASE_URL", "http://127.0.0.1:9/texts"),
    ("KEYSTEAD_PAYMENT__PROVIDER", "stripe"),
    ("KEYSTEAD_PAYMENT__API_KEY", "sk_live_0123456789"),
    ("KEYSTEAD_PAYMENT__WEBHOOK_SECRETS", "whsec_0123456789abcdef"),
    ("KEYSTEAD_IDENTITY__PROVIDER", "review"),
    ("KEYSTEAD_OPERATOR__EMAILS", "op@keys.test"),
    ("KEYSTEAD_OPERATOR__SUPPORT_EMAIL", "help@keys.test"),
];

fn doctor(folder: &std::path::Path, more: &[(&str, &str)]) -> (Output, Value) {
    let mut set = variables(folder);
    set.extend(BASE.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let output = command(folder, &set).args(["doctor", "--json"]).output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output, value)
}

fn states(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    let all = answer["capabilities"].as_array().unwrap().iter();
    all.map(|one| (text(one, "capability"), text(one, "state"))).collect()
}

fn rules(answer: &Value) -> Vec<(String, String)> {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
    answer["rules"].as_array().unwrap().iter().map(|one| (text(one, "requirement"), text(one, "state"))).collect()
}

fn is(answer: &Value, capability: &str, state: &str) -> bool {
    states(answer).contains(&(capability.to_owned(), state.to_owned()))
}

fn page(product: &Product, path: &str) -> Answer {
    product.call("GET", path, "", None)
}

#[test]
fn doctor_says_what_is_not_set_up_before_the_first_start() {
    let folder = tempfile::tempdir().unwrap();
    let (output, bare) = doctor(folder.path(), &[]);
    assert_eq!((output.status.code(), &bare["healthy"]), (Some(1), &json!(false)), "{bare}");
    assert!(is(&bare, "mail", "not_set_up") && is(&bare, "text_messages", "not_set_up"), "{bare}");
    assert!(is(&bare, "upstreams", "set_up"), "{bare}");
    let waits = |requirement: &str| (requirement.to_owned(), "waits".to_owned());
    assert_eq!(
        rules(&bare),
        [waits("phone"), waits("payment_method"), waits("organization"), waits("organization")],
        "{bare}"
    );
    let mail = bare["capabilities"].as_array().unwrap().iter().find(|one| one["capability"] == "mail").unwrap();
    assert!(mail["lines"].as_str().unwrap().contains("[mail]"), "{mail}");

    let (output, whole) = doctor(folder.path(), &SERVICES);
    assert_eq!((output.status.code(), &whole["healthy"]), (Some(0), &json!(true)), "{whole}");
    assert!(rules(&whole).is_empty(), "{whole}");
    // Only mail is missing: people cannot sign up.
    let (output, silent) = doctor(folder.path(), &SERVICES[2..]);
    assert_eq!((output.status.code(), rules(&silent)), (Some(1), vec![]), "{silent}");

    let mut set = variables(folder.path());
    set.extend(BASE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let text = command(folder.path(), &set).arg("doctor").output().unwrap();
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in
        ["WRONG Email: No email can be sent.", "        [sms]", "rule phone-for-new-keys asks for", "off   Backup"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn without_services_the_owner_signs_in_and_nothing_is_promised() {
    let product = Product::start(&BASE);
    let log = product.log();
    assert!(log.contains("no mail can be sent") && log.contains("is not enforced until the operator decides"), "{log}");

    let landing = page(&product, "/").body;
    assert!(!landing.contains("cargo run") && landing.contains("https://keys.test/v1"), "{landing}");
    for path in ["/sign-up", "/forgot", "/sign-up/sent"] {
        let shown = page(&product, path).body;
        assert!(shown.contains("send email") && shown.contains("Contact the person"), "{path}: {shown}");
        assert!(!shown.contains("name=\"email\""), "{path}: {shown}");
    }

    // The owner chooses a password with the link, once, and a key needs no phone.
    let made = product.bootstrap();
    let link = made["sign_in_link"].as_str().unwrap();
    let path = link.strip_prefix("https://keys.test").unwrap();
    let token = path.split_once("token=").unwrap().1;
    let opened = page(&product, path).body;
    assert!(opened.contains("new-password"), "{opened}");
    let choose = || {
        let form = format!("token={token}&password=violet+submarine+7");
        let raw = format!(
            "POST /reset HTTP/1.1\r\nHost: {}\r\nOrigin: http://{}\r\nSec-Fetch-Site: same-origin\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            product.listen,
            product.listen,
            form.len()
        );
        product.raw(raw.as_bytes())
    };
    let first = choose();
    assert!(first.header("set-cookie").is_some_and(|cookie| cookie.contains("keystead=")), "{first:?}");
    assert_ne!(choose().header("location"), Some("/home"), "a link works once");
    assert!(product.bootstrap()["sign_in_link"].is_null(), "an owner with a password gets no other link");
    let key = product.call("POST", "/v1/api-keys", made["admin_key"].as_str().unwrap(), Some(&json!({ "name": "k" })));
    assert!(key.status == 200 || !key.body.contains("phone_verification_required"), "{key:?}");
}

#[test]
fn a_service_that_was_removed_opens_nothing() {
    let product = Product::start(&[&BASE[..], &SERVICES].concat());
    let (output, answer) = doctor(&product.folder(), &SERVICES);
    assert_eq!(output.status.code(), Some(0), "{answer}");
    // The same database, without the services in the configuration.
    let (output, removed) = doctor(&product.folder(), &[]);
    assert_eq!(output.status.code(), Some(1), "{removed}");
    assert!(!rules(&removed).is_empty() && rules(&removed).iter().all(|(_, state)| state == "service_removed"));
}
