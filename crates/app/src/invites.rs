//! Inviting people by mail (S3-10), accepting, and taking invitations back.

use keystead_core::id::{JobId, OrganizationId, UserId};
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::invites::{self, Invite};
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::{organizations, users};
use serde_json::json;

use crate::accounts::digest_of;
use crate::audit::Deed;
use crate::bootstrap::checked_email;
use crate::{Actor, App, Error};

/// How long an invitation works.
const LIFE: i64 = 7 * 86_400;
/// Invitations that may wait at once.
const MOST_OPEN: usize = 100;

impl App {
    /// Invites somebody by mail.
    ///
    /// # Errors
    /// Without permission, when this is no address or somebody who is in it, or when too many wait.
    pub async fn invite(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        email: &str,
        role: OrganizationRole,
        language: &str,
    ) -> Result<Invite, Error> {
        let email = checked_email(email)?;
        let secret = self.fresh_secret();
        let row = Invite {
            id: format!("invite-{}", self.draw(JobId::generate).as_str().trim_start_matches("job_")),
            organization: organization.clone(),
            email,
            role,
            digest: digest_of(&secret),
            invited_by: actor.user().map(|user| user.as_str().to_owned()),
            created_at: self.now(),
            expires_at: self.now().plus(LIFE),
            accepted_at: None,
            revoked_at: None,
        };
        let link = format!("{}/invite?token={}", self.public_url(), secret.expose());
        let (app, actor, language) = (self.clone(), actor.clone(), language.to_owned());
        let write = self.store().write("invite", async move |tx: &mut Tx| {
            let organization = &row.organization;
            app.authorize(tx, &actor, organization, Scope::ManagementWrite).await?;
            if let Some(user) = users::find_by_email(tx, &row.email).await?
                && memberships::find(tx, organization, &user.id).await?.is_some()
            {
                return Err(Error::Conflict { message: "This person is a member already.".to_owned() });
            }
            let open = invites::list_open(tx, organization).await?;
            if open.len() >= MOST_OPEN {
                return Err(Error::impossible(format!("At most {MOST_OPEN} invitations can wait at once.")));
            }
            // A second invitation takes the place of the first.
            for old in open.iter().filter(|old| old.email == row.email) {
                invites::revoke(tx, organization, &old.id, app.now()).await?;
            }
            invites::insert(tx, &row).await?;
            app.mail_invite(tx, &row.email, &language, &link).await?;
            let details = json!({ "data": { "role": row.role.as_str() } });
            app.record(tx, &actor, Deed { organization, action: "invite.sent", target: &row.id, details }).await?;
            Ok(row.clone())
        });
        write.await
    }

    /// Invitations that wait.
    ///
    /// # Errors
    /// Without permission.
    pub async fn open_invites(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<Invite>, Error> {
        let (app, actor, organization) = (self.clone(), actor.clone(), organization.clone());
        let read = self.store().read("open_invites", async move |tx: &mut Tx| {
            app.authorize(tx, &actor, &organization, Scope::ManagementRead).await?;
            Ok::<_, Error>(invites::list_open(tx, &organization).await?)
        });
        read.await
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// Without permission, or when none waits under this id.
    pub async fn revoke_invite(&self, actor: &Actor, organization: &OrganizationId, id: &str) -> Result<(), Error> {
        let (app, actor, organization, id) = (self.clone(), actor.clone(), organization.clone(), id.to_owned());
        let write = self.store().write("revoke_invite", async move |tx: &mut Tx| {
            app.authorize(tx, &actor, &organization, Scope::ManagementWrite).await?;
            if !invites::revoke(tx, &organization, &id, app.now()).await? {
                return Err(Error::not_found("invite", id.as_str()));
            }
            let deed = Deed { organization: &organization, action: "invite.deleted", target: &id, details: json!({}) };
            app.record(tx, &actor, deed).await
        });
        write.await
    }

    /// What an invitation is to; `None` when it does not work any more. Looking spends nothing.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn look_at_invite(&self, token: &Secret<String>) -> Result<Option<(String, String)>, Error> {
        let (key, now) = (digest_of(token), self.now());
        let read = self.store().read("look_at_invite", async move |tx: &mut Tx| {
            let Some(row) = invites::find(tx, &key).await? else { return Ok(None) };
            if row.accepted_at.is_some() || row.revoked_at.is_some() || now >= row.expires_at {
                return Ok(None);
            }
            let label = organizations::find(tx, &row.organization).await?.map(|row| row.name);
            Ok::<_, Error>(label.map(|label| (label, row.email)))
        });
        read.await
    }

    /// Accepts an invitation. The link came to the address it names, so whoever is signed in with that address may.
    ///
    /// # Errors
    /// When it was used, taken back or ran out, or when it is for another address.
    pub async fn accept_invite(&self, user: &UserId, token: &Secret<String>) -> Result<OrganizationId, Error> {
        let dead = || Error::Invalid {
            param: None,
            code: Some("link_expired"),
            message: "This invitation was used, taken back or ran out. Ask for a new one.".to_owned(),
        };
        let (app, user, key) = (self.clone(), user.clone(), digest_of(token));
        let write = self.store().write("accept_invite", async move |tx: &mut Tx| {
            let row = invites::find(tx, &key).await?.ok_or_else(dead)?;
            let person = users::find(tx, &user).await?.ok_or_else(dead)?;
            if person.email != row.email {
                let message = "This invitation is for another address. Sign in with that one.".to_owned();
                return Err(Error::Forbidden { param: None, message });
            }
            if !invites::accept(tx, &row.id, app.now()).await? {
                return Err(dead());
            }
            if memberships::find(tx, &row.organization, &user).await?.is_none() {
                let membership = Membership {
                    organization: row.organization.clone(),
                    user: user.clone(),
                    role: row.role,
                    created_at: app.now(),
                };
                memberships::insert(tx, &membership).await?;
            }
            let actor = Actor::Person(user.clone());
            let deed = Deed {
                organization: &row.organization,
                action: "invite.accepted",
                target: &row.id,
                details: json!({}),
            };
            app.record(tx, &actor, deed).await?;
            Ok(row.organization)
        });
        write.await
    }
}
