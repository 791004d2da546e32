//! Keys of any organization in the hands of an operator on the command line: made for a member, found by their secret,
//! and revoked. No endpoint and no page offers this, because there people make their own keys.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId, UserId};
use keystead_core::key::KeyKind;
use keystead_core::refusal::Refusal;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::memberships;
use serde_json::json;

use super::admin_keys::save_admin_key;
use super::leaked::digests_in;
use super::minting::{KeyTarget, MintedKey, NewKey, mint_key};
use super::project_keys::{ensure_project_access, save_new_key};
use super::revoke::revoke_live_key;
use super::status::KeyState;
use crate::accounts::record_about_user;
use crate::validate::operators_only;
use crate::{Actor, App, Error};

/// What a new key reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReach {
    /// One project.
    Project(ProjectId),
    /// Everything that its owner reaches: a legacy user key.
    EverythingOfOwner,
    /// The administration of the organization.
    Administration,
}

impl KeyReach {
    const fn kind(&self) -> KeyKind {
        match self {
            Self::Project(_) => KeyKind::Project,
            Self::EverythingOfOwner => KeyKind::User,
            Self::Administration => KeyKind::Admin,
        }
    }
}

impl App {
    /// Makes a key for a member of an organization. The gate and the roles of the member decide as if the member made
    /// the key; the audit log names the operator.
    ///
    /// # Errors
    /// When the actor is not an operator, when the owner does not belong to the organization or does not reach the
    /// project, when the owner of an admin key has no role that permits one, or when the gate refuses.
    pub async fn create_key_for_member(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        owner: &UserId,
        reach: &KeyReach,
        asked: &NewKey,
    ) -> Result<MintedKey, Error> {
        operators_only(actor)?;
        let bound = *reach != KeyReach::EverythingOfOwner;
        let target = KeyTarget {
            kind: reach.kind(),
            organization: bound.then(|| organization.clone()),
            project: match reach {
                KeyReach::Project(project) => Some(project.clone()),
                KeyReach::EverythingOfOwner | KeyReach::Administration => None,
            },
            owner: Owner::User(owner.clone()),
        };
        let minted = mint_key(self, target, asked)?;
        let key = &minted.key;
        write_tx!(self.store(), "create_key_for_member", |tx| {
            let membership = memberships::find(tx, organization, owner).await?;
            membership.ok_or_else(|| Error::not_found("user", owner.as_str()))?;
            match reach {
                KeyReach::Administration => {
                    let saved = save_admin_key(self, tx, actor, organization, key).await;
                    saved.map_err(|error| match error {
                        Error::Refused(Refusal::NoMembership) => {
                            Error::impossible("This person's role does not permit them an admin key.")
                        }
                        other => other,
                    })
                }
                KeyReach::Project(project) => {
                    ensure_project_access(tx, organization, project, owner).await?;
                    save_new_key(self, tx, actor, organization, key).await
                }
                KeyReach::EverythingOfOwner => save_new_key(self, tx, actor, organization, key).await,
            }
        })?;
        Ok(minted)
    }

    /// Finds the key that a pasted text contains, in any organization, revoked or not: of several the first one that
    /// works, or else the first one. The secret is neither saved nor logged.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn key_of_secret(
        &self,
        actor: &Actor,
        pasted: &Secret<String>,
    ) -> Result<Option<(KeyRow, KeyState)>, Error> {
        operators_only(actor)?;
        let digests = digests_in(self, pasted);
        let keys = read_tx!(self.store(), "key_of_secret", |tx| {
            let mut keys = Vec::new();
            for digest in &digests {
                keys.extend(api_keys::find_ever_by_digest(tx, digest).await?);
            }
            Ok(keys)
        })?;
        let mut found: Vec<(KeyRow, KeyState)> = keys.into_iter().map(|key| self.with_state(key)).collect();
        let works = found.iter().position(|(_, state)| *state == KeyState::Active);
        Ok((!found.is_empty()).then(|| found.swap_remove(works.unwrap_or_default())))
    }

    /// Explains a key of any organization, revoked or not.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there never was such a key.
    pub async fn any_key(&self, actor: &Actor, id: &KeyId) -> Result<(KeyRow, KeyState), Error> {
        operators_only(actor)?;
        let key = read_tx!(self.store(), "any_key", |tx| key_with(tx, id).await)?;
        Ok(self.with_state(key))
    }

    /// Revokes a key of any kind and organization. The revocation of a legacy user key is recorded in every
    /// organization of its owner.
    ///
    /// # Errors
    /// When the actor is not an operator, or when there is no such live key.
    pub async fn revoke_any_key(&self, actor: &Actor, id: &KeyId) -> Result<(), Error> {
        operators_only(actor)?;
        write_tx!(self.store(), "revoke_any_key", |tx| {
            let key = key_with(tx, id).await?;
            match (&key.organization, &key.owner) {
                (Some(organization), _) => revoke_live_key(self, tx, actor, organization, id, "deleted").await,
                (None, Owner::User(owner)) => {
                    if !api_keys::revoke(tx, id, &actor.actor_ref(), "deleted", self.now()).await? {
                        return Err(missing(id));
                    }
                    record_about_user(self, tx, actor, owner, "api_key.deleted", id.as_str(), json!({})).await
                }
                (None, Owner::ServiceAccount(_)) => Err(missing(id)),
            }
        })
    }

    fn with_state(&self, key: KeyRow) -> (KeyRow, KeyState) {
        let state = KeyState::of(&key, self.now());
        (key, state)
    }
}

async fn key_with(tx: &mut Tx, id: &KeyId) -> Result<KeyRow, Error> {
    api_keys::find(tx, id).await?.ok_or_else(|| missing(id))
}

fn missing(id: &KeyId) -> Error {
    Error::not_found("API key", id.as_str())
}
