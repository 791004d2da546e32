//! The reference of the API: an index with a search, a page for each group of operations, one for errors, and the
//! document for programs. Everyone may read it.

mod frame;
mod operation;

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use keystead_reference::{ERROR_STATUSES, GROUPS, Operation, document};

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visitor;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::response::{Page, render};
use frame::{Frame, Piece, pieces};
use operation::Described;

/// The last part of the address of the page about errors.
const ERRORS: &str = "errors";
/// The address in the document before that of the installation takes its place. No host has this name.
const NOWHERE: &str = "https://installation.invalid";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(NOWHERE).pretty());

/// One line that leads to an operation.
struct Entry {
    method: &'static str,
    path: &'static str,
    title: &'static str,
    href: String,
}

#[derive(Template)]
#[template(path = "pages/reference.html")]
struct Index {
    frame: Frame,
    query: String,
    /// The operations found; `None` without a search.
    found: Option<Vec<Entry>>,
    groups: Vec<(&'static str, &'static str, String)>,
}

#[derive(Template)]
#[template(path = "pages/reference_group.html")]
struct GroupPage {
    frame: Frame,
    about: Vec<Piece>,
    entries: Vec<Entry>,
    operations: Vec<Described>,
}

/// One status with its codes.
struct Status {
    status: u16,
    about: Vec<Piece>,
    codes: &'static [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "pages/reference_errors.html")]
struct Errors {
    frame: Frame,
    statuses: Vec<Status>,
}

fn entry(frame: &Frame, slug: &str, operation: &Operation) -> Entry {
    let href = format!("{}#{}", frame.href(slug), operation.id);
    Entry { method: operation.method, path: operation.path, title: operation.title, href }
}

/// The operations with every one of these words in their name, path or text.
fn matching(frame: &Frame, query: &str) -> Vec<Entry> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let has = |operation: &&Operation| {
        let Operation { method, path, id, title, about, .. } = operation;
        let text = format!("{method} {path} {id} {title} {about}").to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let of_group = |group: &'static keystead_reference::Group| {
        group.operations.iter().filter(has).map(|one| entry(frame, group.slug, one)).collect::<Vec<_>>()
    };
    GROUPS.iter().flat_map(of_group).collect()
}

/// The index and the search.
pub(crate) async fn index(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let frame = Frame::new(&state, &visitor, None, &visitor.messages.text("reference-title"));
    let query = visitor.query.get("q").map(|text| text.chars().take(200).collect::<String>()).unwrap_or_default();
    let found = (!query.trim().is_empty()).then(|| matching(&frame, &query));
    let groups = GROUPS.iter().map(|group| (group.name, group.about, frame.href(group.slug))).collect();
    render(visitor.messages, &Index { query, found, groups, frame })
}

/// One group, or the errors.
pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    if slug == ERRORS {
        let frame = Frame::new(&state, &visitor, Some(ERRORS), &visitor.messages.text("reference-errors"));
        let statuses = ERROR_STATUSES.iter();
        let statuses = statuses.map(|one| Status { status: one.status, about: pieces(one.about), codes: one.codes });
        return render(visitor.messages, &Errors { statuses: statuses.collect(), frame });
    }
    let Some(group) = GROUPS.iter().find(|group| group.slug == slug) else {
        return Err(PageError::new(visitor.messages, keystead_app::Error::not_found("page", slug)));
    };
    let frame = Frame::new(&state, &visitor, Some(group.slug), group.name);
    let entries = group.operations.iter().map(|one| entry(&frame, group.slug, one)).collect();
    let operations = group.operations.iter().map(|one| Described::new(&frame, one)).collect();
    render(visitor.messages, &GroupPage { about: pieces(group.about), entries, operations, frame })
}

/// The OpenAPI document, with the address of this installation.
pub(crate) async fn openapi(State(state): State<DashboardState>) -> Response {
    let kind = FileKind::Json { disposition: "inline; filename=\"openapi.json\"" };
    file_answer(kind, DOCUMENT.replace(NOWHERE, &state.public_url))
}
