//! From an empty folder to a metered call, and back.

use std::time::Duration;

use keystead_store::tables::key_addresses;
use serde_json::{Value, json};

use crate::product::{Product, pause};
use crate::upstream;

fn chat() -> Value {
    json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "canary-prompt-text" }] })
}

/// Makes a project with a service account's key.
fn project_key(product: &Product, admin: &str) -> (String, Value) {
    let project = product.call("POST", "/v1/organization/projects", admin, Some(&json!({ "name": "One" })));
    assert_eq!(project.status, 200, "{project:?}");
    let id = project.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/organization/projects/{id}/service_accounts");
    let account = product.call("POST", &path, admin, Some(&json!({ "name": "Bot" })));
    assert_eq!(account.status, 200, "{account:?}");
    (id, account.json())
}

// S1-27, S1-28, S1-29, S2-12
#[test]
fn first_call_is_metered_and_a_revoked_key_is_refused_at_once() {
    let base_url = upstream::start();
    let product = Product::start(&[
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let made = product.bootstrap();
    let fields: Vec<&String> = made.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["admin_key", "organization_id", "project_id", "sign_in_link", "user_id"]);
    let admin = made["admin_key"].as_str().unwrap();
    let (project, account) = project_key(&product, admin);
    let key = account["api_key"]["value"].as_str().unwrap();
    assert!(key.starts_with("sk-svcacct-"));

    let answer = product.call("POST", "/v1/chat/completions", key, Some(&chat()));
    assert_eq!(answer.status, 200, "{answer:?}");
    let used = answer.json()["usage"]["prompt_tokens"].as_i64().unwrap();

    let mut counted = 0;
    for _ in 0..100 {
        counted = usage(&product, admin, &project);
        if counted == used {
            break;
        }
        pause(Duration::from_millis(50));
    }
    assert_eq!(counted, used);

    let account_path =
        format!("/v1/organization/projects/{project}/service_accounts/{}", account["id"].as_str().unwrap());
    assert_eq!(product.call("DELETE", &account_path, admin, None).status, 200);
    let refused = product.call("POST", "/v1/chat/completions", key, Some(&chat()));
    assert_eq!(refused.status, 401, "{refused:?}");

    // The canary: neither keys nor prompts appear in a log line, not even at the finest level.
    let log = product.log();
    assert!(log.contains("/v1/chat/completions"), "requests are logged");
    for secret in [key, admin, "canary-prompt-text"] {
        assert!(!log.contains(secret), "a secret was logged");
    }
}

fn usage(product: &Product, admin: &str, project: &str) -> i64 {
    let now = std::process::Command::new("date").arg("+%s").output().unwrap();
    let now: i64 = String::from_utf8(now.stdout).unwrap().trim().parse().unwrap();
    let path = format!("/v1/organization/usage/completions?start_time={}&project_ids={project}", now - 86_400);
    let answer = product.call("GET", &path, admin, None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let buckets = body["data"].as_array().unwrap();
    let results = buckets.iter().flat_map(|bucket| bucket["results"].as_array().unwrap());
    results.map(|result| result["input_tokens"].as_i64().unwrap()).sum()
}

#[test]
fn keys_of_an_archived_project_are_refused_at_once() {
    let product = Product::start(&[]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let (project, account) = project_key(&product, admin);
    let key = account["api_key"]["value"].as_str().unwrap();
    assert_eq!(product.call("GET", "/v1/models", key, None).status, 200);
    let archived = product.call("POST", &format!("/v1/organization/projects/{project}/archive"), admin, None);
    assert_eq!(archived.status, 200, "{archived:?}");
    let refused = product.call("GET", "/v1/models", key, None);
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_str()),
        (401, Some("not_authorized_invalid_project"))
    );
}

/// A backup is made while the program serves. With the secrets of its installation, its keys work when it replaces the
/// database, and later data is missing. It gives no access by itself.
#[test]
fn a_backup_is_complete_except_for_secrets() {
    let product = Product::start(&[]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let folder = product.folder().join("backup");
    let told = product.run(&["backup", "--to", folder.to_str().unwrap(), "--json"]);
    let file = folder.join("keystead.db");
    assert_eq!(told["bytes"].as_u64().unwrap(), std::fs::metadata(&file).unwrap().len());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!((mode & 0o777, std::fs::read_dir(&folder).unwrap().count()), (0o600, 1), "no secrets beside it");
    let later = product.call("POST", "/v1/organization/projects", admin, Some(&json!({ "name": "Later" })));
    assert_eq!(later.status, 200);

    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&file, restored.path().join("keystead.db")).unwrap();
    let start = || Product::start(&[("KEYSTEAD_SERVER__DATA_DIR", restored.path().to_str().unwrap())]);
    let without = start().call("GET", "/v1/organization/projects", admin, None);
    assert_eq!(without.status, 401, "with other secrets it opens nothing");
    let secrets = product.folder().join("data/secrets.toml");
    std::fs::copy(secrets, restored.path().join("secrets.toml")).unwrap();
    let listed = start().call("GET", "/v1/organization/projects", admin, None);
    assert!(listed.status == 200 && !listed.body.contains("Later"), "{listed:?}");
}

/// PostgreSQL is copied by its own program, which does not get the password where others could read it.
#[test]
fn a_backup_of_postgresql_is_a_dump_that_can_be_restored() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(keystead_store::testing::PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let product = Product::start(&[("KEYSTEAD_DATABASE__URL", &url)]);
    let made = product.bootstrap();
    let folder = product.folder().join("backup");
    let told = product.run(&["backup", "--to", folder.to_str().unwrap(), "--json"]);
    let dump = std::fs::read(told["file"].as_str().unwrap()).unwrap();
    assert!(dump.starts_with(b"PGDMP") && told["bytes"].as_u64() == u64::try_from(dump.len()).ok());

    // The command of docs/production.md.
    let empty = server.bare_database().unwrap();
    let restored = std::process::Command::new("pg_restore")
        .args(["--exit-on-error", "--single-transaction", "--no-owner", "--dbname", &empty])
        .arg(told["file"].as_str().unwrap())
        .output()
        .unwrap();
    assert!(restored.status.success(), "{restored:?}");
    let product = product.again_with("KEYSTEAD_DATABASE__URL", &empty);
    let projects = product.call("GET", "/v1/organization/projects", made["admin_key"].as_str().unwrap(), None).json();
    assert_eq!(projects["data"][0]["id"], made["project_id"], "{projects}");
}

/// `last_used_at` and the client's address of keys that no usage event names: one that administers, and one that only
/// lists models. A node that shuts down in order loses none of it.
#[test]
fn keys_that_only_read_count_as_used() {
    let mut product = Product::start(&[]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let (project, account) = project_key(&product, admin);
    let key = account["api_key"]["value"].as_str().unwrap();
    assert_eq!(product.call("GET", "/v1/models", key, None).status, 200);
    let ended = std::process::Command::new("kill").arg("-TERM").arg(product.id().to_string()).status().unwrap();
    assert!(ended.success() && product.wait().success(), "{}", product.log());
    assert_eq!(addresses(&product, account["api_key"]["id"].as_str().unwrap()), ["127.0.0.1"]);

    let product = product.again();
    let admins = product.call("GET", "/v1/organization/admin_api_keys", admin, None).json();
    assert!(admins["data"][0]["last_used_at"].is_i64(), "{admins}");
    let keys = product.call("GET", &format!("/v1/organization/projects/{project}/api_keys"), admin, None).json();
    assert!(keys["data"][0]["last_used_at"].is_i64(), "{keys}");
}

/// The addresses from which a key was used, read from the store of a product that has ended.
fn addresses(product: &Product, key: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("sqlite://{}", product.folder().join("data/keystead.db").display());
    let key = key.parse().unwrap();
    let found: Result<_, keystead_store::Error> = runtime.block_on(async {
        let store = keystead_store::Store::open(&url).await?;
        store.read("addresses", async move |tx: &mut keystead_store::Tx| key_addresses::list(tx, &key).await).await
    });
    found.unwrap().into_iter().map(|found| found.address).collect()
}
