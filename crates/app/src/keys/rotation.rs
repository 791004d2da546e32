//! Rotation of a key: a new secret of the same owner, project, name and permissions, while the old one goes on for as
//! long as the person chose.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::rotation::{self, LONGEST_OVERLAP, NoRotation, Rotated};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::keys::grants::may_grant;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey};
use crate::keys::project_keys::{ensure_key_active, ensure_project_access, person};
use crate::projects::service_accounts::account_of;
use crate::{Actor, App, Error};

/// Both keys after a rotation.
#[derive(Debug)]
pub struct RotatedKey {
    /// The new key, with its secret.
    pub made: MintedKey,
    /// The key it replaces.
    pub old: KeyId,
    /// How lists show that one.
    pub old_redacted: String,
    /// When the old one ends.
    pub old_ends_at: Timestamp,
}

impl App {
    /// Makes a key in another's place; the old one works for `overlap` seconds more. The new key passes the gate that
    /// every new key passes.
    ///
    /// A person's key is rotated by that person alone, since nobody makes a personal key for another person; a service
    /// account's by whoever manages service accounts.
    ///
    /// # Errors
    /// When there is none this actor may rotate, when the gate refuses, when the key has ended or was rotated before,
    /// or for an overlap beyond a week.
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
            ensure_key_active(tx, actor).await?;
            let old = self.key_to_rotate(tx, actor, organization, project, id).await?;
            let state = Rotated {
                kind: old.kind,
                created_at: old.created_at,
                expires_at: old.expires_at,
                replaced: old.rotated_to.is_some(),
            };
            // The new secret goes to the actor.
            may_grant(actor, "scopes", old.restriction.scopes(), ScopeSet::NONE)?;
            let decided = rotation::rotate(&state, overlap, now).map_err(why_not)?;
            let asked = NewKey {
                name: old.name.clone(),
                scopes: old.restriction.0.clone(),
                expires_in_seconds: shortest(decided.new_life, actor, now),
            };
            let place = KeyTarget {
                kind: old.kind,
                organization: old.organization.clone(),
                project: old.project.clone(),
                owner: old.owner.clone(),
            };
            let made = self.mint(place, &asked)?;
            self.save_new_key(tx, actor, organization, &made.row).await?;
            if !api_keys::rotate(tx, id, &made.row.id, decided.old_ends_at, now).await? {
                return Err(why_not(NoRotation::Replaced));
            }
            let data = json!({ "successor": made.row.id, "ends_at": decided.old_ends_at });
            let details = json!({ "data": data });
            self.record(
                tx,
                actor,
                AuditEntry { organization, action: "api_key.rotated", target: id.as_str(), details },
            )
            .await?;
            if decided.old_ends_at <= now {
                self.revoke(tx, actor, organization, id, "rotated").await?;
            }
            Ok(RotatedKey { made, old: id.clone(), old_redacted: old.redacted, old_ends_at: decided.old_ends_at })
        })
    }

    /// The project of a living key of this organization, for doors that name the key alone.
    ///
    /// # Errors
    /// Without permission, or when there is no such key of a project.
    pub async fn project_of_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &KeyId,
    ) -> Result<ProjectId, Error> {
        let (key, _) = self.explain_key(actor, organization, id).await?;
        key.project.ok_or_else(|| why_not(NoRotation::Kind))
    }

    /// The key, if this actor may make one in its place.
    async fn key_to_rotate(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<KeyRow, Error> {
        let key = self.key_to_change(tx, actor, organization, project, id).await?.key;
        match &key.owner {
            Owner::ServiceAccount(account) => {
                self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
                account_of(tx, organization, project, account).await?;
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
}

/// A key in hand never makes one that outlives it.
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

fn why_not(reason: NoRotation) -> Error {
    match reason {
        NoRotation::Overlap => Error::invalid(
            "overlap_in_seconds",
            format!("Invalid 'overlap_in_seconds': must be between 0 and {LONGEST_OVERLAP}."),
        ),
        NoRotation::Kind => Error::impossible("Only API keys of a project can be rotated."),
        NoRotation::Expired => Error::impossible("An expired API key cannot be rotated."),
        NoRotation::Replaced => Error::impossible("This API key has been rotated before."),
    }
}
