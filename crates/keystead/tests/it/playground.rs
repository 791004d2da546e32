//! The playground: requests of a signed-in person pass the same pipeline as those with a key.

use std::cell::RefCell;
use std::io::{Read, Write};

use serde_json::Value;

use crate::canary::{Ears, between, encode};
use crate::product::{Answer, Product, parse};

const PASSWORD: &str = "violet submarine 7";
/// Words of a message, which must not be stored or logged.
const CANARY: &str = "kanarekquestion";

/// A person with a session.
struct Visitor<'p> {
    product: &'p Product,
    cookie: String,
    csrf: String,
}

impl<'p> Visitor<'p> {
    /// Confirms an address and takes the cookie of the session.
    fn confirmed(product: &'p Product, path: &str, email: &str, token: &str) -> Self {
        let ears = Ears { product, heard: RefCell::default() };
        let done = ears.form(path, "", &[("token", token), ("password", PASSWORD)]);
        let done = done.to_lowercase();
        assert!(done.contains("set-cookie: "), "{email}: {done}");
        let at = done.find("set-cookie: ").unwrap() + "set-cookie: ".len();
        let length = done[at..].find(';').unwrap();
        // The names of cookies are in lower case, their values are hexadecimal.
        let cookie = done[at..at + length].to_owned();
        Self { product, cookie, csrf: String::new() }
    }

    /// Signs up and creates an organization.
    fn owner(product: &'p Product, email: &str) -> Self {
        let ears = Ears { product, heard: RefCell::default() };
        ears.form("/sign-up", "", &[("email", email), ("password", PASSWORD)]);
        let link = ears.message("email", email)["link"].as_str().unwrap().to_owned();
        let mut visitor = Self::confirmed(product, "/confirm", email, link.split("token=").nth(1).unwrap());
        let page = visitor.get("/welcome/organization").body;
        between(&page, "name=\"csrf\" value=\"", "\"").clone_into(&mut visitor.csrf);
        visitor.post("/welcome/organization", "", &[("name", "Harbour")]);
        visitor
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.product.connect();
        let (host, cookie, length) = (&self.product.listen, &self.cookie, body.len());
        let raw = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(raw.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        parse(&String::from_utf8_lossy(&bytes))
    }

    fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "", "")
    }

    fn post(&self, path: &str, headers: &str, fields: &[(&str, &str)]) -> Answer {
        let token = [("csrf", self.csrf.as_str())];
        let fields = token.iter().chain(fields);
        let body = fields.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let kind = "Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        self.send("POST", path, &format!("{kind}{headers}"), &body)
    }

    fn ask(&self, path: &str, model: &str) -> Answer {
        self.post(path, "Accept: application/json\r\n", &[("model", model), ("message", CANARY)])
    }
}

/// Starts a product and a person with an organization that may use the playground; returns the address of its stream.
fn opened<'p>(product: &'p Product, email: &str) -> (Visitor<'p>, String) {
    let ann = Visitor::owner(product, email);
    let home = ann.get("/home").body;
    let project = format!("proj_{}", between(&home, "?project=proj_", "\""));
    let path = format!("/playground/stream?project={project}");

    // What a new key needs is needed here, too.
    let unproven = ann.ask(&path, "gpt-4o");
    assert_eq!(unproven.status, 403, "{unproven:?}");
    assert!(unproven.json()["lead"].as_str().unwrap().contains("phone number"), "{unproven:?}");
    assert_eq!(unproven.json()["raw"], "", "the request was not sent");
    let general = ann.get("/settings/organization/general").body;
    let organization = format!("org-{}", between(&general, "value=\"org-", "\""));
    product.run(&[
        "admin",
        "waive",
        "--organization",
        &organization,
        "--requirement",
        "phone",
        "--reason",
        "test",
        "--json",
    ]);
    (ann, path)
}

