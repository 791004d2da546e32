//! What a phone sees when it opens a link: whose it is, the match number, one button (S0-15, S3-35). No session here.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::verification::organization::HandoffView;
use keystead_core::secret::Secret;

use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visitor;
use crate::web::form::Form;
use crate::web::response::{Page, go, show, show_refused};

#[derive(Template)]
#[template(path = "pages/handoff.html")]
struct Handoff {
    t: Text,
    language: Language,
    operator: String,
    host: String,
    view: Option<HandoffView>,
    wrong: Option<String>,
    token: String,
}

fn page(state: &DashboardState, visitor: &Visitor, token: &str, view: Option<HandoffView>) -> Handoff {
    // The language chosen on the first device, unless this one asks for another.
    let chosen = view.as_ref().map(|view| view.language.as_str());
    let language = match visitor.asked.get("language") {
        Some(_) => visitor.text.0,
        None => Language::choose(chosen, None),
    };
    Handoff {
        t: Text(language),
        language,
        operator: state.app.settings().operator.clone(),
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        view: view.filter(|view| view.usable),
        wrong: None,
        token: token.to_owned(),
    }
}

pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(token): Path<String>) -> Page {
    let view = state.app.look_at_handoff(&Secret::new(token.clone())).await;
    let view = view.map_err(|error| Failure::new(visitor.text, error))?;
    let page = page(&state, &visitor, &token, view);
    show(page.t, &page)
}

pub(crate) async fn proceed(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
    _form: Form,
) -> Page {
    let secret = Secret::new(token.clone());
    match state.app.use_handoff(&secret).await {
        Ok(link) => Ok(go(&link.url)),
        Err(error) => {
            let view = state.app.look_at_handoff(&secret).await.map_err(|e| Failure::new(visitor.text, e))?;
            let mut page = page(&state, &visitor, &token, view);
            page.wrong = Some(words(page.t, &error));
            show_refused(page.t, &page, &error)
        }
    }
}
