//! The list of certificates, for the organization or for one project, and the upload.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::Error;
use keystead_core::id::ProjectId;

use super::HERE;
use super::place::{PlaceChange, list_of};
use super::row::{Row, Validity, rows};
use super::wording::{holds_private_key, upload_refused};
use crate::pages::organization::projects::HERE as PROJECTS;
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};
use crate::web::submit::reloads_as;

/// The dialog above the list.
pub(super) enum Dialog {
    None,
    Upload { name: String, certificate: String, wrong: Option<String> },
    Place(Box<PlaceChange>),
}

#[derive(Template)]
#[template(path = "pages/certificates.html")]
pub(super) struct Certificates {
    layout: Layout,
    owner: bool,
    /// Whether this installation checks client certificates.
    checked: bool,
    /// The place: a project, or else the whole organization.
    place: Option<ProjectId>,
    /// The name of the project.
    project: Option<String>,
    /// Whether clients need a certificate, in words.
    now: String,
    rows: Vec<Row>,
    /// What ends soon, in words.
    warnings: Vec<(&'static str, String)>,
    pub(super) dialog: Dialog,
    upload: String,
    upload_href: String,
    close_href: String,
    back_href: String,
}

impl Certificates {
    fn active(&self, row: &Row) -> bool {
        row.active_in(self.place.as_ref())
    }

    /// The address of the confirmation.
    fn ask(&self, verb: &str, row: &Row) -> String {
        format!("{}&{verb}={}", self.close_href, row.id)
    }
}

/// The page of a place, without a dialog.
pub(super) async fn page(
    state: &DashboardState,
    visit: &Visit,
    place: Option<ProjectId>,
) -> Result<Certificates, PageError> {
    let t = visit.person.messages;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let project = match &place {
        None => None,
        Some(id) => {
            let found = state.app.project(&actor, organization, id).await;
            let found = found.map_err(|error| PageError::new(t, error))?;
            Some(t.project(found.is_default, &found.name))
        }
    };
    let rows = rows(state, visit).await?;
    let current = if place.is_some() { PROJECTS } else { HERE };
    let close_href = visit.link(&list_of(place.as_ref()));
    Ok(Certificates {
        layout: Layout::new(state, visit, &t.text("nav-certificates"), current),
        owner: visit.owner(),
        checked: state.app.settings().client_certificates,
        now: required_now(visit, &rows, place.as_ref()),
        warnings: warnings(visit, &rows, place.as_ref()),
        rows,
        dialog: Dialog::None,
        upload: subpath(&visit.link(HERE), HERE, "upload"),
        upload_href: format!("{}&new=1", visit.link(HERE)),
        back_href: place.as_ref().map(|id| visit.link(&format!("{PROJECTS}/{id}"))).unwrap_or_default(),
        close_href,
        place,
        project,
    })
}

/// Whether clients of the place need a certificate.
fn required_now(visit: &Visit, rows: &[Row], place: Option<&ProjectId>) -> String {
    let t = visit.person.messages;
    if rows.iter().any(|row| row.everywhere) {
        return t.text("certificates-now-all");
    }
    match place {
        Some(_) if rows.iter().any(|row| row.active_in(place)) => t.text("certificates-now-project"),
        Some(_) => t.text("certificates-now-none"),
        None => {
            let mut projects: Vec<&ProjectId> = rows.iter().flat_map(|row| &row.projects).map(|(id, _)| id).collect();
            projects.sort();
            projects.dedup();
            match i64::try_from(projects.len()) {
                Ok(0) | Err(_) => t.text("certificates-now-none"),
                Ok(count) => t.count("certificates-now-some", &count),
            }
        }
    }
}

/// What is active in the place and ends soon, or has ended.
fn warnings(visit: &Visit, rows: &[Row], place: Option<&ProjectId>) -> Vec<(&'static str, String)> {
    let (t, format) = (visit.person.messages, &visit.person.format);
    let concerns = |row: &&Row| match place {
        None => row.active(),
        Some(_) => row.everywhere || row.active_in(place),
    };
    let warning = |row: &Row| {
        let when = format.date(&row.expires_at);
        let arguments = [("name", row.name.as_str()), ("when", when.as_str())];
        match row.validity {
            Validity::Ending => Some(("wait", t.text_with_all("certificate-ends", &arguments))),
            Validity::Expired => Some(("bad", t.text_with_all("certificate-ended", &arguments))),
            Validity::Future | Validity::Valid => None,
        }
    };
    rows.iter().filter(concerns).filter_map(warning).collect()
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    show(&state, &visit, None).await
}

pub(crate) async fn open_project(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("project", &id)?;
    show(&state, &visit, Some(id)).await
}

async fn show(state: &DashboardState, visit: &Visit, place: Option<ProjectId>) -> Page {
    let mut page = page(state, visit, place).await?;
    let query = &visit.person.query;
    if page.owner && page.place.is_none() && query.contains_key("new") {
        page.dialog = Dialog::Upload { name: String::new(), certificate: String::new(), wrong: None };
    } else if let Some((activates, id)) = asked(visit) {
        let row = page.rows.iter().find(|row| row.id.as_str() == id);
        let row = row.ok_or_else(|| PageError::new(visit.person.messages, Error::not_found("certificate", id)))?;
        let change = (page.place.as_ref(), activates, "list");
        page.dialog = Dialog::Place(Box::new(PlaceChange::of(state, visit, (&page.rows, row), change).await?));
    }
    render(visit.person.messages, &page)
}

/// The confirmation that the address opens: whether it activates, and the id that it names.
pub(super) fn asked(visit: &Visit) -> Option<(bool, &str)> {
    let named = |verb| visit.person.query.get(verb).map(String::as_str);
    named("activate").map(|id| (true, id)).or_else(|| named("deactivate").map(|id| (false, id)))
}

/// Uploads a certificate, and leads to its page.
pub(crate) async fn upload(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let (name, pem) = (form.field("name"), form.field("certificate"));
    let given = Some(name).filter(|name| !name.is_empty());
    match state.app.create_certificate(&visit.person.actor(), &visit.organization.id, given, pem).await {
        Ok(made) => Ok(redirect(&visit.link(&format!("{HERE}/{}?done=certificate-uploaded", made.id)))),
        Err(error @ (Error::Refused(_) | Error::Unavailable | Error::Internal(_))) => Err(PageError::new(t, error)),
        Err(error) => {
            let mut page = page(&state, &visit, None).await?;
            let wrong = Some(upload_refused(&visit, &error, pem));
            let certificate = if holds_private_key(pem) { String::new() } else { pem.to_owned() };
            page.dialog = Dialog::Upload { name: name.to_owned(), certificate, wrong };
            reloads_as(render_error(t, &page, &error), visit.link(&format!("{HERE}?new=1")))
        }
    }
}
