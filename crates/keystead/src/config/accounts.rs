//! `[accounts]`: settings for the accounts of people.

use serde::Deserialize;

use super::ConfigError;

/// The longest waiting time, in days.
const LONGEST_WAIT: i64 = 90;

/// `[accounts]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AccountsSection {
    /// Days from the request to delete an account until it is deleted.
    pub(crate) deletion_days: i64,
}

impl Default for AccountsSection {
    fn default() -> Self {
        Self { deletion_days: 14 }
    }
}

impl AccountsSection {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if (1..=LONGEST_WAIT).contains(&self.deletion_days) {
            return Ok(());
        }
        Err(ConfigError::Value(format!("accounts.deletion_days must be between 1 and {LONGEST_WAIT}")))
    }
}
