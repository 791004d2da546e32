//! The confirmation before a certificate is activated or deactivated in a place: what it means for clients.

use keystead_core::id::ProjectId;

use super::HERE;
use super::row::{Row, Validity};
use crate::pages::organization::projects::HERE as PROJECTS;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::response::subpath;

/// A change that is to be confirmed.
pub(crate) struct PlaceChange {
    pub(crate) activates: bool,
    pub(crate) name: String,
    /// The project's id; empty for the whole organization.
    pub(crate) place: String,
    /// The heading, which is also what the button says.
    pub(crate) title: String,
    /// What changes for clients, one sentence each.
    pub(crate) effects: Vec<String>,
    /// Where the form is sent.
    pub(crate) action: String,
    /// Where the form was: `list`, or `one` for the page of the certificate.
    pub(crate) from: &'static str,
    pub(crate) wrong: Option<String>,
}

/// The address of the list of a place.
pub(super) fn list_of(project: Option<&ProjectId>) -> String {
    project.map_or_else(|| HERE.to_owned(), |project| format!("{PROJECTS}/{project}/certificates"))
}

/// Reads the place of a form or of an address; empty or `organization` is the whole organization.
pub(super) fn place_of(visit: &Visit, text: &str) -> Result<Option<ProjectId>, PageError> {
    if matches!(text, "" | "organization") { Ok(None) } else { visit.named("project", text).map(Some) }
}

impl PlaceChange {
    /// The confirmation about one of these certificates.
    pub(super) async fn of(
        state: &DashboardState,
        visit: &Visit,
        (rows, row): (&[Row], &Row),
        (project, activates, from): (Option<&ProjectId>, bool, &'static str),
    ) -> Result<Self, PageError> {
        let t = visit.person.messages;
        let fail = |error| PageError::new(t, error);
        let (actor, organization) = (visit.person.actor(), &visit.organization.id);
        let keys = state.app.keys_behind_certificates(&actor, organization, project).await.map_err(fail)?;
        let place_name = match project {
            None => None,
            Some(id) => {
                let found = state.app.project(&actor, organization, id).await.map_err(fail)?;
                Some(t.project(found.is_default, &found.name))
            }
        };
        let verb = if activates { "activate" } else { "deactivate" };
        let title = match (&place_name, activates) {
            (None, true) => t.text_with("certificate-activate-all", "name", &row.name),
            (None, false) => t.text_with("certificate-deactivate-all", "name", &row.name),
            (Some(project), true) => {
                t.text_with_all("certificate-activate-project", &[("name", &row.name), ("project", project)])
            }
            (Some(project), false) => {
                t.text_with_all("certificate-deactivate-project", &[("name", &row.name), ("project", project)])
            }
        };
        let effects = if activates {
            activation(visit, (rows, row), project, keys)
        } else {
            deactivation(visit, (rows, row), project)
        };
        Ok(Self {
            activates,
            name: row.name.clone(),
            place: project.map(ToString::to_string).unwrap_or_default(),
            title,
            effects,
            action: subpath(&visit.link(HERE), HERE, &format!("{}/{verb}", row.id)),
            from,
            wrong: None,
        })
    }
}

/// Whether another certificate is active for the clients of this place.
fn others_active(rows: &[Row], row: &Row, project: Option<&ProjectId>) -> bool {
    rows.iter().any(|other| other.id != row.id && (other.everywhere || other.active_in(project)))
}

fn activation(visit: &Visit, (rows, row): (&[Row], &Row), project: Option<&ProjectId>, keys: i64) -> Vec<String> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let mut effects = vec![t.text(match (row.facts.authority, others_active(rows, row, project)) {
        (true, false) => "certificate-effect-authority",
        (false, false) => "certificate-effect-own",
        (_, true) => "certificate-effect-besides",
    })];
    effects.push(if keys == 0 {
        t.text("certificate-effect-no-keys")
    } else {
        t.count("certificate-effect-keys", &keys)
    });
    if row.validity == Validity::Future {
        effects.push(t.text_with("certificate-effect-future", "when", format.exact(&row.valid_at)));
    }
    if row.validity == Validity::Ending {
        effects.push(t.text_with("certificate-effect-ending", "when", format.exact(&row.expires_at)));
    }
    effects.push(t.text("certificate-effect-owners"));
    effects
}

fn deactivation(visit: &Visit, (rows, row): (&[Row], &Row), project: Option<&ProjectId>) -> Vec<String> {
    let t = visit.person.messages;
    // Active for the organization, it stays required in each of its projects.
    let stays = project.is_some() && row.everywhere;
    let in_projects = project.is_none() && rows.iter().any(|other| !other.projects.is_empty());
    let mut effects = vec![t.text(if stays {
        "certificate-effect-stays"
    } else if others_active(rows, row, project) {
        "certificate-effect-others"
    } else {
        "certificate-effect-none"
    })];
    if in_projects {
        effects.push(t.text("certificate-effect-projects"));
    }
    effects
}
