//! Passkeys: signing in with one, adding and taking one away. A script hands the question to the browser's
//! authenticator; without scripts the forms are not there, and every other way in is.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::accounts::Question;

use super::forms;
use crate::state::DashboardState;
use crate::web::error_page::{Failure, words};
use crate::web::extract::{Visit, Visitor};
use crate::web::form::Form;
use crate::web::layout::Shell;
use crate::web::reauthenticate::renewed;
use crate::web::response::{Page, go_with, show, show_refused};

const SECURITY: &str = "/settings/account/security";
const HERE: &str = "/settings/account/security/passkeys";

/// A question as the script reads it. The state is letters and digits, the options are JSON already.
fn told(question: &Question) -> Response {
    let text = format!("{{\"state\":\"{}\",\"options\":{}}}", question.state.expose(), question.options);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, text).into_response()
}

/// Asks for a passkey, whoever's it is: at the door, and where a fresh proof is wanted.
pub(crate) async fn ask(State(state): State<DashboardState>, visitor: Visitor, _form: Form) -> Page {
    let question = state.app.ask_passkey();
    Ok(told(&question.map_err(|error| Failure::new(visitor.text, error))?))
}

pub(crate) async fn sign_in(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let opened = state.app.sign_in_with_passkey(&form.secret("state"), form.text("answer"), &visitor.context).await;
    match opened {
        Ok(opened) => forms::signed_in(&state, &visitor, &opened, form.text("next")).await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visitor.text, error)),
        Err(error) => forms::sign_in_again(&state, &visitor, &error, form.text("next")),
    }
}

#[derive(Template)]
#[template(path = "pages/passkey.html")]
struct New {
    shell: Shell,
    site: String,
    name: String,
    ask: String,
    action: String,
    back: String,
    wrong: Option<String>,
}

fn page(state: &DashboardState, visit: &Visit) -> Result<New, Failure> {
    let t = visit.person.text;
    let site = state.app.passkey_site().ok_or_else(|| Failure::new(t, Error::Unsupported("passkeys")))?;
    Ok(New {
        shell: Shell::new(state, visit, &t.say("passkey-add"), SECURITY),
        site,
        name: t.say("passkey-usual-name"),
        ask: visit.link(HERE),
        action: visit.link("/settings/account/security/passkeys/add"),
        back: visit.link(SECURITY),
        wrong: None,
    })
}

/// The page whose script asks the authenticator.
pub(crate) async fn new(State(state): State<DashboardState>, visit: Visit) -> Page {
    show(visit.person.text, &page(&state, &visit)?)
}

/// The question for a new one, for the script.
pub(crate) async fn begin(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let question = state.app.begin_passkey(&visit.person.secret).await;
    Ok(told(&question.map_err(|error| Failure::new(visit.person.text, error))?))
}

pub(crate) async fn add(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (question, name) = (form.secret("state"), form.text("name"));
    match state.app.add_passkey(&visit.person.secret, &question, name, form.text("answer")).await {
        Ok(opened) => Ok(go_with(&visit.link(&format!("{SECURITY}?done=passkey-added")), renewed(&state, &opened))),
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(Failure::new(visit.person.text, error)),
        Err(error) => {
            let mut page = page(&state, &visit)?;
            name.clone_into(&mut page.name);
            page.wrong = Some(words(visit.person.text, &error));
            show_refused(visit.person.text, &page, &error)
        }
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let removed = state.app.remove_passkey(&visit.person.secret, form.text("id")).await;
    let opened = removed.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go_with(&visit.link(&format!("{SECURITY}?done=passkey-removed")), renewed(&state, &opened)))
}
