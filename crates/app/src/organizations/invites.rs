//! Inviting people by mail, accepting and revoking invitations.

use keystead_core::id::{InviteId, OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole};
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use keystead_store::tables::invites;
pub use keystead_store::tables::invites::Invite;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::{accounts, changes, organizations, projects, users};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use crate::accounts::new_account::{insert_new_user, new_account};
use crate::accounts::password::hash_password;
use crate::accounts::proven::open_first_session;
use crate::accounts::{Context, SignedIn, acceptable, digest_of, draw_secret};
use crate::audit::AuditEntry;
use crate::roles::effective::ensure_may_invite;
use crate::validate::{checked_email, parse_id};
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

use super::invite_mail::{readers_language, send_invite};

/// Seconds an invitation works.
const LIFE: i64 = 7 * 86_400;
/// Open invitations of one organization.
const MOST_OPEN: usize = 100;

/// The error for an invitation that does not work. It says no more than the mail did; the reader knows the organization
/// from there.
fn dead() -> Error {
    Error::Invalid {
        param: None,
        code: Some("invite_expired"),
        message:
            "This invitation was used, replaced by a newer one, withdrawn, or has expired. Open the newest mail, or \
                  ask an owner of the organization to send another."
                .to_owned(),
    }
}

/// The error for an invitation that has become a membership.
fn accepted_already() -> Error {
    Error::Invalid {
        param: None,
        code: Some("invite_accepted"),
        message: "An invitation cannot be deleted once it is accepted. Remove the member instead.".to_owned(),
    }
}

