//! Prices as people and files write them: units of the currency for a million, exact to a micro.

use serde_json::Value;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::money::Micros;

/// The highest price: a thousand million for a million units, a thousand for one.
pub const HIGHEST: Micros = Micros(1_000_000_000_000_000);

/// Digits after the point of a price for a million units.
const DIGITS: usize = 6;

/// Why a text is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceFault {
    /// There is nothing.
    Empty,
    /// It is not a number.
    NotANumber,
    /// It is negative.
    Negative,
    /// It names another currency than that of the installation.
    Currency,
    /// It has more than six digits after the point.
    TooManyDigits,
    /// It is more than [`HIGHEST`].
    TooHigh,
    /// Prices of images are not by quality and size, are too many, or have a key twice.
    Images,
}

impl PriceFault {
    /// Every fault.
    pub const ALL: [Self; 7] = [
        Self::Empty,
        Self::NotANumber,
        Self::Negative,
        Self::Currency,
        Self::TooManyDigits,
        Self::TooHigh,
        Self::Images,
    ];

    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "price_empty",
            Self::NotANumber => "price_not_a_number",
            Self::Negative => "price_negative",
            Self::Currency => "price_currency",
            Self::TooManyDigits => "price_too_many_digits",
            Self::TooHigh => "price_too_high",
            Self::Images => "price_images",
        }
    }

    /// What is wrong, for developers.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "a price is missing",
            Self::NotANumber => "a price is a number such as 2.50, in USD for a million units",
            Self::Negative => "a price cannot be negative",
            Self::Currency => "prices are in USD, the currency of this installation",
            Self::TooManyDigits => "a price for a million units has at most six digits after the point",
            Self::TooHigh => "a price for a million units is at most 1000000000",
            Self::Images => {
                "prices of images are by quality and size, such as hd/1024x1792, 1024x1024 or hd, each once and at most \
                 32"
            }
        }
    }
}

/// Parses a price for a million units. The name of the currency may surround it.
///
/// # Errors
/// When it is no price from zero to [`HIGHEST`].
pub fn micros(typed: &str) -> Result<Micros, PriceFault> {
    let plain = without_dollars(typed);
    if plain.is_empty() {
        return Err(PriceFault::Empty);
    }
    let (negative, plain) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, without_dollars(rest)),
        None => (false, plain),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(not_a_figure(plain));
    }
    if negative {
        return Err(PriceFault::Negative);
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if fraction.len() > DIGITS {
        return Err(PriceFault::TooManyDigits);
    }
    // Ten digits are the highest price.
    if whole.len() > 10 {
        return Err(PriceFault::TooHigh);
    }
    let micros: i64 = format!("0{whole}{fraction:0<DIGITS$}").parse().map_err(|_| PriceFault::NotANumber)?;
    if micros > HIGHEST.0 { Err(PriceFault::TooHigh) } else { Ok(Micros(micros)) }
}

/// Parses a price in JSON: a number or a text.
///
/// # Errors
/// When it is no price from zero to [`HIGHEST`].
pub fn micros_of_json(value: &Value) -> Result<Micros, PriceFault> {
    match value {
        Value::String(text) => micros(text),
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or(Err(PriceFault::NotANumber), micros_of_float)
        }
        Value::Number(number) => micros(&number.to_string()),
        Value::Null => Err(PriceFault::Empty),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(PriceFault::NotANumber),
    }
}

/// Parses a price in TOML: a number or a text.
pub(super) fn micros_of_toml(value: &toml::Value) -> Result<Micros, PriceFault> {
    match value {
        toml::Value::String(text) => micros(text),
        toml::Value::Integer(number) => micros(&number.to_string()),
        toml::Value::Float(number) => micros_of_float(*number),
        _ => Err(PriceFault::NotANumber),
    }
}

/// The decimal number that people wrote: the shortest that is read as this one.
fn micros_of_float(number: f64) -> Result<Micros, PriceFault> {
    if number.is_finite() { micros(&number.to_string()) } else { Err(PriceFault::NotANumber) }
}

/// Converts a price for one unit.
pub(super) fn micros_of_unit(number: f64) -> Result<Micros, PriceFault> {
    if !number.is_finite() {
        return Err(PriceFault::NotANumber);
    }
    // Fifteen significant digits: files contain results of calculations, such as 0.000000150000000000000002.
    let rounded: f64 = format!("{number:.14e}").parse().map_err(|_| PriceFault::NotANumber)?;
    let text = rounded.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (million, rest) = fraction.split_at(fraction.len().min(6));
    micros(&format!("{whole}{million:0<6}.{rest}"))
}

/// The text without the name or the sign of the dollar before or after it.
fn without_dollars(text: &str) -> &str {
    const SIGNS: [&str; 3] = ["USD", "US$", "$"];
    let text = text.trim();
    let before = |sign: &&str| text.split_at_checked(sign.len()).filter(|(start, _)| start.eq_ignore_ascii_case(sign));
    let after = |sign: &&str| {
        let place = text.len().checked_sub(sign.len())?;
        text.split_at_checked(place).filter(|(_, end)| end.eq_ignore_ascii_case(sign))
    };
    let rest = |sign: &str| before(&sign).map(|(_, rest)| rest).or_else(|| after(&sign).map(|(rest, _)| rest));
    SIGNS.into_iter().find_map(rest).unwrap_or(text).trim()
}

