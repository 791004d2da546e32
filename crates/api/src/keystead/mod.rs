//! `/v1/keystead`: what only Keystead has.

pub(crate) mod api_keys;
pub(crate) mod verification;
