//! Limits on attempts to sign in. An attempt is counted before the password is checked, so that parallel attempts
//! cannot slip through together; a successful attempt is taken back (ASVS 6.3.1).

use std::net::IpAddr;

use keystead_core::hex;
use keystead_core::id::JobId;
use keystead_core::secret::Secret;
use keystead_core::verification::limits::accounts::{SIGN_IN, SIGN_IN_LIMITS, STRANGER_LIMITS};
use keystead_store::Tx;
use keystead_store::tables::limit_hits;

use super::password::password_matches;
use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_subjects, uncount_hit};
use crate::{App, Error};

/// One attempt.
#[derive(Debug, Clone)]
pub(super) struct SignInAttempt {
    id: String,
    /// The address together with this network, and the network alone.
    here: Subjects<'static>,
    /// The address from all networks.
    everywhere: Subjects<'static>,
}

/// Describes an attempt for an address from a network.
pub(super) fn new_attempt(app: &App, email: &str, network: &str, ip: Option<IpAddr>) -> SignInAttempt {
    let fingerprint = |purpose: &str, text: &str| {
        let bytes = app.sealer().fingerprint(purpose, text);
        Some(hex::encode(&bytes[..16]))
    };
    let here = fingerprint("email from network", &format!("{email} {network}"));
    SignInAttempt {
        id: app.draw(JobId::generate).to_string(),
        here: Subjects { number: here, ip, ..Subjects::default() },
        everywhere: Subjects { number: fingerprint("email", email), ..Subjects::default() },
    }
}

/// Counts an attempt, or refuses it when there were too many. `at_home` says that the person has signed in from
/// this network before.
pub(super) async fn count_attempt(app: &App, tx: &mut Tx, attempt: &SignInAttempt, at_home: bool) -> Result<(), Error> {
    hold_subjects(app, tx, SIGN_IN, &attempt.everywhere).await?;
    hold_subjects(app, tx, SIGN_IN, &attempt.here).await?;
    ensure_within(app, tx, SIGN_IN_LIMITS, &attempt.here, "").await?;
    if !at_home {
        ensure_within(app, tx, STRANGER_LIMITS, &attempt.everywhere, "").await?;
    }
    count_hit(app, tx, SIGN_IN, &attempt.here, &attempt.id, "").await?;
    count_hit(app, tx, SIGN_IN, &attempt.everywhere, &attempt.id, "").await
}

/// Removes a successful attempt, and the earlier ones from the same address and network, from the count.
pub(super) async fn forgive_attempt(app: &App, tx: &mut Tx, attempt: &SignInAttempt) -> Result<(), Error> {
    uncount_hit(app, tx, SIGN_IN, &attempt.here, &attempt.id).await?;
    uncount_hit(app, tx, SIGN_IN, &attempt.everywhere, &attempt.id).await?;
    if let Some(fingerprint) = &attempt.here.number {
        limit_hits::delete(tx, SIGN_IN, &format!("number:{fingerprint}")).await?;
    }
    Ok(())
}

/// Checks a password for a person who is signed in already, with the limits of sign-in.
pub(super) async fn check_own_password(
    app: &App,
    email: &str,
    network: &str,
    password: &Secret<String>,
    kept: Option<String>,
) -> Result<(), Error> {
    let attempt = new_attempt(app, email, network, None);
    // A person with a session here is not a stranger.
    write_tx!(app.store(), "own_password", |tx| count_attempt(app, tx, &attempt, true).await)?;
    if !password_matches(app, password, kept).await? {
        return Err(super::wrong_password());
    }
    write_tx!(app.store(), "own_password_ok", |tx| forgive_attempt(app, tx, &attempt).await)
}
