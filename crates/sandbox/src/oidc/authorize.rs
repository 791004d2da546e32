//! `/authorize`: the person picks an account, and the browser is sent back with a code.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Grant, OIDC_CLIENT_ID, Person, books, faults};
use crate::Sandbox;
use crate::page::{escape, page as html};

/// Invented people: address, name, whether the issuer has verified the address.
const PEOPLE: [(&str, &str, bool); 4] = [
    ("ann@example.com", "Ann Miller", true),
    ("jan.zolc@example.com", "Jan Żółć", true),
    ("hanako@example.com", "山田 花子", true),
    ("unproven@example.com", "Una Proven", false),
];

/// The client's request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AuthorizationRequest {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    prompt: Option<String>,
    login_hint: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
}

/// Why a request is refused: shown on a page when the client itself is in doubt, otherwise returned to the client.
enum Wrong {
    Client(&'static str),
    Request(&'static str, &'static str),
}

impl AuthorizationRequest {
    fn parse(query: Option<&str>) -> Option<Self> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query.unwrap_or_default()).ok()?;
        let pairs = pairs.into_iter().map(|(name, value)| (name, value.into()));
        serde_json::from_value(serde_json::Value::Object(pairs.collect())).ok()
    }

    fn check(&self) -> Result<(), Wrong> {
        let challenge = self.code_challenge.len() == 43 && self.code_challenge_method == "S256";
        let address = self.redirect_uri.starts_with("http://") || self.redirect_uri.starts_with("https://");
        let scopes: Vec<&str> = self.scope.split(' ').collect();
        let prompts: Vec<&str> = self.prompt.as_deref().unwrap_or_default().split(' ').collect();
        if self.client_id != OIDC_CLIENT_ID {
            Err(Wrong::Client("The issuer does not know this client_id."))
        } else if !address || self.redirect_uri.contains('#') {
            Err(Wrong::Client("redirect_uri is no address one can be sent back to."))
        } else if self.response_type != "code" {
            Err(Wrong::Request("unsupported_response_type", "response_type is code"))
        } else if !scopes.contains(&"openid") {
            Err(Wrong::Request("invalid_scope", "scope contains openid"))
        } else if !challenge {
            Err(Wrong::Request("invalid_request", "PKCE with S256 is wanted"))
        } else if prompts.contains(&"none") {
            Err(Wrong::Request("login_required", "no account is signed in here"))
        } else {
            Ok(())
        }
    }

    /// Returns the address to which the browser is sent with an answer.
    fn back(&self, answer: &[(&str, &str)]) -> String {
        let mut pairs = answer.to_vec();
        pairs.extend(self.state.as_deref().map(|state| ("state", state)));
        let mark = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{mark}{}", self.redirect_uri, serde_urlencoded::to_string(pairs).unwrap_or_default())
    }
}

/// Parses a request that may proceed, or returns the answer to one that may not.
fn read(query: Option<&str>) -> Result<AuthorizationRequest, Box<Response>> {
    let Some(wanted) = AuthorizationRequest::parse(query) else {
        return Err(Box::new(doubt("The query cannot be read.")));
    };
    match wanted.check() {
        Ok(()) => Ok(wanted),
        Err(Wrong::Client(why)) => Err(Box::new(doubt(why))),
        Err(Wrong::Request(error, why)) => {
            let back = wanted.back(&[("error", error), ("error_description", why)]);
            Err(Box::new(Redirect::to(&back).into_response()))
        }
    }
}

fn doubt(why: &str) -> Response {
    let mut page = html("en", "This sign-in cannot begin", &format!("<p>{}</p>", escape(why)));
    *page.status_mut() = StatusCode::BAD_REQUEST;
    page
}

