//! Admission: requests, tokens, spend and credit are reserved before a request goes upstream and settled after it.
//!
//! No limit exists yet, so every request is admitted; the phase and its guard stand where limits will.

use keystead_core::access::Payer;
use keystead_core::refusal::Wire;

/// What was set aside for one request; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Reservation(());

/// Sets aside what the request may use at worst.
pub(crate) const fn reserve(_payer: &Payer, _model: &str) -> Result<Reservation, Wire> {
    Ok(Reservation(()))
}
