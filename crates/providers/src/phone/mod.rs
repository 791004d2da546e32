//! Text messages, codes and carrier look-ups.

pub mod sms_http;
pub mod twilio;

use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::SimCard;

use crate::{BoxFuture, Health, ProviderError};

/// A verification the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The service's id of it.
    pub reference: String,
    /// Whether sending again repeats the same code, so that its ten minutes are not restarted.
    pub resend_same_code: bool,
}

/// What the service says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The code is right.
    Ok,
    /// The code is wrong; the verification stays open.
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
    fn start<'a>(&'a self, e164: &'a str, locale: &'a str) -> BoxFuture<'a, Result<Started, ProviderError>>;
    /// Checks a code.
    fn check<'a>(&'a self, reference: &'a str, code: &'a str) -> BoxFuture<'a, Result<Check, ProviderError>>;
    /// Ends a verification; one that has already ended is no failure.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// How the last call went.
    fn health(&self) -> Health;
}

/// A service that carries text messages; Keystead makes and checks the code.
pub trait SmsSender: Send + Sync {
    /// Sends a text to an E.164 number and answers the service's id of the message.
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, ProviderError>>;
    /// How the last call went.
    fn health(&self) -> Health;
}

/// A carrier look-up.
pub trait LineLookup: Send + Sync {
    /// The kind of line behind an E.164 number.
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineKind, ProviderError>>;
    /// When the SIM card behind an E.164 number was put in. It costs extra, and not every carrier tells.
    fn sim_card<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<SimCard, ProviderError>>;
}
