//! Amounts of money as people type them.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::MOST_CENTS;
use crate::language::Language;
use crate::text::{digit, is_blank};

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountFault {
    /// Nothing was typed.
    Empty,
    /// It is not a number.
    NotANumber,
    /// It is negative.
    Negative,
    /// It is in another currency than the prices.
    Currency,
    /// It has parts of a cent.
    PartsOfCents,
    /// It is lower than allowed.
    TooLow,
    /// It is more than [`MOST_CENTS`].
    TooHigh,
}

/// Parses an amount in USD, and returns it in cents. Spaces between digits are ignored, and so are the marks between
/// groups of three digits: commas, or dots before a decimal comma. One or two digits after the last mark are cents. In
/// Polish, three digits after a comma are parts of cents; in other languages they are a group.
///
/// # Errors
/// When it is no amount from `least` to [`MOST_CENTS`].
pub fn cents(typed: &str, language: Language, least: i64) -> Result<i64, AmountFault> {
    let plain = normalized(typed);
    let plain = without_dollars(&plain);
    if plain.is_empty() {
        return Err(AmountFault::Empty);
    }
    let (negative, plain) = match plain.strip_prefix('-').or_else(|| plain.strip_suffix('-')) {
        Some(rest) => (true, without_dollars(rest)),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let is_figure = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    if !plain.chars().all(is_figure) {
        return Err(not_a_figure(plain));
    }
    let (units, fraction) = parts(plain, language)?;
    if negative {
        return Err(AmountFault::Negative);
    }
    // Fourteen digits of units are more than the highest amount.
    let units = units.trim_start_matches('0');
    if units.len() > 14 {
        return Err(AmountFault::TooHigh);
    }
    let units: i64 = if units.is_empty() { 0 } else { units.parse().map_err(|_| AmountFault::NotANumber)? };
    let fraction: i64 = format!("{fraction:0<2}").parse().map_err(|_| AmountFault::NotANumber)?;
    match units * 100 + fraction {
        cents if cents < least => Err(AmountFault::TooLow),
        cents if cents > MOST_CENTS => Err(AmountFault::TooHigh),
        cents => Ok(cents),
    }
}

/// Digits and marks of all scripts as ASCII, without spaces and invisible characters.
fn normalized(typed: &str) -> String {
    let mut plain = String::with_capacity(typed.len());
    for character in typed.chars() {
        match character {
            _ if is_blank(character) => {}
            '，' | '、' | '٬' => plain.push(','),
            '．' | '。' | '٫' => plain.push('.'),
            '＋' => plain.push('+'),
            '−' | '－' | '–' | '—' | 'ー' => plain.push('-'),
            '＄' | '﹩' => plain.push('$'),
            other => plain.push(digit(other).map_or(other, |value| char::from(b'0' + value))),
        }
    }
    plain
}

/// The text without the name or the sign of the dollar before or after it.
fn without_dollars(text: &str) -> &str {
    const SIGNS: [&str; 4] = ["USD", "US$", "$", "ドル"];
    let without = |sign: &&str| {
        let before = text.split_at_checked(sign.len()).filter(|(start, _)| start.eq_ignore_ascii_case(sign));
        let after = || text.len().checked_sub(sign.len()).and_then(|at| text.split_at_checked(at));
        let after = || after().filter(|(_, end)| end.eq_ignore_ascii_case(sign));
        before.map(|(_, rest)| rest).or_else(|| after().map(|(rest, _)| rest))
    };
    SIGNS.iter().find_map(without).unwrap_or(text)
}

/// Digits with the sign of a currency, or with a short word before or after them, name another currency.
fn not_a_figure(plain: &str) -> AmountFault {
    let digits = plain.chars().any(|c| c.is_ascii_digit());
    let is_sign = |c: char| c.general_category() == GeneralCategory::CurrencySymbol;
    let word = plain.trim_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'));
    let is_word = word.chars().count() <= 3 && word.chars().all(char::is_alphabetic) && !word.is_empty();
    let is_one_side = plain.starts_with(word) != plain.ends_with(word);
    if digits && (plain.chars().any(is_sign) || is_word && is_one_side) {
        AmountFault::Currency
    } else {
        AmountFault::NotANumber
    }
}

/// Splits digits and marks into the digits of units and up to two of cents.
fn parts(plain: &str, language: Language) -> Result<(String, String), AmountFault> {
    let Some(last) = plain.rfind(['.', ',']) else { return whole(plain) };
    let (before, after) = (&plain[..last], &plain[last + 1..]);
    let mark = plain[last..].chars().next().unwrap_or('.');
    let marks_before = before.chars().filter(|c| !c.is_ascii_digit()).collect::<Vec<_>>();
    let digits_only = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_group = mark == ',' && language != Language::Polish || marks_before.contains(&mark);
    if after.len() == 3 && is_group {
        // One kind of mark between groups.
        return if marks_before.iter().all(|c| *c == mark) && grouped(plain, mark) {
            whole(&digits_only(plain))
        } else {
            Err(AmountFault::NotANumber)
        };
    }
    let groups = marks_before
        .first()
        .is_none_or(|first| *first != mark && marks_before.iter().all(|c| c == first) && grouped(before, *first));
    if !groups || before.is_empty() && after.is_empty() {
        return Err(AmountFault::NotANumber);
    }
    // Zeros, too: in some countries they are a group of thousands.
    if after.len() > 2 {
        return Err(AmountFault::PartsOfCents);
    }
    Ok((digits_only(before), after.to_owned()))
}

fn whole(digits: &str) -> Result<(String, String), AmountFault> {
    if digits.is_empty() { Err(AmountFault::NotANumber) } else { Ok((digits.to_owned(), String::new())) }
}

/// Whether marks separate groups of three digits, with one to three digits before the first.
fn grouped(text: &str, mark: char) -> bool {
    let mut groups = text.split(mark);
    groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn english(typed: &str) -> Result<i64, AmountFault> {
        cents(typed, Language::English, 1)
    }

    #[test]
    fn amounts_as_people_type_them() {
        for (typed, expected) in [
            ("12", 1_200),
            ("12.5", 1_250),
            ("12.50", 1_250),
            ("12,50", 1_250),
            ("12,5", 1_250),
            (" 12.50 ", 1_250),
            ("$12.50", 1_250),
            ("12.50 USD", 1_250),
            ("usd 12.50", 1_250),
            ("US$ 12.50", 1_250),
            ("1,000", 100_000),
            ("1,000.50", 100_050),
            ("1.000,50", 100_050),
            ("1,234,567", 123_456_700),
            ("1 234\u{202f}567.89", 123_456_789),
            ("１，０００．５０", 100_050),
            ("５０ドル", 5_000),
            ("٥٠", 5_000),
            (".01", 1),
            ("0.01", 1),
            ("007", 700),
            ("12.", 1_200),
            ("+5", 500),
            ("10,000,000,000", MOST_CENTS),
        ] {
            assert_eq!(english(typed), Ok(expected), "{typed:?}");
        }
        assert_eq!(cents("1 000,50", Language::Polish, 1), Ok(100_050));
        assert_eq!(cents("0", Language::English, 0), Ok(0));
    }

    #[test]
    fn everything_else_says_what_is_wrong() {
        use AmountFault::{Currency, Empty, Negative, NotANumber, PartsOfCents, TooHigh, TooLow};
        for (typed, expected) in [
            ("", Empty),
            ("  \u{a0}", Empty),
            ("USD", Empty),
            ("0", TooLow),
            ("0.00", TooLow),
            ("-5", Negative),
            ("−5.00", Negative),
            ("$-5", Negative),
            ("-$5", Negative),
            ("5-", Negative),
            ("12.345", PartsOfCents),
            ("12.500", PartsOfCents),
            ("0.001", PartsOfCents),
            ("12,3456", PartsOfCents),
            ("12 EUR", Currency),
            ("€12", Currency),
            ("12 €", Currency),
            ("¥1200", Currency),
            ("12 zł", Currency),
            ("1200円", Currency),
            ("PLN 12", Currency),
            ("£", NotANumber),
            ("many", NotANumber),
            ("1e5", NotANumber),
            ("0x10", NotANumber),
            ("NaN", NotANumber),
            ("1.2.3", NotANumber),
            ("1,2,3", NotANumber),
            ("1,00,000", NotANumber),
            ("1,000,00.5", NotANumber),
            (".", NotANumber),
            (",", NotANumber),
            ("--5", NotANumber),
            ("12 34 EUR each", NotANumber),
            ("10,000,000,000.01", TooHigh),
            ("99999999999999999999999999", TooHigh),
        ] {
            assert_eq!(english(typed), Err(expected), "{typed:?}");
        }
        assert_eq!(cents("1,000", Language::Polish, 1), Err(PartsOfCents), "a decimal comma");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_is_an_amount_out_of_range(typed in "\\PC{0,40}") {
            for language in Language::ALL {
                if let Ok(cents) = cents(&typed, language, 1) {
                    prop_assert!((1..=MOST_CENTS).contains(&cents));
                }
            }
        }

        #[test]
        fn what_is_written_with_two_decimals_is_read(amount in 1..=MOST_CENTS, comma in any::<bool>()) {
            let mark = if comma { ',' } else { '.' };
            let typed = format!("{}{mark}{:02}", amount / 100, amount % 100);
            for language in Language::ALL {
                prop_assert_eq!(cents(&typed, language, 1), Ok(amount));
            }
        }
    }
}
