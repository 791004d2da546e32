//! Twilio Verify v2 and Lookup v2, as far as Keystead speaks them (verification.md 2.1, 2.2).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Channel, Message, Sandbox, text};

/// The sandbox's account.
pub const TWILIO_ACCOUNT_SID: &str = "ACsandbox";
/// The sandbox's token.
pub const TWILIO_AUTH_TOKEN: &str = "sandbox-token";
/// The sandbox's Verify service.
pub const TWILIO_SERVICE_SID: &str = "VAsandbox";

const LIFE: i64 = 600;
const MOST: usize = 10_000;

/// What goes wrong on demand.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
    /// Texts are accepted and never arrive.
    undelivered: bool,
}

#[derive(Debug)]
struct Verification {
    to: String,
    code: String,
    status: &'static str,
    sends: u32,
    checks: u32,
    created_at: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Twilio {
    verifications: Mutex<HashMap<String, Verification>>,
    faults: Mutex<Faults>,
}

type Fields = HashMap<String, String>;

/// The routes, to be nested under `/twilio`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/v2/Services/{service}/Verifications", post(start))
        .route("/v2/Services/{service}/Verifications/{sid}", get(show).post(update))
        .route("/v2/Services/{service}/VerificationCheck", post(check))
        .route("/v2/PhoneNumbers/{number}", get(lookup))
}

/// `POST /sandbox/twilio`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *sandbox.inner.twilio.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    StatusCode::NO_CONTENT
}

fn error(status: u16, code: u32, message: &str) -> Response {
    let body = json!({ "code": code, "message": message, "status": status });
    (StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
}

/// Faults and the account's credentials, before anything else.
fn door(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Faults, Box<Response>> {
    let faults = *sandbox.inner.twilio.faults.lock().unwrap_or_else(PoisonError::into_inner);
    if faults.down {
        return Err(Box::new((StatusCode::SERVICE_UNAVAILABLE, "down on demand").into_response()));
    }
    let expected = format!("Basic {}", STANDARD.encode(format!("{TWILIO_ACCOUNT_SID}:{TWILIO_AUTH_TOKEN}")));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(expected.as_str()) {
        return Err(Box::new(error(401, 20003, "Authenticate")));
    }
    Ok(faults)
}

fn view(sid: &str, row: &Verification) -> Value {
    json!({ "sid": sid, "service_sid": TWILIO_SERVICE_SID, "to": row.to, "channel": "sms", "status": row.status,
        "valid": row.status == "approved" })
}

async fn start(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let faults = match door(&sandbox, &headers) {
        Ok(faults) => faults,
        Err(refused) => return *refused,
    };
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (to, locale) = (field("To"), field("Locale"));
    if !to.starts_with('+') || to.len() < 8 || field("Channel") != "sms" {
        return error(400, 60200, "Invalid parameter");
    }
    let now = sandbox.now();
    let mut all = sandbox.inner.twilio.verifications.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, row| now - row.created_at < LIFE * 6);
    let alive = |row: &Verification| row.to == to && row.status == "pending" && now - row.created_at < LIFE;
    let known = all.iter().find(|(_, row)| alive(row)).map(|(sid, _)| sid.clone());
    let sid = known.unwrap_or_else(|| {
        let seed = format!("{to}{now}{}", all.len());
        let digits = text::id("", &format!("code{seed}"));
        let number = u64::from_str_radix(&digits[..12], 16).unwrap_or_default() % 1_000_000;
        let row = Verification {
            to: to.clone(),
            code: format!("{number:06}"),
            status: "pending",
            sends: 0,
            checks: 0,
            created_at: now,
        };
        let sid = text::id("VE", &seed);
        all.insert(sid.clone(), row);
        sid
    });
    if all.len() > MOST {
        return error(429, 20429, "Too many requests");
    }
    let Some(row) = all.get_mut(&sid) else { return error(500, 20500, "lost") };
    if row.sends >= 5 {
        return error(429, 60203, "Max send attempts reached");
    }
    row.sends += 1;
    if !faults.undelivered {
        let words = match locale.as_str() {
            "pl" => format!("Twój kod weryfikacyjny to {}", row.code),
            "ja" => format!("認証コード：{}", row.code),
            _ => format!("Your verification code is {}", row.code),
        };
        sandbox.deliver(Message::new(Channel::Sms, to, None, format!("{words}\n\n@localhost #{}", row.code), now));
    }
    (StatusCode::CREATED, Json(view(&sid, row))).into_response()
}

async fn check(State(sandbox): State<Sandbox>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let now = sandbox.now();
    let mut all = sandbox.inner.twilio.verifications.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = |sid: &str, row: &Verification| {
        fields.get("VerificationSid").is_some_and(|known| known == sid)
            || fields.get("To").is_some_and(|to| *to == row.to && row.status == "pending")
    };
    let Some((sid, row)) = all.iter_mut().find(|(sid, row)| wanted(sid, row)) else {
        return error(404, 20404, "The requested resource was not found");
    };
    if row.status != "pending" || now - row.created_at >= LIFE {
        return error(404, 20404, "The requested resource was not found");
    }
    if row.checks >= 5 {
        return error(429, 60202, "Max check attempts reached");
    }
    row.checks += 1;
    if fields.get("Code") == Some(&row.code) {
        row.status = "approved";
    }
    Json(view(sid, row)).into_response()
}

async fn show(State(sandbox): State<Sandbox>, headers: HeaderMap, Path((_, sid)): Path<(String, String)>) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let all = sandbox.inner.twilio.verifications.lock().unwrap_or_else(PoisonError::into_inner);
    match all.get(&sid) {
        Some(row) => Json(view(&sid, row)).into_response(),
        None => error(404, 20404, "The requested resource was not found"),
    }
}

async fn update(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path((_, sid)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let mut all = sandbox.inner.twilio.verifications.lock().unwrap_or_else(PoisonError::into_inner);
    match all.get_mut(&sid) {
        Some(row) if fields.get("Status").is_some_and(|status| status == "canceled") => {
            row.status = "canceled";
            Json(view(&sid, row)).into_response()
        }
        Some(_) => error(400, 60200, "Invalid parameter"),
        None => error(404, 20404, "The requested resource was not found"),
    }
}

/// Numbers are mobile, except those whose last four digits ask for something else.
fn line_type(number: &str) -> Option<&'static str> {
    if number == "+14159929960" {
        return Some("nonFixedVoip");
    }
    match number.get(number.len().saturating_sub(4)..).unwrap_or_default() {
        "0001" => Some("landline"),
        "0002" => Some("nonFixedVoip"),
        "0003" => Some("fixedVoip"),
        "0004" => Some("premium"),
        "0005" => None,
        _ => Some("mobile"),
    }
}

async fn lookup(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(query): Query<Fields>,
) -> Response {
    if let Err(refused) = door(&sandbox, &headers) {
        return *refused;
    }
    let wanted = query.get("Fields").is_some_and(|fields| fields.contains("line_type_intelligence"));
    let line = wanted.then(|| json!({ "type": line_type(&number), "error_code": null }));
    Json(json!({ "phone_number": number, "valid": true, "line_type_intelligence": line })).into_response()
}
