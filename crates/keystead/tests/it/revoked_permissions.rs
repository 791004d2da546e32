//! A removed permission is gone on the very next request, for any earlier use of the key, on one node and on two. ASVS
//! 8.3.2.

use std::io::{Read, Write};
use std::process::Command;

use keystead_store::testing::PostgresServer;
use serde_json::{Value, json};

use crate::product::{Answer, Product};
use crate::store_outage::Wire;
use crate::upstream;

/// The nodes of one installation: changes are made at the first one, calls at the last.
struct Nodes {
    all: Vec<Product>,
    admin: String,
    _folders: Vec<tempfile::TempDir>,
}

fn settings(base_url: &str) -> [(&'static str, String); 3] {
    [
        ("KEYSTEAD_UPSTREAM__0__NAME", "test".to_owned()),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", base_url.to_owned()),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o,o3".to_owned()),
    ]
}

impl Nodes {
    /// Starts one node for each database address; `None` is a new SQLite file.
    fn start(base_url: &str, databases: &[Option<&str>]) -> Self {
        let (mut all, mut folders): (Vec<Product>, Vec<_>) = (Vec::new(), Vec::new());
        for database in databases {
            let mut more: Vec<(&str, String)> = settings(base_url).to_vec();
            more.extend(database.map(|url| ("KEYSTEAD_DATABASE__URL", url.to_owned())));
            if let Some(first) = all.first() {
                // Another node of the same installation: the same secrets, a separate folder.
                let folder = tempfile::tempdir().unwrap();
                std::fs::copy(first.folder().join("data/secrets.toml"), folder.path().join("secrets.toml")).unwrap();
                more.push(("KEYSTEAD_SERVER__DATA_DIR", folder.path().display().to_string()));
                folders.push(folder);
            }
            let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
            all.push(Product::start(&more));
        }
        let admin = all[0].bootstrap()["admin_key"].as_str().unwrap().to_owned();
        Self { all, admin, _folders: folders }
    }

    fn manage(&self, method: &str, path: &str, body: &Value) -> Answer {
        let body = Some(body).filter(|body| !body.is_null());
        let done = self.all[0].call(method, path, &self.admin, body);
        assert_eq!(done.status, 200, "{method} {path}: {done:?}");
        done
    }

    fn call(&self, key: &str, model: &str) -> Answer {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        self.all.last().unwrap().call("POST", "/v1/chat/completions", key, Some(&body))
    }
}

/// A project with a service account and its key.
struct Place {
    path: String,
    account: String,
    key_id: String,
    key: String,
}

impl Place {
    fn new(nodes: &Nodes) -> Self {
        let project = nodes.manage("POST", "/v1/organization/projects", &json!({ "name": "p" })).json();
        let path = format!("/v1/organization/projects/{}", project["id"].as_str().unwrap());
        let made = nodes.manage("POST", &format!("{path}/service_accounts"), &json!({ "name": "bot" })).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let key = &made["api_key"];
        Self { path, account: text(&made["id"]), key_id: text(&key["id"]), key: text(&key["value"]) }
    }

    fn key_path(&self) -> String {
        format!("{}/api_keys/{}", self.path, self.key_id)
    }
}

/// The earlier use of the key.
const STATES: [&str; 5] = ["unused", "used", "refused by a gate", "used and refused by a gate", "rotated"];

fn prepare(nodes: &Nodes, place: &Place, state: &str) {
    let used = || assert_eq!(nodes.call(&place.key, "gpt-4o").status, 200, "{state}");
    let refused = || {
        for _ in 0..2 {
            assert_eq!(nodes.call(&place.key, "o3").json()["error"]["code"], "model_not_found", "{state}");
        }
    };
    match state {
        "used" => used(),
        "refused by a gate" => refused(),
        "used and refused by a gate" => {
            used();
            refused();
        }
        "rotated" => {
            used();
            nodes.manage("POST", &format!("/v1/keystead/api_keys/{}/rotate", place.key_id), &json!({}));
            used();
            refused();
        }
        _ => {}
    }
}

/// Removes a permission; if it can be given back, the returned function does so.
type Taken = fn(&Nodes, &Place) -> Option<Box<dyn Fn(&Nodes)>>;

const TAKEN: [(&str, Taken); 6] = [
    ("key deleted", |nodes, place| {
        nodes.manage("DELETE", &place.key_path(), &Value::Null);
        None
    }),
    ("service account deleted", |nodes, place| {
        nodes.manage("DELETE", &format!("{}/service_accounts/{}", place.path, place.account), &Value::Null);
        None
    }),
    ("project archived", |nodes, place| {
        nodes.manage("POST", &format!("{}/archive", place.path), &json!({}));
        None
    }),
    ("model taken", |nodes, place| {
        let path = format!("{}/model_permissions", place.path);
        nodes.manage("POST", &path, &json!({ "mode": "allow_list", "model_ids": ["o3"] }));
        Some(Box::new(move |nodes: &Nodes| drop(nodes.manage("DELETE", &path, &Value::Null))))
    }),
    ("scope taken", |nodes, place| {
        let path = place.key_path();
        nodes.manage("POST", &path, &json!({ "scopes": ["api.model.read"] }));
        Some(Box::new(move |nodes: &Nodes| {
            drop(nodes.manage("POST", &path, &json!({ "scopes": ["api.model.request"] })));
        }))
    }),
    ("address shut out", |nodes, place| {
        let project = place.path.rsplit('/').next().unwrap();
        let list = json!({ "name": "l", "allowed_ips": ["203.0.113.0/24"], "project_id": project });
        let made = nodes.manage("POST", "/v1/keystead/organization/ip_allowlists", &list).json();
        let path = format!("/v1/keystead/organization/ip_allowlists/{}", made["id"].as_str().unwrap());
        nodes.manage("POST", &format!("{path}/activate"), &json!({ "force": true }));
        Some(Box::new(move |nodes: &Nodes| drop(nodes.manage("POST", &format!("{path}/deactivate"), &json!({})))))
    }),
];

