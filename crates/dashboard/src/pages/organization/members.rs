//! Members and invitations.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::organizations::members::Member;
use keystead_core::id::ProjectId;
use keystead_core::role::{OrganizationRole, ProjectRole};

use super::member::{ProjectRoleChoice, ROLE_OF, wanted};
use crate::state::DashboardState;
use crate::web::error_page::{PageError, error_message};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::{Layout, role_words};
use crate::web::response::{Page, redirect, render, render_error, subpath};

pub(super) const HERE: &str = "/settings/organization/members";
/// The most members on one page, and the most projects that an invitation offers.
const ROWS: u32 = 50;

struct Waiting {
    id: String,
    email: String,
    role: &'static str,
    until: String,
    /// Whether the link has expired.
    expired: bool,
    /// Its projects with the role in each.
    projects: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/members.html")]
struct Members {
    layout: Layout,
    rows: Vec<Member>,
    waiting: Vec<Waiting>,
    wrong: Option<String>,
    email: String,
    /// Whether the form invites an owner.
    as_owner: bool,
    owner: bool,
    /// Whether this installation can send an invitation.
    sends_mail: bool,
    me: String,
    action: String,
    /// The projects that an invitation offers, with the roles selected by default.
    choices: Vec<ProjectRoleChoice>,
    /// Whether the organization has projects that are not offered.
    places_cut: bool,
    /// The address of the next page, if there is one.
    more: Option<String>,
}

impl Members {
    fn act(&self, verb: &str) -> String {
        subpath(&self.action, HERE, verb)
    }

    fn one(&self, row: &Member) -> String {
        self.act(row.user.id.as_str())
    }

