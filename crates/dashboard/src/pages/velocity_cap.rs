//! The fields of a velocity cap in a form.

use keystead_core::anomaly::{CapPeriod, MOST_CAP_CENTS, VelocityCap, WrongCap};
use keystead_core::money::Amount;
use keystead_locales::LocalFormat;

use crate::pages::spend::cents;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;
use crate::web::whole_number::whole_number;

/// The fields as they are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct CapFields {
    pub(crate) per_hour: bool,
    /// Empty without a limit of requests.
    pub(crate) requests: String,
    /// Empty without a limit of money.
    pub(crate) amount: String,
    pub(crate) wrong: FieldFault,
}

/// The ids of the fields on the page.
pub(crate) const REQUESTS: &str = "cap-requests";
const AMOUNT: &str = "cap-amount";

impl CapFields {
    /// The fields of a cap, or empty ones.
    pub(crate) fn of(cap: Option<VelocityCap>, format: &LocalFormat) -> Self {
        let Some(cap) = cap else { return Self::default() };
        Self {
            per_hour: cap.period == CapPeriod::Hour,
            requests: cap.requests.map(|requests| requests.to_string()).unwrap_or_default(),
            amount: cap.cents.map(|cents| format.decimal(cents, 2)).unwrap_or_default(),
            wrong: FieldFault::default(),
        }
    }

    /// The fields as they were sent.
    pub(crate) fn sent(form: &Form) -> Self {
        Self {
            per_hour: form.field("period") == CapPeriod::Hour.as_str(),
            requests: form.field("requests").to_owned(),
            amount: form.field("amount").to_owned(),
            wrong: FieldFault::default(),
        }
    }

    /// Reads a cap; `None` when both figures are empty.
    pub(crate) fn cap(&self, format: &LocalFormat) -> Result<Option<VelocityCap>, FieldFault> {
        let t = format.messages;
        let requests = match self.requests.as_str() {
            "" => None,
            typed => {
                let wrong = || FieldFault::new(REQUESTS, t.text("cap-wrong-requests"));
                Some(whole_number(typed).ok_or_else(wrong)?)
            }
        };
        let amount = match self.amount.as_str() {
            "" => None,
            typed => Some(cents(format, typed, 1).map_err(|why| FieldFault::new(AMOUNT, why))?),
        };
        if requests.is_none() && amount.is_none() {
            return Ok(None);
        }
        let period = if self.per_hour { CapPeriod::Hour } else { CapPeriod::Minute };
        let cap = VelocityCap { period, requests, cents: amount };
        cap.checked().map(Some).map_err(|wrong| match wrong {
            WrongCap::Cents => {
                let most = format.money(&Amount::of_cents(MOST_CAP_CENTS));
                FieldFault::new(AMOUNT, t.text_with("spend-wrong-high", "most", most))
            }
            WrongCap::Requests | WrongCap::Empty => FieldFault::new(REQUESTS, t.text("cap-wrong-bounds")),
        })
    }
}
