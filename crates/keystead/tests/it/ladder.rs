//! Dependencies between crates: `cargo` refuses circles, this test refuses dependencies that are not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// What each crate may use of the others. `testkit` may only be a dev-dependency.
const LADDER: &[(&str, &[&str])] = &[
    ("keystead-core", &[]),
    ("keystead-reference", &["keystead-core"]),
    ("keystead-store", &["keystead-core"]),
    ("keystead-documents", &["keystead-core"]),
    ("keystead-providers", &["keystead-core"]),
    ("keystead-gateway", &["keystead-core"]),
    ("keystead-sandbox", &[]),
    ("keystead-locales", &["keystead-core"]),
    (
        "keystead-app",
        &["keystead-core", "keystead-store", "keystead-documents", "keystead-providers", "keystead-locales"],
    ),
    ("keystead-api", &["keystead-app", "keystead-core"]),
    ("keystead-dashboard", &["keystead-app", "keystead-locales", "keystead-reference", "keystead-core"]),
    (
        "keystead",
        &[
            "keystead-core",
            "keystead-store",
            "keystead-providers",
            "keystead-gateway",
            "keystead-sandbox",
            "keystead-app",
            "keystead-api",
            "keystead-dashboard",
            "keystead-locales",
        ],
    ),
    ("xtask", &[]),
];

/// The production build leaves the sandbox out, so only the binary may use it, and only as an option.
#[test]
fn the_sandbox_can_be_left_out() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["name"] == "keystead-sandbox" && dependency["kind"] != "dev" {
                assert_eq!(dependency["optional"], true, "{}", package["name"]);
            }
        }
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn arrows_point_down() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        LADDER.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let below = dependency["name"].as_str().unwrap();
            let ours = below.starts_with("keystead") || below == "xtask";
            let dev = dependency["kind"] == "dev";
            if !ours || dev || name == "keystead-testkit" {
                continue;
            }
            match allowed.get(name) {
                Some(list) if list.contains(below) => {}
                Some(_) => wrong.push(format!("{name} -> {below}")),
                None => wrong.push(format!("{name} is not in the list")),
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the picture does not show: {wrong:?}");
}

/// Each feature of the testkit brings a crate with it: only that crate and those above may ask for it.
#[test]
fn tests_use_no_crate_above_theirs() {
    let below: BTreeMap<&str, &[&str]> = LADDER.iter().copied().collect();
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["name"] != "keystead-testkit" {
                continue;
            }
            for feature in dependency["features"].as_array().unwrap() {
                let brings = match feature.as_str().unwrap() {
                    "app" => "keystead-app",
                    "database" => "keystead-store",
                    "pictures" => continue,
                    other => panic!("what does {other} bring?"),
                };
                assert!(name == brings || below[name].contains(&brings), "{name} asks for {feature}");
            }
        }
    }
}

#[test]
fn the_testkit_is_never_released() {
    for package in metadata()["packages"].as_array().unwrap() {
        for dependency in package["dependencies"].as_array().unwrap() {
            if dependency["name"] == "keystead-testkit" {
                assert_eq!(dependency["kind"], "dev", "{} releases the testkit", package["name"]);
            }
        }
    }
}
