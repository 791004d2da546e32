//! What all pages of the console share: its tabs, and the check that an operator looks.

use keystead_app::{Actor, Error};

use crate::web::error_page::Failure;
use crate::web::extract::Visit;

/// One page of the console.
pub(super) struct Tab {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) current: bool,
}

/// The console's pages, with the present one marked.
pub(super) fn tabs(visit: &Visit, current: &str) -> Vec<Tab> {
    let pages = [
        ("operator-overview", "/operator"),
        ("review-queue", "/operator/reviews"),
        ("policy", "/operator/policy"),
        ("exemptions", "/operator/exemptions"),
        ("report", "/operator/report"),
    ];
    let tab = |(key, path): (&str, &str)| Tab {
        label: visit.person.text.say(key),
        href: visit.link(path),
        current: path == current,
    };
    pages.into_iter().map(tab).collect()
}

/// Only for people who run the installation; for everybody else the page does not exist.
pub(crate) fn operator(visit: &Visit) -> Result<Actor, Failure> {
    if visit.person.session.operator {
        return Ok(Actor::operator(visit.person.session.email.clone()));
    }
    Err(Failure::new(visit.person.text, Error::not_found("page", "operator")))
}
