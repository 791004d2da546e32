//! Canaries in every field: a number, a name, an address, a code, a password, a card, a document, a statement. None of
//! them may appear in the log (at its finest level), the metrics, an error, a redirect or, unless sealed, in the data
//! folder.

use std::cell::RefCell;
use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::product::Product;

const NUMBER: &str = "512347913";
const COLLEAGUE: &str = "colleague@example.com";
const EMAIL: &str = "zorblaxa.kanarek@example.com";
const PASSWORD: &str = "kanarek password 7";
const LABEL: &str = "Kanarkowska Holding";
const STATEMENT: &str = "Moja kanarkowa historia";
const DOCUMENT: &str = "KANAREK4711";
const BIRTH: &str = "1987-06-05";
const CARD: &str = "4000123412341234";
const WRONG: &str = "847362";

/// Everything the program sent, besides its log.
pub(crate) struct Ears<'p> {
    pub(crate) product: &'p Product,
    pub(crate) heard: RefCell<Vec<(String, String)>>,
}

impl Ears<'_> {
    /// Sends one request; refusals and redirects are kept completely.
    fn send(&self, what: &str, request: &str) -> String {
        let mut stream = self.product.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        assert!((200..600).contains(&status), "{what}: {answer}");
        for line in head.lines().filter(|line| line.to_lowercase().starts_with("location:")) {
            self.heard.borrow_mut().push((format!("redirect of {what}"), line.to_owned()));
        }
        // A page may show the person's own input beside its error; an API error may not.
        if status >= 400 && head.to_lowercase().contains("application/json") {
            self.heard.borrow_mut().push((format!("{status} of {what}"), body.to_owned()));
        }
        answer
    }

    pub(crate) fn api(&self, method: &str, path: &str, key: &str, body: &Value) -> Value {
        let (host, body) = (&self.product.listen, body.to_string());
        let answer = self.send(
            path,
            &format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ),
        );
        serde_json::from_str(answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)).unwrap_or(Value::Null)
    }

    fn page(&self, path: &str, cookie: &str) -> String {
        let host = &self.product.listen;
        self.send(
            path,
            &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"),
        )
    }

    pub(crate) fn form(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> String {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let host = &self.product.listen;
        self.send(
            path,
            &format!(
                "POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ),
        )
    }

    pub(crate) fn message(&self, channel: &str, to: &str) -> Value {
        let path = format!("/messages?channel={channel}&to={}", encode(to));
        self.product.until("a message comes", || {
            self.product.sandbox("GET", &path, None).json()["data"].as_array().is_some_and(|all| !all.is_empty())
        });
        self.product.sandbox("GET", &path, None).json()["data"][0].clone()
    }

    /// The token of the link that confirms an address; operators receive other mails as well.
    fn confirmation(&self, to: &str) -> String {
        let path = format!("/messages?channel=email&to={}", encode(to));
        let token = || {
            let mails = self.product.sandbox("GET", &path, None).json();
            let links = mails["data"].as_array()?.iter().filter_map(|mail| mail["link"].as_str());
            links.filter_map(|link| link.split_once("/confirm?token=")).map(|(_, token)| token.to_owned()).next()
        };
        self.product.until("the address is to be confirmed", || token().is_some());
        token().unwrap()
    }

    fn simulate(&self, url: &str, outcome: &Value) {
        let done = self.product.sandbox("POST", &format!("{url}/simulate"), Some(outcome));
        assert_eq!(done.status, 200, "{done:?}");
    }
}

pub(crate) fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

pub(crate) fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start)
        .and_then(|(_, rest)| rest.split_once(end))
        .map_or_else(|| panic!("{start} in {text}"), |found| found.0)
}

/// Returns the log without times, because fractions of a second look like codes.
fn untimed(log: &str) -> String {
    log.lines()
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(mut map)) => {
                map.remove("timestamp");
                Value::Object(map).to_string()
            }
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a sequence of digits occurs as such, and not within a longer one.
fn sings(text: &str, canary: &str) -> bool {
    let digits = canary.bytes().all(|byte| byte.is_ascii_digit());
    text.match_indices(canary).any(|(at, _)| {
        let alone = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        !digits || alone(text[..at].chars().next_back()) && alone(text[at + canary.len()..].chars().next())
    })
}

