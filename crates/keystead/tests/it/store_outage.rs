//! The store fails and recovers; the program gets a stop signal while a stream runs.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use keystead_store::testing::PostgresServer;
use serde_json::json;

use crate::product::Product;
use crate::upstream;

/// A relay between the program and its database that can be cut.
pub(crate) struct Wire {
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<UnixStream>>>,
}

impl Wire {
    pub(crate) fn new(listen: &Path, server: &Path) -> Self {
        let listener = UnixListener::bind(listen).unwrap();
        let wire = Self { cut: Arc::default(), open: Arc::default() };
        let (cut, open, server) = (Arc::clone(&wire.cut), Arc::clone(&wire.open), server.to_owned());
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let far = UnixStream::connect(&server).unwrap();
                let ends = [&near, &near, &far, &far].map(|end| end.try_clone().unwrap());
                open.lock().unwrap().extend([near, far]);
                let [mut near_in, mut near_out, mut far_in, mut far_out] = ends;
                std::thread::spawn(move || std::io::copy(&mut near_in, &mut far_out));
                std::thread::spawn(move || std::io::copy(&mut far_in, &mut near_out));
            }
        });
        wire
    }

    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for end in self.open.lock().unwrap().drain(..) {
            let _ = end.shutdown(std::net::Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

// INC: known keys keep working, requests with unknown ones are told to retry, nothing is lost, and it recovers by
// itself.
#[test]
fn the_store_fails_and_recovers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(PostgresServer::start()).unwrap();
    let url = server.bare_database().unwrap();
    let (start, folder) = url.split_once("host=").unwrap();
    let between = tempfile::tempdir().unwrap();
    let socket = ".s.PGSQL.5432";
    let wire = Wire::new(&between.path().join(socket), &Path::new(folder.split('&').next().unwrap()).join(socket));
    let url = format!("{start}host={}", between.path().display());
    let base_url = upstream::start();
    let product = Product::start(&[
        ("KEYSTEAD_DATABASE__URL", &url),
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let made = product.bootstrap();
    let admin = made["admin_key"].as_str().unwrap();
    let project = made["project_id"].as_str().unwrap();
    let key = |name: &str| {
        let path = format!("/v1/organization/projects/{project}/service_accounts");
        let made = product.call("POST", &path, admin, Some(&json!({ "name": name }))).json();
        made["api_key"]["value"].as_str().unwrap().to_owned()
    };
    let (known, unknown) = (key("known"), key("unknown"));
    let body = json!({ "model": "gpt-4o", "messages": [] });
    let call = |key: &str| product.call("POST", "/v1/chat/completions", key, Some(&body));
    assert_eq!(call(&known).status, 200);

    wire.cut();
    for _ in 0..20 {
        let answer = call(&known);
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let answer = call(&unknown);
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(call("sk-proj-made-up").status, 401, "a forged key needs no store");
    assert_eq!(product.call("GET", "/healthz", "", None).status, 200);
    assert_eq!(product.call("GET", "/readyz", "", None).status, 503);
    assert_eq!(product.call("GET", "/v1/organization/projects", admin, None).status, 503);

    wire.mend();
    product.until("the unknown key is known", || call(&unknown).status == 200);
    product.until("ready again", || product.call("GET", "/readyz", "", None).status == 200);
    product.until("every request was counted", || {
        let log = product.call(
            "GET",
            &format!("/v1/organization/usage/completions?start_time={}&limit=2", yesterday()),
            admin,
            None,
        );
        let body = log.json();
        let results = body["data"].as_array().unwrap().iter().flat_map(|bucket| bucket["results"].as_array().unwrap());
        // The calls of the known key, and the answered ones of the other.
        results.map(|result| result["num_model_requests"].as_i64().unwrap()).sum::<i64>() >= 22
    });
    assert!(!product.log().contains("panicked"));
}

fn yesterday() -> i64 {
    let now = Command::new("date").arg("+%s").output().unwrap();
    String::from_utf8(now.stdout).unwrap().trim().parse::<i64>().unwrap() - 86_400
}

#[test]
fn a_running_stream_is_finished_before_shutdown() {
    let (base_url, go_on) = upstream::held();
    let mut product = Product::start(&[
        ("KEYSTEAD_UPSTREAM__0__NAME", "test"),
        ("KEYSTEAD_UPSTREAM__0__BASE_URL", &base_url),
        ("KEYSTEAD_UPSTREAM__0__MODELS", "gpt-4o"),
    ]);
    let made = product.bootstrap();
    let path = format!("/v1/organization/projects/{}/service_accounts", made["project_id"].as_str().unwrap());
    let admin = made["admin_key"].as_str().unwrap();
    let account = product.call("POST", &path, admin, Some(&json!({ "name": "Bot" }))).json();
    let key = account["api_key"]["value"].as_str().unwrap();
    let body = r#"{"model":"gpt-4o","stream":true,"messages":[]}"#;
    let mut stream = product.connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut got = Vec::new();
    while !String::from_utf8_lossy(&got).contains("first") {
        let mut piece = [0; 1024];
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&got));
        got.extend_from_slice(&piece[..read]);
    }
    assert!(Command::new("kill").arg(product.id().to_string()).status().unwrap().success());
    product.until("no new connection is accepted", || std::net::TcpStream::connect(&product.listen).is_err());
    go_on.send(()).unwrap();
    stream.read_to_end(&mut got).unwrap();
    let text = String::from_utf8_lossy(&got);
    assert!(text.contains("second") && text.contains("[DONE]"), "{text}");
    assert!(product.wait().success());
}
