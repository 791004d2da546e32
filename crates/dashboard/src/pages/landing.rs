//! The landing page: what this installation is and how to make the first call.

use askama::Template;
use axum::extract::State;

use crate::state::DashboardState;
use crate::web::extract::Visitor;
use crate::web::response::{Page, redirect, render};
use keystead_core::language::Language;
use keystead_locales::Messages;

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing<'a> {
    language: Language,
    languages: [Language; 3],
    t: Messages,
    base_url: String,
    sandbox_url: Option<&'a str>,
    /// Whether the steps for a new development installation are shown.
    development: bool,
    /// Whether people can create an account here.
    can_sign_up: bool,
}

pub(crate) async fn page(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    if visitor.session.is_some() {
        return Ok(redirect("/home"));
    }
    let landing = Landing {
        language: visitor.messages.0,
        languages: Language::ALL,
        t: visitor.messages,
        base_url: format!("{}/v1", state.public_url),
        sandbox_url: state.sandbox_url.as_deref(),
        development: state.app.settings().development,
        can_sign_up: state.app.sends_mail() || state.app.services().sign_in.is_some(),
    };
    render(visitor.messages, &landing)
}