    fn role(&self, row: &Member) -> String {
        self.layout.t.text(role_words(row.membership.role))
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Members, PageError> {
    let t = visit.person.messages;
    let fail = |error| PageError::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let layout = Layout::new(state, visit, &t.text("nav-members"), HERE);
    let after = visit.person.query.get("after").cloned();
    let first = after.is_none();
    let cursor = Cursor { after, limit: ROWS, ascending: true };
    let listing = state.app.members(&actor, organization, &[], cursor).await.map_err(fail)?;
    let more = listing.data.last().filter(|_| listing.has_more);
    let more = more.map(|last| visit.link(&format!("{HERE}?after={}", last.user.id)));
    let rows = listing.data;
    let (mut waiting, mut choices, mut places_cut) = (Vec::new(), Vec::new(), false);
    if visit.owner() {
        let cursor = Cursor { after: None, limit: ROWS, ascending: true };
        let projects = state.app.projects(&actor, organization, false, cursor).await.map_err(fail)?;
        places_cut = projects.has_more;
        choices = projects
            .data
            .into_iter()
            .map(|row| ProjectRoleChoice {
                role: row.is_default.then_some(ProjectRole::Member),
                label: t.project(row.is_default, &row.name),
                id: row.id.to_string(),
            })
            .collect();
        choices.sort_by_key(|choice: &ProjectRoleChoice| choice.role.is_none());
        // Invitations are listed on the first page only.
        let open = if first { state.app.open_invites(&actor, organization).await.map_err(fail)? } else { Vec::new() };
        for row in open {
            waiting.push(Waiting {
                until: layout.format.date(&row.expires_at),
                expired: row.expires_at <= layout.format.now,
                projects: labels(state, visit, &choices, &row.projects).await,
                id: row.id.to_string(),
                email: row.email,
                role: role_words(row.role),
            });
        }
    }
    let (owner, me, action) = (visit.owner(), visit.person.session.user.to_string(), visit.link(HERE));
    let (email, sends_mail) = (String::new(), state.app.sends_mail());
    let (wrong, as_owner) = (None, false);
    Ok(Members {
        layout,
        rows,
        waiting,
        wrong,
        email,
        as_owner,
        owner,
        sends_mail,
        me,
        action,
        choices,
        places_cut,
        more,
    })
}

/// The projects of an invitation with the role in each, in its order. Projects that are gone are left out.
async fn labels(
    state: &DashboardState,
    visit: &Visit,
    choices: &[ProjectRoleChoice],
    projects: &[(ProjectId, ProjectRole)],
) -> Vec<String> {
    let t = visit.person.messages;
    let mut labels = Vec::new();
    for (id, role) in projects {
        let known = choices.iter().find(|choice| choice.id == id.as_str()).map(|choice| choice.label.clone());
        let label = match known {
            Some(label) => Some(label),
            None => {
                let found = state.app.project(&visit.person.actor(), &visit.organization.id, id).await;
                found.ok().map(|row| t.project(row.is_default, &row.name))
            }
        };
        let role = t.text(&format!("project-role-{}", role.as_str()));
        let with_role = |label: String| t.text_with_all("invite-project", &[("project", &label), ("role", &role)]);
        labels.extend(label.map(with_role));
    }
    labels
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    render(visit.person.messages, &page(&state, &visit).await?)
}

fn role_of(form: &Form) -> OrganizationRole {
    if form.field("role") == "owner" { OrganizationRole::Owner } else { OrganizationRole::Reader }
}

/// Shows the page with what is wrong; the form that invites keeps what was chosen.
async fn again(state: &DashboardState, visit: &Visit, error: &keystead_app::Error, invite: Option<&Form>) -> Page {
    let mut page = page(state, visit).await?;
    page.wrong = Some(error_message(&visit.person.format, error));
    if let Some(form) = invite {
        form.field("email").clone_into(&mut page.email);
        page.as_owner = role_of(form) == OrganizationRole::Owner;
        let sent = form.starting(ROLE_OF);
        for choice in &mut page.choices {
            if let Some((_, role)) = sent.iter().find(|(id, _)| *id == choice.id) {
                choice.role = ProjectRole::from_name(role).filter(|role| *role != ProjectRole::None);
            }
        }
    }
    render_error(visit.person.messages, &page, error)
}

pub(crate) async fn invite(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, language) = (visit.person.actor(), visit.person.messages.0.tag());
    let email = form.field("email");
    // A form without projects, such as that of the onboarding, invites to the default project.
    let projects: Result<Vec<_>, _> =
        wanted(&form).map(|all| all.into_iter().filter_map(|(id, role)| Some((id, role?))).collect());
    let chosen = !form.starting(ROLE_OF).is_empty();
    let sent = match projects {
        Ok(projects) => {
            let projects = Some(projects.as_slice()).filter(|_| chosen);
            let (organization, role) = (&visit.organization.id, role_of(&form));
            state.app.invite_to_projects(&actor, organization, email, role, projects, Some(language)).await
        }
        Err(error) => Err(error),
    };
    match sent {
        Ok(_) => Ok(redirect(&visit.link(&format!("{HERE}?done=invite-sent")))),
        Err(error) => again(&state, &visit, &error, Some(&form)).await,
    }
}

/// Sends an invitation again with a new link; the old link stops working.
pub(crate) async fn resend(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, language) = (visit.person.actor(), visit.person.messages.0.tag());
    match state.app.resend_invite(&actor, &visit.organization.id, form.field("id"), language).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=invite-sent")))),
        Err(error) => again(&state, &visit, &error, None).await,
    }
}

pub(crate) async fn revoke(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let revoked = state.app.revoke_invite(&visit.person.actor(), &visit.organization.id, form.field("id")).await;
    revoked.map_err(|error| PageError::new(visit.person.messages, error))?;
    Ok(redirect(&visit.link(&format!("{HERE}?done=invite-revoked"))))
}

pub(crate) async fn role(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let user = visit.named("user", form.field("id"))?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.change_member_role(&actor, organization, &user, role_of(&form)).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error, None).await,
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let user = visit.named("user", form.field("id"))?;
    match state.app.remove_member(&visit.person.actor(), &visit.organization.id, &user).await {
        Ok(()) => Ok(redirect(&visit.link(&format!("{HERE}?done=member-removed")))),
        Err(error) => again(&state, &visit, &error, None).await,
    }
}
