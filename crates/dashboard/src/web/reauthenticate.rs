//! Dangerous acts want a proof that is at most ten minutes old (ASVS 7.5.1): the password, and a code where the second
//! factor is on. A form that comes too late is answered with the question and goes on with the answer, so that nothing
//! has to be typed twice; its fields travel in the page and are kept nowhere.

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::accounts::SignedIn;

use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::cookies::Cookie;
use crate::web::error_page::{Failure, words};
use crate::web::extract::{Person, own_path};
use crate::web::form::Form;
use crate::web::html::mark_limit;
use crate::web::response::{Page, go, go_with, show};

/// The fields of the question; no other form of ours has any of these names.
const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";
const ASKED: &str = "proof";
const STATE: &str = "proof_state";
const ANSWER: &str = "proof_answer";
const OWN: [&str; 6] = ["csrf", PASSWORD, CODE, ASKED, STATE, ANSWER];

#[derive(Template)]
#[template(path = "pages/reauthenticate.html")]
struct Question {
    t: Text,
    language: Language,
    operator: String,
    csrf: String,
    email: String,
    /// Where the answer goes: the form's own address, or the page that asks by itself.
    action: String,
    /// Where the person was.
    back: String,
    /// What the form said, to be sent again.
    fields: Vec<(String, String)>,
    has_password: bool,
    has_code: bool,
    /// The name passkeys are bound to, when the person has one.
    passkey_site: Option<String>,
    other: Option<String>,
    wrong: Option<String>,
}

impl Question {
    async fn new(state: &DashboardState, person: &Person, action: &str, back: &str) -> Result<Self, Failure> {
        let security = state.app.security(&person.session.user).await;
        let security = security.map_err(|error| Failure::new(person.text, error))?;
        let elsewhere = !security.identities.is_empty();
        Ok(Self {
            t: person.text,
            language: person.text.0,
            operator: state.app.settings().operator.clone(),
            csrf: person.session.csrf.clone(),
            email: person.session.email.clone(),
            action: action.to_owned(),
            back: own_path(back).to_owned(),
            fields: Vec::new(),
            has_password: security.has_password,
            has_code: security.second_factor_since.is_some(),
            passkey_site: state.app.passkey_site().filter(|_| !security.passkeys.is_empty()),
            other: state.app.services().sign_in.as_ref().filter(|_| elsewhere).map(|issuer| issuer.label().to_owned()),
            wrong: None,
        })
    }

    /// Whether there is anything to type.
    fn can_answer(&self) -> bool {
        self.has_password || self.has_code
    }
}

/// The question, with a status that no browser takes for success.
fn ask_with(person: &Person, question: &Question) -> Page {
    let mut response = show(person.text, question)?;
    *response.status_mut() = StatusCode::FORBIDDEN;
    Ok(response)
}

/// Takes the answer; the session goes on under a new secret.
async fn answer(state: &DashboardState, person: &Person, form: &Form) -> Result<SignedIn, Error> {
    if form.ticked(ANSWER) {
        return state.app.reauthenticate_with_passkey(&person.secret, &form.secret(STATE), form.text(ANSWER)).await;
    }
    state.app.reauthenticate(&person.secret, &form.secret(PASSWORD), form.text(CODE)).await
}

/// The session's cookie after a new secret was given out.
pub(crate) fn renewed(state: &DashboardState, opened: &SignedIn) -> HeaderValue {
    let seconds = opened.expires_at.since(state.app.now());
    Cookie::Session.set(&opened.session, seconds, state.secure())
}

/// Stands before every page and form that wants a fresh proof.
pub(crate) async fn ask(State(state): State<DashboardState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let person = match Person::from_request_parts(&mut parts, &state).await {
        Ok(person) => person,
        Err(response) => return response,
    };
    if person.session.fresh {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return go(&format!("/reauthenticate?{}", leading_to(&person.path)));
    }
    let form = match Form::from_request(Request::from_parts(parts.clone(), body), &state).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    match judge(&state, &person, &form, &parts).await {
        Err(failure) => failure.into_response(),
        Ok(Judged::Asked(response)) => response,
        Ok(Judged::Proven(opened)) => go_on(&state, parts, &form, &opened, next).await,
    }
}

