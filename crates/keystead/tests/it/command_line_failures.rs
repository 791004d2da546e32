//! `keystead admin` where something is wrong: errors and exit codes, closed pipes, a node that does not answer; and what
//! works without a configuration.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use keystead_store::testing::PostgresServer;
use serde_json::{Value, json};

use crate::command_line::{Place, errors, with_upstream};
use crate::product::command;

#[test]
fn a_leaked_key_is_read_from_the_input_and_never_shown() {
    let place = Place::new(&[]);
    let made = place.json(&["keys", "create", "--owner", &place.owner, "--project", &place.project]);
    let (id, secret) = (made["id"].as_str().unwrap(), made["value"].as_str().unwrap());
    let find = |input: &[u8]| {
        let mut child = place.command(&["keys", "find"]);
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        // The program may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    };
    let found = find(format!("key = '{secret}'\n\u{fffd}").as_bytes());
    let text = String::from_utf8(found.stdout).unwrap();
    assert!(text.contains(id) && text.contains(&place.organization) && text.contains("active"), "{text}");
    let said = format!("{text}{}", String::from_utf8_lossy(&found.stderr));
    assert!(!said.contains(secret), "neither the answer nor the finest log has the secret");
    for nothing in [&b""[..], b"\xff\xfe", b"sk-proj-unknown"] {
        let output = find(nothing);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
        assert!(errors(&output).contains("no key of this installation"), "{output:?}");
    }
    // A key behind the end of what is read would be missed, so a longer text is refused.
    let long = find(&[b'x'; 200_000]);
    assert_eq!((long.status.code(), long.stdout.len()), (Some(1), 0), "{long:?}");
    assert!(errors(&long).contains("longer than"), "{long:?}");
    let (code, _) = place.refused(&["keys", "find", "key"]);
    assert_eq!(code, 2, "a secret is no argument");
}

#[test]
fn errors_have_words_and_exit_codes() {
    let place = Place::new(&[]);
    let missing = "proj_000000000000000000000000";
    let (code, text) = place.refused(&["projects", "show", missing]);
    assert_eq!((code, text.as_str()), (1, "keystead: No such project: proj_000000000000000000000000."));
    let (code, text) = place.refused(&["projects", "show", missing, "--json"]);
    let over_http = place.product.call("GET", &format!("/v1/organization/projects/{missing}"), &place.admin, None);
    assert_eq!((code, serde_json::from_str::<Value>(&text).unwrap()), (1, over_http.json()));
    for (arguments, wanted) in [
        (vec!["users", "set-role", &place.owner, "reader"], "An organization needs an owner"),
        (vec!["users", "set-role", &place.owner, "king"], "'role'"),
        (vec!["projects", "archive", &place.project], "Default project"),
        (vec!["keys", "revoke", "../x"], "No such API key: ../x."),
        (vec!["keys", "create", "--owner", "user-none", "--project", &place.project], "No such user"),
        (vec!["projects", "list", "--organization", "org-none"], "No such organization: org-none."),
        (vec!["audit", "list", "--type", "A B"], "'event_types'"),
        (vec!["organizations", "set-tags", &place.organization, "vip", "--reason", " "], "'reason'"),
    ] {
        let (code, text) = place.refused(&arguments);
        assert!(code == 1 && text.starts_with("keystead: ") && text.contains(wanted), "{arguments:?}: {code} {text}");
    }
    for arguments in [
        vec!["projects", "list", "--limit", "0"],
        vec!["projects", "show", ""],
        vec!["projects", "lisst"],
        vec!["usage", "--from", "yesterday"],
        vec!["usage", "--days", "3660", "--every", "minute"],
        vec!["usage", "--from", "-9223372036854775808", "--until", "9223372036854775807"],
        vec!["create-key", "--owner", "user-x", "--organization", "org-x"],
    ] {
        let (code, text) = place.refused(&arguments);
        assert!(code == 2 && !text.is_empty() && !text.contains('\u{1b}'), "{arguments:?}: {code} {text}");
    }
    for arguments in [vec!["projects", "show", "--json"], vec!["usage", "--from", "yesterday", "--json"]] {
        let (code, text) = place.refused(&arguments);
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((code, &body["error"]["type"]), (2, &json!("invalid_request_error")), "{arguments:?}: {text}");
    }
    let odd = place.command(&["projects", "show"]).arg(OsStr::from_bytes(b"proj_\xff")).output().unwrap();
    assert_eq!(odd.status.code(), Some(2), "{odd:?}");
    // With a second organization, one must be named.
    let more = ["bootstrap", "--email", "ben@example.com", "--organization", "Second", "--json"];
    let second = serde_json::from_str::<Value>(&place.text(&more)).unwrap();
    let (code, text) = place.refused(&["projects", "list"]);
    assert!(code == 2 && text.contains("--organization is needed: this installation has 2"), "{code} {text}");
    let of_second = place.json(&["projects", "list", "--organization", second["organization_id"].as_str().unwrap()]);
    assert_eq!(of_second["last_id"], second["project_id"], "{of_second}");
    assert_eq!(
        place
            .refused(&[
                "projects",
                "show",
                &place.project,
                "--organization",
                second["organization_id"].as_str().unwrap()
            ])
            .0,
        1
    );
    place.json(&["models", "list"]);
    place.json(&["verifications", "cases"]);
    an_organization_is_never_ignored(&place, second["organization_id"].as_str().unwrap());
    // A database that does not answer.
    let away = |more: &[&str]| {
        let mut command = place.command(&[&["projects", "list"], more].concat());
        command.env("KEYSTEAD_DATABASE__URL", "postgres://keystead@127.0.0.1:9/none").output().unwrap()
    };
    let output = away(&[]);
    assert!(
        output.status.code() == Some(1) && errors(&output).contains("the database cannot be reached"),
        "{output:?}"
    );
    let output = away(&["--json"]);
    let body: Value = serde_json::from_str(errors(&output).lines().last().unwrap()).unwrap();
    assert_eq!((&body["error"]["type"], &body["error"]["code"]), (&json!("server_error"), &Value::Null), "{body}");
}

/// A command honours a named organization or refuses it.
fn an_organization_is_never_ignored(place: &Place, second: &str) {
    let made = ["--owner", &place.owner, "--organization", &place.organization];
    let key = place.json(&[&["keys", "create", "--project", &place.project][..], &made].concat());
    let legacy =
        serde_json::from_str::<Value>(&place.text(&[&["create-key", "--kind", "user", "--json"][..], &made].concat()));
    let (key, secret) = (key["id"].as_str().unwrap(), key["value"].as_str().unwrap());
    let legacy = legacy.unwrap()["id"].as_str().unwrap().to_owned();
    for verb in ["show", "pause", "resume", "rotate", "revoke"] {
        for id in [key, legacy.as_str()] {
            let (code, text) = place.refused(&["keys", verb, id, "--organization", second]);
            assert_eq!((code, text), (1, format!("keystead: No such API key: {id}.")), "{verb}");
        }
    }
    let mut find = place.command(&["keys", "find", "--organization", second]);
    let mut find = find.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    find.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
    let output = find.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{output:?}");
    assert!(errors(&output).contains("no key of this organization"), "{output:?}");
    let shown = place.json(&["keys", "show", key, "--organization", &place.organization]);
    assert_eq!(shown["state"], "active", "it was not revoked");
    // The id of a key names its organization.
    assert!(place.json(&["keys", "pause", key])["paused_at"].is_i64());
    assert!(place.json(&["keys", "resume", key])["paused_at"].is_null());
    let (code, text) = place.refused(&["keys", "pause", &legacy]);
    assert_eq!((code, text), (1, format!("keystead: No such API key: {legacy}.")), "it belongs to none");
    place.text(&["keys", "revoke", key, "--organization", &place.organization]);
    place.text(&["keys", "revoke", &legacy]);
    for arguments in [["models", "list"], ["verifications", "cases"]] {
        let (code, text) = place.refused(&[&arguments[..], &["--organization", second]].concat());
        assert!(code == 2 && text.contains("leave --organization out"), "{arguments:?}: {text}");
    }
}

#[test]
fn a_reader_that_leaves_ends_it_quietly_and_a_full_disk_does_not() {
    let place = Place::new(&[]);
    for arguments in [vec!["audit", "export"], vec!["projects", "list"], vec!["projects", "list", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = place.command(&arguments).stdout(writer).output().unwrap();
        assert!(output.status.success() && errors(&output).is_empty(), "{arguments:?}: {output:?}");
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(&arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(errors(&output).contains("No space left"), "{output:?}");
    }
    // A key that nobody has seen is named, so that it can be revoked.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let project = place.project.as_str();
    for arguments in [
        vec!["keys", "create", "--owner", &place.owner, "--project", project],
        vec!["service-accounts", "create", "--project", project, "Bot", "--json"],
        vec!["admin-keys", "create", "--owner", &place.owner],
    ] {
        let writer = writer.try_clone().unwrap();
        let output = place.command(&arguments).stdout(writer).output().unwrap();
        let said = errors(&output);
        let id = said.split_whitespace().find(|word| word.starts_with("key_")).unwrap_or_default();
        assert!(output.status.code() == Some(1) && said.contains("could not be shown"), "{said}");
        place.text(&["keys", "revoke", id]);
    }
}

/// The commands of the first hour tell of a secret that no one has seen, and so do the others of a full disk.
#[test]
fn the_first_commands_lose_no_secret_silently() {
    let place = Place::new(&[]);
    let (organization, project, owner) = (place.organization.as_str(), place.project.as_str(), place.owner.as_str());
    let create = ["create-key", "--organization", organization, "--project", project, "--owner", owner];
    let bootstrap = ["bootstrap", "--email", "ben@example.com", "--organization"];
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    for (number, output) in [closed(), full(), closed(), full()].into_iter().enumerate() {
        let json: &[&str] = if number < 2 { &[] } else { &["--json"] };
        let output = place.command(&[&create[..], json].concat()).stdout(output).output().unwrap();
        let said = errors(&output);
        let id = said.split_whitespace().find(|word| word.starts_with("key_")).unwrap_or_default();
        assert!(output.status.code() == Some(1) && said.contains("could not be shown"), "{said}");
        place.text(&["keys", "revoke", id]);
    }
    for (name, output) in [("Second", closed()), ("Third", full())] {
        let output = place.command(&[&bootstrap[..], &[name]].concat()).stdout(output).output().unwrap();
        let said = errors(&output);
        assert!(output.status.code() == Some(1) && said.contains("admin-keys create --organization org-"), "{said}");
        assert!(!said.contains("sk-admin-"), "the error does not have the secret: {said}");
    }
    let output = command(&place.product.folder(), &place.product.variables()).arg("migrate").stdout(full()).output();
    assert_eq!(output.unwrap().status.code(), Some(1), "other commands tell of a full disk, too");
}

/// A node that does not answer may still serve the key; the operator reads that, and so does the audit log.
#[test]
fn a_node_that_does_not_confirm_is_reported() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let place = with_upstream(&[("KEYSTEAD_DATABASE__URL", &url)]);
    let made = place.json(&["keys", "create", "--owner", &place.owner, "--project", &place.project]);
    let (id, key) = (made["id"].as_str().unwrap(), made["value"].as_str().unwrap());
    assert_eq!(place.models(key), 200);
    let signal = |name: &str| {
        let node = place.product.id().to_string();
        assert!(Command::new("kill").args([name, &node]).status().unwrap().success());
    };
    signal("-STOP");
    let output = place.output(&["keys", "revoke", id]);
    let said = errors(&output);
    assert!(said.contains("1 of 1 running nodes have not confirmed"), "{said}");
    // The exit code is its own, and no sentence says that the key is refused.
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{output:?}");
    let log = place.json(&["audit", "list", "--limit", "1"]);
    assert_eq!(log["data"][0]["keystead_type"], "change.unconfirmed", "{log}");
    // A program reads the answer, and the error beside it. A new secret is shown all the same.
    let made = ["keys", "create", "--owner", &place.owner, "--project", &place.project, "--json"];
    let output = place.output(&made);
    let error: Value = serde_json::from_str(errors(&output).lines().last().unwrap()).unwrap();
    assert_eq!((output.status.code(), &error["error"]["code"]), (Some(3), &json!("change_unconfirmed")), "{output:?}");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let second = shown["value"].as_str().unwrap();
    signal("-CONT");
    assert_eq!(place.models(key), 401, "it reads the changes before it serves");
    assert_eq!(place.models(second), 200);
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        // A configuration that cannot be read does not matter here.
        let output = command(folder.path(), &[]).args(["--config", "none.toml"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for (shell, wanted) in [("bash", "service-accounts"), ("zsh", "service-accounts"), ("fish", "service-accounts")] {
        let text = run(&["completions", shell]);
        assert!(text.contains(wanted) && text.contains("set-role"), "{shell}");
    }
    let script = folder.path().join("keystead.bash");
    std::fs::write(&script, run(&["completions", "bash"])).unwrap();
    assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success());
    assert!(run(&["man"]).contains(".TH keystead 1"));
    let pages = folder.path().join("man/man1");
    run(&["man", "--to", pages.to_str().unwrap()]);
    for page in ["keystead.1", "keystead-serve.1", "keystead-admin.1", "keystead-admin-keys-find.1"] {
        assert!(std::fs::read_to_string(pages.join(page)).unwrap().contains(".SH"), "{page}");
    }
}
