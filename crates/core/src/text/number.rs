//! Normalizing phone numbers and codes before they are parsed: digits of all scripts become ASCII, invisible characters
//! are removed, and every kind of dash, dot and bracket becomes a space.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::{digit, is_blank, is_invisible};

/// Normalizes a phone number to ASCII digits, an ASCII plus sign and plain spaces. Letters stay: their meaning is not
/// guessed.
#[must_use]
pub fn phone(typed: &str) -> String {
    let typed = super::trimmed(typed);
    let scheme = typed.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("tel:"));
    let typed = if scheme { &typed[4..] } else { typed };
    let mut plain = String::with_capacity(typed.len());
    for character in typed.chars() {
        if let Some(value) = digit(character) {
            plain.push(char::from(b'0' + value));
        } else if matches!(character, '+' | '＋' | '﹢' | '⁺' | '₊') {
            plain.push('+');
        } else if is_invisible(character) {
            // Direction marks surround numbers that were copied from a page or an address book.
        } else if is_blank(character) || separates(character) {
            if !plain.is_empty() && !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else {
            plain.push(character);
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// Whether a character is a dash, dot, slash or bracket as people write them between the digits of a number.
fn separates(character: char) -> bool {
    let category = matches!(
        character.general_category(),
        GeneralCategory::DashPunctuation | GeneralCategory::OpenPunctuation | GeneralCategory::ClosePunctuation
    );
    category
        || matches!(
            character,
            '.' | '/' | '·' | '・' | '･' | '•' | '．' | '／' | '。' | '−' | '~' | '～' | 'ー' | 'ｰ' | '_'
        )
}

/// Returns the digits of a six-digit code, typed in any script, with spaces and dashes between them; `None` when it
/// does not have six digits.
#[must_use]
pub fn code(typed: &str) -> Option<String> {
    let plain = phone(typed);
    let digits: String = plain.chars().filter(|character| *character != ' ').collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_type_and_paste_them() {
        for (typed, plain) in [
            ("090ー1234ー5678", "090 1234 5678"),
            ("０９０−１２３４−５６７８", "090 1234 5678"),
            ("tel:+48-512-345-678", "+48 512 345 678"),
            ("TEL:+48512345678", "+48512345678"),
            ("\u{202a}+48 512 345 678\u{202c}", "+48 512 345 678"),
            ("+4\u{fe0f}8 512\u{a0}345\u{2009}678", "+48 512 345 678"),
            ("٠٩٠١٢٣٤٥٦٧٨", "09012345678"),
            ("＋۴۸ ۵۱۲ ۳۴۵ ۶۷۸", "+48 512 345 678"),
            ("(415) 992-9960", "415 992 9960"),
            ("(０３)1234", "03 1234"),
            ("512.345/678", "512 345 678"),
            ("1-800-FLOWERS", "1 800 FLOWERS"),
            ("+44 7911 123456 ext 5", "+44 7911 123456 ext 5"),
            ("", ""),
        ] {
            assert_eq!(phone(typed), plain, "{typed:?}");
        }
    }

    #[test]
    fn codes_in_any_script() {
        for typed in ["123456", " 123-456 ", "１２３４５６", "١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "123\u{200b}456", "12 34 56"]
        {
            assert_eq!(code(typed).as_deref(), Some("123456"), "{typed:?}");
        }
        for typed in ["", "12345", "1234567", "abcdef", "12345é", "12345½", "+12345"] {
            assert_eq!(code(typed), None, "{typed:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decoration_changes_no_digit(
            digits in "[0-9]{1,15}",
            gaps in proptest::collection::vec("[ \\-–—.()/\u{200e}\u{202c}\u{feff}\u{fe0f}ー\u{3000}]{0,3}", 16),
            zero in proptest::sample::select(vec!['0', '٠', '۰', '०', '０']),
        ) {
            let shown = |c: char| char::from_u32(u32::from(zero) + u32::from(c) - u32::from('0')).unwrap_or(c);
            let typed: String =
                digits.chars().zip(&gaps).map(|(character, gap)| format!("{gap}{}", shown(character))).collect();
            let plain: String = phone(&typed).chars().filter(|c| *c != ' ').collect();
            prop_assert_eq!(plain, digits);
        }
    }
}
