//! The last page on the phone, for every identity service: it says that the person continues on the first device.
//!
//! There is no session. The address carries a token of the attempt, and the page shows its state in the language of the
//! flow, and nothing else about it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keystead_app::verification::organization::EndingView;
use keystead_core::language::Language;
use keystead_core::verification::organization::AttemptState;
use keystead_locales::Messages;

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visitor;
use crate::web::progress_stream::{Observed, stream_changes};
use crate::web::response::{Page, redirect, render};

#[derive(Template)]
#[template(path = "pages/ending.html")]
struct Ending {
    t: Messages,
    language: Language,
    operator: String,
    host: String,
    token: String,
    /// The start of the keys of the messages of the state; `None` for an unknown token.
    words: Option<&'static str>,
    /// The class of the state's glyph.
    mark: &'static str,
    state: &'static str,
    follows: bool,
}

impl Ending {
    fn title(&self) -> String {
        self.words.map_or_else(|| self.t.text("handoff-dead"), |words| self.t.text(&format!("{words}-title")))
    }

    fn lead(&self) -> String {
        self.words.map_or_else(|| self.t.text("handoff-dead-lead"), |words| self.t.text(&format!("{words}-text")))
    }
}

/// Whether the state changes without the person on this device.
const fn moving(state: AttemptState) -> bool {
    matches!(
        state,
        AttemptState::Created
            | AttemptState::LinkIssued
            | AttemptState::InProgress
            | AttemptState::Submitted
            | AttemptState::InReview
    )
}

/// The messages and the glyph of a state.
const fn words_of(state: AttemptState) -> (&'static str, &'static str) {
    match state {
        AttemptState::Created | AttemptState::LinkIssued | AttemptState::InProgress => ("ending-open", "wait"),
        AttemptState::Submitted => ("ending-sent", "ok"),
        AttemptState::InReview => ("ending-review", "ok"),
        AttemptState::Approved => ("ending-approved", "ok"),
        AttemptState::Rejected => ("ending-rejected", "bad"),
        AttemptState::Expired => ("ending-expired", "wait"),
        AttemptState::Cancelled => ("ending-cancelled", "wait"),
    }
}

async fn find(state: &DashboardState, visitor: &Visitor, token: &str) -> Result<Option<EndingView>, PageError> {
    state.app.find_ending(token).await.map_err(|error| PageError::new(visitor.messages, error))
}

pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(token): Path<String>) -> Page {
    if find(&state, &visitor, &token).await?.is_some_and(|view| moving(view.state)) {
        state.app.refresh_ending(&token).await;
    }
    let view = find(&state, &visitor, &token).await?;
    if let Some(page) = own_page(&state, &visitor, view.as_ref()).await? {
        return Ok(redirect(&page));
    }
    // The language chosen on the first device, unless this device chose another.
    let language = match (visitor.query.get("language"), &view) {
        (None, Some(view)) => Language::choose(Some(&view.language), None),
        _ => visitor.messages.0,
    };
    let (words, mark) = view.as_ref().map(|view| words_of(view.state)).unzip();
    let page = Ending {
        t: Messages(language),
        language,
        operator: state.app.settings().operator.clone(),
        host: state.public_url.split("://").nth(1).unwrap_or_default().to_owned(),
        token,
        words,
        mark: mark.unwrap_or("bad"),
        state: view.as_ref().map_or("", |view| view.state.as_str()),
        follows: view.is_some_and(|view| moving(view.state)),
    };
    let mut response = render(page.t, &page)?;
    if page.words.is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// The organization's own page, for a member who went through the check on the device where they are signed in.
async fn own_page(
    state: &DashboardState,
    visitor: &Visitor,
    view: Option<&EndingView>,
) -> Result<Option<String>, PageError> {
    let (Some(view), Some((session, _))) = (view, &visitor.session) else { return Ok(None) };
    let choices = state.app.organizations_of(&session.user).await;
    let choices = choices.map_err(|error| PageError::new(visitor.messages, error))?;
    let own = choices.into_iter().find(|choice| choice.id == view.organization);
    let project = own.and_then(|choice| choice.projects.into_iter().next());
    Ok(project.map(|project| format!("/settings/organization/general?project={}#verifications", project.id)))
}

/// The state as one word, for pages that poll.
pub(crate) async fn follow(
    State(state): State<DashboardState>,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let word = find(&state, &visitor, &token).await?.map_or("", |view| view.state.as_str());
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], word).into_response())
}

/// The state as a stream, until it is final.
pub(crate) async fn events(
    State(state): State<DashboardState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let (app, holder) = (state.app.clone(), token.clone());
    stream_changes(&state, &headers, &holder, move || {
        let (app, token) = (app.clone(), token.clone());
        async move {
            match app.find_ending(&token).await {
                Ok(Some(view)) if moving(view.state) => Observed::Changing(view.state.as_str().to_owned()),
                Ok(Some(view)) => Observed::Final(view.state.as_str().to_owned()),
                Ok(None) | Err(_) => Observed::Unavailable,
            }
        }
    })
    .await
}
