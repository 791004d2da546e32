use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{ACTIONS, Area};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(sources(&path)) } else { found.push(path) }
    }
    found
}

/// Texts in quotes that look like `family.verb`.
fn dotted(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2).filter(|text| {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        text.contains('.') && text.split('.').all(plain)
    })
}

#[test]
fn everything_that_is_recorded_stands_in_the_list() {
    // Names of jobs in the queue, of actions that policies decide about, and of events of webhooks; none is an audit event.
    let others = [
        "api_key.create",
        "budget.alert_mail",
        "budget.exhausted",
        "budget.threshold_reached",
        "credit.end_payment",
        "credit.exhausted",
        "credit.low",
        "credit.mail",
        "credit.poll",
        "credit.refund",
        "organization.create",
        "organization.verify",
        "payment.cancel",
        "payment.detach",
        "payment.look",
        "payment.poll",
        "phone.cancel",
        "webhook.off_mail",
    ];
    let families: BTreeSet<&str> = ACTIONS.iter().filter_map(|action| action.split('.').next()).collect();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut written = BTreeSet::new();
    for path in [crates.join("app/src"), crates.join("core/src")].iter().flat_map(|folder| sources(folder)) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with("tests.rs") || name == "actions.rs" || name == "contract.rs" || !name.ends_with(".rs") {
            continue;
        }
        let code = std::fs::read_to_string(&path).unwrap();
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.replace("'\"'", "").replace("\\\"", "");
        // Every action given to `record` must be known, in any family.
        for part in code.split("action: \"").skip(1) {
            written.insert(part.split('"').next().unwrap().to_owned());
        }
        let known = |text: &&str| families.contains(text.split('.').next().unwrap_or_default());
        written.extend(dotted(&code).filter(known).map(str::to_owned));
    }
    written.retain(|text| !others.contains(&text.as_str()));
    let listed: BTreeSet<String> = ACTIONS.iter().map(|action| (*action).to_owned()).collect();
    assert_eq!(written, listed);
    assert!(ACTIONS.is_sorted(), "in order");
}

#[test]
fn areas_have_names_of_their_own() {
    for area in Area::ALL {
        assert_eq!(Area::from_name(area.as_str()), Some(area));
        assert!(ACTIONS.iter().any(|action| Area::of(action) == area), "{area:?}");
    }
    assert_eq!(Area::of("project.user.added"), Area::Projects);
    assert_eq!(Area::from_name("x"), None);
}
