//! Settings of the account: who it is, its phone, its security.

pub(crate) mod overview;
pub(crate) mod phone;
pub(crate) mod security;
pub(crate) mod waiver;
