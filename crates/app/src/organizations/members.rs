//! Members of an organization.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_core::text::{self, NameFault};
use keystead_store::tables::api_keys::{self, KeyRow};
pub use keystead_store::tables::memberships::Member;
use keystead_store::tables::{changes, invites, memberships, project_members};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Map, Value, json};

use crate::audit::AuditEntry;
use crate::keys::revoke::revoke_live_key;
use crate::roles::effective::{ensure_may_change_membership, ensure_may_remove, is_owner};
use crate::verification::organization::owners::owners_changed;
use crate::verification::phone::status::end_phones_of;
use crate::{Actor, App, Error};

/// Addresses by which one request may filter members.
const MOST_EMAILS: usize = 100;

/// A change of a member. What is `None` stays; an empty text is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Another role.
    pub role: Option<OrganizationRole>,
    /// A text that the organization's tools keep about the member.
    pub technical_level: Option<String>,
    /// Another one.
    pub developer_persona: Option<String>,
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
            if emails.len() > MOST_EMAILS {
                let message = format!("Invalid 'emails': at most {MOST_EMAILS} values can be given.");
                return Err(Error::invalid("emails", message));
            }
            Ok(memberships::list_members(tx, organization, emails, &page).await?)
        })
    }

    /// Finds one member of the organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the user is not a member.
    pub async fn member(&self, actor: &Actor, organization: &OrganizationId, id: &UserId) -> Result<Member, Error> {
        read_tx!(self.store(), "member", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            member_of(tx, organization, id).await
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
        let change = MemberChange { role: Some(role), ..MemberChange::default() };
        self.update_member(actor, organization, id, &change).await.map(|_| ())
    }

    /// Changes a member's role and the texts that the organization's tools keep about them. A change without a wish
    /// only returns the member.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the user is not a member, or is the last owner, or when a text is not
    /// valid.
    pub async fn update_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &UserId,
        change: &MemberChange,
    ) -> Result<Member, Error> {
        let level = checked_text("technical_level", change.technical_level.as_deref())?;
        let persona = checked_text("developer_persona", change.developer_persona.as_deref())?;
        write_tx!(self.store(), "change_member_role", |tx| {
            // What is read afterwards cannot change before this transaction ends.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let known = member_of(tx, organization, id).await?;
            let mut wished = Map::new();
            if let Some(role) = change.role.filter(|role| *role != known.membership.role) {
                let roles = (known.membership.role, role);
                ensure_may_change_membership(tx, actor, organization, "role", roles).await?;
                set_member_role(self, tx, actor, organization, (id, role)).await?;
                wished.insert("role".to_owned(), role.as_str().into());
            }
            let texts = [
                ("technical_level", &level, known.technical_level),
                ("developer_persona", &persona, known.developer_persona),
            ];
            let texts = texts.map(|(name, text, before)| {
                let text = text.clone().or(before.clone()).filter(|text| !text.is_empty());
                // Texts may be about a person, so the audit log says only that they changed.
                wished.extend((text != before).then(|| (name.to_owned(), json!("changed"))));
                text
            });
            if wished.keys().any(|name| name != "role") {
                let [level, persona] = texts;
                memberships::update_texts(tx, organization, id, level.as_deref(), persona.as_deref()).await?;
            }
            if !wished.is_empty() {
                let details = json!({ "changes_requested": Value::Object(wished) });
                let entry = AuditEntry { organization, action: "user.updated", target: id.as_str(), details };
                self.record(tx, actor, entry).await?;
            }
            member_of(tx, organization, id).await
        })
    }

    /// Removes a member from the organization and its projects. Their keys in it are revoked, and their legacy keys no
    /// longer reach it. Both stay so if the person joins again: they need new keys and new project roles.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the user is not a member, or is the last owner.
    pub async fn remove_member(&self, actor: &Actor, organization: &OrganizationId, id: &UserId) -> Result<(), Error> {
        write_tx!(self.store(), "remove_member", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            memberships::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("user", id.as_str()))?;
            ensure_may_remove(tx, actor, organization, id).await?;
            leave(self, tx, actor, organization, id, "member_removed").await
        })
    }
}

/// Sets the preset role of a member, in place of every preset role they hold directly, with what follows for their keys
/// and for the verification of the organization.
pub(crate) async fn set_member_role(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (id, role): (&UserId, OrganizationRole),
) -> Result<(), Error> {
    let owned = is_owner(tx, organization, id).await?;
    if !memberships::update_role(tx, organization, id, role, app.now()).await? {
        return Err(last_owner());
    }
    // Admin keys of an owner end with the ownership. A member who becomes an owner again makes new ones.
    if owned && role != OrganizationRole::Owner {
        let admin = |key: &KeyRow| key.kind == KeyKind::Admin;
        revoke_member_keys(app, tx, actor, organization, id, "role_lowered", admin).await?;
        revoke_invites_of(app, tx, actor, organization, id).await?;
    }
    if owned != (role == OrganizationRole::Owner) {
        owners_changed(app, tx, actor, organization).await?;
    }
    Ok(())
}

/// Checks a text about a member by the rules for names; an empty one, which removes the text, is valid too.
fn checked_text(param: &'static str, typed: Option<&str>) -> Result<Option<String>, Error> {
    let refused =
        |fault: NameFault| Error::coded(param, fault.code(), format!("Invalid '{param}': {}", fault.message()));
    match typed.map(str::trim) {
        None | Some("") => Ok(typed.map(|_| String::new())),
        Some(typed) => text::name(typed).map(Some).map_err(refused),
    }
}

async fn member_of(tx: &mut Tx, organization: &OrganizationId, id: &UserId) -> Result<Member, Error> {
    let found = memberships::find_member(tx, organization, id).await?;
    found.ok_or_else(|| Error::not_found("user", id.as_str()))
}

/// Ends a membership with its project roles, keys, open invitations and attempts to verify a phone number.
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
    revoke_invites_of(app, tx, actor, organization, id).await?;
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

/// Revokes the open invitations of a person who may not give any more what they offer.
async fn revoke_invites_of(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &UserId,
) -> Result<(), Error> {
    let open = invites::list_open(tx, organization).await?;
    for invite in open.iter().filter(|invite| invite.invited_by.as_ref() == Some(id)) {
        invites::revoke(tx, organization, &invite.id, app.now()).await?;
        let target = invite.id.as_str();
        let entry = AuditEntry { organization, action: "invite.deleted", target, details: json!({}) };
        app.record(tx, actor, entry).await?;
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
