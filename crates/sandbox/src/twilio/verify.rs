//! Verify v2: codes by text message. One code per number works ten minutes, and is sent and checked at most five times.

use axum::Json;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::lookup::{Line, carrier, is_e164, line};
use super::{Fields, TWILIO_ACCOUNT_SID, TWILIO_SERVICE_SID, error, lock, not_found};
use crate::bounded_map::BoundedMap;
use crate::{Channel, Message, Sandbox, text};

/// Seconds that a code works.
const LIFETIME: i64 = 600;
const MOST_SENDS: usize = 5;
const MOST_CHECKS: u32 = 5;
/// Maximum number of verifications; the oldest are deleted first.
const MOST: usize = 10_000;

#[derive(Debug)]
struct Verification {
    sid: String,
    to: String,
    code: String,
    status: &'static str,
    sends: Vec<i64>,
    checks: u32,
    created_at: i64,
}

impl Verification {
    /// Returns the status as the vendor reports it: time and too many checks end it, too.
    fn status(&self, now: i64) -> &'static str {
        match self.status {
            "pending" if now - self.created_at >= LIFETIME => "expired",
            "pending" if self.checks >= MOST_CHECKS => "max_attempts_reached",
            status => status,
        }
    }

    /// Whether another code may be sent or checked; otherwise there were too many.
    fn is_open(&self, now: i64) -> bool {
        matches!(self.status(now), "pending" | "max_attempts_reached")
    }

    fn view(&self, now: i64) -> Value {
        let kind = match line(&self.to) {
            Line::Is(kind) => kind,
            Line::Down | Line::Unasked => "mobile",
        };
        let attempts: Vec<Value> = (0usize..)
            .zip(&self.sends)
            .map(|(at, sent)| {
                let sid = text::id("VL", &format!("{}{at}", self.sid));
                json!({ "attempt_sid": sid, "channel": "SMS", "time": instant(*sent) })
            })
            .collect();
        json!({ "sid": self.sid, "service_sid": TWILIO_SERVICE_SID, "account_sid": TWILIO_ACCOUNT_SID, "to": self.to,
            "channel": "sms", "status": self.status(now), "valid": self.status == "approved",
            "lookup": { "carrier": carrier(kind) }, "send_code_attempts": attempts, "amount": null, "payee": null,
            "date_created": instant(self.created_at) })
    }
}

fn instant(at: i64) -> String {
    jiff::Timestamp::from_second(at).map(|at| at.to_string()).unwrap_or_default()
}

#[derive(Debug)]
pub(super) struct Books {
    verifications: BoundedMap<Verification>,
    /// The newest verification of a number.
    newest: BoundedMap<String>,
    made: u64,
}

impl Default for Books {
    fn default() -> Self {
        Self { verifications: BoundedMap::new(MOST), newest: BoundedMap::new(MOST), made: 0 }
    }
}

impl Books {
    /// Returns the id of the number's live verification, or of a new one.
    fn of(&mut self, to: &str, now: i64) -> String {
        let newest = self.newest.get(to).and_then(|sid| self.verifications.get(sid));
        if let Some(row) = newest.filter(|row| row.is_open(now)) {
            return row.sid.clone();
        }
        self.made += 1;
        let seed = format!("twilio {to} {now} {}", self.made);
        let sid = text::id("VE", &seed);
        let row = Verification {
            sid: sid.clone(),
            to: to.to_owned(),
            code: code(&seed),
            status: "pending",
            sends: Vec::new(),
            checks: 0,
            created_at: now,
        };
        self.verifications.put(sid.clone(), row);
        self.newest.put(to.to_owned(), sid.clone());
        sid
    }
}

/// Computes six digits from the number, the time and the order of calls; they cannot be guessed from the number alone.
fn code(seed: &str) -> String {
    let digest = text::id("", &format!("code {seed}"));
    let number = digest.get(..12).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default();
    format!("{:06}", number % 1_000_000)
}

