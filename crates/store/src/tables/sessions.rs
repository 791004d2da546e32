//! Sessions of people who are signed in. The browser has the secret; this table has its digest.

use keystead_core::id::{SessionId, UserId};
use keystead_core::time::Timestamp;

use super::{id, optional_time, time};
use crate::{Error, Row, Tx};

/// One browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Digest of the cookie.
    pub digest: Vec<u8>,
    pub id: SessionId,
    pub user: UserId,
    /// The CSRF token that every form of this session carries.
    pub csrf: String,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// When the person last reauthenticated, for dangerous acts.
    pub reauthenticated_at: Timestamp,
    /// The browser and system, from the user agent.
    pub device: String,
    /// The network it came from, shortened.
    pub network: String,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// Whether a passkey was used in it.
    pub by_passkey: bool,
}

/// The columns in the order in which [`session`] reads them.
macro_rules! columns {
    () => {
        "digest, id, user_id, csrf, created_at, seen_at, expires_at, reauthenticated_at, device, network, \
         revoked_at, by_passkey"
    };
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        digest: row.bytes(0)?,
        id: id(row, 1, "sessions")?,
        user: id(row, 2, "sessions")?,
        csrf: row.text(3)?,
        created_at: time(row, 4)?,
        seen_at: time(row, 5)?,
        expires_at: time(row, 6)?,
        reauthenticated_at: time(row, 7)?,
        device: row.text(8)?,
        network: row.text(9)?,
        revoked_at: optional_time(row, 10)?,
        by_passkey: row.bool(11)?,
    })
}

/// Inserts a session.
pub async fn insert(tx: &mut Tx, row: &Session) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO sessions (digest, id, user_id, csrf, created_at, seen_at, expires_at, \
                       reauthenticated_at, device, network, by_passkey) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = vec![
        row.digest.as_slice().into(),
        row.id.as_str().into(),
        row.user.as_str().into(),
        row.csrf.as_str().into(),
        row.created_at.0.into(),
        row.seen_at.0.into(),
        row.expires_at.0.into(),
        row.reauthenticated_at.0.into(),
        row.device.as_str().into(),
        row.network.as_str().into(),
        row.by_passkey.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the live session with this digest, last used after `idle_since`.
pub async fn find(tx: &mut Tx, digest: &[u8], now: Timestamp, idle_since: Timestamp) -> Result<Option<Session>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM sessions WHERE digest = $1 AND revoked_at IS NULL AND expires_at > $2 AND seen_at > $3"
    );
    let values = vec![digest.into(), now.0.into(), idle_since.0.into()];
    tx.optional(SQL, values).await?.as_ref().map(session).transpose()
}

/// Finds a session by its id that has neither ended nor expired; without use since `idle_since` it counts as expired.
pub async fn find_live(
    tx: &mut Tx,
    id: &SessionId,
    now: Timestamp,
    idle_since: Timestamp,
) -> Result<Option<Session>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM sessions WHERE id = $1 AND revoked_at IS NULL AND expires_at > $2 AND seen_at > $3"
    );
    let values = vec![id.as_str().into(), now.0.into(), idle_since.0.into()];
    tx.optional(SQL, values).await?.as_ref().map(session).transpose()
}

/// Lists the live sessions of a person, last used first.
pub async fn list(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<Vec<Session>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY seen_at DESC, \
         id"
    );
    tx.all(SQL, vec![user.as_str().into(), now.0.into()]).await?.iter().map(session).collect()
}

/// How well known a browser is to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Acquaintance {
    /// Sessions the person has or had.
    pub sessions: i64,
    /// Those from the same network.
    pub same_network: i64,
    /// Those with the same browser from the same network.
    pub same_device: i64,
}

/// Counts what is known of a browser in a person's account.
pub async fn find_acquaintance(tx: &mut Tx, user: &UserId, device: &str, network: &str) -> Result<Acquaintance, Error> {
    const SQL: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN network = $3 THEN 1 ELSE 0 END), 0) AS BIGINT), \
                       CAST(COALESCE(SUM(CASE WHEN network = $3 AND device = $2 THEN 1 ELSE 0 END), 0) AS BIGINT) \
                       FROM sessions WHERE user_id = $1";
    let row = tx.optional(SQL, vec![user.as_str().into(), device.into(), network.into()]).await?;
    let Some(row) = row else { return Ok(Acquaintance::default()) };
    Ok(Acquaintance { sessions: row.int(0)?, same_network: row.int(1)?, same_device: row.int(2)? })
}

/// Records that a session was used.
pub async fn touch(tx: &mut Tx, digest: &[u8], at: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE sessions SET seen_at = $2 WHERE digest = $1", vec![digest.into(), at.0.into()]).await.map(|_| ())
}

/// Records that the person reauthenticated.
pub async fn reauthenticate(tx: &mut Tx, digest: &[u8], at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "UPDATE sessions SET reauthenticated_at = $2 WHERE digest = $1";
    tx.execute(SQL, vec![digest.into(), at.0.into()]).await.map(|_| ())
}

/// Ends one session of a person; `false` when the person has no such session.
pub async fn revoke(tx: &mut Tx, user: &UserId, id: &SessionId, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL";
    Ok(tx.execute(SQL, vec![user.as_str().into(), id.as_str().into(), at.0.into()]).await? > 0)
}

/// Ends every session of a person except the one with this digest.
pub async fn revoke_others(tx: &mut Tx, user: &UserId, but: &[u8], at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND digest <> $2 AND revoked_at IS NULL";
    tx.execute(SQL, vec![user.as_str().into(), but.into(), at.0.into()]).await
}

/// Deletes sessions that ended before a moment.
pub async fn delete_old(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM sessions WHERE expires_at < $1 OR revoked_at < $1";
    tx.execute(SQL, vec![before.0.into()]).await
}
