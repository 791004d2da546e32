//! How long content of requests may be kept, as owners note it for their organization and its projects. Keystead itself
//! keeps no content.

/// A setting of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataRetention {
    /// No exception from what the model server keeps.
    None,
    /// Nothing is kept.
    Zero,
    /// Content is kept to find abuse, changed.
    ModifiedAbuseMonitoring,
    /// Nothing is kept, with more checks.
    EnhancedZero,
    /// Content is kept to find abuse, changed, with more checks.
    EnhancedModifiedAbuseMonitoring,
}

impl DataRetention {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Zero,
        Self::ModifiedAbuseMonitoring,
        Self::EnhancedZero,
        Self::EnhancedModifiedAbuseMonitoring,
    ];

    /// What an organization has that chose nothing: Keystead keeps no content.
    pub const OF_ORGANIZATIONS: Self = Self::Zero;

    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zero => "zero_data_retention",
            Self::ModifiedAbuseMonitoring => "modified_abuse_monitoring",
            Self::EnhancedZero => "enhanced_zero_data_retention",
            Self::EnhancedModifiedAbuseMonitoring => "enhanced_modified_abuse_monitoring",
        }
    }

    /// Returns the setting of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_name() {
        for setting in DataRetention::ALL {
            assert_eq!(DataRetention::from_name(setting.as_str()), Some(setting));
        }
        assert_eq!(DataRetention::from_name("organization_default"), None);
    }
}
