//! What tokens are for, how long they work, and the links that carry them.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Token};

use super::{digest, draw_secret};
use crate::{App, Error};

/// The purpose of a link to choose a new password.
pub(super) const RESET: &str = "reset_password";
/// Seconds a link to reset a password works.
pub(super) const RESET_LIFE: i64 = 3_600;

/// The purpose of a link to confirm an address.
pub(super) const CONFIRM: &str = "confirm_email";
/// Seconds a link to confirm an address works.
pub(super) const CONFIRM_LIFE: i64 = 86_400;

/// The purpose of a link to change an address.
pub(super) const CHANGE_EMAIL: &str = "change_email";

/// The purpose of a passkey that is being added.
pub(super) const NEW_PASSKEY: &str = "passkey_new";

/// The purpose of a sign-in that waits for its code.
pub(super) const WAITING_FOR_CODE: &str = "second_factor";

pub(super) async fn one_time_link(
    app: &App,
    tx: &mut Tx,
    purpose: &str,
    path: &str,
    user: &UserId,
    payload: &str,
    life: i64,
) -> Result<String, Error> {
    let secret = draw_secret(app);
    let now = app.now();
    let token = Token {
        digest: digest(&secret),
        purpose: purpose.to_owned(),
        user: Some(user.clone()),
        payload: payload.to_owned(),
        created_at: now,
        expires_at: now.plus(life),
        used_at: None,
    };
    accounts::insert_token(tx, &token).await?;
    Ok(format!("{}/{path}?token={}", app.public_url(), secret.expose()))
}

/// Makes a link with which a person without a password chooses one, for the operator to hand over: no mail is needed.
pub(crate) async fn first_sign_in_link(app: &App, tx: &mut Tx, user: &UserId) -> Result<Secret<String>, Error> {
    one_time_link(app, tx, RESET, "reset", user, "{}", RESET_LIFE).await.map(Secret::new)
}

pub(super) async fn is_token_valid(app: &App, purpose: &str, token: &Secret<String>) -> Result<bool, Error> {
    let (now, key) = (app.now(), digest(token));
    read_tx!(app.store(), "token_works", |tx| Ok(accounts::find_token(tx, purpose, &key, now).await?.is_some()))
}
