//! A copy of what is kept about a person, for that person.

use keystead_core::secret::Secret;
use keystead_core::verification::limits::EXPORT_LIMITS;
use keystead_store::tables::personal_data;
use serde_json::{Value, json};

use super::digest;
use super::sessions::lock_fresh_session;
use crate::verification::limits::{Subjects, count_within};
use crate::{App, Error, audit};

/// What the copy says about itself.
const README: &str = "The data that this installation keeps about the person in `users`, by table. Times are RFC 3339 in UTC. \
    Passwords, codes, keys and other secrets are kept only as digests or encrypted and are not part of the copy; phone \
    numbers are shown in part, and you know the rest. Emails are not kept after they are sent. `audit_events` holds the \
    newest 10,000 entries by or about the person; addresses of other people are left out of it and of `invites`. Photos \
    of an ID check are erased within days by their own rules and are not part of the copy; `identity_attempts` says \
    when. What operators decided, and the state of an organization, are not part of it either.";

impl App {
    /// Returns a copy of the data of a session's person, as JSON.
    ///
    /// # Errors
    /// `reauthentication_needed`; [`Error::Limited`] beyond [`EXPORT_LIMITS`].
    pub async fn export_account(&self, session: &Secret<String>) -> Result<Value, Error> {
        let key = digest(session);
        // Counted in a transaction of its own: reading takes longer and must not hold up writers.
        let user = write_tx!(self.store(), "count_account_export", |tx| {
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            let who = Subjects { user: Some(&person.id), ip: audit::client_address(), ..Subjects::default() };
            count_within(self, tx, EXPORT_LIMITS, &who).await?;
            Ok(person.id)
        })?;
        let data = read_tx!(self.store(), "export_account", |tx| Ok(personal_data::find(tx, &user).await?))?;
        Ok(json!({ "readme": README, "exported_at": self.now().to_string(), "data": data }))
    }
}
