//! Help, searchable by the text of an error (S1-47, S3-43).

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::help::{self, Found, Group, Topic};
use crate::language::Language;
use crate::state::DashboardState;
use crate::text::Text;
use crate::web::error_page::Failure;
use crate::web::extract::Visitor;
use crate::web::response::{Page, go, show};

/// What stands around every page of the help.
struct Frame {
    t: Text,
    language: Language,
    languages: [Language; 3],
    operator: String,
    support: Option<String>,
    theme: String,
    title: String,
    asked: String,
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
    /// Pages with the words that were asked for; `None` when nothing was asked.
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
        t: visitor.text,
        language: visitor.text.0,
        languages: Language::ALL,
        operator: settings.operator.clone(),
        support: settings.support_email.clone(),
        theme: visitor.session.as_ref().map(|(session, _)| session.theme.clone()).unwrap_or_default(),
        title: title.to_owned(),
        asked: visitor.asked.get("q").cloned().unwrap_or_default(),
        path: path.to_owned(),
    }
}

fn entry(topic: &Topic, language: Language) -> Entry {
    let article = topic.article(language);
    Entry { title: &article.title, lead: &article.lead, href: help::href(topic, language) }
}

/// The pages of a group, but for the one that is open.
fn group(group: Group, language: Language, open: Option<&str>) -> Vec<Entry> {
    let of = help::TOPICS.iter().filter(|topic| topic.group == group && Some(topic.slug) != open);
    of.map(|topic| entry(topic, language)).collect()
}

/// The index and the search. The text of an error leads straight to the one page about it.
pub(crate) async fn list(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let language = visitor.text.0;
    let frame = frame(&state, &visitor, &visitor.text.say("help-title"), "/help");
    let found = match frame.asked.trim() {
        "" => None,
        asked => match help::find(language, asked) {
            Found::Error(topic) => return Ok(go(&help::href(topic, language))),
            Found::Pages(topics) => Some(topics.into_iter().map(|topic| entry(topic, language)).collect()),
        },
    };
    let groups = Group::ALL.map(|one| (visitor.text.say(one.key()), group(one, language, None)));
    show(visitor.text, &Index { frame, found, groups: groups.into() })
}

/// One page.
pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    let language = visitor.text.0;
    let Some(topic) = help::topic(&slug) else {
        return Err(Failure::new(visitor.text, keystead_app::Error::not_found("page", slug)));
    };
    let article = topic.article(language);
    let page = Article {
        frame: frame(&state, &visitor, &article.title, &topic.path()),
        lead: &article.lead,
        body: article.html(&state.public_url),
        near: group(topic.group, language, Some(topic.slug)),
    };
    show(visitor.text, &page)
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
