//! The reference of the API: an index with a search, a page for each group of operations, one for errors, and the
//! document for programs. Everyone may read it.

mod frame;
mod operation;

use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use keystead_reference::{ERROR_STATUSES, ErrorStatus, GROUPS, Group, OAUTH_STATUSES, Operation, document};

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visitor;
use crate::web::file_answer::{FileKind, file_answer};
use crate::web::response::{Page, render};
use frame::{Entry, Frame, Piece, pieces};
use operation::{Described, Shown, objects};

/// The last part of the address of the page about errors.
const ERRORS: &str = "errors";
/// The address in the document before that of the installation takes its place. No host has this name.
const NOWHERE: &str = "https://installation.invalid";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(NOWHERE).pretty());

/// A group on the index, with the operations that were searched for.
struct Found {
    name: &'static str,
    about: &'static str,
    href: String,
    entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "pages/reference.html")]
struct Index {
    frame: Frame,
    /// What every program has to know, as Markdown.
    basics: Vec<Vec<Piece>>,
    groups: Vec<Found>,
}

#[derive(Template)]
#[template(path = "pages/reference_group.html")]
struct GroupPage {
    frame: Frame,
    about: Vec<Piece>,
    operations: Vec<Shown>,
    objects: Vec<Described>,
}

/// One status with its codes.
struct Explained {
    /// Its place on the page.
    id: String,
    status: u16,
    words: String,
    about: Vec<Piece>,
    codes: &'static [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "pages/reference_errors.html")]
struct Errors {
    frame: Frame,
    statuses: Vec<Explained>,
    /// Those of the exchange of tokens, which has errors in the form of OAuth.
    of_oauth: Vec<Explained>,
}

/// The operations of a group with every one of these words in their name, path or text.
fn matching(frame: &Frame, group: &'static Group, query: &str) -> Vec<Entry> {
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    let has = |operation: &&Operation| {
        let Operation { method, path, id, title, about, .. } = operation;
        let text = format!("{} {method} {path} {id} {title} {about}", group.name).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    group.operations.iter().filter(has).map(|one| frame.entry(group, one)).collect()
}

/// The index and the search.
pub(crate) async fn index(State(state): State<DashboardState>, visitor: Visitor) -> Page {
    let t = visitor.messages;
    let mut frame = Frame::new(&state, &visitor, None, &t.text("reference-title"));
    frame.query = visitor.query.get("q").map(|text| text.trim().chars().take(200).collect()).unwrap_or_default();
    let found = |group: &'static Group| Found {
        name: group.name,
        about: group.about,
        href: frame.href(group.slug),
        entries: matching(&frame, group, &frame.query),
    };
    let groups = GROUPS.iter().map(found).filter(|group| !group.entries.is_empty()).collect();
    let basics = ["reference-basics-keys", "reference-basics-bodies", "reference-basics-lists", "reference-basics-ids"];
    let basics = basics.map(|key| pieces(&t.text(key))).into();
    render(t, &Index { basics, groups, frame })
}

fn explained(statuses: &'static [ErrorStatus], place: &str) -> Vec<Explained> {
    let one = |one: &'static ErrorStatus| Explained {
        id: format!("{place}{}", one.status),
        status: one.status,
        words: one.words(),
        about: pieces(one.about),
        codes: one.codes,
    };
    statuses.iter().map(one).collect()
}

/// One group, or the errors.
pub(crate) async fn open(State(state): State<DashboardState>, visitor: Visitor, Path(slug): Path<String>) -> Page {
    let t = visitor.messages;
    if slug == ERRORS {
        let frame = Frame::new(&state, &visitor, Some(ERRORS), &t.text("reference-errors"));
        let (statuses, of_oauth) = (explained(ERROR_STATUSES, ""), explained(OAUTH_STATUSES, "oauth-"));
        return render(t, &Errors { statuses, of_oauth, frame });
    }
    let Some(group) = GROUPS.iter().find(|group| group.slug == slug) else {
        return Err(PageError::new(t, keystead_app::Error::not_found("page", slug)));
    };
    let mut frame = Frame::new(&state, &visitor, Some(group.slug), group.name);
    frame.entries = matching(&frame, group, "");
    let operations = group.operations.iter().map(|one| Shown::new(&frame, one)).collect();
    render(t, &GroupPage { about: pieces(group.about), operations, objects: objects(t, group.operations), frame })
}

/// The OpenAPI document, with the address of this installation.
pub(crate) async fn openapi(State(state): State<DashboardState>) -> Response {
    let kind = FileKind::Json { disposition: "inline; filename=\"openapi.json\"" };
    file_answer(kind, DOCUMENT.replace(NOWHERE, &state.public_url))
}
