//! Text messages, codes and carrier look-ups.

pub mod sms_http;
pub mod twilio;

use keystead_core::verification::number::LineKind;
use keystead_core::verification::signals::SimCard;

use crate::{BoxFuture, Health, ProviderError};

/// A verification the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The service's id for it.
    pub reference: String,
    /// Whether sending again repeats the same code, so that its ten minutes are not restarted.
    pub resend_same_code: bool,
}

/// The service's result for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The code is right.
    Ok,
    /// The code is wrong; the verification stays open.
    Wrong,
    /// The verification has expired.
    Expired,
    /// Too many checks or sends.
    TooMany,
    /// The service does not know this verification: begin again.
    Unknown,
}

/// A service that makes, sends and checks codes itself, such as Twilio Verify.
pub trait PhoneVerifier: Send + Sync {
    /// Sends a code to an E.164 number; again for a resend. `locale` is `en`, `pl` or `ja`.
    fn start<'a>(&'a self, e164: &'a str, locale: &'a str) -> BoxFuture<'a, Result<Started, ProviderError>>;
    /// Checks a code.
    fn check<'a>(&'a self, reference: &'a str, code: &'a str) -> BoxFuture<'a, Result<Check, ProviderError>>;
    /// Ends a verification; one that has already ended is not an error.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// The outcome of the last call.
    fn health(&self) -> Health;
}

/// A service that sends text messages; Keystead makes and checks the code.
pub trait SmsSender: Send + Sync {
    /// Sends a text to an E.164 number and returns the service's id of the message.
    fn send<'a>(&'a self, e164: &'a str, text: &'a str) -> BoxFuture<'a, Result<String, ProviderError>>;
    /// The outcome of the last call.
    fn health(&self) -> Health;
}

/// A carrier look-up.
pub trait LineLookup: Send + Sync {
    /// Looks up the line type of an E.164 number.
    fn lookup<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<LineKind, ProviderError>>;
    /// Looks up when the SIM card of an E.164 number was changed. It costs extra, and not every carrier reports it.
    fn sim_card<'a>(&'a self, e164: &'a str) -> BoxFuture<'a, Result<SimCard, ProviderError>>;
}
