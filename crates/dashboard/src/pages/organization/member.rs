//! One member: the role in the organization and in its projects, the groups they are in, and what they may do.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::organizations::members::Member;
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::UserId;
use keystead_core::role::{OrganizationRole, Principal, ProjectRole};
use keystead_core::scope::{Scope, ScopeSet};

use super::give_role::{self, GiveRole, HeldRow, held_rows, place_name, row_to_take};
use super::groups::HERE as GROUPS;
use super::members::HERE as MEMBERS;
use crate::state::DashboardState;
use crate::web::after_change::after_change;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::{Layout, role_words};
use crate::web::permission_words::{Within, permission_words};
use crate::web::response::{Page, redirect, render, render_error, subpath};

/// A project with the current or selected role in it.
pub(super) struct ProjectRoleChoice {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) role: Option<ProjectRole>,
}

impl ProjectRoleChoice {
    pub(super) fn is(&self, role: &str) -> bool {
        self.role.map_or("none", ProjectRole::as_str) == role
    }
}

/// The prefix of fields that name a project and hold a role.
pub(super) const ROLE_OF: &str = "role-";

/// The projects of a form with the role in each; `None` is no role.
pub(super) fn wanted(form: &Form) -> Result<Vec<(keystead_core::id::ProjectId, Option<ProjectRole>)>, Error> {
    let read = |(id, role): (&str, &str)| {
        let id = id.parse().map_err(|_| Error::not_found("project", id))?;
        let role = if role == "none" { None } else { Some(ProjectRole::from_name(role).ok_or_else(bad_role)?) };
        Ok((id, role))
    };
    form.starting(ROLE_OF).into_iter().map(read).collect()
}

fn bad_role() -> Error {
    Error::invalid("role", "Invalid 'role': it must be member, owner or viewer.")
}

/// What a member holds.
struct Held {
    rows: Vec<HeldRow>,
    /// Names and addresses of the groups.
    groups: Vec<(String, String)>,
    /// Each place with what the member may do there.
    may: Vec<(String, Vec<String>)>,
    /// Whether the visitor may give a role anywhere.
    gives: bool,
}

/// The dialog over the page.
enum Dialog {
    None,
    Give(GiveRole),
    /// The role with this number among the rows.
    Take(usize),
}

#[derive(Template)]
#[template(path = "pages/member.html")]
struct One {
    layout: Layout,
    member: Member,
    owner: bool,
    words: &'static str,
    me: bool,
    choices: Vec<ProjectRoleChoice>,
    more: Option<String>,
    wrong: Option<String>,
    action: String,
    role: String,
    remove: String,
    back: String,
    /// What they hold; `None` where the visitor may not see roles.
    held: Option<Held>,
    dialog: Dialog,
    /// Whether the visitor may change members.
    writes: bool,
    here: String,
    groups_href: String,
    project: String,
}

impl One {
    /// The target of a form about the roles of this member.
    fn act(&self, verb: &str) -> String {
        subpath(&self.here, &self.path(), verb)
    }

    /// The address of a dialog.
    fn ask(&self, fields: &str) -> String {
        format!("{}&{fields}", self.here)
    }

    fn row(&self, number: &usize) -> Option<&HeldRow> {
        self.held.as_ref()?.rows.get(*number)
    }

    fn path(&self) -> String {
        format!("{MEMBERS}/{}", self.member.user.id)
    }

    fn give_title(&self) -> String {
        self.layout.t.text_with("role-give-to", "name", &self.member.user.name)
    }

    fn give_lead(&self) -> String {
        self.layout.t.text("role-give-person")
    }

    fn take_lead(&self) -> String {
        self.layout.t.text_with("role-take-person", "name", &self.member.user.name)
    }
}

