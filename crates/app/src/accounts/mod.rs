//! Accounts: signing up, signing in, and what protects an account. No answer tells a stranger whether an address has an
//! account.

mod attempt_limits;
mod browser_state;
pub(crate) mod deletion;
mod devices;
pub(crate) mod email_change;
mod export;
mod factor_reset;
mod mail_kind;
pub(crate) mod mails;
pub(crate) mod new_account;
mod new_device;
pub(crate) mod notifications;
mod oidc;
mod passkeys;
pub(crate) mod password;
mod profile;
pub(crate) mod proven;
pub(crate) mod reset;
mod second_factor;
mod security;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
mod tokens;

use keystead_core::hex;
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::memberships;
use rand::RngCore;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

pub use crate::request::Context;
pub use deletion::{AccountDeletionView, LeftOrganization};
pub use devices::DeviceView;
pub use email_change::AddressChange;
pub use factor_reset::FactorReset;
pub(crate) use mail_kind::MailKind;
pub use oidc::OidcRedirect;
pub use passkeys::{PasskeyChallenge, PasskeyView};
pub use password::PasswordRefusal;
pub(crate) use password::acceptable;
pub use profile::Profile;
pub use second_factor::Enrolment;
pub use security::SecurityView;
pub(crate) use sessions::IDLE;
pub use sessions::{SessionView, SignedIn};
pub(crate) use tokens::first_sign_in_link;

/// Draws 256 bits as text that survives any address bar.
fn fresh_secret(rng: &mut (impl RngCore + ?Sized)) -> Secret<String> {
    let mut bytes = [0_u8; 32];
    rng.fill_bytes(&mut bytes);
    Secret::new(hex::encode(&bytes))
}

/// Digests a secret for the store. The secret is random, so a plain hash is enough.
fn digest(secret: &Secret<String>) -> Vec<u8> {
    Sha256::digest(secret.expose()).to_vec()
}

pub(crate) fn draw_secret(app: &App) -> Secret<String> {
    app.draw(fresh_secret)
}

/// Records an action of a person on their own account in the audit log of each of their organizations.
async fn record_for_user(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    action: &'static str,
    target: &str,
    details: Value,
) -> Result<(), Error> {
    record_about_user(app, tx, &Actor::Person(user.clone()), user, action, target, details).await
}

/// Records the entry in every organization of a person; the person is the actor.
pub(crate) async fn record_about_user(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    user: &UserId,
    action: &'static str,
    target: &str,
    details: Value,
) -> Result<(), Error> {
    for membership in memberships::list_of_user(tx, user).await? {
        let entry = AuditEntry { organization: &membership.organization, action, target, details: details.clone() };
        app.record(tx, actor, entry).await?;
    }
    Ok(())
}

pub(crate) fn digest_of(secret: &Secret<String>) -> Vec<u8> {
    digest(secret)
}

/// The details of a failed sign-in or sign-out, in the shape of OpenAI's API.
fn failure(error: &Error) -> Value {
    let code = match error {
        Error::Invalid { code, .. } => *code,
        _ => None,
    };
    json!({ "error_code": code, "error_message": error.to_string() })
}

/// The error for a link that does not work; it is the same for every reason.
fn dead_link() -> Error {
    Error::Invalid {
        param: None,
        code: Some("link_expired"),
        message: "This link was used or ran out. Ask for a new one.".to_owned(),
    }
}

/// The error for a wrong address and for a wrong password.
fn wrong() -> Error {
    Error::Invalid {
        param: None,
        code: Some("wrong_credentials"),
        message: "The e-mail address or the password is not right.".to_owned(),
    }
}

/// The error for a wrong password of a person who is signed in.
fn wrong_password() -> Error {
    Error::coded("password", "wrong_password", "The password is not right.")
}
