//! `cargo xtask requirements`: writes into `docs/requirements.md` which tests name each requirement.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{self, Done};

const DOCUMENT: &str = "docs/requirements.md";

pub(crate) fn run() -> Done {
    let root = shell::root();
    let mut tests = Vec::new();
    for folder in ["crates", "tests", "fuzz", "xtask"] {
        collect(&root.join(folder), &mut tests)?;
    }
    tests.sort();
    let path = root.join(DOCUMENT);
    let document = read(&path)?;
    let lines = document.lines().map(|line| rewritten(&root, line, &tests)).collect::<Vec<_>>().join("\n");
    fs::write(&path, lines + "\n").map_err(|error| format!("{DOCUMENT}: {error}"))
}

/// Returns a row with its third column computed from the tests; another line unchanged.
fn rewritten(root: &Path, line: &str, tests: &[(PathBuf, String)]) -> String {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [id, sentence, _] = cells[..] else { return line.to_owned() };
    let [b'S', b'0'..=b'9', b'-', b'0'..=b'9', b'0'..=b'9'] = id.as_bytes() else { return line.to_owned() };
    let named = tests.iter().filter(|(_, text)| text.contains(id)).map(|(path, _)| {
        let path = path.strip_prefix(root).unwrap_or(path).display();
        format!("`{path}`")
    });
    format!("| {id} | {sentence} | {} |", named.collect::<Vec<_>>().join(", "))
}

/// Collects test sources below a folder: the file and its part with tests.
fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) -> Done {
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if name != "target" && name != "node_modules" {
                collect(&path, found)?;
            }
        } else if [".rs", ".mjs", ".js", ".py"].iter().any(|end| name.ends_with(end)) {
            let text = read(&path)?;
            let whole = name.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
            let inline = text.split_once("#[cfg(test)]\nmod tests {").map(|(_, tests)| tests.to_owned());
            found.extend(if whole { Some(text) } else { inline }.map(|text| (path, text)));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Done<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
