//! One group: its members, the roles that it holds, its name and its end.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::groups::members::GroupMember;
use keystead_app::groups::overview::GroupSummary;
use keystead_app::projects::people::MemberRef;
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::{GroupId, UserId};
use keystead_core::role::Principal;
use keystead_core::scope::Scope;

use super::give_role::{GiveRole, HeldRow, held_rows, row_to_take};
use super::groups::HERE as GROUPS;
use super::{give_role, members};
use crate::state::DashboardState;
use crate::web::after_change::after_change;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Layout;
use crate::web::response::{Page, redirect, render, subpath};

/// Members on one page, and addresses that the form suggests.
const ROWS: u32 = 50;
const SUGGESTIONS: u32 = 200;

/// The dialog over the page.
enum Dialog {
    None,
    Give(GiveRole),
    /// The role with this number among the rows.
    Take(usize),
    Remove(GroupMember),
    Delete,
}

#[derive(Template)]
#[template(path = "pages/group.html")]
struct One {
    layout: Layout,
    summary: GroupSummary,
    people: Vec<GroupMember>,
    /// The address of the next members, if there are more.
    more: Option<String>,
    roles: Vec<HeldRow>,
    /// Names and addresses of members of the organization, for the form.
    suggestions: Vec<(String, String)>,
    writes: bool,
    /// Whether the visitor may give a role anywhere.
    gives: bool,
    /// Whether the pages of members are open to the visitor.
    manages: bool,
    dialog: Dialog,
    wrong: Option<String>,
    /// What is wrong with the address of a new member, and the address.
    wrong_person: Option<String>,
    email: String,
    /// What is wrong with the name, and the name as typed.
    wrong_name: Option<String>,
    name: String,
    here: String,
    back: String,
    members: String,
    project: String,
}

impl One {
    fn act(&self, verb: &str) -> String {
        let here = format!("{GROUPS}/{}", self.summary.group.id);
        subpath(&self.here, &here, verb)
    }

    /// The address of a dialog.
    fn ask(&self, fields: &str) -> String {
        format!("{}&{fields}", self.here)
    }

    fn person(&self, person: &GroupMember) -> String {
        subpath(&self.members, members::HERE, person.user.as_str())
    }

    fn row(&self, number: &usize) -> Option<&HeldRow> {
        self.roles.get(*number)
    }

    fn path(&self) -> String {
        format!("{GROUPS}/{}", self.summary.group.id)
    }

    /// The heading of the dialog that gives a role.
    fn give_title(&self) -> String {
        self.layout.t.text_with("role-give-to", "name", &self.summary.group.name)
    }

    fn take_lead(&self) -> String {
        match self.summary.people {
            0 => self.layout.t.text("role-take-group-none"),
            people => self.layout.t.count("role-take-group", &people),
        }
    }

    fn give_lead(&self) -> String {
        match self.summary.people {
            0 => self.layout.t.text("role-give-group-none"),
            people => self.layout.t.count("role-give-group", &people),
        }
    }
}

/// The page without a dialog.
async fn page(state: &DashboardState, visit: &Visit, id: &GroupId) -> Result<One, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let summary = state.app.group_summary(&actor, organization, id).await.map_err(fail)?;
    let after = visit.person.query.get("after").cloned();
    let cursor = Cursor { after, limit: ROWS, ascending: true };
    let people = state.app.group_members(&actor, organization, id, cursor).await.map_err(fail)?;
    let here = format!("{GROUPS}/{id}");
    let more = people.data.last().filter(|_| people.has_more);
    let writes = visit.holds(Scope::GroupsWrite);
    let mut page = One {
        layout: Layout::new(state, visit, &summary.group.name, GROUPS),
        more: more.map(|last| visit.link(&format!("{here}?after={}", last.user))),
        people: people.data,
        roles: Vec::new(),
        suggestions: if writes { suggestions(state, visit).await } else { Vec::new() },
        writes,
        gives: false,
        manages: visit.owner(),
        dialog: Dialog::None,
        wrong: None,
        wrong_person: None,
        email: String::new(),
        wrong_name: None,
        name: summary.group.name.clone(),
        here: visit.link(&here),
        back: visit.link(GROUPS),
        members: visit.link(members::HERE),
        project: visit.project.id.to_string(),
        summary,
    };
    if visit.holds(Scope::RolesRead) {
        let principal = Principal::Group(id.clone());
        let access = state.app.access_of(&actor, organization, &principal).await.map_err(fail)?;
        let places = state.app.role_places(&actor, organization).await.map_err(fail)?;
        page.roles = held_rows(visit, &access.roles);
        page.gives = places.iter().any(|place| place.writes);
        page.dialog = match visit.person.query.get("give") {
            Some(place) => {
                let dialog = GiveRole::of(state, visit, &principal, &access.roles, place).await?;
                dialog.map_or(Dialog::None, Dialog::Give)
            }
            None => Dialog::None,
        };
    }
    Ok(page)
}

