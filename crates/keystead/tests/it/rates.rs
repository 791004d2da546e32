//! Rate limits through the whole product: exactly as many calls pass as may, and a changed limit applies to the next
//! call.

use std::cell::Cell;

use keystead_store::testing::PostgresServer;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::product::Product;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

// A day's limit recovers so slowly that no machine is too slow for this test.
#[test]
fn exactly_the_permitted_number_of_calls_passes() {
    let product = Product::start(&[
        ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", "9"),
        ("KEYSTEAD_MODEL__0__ID", "gpt-4o-mini"),
        ("KEYSTEAD_MODEL__0__REQUESTS_PER_DAY", "1000"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
    let body = json!({ "name": "k", "project_id": project });
    let key = text(&product.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
    let chat = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        product.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..30).map(|_| scope.spawn(|| chat("gpt-4o"))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!((passed, refused.len()), (9, 21));
    for answer in refused {
        let error = answer.json()["error"].clone();
        assert_eq!((&error["type"], &error["code"]), (&json!("requests"), &json!("rate_limit_exceeded")));
        let message = text(&error["message"]);
        assert!(message.contains("on requests per day (RPD): Limit 9, Used 9, Requested 1."), "{message}");
    }

    let limits = format!("/v1/organization/projects/{project}/rate_limits");
    let list = product.call("GET", &limits, &admin, None).json();
    let of = |model: &str| {
        let found = list["data"].as_array().unwrap().iter().find(|limit| limit["model"] == model);
        found.unwrap()["max_requests_per_1_day"].clone()
    };
    assert_eq!((of("gpt-4o"), of("gpt-4o-mini"), of("o3")), (json!(9), json!(1_000), json!(9)));

    // In force with the next call, in both directions; usage under one limit counts against the next.
    let set = |limit: u32| {
        let body = json!({ "max_requests_per_1_day": limit });
        let path = format!("{limits}/rl-gpt-4o-mini");
        assert_eq!(product.call("POST", &path, &admin, Some(&body)).status, 200);
    };
    let calls = |count: usize| (0..count).map(|_| chat("gpt-4o-mini").status).collect::<Vec<_>>();
    assert_eq!(calls(3), [200; 3]);
    set(2);
    assert_eq!(calls(3), [200, 200, 429]);
    set(4);
    assert_eq!(calls(3), [200, 200, 429]);
    set(1_000);
    assert_eq!(calls(3), [200; 3]);
}

// S1-42: limits follow the tier from the next call on.
#[test]
fn another_usage_tier_holds_with_the_next_call() {
    let product = Product::start(&[
        ("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", "7"),
        ("KEYSTEAD_OPERATOR__EMAILS", "owner@example.com"),
        ("KEYSTEAD_TIER__0__NUMBER", "0"),
        ("KEYSTEAD_TIER__0__LIMIT__0__MODELS", "gpt-*"),
        ("KEYSTEAD_TIER__0__LIMIT__0__REQUESTS_PER_DAY", "2"),
        ("KEYSTEAD_TIER__1__NUMBER", "1"),
        ("KEYSTEAD_TIER__1__PAID", "5"),
        ("KEYSTEAD_TIER__1__LIMIT__0__MODELS", "gpt-*"),
        ("KEYSTEAD_TIER__1__LIMIT__0__REQUESTS_PER_DAY", "4"),
    ]);
    let made = product.bootstrap();
    let (admin, project) = (text(&made["admin_key"]), text(&made["project_id"]));
    let body = json!({ "name": "k", "project_id": project });
    let key = text(&product.call("POST", "/v1/api-keys", &admin, Some(&body)).json()["value"]);
    let chat = |model: &str| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }] });
        product.call("POST", "/v1/chat/completions", &key, Some(&body))
    };
    let calls = |count: usize| (0..count).map(|_| chat("gpt-4o").status).collect::<Vec<_>>();
    assert_eq!(calls(3), [200, 200, 429]);
    assert_eq!(chat("gpt-4o").header("x-ratelimit-limit-requests"), Some("2"));
    let organization = text(&made["organization_id"]);
    let set = |tier: &str| {
        let command = ["admin", "tier", "set", &organization, tier, "--reason", "a contract", "--json"];
        assert_eq!(product.run(&command)["tier"].to_string(), tier);
    };
    set("1");
    assert_eq!(chat("gpt-4o").header("x-ratelimit-limit-requests"), Some("4"));
    assert_eq!(calls(2), [200, 429]);
    set("0");
    assert_eq!(calls(1), [429]);
}

/// Nodes of one installation: the same secrets and the same database, and a folder for each.
struct Nodes {
    nodes: Vec<Product>,
    /// Removed when the nodes have ended.
    _folders: Vec<tempfile::TempDir>,
    database: String,
    key: String,
}

