//! How people sign in: passwords, second factors, identities at issuers, preferences, one-time links.

use keystead_core::id::UserId;
use keystead_core::notification::Notification;
use keystead_core::time::Timestamp;

use super::{id, optional_id, optional_time, time};
use crate::{Error, PerEngine, Row, Tx};

/// A person's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub user: UserId,
    /// The password's hash in PHC form; absent for people who sign in through an issuer.
    pub password: Option<String>,
    /// When it was last changed.
    pub password_changed_at: Option<Timestamp>,
    /// When the address was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// `en`, `pl`, `ja`, or empty for the browser's.
    pub language: String,
    /// `light`, `dark`, or empty for the browser's.
    pub theme: String,
    /// An IANA name, or empty for UTC.
    pub time_zone: String,
    /// The person's answer to "What best describes you?".
    pub describes: Option<String>,
    /// The second factor's secret, sealed.
    pub totp_sealed: Option<Vec<u8>>,
    /// When the second factor was proven; before that it does not count.
    pub totp_confirmed_at: Option<Timestamp>,
    /// The last time step with a used code: a code works once.
    pub totp_last_step: i64,
    /// The kinds of email that the person switched off.
    pub muted_mails: Vec<Notification>,
}

/// A link or secret that works once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Digest of the token; the token itself is not stored.
    pub digest: Vec<u8>,
    /// Its purpose.
    pub purpose: String,
    pub user: Option<UserId>,
    /// The data it carries.
    pub payload: String,
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// The columns in the order in which [`account`] reads them.
macro_rules! account_columns {
    () => {
        "user_id, password, password_changed_at, confirmed_at, language, theme, time_zone, describes, \
         totp_sealed, totp_confirmed_at, totp_last_step, muted_mails"
    };
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        user: id(row, 0, "accounts")?,
        password: row.optional_text(1)?,
        password_changed_at: optional_time(row, 2)?,
        confirmed_at: optional_time(row, 3)?,
        language: row.text(4)?,
        theme: row.text(5)?,
        time_zone: row.text(6)?,
        describes: row.optional_text(7)?,
        totp_sealed: row.optional_bytes(8)?,
        totp_confirmed_at: optional_time(row, 9)?,
        totp_last_step: row.int(10)?,
        // A name that only another version knows is left out: its emails are sent.
        muted_mails: row.text(11)?.split(',').filter_map(Notification::from_name).collect(),
    })
}

/// The columns in the order in which [`token`] reads them.
macro_rules! token_columns {
    () => {
        "digest, purpose, user_id, payload, created_at, expires_at, used_at"
    };
}

fn token(row: &Row) -> Result<Token, Error> {
    Ok(Token {
        digest: row.bytes(0)?,
        purpose: row.text(1)?,
        user: optional_id(row, 2, "tokens")?,
        payload: row.text(3)?,
        created_at: time(row, 4)?,
        expires_at: time(row, 5)?,
        used_at: optional_time(row, 6)?,
    })
}

