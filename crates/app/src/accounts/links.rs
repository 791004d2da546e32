//! Purposes and lifetimes of links in mails.

/// Seconds a link to reset a password works.
pub(crate) const RESET_LIFE: i64 = 3_600;

pub(crate) const RESET: &str = "reset_password";

/// Seconds a link to confirm an address works.
pub(crate) const CONFIRM_LIFE: i64 = 86_400;

pub(crate) const CONFIRM: &str = "confirm_email";
