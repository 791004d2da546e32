//! The requirement of an organization that everybody who opens its pages has a second factor: an authenticator app, or
//! a passkey used in the session (ASVS 6.3.3). API keys are not affected.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::{accounts, memberships, organizations, passkeys, users};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// The organization's setting, and the members it would block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactorRule {
    /// Since when it is required; `None` when it is not.
    pub since: Option<Timestamp>,
    /// Names of the members who have none.
    pub lacking: Vec<String>,
    /// Whether the caller has one.
    pub own: bool,
}

impl App {
    /// Returns what the organization requires of its members.
    ///
    /// # Errors
    /// When the caller lacks the permission.
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

    /// Requires a second factor of every member, or stops requiring it. The caller must have one to require it of
    /// others.
    ///
    /// # Errors
    /// When the caller lacks the permission; `own_second_factor_first` for an owner without a second factor.
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
                details: json!({ "changes_requested": { "second_factor_required": required } }),
            };
            self.record(tx, actor, entry).await
        })
    }
}

/// Whether this person has a second factor: an authenticator app, or a passkey.
pub(crate) async fn has_second_factor(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    Ok(asks_for_code(tx, user).await? || !passkeys::list_of_user(tx, user).await?.is_empty())
}

/// Whether every sign-in with this person's password also needs a code. A passkey does not make this true, because it
/// is an alternative to the password: a session opened with it is marked
/// ([`crate::accounts::SessionView::by_passkey`]).
pub(crate) async fn asks_for_code(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    Ok(accounts::find(tx, user).await?.is_some_and(|row| row.totp_confirmed_at.is_some()))
}
