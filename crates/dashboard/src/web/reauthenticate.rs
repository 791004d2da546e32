//! Sensitive actions require that the person authenticated within the last ten minutes: password and, if a second
//! factor is on, a code. A form that comes later is answered with the question and continues after the answer, so that
//! nothing has to be typed twice. Its fields are hidden fields of the question.

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::accounts::SignedIn;

use crate::state::DashboardState;
use crate::web::cookies::Cookie;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::{Person, local_path};
use crate::web::form::Form;
use crate::web::html::mark_limit;
use crate::web::response::{Page, redirect, redirect_with_cookie, render};
use crate::web::submit::{TOKEN, page_of_form};
use keystead_core::language::Language;
use keystead_locales::Messages;

/// The fields of the question; no other form uses these names.
const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";
const ASKED: &str = "proof";
const STATE: &str = "proof_state";
const ANSWER: &str = "proof_answer";
const OWN: [&str; 7] = ["csrf", PASSWORD, CODE, ASKED, STATE, ANSWER, TOKEN];

#[derive(Template)]
#[template(path = "pages/reauthenticate.html")]
struct ReauthenticatePage {
    t: Messages,
    language: Language,
    operator: String,
    csrf: String,
    email: String,
    /// Where the answer is sent: the address of the form, or the page of the question.
    action: String,
    /// The page the person came from.
    back: String,
    /// The fields of the form, to be sent again.
    fields: Vec<(String, String)>,
    has_password: bool,
    has_code: bool,
    /// The site name of passkeys, if the person has a passkey.
    passkey_site: Option<String>,
    other: Option<String>,
    wrong: Option<String>,
}

impl ReauthenticatePage {
    async fn new(state: &DashboardState, person: &Person, action: &str, back: &str) -> Result<Self, PageError> {
        let security = state.app.security(&person.session.user).await;
        let security = security.map_err(|error| PageError::new(&person.format, error))?;
        let elsewhere = !security.identities.is_empty();
        Ok(Self {
            t: person.messages,
            language: person.messages.0,
            operator: state.app.settings().operator.clone(),
            csrf: person.session.csrf.clone(),
            email: person.session.email.clone(),
            action: action.to_owned(),
            back: local_path(back).to_owned(),
            fields: Vec::new(),
            has_password: security.has_password,
            has_code: security.second_factor_since.is_some(),
            passkey_site: state.app.passkey_site().filter(|_| !security.passkeys.is_empty()),
            other: state.app.services().sign_in.as_ref().filter(|_| elsewhere).map(|issuer| issuer.label().to_owned()),
            wrong: None,
        })
    }

    /// Whether the person has a password or a second factor to type.
    fn can_answer(&self) -> bool {
        self.has_password || self.has_code
    }
}

/// Renders the question with status 403, so that scripts do not take it for success.
fn render_question(person: &Person, question: &ReauthenticatePage) -> Page {
    let mut response = render(person.messages, question)?;
    *response.status_mut() = StatusCode::FORBIDDEN;
    Ok(response)
}

/// Checks the answer. The session continues under a new secret.
async fn answer(state: &DashboardState, person: &Person, form: &Form) -> Result<SignedIn, Error> {
    if form.ticked(ANSWER) {
        return state.app.reauthenticate_with_passkey(&person.secret, &form.secret(STATE), form.field(ANSWER)).await;
    }
    state.app.reauthenticate(&person.secret, &form.secret(PASSWORD), form.field(CODE)).await
}

/// The cookie of a session that has a new secret.
pub(crate) fn renewed(state: &DashboardState, opened: &SignedIn) -> HeaderValue {
    let seconds = opened.expires_at.since(state.app.now());
    Cookie::Session.set(&opened.session, seconds, state.secure())
}

