//! What a person has proven while signing in, and the second check of it in the transaction that opens the session.
//! Between the proof and the session are seconds (hashing is queued) or minutes (a code is typed, an issuer's page
//! stays open), in which the password, identity or address may have been removed.

use keystead_core::hex;
use keystead_core::id::UserId;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account, Token};
use keystead_store::tables::users;
use serde::{Deserialize, Serialize};

use super::sessions::{SignedIn, begin_session};
use super::tokens::WAITING_FOR_CODE;
use super::{Context, digest, draw_secret, wrong};
use crate::{App, Error};

/// Seconds a sign-in may wait for its code.
const WAIT: i64 = 600;

/// What was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proven {
    /// The password with the hash of this fingerprint.
    Password(String),
    /// An identity at an issuer that is connected with the account.
    Identity {
        /// The issuer.
        issuer: String,
        /// The subject at the issuer.
        subject: String,
    },
    /// Access to the mailbox of this address, by a mailed link.
    Mailbox(String),
}

/// Returns the proof for the password of a hash. It holds a fingerprint, so that no token contains a hash.
pub(super) fn password_proven(app: &App, hash: &str) -> Proven {
    let fingerprint = app.sealer().fingerprint("proven password", hash);
    Proven::Password(hex::encode(&fingerprint))
}

/// Returns the account, locked until the transaction ends, if the proof still gives access to it.
pub(super) async fn ensure_still_proven(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    proven: &Proven,
) -> Result<Account, Error> {
    let account = accounts::lock(tx, user).await?.filter(|row| row.confirmed_at.is_some());
    let person = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none());
    let (Some(account), Some(person)) = (account, person) else { return Err(wrong()) };
    let holds = match proven {
        Proven::Password(_) => account.password.as_ref().is_some_and(|hash| password_proven(app, hash) == *proven),
        Proven::Identity { issuer, subject } => {
            accounts::find_identity(tx, issuer, subject).await?.as_ref() == Some(user)
        }
        Proven::Mailbox(address) => person.email == *address,
    };
    if holds { Ok(account) } else { Err(wrong()) }
}

/// Opens a session for a person if their proof still gives access to the account. The secret is always new, so that
/// none can be planted. With a second factor the session waits for the code, for every way of signing in (ASVS
/// 6.3.4).
pub(super) async fn sign_in_proven(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    proven: &Proven,
    context: &Context,
) -> Result<SignedIn, Error> {
    let account = ensure_still_proven(app, tx, user, proven).await?;
    if account.totp_confirmed_at.is_some() {
        return wait_for_code(app, tx, user, proven).await;
    }
    begin_session(app, tx, user, context, false).await
}

/// Opens the session of a person after their first password, with this hash, was set in the same transaction.
pub(crate) async fn open_first_session(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    hash: &str,
    context: &Context,
) -> Result<SignedIn, Error> {
    sign_in_proven(app, tx, user, &password_proven(app, hash), context).await
}

/// Creates the value of the cookie while the code is missing. It is not a session: only the page for the code reads
/// it. It keeps what was proven so far, to be checked again when the code comes.
pub(super) async fn wait_for_code(app: &App, tx: &mut Tx, user: &UserId, proven: &Proven) -> Result<SignedIn, Error> {
    let payload = serde_json::to_string(proven).map_err(|error| Error::Internal(format!("a proof: {error}")))?;
    let (now, session) = (app.now(), draw_secret(app));
    let token = Token {
        digest: digest(&session),
        purpose: WAITING_FOR_CODE.to_owned(),
        user: Some(user.clone()),
        payload,
        created_at: now,
        expires_at: now.plus(WAIT),
        used_at: None,
    };
    accounts::insert_token(tx, &token).await?;
    Ok(SignedIn { session, user: user.clone(), expires_at: token.expires_at, waits_for_code: true })
}
