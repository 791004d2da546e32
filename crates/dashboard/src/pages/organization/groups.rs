//! The list of groups, with a search; creates them.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::groups::overview::GroupSummary;
use keystead_core::scope::Scope;

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, render_error, subpath};

pub(super) const HERE: &str = "/settings/organization/groups";
/// Groups on one page.
const ROWS: u32 = 50;
/// The longest search that is read, in characters.
const LONGEST_SEARCH: usize = 255;

/// The dialog for a new group: what is wrong, and the name as typed.
#[derive(Default)]
struct NewGroup {
    wrong: Option<String>,
    name: String,
}

#[derive(Template)]
#[template(path = "pages/groups.html")]
struct Groups {
    layout: Layout,
    rows: Vec<GroupSummary>,
    /// What was searched for.
    search: String,
    project: String,
    writes: bool,
    dialog: Option<NewGroup>,
    here: String,
    new_href: String,
    /// The address of the next page, if there is one.
    more: Option<String>,
}

impl Groups {
    fn one(&self, row: &GroupSummary) -> String {
        subpath(&self.here, HERE, row.group.id.as_str())
    }

    fn create(&self) -> String {
        subpath(&self.here, HERE, "create")
    }
}

async fn page(state: &DashboardState, visit: &Visit, dialog: Option<NewGroup>) -> Result<Groups, PageError> {
    let t = visit.person.messages;
    let query = &visit.person.query;
    let search: String = query.get("q").map_or("", |typed| typed.trim()).chars().take(LONGEST_SEARCH).collect();
    let cursor = Cursor { after: query.get("after").cloned(), limit: ROWS, ascending: true };
    let found = state.app.find_groups(&visit.person.actor(), &visit.organization.id, &search, &cursor).await;
    let found = found.map_err(|error| PageError::new(t, error))?;
    let more = found.data.last().filter(|_| found.has_more).map(|last| {
        let fields = [("after", last.group.id.as_str()), ("q", search.as_str())];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        visit.link(&format!("{HERE}?{}", serde_urlencoded::to_string(fields).unwrap_or_default()))
    });
    Ok(Groups {
        layout: Layout::new(state, visit, &t.text("nav-groups"), HERE),
        rows: found.data,
        search,
        project: visit.project.id.to_string(),
        writes: visit.holds(Scope::GroupsWrite),
        dialog,
        here: visit.link(HERE),
        new_href: visit.link(&format!("{HERE}?new=1")),
        more,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    let asked = visit.holds(Scope::GroupsWrite) && visit.person.query.contains_key("new");
    render(visit.person.messages, &page(&state, &visit, asked.then(NewGroup::default)).await?)
}

/// Creates a group, and leads to its page, where members and roles are added.
pub(crate) async fn create(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let name = form.field("name");
    match state.app.create_group(&visit.person.actor(), &visit.organization.id, name).await {
        Ok(group) => Ok(redirect(&visit.link(&format!("{HERE}/{}?done=group-created", group.id)))),
        Err(error) if visit.holds(Scope::GroupsWrite) => {
            let wrong = Some(error_message(&visit.person.format, &error));
            let page = page(&state, &visit, Some(NewGroup { wrong, name: name.to_owned() })).await?;
            render_error(visit.person.messages, &page, &error)
        }
        Err(error) => Err(PageError::new(visit.person.messages, error)),
    }
}
