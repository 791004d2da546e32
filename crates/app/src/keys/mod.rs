//! API keys of every kind: making, changing, rotating and revoking them.

mod admin_keys;
pub(crate) mod grants;
pub(crate) mod minting;
pub(crate) mod project_keys;
pub(crate) mod revoke;
mod rotation;
pub(crate) mod self_service;
mod status;
mod unencrypted;
mod user_keys;

pub use minting::{MintedKey, NewKey};
pub use project_keys::{KeyChange, OwnerAccess};
pub use rotation::RotatedKey;
pub use status::KeyState;
