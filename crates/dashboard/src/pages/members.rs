//! Members and invitations.

use askama::Template;
use axum::extract::State;
use keystead_app::Page as Cursor;
use keystead_app::members::Member;
use keystead_core::role::OrganizationRole;

use super::{Page, go, show, show_again};
use crate::DashboardState;
use crate::failure::{Failure, words};
use crate::form::Form;
use crate::shell::Shell;
use crate::visit::Visit;

const HERE: &str = "/settings/organization/members";

struct Waiting {
    id: String,
    email: String,
    role: &'static str,
    until: String,
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
}

impl Members {
    fn act(&self, verb: &str) -> String {
        self.action.replacen(HERE, &format!("{HERE}/{verb}"), 1)
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
    let (mut rows, mut waiting) = (Vec::new(), Vec::new());
    if visit.owner() {
        let cursor = Cursor { after: None, limit: 100, ascending: true };
        rows = state.app.members(&actor, organization, &[], cursor).await.map_err(fail)?.data;
        let open = state.app.open_invites(&actor, organization).await.map_err(fail)?;
        waiting = open
            .into_iter()
            .map(|row| Waiting {
                until: shell.when.date(&row.expires_at),
                id: row.id,
                email: row.email,
                role: if row.role == OrganizationRole::Owner { "role-owner" } else { "role-reader" },
            })
            .collect();
    }
    let (owner, me, action) = (visit.owner(), visit.person.session.user.to_string(), visit.link(HERE));
    Ok(Members { shell, rows, waiting, wrong: None, email: String::new(), owner, me, action })
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
    show_again(visit.person.text, &page)
}

pub(crate) async fn invite(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let (actor, language) = (visit.person.actor(), visit.person.text.0.tag());
    let email = form.text("email");
    match state.app.invite(&actor, &visit.organization.id, email, role_of(&form), language).await {
        Ok(_) => Ok(go(&visit.link(&format!("{HERE}?done=invite-sent")))),
        Err(error) => again(&state, &visit, &error, email).await,
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
    let missing = keystead_app::Error::not_found("user", form.text("id"));
    let Ok(user) = form.text("id").parse() else { return Err(Failure::new(visit.person.text, missing)) };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    match state.app.change_member_role(&actor, organization, &user, role_of(&form)).await {
        Ok(()) => Ok(go(&visit.link(&format!("{HERE}?done=saved")))),
        Err(error) => again(&state, &visit, &error, "").await,
    }
}

pub(crate) async fn remove(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let missing = keystead_app::Error::not_found("user", form.text("id"));
    let Ok(user) = form.text("id").parse() else { return Err(Failure::new(visit.person.text, missing)) };
    match state.app.remove_member(&visit.person.actor(), &visit.organization.id, &user).await {
        Ok(()) => Ok(go(&visit.link(&format!("{HERE}?done=member-removed")))),
        Err(error) => again(&state, &visit, &error, "").await,
    }
}