impl App {
    /// Invites a person by mail to the Default project.
    ///
    /// # Errors
    /// Those of [`App::invite_to_projects`].
    pub async fn invite_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        email: &str,
        role: OrganizationRole,
        language: &str,
    ) -> Result<Invite, Error> {
        self.invite_to_projects(actor, organization, email, role, None, Some(language)).await
    }

    /// Invites a person by mail. `None` invites to the Default project, an empty list to no project at all. The mail is
    /// in the language of the person's account; without an account in this one, which is that of the person who acts
    /// unless it is given.
    ///
    /// # Errors
    /// When the caller lacks the permission or may not grant the role, when no mail can be sent, when the address is not
    /// valid or belongs to a member, when a project does not belong to the organization or is archived, when too many are
    /// open, or when the address got too many mails.
    pub async fn invite_to_projects(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        email: &str,
        role: OrganizationRole,
        wanted: Option<&[(ProjectId, ProjectRole)]>,
        language: Option<&str>,
    ) -> Result<Invite, Error> {
        let secret = draw_secret(self);
        let row = Invite {
            id: self.draw(InviteId::generate),
            organization: organization.clone(),
            email: checked_email(email)?,
            role,
            digest: digest_of(&secret),
            invited_by: actor.user().cloned(),
            created_at: self.now(),
            expires_at: self.now().plus(LIFE),
            accepted_at: None,
            revoked_at: None,
            projects: Vec::new(),
        };
        let wanted = wanted.map(<[_]>::to_vec);
        write_tx!(self.store(), "invite", |tx| {
            let organization = &row.organization;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            self.ensure_mail("invite")?;
            if let Some(user) = users::find_by_email(tx, &row.email).await?
                && memberships::find(tx, organization, &user.id).await?.is_some()
            {
                return Err(Error::Conflict { message: "This person is a member already.".to_owned() });
            }
            hold_room(tx, "invites", organization.as_str()).await?;
            let open = invites::list_open(tx, organization).await?;
            let waiting = open.iter().filter(|old| old.expires_at > self.now() && old.email != row.email);
            if waiting.count() >= MOST_OPEN {
                return Err(Error::impossible(format!("At most {MOST_OPEN} invitations can wait at once.")));
            }
            // A new invitation replaces an earlier one for the same address.
            for old in open.iter().filter(|old| old.email == row.email) {
                invites::revoke(tx, organization, &old.id, self.now()).await?;
                let (action, target) = ("invite.deleted", old.id.as_str());
                self.record(tx, actor, AuditEntry { organization, action, target, details: json!({}) }).await?;
            }
            let projects = projects_of_invite(tx, organization, role, wanted.as_deref()).await?;
            ensure_may_invite(tx, actor, organization, role, &projects).await?;
            let row = Invite { projects, ..row.clone() };
            invites::insert(tx, &row).await?;
            let language = readers_language(self, tx, actor, &row.email, language).await?;
            send_invite(self, tx, actor, &row, &secret, &language).await?;
            Ok(row)
        })
    }

    /// Mails an invitation again, with a new link that works for a week; the old link stops working.
    ///
    /// # Errors
    /// When the caller lacks the permission, when no mail can be sent, when there is no open invitation with this id, or when the address got too
    /// many mails.
    pub async fn resend_invite(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        language: &str,
    ) -> Result<(), Error> {
        let secret = draw_secret(self);
        write_tx!(self.store(), "resend_invite", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            self.ensure_mail("resend_invite")?;
            let invite = parse_id("invite", id)?;
            if let Some(row) = invites::find_open(tx, organization, &invite).await? {
                ensure_may_invite(tx, actor, organization, row.role, &row.projects).await?;
            }
            let end = self.now().plus(LIFE);
            if !invites::renew(tx, organization, &invite, &digest_of(&secret), end).await? {
                return Err(Error::not_found("invite", id));
            }
            let row = invites::find_open(tx, organization, &invite).await?;
            let row = row.ok_or_else(|| Error::not_found("invite", id))?;
            let language = readers_language(self, tx, actor, &row.email, Some(language)).await?;
            send_invite(self, tx, actor, &row, &secret, &language).await
        })
    }

    /// Lists open invitations.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn open_invites(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<Invite>, Error> {
        read_tx!(self.store(), "open_invites", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(invites::list_open(tx, organization).await?)
        })
    }

    /// Lists invitations, open, expired and accepted ones; those that were revoked or replaced are left out.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn invites(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<Invite>, Error> {
        read_tx!(self.store(), "invites", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(invites::list(tx, organization, &page).await?)
        })
    }

    /// Finds one invitation of those that [`App::invites`] lists.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such invitation.
    pub async fn invite(&self, actor: &Actor, organization: &OrganizationId, id: &InviteId) -> Result<Invite, Error> {
        read_tx!(self.store(), "find_kept_invite", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let found = invites::find_kept(tx, organization, id).await?;
            found.ok_or_else(|| Error::not_found("invite", id.as_str()))
        })
    }

    /// Revokes an invitation.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such invitation, or when it was accepted.
    pub async fn revoke_invite(&self, actor: &Actor, organization: &OrganizationId, id: &str) -> Result<(), Error> {
        write_tx!(self.store(), "revoke_invite", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let invite = parse_id("invite", id)?;
            if !invites::revoke(tx, organization, &invite, self.now()).await? {
                let accepted = invites::find_kept(tx, organization, &invite).await?.is_some();
                return Err(if accepted { accepted_already() } else { Error::not_found("invite", id) });
            }
            let entry = AuditEntry { organization, action: "invite.deleted", target: id, details: json!({}) };
            self.record(tx, actor, entry).await
        })
    }

    /// Returns the organization of an invitation and the invited address; `None` when the invitation no longer works.
    /// Looking does not use it up.
    pub async fn find_invite(&self, token: &Secret<String>) -> Result<Option<(String, String)>, Error> {
        let key = digest_of(token);
        read_tx!(self.store(), "find_invite", |tx| {
            let Some(row) = live_invite(self, tx, &key).await? else { return Ok(None) };
            let found = organizations::find(tx, &row.organization).await?;
            let label = found.filter(|row| row.deactivated_at.is_none()).map(|row| row.name);
            Ok(label.map(|label| (label, row.email)))
        })
    }

    /// Accepts an invitation. The link was mailed to the address it names, so only a person signed in with that address
    /// may accept it.
    ///
    /// # Errors
    /// When the invitation was used or revoked or has expired, or when it is for another address.
    pub async fn accept_invite(&self, user: &UserId, token: &Secret<String>) -> Result<OrganizationId, Error> {
        let key = digest_of(token);
        write_tx!(self.store(), "accept_invite", |tx| {
            // First, so that a person or an organization that is being deleted is not read as it was before.
            changes::lock(tx).await?;
            let row = live_invite(self, tx, &key).await?.ok_or_else(dead)?;
            let person = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none()).ok_or_else(dead)?;
            let confirmed = accounts::find(tx, user).await?.is_some_and(|account| account.confirmed_at.is_some());
            // Compared character by character: a look-alike is another address.
            if person.email != row.email || !confirmed {
                let message = "This invitation is for another address. Sign in with that one.".to_owned();
                return Err(Error::Forbidden { param: None, message });
            }
            enter_organization(self, tx, &row, user).await?;
            Ok(row.organization)
        })
    }

    /// Signs a person up through an invitation. The link was mailed to their address, so the address counts as
    /// confirmed.
    ///
    /// # Errors
    /// When the invitation no longer works, when the password is refused, or `sign_in_instead` when the address has an
    /// account.
    pub async fn sign_up_with_invite(
        &self,
        token: &Secret<String>,
        password: &Secret<String>,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        let key = digest_of(token);
        let email = read_tx!(self.store(), "join_look", |tx| {
            let row = live_invite(self, tx, &key).await?.ok_or_else(dead)?;
            if let Some(user) = users::find_by_email(tx, &row.email).await? {
                let account = accounts::find(tx, &user.id).await?;
                if user.deactivated_at.is_some() || account.is_some_and(|account| account.confirmed_at.is_some()) {
                    return Err(sign_in_instead());
                }
            }
            Ok(row.email)
        })?;
        acceptable(password, &email, &[&self.settings().operator])?;
        let hash = hash_password(self, password).await?;
        let fresh = self.draw(UserId::generate);
        write_tx!(self.store(), "join", |tx| {
            changes::lock(tx).await?;
            let row = live_invite(self, tx, &key).await?.ok_or_else(dead)?;
            let user = match users::find_by_email(tx, &row.email).await? {
                Some(user) => user.id,
                None => insert_new_user(self, tx, &fresh, &row.email, None).await?,
            };
            set_first_password(self, tx, &user, &hash, context).await?;
            enter_organization(self, tx, &row, &user).await?;
            open_first_session(self, tx, &user, &hash, context).await
        })
    }
}

