//! The hosted flow: a one-time link opens a session; then country, document, face, and the chosen end.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::document::CheckInput;
use super::inquiry::{Act, Inquiry, Status, Step};
use super::simulate::{act_of, form};
use super::words::{self, Words, translated};
use super::{Session, books, with};
use crate::Sandbox;
use crate::page::{escape, page as html};

type Parameters = Query<HashMap<String, String>>;

/// `/verify?code=…`, the form of the vendor's links.
pub(super) async fn open_by_query(parameters: Parameters) -> Response {
    let code = parameters.get("code").map_or("", String::as_str);
    let fits = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let language = words::language(parameters.get("language").map(String::as_str));
    if fits {
        Redirect::to(&format!("/persona/verify/{code}?language={language}")).into_response()
    } else {
        unknown(language)
    }
}

/// Opening uses the link up, as at the vendor; a HEAD request does not.
pub(super) async fn open(
    State(sandbox): State<Sandbox>,
    Path(code): Path<String>,
    parameters: Parameters,
    method: Method,
) -> Response {
    let language = words::language(parameters.get("language").map(String::as_str));
    let Some(link) = books(&sandbox).links.get(&code).cloned() else { return unknown(language) };
    if method == Method::HEAD {
        return StatusCode::OK.into_response();
    }
    let Some(inquiry) = with(&sandbox, &link.inquiry, |inquiry| inquiry.clone()) else { return unknown(language) };
    let now = sandbox.now();
    let token = {
        let mut books = books(&sandbox);
        let fresh = match books.links.get_mut(&code) {
            Some(link) => !std::mem::replace(&mut link.spent, true) && now < link.expires_at,
            None => false,
        };
        if !fresh {
            drop(books);
            return ended(language, words::EXPIRED, words::EXPIRED_LEAD, &inquiry.redirect);
        }
        let token = books.id("session_", now);
        let step = inquiry.step;
        let session = Session { inquiry: link.inquiry, language, step, input: CheckInput::default(), left: false };
        books.sessions.put(token.clone(), session);
        token
    };
    Redirect::to(&format!("/persona/session/{token}")).into_response()
}

/// Returns the session, and its inquiry in its present state.
fn visit(sandbox: &Sandbox, token: &str) -> Option<(Session, Inquiry)> {
    let session = books(sandbox).sessions.get(token).cloned()?;
    let inquiry = with(sandbox, &session.inquiry, |inquiry| inquiry.clone())?;
    Some((session, inquiry))
}

pub(super) async fn page(State(sandbox): State<Sandbox>, Path(token): Path<String>) -> Response {
    let Some((session, inquiry)) = visit(&sandbox, &token) else { return unknown("en") };
    show(&token, &session, &inquiry)
}

fn show(token: &str, session: &Session, inquiry: &Inquiry) -> Response {
    let language = session.language;
    if session.left || inquiry.times.redacted.is_some() {
        return ended(language, words::EXPIRED, words::EXPIRED_LEAD, &inquiry.redirect);
    }
    match inquiry.status {
        Status::Created | Status::Pending => step(token, session),
        Status::Expired => ended(language, words::EXPIRED, words::EXPIRED_LEAD, &inquiry.redirect),
        Status::Failed => ended(language, words::FAILED, words::FAILED_LEAD, &inquiry.way_back()),
        _ => ended(language, words::DONE, words::DONE_LEAD, &inquiry.way_back()),
    }
}

