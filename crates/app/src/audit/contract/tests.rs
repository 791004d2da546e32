use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::*;

const DOCS: &str = include_str!("../../../../../docs/audit.md");

/// The rows of a table under a heading of the document, as cells.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let part = DOCS.split(heading).nth(1).unwrap_or_else(|| panic!("no {heading}"));
    let part = part.split("\n#").next().unwrap();
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The texts between backticks.
fn names(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('`').skip(1).step_by(2)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

fn set(names: &[&'static str]) -> BTreeSet<&'static str> {
    names.iter().copied().collect()
}

#[test]
fn each_type_of_the_api_is_recorded_or_cannot_happen() {
    assert_eq!((CONTRACT.len(), TENANT.len()), (61, 88), "as many as the SDK has");
    assert_eq!(set(CONTRACT).len() + set(TENANT).len(), 149, "each once");
    let recorded: BTreeSet<&str> = ACTIONS.iter().map(|action| shown_as(action)).collect();
    assert_eq!(recorded, set(CONTRACT).difference(&set(ABSENT)).copied().collect::<BTreeSet<_>>());
    assert!(set(ABSENT).is_subset(&set(CONTRACT)), "a type that is absent is one of the API");
    let absent: Vec<&&str> = ACTIONS.iter().filter(|action| ABSENT.contains(action)).collect();
    assert_eq!(absent, [&""; 0], "recorded, and listed as absent");
    for action in ACTIONS {
        let own = CONTRACT.contains(action);
        assert_eq!(shown_as(action) == *action, own, "{action}");
        assert!(actions_of(shown_as(action)).any(|found| found == *action), "{action} is found as it is shown");
        assert!(actions_of(action).any(|found| found == *action) && is_known(action), "{action} is found by its name");
    }
    assert!(TENANT.iter().all(|name| is_known(name) && is_of_tenant(name) && actions_of(name).next().is_none()));
    assert_eq!(shown_as("made.up"), "organization.updated");
    assert!(!is_known("made.up") && actions_of("made.up").next().is_none());
}

#[test]
fn the_document_has_each_type_of_the_code_and_no_other() {
    let of_api: Vec<&str> =
        table("### Types of OpenAI's API").iter().map(|row| names(row[0]).next().unwrap()).collect();
    assert!(of_api.is_sorted(), "in order");
    let recorded = set(CONTRACT).difference(&set(ABSENT)).copied().collect::<BTreeSet<_>>();
    assert_eq!(set(&of_api), recorded);
    let own: Vec<(&str, &str)> = table("### Keystead's own types")
        .iter()
        .map(|row| (names(row[0]).next().unwrap(), names(row[1]).next().unwrap()))
        .collect();
    let in_code: Vec<(&str, &str)> =
        ACTIONS.iter().filter(|action| !CONTRACT.contains(action)).map(|action| (*action, shown_as(action))).collect();
    assert_eq!(own, in_code);
    let absent: BTreeSet<&str> =
        table("### Types that are not recorded").iter().flat_map(|row| names(row[0])).collect();
    let mut wanted = set(ABSENT);
    wanted.insert("tenant.*");
    assert_eq!(absent, wanted);
}

/// Each use case that the document names exists, and no other action of the API is in the sources without a row.
#[test]
fn the_document_names_use_cases_that_exist() {
    let mut code = String::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        code.push_str(&std::fs::read_to_string(path).unwrap());
    }
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for row in table("### Types of OpenAI's API") {
        for function in names(row[1]) {
            *named.entry(function).or_default() += 1;
            assert!(code.contains(&format!("fn {function}(")), "{function} of {}", row[0]);
        }
        assert!(names(row[1]).next().is_some(), "{} is recorded by a use case", row[0]);
    }
    assert!(named.len() > 60, "{named:?}");
}