/// Middleware of every page and form that requires recent authentication.
pub(crate) async fn require_recent(State(state): State<DashboardState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let person = match Person::from_request_parts(&mut parts, &state).await {
        Ok(person) => person,
        Err(response) => return response,
    };
    if person.session.fresh {
        return next.run(Request::from_parts(parts, body)).await;
    }
    if matches!(parts.method, Method::GET | Method::HEAD) {
        return redirect(&format!("/reauthenticate?{}", leading_to(&person.path)));
    }
    let form = match Form::from_request(Request::from_parts(parts.clone(), body), &state).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    match check_proof(&state, &person, &form, &parts).await {
        Err(failure) => failure.into_response(),
        Ok(ProofCheck::Ask(response)) => response,
        Ok(ProofCheck::Passed(opened)) => continue_with(&state, parts, &form, &opened, next).await,
    }
}

enum ProofCheck {
    Ask(Response),
    Passed(SignedIn),
}

async fn check_proof(
    state: &DashboardState,
    person: &Person,
    form: &Form,
    parts: &Parts,
) -> Result<ProofCheck, PageError> {
    person.check(form)?;
    let back = form.without(&[]).into_iter().find(|(name, _)| name == ASKED).map(|(_, back)| back);
    let back = back.unwrap_or_else(|| page_of_form(parts));
    let mut question = ReauthenticatePage::new(state, person, &person.path, &back).await?;
    question.fields = form.without(&OWN);
    if !form.ticked(ASKED) {
        return render_question(person, &question).map(ProofCheck::Ask);
    }
    match answer(state, person, form).await {
        Ok(opened) => Ok(ProofCheck::Passed(opened)),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&person.format, error)),
        Err(error) => {
            question.wrong = Some(error_message(&person.format, &error));
            render_question(person, &question).map(|response| ProofCheck::Ask(mark_limit(response, &error)))
        }
    }
}

/// Handles the original form as if it had been sent with the new session.
async fn continue_with(
    state: &DashboardState,
    mut parts: Parts,
    form: &Form,
    opened: &SignedIn,
    next: Next,
) -> Response {
    let csrf = match state.app.session(&opened.session).await {
        Ok(view) => view.map(|view| view.csrf).unwrap_or_default(),
        Err(error) => return PageError::new(Messages(Language::English), error).into_response(),
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
    // The action itself may have set a newer secret.
    let start = format!("{name}=");
    let set = response.headers().get_all(header::SET_COOKIE);
    if !set.iter().any(|value| value.as_bytes().starts_with(start.as_bytes())) {
        response.headers_mut().append(header::SET_COOKIE, renewed(state, opened));
    }
    response
}

fn leading_to(path: &str) -> String {
    serde_urlencoded::to_string([("next", local_path(path))]).unwrap_or_default()
}

fn wanted(person: &Person) -> &str {
    person.query.get("next").map_or("/home", String::as_str)
}

/// The question on a page of its own, for pages that require recent authentication.
pub(crate) async fn open(State(state): State<DashboardState>, person: Person) -> Page {
    let next = local_path(wanted(&person)).to_owned();
    if person.session.fresh {
        return Ok(redirect(&next));
    }
    let action = format!("/reauthenticate?{}", leading_to(&next));
    let mut question = ReauthenticatePage::new(&state, &person, &action, "/home").await?;
    question.back = "/home".to_owned();
    render(person.messages, &question)
}

/// Checks the answer and redirects to one of our own pages.
pub(crate) async fn prove(State(state): State<DashboardState>, person: Person, form: Form) -> Page {
    person.check(&form)?;
    let next = local_path(wanted(&person)).to_owned();
    match answer(&state, &person, &form).await {
        Ok(opened) => Ok(redirect_with_cookie(&next, renewed(&state, &opened))),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&person.format, error)),
        Err(error) => {
            let action = format!("/reauthenticate?{}", leading_to(&next));
            let mut question = ReauthenticatePage::new(&state, &person, &action, "/home").await?;
            question.wrong = Some(error_message(&person.format, &error));
            render_question(&person, &question).map(|response| mark_limit(response, &error))
        }
    }
}