impl Nodes {
    fn start(postgres: Option<&str>, count: usize, requests_a_day: &str) -> Self {
        let rates = [("KEYSTEAD_LIMITS__REQUESTS_PER_DAY", requests_a_day)];
        let database = postgres.map(|url| ("KEYSTEAD_DATABASE__URL", url));
        let first = Product::start(&rates.into_iter().chain(database).collect::<Vec<_>>());
        let made = first.bootstrap();
        let body = json!({ "name": "k", "project_id": made["project_id"] });
        let key = text(&first.call("POST", "/v1/api-keys", &text(&made["admin_key"]), Some(&body)).json()["value"]);
        let data = first.folder().join("data");
        let beside = format!("sqlite://{}", data.join("keystead.db").display());
        let (mut nodes, mut folders) = (vec![first], Vec::new());
        for _ in 1..count {
            let folder = tempfile::tempdir().unwrap();
            std::fs::copy(data.join("secrets.toml"), folder.path().join("secrets.toml")).unwrap();
            let own = folder.path().display().to_string();
            let more =
                [("KEYSTEAD_SERVER__DATA_DIR", own.as_str()), ("KEYSTEAD_DATABASE__URL", postgres.unwrap_or(&beside))];
            nodes.push(Product::start(&[&rates[..], &more].concat()));
            folders.push(folder);
        }
        Self { nodes, _folders: folders, database: postgres.unwrap_or(&beside).to_owned(), key }
    }

    /// Waits until the nodes have reported what they granted; they do so every second.
    fn reported(&self, used: usize) {
        let (runtime, used) = (tokio::runtime::Runtime::new().unwrap(), u64::try_from(used).unwrap());
        let known = || runtime.block_on(known_to_be_used(&self.database));
        self.nodes[0].until("what was used is reported", || known() == used);
    }

    /// Sends a request to one node; returns whether it passed.
    fn passes(&self, node: usize) -> bool {
        let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": "hello" }] });
        let node = &self.nodes[node % self.nodes.len()];
        let answer = node.call("POST", "/v1/chat/completions", &self.key, Some(&body));
        // 503: the database of a busy machine did not answer in time, so nobody knows whether the limit is reached.
        assert!(matches!(answer.status, 200 | 429 | 503), "{answer:?}");
        answer.status == 200
    }

    /// Sends requests at the same time to all nodes; returns how many passed.
    fn at_once(&self, count: usize) -> usize {
        std::thread::scope(|scope| {
            let calls: Vec<_> = (0..count).map(|number| scope.spawn(move || self.passes(number))).collect();
            calls.into_iter().map(|call| usize::from(call.join().unwrap())).sum()
        })
    }

    /// Sends requests to one node until so many have passed in all.
    fn until(&self, node: usize, before: usize, all: usize) {
        let passed = Cell::new(before);
        self.nodes[0].until("the node has what the others do not use", || {
            passed.set(passed.get() + usize::from(self.passes(node)));
            passed.get() >= all
        });
    }

    fn kill(&mut self, node: usize) {
        let killed = self.nodes.remove(node).again();
        self.nodes.insert(node, killed);
    }
}

/// What the store knows to be used of the day's limit of `gpt-4o`, in requests.
async fn known_to_be_used(database: &str) -> u64 {
    const SQL: &str = "SELECT division FROM rate_shares WHERE model = 'gpt-4o'";
    let text: String = if database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(database).await.unwrap();
        sqlx::query_scalar(SQL).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = PgConnection::connect(database).await.unwrap();
        sqlx::query_scalar(SQL).fetch_one(&mut connection).await.unwrap()
    };
    let division: Value = serde_json::from_str(&text).unwrap();
    let held = division["holdings"].as_array().unwrap().iter().map(|holding| &holding["levels"]);
    // In millionths, and a little less each second. The second measure is requests a day.
    let levels = held.chain([&division["free"]]).map(|levels| levels[1].as_u64().unwrap());
    (levels.sum::<u64>() + 500_000) / 1_000_000
}

#[test]
fn a_day_is_counted_over_a_restart() {
    let mut place = Nodes::start(None, 1, "9");
    assert_eq!(place.at_once(6), 6);
    place.reported(6);
    place.kill(0);
    assert_eq!(place.at_once(12), 3);
    place.reported(9);
    place.kill(0);
    assert_eq!(place.at_once(6), 0);
}

// Decision 0042: what one node does not use, another one does, and all together never more than one would.
#[test]
fn two_nodes_together_grant_the_limit_of_one() {
    let place = Nodes::start(None, 2, "40");
    let first = (0..25).filter(|_| place.passes(0)).count();
    assert_eq!(first, 25, "a node has all of what no other node uses");
    // All requests go to the other node now.
    place.until(1, first, 40);
    assert_eq!(place.at_once(8), 0);
}

#[test]
fn three_nodes_together_grant_the_limit_of_one_over_a_kill() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let mut place = Nodes::start(Some(&url), 3, "60");
    let passed = place.at_once(120);
    assert!(passed <= 60, "{passed}");
    place.reported(passed);
    place.kill(0);
    // Its part is free again; what it had used stays used.
    place.until(1, passed, 60);
    assert_eq!(place.at_once(9), 0);
}
