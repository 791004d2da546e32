//! The list of projects; creates and archives them.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_core::time::Timestamp;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};

pub(crate) const HERE: &str = "/settings/organization/projects";
/// Projects on one page.
const ROWS: u32 = 50;

struct Row {
    id: String,
    name: String,
    href: String,
    created_at: Timestamp,
    archived_at: Option<Timestamp>,
}

#[derive(Template)]
#[template(path = "pages/projects.html")]
struct Projects {
    layout: Layout,
    rows: Vec<Row>,
    wrong: Option<String>,
    owner: bool,
    action: String,
    /// The address of the next page, if there is one.
    more: Option<String>,
}

impl Projects {
    fn act(&self, verb: &str) -> String {
        subpath(&self.action, HERE, verb)
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Projects, PageError> {
    let t = visit.person.messages;
    let cursor = Cursor { after: visit.person.query.get("after").cloned(), limit: ROWS, ascending: true };
    let listing = state.app.projects(&visit.person.actor(), &visit.organization.id, true, cursor).await;
    let listing = listing.map_err(|error| PageError::new(t, error))?;
    let row = |row: keystead_app::projects::Project| Row {
        href: visit.link(&format!("{HERE}/{}", row.id)),
        id: row.id.to_string(),
        name: t.project(row.is_default, &row.name),
        created_at: row.created_at,
        archived_at: row.archived_at,
    };
    let more = listing.data.last().filter(|_| listing.has_more);
    let more = more.map(|last| visit.link(&format!("{HERE}?after={}", last.id)));
    let rows = listing.data.into_iter().map(row).collect();
    let layout = Layout::new(state, visit, &t.text("nav-projects"), HERE);
    Ok(Projects { layout, rows, wrong: None, owner: visit.owner(), action: visit.link(HERE), more })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    match state.app.create_project(&visit.person.actor(), &visit.organization.id, form.field("name")).await {
        Ok(project) => Ok(redirect(&format!("{HERE}?done=project-created&project={}", project.id))),
        Err(error) => {
            let mut page = page(&state, &visit).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

pub(crate) async fn archive(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let t = visit.person.messages;
    let id = visit.named("project", form.field("id"))?;
    let archived = state.app.archive_project(&visit.person.actor(), &visit.organization.id, &id).await;
    archived.map_err(|error| PageError::new(t, error))?;
    // The archived project may be the chosen one.
    Ok(redirect(&format!("{HERE}?done=project-archived")))
}
