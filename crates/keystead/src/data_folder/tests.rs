use std::os::unix::fs::symlink;

use super::*;

fn tighten() -> Guard {
    Guard { wide: Wide::Tighten, us: us() }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn folder_with(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    }
    folder
}

#[test]
fn what_was_open_to_others_is_closed() {
    let files = ["keystead.db", "keystead.db-wal", "keystead.db-shm", "spool/1.log", "evidence/case/front"];
    let folder = folder_with(&files);
    let at = |name: &str| folder.path().join(name);
    let told = Guard { wide: Wide::Tell, us: us() }.all(folder.path(), None);
    assert!(matches!(told, Err(FolderError::Wide { .. })), "{told:?}");
    assert_eq!(mode(&at("keystead.db")), 0o644, "to look changes nothing");
    tighten().all(folder.path(), None).unwrap();
    assert_eq!(files.map(|file| mode(&at(file))), [0o600; 5]);
    assert_eq!(["", "spool", "evidence", "evidence/case"].map(|name| mode(&at(name))), [0o700; 4]);
    Guard { wide: Wide::Tell, us: us() }.all(folder.path(), None).unwrap();
}

#[test]
fn planted_links_are_refused() {
    for name in ["secrets.toml", "keystead.db", "keystead.db-wal", "spool", "spool/1.log", "evidence/case"] {
        let folder = folder_with(&["elsewhere", "spool/0.log", "evidence/0"]);
        let link = folder.path().join(name);
        if name == "spool" {
            fs::remove_dir_all(&link).unwrap();
        }
        symlink(folder.path().join("elsewhere"), &link).unwrap();
        let refused = tighten().all(folder.path(), None);
        assert!(matches!(&refused, Err(FolderError::Link { path }) if *path == link), "{name}: {refused:?}");
        assert_eq!(mode(&folder.path().join("elsewhere")), 0o644, "{name}: its target is not touched");
    }
}

#[test]
fn another_users_files_are_refused_with_the_way_out() {
    let folder = folder_with(&["keystead.db"]);
    let refused = Guard { wide: Wide::Tighten, us: us() + 1 }.entry(&folder.path().join("keystead.db"), Some(0o600));
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("keystead.db") && text.contains(&format!("runs as user {}", us() + 1)), "{text}");
}

#[test]
fn a_volume_of_roots_is_used_unless_everybody_may_write_there() {
    if us() != 0 {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o2775)).unwrap();
    let guest = Guard { wide: Wide::Tighten, us: 1_000 };
    guest.folder(folder.path()).unwrap();
    assert_eq!(mode(folder.path()), 0o775, "it is not this user's to change");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(guest.folder(folder.path()), Err(FolderError::Shared { .. })));
}

#[test]
fn addresses_of_sqlite_name_their_files() {
    for (url, file) in [
        ("sqlite:///var/lib/a%20b.db?mode=rwc", Some("/var/lib/a b.db")),
        ("sqlite://keystead.db", Some("keystead.db")),
        ("sqlite:keystead.db", Some("keystead.db")),
        ("sqlite::memory:", None),
        ("postgres://h/d", None),
    ] {
        assert_eq!(database_file(url), file.map(PathBuf::from), "{url}");
    }
}
