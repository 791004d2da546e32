//! Permissions are read after the lock of changes: a person who loses a permission in another transaction would otherwise
//! still act on it. The engines differ only under load, so the sources are read.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

/// Each writing transaction of the use cases: its name and its text.
fn transactions() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        for piece in text.split("write_tx!(").skip(1) {
            let body = piece.split("\n        })").next().unwrap();
            let name = body.split('"').nth(1).unwrap_or_default();
            all.push((name.to_owned(), body.to_owned()));
        }
    }
    assert!(all.len() > 100, "{}", all.len());
    all
}

#[test]
fn permissions_are_read_after_the_lock() {
    for (name, body) in transactions() {
        let (Some(lock), Some(judged)) = (body.find("changes::lock("), body.find("authorize")) else { continue };
        assert!(lock < judged, "{name} reads permissions before the lock of changes");
    }
}

/// Who may make or end a key is decided by what people and accounts hold, which may change beside it.
#[test]
fn acts_that_depend_on_what_others_hold_lock_first() {
    let all = transactions();
    for wanted in [
        "create_admin_key",
        "delete_admin_key",
        "pause_key",
        "resume_key",
        "set_key_cap",
        "rotate_key",
        "create_service_account",
        "create_service_account_key",
        "update_service_account",
        "delete_service_account",
        "create_federation_rule",
        "update_federation_rule",
        "update_workload_identity_provider",
    ] {
        let found = all.iter().find(|(name, _)| name == wanted);
        let (_, body) = found.unwrap_or_else(|| panic!("no transaction {wanted}"));
        assert!(body.contains("changes::lock("), "{wanted}");
    }
}
