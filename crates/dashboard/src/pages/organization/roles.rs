//! The roles of the organization, or of one of its projects.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::roles::Place;
use keystead_app::roles::overview::RoleSummary;

use super::give_role::{PlaceChoice, place_choices, place_name, place_of, place_value, role_name};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::layout::Layout;
use crate::web::permission_words::{Within, permission_words};
use crate::web::response::{Page, render};

pub(super) const HERE: &str = "/settings/organization/roles";
/// Roles on one page.
const ROWS: u32 = 50;

struct Row {
    name: String,
    href: String,
    description: Option<String>,
    preset: bool,
    permissions: Vec<String>,
    people: i64,
    groups: i64,
}

#[derive(Template)]
#[template(path = "pages/roles.html")]
struct Roles {
    layout: Layout,
    rows: Vec<Row>,
    /// Whether there are custom roles among the rows.
    has_custom: bool,
    places: Vec<PlaceChoice>,
    project: String,
    /// The name of the project; `None` for the organization.
    of_project: Option<String>,
    writes: bool,
    new_href: String,
    more: Option<String>,
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let query = &visit.person.query;
    let project = place_of(&visit, query.get("place").map_or("", String::as_str))?;
    let cursor = Cursor { after: query.get("after").cloned(), limit: ROWS, ascending: true };
    let place = Place { organization, project: project.as_ref() };
    let found = state.app.role_summaries(&actor, place, &cursor).await.map_err(fail)?;
    let places = state.app.role_places(&actor, organization).await.map_err(fail)?;
    let value = place_value(project.as_ref());
    let more = found.data.last().filter(|_| found.has_more);
    let more = more.map(|last| visit.link(&format!("{HERE}?place={value}&after={}", last.role.id)));
    let here = places.iter().find(|one| one.project.as_ref().map(|row| &row.id) == project.as_ref());
    let row = |RoleSummary { role, holders }: RoleSummary| Row {
        name: role_name(t, &role),
        href: visit.link(&format!("{HERE}/{}?place={value}", role.id)),
        permissions: permission_words(t, Within::of(project.as_ref()), role.scopes()),
        preset: role.made.is_none(),
        description: role.description,
        people: holders.people,
        groups: holders.groups,
    };
    // An archived project is none of the places, and has its id for a name.
    let named = here.map_or_else(|| value.clone(), |one| place_name(t, one.project.as_ref()));
    let page = Roles {
        layout: Layout::new(&state, &visit, &t.text("nav-roles"), HERE),
        has_custom: found.data.iter().any(|one| one.role.made.is_some()),
        places: place_choices(t, &places, project.as_ref()),
        project: visit.project.id.to_string(),
        of_project: Some(named).filter(|_| project.is_some()),
        writes: here.is_some_and(|one| one.writes),
        new_href: visit.link(&format!("{HERE}/new?place={value}")),
        rows: found.data.into_iter().map(row).collect(),
        more,
    };
    render(t, &page)
}
