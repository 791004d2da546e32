//! Text as people type and paste it: invisible characters, digits of any script, and the rules for names, mail
//! addresses, passwords, phone numbers and codes based on them.
//!
//! The rules use Unicode categories and not lists of characters, so that every field treats a character in the same
//! way.

mod email;
mod name;
mod number;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub use email::{EmailFault, email};
pub use name::{LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_PERSON_NAME, NameFault, description, name, person_name};
pub use number::{code, phone};

/// Joiners: they connect letters of Persian and Indic scripts, and the parts of emoji.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Letters and symbols that are drawn empty, although their category says otherwise.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

/// Makes client text safe for an error message: no control characters, at most 80 characters.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// Makes a name safe for a mail: one line, without characters that change the direction of the text around it, and
/// without a link that a mail program would make of it.
#[must_use]
pub fn in_mail(text: &str) -> String {
    in_terminal(text).replace("://", ": //")
}

/// Makes text safe for one line of a terminal: no character controls the terminal, ends the line, or changes the
/// direction of the text around it.
#[must_use]
pub fn in_terminal(text: &str) -> String {
    let spaced = text.chars().map(|c| if controls(c) && !is_direction(c) { ' ' } else { c });
    spaced.filter(|c| !is_direction(*c)).collect()
}

/// Whether a character controls a terminal, ends a line, or changes the direction of the text around it.
#[must_use]
pub fn controls(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') || is_direction(character)
}

/// Whether a character marks or changes the direction of text.
const fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is invisible and has no width: format and control characters, variation selectors, and
/// characters that are unassigned or private.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    let selector = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{34f}');
    selector || character.general_category_group() == GeneralCategoryGroup::Other
}

/// Whether a character is invisible or blank, including spaces and blank letters.
#[must_use]
pub fn is_blank(character: char) -> bool {
    is_invisible(character)
        || character.is_whitespace()
        || character.general_category_group() == GeneralCategoryGroup::Separator
        || BLANKS.contains(&character)
}

/// Returns the value of a decimal digit of any script, from 0 to 9.
///
/// Unicode encodes the ten digits of a script consecutively, beginning with zero, so the value is the distance from the
/// beginning of the run.
#[must_use]
pub fn digit(character: char) -> Option<u8> {
    const LONGEST_RUN: u32 = 50;
    let is_digit =
        |code: u32| char::from_u32(code).is_some_and(|c| c.general_category() == GeneralCategory::DecimalNumber);
    let code = u32::from(character);
    if character.is_ascii() {
        return character.to_digit(10).and_then(|value| u8::try_from(value).ok());
    }
    if !is_digit(code) {
        return None;
    }
    let before = (1..=LONGEST_RUN).take_while(|back| code.checked_sub(*back).is_some_and(is_digit)).count();
    u8::try_from(before % 10).ok()
}

/// Removes blank characters at both ends.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// Normalizes a password to the form that is hashed: keyboards that compose accents differently type the same password.
#[must_use]
pub fn password(typed: &str) -> String {
    typed.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        for (text, value) in [("0٠۰०０𝟎𝟘", 0), ("5٥۵५５𝟓𝟝", 5), ("9٩۹९９𝟗𝟡", 9)] {
            for character in text.chars() {
                assert_eq!(digit(character), Some(value), "{character:?}");
            }
        }
        for character in ['a', '²', '五', 'Ⅴ', '½', '-', ' '] {
            assert_eq!(digit(character), None, "{character:?}");
        }
    }

    #[test]
    fn runs_of_digits_have_a_multiple_of_ten() {
        // The value is counted from the beginning of a run, so the length of each run must be a multiple of ten.
        let mut run = 0;
        for character in '\u{0}'..=char::MAX {
            if character.general_category() == GeneralCategory::DecimalNumber {
                assert_eq!(digit(character), u8::try_from(run % 10).ok(), "{character:?}");
                run += 1;
            } else {
                assert_eq!(run % 10, 0, "the digits before {character:?}");
                run = 0;
            }
        }
    }

    #[test]
    fn invisible_characters() {
        for character in ['\u{200b}', '\u{202e}', '\u{feff}', '\u{ad}', '\u{fe0f}', '\u{2060}', '\u{0}', '\u{e0001}'] {
            assert!(is_invisible(character) && is_blank(character), "{character:?}");
        }
        for character in [' ', '\u{a0}', '\u{3000}', '\u{2028}', '\u{3164}', '\t'] {
            assert!(is_blank(character), "{character:?}");
        }
        for character in ['a', 'ż', '日', '😀', '-', '\u{301}'] {
            assert!(!is_blank(character), "{character:?}");
        }
    }

    #[test]
    fn a_name_in_a_mail_is_one_line_and_no_link() {
        assert_eq!(in_mail("Studio\r\nBcc: eve@example.com"), "Studio  Bcc: eve@example.com");
        assert_eq!(in_mail("\u{202e}evil\u{202c} \u{2067}x\u{2069}\u{200f}"), "evil x");
        assert_eq!(in_mail("Win at https://evil.test"), "Win at https: //evil.test");
        assert_eq!(in_mail("Żółć みなと <b> 👩\u{200d}💻"), "Żółć みなと <b> 👩\u{200d}💻");
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        assert_eq!(password("zażo\u{301}łc\u{301}"), password("zażółć"));
        assert_eq!(password("ｐａｓｓ"), "pass");
        assert_eq!(password("plain"), "plain");
    }
}
