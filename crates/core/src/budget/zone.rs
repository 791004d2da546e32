//! The time zone by which the periods of a budget begin.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;

/// A time zone with its name in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetZone(TimeZone);

/// The error for text that names no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a time zone, such as Europe/Warsaw")]
pub struct UnknownZone;

impl BudgetZone {
    /// UTC, in which spend limits of the Administration API count.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The rules of the time zone.
    #[must_use]
    pub const fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for BudgetZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for BudgetZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl FromStr for BudgetZone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        if name == "UTC" {
            return Ok(Self::UTC);
        }
        let zone = TimeZone::get(name).map_err(|_| UnknownZone)?;
        // A zone without a name could not be written down.
        if zone.iana_name().is_some() { Ok(Self(zone)) } else { Err(UnknownZone) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_they_are_written() {
        for name in ["UTC", "Europe/Warsaw", "Asia/Tokyo", "Asia/Kathmandu", "America/Sao_Paulo"] {
            assert_eq!(name.parse::<BudgetZone>().unwrap().to_string(), name);
        }
        for wrong in ["", "Mars/Olympus", "local", "+02:00"] {
            assert_eq!(wrong.parse::<BudgetZone>(), Err(UnknownZone), "{wrong}");
        }
    }
}