fn every_change_after_every_state(nodes: &Nodes) {
    for (name, take) in TAKEN {
        for state in STATES {
            let place = Place::new(nodes);
            prepare(nodes, &place, state);
            let give_back = take(nodes, &place);
            let refused = nodes.call(&place.key, "gpt-4o");
            assert!(matches!(refused.status, 401 | 403 | 404), "{name}, {state}: {refused:?}");
            if let Some(give_back) = give_back {
                give_back(nodes);
                let served = nodes.call(&place.key, "gpt-4o");
                assert_eq!(served.status, 200, "{name} and given back, {state}: {served:?}");
            }
        }
    }
}

#[test]
fn on_one_node_with_sqlite() {
    every_change_after_every_state(&Nodes::start(&upstream::start(), &[None]));
}

#[test]
fn on_two_nodes_with_postgres() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let nodes = Nodes::start(&upstream::start(), &[Some(&url), Some(&url)]);
    every_change_after_every_state(&nodes);
}

/// SIGSTOP and SIGCONT, as when a machine is suspended.
#[test]
fn a_node_that_was_stopped_reads_the_changes_before_it_serves() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let nodes = Nodes::start(&upstream::start(), &[Some(&url), Some(&url)]);
    let place = Place::new(&nodes);
    prepare(&nodes, &place, "used and refused by a gate");
    let stopped = nodes.all[1].id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &stopped]).status().unwrap().success());
    signal("-STOP");
    // Answered after two seconds, because the other node does not confirm; the answer says so.
    let deleted = nodes.manage("DELETE", &place.key_path(), &Value::Null);
    assert_eq!(deleted.header("x-keystead-unconfirmed-nodes"), Some("1"), "{deleted:?}");
    signal("-CONT");
    let refused = nodes.call(&place.key, "gpt-4o");
    assert_eq!(refused.status, 401, "{refused:?}");
}

/// The node knows the key and cannot learn that it was deleted: the answer, the audit log and the metrics say so.
#[test]
fn a_node_that_is_cut_off_is_reported() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let sockets = tempfile::tempdir().unwrap();
    let (base, folder) = url.split_once("?host=").unwrap();
    let name = ".s.PGSQL.5432";
    let wire = Wire::new(&sockets.path().join(name), &std::path::Path::new(folder).join(name));
    let cut = format!("{base}?host={}", sockets.path().display());
    let nodes = Nodes::start(&upstream::start(), &[Some(&url), Some(&cut)]);
    let place = Place::new(&nodes);
    prepare(&nodes, &place, "used");
    wire.cut();
    let deleted = nodes.manage("DELETE", &place.key_path(), &Value::Null);
    assert_eq!(deleted.header("x-keystead-unconfirmed-nodes"), Some("1"), "{deleted:?}");
    assert_eq!(deleted.json()["deleted"], true);
    let log = nodes.manage("GET", "/v1/organization/audit_logs?limit=2", &Value::Null).json();
    assert_eq!(log["data"][0]["keystead_type"], "change.unconfirmed", "{log}");
    assert_eq!(log["data"][0]["change.unconfirmed"]["unconfirmed"], 1, "{log}");
    assert_eq!(log["data"][0]["change.unconfirmed"]["nodes"], 2, "{log}");
    assert_eq!(log["data"][1]["type"], "api_key.deleted", "{log}");
    wire.mend();
    nodes.all[1].until("it follows again", || nodes.call(&place.key, "gpt-4o").status == 401);
    let next = Place::new(&nodes);
    let deleted = nodes.manage("DELETE", &next.key_path(), &Value::Null);
    assert_eq!(deleted.header("x-keystead-unconfirmed-nodes"), None, "{deleted:?}");
}

/// A stream that began before its key was deleted.
#[test]
fn a_stream_is_cut_with_an_error_event() {
    let (base_url, _go_on) = upstream::held();
    let nodes = Nodes::start(&base_url, &[None]);
    let place = Place::new(&nodes);
    let body = json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "hello" }] });
    let body = body.to_string();
    let mut stream = nodes.all[0].connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        nodes.all[0].listen,
        place.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&read).contains("first") {
        let count = stream.read(&mut buffer).unwrap();
        read.extend_from_slice(&buffer[..count]);
    }
    nodes.manage("DELETE", &place.key_path(), &Value::Null);
    stream.read_to_end(&mut read).unwrap();
    let text = String::from_utf8_lossy(&read);
    let last = text.rsplit("data: ").next().unwrap();
    assert!(last.starts_with("{\"error\":{") && last.contains("invalid_api_key"), "{text}");
}
