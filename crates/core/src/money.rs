//! Money of one currency: prices in whole micros, and amounts that keep every sum exact and are rounded only when they
//! are shown.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
        struct Read;
        impl<'de> Visitor<'de> for Read {
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
        deserializer.deserialize_any(Read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forty_small_requests_cost_what_they_cost() {
        let one = Amount::for_quantity(4, Micros(20_000));
        let all = (0..40).fold(Amount::ZERO, |sum, _| sum.plus(one));
        assert_eq!(all, Amount::for_quantity(160, Micros(20_000)));
        assert_eq!((all.to_string().as_str(), all.as_units()), ("0.0000032", 0.000_003_2));
        assert_eq!(all.rounded_to(1_000_000), 3);
    }

    #[test]
    fn absurd_figures_saturate() {
        let most = Amount::for_quantity(i64::MAX, Micros(i64::MAX));
        assert_eq!(most.parts().0, i64::MAX);
        assert_eq!(most.plus(most).plus(most).plus(most).parts(), (i64::MAX, 0));
        assert!(most.as_units().is_finite());
        assert_eq!(Amount::for_quantity(-5, Micros(1)), Amount::ZERO);
        assert_eq!(Amount::for_quantity(5, Micros(-1)), Amount::ZERO);
    }

    #[test]
    fn spools_of_versions_that_rounded_are_read() {
        assert_eq!(serde_json::from_str::<Amount>("7").unwrap(), Micros(7).into());
        assert_eq!(serde_json::to_string(&Amount::from(Micros(7))).unwrap(), "7");
        assert_eq!(serde_json::to_string(&Amount::for_quantity(4, Micros(20_000))).unwrap(), "[0,80000]");
        for broken in ["[1]", "[]", "\"7\"", "1.5", "18446744073709551615"] {
            assert!(serde_json::from_str::<Amount>(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn the_sum_of_the_parts_is_the_whole_in_any_order(
            quantities in proptest::collection::vec(0..=1_000_000_000_i64, 0..60),
            price in 0..=1_000_000_000_000_i64,
            turn in 0..60_usize,
        ) {
            let price = Micros(price);
            let sum = |quantities: &[i64]| {
                quantities.iter().fold(Amount::ZERO, |sum, one| sum.plus(Amount::for_quantity(*one, price)))
            };
            let whole = Amount::for_quantity(quantities.iter().sum(), price);
            prop_assert_eq!(sum(&quantities), whole);
            let mut turned = quantities.clone();
            turned.rotate_left(turn.min(quantities.len()));
            turned.reverse();
            prop_assert_eq!(sum(&turned), whole);
            // The columns of micros and picos are summed separately.
            let (micros, picos) = quantities.iter().fold((0, 0), |(micros, picos), one| {
                let parts = Amount::for_quantity(*one, price).parts();
                (micros + parts.0, picos + parts.1)
            });
            prop_assert_eq!(Amount::of_parts(micros, picos), whole);
        }

        #[test]
        fn every_amount_is_written_and_read_back(picos in -(1_i128 << 100)..(1_i128 << 100)) {
            let amount = Amount(picos);
            if amount.parts().0.unsigned_abs() < i64::MAX as u64 {
                let text = serde_json::to_string(&amount).unwrap();
                prop_assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), amount);
                let (micros, rest) = amount.parts();
                prop_assert_eq!(Amount::of_parts(micros, rest), amount);
            }
            let text = amount.to_string();
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let digits: i128 = format!("{whole}{fraction:0<12}").parse().unwrap();
            prop_assert_eq!(digits, picos);
        }
    }
}
