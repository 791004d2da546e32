//! Names of organizations, projects, keys and people.

use unicode_normalization::UnicodeNormalization;

use super::{JOINERS, is_blank, is_invisible, trimmed};

/// Maximum number of characters in a name.
pub const LONGEST_NAME: usize = 255;

/// Maximum number of characters in the name of a person.
pub const LONGEST_PERSON_NAME: usize = 64;

/// Maximum number of characters in a description.
pub const LONGEST_DESCRIPTION: usize = 1_000;

/// Why a text is not a valid name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It has no visible character.
    Empty,
    /// More than this many characters.
    TooLong(usize),
    /// It contains a control character, a line break or an invisible character.
    Invisible(char),
}

impl NameFault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong(_) => "name_too_long",
            Self::Invisible(_) => "name_has_invisible_characters",
        }
    }

    /// What to change, after `Invalid 'name': `.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::Empty => "must have at least one visible character.".to_owned(),
            Self::TooLong(longest) => format!("must have at most {longest} characters."),
            Self::Invisible(character) => {
                format!("the invisible character U+{:04X} is not allowed.", u32::from(character))
            }
        }
    }
}

/// Normalizes a name: composed, without blank characters at its ends.
///
/// It refuses invisible characters inside the name, because two names that look alike could differ in them, and
/// characters that change the writing direction, because they can make a name look like another one. Joiners are
/// allowed after a character that is not ASCII, and variation selectors after a visible one: scripts and emoji need
/// them.
///
/// # Errors
/// The fault.
pub fn name(typed: &str) -> Result<String, NameFault> {
    within(typed, LONGEST_NAME)
}

/// Normalizes the name of a person by the same rules; it has at most [`LONGEST_PERSON_NAME`] characters.
///
/// # Errors
/// The fault.
pub fn person_name(typed: &str) -> Result<String, NameFault> {
    within(typed, LONGEST_PERSON_NAME)
}

/// Normalizes a description, one line of text, by the same rules; it has at most [`LONGEST_DESCRIPTION`] characters.
///
/// # Errors
/// The fault.
pub fn description(typed: &str) -> Result<String, NameFault> {
    within(typed, LONGEST_DESCRIPTION)
}

fn within(typed: &str, longest: usize) -> Result<String, NameFault> {
    let name: String = trimmed(typed).nfc().collect();
    if name.chars().all(is_blank) {
        return Err(NameFault::Empty);
    }
    if name.chars().count() > longest {
        return Err(NameFault::TooLong(longest));
    }
    let mut before = ' ';
    for character in name.chars() {
        let joined = JOINERS.contains(&character) && !before.is_ascii();
        let selected = matches!(character, '\u{fe0e}' | '\u{fe0f}') && !is_blank(before);
        if (is_invisible(character) && !joined && !selected) || matches!(character, '\u{2028}' | '\u{2029}') {
            return Err(NameFault::Invisible(character));
        }
        before = character;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_as_people_type_them() {
        for (typed, kept) in [
            ("  Acme \u{200b}", "Acme"),
            ("\u{feff}Zaz\u{307}o\u{301}łc\u{301}", "Zażółć"),
            ("日本語\u{3000}", "日本語"),
            ("👩\u{200d}🔬 lab", "👩\u{200d}🔬 lab"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("❤\u{fe0f} team", "❤\u{fe0f} team"),
        ] {
            assert_eq!(name(typed).as_deref(), Ok(kept), "{typed:?}");
        }
    }

    #[test]
    fn names_that_deceive_are_refused() {
        for typed in ["", " ", "\u{200b}", "\u{3164}\u{3164}", "\u{2800}", "\u{202e}\u{202c}"] {
            assert_eq!(name(typed), Err(NameFault::Empty), "{typed:?}");
        }
        for (typed, character) in [
            ("ad\u{200b}min", '\u{200b}'),
            ("a\u{202e}b", '\u{202e}'),
            ("a\nb", '\n'),
            ("a\u{2028}b", '\u{2028}'),
            ("a\u{200d}b", '\u{200d}'),
            ("a\u{e000}b", '\u{e000}'),
            ("a\u{ad}b", '\u{ad}'),
        ] {
            assert_eq!(name(typed), Err(NameFault::Invisible(character)), "{typed:?}");
        }
        assert_eq!(name(&"x".repeat(256)), Err(NameFault::TooLong(255)));
        assert!(name(&"ż".repeat(255)).is_ok());
        assert_eq!(person_name(&"x".repeat(65)), Err(NameFault::TooLong(64)));
        assert_eq!(person_name(&format!(" {} ", "ż".repeat(64))), Ok("ż".repeat(64)));
        assert_eq!(person_name("An\u{200b}n"), Err(NameFault::Invisible('\u{200b}')));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_accepted_name_is_accepted_again(typed in "\\PC{0,40}|.{0,40}") {
            if let Ok(kept) = name(&typed) {
                prop_assert_eq!(name(&kept), Ok(kept.clone()));
                prop_assert!(kept.chars().any(|c| !is_blank(c)));
            }
        }
    }
}
