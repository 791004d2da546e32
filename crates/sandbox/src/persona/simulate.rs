//! `POST <link>/simulate`: a check with a chosen outcome, for scripts (JSON) and for people (a form).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::document::CheckInput;
use super::inquiry::{Act, Announcement, Inquiry, NotNow};
use super::{books, error, not_found, unprocessable, view};
use crate::Sandbox;

/// The chosen outcome.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Simulation {
    pub(super) outcome: String,
    #[serde(flatten)]
    pub(super) input: CheckInput,
}

pub(super) fn act_of(outcome: &str) -> Option<Act> {
    Some(match outcome {
        "approve" => Act::Approve,
        "decline" => Act::Decline,
        "fail" => Act::Fail,
        "review" => Act::Review,
        "complete" => Act::Complete,
        "expire" => Act::Expire,
        "start" => Act::Start,
        _ => return None,
    })
}

/// Parses the pairs of a form; an empty field counts as absent.
pub(super) fn form<T: serde::de::DeserializeOwned>(body: &[u8]) -> Option<T> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    let filled = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    serde_json::from_value(serde_json::Value::Object(filled.map(|(name, value)| (name, value.into())).collect())).ok()
}

/// The result: the inquiry's id, its status, where the browser is sent, and the names of the events.
struct Applied {
    id: String,
    status: &'static str,
    redirect: String,
    events: Vec<&'static str>,
}

fn apply(
    inquiry: &mut Inquiry,
    act: Act,
    input: &CheckInput,
    now: i64,
) -> Result<(Applied, Vec<Announcement>), NotNow> {
    inquiry.act(act, input, now)?;
    let announcements = inquiry.take_announcements();
    let applied = Applied {
        id: inquiry.id.clone(),
        status: view::status_name(inquiry.status),
        redirect: inquiry.way_back(),
        events: announcements.iter().map(|(name, ..)| *name).collect(),
    };
    Ok((applied, announcements))
}

/// Handles a one-time link's code, opened or not, or the inquiry's id.
pub(super) async fn by_link(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let scripted = kind.starts_with("application/json");
    let simulation: Option<Simulation> = if scripted { serde_json::from_slice(&body).ok() } else { form(&body) };
    let Some(simulation) = simulation else {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "{\"outcome\": …} is wanted, as JSON or as a form");
    };
    let Some(act) = act_of(&simulation.outcome) else {
        return unprocessable("outcome is one of approve, decline, fail, review, complete, expire, start");
    };
    if let Some(details) = simulation.input.wrong() {
        return unprocessable(details);
    }
    let now = sandbox.now();
    let (applied, announcements) = {
        let mut books = books(&sandbox);
        let id = books.links.get(&code).map_or(code.clone(), |link| link.inquiry.clone());
        let Some(inquiry) = books.inquiries.get_mut(&id) else { return not_found() };
        match apply(inquiry, act, &simulation.input, now) {
            Ok(applied) => applied,
            Err(NotNow) => {
                let message =
                    format!("the inquiry is {} and cannot {}", view::status_name(inquiry.status), simulation.outcome);
                let late = inquiry.take_announcements();
                drop(books);
                sandbox.announce_inquiry(late);
                return unprocessable(&message);
            }
        }
    };
    sandbox.announce_inquiry(announcements);
    if !scripted && applied.redirect.starts_with("http") {
        return Redirect::to(&applied.redirect).into_response();
    }
    Json(
        json!({ "id": applied.id, "outcome": simulation.outcome, "status": applied.status, "redirect": applied.redirect,
        "events": applied.events }),
    )
    .into_response()
}
