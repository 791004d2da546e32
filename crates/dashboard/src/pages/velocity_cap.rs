//! The fields of a velocity cap in a form.

use keystead_core::anomaly::{CapPeriod, VelocityCap, WrongCap};
use keystead_core::budget::cents;
use keystead_locales::LocalFormat;

use crate::web::form::Form;

/// The fields as they are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct CapFields {
    pub(crate) per_hour: bool,
    /// Empty without a limit of requests.
    pub(crate) requests: String,
    /// Empty without a limit of money.
    pub(crate) amount: String,
    /// The id of the field at fault, and what is wrong.
    pub(crate) wrong: Option<(&'static str, String)>,
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
            wrong: None,
        }
    }

    /// Whether this field is at fault.
    pub(crate) fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|(wrong, _)| *wrong == field)
    }

    /// The fields as they were sent.
    pub(crate) fn sent(form: &Form) -> Self {
        Self {
            per_hour: form.field("period") == CapPeriod::Hour.as_str(),
            requests: form.field("requests").to_owned(),
            amount: form.field("amount").to_owned(),
            wrong: None,
        }
    }

    /// Reads a cap; `None` when both figures are empty. The id of the field at fault and what is wrong otherwise.
    pub(crate) fn cap(&self, format: &LocalFormat) -> Result<Option<VelocityCap>, (&'static str, String)> {
        let t = format.messages;
        let requests = match self.requests.as_str() {
            "" => None,
            typed => Some(typed.parse::<i64>().map_err(|_| (REQUESTS, t.text("cap-wrong-requests")))?),
        };
        let amount = match self.amount.as_str() {
            "" => None,
            typed => Some(cents(typed, t.0, 1).map_err(|_| (AMOUNT, t.text("cap-wrong-amount")))?),
        };
        if requests.is_none() && amount.is_none() {
            return Ok(None);
        }
        let period = if self.per_hour { CapPeriod::Hour } else { CapPeriod::Minute };
        let cap = VelocityCap { period, requests, cents: amount };
        cap.checked().map(Some).map_err(|wrong| match wrong {
            WrongCap::Cents => (AMOUNT, t.text("cap-wrong-bounds")),
            WrongCap::Requests | WrongCap::Empty => (REQUESTS, t.text("cap-wrong-bounds")),
        })
    }
}
