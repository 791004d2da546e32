//! The table of docs/failures.md, played: what is down in each row is taken from a running program, and each request of
//! the table must be answered as its cell says. Nothing is answered without a key, against a gate, or without being
//! counted (ASVS 16.5.2).

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use keystead_store::testing::PostgresServer;
use serde_json::{Value, json};

use crate::product::Product;
use crate::service_outages::{self, DAY};
use crate::store_outage::Wire;
use crate::upstream;

/// Parses what a cell allows: the statuses it names, and 200 where something works. A cell may refer to the one before
/// it.
fn allowed(cell: &str, before: Option<&BTreeSet<u16>>) -> BTreeSet<u16> {
    if matches!(cell, "same" | "the same") {
        return before.cloned().unwrap_or_default();
    }
    let numbers = cell.split(|c: char| !c.is_ascii_digit()).filter(|word| word.len() == 3);
    let mut statuses: BTreeSet<u16> = numbers.filter_map(|word| word.parse().ok()).collect();
    if cell.contains("works") {
        statuses.insert(200);
    }
    statuses
}

/// The rows of the table: what is down, and what each cell allows.
fn table() -> Vec<(String, Vec<BTreeSet<u16>>)> {
    let text = include_str!("../../../../docs/failures.md");
    let (_, rest) = text.split_once("## Dependency × request").expect("the table");
    let rows =
        rest.lines().map(str::trim).skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    rows.skip(2)
        .map(|row| {
            let cells = cells(row);
            let mut columns = Vec::new();
            for cell in &cells[1..] {
                columns.push(allowed(cell, columns.last()));
            }
            assert_eq!(columns.len(), 5, "{row}");
            (cells[0].clone(), columns)
        })
        .collect()
}

/// A program, the keys that its node knows and does not know, and how many calls it has answered.
pub(crate) struct Stage {
    pub(crate) product: Product,
    pub(crate) admin: String,
    pub(crate) project: String,
    known: String,
    unknown: String,
    answered: i64,
}

impl Stage {
    pub(crate) fn new(variables: &[(&str, &str)]) -> Self {
        let product = Product::start(variables);
        let made = product.bootstrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let (admin, project) = (text("admin_key"), text("project_id"));
        let key = |name: &str| {
            let path = format!("/v1/organization/projects/{project}/service_accounts");
            let made = product.call("POST", &path, &admin, Some(&json!({ "name": name }))).json();
            made["api_key"]["value"].as_str().unwrap().to_owned()
        };
        let (known, unknown) = (key("known"), key("unknown"));
        Self { product, admin, project, known, unknown, answered: 0 }
    }

    /// Makes the first key known to the node.
    pub(crate) fn acquainted(mut self) -> Self {
        let known = self.known.clone();
        assert_eq!(self.call(&known, "hello"), 200);
        self
    }

    fn call(&mut self, key: &str, prompt: &str) -> u16 {
        let body = json!({ "model": "gpt-4o", "messages": [{ "role": "user", "content": prompt }] });
        let status = self.product.call("POST", "/v1/chat/completions", key, Some(&body)).status;
        self.answered += i64::from(status == 200);
        status
    }

    /// Sends each column's request while something is down. `prompt` is the text of the calls.
    pub(crate) fn play(&mut self, row: &str, columns: &[BTreeSet<u16>], prompt: &str) {
        let (known, unknown) = (self.known.clone(), self.unknown.clone());
        let get = |stage: &Self, path: &str, key: &str| stage.product.call("GET", path, key, None).status;
        let seen = [
            vec![self.call(&known, prompt)],
            vec![self.call(&unknown, prompt)],
            vec![self.call("sk-proj-made-up", prompt), self.call("", prompt)],
            vec![get(self, "/v1/organization/projects", &self.admin)],
            vec![get(self, "/sign-in", ""), get(self, "/healthz", "")],
        ];
        for (column, (allowed, seen)) in columns.iter().zip(&seen).enumerate() {
            for status in seen {
                assert!(allowed.contains(status), "{row}, column {}: {status}, not {allowed:?}", column + 1);
            }
        }
        // The gate stays closed in every outage.
        let gated = json!({ "model": "gpt-image-1", "prompt": "a lighthouse" });
        let status = self.product.call("POST", "/v1/images/generations", &known, Some(&gated)).status;
        assert!(status >= 400, "{row}: past the gate, {status}");
    }