/// Inserts or updates an account.
pub async fn save(tx: &mut Tx, row: &Account) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO accounts (user_id, password, password_changed_at, confirmed_at, language, theme, \
                       time_zone, describes, totp_sealed, totp_confirmed_at, totp_last_step, muted_mails) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (user_id) DO UPDATE SET \
                       password = excluded.password, password_changed_at = excluded.password_changed_at, \
                       confirmed_at = excluded.confirmed_at, language = excluded.language, theme = excluded.theme, \
                       time_zone = excluded.time_zone, describes = excluded.describes, \
                       totp_sealed = excluded.totp_sealed, totp_confirmed_at = excluded.totp_confirmed_at, \
                       totp_last_step = excluded.totp_last_step, muted_mails = excluded.muted_mails";
    let muted: Vec<&str> = row.muted_mails.iter().map(|kind| kind.as_str()).collect();
    let values = vec![
        row.user.as_str().into(),
        row.password.as_deref().into(),
        row.password_changed_at.map(|at| at.0).into(),
        row.confirmed_at.map(|at| at.0).into(),
        row.language.as_str().into(),
        row.theme.as_str().into(),
        row.time_zone.as_str().into(),
        row.describes.as_deref().into(),
        row.totp_sealed.as_deref().into(),
        row.totp_confirmed_at.map(|at| at.0).into(),
        row.totp_last_step.into(),
        muted.join(",").into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the account of a person.
pub async fn find(tx: &mut Tx, user: &UserId) -> Result<Option<Account>, Error> {
    const SQL: &str = concat!("SELECT ", account_columns!(), " FROM accounts WHERE user_id = $1");
    tx.optional(SQL, vec![user.as_str().into()]).await?.as_ref().map(account).transpose()
}

/// Finds the account of a person and locks it until the transaction ends, so that a change of one field does not
/// overwrite other fields with older values.
pub async fn lock(tx: &mut Tx, user: &UserId) -> Result<Option<Account>, Error> {
    // SQLite has one writer, so there is nothing to lock; PostgreSQL locks the row.
    const SQL: PerEngine = PerEngine {
        sqlite: concat!("SELECT ", account_columns!(), " FROM accounts WHERE user_id = $1"),
        postgres: concat!("SELECT ", account_columns!(), " FROM accounts WHERE user_id = $1 FOR UPDATE"),
    };
    let sql = tx.pick(SQL);
    tx.optional(sql, vec![user.as_str().into()]).await?.as_ref().map(account).transpose()
}

/// Uses a time step of the second factor up; `false` when its code, or a later one, was used before.
pub async fn use_totp_step(tx: &mut Tx, user: &UserId, step: i64) -> Result<bool, Error> {
    const SQL: &str = "UPDATE accounts SET totp_last_step = $2 WHERE user_id = $1 AND totp_last_step < $2";
    Ok(tx.execute(SQL, vec![user.as_str().into(), step.into()]).await? > 0)
}

/// Counts the recovery codes a person has left.
pub async fn count_recovery_codes(tx: &mut Tx, user: &UserId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1";
    tx.optional(SQL, vec![user.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Replaces a person's recovery codes.
pub async fn replace_recovery_codes(tx: &mut Tx, user: &UserId, digests: &[Vec<u8>]) -> Result<(), Error> {
    tx.execute("DELETE FROM recovery_codes WHERE user_id = $1", vec![user.as_str().into()]).await?;
    for digest in digests {
        const SQL: &str = "INSERT INTO recovery_codes (digest, user_id) VALUES ($1, $2)";
        tx.execute(SQL, vec![digest.as_slice().into(), user.as_str().into()]).await?;
    }
    Ok(())
}

/// Uses a recovery code up; `false` when the person has no such code.
pub async fn use_recovery_code(tx: &mut Tx, user: &UserId, digest: &[u8]) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2";
    Ok(tx.execute(SQL, vec![user.as_str().into(), digest.into()]).await? > 0)
}

/// Inserts a one-time token.
pub async fn insert_token(tx: &mut Tx, row: &Token) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO tokens (digest, purpose, user_id, payload, created_at, expires_at) \
                       VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        row.digest.as_slice().into(),
        row.purpose.as_str().into(),
        row.user.as_ref().map(UserId::as_str).into(),
        row.payload.as_str().into(),
        row.created_at.0.into(),
        row.expires_at.0.into(),
    ];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds a token for this purpose that still works. Looking does not use it up.
pub async fn find_token(tx: &mut Tx, purpose: &str, digest: &[u8], at: Timestamp) -> Result<Option<Token>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        token_columns!(),
        " FROM tokens WHERE digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"
    );
    let row = tx.optional(SQL, vec![digest.into(), purpose.into(), at.0.into()]).await?;
    row.as_ref().map(token).transpose()
}

