//! API keys of every kind: making, changing, rotating and revoking them.

pub(crate) mod admin_keys;
mod by_operator;
pub(crate) mod find;
pub(crate) mod grants;
mod leaked;
pub(crate) mod minting;
mod overview;
mod playground;
pub(crate) mod project_keys;
pub(crate) mod revoke;
mod rotation;
pub(crate) mod self_service;
mod status;
mod unencrypted;
mod user_keys;

pub use by_operator::KeyReach;
pub use find::{KeyQuestion, KeysFound};
pub use keystead_store::tables::api_keys::KeyCounts;
pub use keystead_store::tables::key_addresses::KeyAddress;
pub use keystead_store::tables::usage::MinuteOfKey;
pub use leaked::LeakedKey;
pub use minting::{MintedKey, NewKey};
pub use overview::{IssuedBy, KeyOverview, ModelOfKey};
pub use project_keys::{KeyChange, OwnerAccess};
pub use rotation::RotatedKey;
pub use status::KeyState;
