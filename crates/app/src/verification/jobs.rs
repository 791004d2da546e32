//! The names of verification's jobs, as they stand in the outbox.

use serde_json::Value;

use crate::Error;

/// Look at a set-up because a delivery came.
pub(crate) const PAYMENT_LOOK: &str = "payment.look";
/// Look at a set-up because none came.
pub(crate) const PAYMENT_POLL: &str = "payment.poll";
/// Ask the service to end a set-up.
pub(crate) const PAYMENT_CANCEL: &str = "payment.cancel";
/// Ask the service to take a method off file.
pub(crate) const PAYMENT_DETACH: &str = "payment.detach";
/// Look at an attempt because a delivery came.
pub(crate) const IDENTITY_LOOK: &str = "identity.look";
/// Look at an attempt because none came.
pub(crate) const IDENTITY_POLL: &str = "identity.poll";
/// Ask the service to call an attempt off.
pub(crate) const IDENTITY_CANCEL: &str = "identity.cancel";
/// Ask the service to erase its copy, and ask again until it has.
pub(crate) const IDENTITY_REDACT: &str = "identity.redact";
/// Ask the service to end a phone verification.
pub(crate) const PHONE_CANCEL: &str = "phone.cancel";

/// Tell the owners what stands now.
pub(crate) const TELL_OWNERS: &str = "identity.tell_owners";
/// Tell reviewers that a case is about to lose its pictures.
pub(crate) const TELL_REVIEWERS: &str = "identity.tell_reviewers";
/// Mail a link to another device.
pub(crate) const MAIL_LINK: &str = "identity.mail_link";

/// Waits between polls when no delivery comes: 1, 2, 5, 10, 30 minutes, then hourly (verification.md 5.3).
#[must_use]
pub(crate) const fn poll_wait(tries: i64) -> i64 {
    match tries {
        0 => 60,
        1 => 120,
        2 => 300,
        3 => 600,
        4 => 1_800,
        _ => 3_600,
    }
}

/// A text field of a payload.
pub(crate) fn field<'p>(payload: &'p Value, name: &str) -> Result<&'p str, Error> {
    payload.get(name).and_then(Value::as_str).ok_or_else(|| Error::Internal(format!("a job without {name}")))
}
