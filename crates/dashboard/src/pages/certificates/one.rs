//! The page of one certificate: what it says, where it is active, and what can be changed about it.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_core::id::{CertificateId, ProjectId};

use super::HERE;
use super::list::{self, asked};
use super::place::{PlaceChange, list_of, place_of};
use super::row::{Row, Validity, rows};
use super::wording::change_refused;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};
use crate::web::submit::reloads_as;

/// The dialog above the page.
enum Dialog {
    None,
    Rename { name: String, wrong: Option<String> },
    Delete { wrong: Option<String> },
    Place(Box<PlaceChange>),
}

#[derive(Template)]
#[template(path = "pages/certificate.html")]
struct OneCertificate {
    layout: Layout,
    checked: bool,
    row: Row,
    /// Projects for which it can be activated.
    others: Vec<(String, String)>,
    dialog: Dialog,
    action: String,
    /// The path of the page, for the form that chooses a project.
    path: String,
    project: String,
    list_href: String,
    close_href: String,
}

impl OneCertificate {
    fn act(&self, verb: &str) -> String {
        subpath(&self.action, &self.path, verb)
    }

    fn ask(&self, verb: &str, place: &str) -> String {
        format!("{}&{verb}={place}", self.close_href)
    }
}

async fn page(
    state: &DashboardState,
    visit: &Visit,
    id: &CertificateId,
) -> Result<(OneCertificate, Vec<Row>), PageError> {
    let t = visit.person.messages;
    // The use case refuses people who may not see it, and answers a foreign id like a missing one.
    let found = state.app.certificate(&visit.person.actor(), &visit.organization.id, id).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let rows = rows(state, visit).await?;
    let row = rows.iter().find(|row| row.id == found.id).cloned();
    let row = row.ok_or_else(|| PageError::new(t, Error::not_found("certificate", id.as_str())))?;
    let others = visit.organization.projects.iter().filter(|project| !row.active_in(Some(&project.id)));
    let path = format!("{HERE}/{id}");
    let page = OneCertificate {
        layout: Layout::new(state, visit, &row.name, HERE),
        checked: state.app.settings().client_certificates,
        others: others.map(|one| (one.id.to_string(), t.project(one.is_default, &one.name))).collect(),
        dialog: Dialog::None,
        action: visit.link(&path),
        close_href: visit.link(&path),
        path,
        project: visit.project.id.to_string(),
        list_href: visit.link(HERE),
        row,
    };
    Ok((page, rows))
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("certificate", &id)?;
    let (mut page, rows) = page(&state, &visit, &id).await?;
    let query = &visit.person.query;
    if query.contains_key("rename") {
        page.dialog = Dialog::Rename { name: page.row.given_name.clone(), wrong: None };
    } else if query.contains_key("delete") && !page.row.active() {
        page.dialog = Dialog::Delete { wrong: None };
    } else if let Some((activates, place)) = asked(&visit) {
        let place = place_of(&visit, place)?;
        let change = (place.as_ref(), activates, "one");
        page.dialog = Dialog::Place(Box::new(PlaceChange::of(&state, &visit, (&rows, &page.row), change).await?));
    }
    render(visit.person.messages, &page)
}

/// `rename`, `activate`, `deactivate` or `delete`.
pub(crate) async fn act(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, verb)): Path<(String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: CertificateId = visit.named("certificate", &id)?;
    match change(&state, &visit, &id, &verb, &form).await {
        Ok(leads_to) => Ok(redirect(&visit.link(&leads_to))),
        Err(error @ (Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_))) => {
            Err(PageError::new(visit.person.messages, error))
        }
        Err(error) => again(&state, &visit, &id, (&verb, &form), &error).await,
    }
}

/// Changes what the form says; returns where that leads.
async fn change(
    state: &DashboardState,
    visit: &Visit,
    id: &CertificateId,
    verb: &str,
    form: &Form,
) -> Result<String, Error> {
    let (app, actor, organization) = (&state.app, visit.person.actor(), &visit.organization.id);
    let place = form.field("place");
    let unknown = |_| Error::not_found("project", place);
    let place: Option<ProjectId> = if place.is_empty() { None } else { Some(place.parse().map_err(unknown)?) };
    let ids = [id.clone()];
    let done = match verb {
        "rename" => {
            app.rename_certificate(&actor, organization, id, Some(form.field("name"))).await?;
            "saved"
        }
        "activate" => {
            app.activate_certificates(&actor, organization, place.as_ref(), &ids).await?;
            "certificate-activated"
        }
        "deactivate" => {
            app.deactivate_certificates(&actor, organization, place.as_ref(), &ids).await?;
            "certificate-deactivated"
        }
        "delete" => {
            app.delete_certificate(&actor, organization, id).await?;
            return Ok(format!("{HERE}?done=certificate-deleted"));
        }
        other => return Err(Error::not_found("page", other)),
    };
    let back = if form.field("from") == "list" { list_of(place.as_ref()) } else { format!("{HERE}/{id}") };
    Ok(format!("{back}?done={done}"))
}

/// Shows the dialog again with the refusal.
async fn again(
    state: &DashboardState,
    visit: &Visit,
    id: &CertificateId,
    (verb, form): (&str, &Form),
    error: &Error,
) -> Page {
    let t = visit.person.messages;
    let wrong = Some(change_refused(visit, error));
    let (mut page, rows) = page(state, visit, id).await?;
    page.dialog = match verb {
        "rename" => Dialog::Rename { name: form.field("name").to_owned(), wrong },
        "delete" => Dialog::Delete { wrong },
        _ => {
            let (place, from) = (place_of(visit, form.field("place"))?, form.field("from"));
            let from = if from == "list" { "list" } else { "one" };
            let of = (place.as_ref(), verb == "activate", from);
            let change = PlaceChange::of(state, visit, (&rows, &page.row), of).await?;
            let change = Box::new(PlaceChange { wrong, ..change });
            if from == "list" {
                let mut listed = list::page(state, visit, place.clone()).await?;
                listed.dialog = list::Dialog::Place(change);
                return reloads_as(render_error(t, &listed, error), visit.link(&list_of(place.as_ref())));
            }
            Dialog::Place(change)
        }
    };
    reloads_as(render_error(t, &page, error), page.close_href.clone())
}
