//! An organization may ask a second factor of everybody who opens its pages: an authenticator app, or a passkey used in
//! the session (ASVS 6.3.3). Keys are not touched by it.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::{accounts, memberships, organizations, passkeys, users};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// What an organization asks, and whom it would meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorRule {
    /// Since when it is asked; `None` when it is not.
    pub since: Option<Timestamp>,
    /// Names of the members who have none.
    pub lacking: Vec<String>,
    /// Whether the person who looks has one.
    pub own: bool,
}

impl App {
    /// What the organization asks of its members.
    ///
    /// # Errors
    /// Without permission.
    pub async fn second_factor_rule(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<SecondFactorRule, Error> {
        read_tx!(self.store(), "second_factor_rule", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let mut lacking = Vec::new();
            for row in memberships::list_without_second_factor(tx, organization).await? {
                if let Some(user) = users::find(tx, &row.user).await? {
                    lacking.push(user.name);
                }
            }
            let own = match actor.user() {
                Some(user) => has_second_factor(tx, user).await?,
                None => false,
            };
            let since = organizations::second_factor_since(tx, organization).await?;
            Ok(SecondFactorRule { since, lacking, own })
        })
    }

    /// Asks a second factor of every member, or no longer. A caller who asks it of others must have one themselves.
    ///
    /// # Errors
    /// Without permission; `own_second_factor_first` for an owner who has none.
    pub async fn require_second_factor(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        required: bool,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "require_second_factor", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let asked = organizations::second_factor_since(tx, organization).await?.is_some();
            if asked == required {
                return Ok(());
            }
            if required {
                let user = crate::keys::project_keys::person(actor)?;
                if !has_second_factor(tx, user).await? {
                    let message = "Set up a second step for yourself before you ask one of others.";
                    return Err(Error::coded("required", "own_second_factor_first", message));
                }
            }
            organizations::set_second_factor_since(tx, organization, required.then(|| self.now())).await?;
            let entry = AuditEntry {
                organization,
                action: "organization.updated",
                target: organization.as_str(),
                details: json!({ "data": { "second_factor_required": required } }),
            };
            self.record(tx, actor, entry).await
        })
    }
}

/// Whether this person has a second factor: an authenticator app, or a passkey.
pub(crate) async fn has_second_factor(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    Ok(asks_for_code(tx, user).await? || !passkeys::list_of_user(tx, user).await?.is_empty())
}

/// Whether nobody gets in with this person's password alone. A passkey stands beside the password and not behind it:
/// what it opens, its session tells ([`crate::accounts::SessionView::by_passkey`]).
pub(crate) async fn asks_for_code(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    Ok(accounts::find(tx, user).await?.is_some_and(|row| row.totp_confirmed_at.is_some()))
}
