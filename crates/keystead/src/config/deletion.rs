//! `[accounts]` and `[organizations]`: how long people can cancel a deletion.

use serde::Deserialize;

use super::ConfigError;

/// The longest waiting time, in days.
const LONGEST_WAIT: i64 = 90;

/// `[accounts]` or `[organizations]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeletionSection {
    /// Days from the request to delete an account or an organization until it is deleted.
    pub(crate) deletion_days: i64,
}

impl Default for DeletionSection {
    fn default() -> Self {
        Self { deletion_days: 14 }
    }
}

impl DeletionSection {
    /// Checks the section of this name.
    pub(super) fn validate(&self, section: &str) -> Result<(), ConfigError> {
        if (1..=LONGEST_WAIT).contains(&self.deletion_days) {
            return Ok(());
        }
        Err(ConfigError::Value(format!("{section}.deletion_days must be between 1 and {LONGEST_WAIT}")))
    }
}