/// Digits with the sign of a currency, or with a short word before or after them, name another currency.
fn not_a_figure(plain: &str) -> PriceFault {
    let is_sign = |c: char| c.general_category() == GeneralCategory::CurrencySymbol;
    let word = plain.trim_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '\u{a0}'));
    let is_word = (1..=3).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
    let is_one_side = plain.starts_with(word) != plain.ends_with(word);
    let digits = plain.chars().any(|c| c.is_ascii_digit());
    if digits && (plain.chars().any(is_sign) || is_word && is_one_side) {
        PriceFault::Currency
    } else {
        PriceFault::NotANumber
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::money::Amount;

    #[test]
    fn prices_as_people_write_them() {
        for (typed, expected) in [
            ("2.50", 2_500_000),
            (" 2.5 ", 2_500_000),
            ("0", 0),
            ("0.000001", 1),
            ("0.0000010000", 1),
            (".5", 500_000),
            ("3.", 3_000_000),
            ("007", 7_000_000),
            ("$2.50", 2_500_000),
            ("2.50 USD", 2_500_000),
            ("usd 2.50", 2_500_000),
            ("US$2", 2_000_000),
            ("1000000000", HIGHEST.0),
        ] {
            assert_eq!(micros(typed), Ok(Micros(expected)), "{typed:?}");
        }
    }

    #[test]
    fn everything_else_says_what_is_wrong() {
        use PriceFault::{Currency, Empty, Negative, NotANumber, TooHigh, TooManyDigits};
        for (typed, expected) in [
            ("", Empty),
            ("  ", Empty),
            ("$", Empty),
            ("-1", Negative),
            ("-0", Negative),
            ("−2.5", Negative),
            ("$-5", Negative),
            ("-$5", Negative),
            ("0.0000001", TooManyDigits),
            ("2.1234567", TooManyDigits),
            ("1000000000.000001", TooHigh),
            ("99999999999999999999999999", TooHigh),
            ("2.50 EUR", Currency),
            ("€2.50", Currency),
            ("¥300", Currency),
            ("12 zł", Currency),
            ("free", NotANumber),
            ("1e5", NotANumber),
            ("0x10", NotANumber),
            ("NaN", NotANumber),
            ("1,5", NotANumber),
            ("1.2.3", NotANumber),
            (".", NotANumber),
            ("--1", NotANumber),
            ("+1", NotANumber),
            ("٥", NotANumber),
        ] {
            assert_eq!(micros(typed), Err(expected), "{typed:?}");
        }
    }

    #[test]
    fn prices_in_json() {
        use PriceFault::{Empty, Negative, NotANumber, TooHigh, TooManyDigits};
        for (value, expected) in [
            (json!(2.5), Ok(Micros(2_500_000))),
            (json!(3), Ok(Micros(3_000_000))),
            (json!("2.50"), Ok(Micros(2_500_000))),
            (json!(0.000_001), Ok(Micros(1))),
            (json!(0.000_000_1), Err(TooManyDigits)),
            (json!(-1), Err(Negative)),
            (json!(-0.5), Err(Negative)),
            (json!(1e300), Err(TooHigh)),
            (json!(u64::MAX), Err(TooHigh)),
            (json!(null), Err(Empty)),
            (json!(true), Err(NotANumber)),
            (json!([1]), Err(NotANumber)),
            (json!({}), Err(NotANumber)),
        ] {
            assert_eq!(micros_of_json(&value), expected, "{value}");
        }
    }

    #[test]
    fn prices_of_one_unit_become_prices_of_a_million() {
        for (unit, expected) in [
            (2.5e-6, Ok(2_500_000)),
            (1.5e-7, Ok(150_000)),
            ((0.1 + 0.05) * 1e-6, Ok(150_000)),
            (3e-7, Ok(300_000)),
            (0.1 * 3.0 * 1e-6, Ok(300_000)),
            (0.04, Ok(40_000_000_000)),
            (1.0, Ok(1_000_000_000_000)),
            (0.0, Ok(0)),
            (1e-12, Ok(1)),
            (1.5e-12, Err(PriceFault::TooManyDigits)),
            (-1e-6, Err(PriceFault::Negative)),
            (1e9, Err(PriceFault::TooHigh)),
            (f64::NAN, Err(PriceFault::NotANumber)),
            (f64::INFINITY, Err(PriceFault::NotANumber)),
        ] {
            assert_eq!(micros_of_unit(unit), expected.map(Micros), "{unit}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_a_price_out_of_range(typed in "\\PC{0,40}") {
            if let Ok(price) = micros(&typed) {
                prop_assert!((0..=HIGHEST.0).contains(&price.0));
            }
        }

        #[test]
        fn what_is_written_is_read(price in 0..=HIGHEST.0) {
            let text = Amount::from(Micros(price)).to_string();
            prop_assert_eq!(micros(&text), Ok(Micros(price)));
        }

        #[test]
        fn usual_prices_of_one_unit_are_exact(price in 0..=1_000_000_000_i64) {
            let unit: f64 = Amount::of_picos(i128::from(price)).to_string().parse().unwrap();
            prop_assert_eq!(micros_of_unit(unit), Ok(Micros(price)));
        }
    }
}
