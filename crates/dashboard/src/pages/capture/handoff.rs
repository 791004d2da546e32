//! The page a phone opens by the link of a hand-off: the organization, the number to compare, one button. There is no
//! session.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::verification::organization::HandoffView;
use keystead_core::secret::Secret;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visitor;
use crate::web::form::Form;
use crate::web::response::{Page, redirect, render, render_error};
use keystead_core::language::Language;
use keystead_locales::Messages;

#[derive(Template)]
#[template(path = "pages/handoff.html")]
struct Handoff {
    t: Messages,
    language: Language,
    operator: String,
    host: String,
    view: Option<HandoffView>,
    wrong: Option<String>,
    token: String,
}

impl Handoff {
    /// The English label of the button, beside its translation.
    fn english_button(&self) -> String {
        Messages(Language::English).text("handoff-button")
    }
}

fn page(state: &DashboardState, visitor: &Visitor, token: &str, view: Option<HandoffView>) -> Handoff {
    // The language chosen on the first device, unless this device chose another.
    let chosen = view.as_ref().map(|view| view.language.as_str());
    let language = match visitor.query.get("language") {
        Some(_) => visitor.messages.0,
        None => Language::choose(chosen, None),
    };
    Handoff {
        t: Messages(language),
        language,
        operator: state.app.settings().operator.clone(),
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        view: view.filter(|view| view.usable),
        wrong: None,
        token: token.to_owned(),
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(token): Path<String>) -> Page {
    let view = state.app.find_handoff(&Secret::new(token.clone())).await;
    let view = view.map_err(|error| PageError::new(visitor.messages, error))?;
    let page = page(&state, &visitor, &token, view);
    render(page.t, &page)
}

pub(crate) async fn proceed(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    _form: Form,
) -> Page {
    let secret = Secret::new(token.clone());
    match state.app.use_handoff(&secret).await {
        Ok(link) => Ok(redirect(&link.url)),
        Err(error) => {
            let view = state.app.find_handoff(&secret).await.map_err(|e| PageError::new(visitor.messages, e))?;
            let mut page = page(&state, &visitor, &token, view);
            page.wrong = Some(error_message(page.t, &error));
            render_error(page.t, &page, &error)
        }
    }
}
