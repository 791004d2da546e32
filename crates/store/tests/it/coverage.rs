//! Completeness of the suite: every statement is prepared on both engines, every function is used in a story.

use std::path::{Path, PathBuf};

use sqlx::{Connection, Executor, SqlSafeStr};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(sources(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

#[derive(Debug)]
struct Statement {
    text: String,
    sqlite: bool,
    postgres: bool,
}

/// Returns the source with parts of statements written out where they come from a macro such as `columns!()`.
fn written_out(source: &str) -> String {
    let macros = source.split("macro_rules! ").skip(1).filter_map(|text| {
        let (name, rest) = text.split_once(' ')?;
        let is_text = rest.split_once("=> {")?.1.trim_start().starts_with('"');
        Some((format!("{name}!()"), text.split('"').nth(1)?)).filter(|_| is_text)
    });
    let macros: Vec<_> = macros.collect();
    let mut source = source.to_owned();
    for (call, columns) in macros {
        let mut parts = source.split(&call);
        let mut whole = parts.next().unwrap().to_owned();
        for part in parts {
            let (before, after) = (whole.trim_end_matches([' ', '\n', ',']), part.trim_start_matches([' ', '\n', ',']));
            whole = match (before.strip_suffix('"'), after.strip_prefix('"')) {
                (Some(before), Some(after)) => format!("{before}{columns}{after}"),
                (Some(before), None) => format!("{before}{columns}\"{part}"),
                _ => format!("{whole}{call}{part}"),
            };
        }
        source = whole;
    }
    source
}

/// Returns the string literals that are statements, with continuation lines joined.
fn statements(source: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let source = written_out(source);
    let mut rest = source.as_str();
    while let Some(start) = rest.find('"') {
        let before = rest[..start].trim_end();
        let before = before.strip_suffix("concat!(").unwrap_or(before).trim_end();
        let (mut text, mut escaped, mut end) = (String::new(), false, start + 1);
        for c in rest[start + 1..].chars() {
            end += c.len_utf8();
            match c {
                _ if escaped => {
                    escaped = false;
                    text.push(if c == '\n' { ' ' } else { c });
                }
                '\\' => escaped = true,
                '"' => break,
                _ => text.push(c),
            }
        }
        let words = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];
        if words.iter().any(|word| text.starts_with(word)) {
            let (sqlite, postgres) = (!before.ends_with("postgres:"), !before.ends_with("sqlite:"));
            found.push(Statement { text, sqlite, postgres });
        }
        rest = &rest[end..];
    }
    found
}

pub(crate) async fn every_statement_prepares(sqlite: &str, postgres: &str) {
    let mut sqlite = sqlx::SqliteConnection::connect(sqlite).await.unwrap();
    let mut postgres = sqlx::PgConnection::connect(postgres).await.unwrap();
    let (mut prepared, mut built) = (0, 0);
    for path in sources(&here("src/tables")) {
        let source = std::fs::read_to_string(&path).unwrap();
        for statement in statements(&source) {
            // Texts with placeholders are put together for lists of any length; the stories run those.
            if statement.text.contains('{') {
                built += 1;
                continue;
            }
            prepared += 1;
            let text = || sqlx::AssertSqlSafe(statement.text.clone()).into_sql_str();
            let shown = format!("{}: {}", path.display(), statement.text);
            if statement.sqlite {
                (&mut sqlite).prepare(text()).await.unwrap_or_else(|error| panic!("SQLite: {error}: {shown}"));
            }
            if statement.postgres {
                (&mut postgres).prepare(text()).await.unwrap_or_else(|error| panic!("PostgreSQL: {error}: {shown}"));
            }
        }
    }
    assert!(prepared > 70, "only {prepared} statements were found");
    assert_eq!(built, 8, "a new text with holes? Let the list builder make it.");
}

/// A function in no story would never have run on any engine.
pub(crate) fn every_function_is_named() {
    let stories: String =
        sources(&here("tests/it")).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut functions = 0;
    for path in sources(&here("src/tables")) {
        let module = path.strip_prefix(here("src/tables")).unwrap().iter().next().unwrap().to_str().unwrap();
        let module = module.trim_end_matches(".rs");
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            functions += 1;
            assert!(stories.contains(&format!("{module}::{name}(")), "no story calls {module}::{name}");
        }
    }
    assert!(functions > 60, "only {functions} functions were found");
}
