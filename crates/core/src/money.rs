//! Money as whole micros of one currency; the edge converts (architecture decision 8).

use serde::{Deserialize, Serialize};

/// An amount in millionths of the ledger's currency unit. Arithmetic saturates and never wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// The price of `quantity` units at `per_million` micros for a million of them, rounded up so that usage is never free by rounding.
    #[must_use]
    pub fn for_quantity(quantity: i64, per_million: Self) -> Self {
        let exact = i128::from(quantity.max(0)) * i128::from(per_million.0.max(0));
        let rounded = (exact + 999_999) / 1_000_000;
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }

    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount in whole currency units, for the `costs` endpoint, which speaks a JSON number (contract 1.5).
    #[must_use]
    pub fn as_units(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_round_up_and_never_overflow() {
        assert_eq!(Micros::for_quantity(1, Micros(2_500_000)), Micros(3));
        assert_eq!(Micros::for_quantity(1_000_000, Micros(2_500_000)), Micros(2_500_000));
        assert_eq!(Micros::for_quantity(i64::MAX, Micros(i64::MAX)), Micros(i64::MAX));
        assert_eq!(Micros::for_quantity(-5, Micros(1)), Micros(0));
    }
}
