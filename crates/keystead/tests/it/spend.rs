//! Spend limits through the whole product: on several nodes, and over `kill -9`, exactly as many requests pass as may.

use std::cell::Cell;
use std::io::{Read, Write};

use keystead_store::testing::PostgresServer;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::product::{Product, parse};

/// One character costs three cents.
const PRICE: [(&str, &str); 2] = [("KEYSTEAD_MODEL__0__ID", "tts-1"), ("KEYSTEAD_MODEL__0__CHARACTER", "30000")];
const CENTS: usize = 3;

/// Nodes of one installation: the same secrets and the same database, and a spool for each.
struct Nodes {
    nodes: Vec<Product>,
    /// Removed when the nodes have ended.
    _folders: Vec<tempfile::TempDir>,
    admin: String,
    key: String,
    project: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Nodes {
    fn start(postgres: Option<&str>, count: usize) -> Self {
        let database = postgres.map(|url| ("KEYSTEAD_DATABASE__URL", url));
        let first = Product::start(&PRICE.into_iter().chain(database).collect::<Vec<_>>());
        let made = first.bootstrap();
        let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
        let body = json!({ "name": "k", "project_id": project });
        let key = text(&first.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
        let data = first.folder().join("data");
        let beside = format!("sqlite://{}", data.join("keystead.db").display());
        let (mut nodes, mut folders) = (vec![first], Vec::new());
        for _ in 1..count {
            let folder = tempfile::tempdir().unwrap();
            std::fs::copy(data.join("secrets.toml"), folder.path().join("secrets.toml")).unwrap();
            let own = folder.path().display().to_string();
            let more =
                [("KEYSTEAD_SERVER__DATA_DIR", own.as_str()), ("KEYSTEAD_DATABASE__URL", postgres.unwrap_or(&beside))];
            nodes.push(Product::start(&[&PRICE[..], &more].concat()));
            folders.push(folder);
        }
        Self { nodes, _folders: folders, admin, key, project }
    }

    /// Limits the project to the price of this many requests in all.
    fn limit(&self, requests: usize) {
        let path = format!("/v1/organization/projects/{}/spend_limit", self.project);
        let body = json!({ "threshold_amount": requests * CENTS, "currency": "USD", "interval": "month" });
        let answer = self.nodes[0].call("POST", &path, &self.admin, Some(&body));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Sends one request that costs three cents; returns whether it passed. The answer is sound, and no text.
    fn speaks(&self, node: usize) -> bool {
        let (node, key) = (&self.nodes[node % self.nodes.len()], &self.key);
        let body = r#"{"model":"tts-1","voice":"alloy","input":"a"}"#;
        let head = format!(
            "POST /v1/audio/speech HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            node.listen,
            body.len()
        );
        let mut stream = node.connect();
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        if answer.starts_with(b"HTTP/1.1 200 ") {
            return true;
        }
        let refused = parse(&String::from_utf8_lossy(&answer));
        let code = refused.json()["error"]["code"].clone();
        assert_eq!((refused.status, &code), (429, &json!("project_spend_limit_exceeded")), "{refused:?}");
        false
    }

    /// Sends requests at the same time to all nodes; returns how many passed.
    fn at_once(&self, count: usize) -> usize {
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..count).map(|number| scope.spawn(move || self.speaks(number))).collect();
            calls.into_iter().map(|call| usize::from(call.join().unwrap())).sum()
        })
    }

    /// Sends requests one after the other until so many have passed in all, of which some have before.
    fn until(&self, before: usize, all: usize) {
        let (passed, sent) = (Cell::new(before), Cell::new(0));
        self.nodes[0].until("all of the limit can be spent", || {
            sent.set(sent.get() + 1);
            passed.set(passed.get() + usize::from(self.speaks(sent.get())));
            passed.get() >= all
        });
        assert_eq!(passed.get(), all);
    }

    fn is_reached(&self) -> bool {
        let path = format!("/v1/organization/projects/{}/spend_limit", self.project);
        self.nodes[0].call("GET", &path, &self.admin, None).json()["enforcement"]["status"] == "enforcing"
    }
}

/// A thousand clients have a thousand sockets; the usual soft limit of a shell is 1,024 files.
fn allow_many_sockets() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn never_more_and_nothing_lost(mut place: Nodes) {
    allow_many_sockets();
    // A request waits for what other nodes return, so none is refused that fits.
    place.limit(37);
    assert_eq!(place.at_once(1_000), 37);
    assert_eq!(place.at_once(12), 0);
    place.nodes[0].until("all is counted", || place.is_reached());
    // A higher limit holds with the next request. A node is killed while it has leased a part of it.
    place.limit(67);
    let before = (0..3).filter(|_| place.speaks(0)).count();
    assert_eq!(before, 3);
    let killed = place.nodes.remove(0).again();
    place.nodes.insert(0, killed);
    let passed = 37 + before + place.at_once(60);
    assert!(passed <= 67, "{passed}");
    // Its spool is counted, and what it did not spend is free again.
    place.until(passed, 67);
    assert_eq!(place.at_once(12), 0);
    place.nodes[0].until("all is counted", || place.is_reached());
}

#[test]
fn one_node_spends_exactly_the_limit_over_a_kill() {
    never_more_and_nothing_lost(Nodes::start(None, 1));
}

#[test]
fn three_nodes_together_spend_exactly_the_limit_over_a_kill() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    never_more_and_nothing_lost(Nodes::start(Some(&url), 3));
}
