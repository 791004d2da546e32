//! Members and invitations.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::organizations::members::Member;
use keystead_core::id::ProjectId;
use keystead_core::role::{OrganizationRole, ProjectRole};

use super::member::{Place, ROLE_OF, wanted};
use crate::state::DashboardState;
use crate::web::error_page::{Failure, words};
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::layout::Shell;
use crate::web::response::{Page, below, go, show, show_refused};

const HERE: &str = "/settings/organization/members";
/// Members on one page, and projects that an invitation offers.
const ROWS: u32 = 50;

struct Waiting {
    id: String,
    email: String,
    role: &'static str,
    until: String,
    /// The projects it is to, by label.
    projects: String,
}

#[derive(Template)]
#[template(path = "pages/members.html")]
struct Members {
    shell: Shell,
    rows: Vec<Member>,
    waiting: Vec<Waiting>,
    wrong: Option<String>,
    email: String,
    owner: bool,
    me: String,
    action: String,
    /// What an invitation may be to, with what it is to by itself.
    places: Vec<Place>,
    /// Whether the organization has projects that are not offered.
    places_cut: bool,
    /// The next part of the list, where there is one.
    more: Option<String>,
}

impl Members {
    fn act(&self, verb: &str) -> String {
        below(&self.action, HERE, verb)
    }

    fn one(&self, row: &Member) -> String {
        self.act(row.user.id.as_str())
    }

    fn is_owner(&self, row: &Member) -> bool {
        row.membership.role == OrganizationRole::Owner
    }

    fn role(&self, row: &Member) -> String {
        self.shell.t.say(if self.is_owner(row) { "role-owner" } else { "role-reader" })
    }
}

async fn page(state: &DashboardState, visit: &Visit) -> Result<Members, Failure> {
    let t = visit.person.text;
    let fail = |error| Failure::new(t, error);
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let shell = Shell::new(state, visit, &t.say("nav-members"), HERE);
    let after = visit.person.asked.get("after").cloned();
    let first = after.is_none();
    let cursor = Cursor { after, limit: ROWS, ascending: true };
    let listing = state.app.members(&actor, organization, &[], cursor).await.map_err(fail)?;
    let more = listing.data.last().filter(|_| listing.has_more);
    let more = more.map(|last| visit.link(&format!("{HERE}?after={}", last.user.id)));
    let rows = listing.data;
    let (mut waiting, mut places, mut places_cut) = (Vec::new(), Vec::new(), false);
    if visit.owner() {
        let cursor = Cursor { after: None, limit: ROWS, ascending: true };
        let projects = state.app.projects(&actor, organization, false, cursor).await.map_err(fail)?;
        places_cut = projects.has_more;
        places = projects
            .data
            .into_iter()
            .map(|row| Place {
                role: row.is_default.then_some(ProjectRole::Member),
                label: t.project(row.is_default, &row.name),
                id: row.id.to_string(),
            })
            .collect();
        places.sort_by_key(|place: &Place| place.role.is_none());
        // Invitations are listed once, with the first members.
        let open = if first { state.app.open_invites(&actor, organization).await.map_err(fail)? } else { Vec::new() };
        waiting = open
            .into_iter()
            .map(|row| Waiting {
                until: shell.when.date(&row.expires_at),
                projects: labels(&places, &row.projects),
                id: row.id,
                email: row.email,
                role: if row.role == OrganizationRole::Owner { "role-owner" } else { "role-reader" },
            })
            .collect();
    }
    let (owner, me, action) = (visit.owner(), visit.person.session.user.to_string(), visit.link(HERE));
    let email = String::new();
    Ok(Members { shell, rows, waiting, wrong: None, email, owner, me, action, places, places_cut, more })
}

/// The labels of projects, in the order of the invitation.
fn labels(places: &[Place], projects: &[(ProjectId, ProjectRole)]) -> String {
    let label = |id: &ProjectId| places.iter().find(|place| place.id == id.as_str()).map(|place| place.label.as_str());
    projects.iter().filter_map(|(id, _)| label(id)).collect::<Vec<_>>().join(", ")
}

pub(crate) async fn open(State(state): State<DashboardState>, visit: Visit) -> Page {
    show(visit.person.text, &page(&state, &visit).await?)
}

fn role_of(form: &Form) -> OrganizationRole {
    if form.text("role") == "owner" { OrganizationRole::Owner } else { OrganizationRole::Reader }
}

async fn again(state: &DashboardState, visit: &Visit, error: &keystead_app::Error, email: &str) -> Page {
    let mut page = page(state, visit).await?;
    page.wrong = Some(words(visit.person.text, error));
    email.clone_into(&mut page.email);
    show_refused(visit.person.text, &page, error)
}

pub(crate) async fn invite(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, language) = (visit.person.actor(), visit.person.text.0.tag());
    let email = form.text("email");
    // A form without any project, as the onboarding's, is to the Default project.
    let projects: Result<Vec<_>, _> =
        wanted(&form).map(|all| all.into_iter().filter_map(|(id, role)| Some((id, role?))).collect());
    let asked = !form.starting(ROLE_OF).is_empty();
    let sent = match projects {
        Ok(projects) => {
            let projects = Some(projects.as_slice()).filter(|_| asked);
            let (organization, role) = (&visit.organization.id, role_of(&form));
            state.app.invite_to_projects(&actor, organization, email, role, projects, language).await
        }
        Err(error) => Err(error),
    };
    match sent {
        Ok(_) => Ok(go(&visit.link(&format!("{HERE}?done=invite-sent")))),
        Err(error) => again(&state, &visit, &error, email).await,
    }
}

/// Mails an invitation again, with a new link; the old one is dead.
pub(crate) async fn resend(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, language) = (visit.person.actor(), visit.person.text.0.tag());
    match state.app.resend_invite(&actor, &visit.organization.id, form.text("id"), language).await {
        Ok(()) => Ok(go(&visit.link(&format!("{HERE}?done=invite-sent")))),
        Err(error) => again(&state, &visit, &error, "").await,
    }
}

pub(crate) async fn revoke(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let revoked = state.app.revoke_invite(&visit.person.actor(), &visit.organization.id, form.text("id")).await;
    revoked.map_err(|error| Failure::new(visit.person.text, error))?;
    Ok(go(&visit.link(&format!("{HERE}?done=invite-revoked"))))
}

pub(crate) async fn role(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let user = visit.named("user", form.text("id"))?;
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.change_member_role(&actor, organization, &user, role_of(&form)).await {
        Ok(()) => Ok(go(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error, "").await,
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let user = visit.named("user", form.text("id"))?;
    match state.app.remove_member(&visit.person.actor(), &visit.organization.id, &user).await {
        Ok(()) => Ok(go(&visit.link(&format!("{HERE}?done=member-removed")))),
        Err(error) => again(&state, &visit, &error, "").await,
    }
}
