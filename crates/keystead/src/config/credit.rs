//! `[credit]`: how organizations pay.

use keystead_core::ledger::BillingMode;
use serde::Deserialize;

use super::ConfigError;

/// The shortest and the longest life of bought credit, in days.
const DAYS: std::ops::RangeInclusive<i64> = 1..=3_650;

/// `[credit]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CreditSection {
    /// How organizations pay, unless an operator chose something else for one.
    mode: Option<String>,
    /// Days after which bought credit expires.
    purchases_expire_after_days: Option<i64>,
}

/// The checked section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credit {
    pub(crate) mode: BillingMode,
    pub(crate) purchased_days: Option<i64>,
}

impl CreditSection {
    pub(super) fn validate(&self) -> Result<Credit, ConfigError> {
        let mode = self.mode.as_deref().unwrap_or(BillingMode::None.as_str());
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
        Ok(Credit { mode, purchased_days: self.purchases_expire_after_days })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_modes_and_possible_days_are_accepted() {
        let read = |text: &str| toml::from_str::<CreditSection>(text).unwrap().validate();
        assert_eq!(read(""), Ok(Credit { mode: BillingMode::None, purchased_days: None }));
        let prepaid = read("mode = \"prepaid\"\npurchases_expire_after_days = 365");
        assert_eq!(prepaid, Ok(Credit { mode: BillingMode::Prepaid, purchased_days: Some(365) }));
        for bad in ["mode = \"Prepaid\"", "mode = \"\"", "purchases_expire_after_days = 0"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(toml::from_str::<CreditSection>("currency = \"EUR\"").is_err());
    }
}
