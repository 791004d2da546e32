//! The names of countries in each language, sorted by the rules of the language (Unicode CLDR).

use keystead_core::language::Language;

const fn table(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../locales/en/countries.txt"),
        Language::Polish => include_str!("../locales/pl/countries.txt"),
        Language::Japanese => include_str!("../locales/ja/countries.txt"),
    }
}

/// The wanted countries with their names, sorted by name.
#[must_use]
pub fn list(language: Language, wanted: &[&str]) -> Vec<(&'static str, &'static str)> {
    table(language).lines().filter_map(|line| line.split_once('\t')).filter(|(code, _)| wanted.contains(code)).collect()
}

/// The name of a country; its code if it has no name here.
#[must_use]
pub fn name(language: Language, code: &str) -> String {
    let found = table(language).lines().filter_map(|line| line.split_once('\t')).find(|(known, _)| *known == code);
    found.map_or(code, |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use keystead_core::verification::countries::COUNTRIES;

    use super::*;

    // S0-06: every country has a name in every language, once.
    #[test]
    fn every_country_has_a_name() {
        for language in Language::ALL {
            let all = list(language, &COUNTRIES);
            assert_eq!(all.len(), COUNTRIES.len(), "{}", language.tag());
            assert!(COUNTRIES.iter().all(|code| name(language, code) != *code));
        }
        assert_eq!(name(Language::Japanese, "PL"), "ポーランド");
    }
}
