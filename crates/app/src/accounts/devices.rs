//! The devices on which a person is signed in: the list, ending sessions, and the mail about a new device.

use keystead_core::id::{SessionId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::tables::sessions::{self, Session};
use serde_json::json;

use super::sessions::IDLE;
use super::{digest, record_for_user};
use crate::{App, Error};

/// One browser that is signed in, for the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceView {
    /// The session, by its id.
    pub id: SessionId,
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
    /// Ends one session of a person; `false` when the person has no such session, which is recorded, too.
    pub async fn end_session(&self, user: &UserId, id: &str) -> Result<bool, Error> {
        write_tx!(self.store(), "end_session", |tx| {
            let ended = match id.parse() {
                Ok(session) => sessions::revoke(tx, user, &session, self.now()).await?,
                Err(_) => false,
            };
            if ended {
                record_for_user(self, tx, user, "logout.succeeded", id, json!({})).await?;
            } else {
                // The id may be of another person's session, so it is not recorded.
                let why = "This session has ended, or there is no such session.";
                let details = json!({ "error_code": "session_ended", "error_message": why });
                record_for_user(self, tx, user, "logout.failed", user.as_str(), details).await?;
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
                record_for_user(self, tx, user, "logout.succeeded", user.as_str(), details).await?;
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
                current: row.id.as_str() == current,
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
}