/// Lists the tokens of a person for a purpose that still work, oldest first.
pub async fn list_tokens_of(tx: &mut Tx, user: &UserId, purpose: &str, at: Timestamp) -> Result<Vec<Token>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        token_columns!(),
        " FROM tokens WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 \
         ORDER BY created_at, digest"
    );
    let values = vec![user.as_str().into(), purpose.into(), at.0.into()];
    tx.all(SQL, values).await?.iter().map(token).collect()
}

/// Uses a token up; `false` when another request was first or it has expired.
pub async fn use_token(tx: &mut Tx, digest: &[u8], at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "UPDATE tokens SET used_at = $2 WHERE digest = $1 AND used_at IS NULL AND expires_at > $2";
    Ok(tx.execute(SQL, vec![digest.into(), at.0.into()]).await? > 0)
}

/// Uses up every token of a person for a purpose: after a password change no older link may work.
pub async fn use_tokens_of(tx: &mut Tx, user: &UserId, purpose: &str, at: Timestamp) -> Result<u64, Error> {
    const SQL: &str = "UPDATE tokens SET used_at = $3 WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL";
    tx.execute(SQL, vec![user.as_str().into(), purpose.into(), at.0.into()]).await
}

/// Deletes tokens that expired before a moment.
pub async fn delete_tokens(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM tokens WHERE expires_at < $1", vec![before.0.into()]).await
}

/// Lists people who signed up before a moment, never confirmed their address and have no membership: their accounts may
/// be deleted.
pub async fn list_unconfirmed(tx: &mut Tx, before: Timestamp) -> Result<Vec<UserId>, Error> {
    const SQL: &str = "SELECT a.user_id FROM accounts a JOIN users u ON u.id = a.user_id \
                       WHERE a.confirmed_at IS NULL AND u.created_at < $1 \
                       AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = u.id) \
                       AND NOT EXISTS (SELECT 1 FROM api_keys k WHERE k.owner_user = u.id) \
                       AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.user_id = u.id AND t.used_at IS NULL AND t.expires_at > $1) \
                       ORDER BY u.created_at, u.id LIMIT 500";
    tx.all(SQL, vec![before.0.into()]).await?.iter().map(|row| id(row, 0, "accounts")).collect()
}

/// Deletes a person who never confirmed their address, with the account; nothing may belong to them.
pub async fn delete_unconfirmed(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    let values = || vec![user.as_str().into()];
    if tx.execute("DELETE FROM accounts WHERE user_id = $1 AND confirmed_at IS NULL", values()).await? == 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM users WHERE id = $1", values()).await?;
    Ok(true)
}

/// Connects an identity with a person; an earlier connection stays.
pub async fn save_identity(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
    user: &UserId,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (issuer, subject) DO NOTHING";
    let values = vec![issuer.into(), subject.into(), user.as_str().into(), at.0.into()];
    tx.execute(SQL, values).await.map(|_| ())
}

/// Finds the person of an identity.
pub async fn find_identity(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<UserId>, Error> {
    const SQL: &str = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2";
    tx.optional(SQL, vec![issuer.into(), subject.into()]).await?.map(|row| id(&row, 0, "identities")).transpose()
}

/// Lists the identities connected with a person: issuer and since when, oldest first.
pub async fn list_identities(tx: &mut Tx, user: &UserId) -> Result<Vec<(String, Timestamp)>, Error> {
    const SQL: &str =
        "SELECT issuer, created_at FROM identities WHERE user_id = $1 ORDER BY created_at, issuer, subject";
    let rows = tx.all(SQL, vec![user.as_str().into()]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, time(row, 1)?))).collect()
}

/// Deletes the identities of an issuer that are connected with a person. Returns how many.
pub async fn delete_identities(tx: &mut Tx, user: &UserId, issuer: &str) -> Result<u64, Error> {
    const SQL: &str = "DELETE FROM identities WHERE user_id = $1 AND issuer = $2";
    tx.execute(SQL, vec![user.as_str().into(), issuer.into()]).await
}
