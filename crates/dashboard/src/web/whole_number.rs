//! Whole numbers as people type them.

use keystead_core::budget::MOST_CENTS;
use keystead_core::text::digit;

/// A whole number from one to the highest one, with any marks between groups of three digits.
pub(crate) fn whole_number(typed: &str) -> Option<i64> {
    let mut groups = vec![String::new()];
    for character in typed.trim().chars() {
        let separates = character.is_whitespace() || matches!(character, '.' | ',' | '\'' | '，');
        match digit(character) {
            Some(value) => groups.last_mut()?.push(char::from(b'0' + value)),
            None if separates => groups.push(String::new()),
            None => return None,
        }
    }
    let (first, rest) = groups.split_first()?;
    let grouped = rest.is_empty() || (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let number: i64 = groups.concat().parse().ok().filter(|_| grouped)?;
    (1..=MOST_CENTS).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_as_people_type_them() {
        for (typed, number) in [
            ("1", Some(1)),
            (" 2 000 000 ", Some(2_000_000)),
            ("2,000,000", Some(2_000_000)),
            ("2.000.000", Some(2_000_000)),
            ("２０００", Some(2_000)),
            ("1000000000000", Some(MOST_CENTS)),
            ("1000000000001", None),
            ("0", None),
            ("-5", None),
            ("2.5", None),
            ("2,00,000", None),
            ("", None),
            ("many", None),
            ("1e5", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(whole_number(typed), number, "{typed:?}");
        }
    }
}