#[test]
fn the_playground_streams_with_the_rights_of_the_person() {
    let product = Product::start(&[]);
    let (ann, path) = opened(&product, "ann@example.com");

    let page = ann.get(&path.replace("/stream", "")).body;
    let (usable, locked) = page.split_once("Not available yet").unwrap();
    assert!(usable.contains("value=\"gpt-4o\"") && locked.contains("value=\"o3\""), "{page}");
    assert!(!page.contains("value=\"gpt-image-1\"") && page.contains("YOUR_KEY"), "{page}");

    let answer = ann.ask(&path, "gpt-4o");
    assert_eq!(
        (answer.status, answer.header("content-type").map(|kind| &kind[..17])),
        (200, Some("text/event-stream"))
    );
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    assert!(answer.body.contains("\"delta\"") && answer.body.trim_end().ends_with("[DONE]"), "{answer:?}");
    assert!(answer.body.contains("\"usage\":{"), "{answer:?}");
    product.until("the usage is the person's", || {
        let usage = ann.get("/usage?by=key&show=requests").body;
        usage.contains("<td>Playground") || usage.contains(">Playground<")
    });

    // A gate refuses like anywhere, and the refusal is explained and listed.
    let gated = ann.ask(&path, "o3");
    let refused = gated.json();
    assert_eq!((gated.status, refused["status"].as_u64()), (404, Some(404)), "{gated:?}");
    let raw: Value = serde_json::from_str(refused["raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw["error"]["code"], "model_not_found");
    let href = refused["href"].as_str().unwrap();
    assert!(href.starts_with("/help/model-needs-verification?") && href.contains("project=proj_"), "{href}");
    product.until("the refusal is listed", || ann.get("/home").body.contains("o3"));

    // Forms of others do nothing.
    let stranger = Visitor { csrf: "0".repeat(64), cookie: ann.cookie.clone(), product: &product };
    assert_eq!(stranger.ask(&path, "gpt-4o").status, 403);
    let foreign = ann.send("POST", &path, "Sec-Fetch-Site: cross-site\r\nAccept: application/json\r\n", "");
    assert_eq!(foreign.status, 403);

    // Without scripts, the answer is on a page after a redirect.
    let plain = ann.post(&path.replace("/stream", ""), "", &[("model", "gpt-4o"), ("message", CANARY)]);
    assert_eq!(plain.status, 303, "{plain:?}");
    let shown = ann.get(plain.header("location").unwrap()).body;
    assert!(shown.contains(CANARY) && shown.contains("id=\"f-output\">"), "{shown}");

    ann.post("/sign-out", "", &[]);
    let out = ann.ask(&path, "gpt-4o");
    assert!(out.header("location").unwrap().starts_with("/sign-in"), "{out:?}");
    assert!(!product.log().contains(CANARY), "the message is in the log");
}

#[test]
fn limits_and_removed_members_are_refused_in_the_playground() {
    let product = Product::start(&[("KEYSTEAD_LIMITS__REQUESTS_PER_MINUTE", "3")]);
    let (ann, path) = opened(&product, "ann@example.com");
    ann.post("/settings/organization/members/invite", "", &[("email", "ben@example.com"), ("role", "reader")]);
    let ears = Ears { product: &product, heard: RefCell::default() };
    let link = ears.message("email", "ben@example.com")["link"].as_str().unwrap().to_owned();
    let token = link.split("token=").nth(1).unwrap();
    let mut ben = Visitor::confirmed(&product, "/invite/join", "ben@example.com", token);
    between(&ben.get("/settings/account").body, "name=\"csrf\" value=\"", "\"").clone_into(&mut ben.csrf);
    assert_eq!(ben.ask(&path, "gpt-4o").status, 200);

    let members = ann.get("/settings/organization/members").body;
    let id = members.split("/members/user-").skip(1).map(|rest| rest.split('?').next().unwrap());
    let mut ids: Vec<String> = id.map(|id| format!("user-{id}")).collect();
    ids.dedup();
    // Of the two, one cannot be removed: the last owner.
    for id in &ids {
        ann.post("/settings/organization/members/remove", "", &[("user", id), ("id", id)]);
    }
    let gone = ben.ask(&path, "gpt-4o");
    assert_ne!(gone.status, 200, "{gone:?}");

    let statuses: Vec<u16> = (0..4).map(|_| ann.ask(&path, "gpt-4o").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    let limited = ann.ask(&path, "gpt-4o").json();
    assert!(limited["href"].as_str().unwrap().starts_with("/help/rate-limits?"), "{limited}");
    // The list of models has no limit, so the page still opens.
    assert_eq!(ann.get(&path.replace("/stream", "")).status, 200);
}