/// The members whose addresses the form suggests; none where the visitor may not list members.
async fn suggestions(state: &DashboardState, visit: &Visit) -> Vec<(String, String)> {
    let cursor = Cursor { after: None, limit: SUGGESTIONS, ascending: true };
    let found = state.app.members(&visit.person.actor(), &visit.organization.id, &[], cursor).await;
    let found = found.map(|listing| listing.data).unwrap_or_default();
    found.into_iter().map(|member| (member.user.email, member.user.name)).collect()
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>) -> Page {
    let id: GroupId = visit.named("group", &id)?;
    let mut page = page(&state, &visit, &id).await?;
    let query = &visit.person.query;
    if let Some(number) = row_to_take(&visit, &page.roles) {
        page.dialog = Dialog::Take(number);
    } else if let Some(user) = query.get("remove").and_then(|user| user.parse::<UserId>().ok()).filter(|_| page.writes)
    {
        let found = state.app.group_member(&visit.person.actor(), &visit.organization.id, &id, &user).await;
        page.dialog = found.map_or(Dialog::None, Dialog::Remove);
    } else if page.writes && query.contains_key("delete") {
        page.dialog = Dialog::Delete;
    }
    render(visit.person.messages, &page)
}

/// Leads back to the page after a change, or shows it with what is wrong.
async fn after(
    state: &DashboardState,
    visit: &Visit,
    (id, done): (&GroupId, &str),
    changed: Result<(), Error>,
    show: impl FnOnce(&mut One, String) + Send,
) -> Page {
    after_change(visit, &format!("{GROUPS}/{id}?done={done}"), changed, page(state, visit, id), show).await
}

fn on_top(page: &mut One, wrong: String) {
    page.wrong = Some(wrong);
}

pub(crate) async fn rename(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    let name = form.field("name");
    let renamed = state.app.rename_group(&visit.person.actor(), &visit.organization.id, &id, name).await;
    after(&state, &visit, (&id, "group-renamed"), renamed.map(|_| ()), |page, wrong| {
        page.wrong_name = Some(wrong);
        name.clone_into(&mut page.name);
    })
    .await
}

pub(crate) async fn delete(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    match state.app.delete_group(&visit.person.actor(), &visit.organization.id, &id).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{GROUPS}?done=group-deleted")))),
        Err(error) => after(&state, &visit, (&id, "saved"), Err(error), on_top).await,
    }
}

/// Adds the member with this address.
pub(crate) async fn add(State(state): State<DashboardState>, visit: Visit, Path(id): Path<String>, form: Form) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    let (actor, email) = (visit.person.actor(), form.field("email"));
    let member = MemberRef::Email(email.to_owned());
    let added = match state.app.add_person_to_group(&actor, &visit.organization.id, &id, &member).await {
        // An address is not an id in the address of the page: the form is shown again.
        Err(Error::NotFound { kind: "user", .. }) => {
            Err(Error::invalid("email", visit.person.messages.text("group-no-member")))
        }
        added => added.map(|_| ()),
    };
    after(&state, &visit, (&id, "person-added"), added, |page, wrong| {
        page.wrong_person = Some(wrong);
        email.clone_into(&mut page.email);
    })
    .await
}

pub(crate) async fn remove(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    let user: UserId = visit.named("user", form.field("id"))?;
    let removed = state.app.remove_group_member(&visit.person.actor(), &visit.organization.id, &id, &user).await;
    after(&state, &visit, (&id, "person-removed"), removed, on_top).await
}

pub(crate) async fn give(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    let given = give_role::give(&state, &visit, &Principal::Group(id.clone()), &form).await?;
    after(&state, &visit, (&id, "role-given"), given, on_top).await
}

pub(crate) async fn take(
    State(state): State<DashboardState>,
    visit: Visit,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    visit.person.check(&form)?;
    let id: GroupId = visit.named("group", &id)?;
    let taken = give_role::take(&state, &visit, &Principal::Group(id.clone()), &form).await?;
    after(&state, &visit, (&id, "role-taken"), taken, on_top).await
}