enum Judged {
    Asked(Response),
    Proven(SignedIn),
}

async fn judge(state: &DashboardState, person: &Person, form: &Form, parts: &Parts) -> Result<Judged, Failure> {
    person.check(form)?;
    let from = parts.headers.get(header::REFERER).and_then(|from| from.to_str().ok());
    let from = form.without(&[]).into_iter().find(|(name, _)| name == ASKED).map(|(_, back)| back).or_else(|| {
        let uri = from?.parse::<axum::http::Uri>().ok()?;
        Some(uri.path_and_query()?.as_str().to_owned())
    });
    let mut question = Question::new(state, person, &person.path, from.as_deref().unwrap_or_default()).await?;
    question.fields = form.without(&OWN);
    if !form.ticked(ASKED) {
        return ask_with(person, &question).map(Judged::Asked);
    }
    match answer(state, person, form).await {
        Ok(opened) => Ok(Judged::Proven(opened)),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(person.text, error)),
        Err(error) => {
            question.wrong = Some(words(person.text, &error));
            ask_with(person, &question).map(|response| Judged::Asked(mark_limit(response, &error)))
        }
    }
}

/// The form as it would have come with the new session.
async fn go_on(state: &DashboardState, mut parts: Parts, form: &Form, opened: &SignedIn, next: Next) -> Response {
    let csrf = match state.app.session(&opened.session).await {
        Ok(view) => view.map(|view| view.csrf).unwrap_or_default(),
        Err(error) => return Failure::new(Text(Language::English), error).into_response(),
    };
    let mut fields = form.without(&OWN);
    fields.push(("csrf".to_owned(), csrf));
    let body = serde_urlencoded::to_string(&fields).unwrap_or_default();
    let name = Cookie::Session.name(state.secure());
    let Ok(cookie) = HeaderValue::from_str(&format!("{name}={}", opened.session.expose())) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.insert(header::COOKIE, cookie);
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // The act itself may have given out a newer secret.
    let start = format!("{name}=");
    let set = response.headers().get_all(header::SET_COOKIE);
    if !set.iter().any(|value| value.as_bytes().starts_with(start.as_bytes())) {
        response.headers_mut().append(header::SET_COOKIE, renewed(state, opened));
    }
    response
}

fn leading_to(path: &str) -> String {
    serde_urlencoded::to_string([("next", own_path(path))]).unwrap_or_default()
}

fn wanted(person: &Person) -> &str {
    person.asked.get("next").map_or("/home", String::as_str)
}

/// The question on a page of its own, for pages that want a fresh proof.
pub(crate) async fn open(State(state): State<DashboardState>, person: Person) -> Page {
    let next = own_path(wanted(&person)).to_owned();
    if person.session.fresh {
        return Ok(go(&next));
    }
    let action = format!("/reauthenticate?{}", leading_to(&next));
    let mut question = Question::new(&state, &person, &action, "/home").await?;
    question.back = "/home".to_owned();
    show(person.text, &question)
}

/// Its answer; leads on to one of our own pages.
pub(crate) async fn prove(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    let next = own_path(wanted(&person)).to_owned();
    match answer(&state, &person, &form).await {
        Ok(opened) => Ok(go_with(&next, renewed(&state, &opened))),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(person.text, error)),
        Err(error) => {
            let action = format!("/reauthenticate?{}", leading_to(&next));
            let mut question = Question::new(&state, &person, &action, "/home").await?;
            question.wrong = Some(words(person.text, &error));
            ask_with(&person, &question).map(|response| mark_limit(response, &error))
        }
    }
}
