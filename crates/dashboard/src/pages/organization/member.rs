//! One member: the role in the organization and in its projects.

use askama::Template;
use axum::extract::{Path, State};
use keystead_app::organizations::members::Member;
use keystead_app::{Error, Page as Cursor};
use keystead_core::id::UserId;
use keystead_core::role::{OrganizationRole, ProjectRole};

use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::{Layout, role_words};
use crate::web::response::{Page, redirect, render, render_error};

const MEMBERS: &str = "/settings/organization/members";

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
    Ok(One {
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
