//! Every client against a vendor that records requests and answers what the test says, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod clouds;
mod deliveries;
mod hostile;
mod hostile_phone;
mod keys;
mod mail;
mod oidc;
mod outages;
mod outgoing_webhooks;
mod persona;
mod sms_http;
mod stripe;
mod stripe_purchases;
mod token_headers;
mod twilio;
mod vendor;
mod workload;

use keystead_core::secret::Secret;

/// A Saturday in November 2026.
const NOW: i64 = 1_795_240_000;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}
