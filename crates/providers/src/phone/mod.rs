//! Text messages, codes and carrier look-ups (verification.md 2).

pub mod sms_http;
pub mod twilio;

use keystead_core::time::Timestamp;

use crate::{BoxFuture, Failure};

/// The kind of line behind a number, as carriers say (verification.md 2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineType {
    /// A mobile line.
    Mobile,
    /// A fixed line.
    Landline,
    /// Voice over IP at a fixed address.
    FixedVoip,
    /// Voice over IP without an address.
    NonFixedVoip,
    /// A personal number.
    Personal,
    /// Free to call.
    TollFree,
    /// Costs extra.
    Premium,
    /// Cost shared with the caller.
    SharedCost,
    /// A company-wide number.
    Uan,
    /// A mailbox.
    Voicemail,
    /// A pager.
    Pager,
    /// The carrier does not say.
    Unknown,
}

/// A verification the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The service's id of it.
    pub reference: String,
    /// Whether sending again repeats the same code, so that its ten minutes go on.
    pub resend_same_code: bool,
}

/// What the service says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The code is right.
    Ok,
    /// The code is wrong; the verification goes on.
    Wrong,
    /// The verification ran out.
    Expired,
    /// Too many tries or sends.
    TooMany,
    /// The service knows of no such verification: begin again.
    Unknown,
}

/// A service that makes, sends and checks codes itself, such as Twilio Verify.
pub trait PhoneVerifier: Send + Sync {
    /// Sends a code to an E.164 number; again for a resend. `locale` is `en`, `pl` or `ja`.
    fn start<'a>(&'a self, e164: &'a str, locale: &'a str) -> BoxFuture<'a, Result<Started, Failure>>;
    /// Checks a code.
    fn check<'a>(&'a self, reference: &'a str, code: &'a str) -> BoxFuture<'a, Result<Check, Failure>>;
    /// Ends a verification; one that has already ended is no failure.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>>;
}

/// A service that carries text messages; Keystead makes and checks the code.
pub trait SmsSender: Send + Sync {
    /// Sends a text to an E.164 number and answers the service's id of the message.
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, Failure>>;
}

/// A carrier look-up.
pub trait LineLookup: Send + Sync {
    /// The kind of line behind an E.164 number.
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineType, Failure>>;
}

/// When a verification's code runs out, if the service decides it: ten minutes after sending (verification.md 2.1).
pub const CODE_LIFE_SECONDS: i64 = 600;

/// When a code sent at this moment runs out.
#[must_use]
pub const fn code_expires_at(sent: Timestamp) -> Timestamp {
    sent.plus(CODE_LIFE_SECONDS)
}
