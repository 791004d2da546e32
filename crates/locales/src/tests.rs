//! The messages of all languages have the same keys, arguments and plural forms; every help page has a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keystead_core::language::Language;

use crate::{HELP, sources};

/// Keys of one language with their placeholders and plural forms.
fn messages(language: Language) -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let mut all: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> = BTreeMap::new();
    for source in sources(language) {
        fluent_bundle::FluentResource::try_new((*source).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", language.tag()));
        let mut key = String::new();
        for line in source.lines() {
            if !line.starts_with(' ') && !line.starts_with('}') && line.contains(" =") {
                key = line.split(" =").next().unwrap().to_owned();
                assert!(all.insert(key.clone(), Default::default()).is_none(), "{key} stands twice");
            }
            let entry = all.entry(key.clone()).or_default();
            for part in line.split("{ $").skip(1) {
                entry.0.insert(part.split([' ', '}']).next().unwrap().to_owned());
            }
            if let Some(form) = line.trim_start().trim_start_matches('*').strip_prefix('[') {
                entry.1.insert(form.split(']').next().unwrap().to_owned());
            }
        }
    }
    all
}

#[test]
fn every_text_exists_in_every_language_with_its_placeholders_and_plurals() {
    let english = messages(Language::English);
    assert!(english.len() > 300, "{}", english.len());
    for (language, forms) in
        [(Language::Polish, &["few", "many", "one", "other"][..]), (Language::Japanese, &["other"])]
    {
        let other = messages(language);
        assert_eq!(english.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{}", language.tag());
        for (key, (places, plurals)) in &english {
            assert_eq!(places, &other[key].0, "{key} in {}", language.tag());
            if !plurals.is_empty() {
                assert_eq!(plurals.iter().collect::<Vec<_>>(), ["one", "other"], "{key}");
                assert_eq!(other[key].1.iter().collect::<Vec<_>>(), forms, "{key} in {}", language.tag());
            }
        }
    }
}

#[test]
fn every_help_page_has_a_file_and_every_file_a_page() {
    for language in Language::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language.tag()).join("help");
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        let named = HELP.iter().map(|page| format!("{}.md", page.slug)).collect::<BTreeSet<_>>();
        assert_eq!(files.collect::<BTreeSet<_>>(), named, "{}", language.tag());
        assert!(HELP.iter().all(|page| page.source(language).starts_with("# ")), "{}", language.tag());
    }
}
