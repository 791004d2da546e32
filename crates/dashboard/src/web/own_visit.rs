//! A signed-in person on a page that belongs to them or to the installation. They need not have an organization.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::{Person, Visit, of_console, person_with_choices};
use crate::web::layout::Layout;

/// A person, and what they chose if they have an organization.
#[derive(Debug, Clone)]
pub(crate) struct OwnVisit {
    pub(crate) person: Person,
    visit: Option<Visit>,
}

impl FromRequestParts<DashboardState> for OwnVisit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &DashboardState) -> Result<Self, Response> {
        let (person, choices) = person_with_choices(parts, state).await?;
        if choices.is_empty() {
            // The console is closed to an operator who signed in with a password alone.
            if person.session.operator_waits && of_console(parts.uri.path()) {
                return Err(Redirect::to("/settings/account/security").into_response());
            }
            return Ok(Self { person, visit: None });
        }
        let visit = Visit::choose(person, choices, parts.uri.path()).map_err(|response| *response)?;
        Ok(Self { person: visit.person.clone(), visit: Some(visit) })
    }
}

impl OwnVisit {
    /// Adds the chosen project to a path, if there is one.
    pub(crate) fn link(&self, path: &str) -> String {
        self.visit.as_ref().map_or_else(|| path.to_owned(), |visit| visit.link(path))
    }

    /// Parses an id from an address or a form. A malformed id is answered like an unknown one.
    pub(crate) fn named<T: std::str::FromStr>(&self, kind: &'static str, id: &str) -> Result<T, PageError> {
        self.person.named(kind, id)
    }

    /// What the person chose; `None` without an organization.
    pub(crate) const fn visit(&self) -> Option<&Visit> {
        self.visit.as_ref()
    }

    /// The name of the organization that keeps its pages closed until the person has a second factor.
    pub(crate) fn locked_by(&self) -> Option<&str> {
        self.visit.as_ref().filter(|visit| visit.locked()).map(|visit| visit.organization.name.as_str())
    }

    /// The layout of a page of the person's own account.
    pub(crate) fn layout(&self, state: &DashboardState, title: &str, current: &str) -> Layout {
        match &self.visit {
            Some(visit) => {
                // The person here may have a newer session than the one they came with.
                let visit = Visit { person: self.person.clone(), ..visit.clone() };
                Layout::new(state, &visit, title, current)
            }
            None => Layout::own(state, &self.person, title, current),
        }
    }
}
