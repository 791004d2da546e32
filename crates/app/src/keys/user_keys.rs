//! Legacy user keys: they belong to a person and reach all of the person's organizations. They are made only on the
//! command line; their owner sees and ends them here.

use keystead_core::id::{KeyId, UserId};
use keystead_store::tables::api_keys::{self, KeyRow};
use serde_json::json;

use crate::accounts::record_about_user;
use crate::{Actor, App, Error};

impl App {
    /// Lists the live user keys of a person, newest first.
    pub async fn user_keys(&self, user: &UserId) -> Result<Vec<KeyRow>, Error> {
        read_tx!(self.store(), "user_keys", |tx| Ok(api_keys::list_of_user(tx, user).await?))
    }

    /// Ends one of the person's own user keys, and records it in all of the person's organizations.
    ///
    /// # Errors
    /// When the caller is not a signed-in person, or when this person has no such key.
    pub async fn revoke_user_key(&self, actor: &Actor, id: &KeyId) -> Result<(), Error> {
        let missing = || Error::not_found("API key", id.as_str());
        let user = actor.signed_in_user().cloned().ok_or_else(missing)?;
        write_tx!(self.store(), "revoke_user_key", |tx| {
            let own = api_keys::list_of_user(tx, &user).await?;
            if own.iter().all(|key| key.id != *id) {
                return Err(Error::not_found("API key", id.as_str()));
            }
            api_keys::revoke(tx, id, &actor.actor_ref(), "deleted", self.now()).await?;
            record_about_user(self, tx, actor, &user, "api_key.deleted", id.as_str(), json!({})).await
        })
    }
}
