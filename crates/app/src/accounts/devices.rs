//! The devices on which a person is signed in: the list, ending sessions, and the mail about a new device.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::sessions::{self, Session};
use serde_json::json;

use super::digest;
use super::mail_kind::MailKind;
use super::sessions::IDLE;
use crate::{App, Error};

/// Seconds in which an account counts as new: it has no known devices yet, so no mail is sent.
const NEW_ACCOUNT: i64 = 86_400;

/// One browser that is signed in, for the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceView {
    /// `sess_…`.
    pub id: String,
    /// The browser and system, from the user agent.
    pub device: String,
    /// The network, shortened.
    pub network: String,
    /// When the person signed in there.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// Whether it is the session of this request.
    pub current: bool,
}

impl App {
    /// Ends one session of a person; `false` when the person has no such session.
    pub async fn end_session(&self, user: &UserId, id: &str) -> Result<bool, Error> {
        write_tx!(self.store(), "end_session", |tx| {
            let ended = sessions::revoke(tx, user, id, self.now()).await?;
            if ended {
                self.record_for(tx, user, "logout.succeeded", id, json!({})).await?;
            }
            Ok(ended)
        })
    }

    /// Ends every other session of a person. Returns how many there were.
    pub async fn end_other_sessions(&self, user: &UserId, keep: &Secret<String>) -> Result<u64, Error> {
        let keep = digest(keep);
        write_tx!(self.store(), "end_other_sessions", |tx| {
            let ended = sessions::revoke_others(tx, user, &keep, self.now()).await?;
            if ended > 0 {
                let details = json!({ "data": { "sessions": ended } });
                self.record_for(tx, user, "logout.succeeded", user.as_str(), details).await?;
            }
            Ok(ended)
        })
    }

    /// Lists the sessions of a person.
    pub async fn devices(&self, user: &UserId, current: &str) -> Result<Vec<DeviceView>, Error> {
        let now = self.now();
        read_tx!(self.store(), "devices", |tx| {
            let rows = sessions::list(tx, user, now).await?;
            let view = |row: Session| DeviceView {
                current: row.id == current,
                id: row.id,
                device: row.device,
                network: row.network,
                created_at: row.created_at,
                seen_at: row.seen_at,
            };
            let used = |row: &Session| now.since(row.seen_at) < IDLE;
            Ok(rows.into_iter().filter(used).map(view).collect())
        })
    }

    pub(super) async fn tell_of_new_device(&self, tx: &mut Tx, row: &Session) -> Result<(), Error> {
        let known = sessions::find_acquaintance(tx, &row.user, &row.device, &row.network).await?;
        let account = accounts::find(tx, &row.user).await?;
        let confirmed_at = account.and_then(|account| account.confirmed_at);
        let brand_new = known.sessions == 0 && confirmed_at.is_none_or(|at| self.now().since(at) < NEW_ACCOUNT);
        if known.same_device > 0 || brand_new {
            return Ok(());
        }
        let parts = [row.device.as_str(), row.network.as_str()].into_iter().filter(|part| !part.is_empty());
        let detail = parts.collect::<Vec<_>>().join(", ");
        self.mail_person(tx, &row.user, MailKind::NewSignIn, &detail).await
    }
}
