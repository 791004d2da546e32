//! Why a key works or does not, who caused that, and when. Deleted keys can still be explained.

use keystead_core::caller::Owner;
use keystead_core::id::{KeyId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::api_keys::{self, KeyRow};
use keystead_store::tables::memberships;

use crate::{Actor, App, Error};

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It works, as far as the key itself is concerned.
    Active,
    /// Its lifetime has ended.
    Expired,
    /// A person or service ended it.
    Revoked,
}

impl KeyState {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Computes the state of this key at this moment.
    #[must_use]
    pub fn of(key: &KeyRow, now: Timestamp) -> Self {
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if key.expires_at.is_some_and(|end| now >= end) {
            Self::Expired
        } else {
            Self::Active
        }
    }
}

impl App {
    /// Explains a key of this organization, live or not.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the organization never had such a key.
    pub async fn explain_key(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &KeyId,
    ) -> Result<(KeyRow, KeyState), Error> {
        let key = read_tx!(self.store(), "explain_key", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let missing = || Error::not_found("API key", id.as_str());
            let key = api_keys::find(tx, id).await?.ok_or_else(missing)?;
            let known = match (&key.organization, &key.owner) {
                (Some(own), _) => own == organization,
                // A legacy key reaches every organization of its owner, so each of them may look it up.
                (None, Owner::User(user)) => memberships::find(tx, organization, user).await?.is_some(),
                (None, Owner::ServiceAccount(_)) => false,
            };
            if known { Ok(key) } else { Err(missing()) }
        })?;
        let state = KeyState::of(&key, self.now());
        Ok((key, state))
    }
}
