//! Settings of the account: who it is, its emails, its phone, its security.

pub(crate) mod deletion;
pub(crate) mod notifications;
pub(crate) mod overview;
pub(crate) mod phone;
pub(crate) mod security;
pub(crate) mod waiver;
