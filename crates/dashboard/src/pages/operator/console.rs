//! What all pages of the console share: its navigation, the check that the person is an operator, and links that keep
//! the place in a list.

use keystead_app::{Actor, Error};

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::layout::{Entry, Layout};
use crate::web::own_visit::OwnVisit;

/// The pages of the console: the message of the name, and the address.
const PAGES: [(&str, &str); 8] = [
    ("operator-overview", "/operator"),
    ("review-queue", "/operator/reviews"),
    ("policy", "/operator/policy"),
    ("exemptions", "/operator/exemptions"),
    ("prices", "/operator/prices"),
    ("credit-console", "/operator/credit"),
    ("report", "/operator/report"),
    ("setup", "/operator/setup"),
];

/// The layout of a page of the console; `current` is the path of its entry in the navigation.
pub(super) fn layout(state: &DashboardState, visit: &OwnVisit, title: &str, current: &str) -> Layout {
    let t = visit.person.messages;
    let entry =
        |(key, path): (&str, &str)| Entry { label: t.text(key), href: visit.link(path), current: path == current };
    let mut others = vec![("nav-security", "/settings/account/security")];
    if visit.visit().is_some() {
        others.insert(0, ("nav-dashboard", "/home"));
    }
    Layout {
        console_entries: PAGES.into_iter().map(entry).collect(),
        account_entries: others.into_iter().map(entry).collect(),
        ..Layout::bare(state, &visit.person, title)
    }
}

/// The operator as actor. For everyone else the page does not exist.
pub(crate) fn operator(visit: &OwnVisit) -> Result<Actor, PageError> {
    if visit.person.session.operator {
        return Ok(Actor::operator(visit.person.session.email.clone()));
    }
    Err(PageError::new(visit.person.messages, Error::not_found("page", "operator")))
}

/// Links to a page with a list or to the target of its form, with the place in the list that is shown.
pub(super) fn link_to_place(visit: &OwnVisit, path: &str, done: Option<&str>) -> String {
    let place = visit.person.query.get("after").map(|after| ("after", after.as_str()));
    let fields: Vec<(&str, &str)> = done.map(|done| ("done", done)).into_iter().chain(place).collect();
    if fields.is_empty() {
        return visit.link(path);
    }
    visit.link(&format!("{path}?{}", serde_urlencoded::to_string(fields).unwrap_or_default()))
}

/// The class of a service's health.
pub(super) fn look(health: &str) -> &'static str {
    match health {
        "up" => "ok",
        "down" => "bad",
        _ => "",
    }
}
