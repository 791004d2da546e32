//! What tokens are for, how long they work, and the links that carry them.

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
