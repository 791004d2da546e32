//! Sources and documents cite only what a reader of the repository can look up. Ids of requirements are on tests, where
//! they say which promise a test keeps.

use std::fs;
use std::path::{Path, PathBuf};

/// Names of lists outside the repository; each is cited by a number after it.
const CITED: &[&str] = &[
    "contract ",
    "contract section ",
    "row ",
    "rows ",
    "metering rule ",
    "security decision ",
    "GW-",
    "UI-",
    "INC-",
    "SB-",
    "SD-",
    "VC-",
    "WH-",
    "SC-",
];

const READ: &[&str] = &["rs", "md", "toml", "ftl", "html", "css", "js", "mjs", "ts", "py"];

#[test]
fn everything_cited_is_in_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for part in ["crates", "docs", "fuzz", "tests", "xtask"] {
        list(&root.join(part), &mut files);
    }
    files.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root.join(name)));
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        // This file contains the patterns.
        if name.ends_with("source_references.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        // Documents may name a requirement: it is a row of docs/requirements.md.
        let mut named =
            name.ends_with(".md") || name.split('/').any(|part| part.contains("tests") || part == "benches");
        for (number, line) in text.lines().enumerate() {
            named |= line.starts_with("#[cfg(test)]");
            let found = unknown_list(line)
                .or_else(|| section_of_a_document(line))
                .or_else(|| requirement(line).filter(|_| !named))
                .or_else(|| missing_document(&root, line))
                .or_else(|| missing_decision(&root, line));
            if let Some(found) = found {
                wrong.push(format!("{name}:{}: {found}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "these references lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn references_are_recognised() {
    assert_eq!(unknown_list("as in contract 2.3"), Some("contract 2"));
    assert_eq!(unknown_list("(Rows 13 and 17)"), Some("Rows 1"));
    assert_eq!(unknown_list("// GW-3."), Some("GW-3"));
    for fine in ["arrow 3", "row {row}", "a contract", "FW-3", "rows: 3", "NGW-3"] {
        assert_eq!(unknown_list(fine), None, "{fine}");
    }
    assert_eq!(section_of_a_document("see limits.md 4.6"), Some(".md 4"));
    assert_eq!(section_of_a_document("see limits.md, 4 times"), None);
    assert_eq!(requirement("(S1-16)"), Some("S1-16"));
    for fine in ["S1-1", "ES1-16", "S1-165", "S1_16"] {
        assert_eq!(requirement(fine), None, "{fine}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert_eq!(missing_document(&root, "see `docs/errors.md` and docs/gone.md"), Some("docs/gone.md"));
    assert_eq!(missing_decision(&root, "ADR 0001, ADR 9999"), Some("ADR 9999"));
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !name.starts_with('.') && !matches!(name, "target" | "node_modules" | "__pycache__") {
                list(&path, files);
            }
        } else if path.extension().is_some_and(|kind| READ.iter().any(|read| kind == *read)) {
            files.push(path);
        }
    }
}

/// Finds a place in the line where a word begins and the rest matches; returns the matched bytes.
fn find(line: &str, matched: impl Fn(&str) -> Option<usize>) -> Option<&str> {
    let begins = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric());
    let at = |at: usize| matched(&line[at..]).map(|length| &line[at..at + length]);
    line.char_indices().filter(|(place, _)| begins(*place)).find_map(|(place, _)| at(place))
}

fn digit_after(rest: &str, word: &str) -> Option<usize> {
    let same = rest.get(..word.len())?;
    // Words may begin a sentence; ids are written in one way.
    let same = same == word || (word.starts_with(char::is_lowercase) && same.eq_ignore_ascii_case(word));
    (same && rest[word.len()..].starts_with(|next: char| next.is_ascii_digit())).then_some(word.len() + 1)
}

fn unknown_list(line: &str) -> Option<&str> {
    find(line, |rest| CITED.iter().find_map(|word| digit_after(rest, word)))
}

fn section_of_a_document(line: &str) -> Option<&str> {
    line.match_indices(".md ").find_map(|(at, _)| digit_after(&line[at..], ".md ").map(|length| &line[at..at + length]))
}

fn requirement(line: &str) -> Option<&str> {
    find(line, |rest| match rest.as_bytes() {
        [b'S', a, b'-', b, c, end @ ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
            (!end.first().is_some_and(u8::is_ascii_alphanumeric)).then_some(5)
        }
        _ => None,
    })
}

fn missing_document<'l>(root: &Path, line: &'l str) -> Option<&'l str> {
    let in_path = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    find(line, |rest| {
        let path = rest
            .strip_prefix("docs/")
            .and_then(|rest| rest.find(|c| !in_path(c)).map_or(Some(rest), |end| rest.get(..end)))?;
        let length = "docs/".len() + path.rfind(".md")? + ".md".len();
        (!root.join(&rest[..length]).is_file()).then_some(length)
    })
}

fn missing_decision<'l>(root: &Path, line: &'l str) -> Option<&'l str> {
    let numbers: Vec<String> = fs::read_dir(root.join("docs/adr"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().chars().take(4).collect())
        .collect();
    find(line, |rest| {
        let number = rest.strip_prefix("ADR ")?.get(..4)?;
        let cited = number.bytes().all(|digit| digit.is_ascii_digit()) && !numbers.iter().any(|known| known == number);
        cited.then_some("ADR 0000".len())
    })
}
