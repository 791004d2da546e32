//! Legacy user keys: they belong to a person and reach every organization of hers (contract 1.4). Made at the command line
//! only; their owner sees and ends them here.

use keystead_core::id::{KeyId, UserId};
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::api_keys::{self, KeyRow};
use serde_json::json;

use crate::{Actor, App, Error};

impl App {
    /// The living user keys of a person, newest first.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn user_keys(&self, user: &UserId) -> Result<Vec<KeyRow>, Error> {
        let user = user.clone();
        let read = self
            .store()
            .read("user_keys", async move |tx: &mut Tx| Ok::<_, Error>(api_keys::list_of_user(tx, &user).await?));
        read.await
    }

    /// Ends one of one's own user keys; the logs of all of one's organizations say so.
    ///
    /// # Errors
    /// When nobody is signed in, or there is no such key of this person.
    pub async fn revoke_user_key(&self, session: &Secret<String>, id: &KeyId) -> Result<(), Error> {
        let view = self.session(session).await?.ok_or_else(|| Error::not_found("session", ""))?;
        let (app, id) = (self.clone(), id.clone());
        let write = self.store().write("revoke_user_key", async move |tx: &mut Tx| {
            let own = api_keys::list_of_user(tx, &view.user).await?;
            if own.iter().all(|key| key.id != id) {
                return Err(Error::not_found("API key", id.as_str()));
            }
            let actor = Actor::Session(view.user.clone(), view.id.clone());
            let by = format!("{}:{}", actor.kind(), actor.id());
            api_keys::revoke(tx, &id, &by, "deleted", app.now()).await?;
            app.record_about(tx, &actor, &view.user, "api_key.deleted", id.as_str(), json!({})).await
        });
        write.await
    }
}
