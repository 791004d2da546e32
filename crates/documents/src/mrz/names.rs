//! Whether a typed name can be the one in a zone, which contains only the letters A to Z (Doc 9303 part 3, section 6).

use mrz::{CyrillicLanguage, TransliterationStyle, transliterate, transliterate_cyrillic};

use super::MrzReport;

/// The result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameComparison {
    /// Every typed part is in the zone.
    Agrees,
    /// A typed part is missing.
    Differs,
    /// Written in letters without a rule here, such as 山田: the reviewer compares.
    CannotTell,
}

const LANGUAGES: [CyrillicLanguage; 6] = [
    CyrillicLanguage::Russian,
    CyrillicLanguage::Ukrainian,
    CyrillicLanguage::Belarusian,
    CyrillicLanguage::Bulgarian,
    CyrillicLanguage::Serbian,
    CyrillicLanguage::Macedonian,
];

const STYLES: [TransliterationStyle; 3] =
    [TransliterationStyle::Expanded, TransliterationStyle::Simple, TransliterationStyle::XxSuffix];

/// Compares the parts in any order, because people put first names or family names first. A missing middle name is
/// accepted, a missing surname is not.
pub(super) fn compare(typed: &str, report: &MrzReport) -> NameComparison {
    let printed = Printed::of(report);
    let spellings = spellings(typed);
    if spellings.is_empty() {
        return NameComparison::CannotTell;
    }
    match spellings.iter().any(|spelling| printed.agrees(spelling)) {
        true => NameComparison::Agrees,
        false => NameComparison::Differs,
    }
}

struct Printed<'a> {
    surname: Vec<&'a str>,
    given: Vec<&'a str>,
    may_be_cut: bool,
}

impl<'a> Printed<'a> {
    fn of(report: &'a MrzReport) -> Self {
        let parts = |names: &'a str| names.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>();
        Self {
            surname: parts(report.surname.expose()),
            given: parts(report.given_names.expose()),
            may_be_cut: report.names_may_be_cut,
        }
    }

    fn agrees(&self, typed: &[String]) -> bool {
        // Written as one word or separately: De la Cruz, O'Connor, Kowalska-Nowak.
        let together: String = typed.concat();
        let (surname, given) = (self.surname.concat(), self.given.concat());
        if together == format!("{surname}{given}") || together == format!("{given}{surname}") {
            return true;
        }
        let last = self.surname.iter().chain(&self.given).last();
        let cut = |part: &str| self.may_be_cut && last.is_some_and(|last| part.starts_with(last));
        let matches = |part: &String| {
            let part = part.as_str();
            self.surname.contains(&part) || self.given.contains(&part) || cut(part)
        };
        let typed_has = |part: &&str| typed.iter().any(|one| one == part || (cut(one) && Some(part) == last));
        // Parts that were cut off from the zone are not required.
        let known = |part: &String| matches(part) || self.may_be_cut;
        let surname_typed = self.surname.iter().all(&typed_has);
        let given_typed = self.given.is_empty() || self.given.iter().any(typed_has);
        typed.iter().all(known) && surname_typed && given_typed
    }
}

/// Returns every spelling of a name in A to Z, in parts; empty if a letter has no rule.
fn spellings(typed: &str) -> Vec<Vec<String>> {
    let plain: String = typed.chars().flat_map(char::to_uppercase).filter_map(simplified).collect();
    let latin: Vec<String> = LANGUAGES.iter().map(|language| transliterate_cyrillic(&plain, *language)).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for text in latin {
        for style in STYLES {
            let parts: Vec<String> = transliterate(&text, style).split_whitespace().map(str::to_owned).collect();
            let readable =
                !parts.is_empty() && parts.iter().flat_map(|part| part.bytes()).all(|b| b.is_ascii_uppercase());
            if readable && !found.contains(&parts) {
                found.push(parts);
            }
        }
    }
    found
}

/// Simplifies a capital letter where no rule applies: accents as separate characters, apostrophes, and the marks of
/// Vietnamese, Romanian and Pinyin, for which Doc 9303 has no row.
fn simplified(letter: char) -> Option<char> {
    Some(match letter {
        '\u{300}'..='\u{36f}' | '\'' | '’' | 'ʼ' | '`' | '.' | '·' => return None,
        '-' | '‐' | '‑' | '–' | ',' | '\u{3000}' | '=' | '・' => ' ',
        // The full-width forms of a Japanese keyboard.
        'Ａ'..='Ｚ' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        'Ạ'..='Ặ' | 'Ǎ' | 'Ȁ' | 'Ȃ' => 'A',
        'Ẹ'..='Ệ' | 'Ȅ' | 'Ȇ' => 'E',
        'Ỉ'..='Ị' | 'Ǐ' => 'I',
        'Ọ'..='Ợ' | 'Ơ' | 'Ǒ' => 'O',
        'Ụ'..='Ự' | 'Ư' | 'Ǔ' => 'U',
        'Ỳ'..='Ỹ' => 'Y',
        'Ș' => 'S',
        'Ț' => 'T',
        'Ǧ' => 'G',
        'Ə' => 'A',
        other => other,
    })
}
