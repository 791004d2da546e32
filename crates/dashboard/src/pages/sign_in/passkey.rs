//! Passkeys: sign in with one, add one, remove one. A script passes the challenge to the browser's authenticator;
//! without scripts these forms are hidden and the other ways to sign in remain.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use keystead_app::Error;
use keystead_app::accounts::PasskeyChallenge;
use serde_json::json;

use super::forms;
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::own_visit::OwnVisit;
use crate::web::reauthenticate::renewed;
use crate::web::response::{Page, redirect_with_cookie, render, render_error};

const SECURITY: &str = "/settings/account/security";
const HERE: &str = "/settings/account/security/passkeys";

/// The challenge as JSON for the script.
fn challenge(question: &PasskeyChallenge) -> Response {
    let body = json!({ "state": question.state.expose(), "options": question.options });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// A challenge for any passkey, to sign in or to authenticate again.
pub(crate) async fn ask(State(state): State<DashboardState>, visitor: Visitor, _form: Form) -> Page {
    let question = state.app.begin_passkey_sign_in();
    Ok(challenge(&question.map_err(|error| PageError::new(&visitor.format, error))?))
}

pub(crate) async fn sign_in(State(state): State<DashboardState>, visitor: Visitor, form: Form) -> Page {
    let opened = state.app.sign_in_with_passkey(&form.secret("state"), form.field("answer"), &visitor.context).await;
    match opened {
        Ok(opened) => forms::signed_in(&state, &visitor, &opened, form.field("next")).await,
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visitor.format, error)),
        Err(error) => forms::sign_in_again(&state, &visitor, &error, form.field("next")),
    }
}

#[derive(Template)]
#[template(path = "pages/passkey.html")]
struct New {
    layout: Layout,
    site: String,
    name: String,
    ask: String,
    action: String,
    back: String,
    wrong: Option<String>,
}

fn page(state: &DashboardState, visit: &OwnVisit) -> Result<New, PageError> {
    let t = visit.person.messages;
    let site = state.app.passkey_site().ok_or_else(|| PageError::new(t, Error::Unsupported("passkeys")))?;
    Ok(New {
        layout: visit.layout(state, &t.text("passkey-add"), SECURITY),
        site,
        name: t.text("passkey-usual-name"),
        ask: visit.link(HERE),
        action: visit.link("/settings/account/security/passkeys/add"),
        back: visit.link(SECURITY),
        wrong: None,
    })
}

/// The page with the script that calls the authenticator.
pub(crate) async fn new(State(state): State<DashboardState>, visit: OwnVisit) -> Page {
    render(visit.person.messages, &page(&state, &visit)?)
}

/// The challenge for a new passkey.
pub(crate) async fn begin(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let question = state.app.begin_passkey(&visit.person.secret).await;
    Ok(challenge(&question.map_err(|error| PageError::new(&visit.person.format, error))?))
}

pub(crate) async fn add(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (question, name) = (form.secret("state"), form.field("name"));
    match state.app.add_passkey(&visit.person.secret, &question, name, form.field("answer")).await {
        Ok(opened) => {
            Ok(redirect_with_cookie(&visit.link(&format!("{SECURITY}?done=passkey-added")), renewed(&state, &opened)))
        }
        Err(error @ (Error::Unavailable | Error::Internal(_))) => Err(PageError::new(&visit.person.format, error)),
        Err(error) => {
            let mut page = page(&state, &visit)?;
            name.clone_into(&mut page.name);
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: OwnVisit, form: Form) -> Page {
    visit.person.check(&form)?;
    let removed = state.app.remove_passkey(&visit.person.secret, form.field("id")).await;
    let opened = removed.map_err(|error| PageError::new(&visit.person.format, error))?;
    Ok(redirect_with_cookie(&visit.link(&format!("{SECURITY}?done=passkey-removed")), renewed(&state, &opened)))
}