async fn live_invite(app: &App, tx: &mut Tx, key: &[u8]) -> Result<Option<Invite>, Error> {
    let row = invites::find(tx, key).await?;
    let now = app.now();
    Ok(row.filter(|row| row.accepted_at.is_none() && row.revoked_at.is_none() && now < row.expires_at))
}

async fn set_first_password(app: &App, tx: &mut Tx, user: &UserId, hash: &str, from: &Context) -> Result<(), Error> {
    let known = accounts::lock(tx, user).await?;
    if known.as_ref().is_some_and(|account| account.confirmed_at.is_some()) {
        return Err(sign_in_instead());
    }
    let mut account = known.unwrap_or_else(|| new_account(app, user, None, from));
    account.password = Some(hash.to_owned());
    account.password_changed_at = Some(app.now());
    account.confirmed_at = Some(app.now());
    Ok(accounts::save(tx, &account).await?)
}

/// Uses an invitation up and makes the person a member.
async fn enter_organization(app: &App, tx: &mut Tx, row: &Invite, user: &UserId) -> Result<(), Error> {
    let (organization, now) = (&row.organization, app.now());
    changes::lock(tx).await?;
    let found = organizations::find(tx, organization).await?;
    found.filter(|row| row.deactivated_at.is_none()).ok_or_else(dead)?;
    // An invitation gives what the person who sent it could still give.
    if let Some(inviter) = &row.invited_by {
        let inviter = Actor::Person(inviter.clone());
        match ensure_may_invite(tx, &inviter, organization, row.role, &row.projects).await {
            Err(Error::Forbidden { .. }) => return Err(dead()),
            other => other?,
        }
    }
    if !invites::accept(tx, &row.id, now).await? {
        return Err(dead());
    }
    let actor = Actor::Person(user.clone());
    if memberships::find(tx, organization, user).await?.is_none() {
        let membership =
            Membership { organization: organization.clone(), user: user.clone(), role: row.role, created_at: now };
        memberships::insert(tx, &membership).await?;
        let details = json!({ "data": { "role": row.role.as_str() } });
        let entry = AuditEntry { organization, action: "user.added", target: user.as_str(), details };
        app.record(tx, &actor, entry).await?;
    }
    for (project, role) in &row.projects {
        // Projects that were archived since the invitation are left out.
        let live = projects::find(tx, organization, project).await?.is_some_and(|row| row.archived_at.is_none());
        if live && project_members::find(tx, project, user).await?.is_none() {
            let member = ProjectMember { project: project.clone(), user: user.clone(), role: *role, created_at: now };
            project_members::insert(tx, &member).await?;
            let details = json!({ "data": { "role": role.as_str(), "project": project } });
            let entry = AuditEntry { organization, action: "project.user.added", target: user.as_str(), details };
            app.record(tx, &actor, entry).await?;
        }
    }
    let person = users::find(tx, user).await?;
    if person.is_some_and(|person| person.default_organization.is_none()) {
        users::update_default_organization(tx, user, organization, now).await?;
    }
    let entry = AuditEntry { organization, action: "invite.accepted", target: row.id.as_str(), details: json!({}) };
    app.record(tx, &actor, entry).await
}

fn sign_in_instead() -> Error {
    Error::Invalid {
        param: None,
        code: Some("sign_in_instead"),
        message: "This address has an account. Sign in, then open the invitation again.".to_owned(),
    }
}

/// Returns the projects of an invitation that belong to the organization.
async fn projects_of_invite(
    tx: &mut Tx,
    organization: &OrganizationId,
    role: OrganizationRole,
    wanted: Option<&[(ProjectId, ProjectRole)]>,
) -> Result<Vec<(ProjectId, ProjectRole)>, Error> {
    let Some(wanted) = wanted else {
        let usual = if role == OrganizationRole::Owner { ProjectRole::Owner } else { ProjectRole::Member };
        return Ok(projects::find_default(tx, organization).await?.map(|row| (row.id, usual)).into_iter().collect());
    };
    for (number, (id, role)) in wanted.iter().enumerate() {
        let found = projects::find(tx, organization, id).await?;
        let found = found.ok_or_else(|| Error::not_found("project", id.as_str()))?;
        if found.archived_at.is_some() {
            return Err(Error::invalid("projects", "Invalid 'projects': one of them is archived."));
        }
        if !matches!(role, ProjectRole::Owner | ProjectRole::Member) {
            return Err(Error::invalid("projects", "Invalid 'projects': the role must be member or owner."));
        }
        if wanted.iter().take(number).any(|(other, _)| other == id) {
            return Err(Error::invalid("projects", "Invalid 'projects': one of them is listed twice."));
        }
    }
    Ok(wanted.to_vec())
}
