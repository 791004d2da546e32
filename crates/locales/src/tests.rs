//! The messages of all languages have the same keys, arguments and plural forms; every help page has a file; and no text
//! contains a word that its language avoids.

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

/// The plural categories of all languages.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

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
            // A selector by a name has the same names in every language.
            if plurals.iter().any(|form| !CATEGORIES.contains(&form.as_str())) {
                assert_eq!(plurals, &other[key].1, "{key} in {}", language.tag());
            } else if !plurals.is_empty() {
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

/// Words and phrases that the texts of a language avoid: dated or literal wording, and second names for one thing. The
/// terms to use are in `locales/GLOSSARY.md`.
const fn avoided(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "a call",
            "an act",
            "anew",
            "anybody",
            "are told",
            "cancelled",
            "e-mail",
            "elsewhere",
            "every act",
            "everybody",
            "for good",
            "go on",
            "goes on",
            "hand in",
            "handed in",
            "he",
            "him",
            "his",
            "is told",
            "lately",
            "licence",
            "log in",
            "login",
            "look into",
            "mail",
            "mails",
            "nevertheless",
            "nobody",
            "picture",
            "pictures",
            "please",
            "present one",
            "ran out",
            "run out",
            "runs out",
            "second factor",
            "second step",
            "somebody",
            "take back",
            "taken back",
            "the call",
            "this act",
            "took back",
            "whatever",
            "whoever",
            "whose",
        ],
        Language::Polish => &[
            "bramek",
            "bramka",
            "bramki",
            "drugi krok",
            "drugiego kroku",
            "drugim krokiem",
            "inną drogą",
            "inną drogę",
            "jako odcisk",
            "jedno kliknięcie",
            "kody odzyskiwania",
            "ktokolwiek",
            "lub zalogowana",
            "ludzie",
            "na oko",
            "nadąża",
            "napisz do nas",
            "nie sięga",
            "numer do porównania",
            "oszczędza",
            "poczta",
            "pocztą",
            "pyta o palec",
            "sięga",
            "sprawdzana",
            "spójrz:",
            "stoi za",
            "uczyń",
            "w każdym razie",
            "wcale",
            "weryfikator",
            "wsparcie",
            "wywołania",
            "wywołanie",
            "wywołań",
            "zakończony na",
            "zalogowana",
            "zalogowany",
            "zarejestruj się",
            "zewsząd",
            "zużycia",
            "zużycie",
            "zużyciu",
            "świeżego potwierdzenia",
        ],
        Language::Japanese => &[
            "あなた",
            "お客様",
            "ご自分",
            "しましょう",
            "たった今に",
            "どのアドレスが見られる",
            "に届きません",
            "の費用を使え",
            "ほかには届",
            "を保管し",
            "キーを無効",
            "サポートに連絡",
            "ログアウト",
            "ログイン",
            "一度だけ",
            "下さい",
            "二つ",
            "交換",
            "出来ま",
            "出来る",
            "分かり",
            "分かる",
            "受領書",
            "呼び出しが",
            "呼び出しの",
            "呼び出しは",
            "呼び出しを",
            "回復コード",
            "当方",
            "役割",
            "提供会社",
            "新規登録",
            "既に",
            "査証",
            "機能は閉じ",
            "締め出",
            "表面",
            "裏面",
            "速さです",
            "連鎖",
            "運営担当者",
        ],
    }
}

/// What people read of a message file or a help page, in lower case: without keys, comments, arguments, code, and the
/// error messages that a help page quotes.
fn read_text(source: &str, is_messages: bool) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in source.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if is_messages && !line.starts_with([' ', '#']) {
            text += line.split_once(" =").map_or("", |(_, value)| value);
        } else if !(fenced || is_messages && line.starts_with('#')) {
            text += line;
        }
        text.push('\n');
    }
    for (open, close) in [('{', '}'), ('“', '”'), ('`', '`')] {
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once(open) {
            kept += before;
            // An opening mark without its end, as before a plural form, hides nothing.
            rest = after.split_once(close).filter(|(inside, _)| !inside.contains('\n')).map_or(after, |(_, rest)| rest);
        }
        text = kept + rest;
    }
    text.to_lowercase()
}

/// Whether the text contains the phrase as whole words. Japanese has no spaces, so any occurrence counts there.
fn contains_words(text: &str, phrase: &str, language: Language) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let outside = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        language == Language::Japanese
            || outside(text[..at].chars().next_back()) && outside(text[at + phrase.len()..].chars().next())
    })
}

#[test]
fn no_text_contains_a_word_that_its_language_avoids() {
    let mut found = Vec::new();
    for language in Language::ALL {
        let messages = sources(language).iter().map(|source| read_text(source, true));
        let pages = HELP.iter().map(|page| read_text(page.source(language), false));
        for text in messages.chain(pages) {
            for line in text.lines() {
                let wrong = avoided(language).iter().filter(|phrase| contains_words(line, phrase, language));
                found.extend(wrong.map(|phrase| format!("{}: {phrase}: {line}", language.tag())));
            }
        }
    }
    assert!(found.is_empty(), "GLOSSARY.md names the words to use instead:\n{}", found.join("\n"));
}

#[test]
fn words_are_found_where_people_read_them() {
    let has = |source: &str, phrase: &str| contains_words(&read_text(source, true), phrase, Language::English);
    assert!(has("key = Nobody came.", "nobody") && has("key =\n    He came.", "he"));
    assert!(!has("nobody = { $nobody } and the `nobody` of “nobody”", "nobody"));
    assert!(!has("# nobody\nkey = The others", "nobody") && !has("key = The others", "he"));
}
