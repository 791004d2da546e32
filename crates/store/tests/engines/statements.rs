//! Every constant statement of the table modules is prepared on both engines: a column that one of them does not know,
//! or a spelling only one understands, fails here and not in front of people.

use std::path::{Path, PathBuf};

use keystead_store::Store;
use sqlx::{Connection, Executor, SqlSafeStr};

use crate::database;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

/// String literals that begin like a statement, with line continuations joined.
fn statements(source: &str) -> Vec<(bool, bool, String)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('"') {
        let before = rest[..start].trim_end();
        let (sqlite_only, postgres_only) = (before.ends_with("sqlite:"), before.ends_with("postgres:"));
        let body = &rest[start + 1..];
        let mut end = 0;
        while body.as_bytes()[end] != b'"' {
            end += if body.as_bytes()[end] == b'\\' { 2 } else { 1 };
        }
        let mut text = String::new();
        for (n, line) in body[..end].split("\\\n").enumerate() {
            text.push_str(if n == 0 { line } else { line.trim_start() });
        }
        let begins = ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|word| text.starts_with(word));
        // Texts of the list builder have holes and are run by the stories instead.
        if begins && !text.contains('{') && text.contains(' ') {
            found.push((sqlite_only, postgres_only, text));
        }
        rest = &body[end + 1..];
    }
    found
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tables"), &mut files);
    let all: Vec<_> = files.iter().flat_map(|path| statements(&std::fs::read_to_string(path).unwrap())).collect();
    assert!(all.len() > 50, "the search for statements found only {}", all.len());

    let folder = std::env::temp_dir().join(format!("keystead-statements-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let address = format!("sqlite://{}/statements.db", folder.display());
    Store::open(&address).await.unwrap().migrate().await.unwrap();
    let mut sqlite = sqlx::SqliteConnection::connect(&address).await.unwrap();
    for (_, postgres_only, text) in &all {
        if !postgres_only {
            let prepared = (&mut sqlite).prepare(sqlx::AssertSqlSafe(text.clone()).into_sql_str()).await;
            assert!(prepared.is_ok(), "SQLite: {text}: {:?}", prepared.err());
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();

    let Some(server) = database::server() else { return };
    database::stores("statements").await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let address = format!("{base}/store_statements_{}", std::process::id());
    let mut postgres = sqlx::PgConnection::connect(&address).await.unwrap();
    for (sqlite_only, _, text) in &all {
        if !sqlite_only {
            let prepared = (&mut postgres).prepare(sqlx::AssertSqlSafe(text.clone()).into_sql_str()).await;
            assert!(prepared.is_ok(), "PostgreSQL: {text}: {:?}", prepared.err());
        }
    }
}
