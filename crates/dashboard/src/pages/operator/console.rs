//! What all pages of the console share: the tabs, and the check that the person is an operator.

use keystead_app::{Actor, Error};

use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// One page of the console.
pub(super) struct Tab {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) current: bool,
}

/// The tabs of the console, with the current one marked.
pub(super) fn tabs(visit: &Visit, current: &str) -> Vec<Tab> {
    let pages = [
        ("operator-overview", "/operator"),
        ("review-queue", "/operator/reviews"),
        ("policy", "/operator/policy"),
        ("exemptions", "/operator/exemptions"),
        ("report", "/operator/report"),
        ("setup", "/operator/setup"),
    ];
    let tab = |(key, path): (&str, &str)| Tab {
        label: visit.person.messages.text(key),
        href: visit.link(path),
        current: path == current,
    };
    pages.into_iter().map(tab).collect()
}

/// The operator as actor. For everyone else the page does not exist.
pub(crate) fn operator(visit: &Visit) -> Result<Actor, PageError> {
    if visit.person.session.operator {
        return Ok(Actor::operator(visit.person.session.email.clone()));
    }
    Err(PageError::new(visit.person.messages, Error::not_found("page", "operator")))
}
