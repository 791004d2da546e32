//! Messages, templates and forms of the crate. Whole journeys are tests of the product.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::language::Language;
use crate::messages::sources;

/// Every file below a folder of this crate.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

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
fn every_text_stands_in_every_language_with_its_places_and_plurals() {
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
fn no_text_is_missing_and_none_is_unused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = String::new();
    for path in files(&here.join("src")).into_iter().chain(files(&here.join("templates"))) {
        if !path.ends_with("tests.rs") {
            written.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let known = messages(Language::English);
    // Used by name, in templates and in code.
    for call in ["text(\"", "text_with(\"", "text_with_all(\"", "count(\"", "entry(\""] {
        for part in written.split(call).skip(1) {
            let key = part.split('"').next().unwrap();
            assert!(known.contains_key(key), "{key} has no text");
        }
    }
    // Built from a prefix and a value of a closed list.
    let built = [
        "error-",
        "describes-",
        "reason-",
        "done-",
        "status-",
        "health-",
        "actor-",
        "help-",
        "usage-by-",
        "usage-chart-",
        "usage-tokens",
        "card-",
        "mode-",
        "gate-",
        "kept-",
        "service-",
        "attention-",
        "document-",
        "prompt-",
        "slot-",
        "hint-",
        "flag-",
        "check-",
        "look-",
        "review-kind-",
        "review-why-",
        "audit-did-",
        "audit-field-",
        "audit-area-",
        "audit-actors-",
    ];
    for key in known.keys() {
        let by_name = written.contains(&format!("\"{key}\""));
        let lead = key.strip_suffix("-lead").is_some_and(|title| written.contains(&format!("\"{title}\"")));
        assert!(by_name || lead || built.iter().any(|start| key.starts_with(start)), "{key} is never used");
    }
    for reason in keystead_app::verification::REASONS {
        assert!(known.contains_key(&format!("reason-{}", reason.replace('_', "-"))), "{reason}");
    }
    for word in keystead_app::organizations::DESCRIPTIONS {
        assert!(known.contains_key(&format!("describes-{}", word.replace('_', "-"))), "{word}");
    }
    for refusal in keystead_app::verification::number::NumberRefusal::ALL {
        assert!(known.contains_key(&format!("error-{}", refusal.code().replace('_', "-"))), "{refusal:?}");
    }
}

#[test]
fn templates_hold_no_inline_script_or_style() {
    // ASVS 3.4.3: the policy forbids them, so a page that needs one would be broken.
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for mark in [" style=", "<style", "onclick", "javascript:", "http-equiv"] {
            assert!(!text.contains(mark), "{mark} in {}", path.display());
        }
        // Every form of a signed-in person carries the token of the session.
        for form in text.split("<form method=\"post\"").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let open = ["/sign-up", "/sign-in", "/confirm", "/forgot", "/reset", "/invite", "/verify/"];
            let action = form.split("action=\"").nth(1).unwrap();
            let stranger = open.iter().any(|start| action.starts_with(start));
            assert!(stranger || form.contains("name=\"csrf\""), "{} in {}", &form[..60], path.display());
        }
    }
}
