//! Members of an organization.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::project_members;
use keystead_store::tables::users::{self, User};
use keystead_store::{Listing, Page, Tx};

use serde_json::json;

use crate::audit::AuditEntry;
use crate::keys::revoke::revoke_live_key;
use crate::verification::organization::owners::{is_owner, owners_changed};
use crate::verification::phone::status::end_phones_of;
use crate::{Actor, App, Error};

/// A person with their membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: Membership,
    /// The person.
    pub user: User,
}

impl App {
    /// Lists the members of the organization, or those with one of these addresses.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn members(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        emails: &[String],
        page: Page,
    ) -> Result<Listing<Member>, Error> {
        read_tx!(self.store(), "members", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            if !emails.is_empty() {
                return with_emails(tx, organization, emails).await;
            }
            let listing = memberships::list(tx, organization, &page).await?;
            let mut data = Vec::with_capacity(listing.data.len());
            for membership in listing.data {
                data.push(with_user(tx, membership).await?);
            }
            Ok(Listing { data, has_more: listing.has_more })
        })
    }

    /// Finds one member of the organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the user is not a member.
    pub async fn member(&self, actor: &Actor, organization: &OrganizationId, id: &UserId) -> Result<Member, Error> {
        read_tx!(self.store(), "member", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let found = memberships::find(tx, organization, id).await?;
            let membership = found.ok_or_else(|| Error::not_found("user", id.as_str()))?;
            with_user(tx, membership).await
        })
    }
}

impl App {
    /// Gives a member another role.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the user is not a member, or is the last owner.
    pub async fn change_member_role(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &UserId,
        role: OrganizationRole,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "change_member_role", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            memberships::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("user", id.as_str()))?;
            let owned = is_owner(tx, organization, id).await?;
            if !memberships::update_role(tx, organization, id, role, self.now()).await? {
                return Err(last_owner());
            }
            // Admin keys belong to owners. A member who becomes an owner again makes new ones.
            if owned && role != OrganizationRole::Owner {
                let admin = |key: &KeyRow| key.kind == KeyKind::Admin;
                revoke_member_keys(self, tx, actor, organization, id, "role_lowered", admin).await?;
            }
            if owned != (role == OrganizationRole::Owner) {
                owners_changed(self, tx, actor, organization).await?;
            }
            let details = json!({ "data": { "role": role.as_str() } });
            let entry = AuditEntry { organization, action: "user.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }

    /// Removes a member from the organization and its projects. Their keys in it are revoked, and their legacy keys no
    /// longer reach it. Both stay so if the person joins again: they need new keys and new project roles.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the user is not a member, or is the last owner.
    pub async fn remove_member(&self, actor: &Actor, organization: &OrganizationId, id: &UserId) -> Result<(), Error> {
        write_tx!(self.store(), "remove_member", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            memberships::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("user", id.as_str()))?;
            leave(self, tx, actor, organization, id, "member_removed").await
        })
    }
}

/// Ends a membership with its project roles, keys and attempts to verify a phone number.
///
/// # Errors
/// `last_owner` when no other owner stays.
pub(crate) async fn leave(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &UserId,
    reason: &'static str,
) -> Result<(), Error> {
    let owned = is_owner(tx, organization, id).await?;
    if !memberships::delete(tx, organization, id, app.now()).await? {
        return Err(last_owner());
    }
    for place in project_members::list_of_user(tx, organization, id).await? {
        project_members::delete(tx, &place.project, id, app.now()).await?;
    }
    revoke_member_keys(app, tx, actor, organization, id, reason, |_| true).await?;
    api_keys::leave_out(tx, organization, id, app.now()).await?;
    end_phones_of(app, tx, actor, organization, id).await?;
    if owned {
        owners_changed(app, tx, actor, organization).await?;
    }
    let entry = AuditEntry { organization, action: "user.deleted", target: id.as_str(), details: json!({}) };
    app.record(tx, actor, entry).await
}

/// Revokes the keys of a member that are bound to the organization, each with its audit row.
async fn revoke_member_keys(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &UserId,
    reason: &'static str,
    which: impl Fn(&KeyRow) -> bool,
) -> Result<(), Error> {
    for key in api_keys::list_of_member(tx, organization, id).await?.into_iter().filter(which) {
        revoke_live_key(app, tx, actor, organization, &key.id, reason).await?;
    }
    Ok(())
}

pub(crate) fn last_owner() -> Error {
    Error::Invalid {
        param: None,
        code: Some("last_owner"),
        message: "An organization needs an owner. Make another person an owner first. Owners with a pending account \
                  deletion do not count."
            .to_owned(),
    }
}

/// A list of addresses is short, so the result fits one page.
async fn with_emails(tx: &mut Tx, organization: &OrganizationId, emails: &[String]) -> Result<Listing<Member>, Error> {
    let mut data: Vec<Member> = Vec::new();
    for email in emails.iter().take(100) {
        let Some(user) = users::find_by_email(tx, &email.to_lowercase()).await? else { continue };
        let known = data.iter().any(|member| member.user.id == user.id);
        if let Some(membership) = memberships::find(tx, organization, &user.id).await?.filter(|_| !known) {
            data.push(Member { membership, user });
        }
    }
    Ok(Listing { data, has_more: false })
}

async fn with_user(tx: &mut Tx, membership: Membership) -> Result<Member, Error> {
    let user = users::find(tx, &membership.user).await?;
    let user = user.ok_or_else(|| Error::Internal(format!("membership without user {}", membership.user)))?;
    Ok(Member { membership, user })
}