    /// Checks that exactly the answered requests are counted.
    pub(crate) fn counted(&self, row: &str) {
        // What was counted under a clock that was set forward is of tomorrow.
        let (start, end) = (now() - DAY, now() + 2 * DAY);
        let path = format!("/v1/organization/usage/completions?start_time={start}&end_time={end}&limit=4");
        self.product.until(&format!("{row}: {} calls are counted", self.answered), || {
            let answer = self.product.call("GET", &path, &self.admin, None);
            answer.status == 200 && requests(&answer.json()) == self.answered
        });
    }
}

fn requests(usage: &Value) -> i64 {
    let buckets = usage["data"].as_array().unwrap().iter().flat_map(|bucket| bucket["results"].as_array().unwrap());
    buckets.map(|result| result["num_model_requests"].as_i64().unwrap()).sum()
}

fn now() -> i64 {
    let now = Command::new("date").arg("+%s").output().unwrap();
    String::from_utf8(now.stdout).unwrap().trim().parse().unwrap()
}

/// The settings of one upstream.
fn served_by(base_url: &str) -> [(&'static str, &str); 3] {
    [
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]
}

/// Starts a server that accepts requests and does this with each connection.
pub(crate) fn server(serve: impl Fn(&mut std::net::TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 4_096];
            let _ = stream.read(&mut head);
            serve(&mut stream);
            held.push(stream);
        }
    });
    format!("http://{address}/v1")
}

fn store_away(row: &str, columns: &[BTreeSet<u16>], longer: bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let postgres = runtime.block_on(PostgresServer::start()).unwrap();
    let url = postgres.bare_database().unwrap();
    let (start, folder) = url.split_once("host=").unwrap();
    let between = tempfile::tempdir().unwrap();
    let socket = ".s.PGSQL.5432";
    let wire = Wire::new(&between.path().join(socket), &Path::new(folder.split('&').next().unwrap()).join(socket));
    let url = format!("{start}host={}", between.path().display());
    let base_url = upstream::start();
    let stale = if longer { "1" } else { "900" };
    let more = [("KEYSTEAD_DATABASE__URL", url.as_str()), ("KEYSTEAD_DIRECTORY__MAX_STALE_SECONDS", stale)];
    let mut stage = Stage::new(&[&served_by(&base_url)[..], &more].concat()).acquainted();
    wire.cut();
    if longer {
        let body = json!({ "model": "gpt-4o", "messages": [] });
        let answered = std::cell::Cell::new(0);
        stage.product.until("what is known is too old", || {
            let status = stage.product.call("POST", "/v1/chat/completions", &stage.known, Some(&body)).status;
            answered.set(answered.get() + i64::from(status == 200));
            status == 503
        });
        stage.answered += answered.get();
    }
    stage.play(row, columns, "hello");
    wire.mend();
    stage.product.until("it is ready again", || stage.product.call("GET", "/readyz", "", None).status == 200);
    stage.counted(row);
}

fn spool_full(row: &str, columns: &[BTreeSet<u16>]) {
    let base_url = upstream::start();
    let small = [("KEYSTEAD_USAGE__SPOOL_FILE_BYTES", "65536")];
    let mut stage = Stage::new(&[&served_by(&base_url)[..], &small].concat()).acquainted();
    // As on a full disk, no further file can be created; the reserved bytes are there.
    let spool = stage.product.folder().join("data/spool");
    let elsewhere = spool.with_extension("moved");
    std::fs::rename(&spool, &elsewhere).unwrap();
    stage.play(row, columns, "hello");
    let known = stage.known.clone();
    for _ in 0..5_000 {
        if stage.call(&known, "hello") == 503 {
            break;
        }
    }
    let mut refusing = columns.to_vec();
    for column in &mut refusing[..2] {
        assert!(column.remove(&200), "it works until the room set aside is used up");
    }
    stage.play(row, &refusing, "hello");
    std::fs::rename(&elsewhere, &spool).unwrap();
    stage.product.until("it is ready again", || stage.product.call("GET", "/readyz", "", None).status == 200);
    stage.counted(row);
}

fn one_of_two(row: &str, columns: &[BTreeSet<u16>]) {
    let base_url = upstream::start();
    let mut stage = Stage::new(&served_by(&base_url)).acquainted();
    let folder = tempfile::tempdir().unwrap();
    let data = stage.product.folder().join("data");
    std::fs::copy(data.join("secrets.toml"), folder.path().join("secrets.toml")).unwrap();
    let database = format!("sqlite://{}", data.join("keystead.db").display());
    let own = folder.path().display().to_string();
    let more = [("KEYSTEAD_SERVER__DATA_DIR", own.as_str()), ("KEYSTEAD_DATABASE__URL", database.as_str())];
    let other = Product::start(&[&served_by(&base_url)[..], &more].concat());
    let body = json!({ "model": "gpt-4o", "messages": [] });
    assert_eq!(other.call("POST", "/v1/chat/completions", &stage.known, Some(&body)).status, 200);
    stage.answered += 1;
    // Killed without warning.
    drop(other);
    stage.play(row, columns, "hello");
    let _returned = Product::start(&[&served_by(&base_url)[..], &more].concat());
    stage.counted(row);
}

