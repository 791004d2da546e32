//! Rotation of a key: a new secret with the same owner, project, name and permissions, while the old one works for as
//! long as the person chose.

use keystead_core::caller::Owner;
use keystead_core::id::{BudgetId, KeyId, OrganizationId, ProjectId};
use keystead_core::rotation::{self, LONGEST_OVERLAP, Rotated, RotationRefusal};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::{budgets, changes, key_caps};
use serde_json::json;

use super::minting::mint_key;
use super::project_keys::{key_to_change, save_new_key};
use super::revoke::revoke_live_key;
use crate::audit::AuditEntry;
use crate::keys::grants::may_grant;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey};
use crate::keys::project_keys::{ensure_key_active, ensure_project_access, person};
use crate::projects::service_accounts::{account_of, ensure_may_act_as};
use crate::{Actor, App, Error};

/// Both keys after a rotation.
#[derive(Debug)]
pub struct RotatedKey {
    /// The new key, with its secret.
    pub made: MintedKey,
    /// The key it replaces.
    pub old: KeyId,
    /// The redacted form of the old key.
    pub old_redacted: String,
    /// When the old one ends.
    pub old_ends_at: Timestamp,
}

impl App {
    /// Makes a key that replaces another; the old one works for `overlap` seconds more. The new key passes the gate
    /// like every new key.
    ///
    /// Only the owner rotates a person's key, since personal keys are never made for other people. A service account's
    /// key is rotated by people who manage service accounts.
    ///
    /// # Errors
    /// When the actor may not rotate such a key, when the gate refuses, when the key has ended or was rotated before,
    /// or when the overlap is longer than a week.
    pub async fn rotate_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
        overlap: i64,
    ) -> Result<RotatedKey, Error> {
        let now = self.now();
        write_tx!(self.store(), "rotate_key", |tx| {
            changes::lock(tx).await?;
            ensure_key_active(tx, actor).await?;
            let old = key_to_rotate(self, tx, actor, organization, project, id).await?;
            let state = Rotated {
                kind: old.kind,
                created_at: old.created_at,
                expires_at: old.expires_at,
                replaced: old.rotated_to.is_some(),
            };
            // The actor learns the new secret.
            may_grant(actor, "scopes", old.restriction.scopes(), ScopeSet::NONE)?;
            let decided = rotation::rotate(&state, overlap, now).map_err(rotation_error)?;
            let asked = NewKey {
                name: old.name,
                scopes: old.restriction.0,
                expires_in_seconds: shortest(decided.new_life, actor, now),
            };
            let target =
                KeyTarget { kind: old.kind, organization: old.organization, project: old.project, owner: old.owner };
            let made = mint_key(self, target, &asked)?;
            save_new_key(self, tx, actor, organization, &made.key).await?;
            if !api_keys::rotate(tx, id, &made.key.id, decided.old_ends_at, now).await? {
                return Err(rotation_error(RotationRefusal::Replaced));
            }
            budgets::carry_over(tx, id, &made.key.id, now, || self.draw(BudgetId::generate)).await?;
            key_caps::carry_over(tx, id, &made.key.id).await?;
            let data = json!({ "successor": made.key.id, "ends_at": decided.old_ends_at });
            let details = json!({ "data": data });
            self.record(
                tx,
                actor,
                AuditEntry { organization, action: "api_key.rotated", target: id.as_str(), details },
            )
            .await?;
            if decided.old_ends_at <= now {
                revoke_live_key(self, tx, actor, organization, id, "rotated").await?;
            }
            Ok(RotatedKey { made, old: id.clone(), old_redacted: old.redacted, old_ends_at: decided.old_ends_at })
        })
    }

    /// Finds the project of a live key of this organization, for endpoints that name only the key.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such key of a project.
    pub async fn project_of_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &KeyId,
    ) -> Result<ProjectId, Error> {
        let (key, _) = self.explain_key(actor, organization, id).await?;
        key.project.ok_or_else(|| rotation_error(RotationRefusal::Kind))
    }
}

/// Finds the key, if this actor may replace it.
async fn key_to_rotate(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &KeyId,
) -> Result<KeyRow, Error> {
    let key = key_to_change(app, tx, actor, organization, project, id).await?.key;
    match &key.owner {
        Owner::ServiceAccount(account) => {
            app.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let account = account_of(tx, organization, project, account).await?;
            ensure_may_act_as(tx, actor, (organization, project), account.role).await?;
        }
        Owner::User(owner) => {
            if person(actor)? != owner {
                let message = "Only the person who owns this API key can rotate it.";
                return Err(Error::Forbidden { param: None, message: message.to_owned() });
            }
            ensure_project_access(tx, organization, project, owner).await?;
            if let Actor::Key(caller) = actor
                && key.restriction.scopes().intersection(caller.scopes) != key.restriction.scopes()
            {
                let message = "An API key cannot grant more than it holds itself.";
                return Err(Error::Forbidden { param: None, message: message.to_owned() });
            }
        }
    }
    Ok(key)
}

/// Limits a lifetime to that of the caller's key: a key never makes one that outlives it.
fn shortest(life: Option<i64>, actor: &Actor, now: Timestamp) -> Option<i64> {
    let left = match actor {
        Actor::Key(caller) => caller.expires_at.map(|end| end.since(now)),
        _ => None,
    };
    match (life, left) {
        (Some(life), Some(left)) => Some(life.min(left)),
        (life, left) => life.or(left),
    }
}

fn rotation_error(reason: RotationRefusal) -> Error {
    match reason {
        RotationRefusal::Overlap => Error::invalid(
            "overlap_in_seconds",
            format!("Invalid 'overlap_in_seconds': must be between 0 and {LONGEST_OVERLAP}."),
        ),
        RotationRefusal::Kind => Error::impossible("Only API keys of a project can be rotated."),
        RotationRefusal::Expired => Error::impossible("An expired API key cannot be rotated."),
        RotationRefusal::Replaced => Error::impossible("This API key has been rotated before."),
    }
}
