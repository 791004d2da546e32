//! Accounts: how people come in and stay in. Nothing here tells a stranger whether an address is known.

mod mails;
mod password;
mod sessions;
mod sign_in;
mod sign_up;

use keystead_core::secret::Secret;
use rand::RngCore;
use sha2::{Digest, Sha256};

use crate::App;

pub use password::PasswordRefusal;
pub use sessions::{DeviceView, SessionView};
pub use sign_in::{Departed, SignedIn};

/// Where a person comes from, as far as sessions show it.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The address, for limits.
    pub origin: crate::verification::limits::Origin,
    /// What the browser says it is.
    pub user_agent: String,
    /// `en`, `pl` or `ja`, for mails.
    pub language: String,
}

/// 256 bits in characters that survive any address bar.
fn fresh_secret(rng: &mut (impl RngCore + ?Sized)) -> Secret<String> {
    let mut bytes = [0_u8; 32];
    rng.fill_bytes(&mut bytes);
    Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What stands in the store instead of a secret. It is random, so a plain hash is enough.
fn digest(secret: &Secret<String>) -> Vec<u8> {
    Sha256::digest(secret.expose()).to_vec()
}

impl App {
    pub(crate) fn fresh_secret(&self) -> Secret<String> {
        self.draw(fresh_secret)
    }
}

pub(crate) fn digest_of(secret: &Secret<String>) -> Vec<u8> {
    digest(secret)
}
