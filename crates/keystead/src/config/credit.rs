//! `[credit]`: how organizations pay.

use keystead_core::ledger::BillingMode;
use keystead_core::purchase::bounds::{LEAST_CHARGE, MOST_CHARGE, PurchaseBounds};
use serde::Deserialize;

use super::ConfigError;

/// The shortest and the longest life of bought credit, in days.
const DAYS: std::ops::RangeInclusive<i64> = 1..=3_650;

/// `[credit]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CreditSection {
    /// How organizations pay, unless an operator chose something else for one.
    mode: String,
    /// Days after which bought credit expires.
    purchases_expire_after_days: Option<i64>,
    /// The least of one purchase, in cents.
    least_purchase: i64,
    /// The most of one purchase, in cents.
    most_purchase: i64,
    /// The most that an organization may buy in 24 hours, in cents.
    most_day: i64,
    /// The same for an organization that first paid less than a week ago, in cents.
    most_day_new: i64,
    /// The most that an organization that first paid less than 60 days ago may buy automatically in a calendar month, in
    /// cents.
    most_recharge_month_new: i64,
}

/// The checked section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) mode: BillingMode,
    pub(crate) purchased_days: Option<i64>,
    pub(crate) purchases: PurchaseBounds,
}

impl Default for CreditSection {
    fn default() -> Self {
        let PurchaseBounds { least, most, most_day, most_day_new, most_recharge_month_new } = PurchaseBounds::default();
        Self {
            mode: BillingMode::None.as_str().to_owned(),
            purchases_expire_after_days: None,
            least_purchase: least,
            most_purchase: most,
            most_day,
            most_day_new,
            most_recharge_month_new,
        }
    }
}

impl CreditSection {
    pub(super) fn validate(&self) -> Result<Credit, ConfigError> {
        let mode = self.mode.as_str();
        let known = || {
            let names = BillingMode::ALL.map(|mode| format!("{:?}", mode.as_str())).join(", ");
            ConfigError::Value(format!("credit.mode: {mode:?} is not one of {names}"))
        };
        let mode = BillingMode::from_name(mode).ok_or_else(known)?;
        if self.purchases_expire_after_days.is_some_and(|days| !DAYS.contains(&days)) {
            let (least, most) = (DAYS.start(), DAYS.end());
            let message = format!("credit.purchases_expire_after_days must be between {least} and {most}");
            return Err(ConfigError::Value(message));
        }
        Ok(Credit { mode, purchased_days: self.purchases_expire_after_days, purchases: self.bounds()? })
    }

    fn bounds(&self) -> Result<PurchaseBounds, ConfigError> {
        let bounds = PurchaseBounds {
            least: self.least_purchase,
            most: self.most_purchase,
            most_day: self.most_day,
            most_day_new: self.most_day_new,
            most_recharge_month_new: self.most_recharge_month_new,
        };
        let PurchaseBounds { least, most, most_day, most_day_new, most_recharge_month_new } = bounds;
        if !(LEAST_CHARGE..=MOST_CHARGE).contains(&least) || !(least..=MOST_CHARGE).contains(&most) {
            let message = format!(
                "credit.least_purchase and credit.most_purchase are cents from {LEAST_CHARGE} to {MOST_CHARGE}, \
                 and the least is not above the most"
            );
            return Err(ConfigError::Value(message));
        }
        if most_day < least || most_day_new < least {
            let message = "credit.most_day and credit.most_day_new must allow the least purchase".to_owned();
            return Err(ConfigError::Value(message));
        }
        // Zero lets new organizations buy nothing automatically.
        if most_recharge_month_new < 0 {
            return Err(ConfigError::Value("credit.most_recharge_month_new must not be negative".to_owned()));
        }
        Ok(bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_modes_and_possible_days_are_accepted() {
        let purchases = PurchaseBounds::default();
        let read = |text: &str| toml::from_str::<CreditSection>(text).unwrap().validate();
        assert_eq!(read(""), Ok(Credit { mode: BillingMode::None, purchased_days: None, purchases }));
        let prepaid = read("mode = \"prepaid\"\npurchases_expire_after_days = 365");
        assert_eq!(prepaid, Ok(Credit { mode: BillingMode::Prepaid, purchased_days: Some(365), purchases }));
        let own = "least_purchase = 100\nmost_purchase = 200\nmost_day = 300\nmost_day_new = 150\n\
                   most_recharge_month_new = 0";
        let bounds =
            PurchaseBounds { least: 100, most: 200, most_day: 300, most_day_new: 150, most_recharge_month_new: 0 };
        assert_eq!(read(own).unwrap().purchases, bounds);
        let negative = "most_recharge_month_new = -1";
        for bad in ["least_purchase = 49", "most_purchase = 499", "most_day = 1", "most_day_new = 499", negative] {
            assert!(read(bad).is_err(), "{bad}");
        }
        for bad in ["mode = \"Prepaid\"", "mode = \"\"", "purchases_expire_after_days = 0"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(toml::from_str::<CreditSection>("currency = \"EUR\"").is_err());
    }
}
