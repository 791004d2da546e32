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
use keystead_core::id::ProjectId;
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
    /// The project that the error was about, which the links keep.
    project: Option<ProjectId>,
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
    /// Name and address of the page where the problem is solved.
    action: Option<(String, String)>,
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
        project: project_of(visitor),
    }
}

/// The project that the address names, or else the text of the error.
fn project_of(visitor: &Visitor) -> Option<ProjectId> {
    const PREFIX: &str = "proj_";
    if let Some(named) = visitor.query.get("project") {
        return named.parse().ok();
    }
    let text = visitor.query.get("q")?;
    let id = &text[text.find(PREFIX)?..];
    let end = id.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(id.len());
    id[..end].parse().ok()
}

impl Frame {
    /// An address with the project added to its query.
    fn with_project(&self, address: &str) -> String {
        let Some(project) = &self.project else { return address.to_owned() };
        let mark = if address.contains('?') { '&' } else { '?' };
        format!("{address}{mark}project={project}")
    }

    /// The address of the index.
    fn index(&self) -> String {
        self.in_language("/help", self.language)
    }

    /// The address of a page in a language.
    fn in_language(&self, path: &str, language: Language) -> String {
        self.with_project(&format!("{path}?language={}", language.tag()))
    }

    fn href(&self, topic: &Topic) -> String {
        self.with_project(&help::href(topic, self.language))
    }

    fn entry(&self, topic: &'static Topic) -> Entry {
        let article = topic.article(self.language);
        Entry { title: &article.title, lead: &article.lead, href: self.href(topic) }
    }

    /// The pages of a group, except the open one.
    fn group(&self, group: HelpGroup, open: Option<&str>) -> Vec<Entry> {
        let of = help::TOPICS.iter().filter(|topic| topic.page.group == group && Some(topic.page.slug) != open);
        of.map(|topic| self.entry(topic)).collect()
    }

    /// The text of a page, in which links to other help pages keep the project.
    fn body(&self, html: &str) -> String {
        const LINK: &str = "href=\"/help/";
        let mut links = html.split(LINK);
        let mut out = links.next().unwrap_or_default().to_owned();
        for rest in links {
            let (address, after) = rest.split_once('"').unwrap_or((rest, ""));
            out.extend([LINK, &self.with_project(address).replace('&', "&amp;"), "\"", after]);
        }
        out
    }
}

/// The index and the search. The text of an error redirects to the page about it.
pub(crate) async fn list(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let language = visitor.messages.0;
    let frame = frame(&state, &visitor, &visitor.messages.text("help-title"), "/help");
    let found = match frame.query.trim() {
        "" => None,
        text => match help::find(language, text) {
            Found::Error(topic) => return Ok(redirect(&frame.href(topic))),
            Found::Pages(topics) => Some(topics.into_iter().map(|topic| frame.entry(topic)).collect()),
        },
    };
    let groups = HelpGroup::ALL.map(|one| (visitor.messages.text(one.key()), frame.group(one, None)));
    render(visitor.messages, &Index { frame, found, groups: groups.into() })
}

/// One page.
pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    let language = visitor.messages.0;
    let Some(topic) = help::topic(&slug) else {
        return Err(PageError::new(visitor.messages, keystead_app::Error::not_found("page", slug)));
    };
    let article = topic.article(language);
    let frame = frame(&state, &visitor, &article.title, &topic.path());
    let action = help::page_to_act(topic).map(|(name, path)| {
        let label = visitor.messages.text_with("help-open-page", "page", visitor.messages.text(name));
        (label, frame.with_project(path))
    });
    let page = Article {
        lead: &article.lead,
        body: frame.body(&article.html(&state.public_url)),
        near: frame.group(topic.page.group, Some(topic.page.slug)),
        action,
        frame,
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