/// Builds the message. Its last line lets a phone fill the code in automatically.
fn message(locale: &str, code: &str) -> String {
    let words = match locale.split(['-', '_']).next() {
        Some("pl") => format!("Twój kod weryfikacyjny to {code}"),
        Some("ja") => format!("認証コード：{code}"),
        _ => format!("Your verification code is {code}"),
    };
    format!("{words}\n\n@localhost #{code}")
}

fn wrong_parameter() -> Response {
    error(StatusCode::BAD_REQUEST, 60_200, "Invalid parameter")
}

pub(super) async fn start(
    State(sandbox): State<Sandbox>,
    Path(service): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    if service != TWILIO_SERVICE_SID {
        return not_found();
    }
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let to = field("To");
    if !is_e164(to) || field("Channel") != "sms" {
        return wrong_parameter();
    }
    if line(to) == Line::Is("landline") {
        return error(StatusCode::FORBIDDEN, 60_205, "SMS is not supported by landline phone number");
    }
    let now = sandbox.now();
    let undelivered = lock(&sandbox.inner.twilio.faults).undelivered;
    let mut books = lock(&sandbox.inner.twilio.books);
    let sid = books.of(to, now);
    let Some(row) = books.verifications.get_mut(&sid) else { return not_found() };
    if row.sends.len() >= MOST_SENDS {
        return error(StatusCode::TOO_MANY_REQUESTS, 60_203, "Max send attempts reached");
    }
    row.sends.push(now);
    if !undelivered {
        let words = message(field("Locale"), &row.code);
        sandbox.deliver(Message::new(Channel::Sms, to.to_owned(), None, words, now));
    }
    (StatusCode::CREATED, Json(row.view(now))).into_response()
}

pub(super) async fn check(
    State(sandbox): State<Sandbox>,
    Path(service): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let now = sandbox.now();
    let mut books = lock(&sandbox.inner.twilio.books);
    let by_number = || fields.get("To").and_then(|to| books.newest.get(to)).cloned();
    let sid = fields.get("VerificationSid").cloned().or_else(by_number).unwrap_or_default();
    let found = books.verifications.get_mut(&sid).filter(|row| service == TWILIO_SERVICE_SID && row.is_open(now));
    // Approved, expired, cancelled and unknown are the same to the vendor: forgotten.
    let Some(row) = found else { return not_found() };
    let Some(typed) = fields.get("Code").filter(|code| code.bytes().all(|byte| byte.is_ascii_digit())) else {
        return wrong_parameter();
    };
    if row.checks >= MOST_CHECKS {
        return error(StatusCode::TOO_MANY_REQUESTS, 60_202, "Max check attempts reached");
    }
    row.checks += 1;
    if *typed == row.code {
        row.status = "approved";
    }
    let mut view = row.view(now);
    if row.status == "pending" {
        // The fifth wrong code gets the same answer as the four before it.
        view["status"] = json!("pending");
    }
    Json(view).into_response()
}

pub(super) async fn service(Path(service): Path<String>) -> Response {
    if service != TWILIO_SERVICE_SID {
        return not_found();
    }
    Json(json!({ "sid": service, "friendly_name": "Sandbox", "code_length": 6 })).into_response()
}

pub(super) async fn show(State(sandbox): State<Sandbox>, Path((service, sid)): Path<(String, String)>) -> Response {
    let books = lock(&sandbox.inner.twilio.books);
    let found = books.verifications.get(&sid).filter(|_| service == TWILIO_SERVICE_SID);
    found.map_or_else(not_found, |row| Json(row.view(sandbox.now())).into_response())
}

/// Only ending is supported here: `Status=canceled`.
pub(super) async fn update(
    State(sandbox): State<Sandbox>,
    Path((service, sid)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Response {
    let now = sandbox.now();
    let mut books = lock(&sandbox.inner.twilio.books);
    let found = books.verifications.get_mut(&sid).filter(|row| service == TWILIO_SERVICE_SID && row.is_open(now));
    let Some(row) = found else { return not_found() };
    if fields.get("Status").is_none_or(|status| status != "canceled") {
        return wrong_parameter();
    }
    row.status = "canceled";
    Json(row.view(now)).into_response()
}
