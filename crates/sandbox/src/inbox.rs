//! Text messages and mails that a real service would have sent, newest first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Sandbox;
use crate::page::{escape, page as html};

/// Maximum number of messages; older ones are deleted.
const MOST: usize = 500;

/// The channel of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A text message.
    Sms,
    /// Mail.
    Email,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its channel.
    pub channel: Channel,
    /// The recipient.
    pub to: String,
    /// A mail's subject.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// A mail's HTML document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The first sequence of exactly six digits in the text.
    pub code: Option<String>,
    /// The first link in the text.
    pub link: Option<String>,
    /// Unix seconds.
    pub created_at: i64,
    /// Its number in the inbox; the first message has 1.
    #[serde(skip)]
    pub number: u64,
}

impl Message {
    /// Builds a message, and finds code and link in its text.
    #[must_use]
    pub fn new(channel: Channel, to: String, subject: Option<String>, text: String, created_at: i64) -> Self {
        let code = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned);
        let link = text.split_whitespace().find(|word| word.starts_with("http://") || word.starts_with("https://"));
        Self { link: link.map(str::to_owned), channel, to, subject, code, created_at, text, html: None, number: 0 }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<VecDeque<Message>>);

impl Inbox {
    pub(crate) fn deliver(&self, message: Message) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = messages.front().map_or(0, |newest| newest.number) + 1;
        messages.push_front(Message { number, ..message });
        messages.truncate(MOST);
    }
}

pub(crate) async fn list(State(sandbox): State<Sandbox>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let messages = sandbox.inner.inbox.0.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = |message: &&Message| {
        let channel = if message.channel == Channel::Sms { "sms" } else { "email" };
        query.get("to").is_none_or(|to| *to == message.to) && query.get("channel").is_none_or(|c| c == channel)
    };
    Json(json!({ "data": messages.iter().filter(wanted).collect::<Vec<_>>() }))
}

pub(crate) async fn clear(State(sandbox): State<Sandbox>) -> StatusCode {
    sandbox.inner.inbox.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Sms {
    to: String,
    text: String,
}

/// Receives a text message, as a plain gateway over HTTP.
pub(crate) async fn receive_sms(State(sandbox): State<Sandbox>, Json(sms): Json<Sms>) -> (StatusCode, Json<Value>) {
    let id = crate::text::id("sms_", &format!("{}{}{}", sms.to, sms.text, sandbox.now()));
    sandbox.deliver(Message::new(Channel::Sms, sms.to, None, sms.text, sandbox.now()));
    (StatusCode::CREATED, Json(json!({ "id": id })))
}

/// The interval in seconds at which the page for people reloads.
const AGAIN: &str = "5";
/// Maximum number of messages on it.
const SHOWN: usize = 50;

fn row(message: &Message) -> String {
    let code = message.code.as_ref().map(|code| format!("<p><code>{}</code></p>", escape(code)));
    let link = message.link.as_ref().map(|link| {
        let link = escape(link);
        format!("<p><a href=\"{link}\" rel=\"noreferrer\">{link}</a></p>")
    });
    let subject = message.subject.as_ref().map(|subject| format!("<strong>{}</strong>", escape(subject)));
    let at = jiff::Timestamp::from_second(message.created_at).map(|at| at.to_string()).unwrap_or_default();
    let html = message.html.as_ref().map(|_| format!("<p><a href=\"/inbox/{}\">Show as HTML</a></p>", message.number));
    format!(
        "<article><p class=\"who\">{} to {}, <time>{at}</time></p>{}<pre>{}</pre>{}{}{}</article>",
        if message.channel == Channel::Sms { "SMS" } else { "Email" },
        escape(&message.to),
        subject.unwrap_or_default(),
        escape(&message.text),
        code.unwrap_or_default(),
        link.unwrap_or_default(),
        html.unwrap_or_default()
    )
}

/// `GET /inbox`: the same for people, newest first. The page reloads by itself.
pub(crate) async fn page(State(sandbox): State<Sandbox>) -> Response {
    let rows: String = {
        let messages = sandbox.inner.inbox.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().take(SHOWN).map(row).collect()
    };
    let body = if rows.is_empty() {
        "<p>Nothing yet. Texts and mails of this installation arrive here.</p>".to_owned()
    } else {
        rows
    };
    let mut response = html("en", "Inbox", &body);
    response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    response
}

/// `GET /inbox/{number}`: a mail's HTML, as a mail program shows it. It may load nothing and run no script.
pub(crate) async fn show(State(sandbox): State<Sandbox>, Path(number): Path<u64>) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                          frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox \
                          allow-top-navigation-by-user-activation";
    let messages = sandbox.inner.inbox.0.lock().unwrap_or_else(PoisonError::into_inner);
    let found = messages.iter().find(|message| message.number == number).and_then(|message| message.html.clone());
    drop(messages);
    let Some(document) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, document).into_response()
}
