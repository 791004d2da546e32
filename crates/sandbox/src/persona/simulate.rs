//! `POST <link>/simulate`: a check with a chosen outcome, for scripts (JSON) and for people (a form).

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::document::Said;
use super::inquiry::{Act, Announcement, Inquiry, NotNow};
use super::{books, error, not_found, unprocessable, view};
use crate::Sandbox;

/// The chosen outcome.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Told {
    pub(super) outcome: String,
    #[serde(flatten)]
    pub(super) said: Said,
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
struct Came {
    id: String,
    status: &'static str,
    redirect: String,
    events: Vec<&'static str>,
}

fn come(inquiry: &mut Inquiry, act: Act, said: &Said, now: i64) -> Result<(Came, Vec<Announcement>), NotNow> {
    inquiry.act(act, said, now)?;
    let announcements = inquiry.take_announcements();
    let came = Came {
        id: inquiry.id.clone(),
        status: view::word(inquiry.status),
        redirect: inquiry.way_back(),
        events: announcements.iter().map(|(name, ..)| *name).collect(),
    };
    Ok((came, announcements))
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
    let told: Option<Told> = if scripted { serde_json::from_slice(&body).ok() } else { form(&body) };
    let Some(told) = told else {
        return error(StatusCode::BAD_REQUEST, "Bad Request", "{\"outcome\": …} is wanted, as JSON or as a form");
    };
    let Some(act) = act_of(&told.outcome) else {
        return unprocessable("outcome is one of approve, decline, fail, review, complete, expire, start");
    };
    if let Some(details) = told.said.wrong() {
        return unprocessable(details);
    }
    let now = sandbox.now();
    let (came, announcements) = {
        let mut books = books(&sandbox);
        let id = books.links.get(&code).map_or(code.clone(), |link| link.inquiry.clone());
        let Some(inquiry) = books.inquiries.get_mut(&id) else { return not_found() };
        match come(inquiry, act, &told.said, now) {
            Ok(came) => came,
            Err(NotNow) => {
                let standing = format!("the inquiry is {} and cannot {}", view::word(inquiry.status), told.outcome);
                let late = inquiry.take_announcements();
                drop(books);
                sandbox.tell_of_inquiry(late);
                return unprocessable(&standing);
            }
        }
    };
    sandbox.tell_of_inquiry(announcements);
    if !scripted && came.redirect.starts_with("http") {
        return Redirect::to(&came.redirect).into_response();
    }
    Json(json!({ "id": came.id, "outcome": told.outcome, "status": came.status, "redirect": came.redirect,
        "events": came.events }))
    .into_response()
}
