//! One project: name, service accounts, members, archiving.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::projects::people::PersonOfProject;
use keystead_app::projects::service_accounts::AccountChange;
use keystead_app::projects::{AccountWithKeys, ProjectView};
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::{ProjectId, ServiceAccountId};
use keystead_core::role::ProjectRole;
use keystead_core::scope::Scope;

use super::groups::HERE as GROUPS;
use super::members::HERE as MEMBERS;
use super::projects::HERE as PROJECTS;
use crate::pages::keys::list::HERE as KEYS;
use crate::pages::spend;
use crate::pages::spend::summary::{SpendSummary, spend_of};
use crate::state::DashboardState;
use crate::web::after_change::after_change;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, render, subpath};

/// Roles a service account may have, in the order offered.
const ROLES: [ProjectRole; 3] = [ProjectRole::Member, ProjectRole::Viewer, ProjectRole::None];

#[derive(Template)]
#[template(path = "pages/project.html")]
struct One {
    layout: Layout,
    view: ProjectView,
    name: String,
    wrong: Option<String>,
    /// The dialog about a service account: `edit` or `delete`.
    dialog: Option<(&'static str, AccountWithKeys)>,
    /// Whether the visitor is an owner of the organization.
    owner: bool,
    here: String,
    models: String,
    network: String,
    certificates: String,
    limits: String,
    /// What it has spent; `None` for people who may not see it.
    spend: Option<SpendSummary>,
    spend_href: String,
    keys: String,
    new_key: String,
    members: String,
    roles: String,
    /// Names and addresses of the groups with a role here.
    groups: Vec<(String, String)>,
    /// Whether the visitor may see roles.
    sees_roles: bool,
    archive: String,
    back: String,
    more: Option<String>,
}

impl One {
    fn role(&self, role: &ProjectRole) -> String {
        self.layout.t.text(&format!("project-role-{}", role.as_str()))
    }

    /// The role of a person: some have only custom roles, or roles of groups.
    fn role_of_person(&self, person: &PersonOfProject) -> String {
        match person.role {
            ProjectRole::None => self.layout.t.text("role-assigned"),
            role => self.role(&role),
        }
    }

    /// The page about a person, if it is open to the visitor.
    fn person(&self, person: &PersonOfProject) -> String {
        subpath(&self.members, MEMBERS, person.user.as_str())
    }

    fn roles(&self) -> [(&'static str, String); 3] {
        ROLES.map(|role| (role.as_str(), self.role(&role)))
    }

    /// The address of a dialog about one service account.
    fn ask(&self, verb: &str, row: &AccountWithKeys) -> String {
        format!("{}&{verb}={}", self.here, row.account.id)
    }

    /// The target of a form about one service account.
    fn act(&self, account: &AccountWithKeys, verb: &str) -> String {
        let here = format!("{PROJECTS}/{}", self.view.project.id);
        subpath(&self.here, &here, &format!("service-accounts/{}/{verb}", account.account.id))
    }
}

async fn page(state: &DashboardState, visit: &Visit, id: &ProjectId) -> Result<One, PageError> {
    let t = visit.person.messages;
    let after = visit.person.query.get("after").cloned();
    let cursor = Cursor { after, limit: 50, ascending: true };
    let view = state.app.project_view(&visit.person.actor(), &visit.organization.id, id, cursor).await;
    let view = view.map_err(|error| PageError::new(t, error))?;
    let groups = groups(state, visit, id).await;
    let here = format!("{PROJECTS}/{id}");
    let name = t.project(view.project.is_default, &view.project.name);
    let more = view.accounts.data.last().filter(|_| view.accounts.has_more);
    Ok(One {
        layout: Layout::new(state, visit, &name, PROJECTS),
        more: more.map(|last| visit.link(&format!("{here}?after={}", last.account.id))),
        name,
        wrong: None,
        dialog: dialog_of(visit, &view),
        owner: visit.owner(),
        here: match visit.person.query.get("after") {
            Some(after) => visit.link(&format!("{here}?after={after}")),
            None => visit.link(&here),
        },
        models: visit.link(&format!("{here}/models")),
        network: visit.link(&format!("{here}/network")),
        certificates: visit.link(&format!("{here}/certificates")),
        // Links to this project, which may not be the chosen one.
        limits: format!("/limits?project={id}"),
        spend: spend_of(state, visit, Some(id)).await?.map(|view| SpendSummary::of(visit, &view)),
        spend_href: visit.link(&spend::own_page(id)),
        keys: format!("{KEYS}?project={id}"),
        new_key: format!("{KEYS}?new=1&owner=service_account&project={id}"),
        members: visit.link(MEMBERS),
        groups,
        roles: visit.link(&format!("{}?place={id}", super::roles::HERE)),
        sees_roles: view.administers || visit.holds(Scope::RolesRead),
        archive: visit.link(&format!("{PROJECTS}/archive")),
        back: visit.link(PROJECTS),
        view,
    })
}

/// The groups with a role in the project; none where the visitor may not see groups.
async fn groups(state: &DashboardState, visit: &Visit, id: &ProjectId) -> Vec<(String, String)> {
    let cursor = Cursor { after: None, limit: 100, ascending: true };
    let found = state.app.project_groups(&visit.person.actor(), &visit.organization.id, id, cursor).await;
    let found = found.map(|listing| listing.data).unwrap_or_default();
    found.into_iter().map(|row| (row.name, visit.link(&format!("{GROUPS}/{}", row.group)))).collect()
}

/// The dialog that the query opens.
fn dialog_of(visit: &Visit, view: &ProjectView) -> Option<(&'static str, AccountWithKeys)> {
    ["edit", "delete"].into_iter().find_map(|verb| {
        let id = visit.person.query.get(verb)?;
        let row = view.accounts.data.iter().find(|row| row.account.id.as_str() == id)?;
        Some((verb, row.clone()))
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id = visit.named("project", &id)?;
    render(visit.person.messages, &page(&state, &visit, &id).await?)
}

/// Leads back to the page after a change, or shows it with what is wrong.
async fn after<T>(
    state: &DashboardState,
    visit: &Visit,
    (id, done): (&ProjectId, &str),
    changed: Result<T, Error>,
) -> Page {
    let show = |page: &mut One, wrong| page.wrong = Some(wrong);
    let there = format!("{PROJECTS}/{id}?done={done}");
    after_change(visit, &there, changed.map(|_| ()), page(state, visit, id), show).await
}

pub(crate) async fn rename(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id = visit.named("project", &id)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let renamed = state.app.update_project(&actor, organization, &id, Some(form.field("name"))).await;
    after(&state, &visit, (&id, "saved"), renamed).await
}

/// Changes the name or the role of a service account.
pub(crate) async fn change_account(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, account)): Path<(String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: ProjectId = visit.named("project", &id)?;
    let account: ServiceAccountId = visit.named("service account", &account)?;
    let role = ProjectRole::from_name(form.field("role")).filter(|role| ROLES.contains(role));
    let change = AccountChange { name: Some(form.field("name").to_owned()), role };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let changed = state.app.update_service_account(&actor, organization, &id, &account, &change).await;
    after(&state, &visit, (&id, "saved"), changed).await
}

/// Deletes a service account with its keys.
pub(crate) async fn delete_account(
    State(state): State<DashboardState>,
    visit: Visit,
    Path((id, account)): Path<(String, String)>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: ProjectId = visit.named("project", &id)?;
    let account: ServiceAccountId = visit.named("service account", &account)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let deleted = state.app.delete_service_account(&actor, organization, &id, &account).await;
    after(&state, &visit, (&id, "account-deleted"), deleted).await
}
