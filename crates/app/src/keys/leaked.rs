//! Finding the key of a leaked secret by its fingerprint. The secret is neither saved nor logged.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::key::{KeyCandidate, KeyDigest, KeyKind};
use keystead_core::scope::Scope;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::memberships;

use crate::{Actor, App, Error};

/// The key that a secret belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeakedKey {
    /// A key of a project, revoked or not.
    OfProject(KeyId, ProjectId),
    /// A live admin key of the organization.
    Admin(KeyId),
    /// A live user key of the person who asks.
    OwnUserKey,
    /// A live user key of another member, which only that member can revoke.
    UserKeyOfMember,
    /// An admin key or a user key that was revoked before.
    Revoked,
    /// No key of this organization that the person may see.
    Unknown,
}

impl App {
    /// Finds the key that a pasted text contains, of several the first one that works. Owners find every key of the organization, others their own.
    ///
    /// # Errors
    /// When the caller is not a member.
    pub async fn find_leaked_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        pasted: &Secret<String>,
    ) -> Result<LeakedKey, Error> {
        let digests = digests_in(self, pasted);
        read_tx!(self.store(), "find_leaked_key", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let mut found = LeakedKey::Unknown;
            for digest in &digests {
                let Some(key) = api_keys::find_ever_by_digest(tx, digest).await? else { continue };
                let live = key.revoked_at.is_none();
                match seen_by(self, tx, actor, organization, key).await? {
                    LeakedKey::Unknown => {}
                    // A key that works is more urgent than one that was revoked.
                    seen if live => return Ok(seen),
                    seen if found == LeakedKey::Unknown => found = seen,
                    _ => {}
                }
            }
            Ok(found)
        })
    }
}

/// Computes the digest of each part of a text that has the form of a key. A text that is pasted in an emergency may have
/// keys of other services before the one that is searched.
pub(crate) fn digests_in(app: &App, pasted: &Secret<String>) -> Vec<KeyDigest> {
    KeyCandidate::all_in(pasted.expose()).map(|key| key.digest(&app.inner.pepper)).collect()
}

/// What the actor may learn about this key.
async fn seen_by(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    key: KeyRow,
) -> Result<LeakedKey, Error> {
    if key.organization.as_ref().is_some_and(|own| own != organization) {
        return Ok(LeakedKey::Unknown);
    }
    let own = matches!(&key.owner, Owner::User(user) if Some(user) == actor.user());
    let owner = app.authorize(tx, actor, organization, Scope::ManagementRead).await.is_ok();
    if let Some(project) = key.project {
        let place = (organization, &project);
        let sees = own || app.authorize_in_project(tx, actor, place, Scope::ManagementRead).await.is_ok();
        return Ok(if sees { LeakedKey::OfProject(key.id, project) } else { LeakedKey::Unknown });
    }
    let member = match &key.owner {
        Owner::User(user) => memberships::find(tx, organization, user).await?.is_some(),
        Owner::ServiceAccount(_) => false,
    };
    let revoked = key.revoked_at.is_some();
    Ok(match key.kind {
        KeyKind::Admin if owner && revoked => LeakedKey::Revoked,
        KeyKind::Admin if owner => LeakedKey::Admin(key.id),
        KeyKind::User if own || (owner && member) => match (revoked, own) {
            (true, _) => LeakedKey::Revoked,
            (false, true) => LeakedKey::OwnUserKey,
            (false, false) => LeakedKey::UserKeyOfMember,
        },
        _ => LeakedKey::Unknown,
    })
}
