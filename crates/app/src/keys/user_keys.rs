//! Legacy user keys: they belong to a person and reach every organization of theirs. Made at the command line
//! only; their owner sees and ends them here.

use keystead_core::id::{KeyId, UserId};
use keystead_store::tables::api_keys::{self, KeyRow};
use serde_json::json;

use crate::{Actor, App, Error};

impl App {
    /// The living user keys of a person, newest first.
    pub async fn user_keys(&self, user: &UserId) -> Result<Vec<KeyRow>, Error> {
        read_tx!(self.store(), "user_keys", |tx| Ok(api_keys::list_of_user(tx, user).await?))
    }

    /// Ends one of one's own user keys; the logs of all of one's organizations say so.
    ///
    /// # Errors
    /// For everyone but a person who is signed in, or when there is no such key of this person.
    pub async fn revoke_user_key(&self, actor: &Actor, id: &KeyId) -> Result<(), Error> {
        let missing = || Error::not_found("API key", id.as_str());
        let user = actor.signed_in_user().cloned().ok_or_else(missing)?;
        write_tx!(self.store(), "revoke_user_key", |tx| {
            let own = api_keys::list_of_user(tx, &user).await?;
            if own.iter().all(|key| key.id != *id) {
                return Err(Error::not_found("API key", id.as_str()));
            }
            api_keys::revoke(tx, id, &actor.actor_ref(), "deleted", self.now()).await?;
            self.record_about(tx, actor, &user, "api_key.deleted", id.as_str(), json!({})).await
        })
    }
}
