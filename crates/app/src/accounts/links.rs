//! What links in mails are for, and how long they work.

/// How long a reset works.
pub(crate) const RESET_LIFE: i64 = 3_600;

pub(crate) const RESET: &str = "reset_password";

/// How long a confirmation works.
pub(crate) const CONFIRM_LIFE: i64 = 86_400;

pub(crate) const CONFIRM: &str = "confirm_email";