// S3-30, S3-37: what people type is stored where it must be, and in no other place.
#[test]
fn canaries_stay_where_they_belong() {
    let operators = format!("{EMAIL},{COLLEAGUE}");
    let product = Product::start(&[("KEYSTEAD_OPERATOR__EMAILS", &operators)]);
    let ears = Ears { product: &product, heard: RefCell::default() };

    // On the pages: sign up, confirm, an organization, a phone.
    ears.form("/sign-up", "", &[("email", EMAIL), ("password", PASSWORD)]);
    let mail = ears.message("email", EMAIL);
    let link = mail["link"].as_str().unwrap();
    let token = link.split("token=").nth(1).unwrap();
    let confirmed = ears.form("/confirm", "", &[("token", token)]);
    let cookie = between(&confirmed.to_lowercase(), "set-cookie: ", ";").len();
    let at = confirmed.to_lowercase().find("set-cookie: ").unwrap() + "set-cookie: ".len();
    let cookie = confirmed[at..at + cookie].to_owned();
    let welcome = ears.page("/welcome/organization", &cookie);
    let csrf = between(&welcome, "name=\"csrf\" value=\"", "\"").to_owned();
    ears.form("/welcome/organization", &cookie, &[("csrf", &csrf), ("name", LABEL), ("describes", "not_technical")]);
    for typed in [CARD, DOCUMENT, EMAIL, "22 123 45 67", NUMBER] {
        ears.form("/settings/account/phone", &cookie, &[("csrf", &csrf), ("country", "PL"), ("number", typed)]);
    }
    let phone = ears.page("/settings/account/phone", &cookie);
    let id = between(&phone, "name=\"id\" value=\"", "\"").to_owned();
    let code = ears.message("sms", &format!("+48{NUMBER}"))["code"].as_str().unwrap().to_owned();
    for typed in [WRONG, PASSWORD, &code] {
        let fields = [("csrf", csrf.as_str()), ("id", id.as_str()), ("code", typed)];
        ears.form("/settings/account/phone/check", &cookie, &fields);
    }
    ears.form("/sign-in", "", &[("email", EMAIL), ("password", WRONG)]);
    ears.form("/forgot", "", &[("email", EMAIL)]);

    // By the API: the same again, and the further steps, with wrong values in every field first.
    let made = product.run(&["admin", "bootstrap", "--email", EMAIL, "--organization", LABEL, "--no-waiver", "--json"]);
    let key = made["admin_key"].as_str().unwrap();
    for typed in [CARD, DOCUMENT, EMAIL, PASSWORD, NUMBER, "+48 22 512347913"] {
        for field in ["phone_number", "country", "language", "code", "statement", "channel", "reason", "name", "scopes"]
        {
            let body = json!({ field: typed, "phone_number": typed });
            for path in [
                "/v1/keystead/phone_verifications",
                "/v1/keystead/organization_verifications/appeal",
                "/v1/keystead/operator/exemptions",
            ] {
                ears.api("POST", path, key, &body);
            }
        }
        let call = json!({ "model": typed, "messages": [] });
        let unknown = ears.api("POST", "/v1/chat/completions", key, &call);
        assert!(unknown["error"].is_object() || unknown["error"].is_string(), "{unknown}");
    }
    // In places where clients should not put them: the log has no raw path, query or header.
    let host = &product.listen;
    for canary in [NUMBER, EMAIL, CARD, DOCUMENT] {
        let request = format!(
            "GET /v1/keystead/nothing/{canary}?phone={canary} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {canary}\r\nUser-Agent: {canary}\r\nX-Forwarded-For: {canary}\r\nConnection: close\r\n\r\n"
        );
        let mut stream = product.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }

    let setup = ears.api("POST", "/v1/keystead/payment_methods", key, &json!({}));
    ears.simulate(setup["url"].as_str().unwrap(), &json!({ "outcome": "decline", "card": CARD }));
    ears.simulate(setup["url"].as_str().unwrap(), &json!({ "outcome": "succeed", "card": CARD }));
    let status = |of: &str| {
        let view = ears.api("GET", "/v1/keystead/verification", key, &json!({}));
        view[of]["status"].as_str().unwrap_or_default().to_owned()
    };
    product.until("the card is on file", || status("payment_method") == "verified");
    let begin = || {
        let begun = ears.api("POST", "/v1/keystead/organization_verifications", key, &json!({ "consent": true }));
        begun["url"].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned()
    };
    let said = |outcome: &str| json!({ "outcome": outcome, "reason": "document_unreadable", "document_number": DOCUMENT, "birthdate": BIRTH });
    ears.simulate(&begin(), &said("decline"));
    product.until("it is rejected", || status("organization") == "rejected");
    ears.api("POST", "/v1/keystead/organization_verifications/appeal", key, &json!({ "statement": STATEMENT }));
    let cases = ears.api("GET", "/v1/keystead/operator/cases", key, &json!({}));
    assert_eq!(cases["data"][0]["statement"], STATEMENT, "the operator reads it: {cases}");
    let case = cases["data"][0]["id"].as_str().unwrap();
    // Reviewers do not decide for their own organization: a colleague does.
    ears.form("/sign-up", "", &[("email", COLLEAGUE), ("password", PASSWORD)]);
    ears.form("/confirm", "", &[("token", &ears.confirmation(COLLEAGUE))]);
    let made = product.run(&["admin", "bootstrap", "--email", COLLEAGUE, "--organization", "Ops", "--json"]);
    let decide = json!({ "decision": "reject", "reason": "looked at again" });
    let path = format!("/v1/keystead/operator/cases/{case}/decide");
    let own = ears.api("POST", &path, key, &decide);
    assert!(own["error"].is_object(), "{own}");
    let decided = ears.api("POST", &path, made["admin_key"].as_str().unwrap(), &decide);
    assert_eq!(decided["decided"], true, "{decided}");
    ears.simulate(&begin(), &json!({ "outcome": "approve", "document_number": DOCUMENT, "birthdate": BIRTH }));
    product.until("it is verified", || status("organization") == "verified");

    let folder = product.folder();
    let ready: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("ready.json")).unwrap()).unwrap();
    let metrics = {
        let address = ready["metrics"].as_str().unwrap().trim_start_matches("http://").trim_end_matches("/metrics");
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    assert!(metrics.contains("keystead"), "{metrics}");
    let log = untimed(&product.log());
    assert!(log.lines().count() > 50, "a log at its finest");
    assert!(sings(&log, "/v1/keystead/phone_verifications"), "what is heard there is found");
    let mut heard = ears.heard.into_inner();
    assert!(heard.len() > 60, "{}", heard.len());
    heard.push(("the metrics".to_owned(), metrics));
    heard.push(("the log".to_owned(), log));

    let grouped = "512 347 913";
    let canaries =
        [NUMBER, grouped, "48512347913", EMAIL, PASSWORD, LABEL, STATEMENT, DOCUMENT, BIRTH, CARD, WRONG, &code, token];
    for (place, text) in &heard {
        for canary in canaries {
            // A model that does not exist is named to the client that asked for it (`model_not_found`).
            let named = place.contains("/v1/chat/completions");
            let label = canary == LABEL;
            assert!(named || label || !sings(text, canary), "{canary} in {place}: {}", line_with(text, canary));
        }
        assert!(place != "the log" || !sings(text, LABEL), "a label in the log");
    }
    // At rest only addresses and labels are in clear; everything else is sealed, digested or not kept.
    let mut kept = false;
    for entry in walk(&folder.join("data")) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        kept |= text.contains(EMAIL);
        for canary in [NUMBER, "48512347913", PASSWORD, STATEMENT, DOCUMENT, BIRTH, CARD, token] {
            assert!(!text.contains(canary), "{canary} in {}", entry.display());
        }
    }
    assert!(kept, "the database was read");
}

fn line_with(text: &str, canary: &str) -> String {
    text.lines().find(|line| line.contains(canary)).unwrap_or_default().to_owned()
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