/// Reads what a member holds, and the dialog that the address opens.
async fn held(state: &DashboardState, visit: &Visit, id: &UserId) -> Result<(Held, Dialog), PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let principal = Principal::User(id.clone());
    let access = state.app.access_of(&actor, organization, &principal).await.map_err(fail)?;
    let places = state.app.role_places(&actor, organization).await.map_err(fail)?;
    let rows = held_rows(visit, &access.roles);
    let dialog = match visit.person.query.get("give") {
        Some(place) => {
            let dialog = GiveRole::of(state, visit, &principal, &access.roles, place).await?;
            dialog.map_or(Dialog::None, Dialog::Give)
        }
        None => row_to_take(visit, &rows).map_or(Dialog::None, Dialog::Take),
    };
    let everywhere = (t.text("may-everywhere"), permission_words(t, Within::Organization, access.organization));
    // A project is listed with what it adds.
    let projects = access.projects.iter().map(|(row, scopes)| (row, scopes.without(access.organization)));
    let projects = projects.filter(|(_, more)| *more != ScopeSet::NONE);
    let projects = projects.map(|(row, more)| (place_name(t, Some(row)), permission_words(t, Within::Project, more)));
    let group =
        |group: &keystead_app::groups::Group| (group.name.clone(), visit.link(&format!("{GROUPS}/{}", group.id)));
    let held = Held {
        rows,
        groups: access.groups.iter().map(group).collect(),
        may: std::iter::once(everywhere).chain(projects).collect(),
        gives: places.iter().any(|place| place.writes),
    };
    Ok((held, dialog))
}

async fn page(state: &DashboardState, visit: &Visit, id: &UserId) -> Result<One, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let member = state.app.member(&actor, organization, id).await.map_err(fail)?;
    let roles = state.app.project_roles(&actor, organization, id).await.map_err(fail)?;
    let after = visit.person.query.get("after").cloned();
    let cursor = Cursor { after, limit: 100, ascending: true };
    let listing = state.app.projects(&actor, organization, false, cursor).await.map_err(fail)?;
    let here = format!("{MEMBERS}/{id}");
    let more = listing.data.last().filter(|_| listing.has_more);
    let more = more.map(|last| visit.link(&format!("{here}?after={}", last.id)));
    let place = |row: keystead_app::projects::Project| ProjectRoleChoice {
        role: roles.iter().find(|(known, _)| *known == row.id).map(|(_, role)| *role),
        label: t.project(row.is_default, &row.name),
        id: row.id.to_string(),
    };
    let (held, dialog) = match visit.holds(Scope::RolesRead) {
        true => held(state, visit, id).await.map(|(held, dialog)| (Some(held), dialog))?,
        false => (None, Dialog::None),
    };
    Ok(One {
        held,
        dialog,
        writes: visit.holds(Scope::ManagementWrite),
        here: visit.link(&here),
        groups_href: visit.link(GROUPS),
        project: visit.project.id.to_string(),
        layout: Layout::new(state, visit, &member.user.name, MEMBERS),
        owner: member.membership.role == OrganizationRole::Owner,
        words: role_words(member.membership.role),
        me: visit.person.session.user == *id,
        choices: listing.data.into_iter().map(place).collect(),
        more,
        wrong: None,
        action: visit.link(&here),
        role: visit.link(&format!("{MEMBERS}/role")),
        remove: visit.link(&format!("{MEMBERS}/remove")),
        back: visit.link(MEMBERS),
        member,
    })
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id: UserId = visit.named("user", &id)?;
    render(visit.person.messages, &page(&state, &visit, &id).await?)
}

/// Saves the roles in projects, all of the form or none.
pub(crate) async fn save(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: UserId = visit.named("user", &id)?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let saved = match wanted(&form) {
        Ok(roles) => state.app.change_project_roles(&actor, organization, &id, &roles).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => Ok(redirect(&visit.link(&format!("{MEMBERS}/{id}?done=saved")))),
        Err(error) => {
            let mut page = page(&state, &visit, &id).await?;
            page.wrong = Some(error_message(&visit.person.format, &error));
            render_error(visit.person.messages, &page, &error)
        }
    }
}

/// Leads back to the page after a change of roles, or shows it with what is wrong.
async fn after(state: &DashboardState, visit: &Visit, (id, done): (&UserId, &str), changed: Result<(), Error>) -> Page {
    let show = |page: &mut One, wrong| page.wrong = Some(wrong);
    after_change(visit, &format!("{MEMBERS}/{id}?done={done}"), changed, page(state, visit, id), show).await
}

pub(crate) async fn give(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: UserId = visit.named("user", &id)?;
    let given = give_role::give(&state, &visit, &Principal::User(id.clone()), &form).await?;
    after(&state, &visit, (&id, "role-given"), given).await
}

pub(crate) async fn take(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: UserId = visit.named("user", &id)?;
    let taken = give_role::take(&state, &visit, &Principal::User(id.clone()), &form).await?;
    after(&state, &visit, (&id, "role-taken"), taken).await
}