fn stream_fails(row: &str) {
    let base_url = server(|stream| {
        let event = "data: {\"choices\":[{\"delta\":{\"content\":\"first\"}}]}\n\n";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let _ = stream.write_all(format!("{head}{:x}\r\n{event}\r\n", event.len()).as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
    let mut stage = Stage::new(&served_by(&base_url));
    let body = json!({ "model": "gpt-4o", "stream": true, "messages": [{ "role": "user", "content": "hello" }] });
    let answer = stage.product.call("POST", "/v1/chat/completions", &stage.known, Some(&body));
    assert!(
        answer.status == 200 && answer.body.contains("first") && answer.body.contains("\"error\""),
        "{row}: {answer:?}"
    );
    assert!(!answer.body.contains("[DONE]"), "{row}: {answer:?}");
    stage.answered = 1;
    stage.counted(row);
}

fn services_away(row: &str, columns: &[BTreeSet<u16>]) {
    let mut stage = Stage::new(&[]).acquainted();
    for vendor in ["twilio", "stripe", "persona"] {
        let set = stage.product.sandbox("POST", &format!("/sandbox/{vendor}"), Some(&json!({ "down": true })));
        assert_eq!(set.status, 204, "{row}: {set:?}");
    }
    stage.play(row, columns, "hello");
    for (path, body) in
        [("payment_methods", json!({})), ("phone_verifications", json!({ "phone_number": "+48 512 345 678" }))]
    {
        let answer = stage.product.call("POST", &format!("/v1/keystead/{path}"), &stage.admin, Some(&body));
        let code = answer.json()["error"]["code"].clone();
        assert_eq!((answer.status, code), (503, json!("provider_unavailable")), "{row}: {path}");
    }
    assert!(!stage.project.is_empty());
    stage.counted(row);
}

/// ASVS 16.5.2: every row, by its name; a row without a play fails.
#[test]
fn each_row_of_the_table_of_failures() {
    let rows = table();
    assert!(rows.len() >= 13, "{rows:?}");
    for (row, columns) in &rows {
        match row.as_str() {
            "store, shorter than `directory.max_stale_seconds`" => store_away(row, columns, false),
            "store, longer" => store_away(row, columns, true),
            "upstream of the model" => {
                // First nothing listens there; then a server closes without an answer.
                let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
                let silent = server(|stream| drop(stream.shutdown(std::net::Shutdown::Both)));
                for base_url in [format!("http://{closed}/v1"), silent] {
                    let mut stage = Stage::new(&served_by(&base_url));
                    stage.play(row, columns, "hello");
                    assert_eq!(stage.answered, 0, "{row}");
                }
            }
            "upstream that does not answer" => {
                let base_url = server(|_| {});
                let soon = [("KEYSTEAD_UPSTREAM__0__FIRST_BYTE_SECONDS", "1")];
                let mut stage = Stage::new(&[&served_by(&base_url)[..], &soon].concat());
                stage.play(row, columns, "hello");
                assert_eq!(stage.answered, 0, "{row}");
            }
            "upstream fails inside a stream" => stream_fails(row),
            "disk of the data directory full" => spool_full(row, columns),
            "one node of several" => one_of_two(row, columns),
            "sandbox (no upstream configured)" => {
                let mut stage = Stage::new(&[]).acquainted();
                stage.play(row, columns, "[sandbox: status=503]");
                stage.counted(row);
            }
            "services for texts, payment and identity" => services_away(row, columns),
            "payment service, during a purchase or a refund" => service_outages::purchase_unanswered(row, columns),
            "address of a [webhook](webhooks.md#delivery)" => service_outages::webhook_unanswered(row, columns),
            "mail server" => service_outages::mail_unavailable(row, columns),
            "sign-in service, or it answers wrongly" => service_outages::sign_in_unavailable(row, columns),
            "clock of a node, set back" => service_outages::clock_set(row, columns, false),
            "clock of a node, set forward" => service_outages::clock_set(row, columns, true),
            other => panic!("docs/failures.md has a row that nothing plays: {other}"),
        }
    }
}
