//! Money of one currency: prices in whole micros, and amounts that keep every sum exact and are rounded only when they
//! are shown.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The currency of an installation: of every price, cost and limit.
pub const CURRENCY: &str = "USD";

/// A price in millionths of the currency's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

/// Picos in a micro.
const MICRO: i128 = 1_000_000;
/// Picos in the currency's unit.
const UNIT: i128 = 1_000_000 * MICRO;

/// An exact amount in picos, millionths of a micro. A price per million units times a number of units is a whole number
/// of picos, so no product and no sum has to be rounded. Arithmetic saturates and never wraps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

impl From<Micros> for Amount {
    fn from(micros: Micros) -> Self {
        Self::of_parts(micros.0, 0)
    }
}

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// The highest cost recorded for one request: a million of the currency's unit. An upstream that reports absurd
    /// figures cannot saturate a sum.
    pub const MOST_OF_ONE_REQUEST: Self = Self(1_000_000 * UNIT);

    /// Computes the exact price of `quantity` units at `per_million` for a million of them.
    #[must_use]
    pub fn for_quantity(quantity: i64, per_million: Micros) -> Self {
        Self(i128::from(quantity.max(0)) * i128::from(per_million.0.max(0)))
    }

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; negative when `other` is more.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// A whole number of cents, hundredths of the unit.
    #[must_use]
    pub const fn of_cents(cents: i64) -> Self {
        // Cannot overflow: 64 bits times ten thousand millions take 98 of 128.
        Self(cents as i128 * (UNIT / 100))
    }

    /// An equal part of it, rounded down to a whole pico.
    #[must_use]
    pub fn divided_by(self, parts: u32) -> Self {
        Self(self.0.div_euclid(i128::from(parts.max(1))))
    }

    /// Splits an amount into whole micros and the remaining picos, for stores with 64-bit integers. Both parts may be
    /// summed separately.
    #[must_use]
    pub fn parts(self) -> (i64, i64) {
        let micros = self.0.div_euclid(MICRO);
        match i64::try_from(micros) {
            // Less than a million, so it fits.
            Ok(micros) => (micros, i64::try_from(self.0.rem_euclid(MICRO)).unwrap_or_default()),
            Err(_) => (if micros < 0 { i64::MIN } else { i64::MAX }, 0),
        }
    }

    /// Builds an amount from micros and remaining picos.
    #[must_use]
    pub const fn of_parts(micros: i64, picos: i64) -> Self {
        // Neither can overflow: 64 bits times a million take 84 of 128.
        Self(micros as i128 * MICRO + picos as i128)
    }

    /// The amount in picos.
    #[must_use]
    pub const fn picos(self) -> i128 {
        self.0
    }

    /// Builds an amount from picos.
    #[must_use]
    pub const fn of_picos(picos: i128) -> Self {
        Self(picos)
    }

    /// Rounds to the nearest whole number of steps, with `per_unit` steps in the unit and half a step rounded up: 100
    /// gives cents.
    #[must_use]
    pub fn rounded_to(self, per_unit: u32) -> i64 {
        let step = UNIT / i128::from(per_unit.max(1));
        let steps = self.0.saturating_add(step / 2).div_euclid(step);
        i64::try_from(steps).unwrap_or(if steps < 0 { i64::MIN } else { i64::MAX })
    }

    /// Converts the amount to whole units as the nearest double-precision number, for JSON. `Display` writes every
    /// digit.
    #[must_use]
    pub fn as_units(self) -> f64 {
        // Parsing decimal text rounds once; dividing would round twice.
        self.to_string().parse().unwrap_or(f64::MAX)
    }
}

/// Writes units with every digit except trailing zeros: `0.0000032`, `12.5`, `3`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / UNIT.unsigned_abs(), self.0.unsigned_abs() % UNIT.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{rest:012}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits}"),
        }
    }
}

/// Writes whole micros as a number, any other amount as a list of micros and picos. Versions that rounded every request
/// to whole micros wrote a number, too.
impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.parts() {
            (micros, 0) => micros.serialize(serializer),
            parts => parts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AmountVisitor;
        impl<'de> Visitor<'de> for AmountVisitor {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("micros, or a list of micros and picos")
            }

            fn visit_i64<E: serde::de::Error>(self, micros: i64) -> Result<Amount, E> {
                Ok(Amount::of_parts(micros, 0))
            }

            fn visit_u64<E: serde::de::Error>(self, micros: u64) -> Result<Amount, E> {
                i64::try_from(micros).map(|micros| Amount::of_parts(micros, 0)).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Amount, A::Error> {
                let missing = || A::Error::custom("an amount has two parts");
                let micros = parts.next_element()?.ok_or_else(missing)?;
                let picos = parts.next_element()?.ok_or_else(missing)?;
                Ok(Amount::of_parts(micros, picos))
            }
        }
        deserializer.deserialize_any(AmountVisitor)
    }
}

#[cfg(test)]
mod tests;
