//! Messages of the product; templates and forms of the crate. Whole journeys are tests of the product.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use keystead_core::language::Language;
use keystead_locales::sources;

/// Every file below a folder of this crate.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn no_text_is_missing_and_none_is_unused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = String::new();
    // The formats of the locales have their own messages.
    for path in ["src", "templates", "../locales/src", "../app/src"].iter().flat_map(|folder| files(&here.join(folder)))
    {
        if !path.ends_with("tests.rs") {
            written.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let lines = sources(Language::English).iter().flat_map(|source| source.lines());
    let keys = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let known: BTreeSet<&str> = keys.filter_map(|line| line.split_once(" =")).map(|(key, _)| key).collect();
    assert!(known.len() > 300, "{}", known.len());
    // Used by name, in templates and in code.
    for call in [".text(\"", ".text_with(\"", ".text_with_all(\"", "count(\"", "entry(\""] {
        for part in written.split(call).skip(1) {
            let key = part.split('"').next().unwrap();
            // Names of audit events have a dot.
            assert!(key.contains('.') || known.contains(key), "{key} has no text");
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
        "usage-cost",
        "usage-unit-",
        "card-",
        "mode-",
        "gate-",
        "kept-",
        "service-",
        "attention-",
        "document-",
        "prompt-",
        "slot-",
        "tier-",
        "tool-",
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
        "date-",
        "ending-",
        "capability-",
        "setup-state-",
        "setup-rule-",
        "setup-test-",
        "setup-fault-",
        "setup-advice-",
        "day-",
        "month-",
        "notify-",
        "signal-",
        "purchases-way-",
        "purchases-state-",
        "recharge-paused-",
    ];
    for key in &known {
        let by_name = written.contains(&format!("\"{key}\""));
        // A page has a lead, and a mail a subject and a text.
        let parts = ["-lead", "-subject", "-text"].iter().filter_map(|part| key.strip_suffix(part));
        let by_part = parts.into_iter().any(|name| written.contains(&format!("\"{name}\"")));
        assert!(by_name || by_part || built.iter().any(|start| key.starts_with(start)), "{key} is never used");
    }
    for reason in keystead_app::verification::REASONS {
        assert!(known.contains(format!("reason-{}", reason.replace('_', "-")).as_str()), "{reason}");
    }
    for word in keystead_app::organizations::DESCRIPTIONS {
        assert!(known.contains(format!("describes-{}", word.replace('_', "-")).as_str()), "{word}");
    }
    for refusal in keystead_app::verification::number::NumberRefusal::ALL {
        assert!(known.contains(format!("error-{}", refusal.code().replace('_', "-")).as_str()), "{refusal:?}");
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
