//! The help pages and their search.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::help::{self, Found, Topic};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visitor;
use crate::web::response::{Page, redirect, render};
use keystead_core::language::Language;
use keystead_locales::{HelpGroup, Messages};

/// The frame around every help page.
struct Frame {
    t: Messages,
    language: Language,
    languages: [Language; 3],
    operator: String,
    support: Option<String>,
    theme: String,
    title: String,
    query: String,
    path: String,
}

/// One line of the index.
struct Entry {
    title: &'static str,
    lead: &'static str,
    href: String,
}

#[derive(Template)]
#[template(path = "pages/help.html")]
struct Index {
    frame: Frame,
    /// The pages found; `None` without a search.
    found: Option<Vec<Entry>>,
    groups: Vec<(String, Vec<Entry>)>,
}

#[derive(Template)]
#[template(path = "pages/help_topic.html")]
struct Article {
    frame: Frame,
    lead: &'static str,
    body: String,
    near: Vec<Entry>,
}

fn frame(state: &DashboardState, visitor: &Visitor, title: &str, path: &str) -> Frame {
    let settings = state.app.settings();
    Frame {
        t: visitor.messages,
        language: visitor.messages.0,
        languages: Language::ALL,
        operator: settings.operator.clone(),
        support: settings.support_email.clone(),
        theme: visitor.session.as_ref().map(|(session, _)| session.theme.clone()).unwrap_or_default(),
        title: title.to_owned(),
        query: visitor.query.get("q").cloned().unwrap_or_default(),
        path: path.to_owned(),
    }
}

fn entry(topic: &'static Topic, language: Language) -> Entry {
    let article = topic.article(language);
    Entry { title: &article.title, lead: &article.lead, href: help::href(topic, language) }
}

/// The pages of a group, except the open one.
fn group(group: HelpGroup, language: Language, open: Option<&str>) -> Vec<Entry> {
    let of = help::TOPICS.iter().filter(|topic| topic.page.group == group && Some(topic.page.slug) != open);
    of.map(|topic| entry(topic, language)).collect()
}

/// The index and the search. The text of an error redirects to the page about it.
pub(crate) async fn list(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let language = visitor.messages.0;
    let frame = frame(&state, &visitor, &visitor.messages.text("help-title"), "/help");
    let found = match frame.query.trim() {
        "" => None,
        text => match help::find(language, text) {
            Found::Error(topic) => return Ok(redirect(&help::href(topic, language))),
            Found::Pages(topics) => Some(topics.into_iter().map(|topic| entry(topic, language)).collect()),
        },
    };
    let groups = HelpGroup::ALL.map(|one| (visitor.messages.text(one.key()), group(one, language, None)));
    render(visitor.messages, &Index { frame, found, groups: groups.into() })
}

/// One page.
pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    let language = visitor.messages.0;
    let Some(topic) = help::topic(&slug) else {
        return Err(PageError::new(visitor.messages, keystead_app::Error::not_found("page", slug)));
    };
    let article = topic.article(language);
    let page = Article {
        frame: frame(&state, &visitor, &article.title, &topic.path()),
        lead: &article.lead,
        body: article.html(&state.public_url),
        near: group(topic.page.group, language, Some(topic.page.slug)),
    };
    render(visitor.messages, &page)
}

/// A picture of the help pages.
pub(crate) async fn picture(Path(file): Path<String>) -> Response {
    let Some(bytes) = help::picture(&file) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