fn unknown(language: &str) -> Response {
    let mut response = ended(language, words::UNKNOWN, words::EXPIRED_LEAD, "");
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Builds a page with nothing left to do, and a link back.
fn ended(language: &str, title: Words, lead: Words, back: &str) -> Response {
    let lead = translated(language, lead);
    let way = if back.starts_with("http") {
        format!("<p><a href=\"{}\">{}</a></p>", escape(back), translated(language, words::BACK))
    } else {
        format!("<p>{}</p>", translated(language, words::CLOSE))
    };
    html(language, translated(language, title), &format!("<p>{lead}</p>{way}"))
}

/// Builds a choice of one value.
fn choice(language: &str, name: &str, label: Words, options: &[(&'static str, Words)]) -> String {
    let option =
        |(value, all): &(&str, Words)| format!("<option value=\"{value}\">{}</option>", translated(language, *all));
    let options: String = options.iter().map(option).collect();
    format!(
        "<p><label for=\"{name}\">{}</label><select id=\"{name}\" name=\"{name}\">{options}</select></p>",
        translated(language, label)
    )
}

/// Builds the buttons that end the check.
fn outcomes(language: &str) -> String {
    let reasons = choice(language, "reason", words::REASON, &words::REASONS);
    let button = |(outcome, all): &(&str, Words)| {
        format!("<button name=\"outcome\" value=\"{outcome}\">{}</button>", translated(language, *all))
    };
    let buttons: String = words::OUTCOMES.iter().map(button).collect();
    let leave = translated(language, words::LEAVE);
    format!("{reasons}<p>{buttons}<button name=\"outcome\" value=\"start\">{leave}</button></p>")
}

/// Builds one of three steps.
fn step(token: &str, session: &Session) -> Response {
    let language = session.language;
    let (number, heading, body) = match session.step {
        Step::Country => (1, words::PLACE, choice(language, "country", words::COUNTRY, &words::COUNTRIES)),
        Step::Document => {
            let japan = session.input.country.as_deref() == Some("JP");
            let issued: Vec<_> =
                words::KINDS.into_iter().filter(|(kind, _)| japan || *kind != "my_number_card").collect();
            let kinds = choice(language, "document", words::KIND, &issued);
            let label = translated(language, words::NUMBER);
            let field = "<input id=\"document_number\" name=\"document_number\" maxlength=\"40\" autocomplete=\"off\">";
            (2, words::DOCUMENT, format!("{kinds}<p><label for=\"document_number\">{label}</label>{field}</p>"))
        }
        Step::Selfie | Step::Done => {
            let lead = translated(language, words::SELFIE_LEAD);
            (3, words::SELFIE, format!("<p>{lead}</p>{}", outcomes(language)))
        }
    };
    let action = escape(&format!("/persona/session/{token}"));
    let form = |inside: &str| format!("<form method=\"post\" action=\"{action}\">{inside}</form>");
    let (next, at_once) = if number < 3 {
        let next = translated(language, words::NEXT);
        let summary = translated(language, words::AT_ONCE);
        let ends = form(&outcomes(language));
        (format!("<p><button>{next}</button></p>"), format!("<details><summary>{summary}</summary>{ends}</details>"))
    } else {
        (String::new(), String::new())
    };
    let body = format!(
        "<p>{}</p><h2><small>{} {number}/3</small> {}</h2>{}{at_once}",
        translated(language, words::LEAD),
        translated(language, words::STEP),
        translated(language, heading),
        form(&format!("{body}{next}")),
    );
    html(language, translated(language, words::TITLE), &body)
}

/// The fields of a step's form.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Filled {
    outcome: Option<String>,
    #[serde(flatten)]
    input: CheckInput,
}

/// Goes to the next step, or ends the check.
pub(super) async fn next(State(sandbox): State<Sandbox>, Path(token): Path<String>, body: Bytes) -> Response {
    let Some((mut session, inquiry)) = visit(&sandbox, &token) else { return unknown("en") };
    let here = Redirect::to(&format!("/persona/session/{token}")).into_response();
    let open = matches!(inquiry.status, Status::Created | Status::Pending) && !session.left;
    let Some(filled) = form::<Filled>(&body).filter(|filled| open && filled.input.wrong().is_none()) else {
        return here;
    };
    remember(&mut session.input, filled.input);
    let now = sandbox.now();
    let act = filled.outcome.as_deref().map(act_of);
    let done = match act {
        // The form has no such button.
        Some(None) => return here,
        None => {
            session.step = if session.step == Step::Country { Step::Document } else { Step::Selfie };
            with(&sandbox, &session.inquiry, |inquiry| {
                inquiry.advance(session.step, &session.input, now).map(|()| None)
            })
        }
        Some(Some(act)) => {
            session.left = act == Act::Start;
            with(&sandbox, &session.inquiry, |inquiry| {
                inquiry.act(act, &session.input, now).map(|()| Some(inquiry.way_back()))
            })
        }
    };
    books(&sandbox).sessions.put(token, session);
    match done {
        // When the time is over, the person stays on this page, which says so.
        Some(Ok(Some(back))) if act != Some(Some(Act::Expire)) && back.starts_with("http") => {
            Redirect::to(&back).into_response()
        }
        _ => here,
    }
}

/// Keeps what was stated on an earlier page until it is stated again.
fn remember(kept: &mut CheckInput, input: CheckInput) {
    let newer = |kept: &mut Option<String>, input: Option<String>| *kept = input.or(kept.take());
    newer(&mut kept.reason, input.reason);
    newer(&mut kept.country, input.country);
    newer(&mut kept.document, input.document);
    newer(&mut kept.document_number, input.document_number);
    newer(&mut kept.birthdate, input.birthdate);
}