pub(super) async fn page(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Response {
    if let Err(refused) = faults(&sandbox).await {
        return *refused;
    }
    match read(query.as_deref()) {
        Ok(wanted) => picker(&wanted, query.as_deref().unwrap_or_default(), None),
        Err(refused) => *refused,
    }
}

fn picker(wanted: &AuthorizationRequest, query: &str, problem: Option<&str>) -> Response {
    let action = escape(&format!("/oidc/authorize?{query}"));
    let form = |inside: &str| format!("<form method=\"post\" action=\"{action}\">{inside}</form>");
    let people: String = PEOPLE
        .iter()
        .map(|(email, name, verified)| {
            let hidden = format!(
                "<input type=\"hidden\" name=\"email\" value=\"{email}\"><input type=\"hidden\" name=\"name\" value=\"{name}\">"
            );
            let doubt = if *verified { "" } else { "<input type=\"hidden\" name=\"unverified\" value=\"on\">" };
            let note = if *verified { "" } else { " (address not confirmed)" };
            form(&format!("{hidden}{doubt}<p><button>{name}<br>{email}{note}</button></p>"))
        })
        .collect();
    let hint = escape(wanted.login_hint.as_deref().unwrap_or_default());
    let problem = problem.map(|words| format!("<p role=\"alert\">{}</p>", escape(words))).unwrap_or_default();
    let other = form(&format!(
        "<p><label for=\"email\">E-mail address</label>\
         <input id=\"email\" name=\"email\" type=\"email\" required maxlength=\"254\" value=\"{hint}\"></p>\
         <p><label for=\"name\">Name</label><input id=\"name\" name=\"name\" maxlength=\"100\"></p>\
         <p><label><input type=\"checkbox\" name=\"unverified\" value=\"on\"> The address is not confirmed</label></p>\
         <p><button>Continue</button></p>"
    ));
    let cancel = form("<p><button name=\"deny\" value=\"on\">Cancel</button></p>");
    let body = format!(
        "<p>The sandbox does not ask for a password: choose any account.</p>{people}\
         <h2>Another account</h2>{problem}{other}{cancel}"
    );
    html("en", "Choose an account", &body)
}

/// The choice in a form or a script.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Picked {
    email: String,
    name: String,
    /// The field of a script.
    email_verified: Option<bool>,
    /// The field of a form.
    unverified: Option<String>,
    deny: bool,
}

impl Picked {
    fn parse(body: &[u8], scripted: bool) -> Option<Self> {
        if scripted {
            return serde_json::from_slice(body).ok();
        }
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
        let mut picked = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "email" => picked.email = value,
                "name" => picked.name = value,
                "unverified" => picked.unverified = Some(value),
                "email_verified" => picked.email_verified = value.parse().ok(),
                "deny" => picked.deny = true,
                _ => {}
            }
        }
        Some(picked)
    }

    fn person(&self, vouch: bool) -> Option<Person> {
        let email = self.email.trim();
        let (local, domain) = email.split_once('@')?;
        let plain = email.len() <= 254 && !email.contains(|c: char| c.is_whitespace() || c.is_control());
        if local.is_empty() || domain.is_empty() || domain.contains('@') || !plain || self.name.len() > 400 {
            return None;
        }
        let name = Some(self.name.trim().to_owned()).filter(|name| !name.is_empty());
        let email_verified = vouch && self.unverified.is_none() && self.email_verified.unwrap_or(true);
        Some(Person { email: email.to_owned(), name, email_verified })
    }
}

/// Handles the choice: a form for people, JSON for scripts.
pub(super) async fn pick(
    State(sandbox): State<Sandbox>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let faults = match faults(&sandbox).await {
        Ok(faults) => faults,
        Err(refused) => return *refused,
    };
    let query = query.unwrap_or_default();
    let query = query.strip_suffix("/simulate").unwrap_or(&query);
    let wanted = match read(Some(query)) {
        Ok(wanted) => wanted,
        Err(refused) => return *refused,
    };
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scripted = kind.starts_with("application/json");
    let Some(picked) = Picked::parse(&body, scripted) else {
        return (StatusCode::BAD_REQUEST, "{\"email\", \"name\"} is wanted, as JSON or as a form\n").into_response();
    };
    let answer = if picked.deny {
        wanted.back(&[("error", "access_denied")])
    } else {
        match picked.person(!faults.unverified) {
            Some(person) => wanted.back(&[("code", &grant(&sandbox, &wanted, person))]),
            None if scripted => {
                return (StatusCode::UNPROCESSABLE_ENTITY, "email is no address\n").into_response();
            }
            None => return picker(&wanted, query, Some("This is no e-mail address.")),
        }
    };
    if scripted { Json(json!({ "redirect": answer })).into_response() } else { Redirect::to(&answer).into_response() }
}

fn grant(sandbox: &Sandbox, wanted: &AuthorizationRequest, person: Person) -> String {
    let granted_at = sandbox.now();
    let mut books = books(sandbox);
    let code = books.draw("code_", granted_at);
    let grant = Grant {
        person,
        scope: wanted.scope.clone(),
        redirect_uri: wanted.redirect_uri.clone(),
        nonce: wanted.nonce.clone(),
        challenge: wanted.code_challenge.clone(),
        granted_at,
        used: false,
        access: None,
    };
    books.grants.put(code.clone(), grant);
    code
}
