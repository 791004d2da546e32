//! Lookup v2: the line type of a number. Numbers are mobile, except those with last four digits that request another
//! type, or a fault.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Fields, down};
use crate::Sandbox;

/// The meaning of the last four digits.
const ENDINGS: [(&str, Line); 9] = [
    ("0001", Line::Is("landline")),
    ("0002", Line::Is("nonFixedVoip")),
    ("0003", Line::Is("fixedVoip")),
    ("0004", Line::Is("premium")),
    ("0005", Line::Is("unknown")),
    ("0006", Line::Down),
    ("0007", Line::Unasked),
    ("0008", Line::Is("tollFree")),
    ("0009", Line::Is("personal")),
];
/// A number that libraries take for a mobile or a fixed line and that the vendor knows to be neither.
const KNOWN: &str = "+14159929960";
/// The vendor names no carrier for these.
const WITHOUT_CARRIER: [&str; 6] = ["personal", "tollFree", "premium", "sharedCost", "uan", "voicemail"];

/// The result of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A kind of line.
    Is(&'static str),
    /// The vendor's look-up is down.
    Down,
    /// The carrier could not be asked; the answer says so instead of a type.
    Unasked,
}

pub(super) fn line(number: &str) -> Line {
    if number == KNOWN {
        return Line::Is("nonFixedVoip");
    }
    let scripted = ENDINGS.iter().find(|(ending, _)| number.ends_with(ending));
    scripted.map_or(Line::Is("mobile"), |(_, line)| *line)
}

/// E.164: a plus and at most fifteen digits.
pub(super) fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

/// Returns the carrier of a line type, in the form of both Verify and Lookup.
pub(super) fn carrier(kind: &str) -> Value {
    if WITHOUT_CARRIER.contains(&kind) {
        return json!({ "carrier_name": null, "mobile_country_code": null, "mobile_network_code": null });
    }
    json!({ "carrier_name": "Sandbox Mobile", "mobile_country_code": "001", "mobile_network_code": "01" })
}

/// Returns the report about the SIM card: changed an hour ago if the number ends in 0010, within two days if it ends in
/// 0011, unknown to the carrier if it ends in 0012; a year ago otherwise.
fn sim_swap(number: &str, now: i64) -> Value {
    let date = |ago: i64| jiff::Timestamp::from_second(now - ago).map(|at| at.to_string()).unwrap_or_default();
    let last = |date: Option<String>, changed: bool| json!({ "last_sim_swap_date": date, "swapped_period": "PT48H", "swapped_in_period": changed });
    let (last, error) = match number.get(number.len().saturating_sub(4)..) {
        Some("0010") => (last(Some(date(3_600)), true), Value::Null),
        Some("0011") => (last(None, true), Value::Null),
        Some("0012") => (Value::Null, json!(60_620)),
        _ => (last(Some(date(365 * 86_400)), false), Value::Null),
    };
    json!({ "last_sim_swap": last, "carrier_name": "Sandbox Mobile", "mobile_country_code": "001",
        "mobile_network_code": "01", "error_code": error })
}

pub(super) async fn lookup(
    State(sandbox): State<Sandbox>,
    Path(number): Path<String>,
    Query(query): Query<Fields>,
) -> Response {
    let fits = is_e164(&number);
    let errors = if fits { vec![] } else { vec!["INVALID_BUT_POSSIBLE"] };
    let wanted = |name| query.get("Fields").is_some_and(|fields| fields.split(',').any(|field| field == name));
    let sim = if wanted("sim_swap") && fits { sim_swap(&number, sandbox.now()) } else { Value::Null };
    let details = match (wanted("line_type_intelligence") && fits).then(|| line(&number)) {
        None => Value::Null,
        Some(Line::Down) => return down(),
        Some(Line::Unasked) => json!({ "type": null, "error_code": 60_600 }),
        Some(Line::Is(kind)) => {
            let mut details = carrier(kind);
            details["type"] = json!(kind);
            details["error_code"] = Value::Null;
            details
        }
    };
    Json(json!({ "phone_number": number, "valid": fits, "validation_errors": errors, "line_type_intelligence": details,
        "sim_swap": sim,
        "url": format!("https://lookups.twilio.com/v2/PhoneNumbers/{number}") }))
    .into_response()
}
