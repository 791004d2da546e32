//! References of documents are valid: files, headings, and the tests of each requirement.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Lists every file below a folder with one of these endings, as paths from the root. Build output is left out.
fn files(folder: &str, ends: &[&str]) -> Vec<String> {
    let (root, mut found, mut folders) = (root(), Vec::new(), vec![PathBuf::from(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let (name, path) = (entry.file_name().into_string().unwrap(), folder.join(entry.file_name()));
            if entry.file_type().unwrap().is_dir() {
                if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if ends.iter().any(|end| name.ends_with(end)) {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The documents of the repository.
fn documents() -> Vec<String> {
    let mut all = files("docs", &[".md"]);
    all.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "fuzz/README.md"].map(str::to_owned));
    all
}

/// The references in a document.
#[derive(Default)]
struct Document {
    /// Targets of links and pictures.
    links: Vec<String>,
    /// Addresses of its headings.
    anchors: BTreeSet<String>,
    /// Texts in code spans.
    code: Vec<String>,
}

fn document(text: &str) -> Document {
    let (mut found, mut heading) = (Document::default(), None::<String>);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let address = anchor(&heading.take().unwrap_or_default());
                // A second heading with the same text gets a number, as on GitHub.
                let numbered = (1..).map(|number| format!("{address}-{number}"));
                let free = std::iter::once(address.clone()).chain(numbered).find(|one| !found.anchors.contains(one));
                found.anchors.extend(free);
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.links.push(dest_url.into_string());
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                found
                    .links
                    .extend(html.split("src=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.into())));
            }
            Event::Code(code) => {
                heading.iter_mut().for_each(|heading| heading.push_str(&code));
                found.code.push(code.into_string());
            }
            Event::Text(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
            _ => {}
        }
    }
    found
}

/// Returns the anchor of a heading, as GitHub builds it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_'].contains(c)).collect()
}

/// Resolves a path that is written in a file, from the root; `None` when it leaves the repository.
fn resolve(file: &str, target: &str) -> Option<String> {
    let mut path = PathBuf::from(file);
    path.pop();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => path.pop().then_some(())?,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path.to_str().map(str::to_owned)
}

#[test]
fn links_resolve() {
    let all: BTreeMap<String, Document> =
        documents().into_iter().map(|path| (path.clone(), document(&read(&path)))).collect();
    let mut broken = Vec::new();
    for (path, document) in &all {
        for link in document.links.iter().filter(|link| !link.contains(':')) {
            let (target, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { Some(path.clone()) } else { resolve(path, target) };
            let there = target.as_ref().is_some_and(|target| root().join(target).exists());
            let heading = fragment.is_empty()
                || target.and_then(|target| all.get(&target)).is_some_and(|other| other.anchors.contains(fragment));
            if !there || !heading {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// Expands `a/{b,c}.rs` into two paths.
fn alternatives(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((inner, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    inner.split(',').map(|one| format!("{before}{one}{after}")).collect()
}

/// Checks paths in code spans, from the root, and names of source files alone. Texts with placeholders are not paths.
#[test]
fn paths_in_documents_exist() {
    let folders = ["crates/", "docs/", "fuzz/", "tests/", "xtask/", ".github/"];
    let sources: Vec<String> = ["crates", "xtask", "fuzz"].iter().flat_map(|folder| files(folder, &[".rs"])).collect();
    let mut missing = Vec::new();
    for path in documents() {
        for code in document(&read(&path)).code {
            let alone = code.ends_with(".rs") && !code.contains(['/', ' ', '<', '*']);
            if alone && !sources.iter().any(|source| source.ends_with(&format!("/{code}"))) {
                missing.push(format!("{path}: {code}"));
            }
            let placeholder = code.contains(['<', '*', '…', ' ']) || code.contains("{topic}");
            if placeholder || !folders.iter().any(|folder| code.starts_with(folder)) {
                continue;
            }
            let absent = |one: &String| !root().join(one).exists();
            missing.extend(alternatives(&code).into_iter().filter(absent).map(|one| format!("{path}: {one}")));
        }
    }
    assert!(missing.is_empty(), "paths that do not exist:\n{}", missing.join("\n"));
}

/// Returns the ids of requirements in a text.
fn ids(text: &str) -> BTreeSet<&str> {
    let id = |at: usize| {
        let id = text.get(at..at + 5)?;
        let digit = |place: usize| id.as_bytes().get(place).is_some_and(u8::is_ascii_digit);
        let whole = digit(1) && id.as_bytes().get(2) == Some(&b'-') && digit(3) && digit(4);
        let alone = text.get(..at).is_some_and(|before| !before.ends_with(|c: char| c.is_ascii_alphanumeric()));
        (whole && alone).then_some(id)
    };
    text.match_indices('S').filter_map(|(at, _)| id(at)).collect()
}

/// Returns the rows of `docs/requirements.md`: id, and the files in which it is tested.
fn requirements() -> BTreeMap<String, Vec<String>> {
    let text = read("docs/requirements.md");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [id, _, tested] = cells[..] else { return None };
        let paths = tested.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        ids(id).contains(id).then(|| (id.to_owned(), paths))
    });
    rows.collect()
}

#[test]
fn every_requirement_names_its_tests() {
    let rows = requirements();
    assert_eq!(rows.len(), 138);
    let sources: BTreeMap<String, String> = ["crates", "tests", "fuzz", "xtask"]
        .iter()
        .flat_map(|folder| files(folder, &[".rs", ".mjs", ".js", ".py"]))
        .map(|path| (path.clone(), read(&path)))
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in &sources {
        wrong.extend(ids(text).into_iter().filter(|id| !rows.contains_key(*id)).map(|id| format!("{path}: {id}")));
    }
    let is_test =
        |path: &str, text: &str| path.contains("tests/") || path.ends_with("tests.rs") || text.contains("#[cfg(test)]");
    for (id, paths) in &rows {
        let tested =
            |path: &String| sources.get(path).is_some_and(|text| is_test(path, text) && ids(text).contains(&**id));
        if paths.is_empty() || !paths.iter().all(tested) {
            wrong.push(format!("docs/requirements.md: {id} is not tested in {paths:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n`cargo xtask requirements` writes the column again", wrong.join("\n"));
}
