//! Plays of docs/failures.md for mail, sign-in services and the clock.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::failures::{Stage, server};
use crate::product::{Answer, Product};

/// A form as a browser of this site sends it.
fn form(product: &Product, path: &str, fields: &str) -> Answer {
    let host = &product.listen;
    let length = fields.len();
    product.raw(
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{fields}"
        )
        .as_bytes(),
    )
}

/// A mail server that takes everything, on a port that was free; what it took.
fn mail_server(address: &str) -> Arc<Mutex<String>> {
    let listener = TcpListener::bind(address).unwrap();
    let taken: Arc<Mutex<String>> = Arc::default();
    let book = Arc::clone(&taken);
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| take_mail(stream, &book)));
    taken
}

fn take_mail(mut stream: TcpStream, book: &Mutex<String>) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let _ = stream.write_all(b"220 mail.test\r\n");
    let mut inside = false;
    for line in lines.map_while(Result::ok) {
        let answer = match line.get(..4) {
            _ if inside && line != "." => {
                *book.lock().unwrap() += &format!("{line}\n");
                continue;
            }
            Some("DATA") => "354 go ahead",
            Some("QUIT") => "221 bye",
            _ => "250 ok",
        };
        inside = answer.starts_with("354");
        let _ = stream.write_all(format!("{answer}\r\n").as_bytes());
    }
}

/// Mails that cannot be sent wait and are sent later; what needs none is not affected.
pub(crate) fn mail_unavailable(row: &str, columns: &[BTreeSet<u16>]) {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let url = format!("smtp://{address}");
    let mail = [("KEYSTEAD_MAIL__URL", url.as_str()), ("KEYSTEAD_MAIL__FROM", "Keystead <no-reply@example.com>")];
    let mut stage = Stage::new(&mail).acquainted();
    stage.play(row, columns, "hello");
    let signed_up = form(&stage.product, "/sign-up", "email=ann%40example.com&password=violet+submarine+7");
    let sent = signed_up.header("location").unwrap_or_default();
    assert!(signed_up.status == 303 && sent.starts_with("/sign-up/sent"), "{row}: {signed_up:?}");
    stage.product.until("the mail waits", || stage.product.log().contains("does not answer; the job runs again later"));
    let taken = mail_server(&address);
    stage.product.until("the mail is sent", || taken.lock().unwrap().contains("ann@example.com"));
    stage.counted(row);
}

/// An issuer that is away or answers wrongly signs no person in; passwords and keys are not affected.
pub(crate) fn sign_in_unavailable(row: &str, columns: &[BTreeSet<u16>]) {
    let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let nonsense = server(|stream| {
        let body =
            r#"{"issuer":"https://evil.example","authorization_endpoint":"https://evil.example/","jwks_uri":"x"}"#;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        let _ = stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n{body}").as_bytes());
    });
    for issuer in [closed, nonsense.trim_end_matches("/v1").to_owned()] {
        let mut stage = Stage::new(&[
            ("KEYSTEAD_SIGN_IN__ISSUER", &issuer),
            ("KEYSTEAD_SIGN_IN__CLIENT_ID", "keystead"),
            ("KEYSTEAD_SIGN_IN__CLIENT_SECRET", "a secret of the client"),
        ])
        .acquainted();
        stage.play(row, columns, "hello");
        let left = form(&stage.product, "/sign-in/with", "next=%2Fhome");
        assert_eq!((left.status, left.header("location")), (503, None), "{row}: {left:?}");
        let back = stage.product.call("GET", "/sign-in/return?state=x&code=y", "", None);
        assert_eq!((back.status, back.header("set-cookie")), (422, None), "{row}: {back:?}");
        let password = form(&stage.product, "/sign-in", "email=ann%40example.com&password=violet+submarine+7");
        let page = password.header("location").unwrap_or_default().to_owned();
        let password = stage.product.call("GET", &page, "", None);
        assert_eq!(password.status, 422, "{row}: a password is judged: {password:?}");
        stage.counted(row);
    }
}

/// A library loaded before the C library: it moves the system's clock by the seconds in a file.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *at) {
  int done = syscall(SYS_clock_gettime, id, at);
  if (done == 0 && id == CLOCK_REALTIME) {
    char text[32] = {0};
    int file = open(getenv("CLOCK_FILE"), O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, text, 31) > 0) at->tv_sec += atol(text);
    if (file >= 0) close(file);
  }
  return done;
}
"#;

/// A clock that the test sets.
struct SystemClock {
    folder: tempfile::TempDir,
}

impl SystemClock {
    fn new() -> Self {
        let clock = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(clock.at("shim.c"), SHIM).unwrap();
        clock.set(0);
        let mut cc = Command::new("cc");
        let made = cc.args(["-shared", "-fPIC", "-o"]).arg(clock.at("shim.so")).arg(clock.at("shim.c")).status();
        assert!(made.unwrap().success());
        clock
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sets the clock this many seconds ahead of the right time.
    fn set(&self, seconds: i64) {
        // Replaced in one step: it is read all the time.
        std::fs::write(self.at("new"), seconds.to_string()).unwrap();
        std::fs::rename(self.at("new"), self.at("seconds")).unwrap();
    }
}

pub(crate) const DAY: i64 = 86_400;

/// A clock that is set back makes no expired key valid; one that is set forward lets keys expire early, and keys that had
/// not expired are valid when it is corrected.
pub(crate) fn clock_set(row: &str, columns: &[BTreeSet<u16>], forward: bool) {
    let clock = SystemClock::new();
    let (shim, file) = (clock.at("shim.so").display().to_string(), clock.at("seconds").display().to_string());
    let mut stage = Stage::new(&[("LD_PRELOAD", shim.as_str()), ("CLOCK_FILE", file.as_str())]).acquainted();
    let ending = |stage: &Stage, seconds: i64| {
        let path = format!("/v1/organization/projects/{}/service_accounts", stage.project);
        let account = json!({ "name": "ends", "expires_in_seconds": seconds });
        let made = stage.product.call("POST", &path, &stage.admin, Some(&account)).json();
        made["api_key"]["value"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    };
    let models = |stage: &Stage, key: &str| stage.product.call("GET", "/v1/models", key, None).status;
    let (soon, later) = (ending(&stage, 1), ending(&stage, DAY / 2));
    assert_eq!(models(&stage, &later), 200, "{row}");
    stage.product.until("a key has ended", || models(&stage, &soon) == 401);
    clock.set(if forward { DAY } else { -DAY });
    assert_eq!(models(&stage, &soon), 401, "{row}: valid again");
    assert_eq!(models(&stage, &later), if forward { 401 } else { 200 }, "{row}");
    stage.play(row, columns, "hello");
    assert_eq!(stage.product.log().contains("the system clock was set back"), !forward, "{row}");
    clock.set(0);
    stage.product.until("the clock is corrected", || models(&stage, &later) == 200);
    assert_eq!(models(&stage, &soon), 401, "{row}");
    stage.counted(row);
}

/// A purchase that the payment service does not answer is saved, and paid once when it is back.
pub(crate) fn purchase_unanswered(row: &str, columns: &[BTreeSet<u16>]) {
    let mut stage = Stage::new(&[("KEYSTEAD_CREDIT__MODE", "postpaid")]).acquainted();
    let post = |stage: &Stage, path: &str, body| stage.product.call("POST", path, &stage.admin, Some(&body));
    let get = |stage: &Stage, path: &str| stage.product.call("GET", path, &stage.admin, None).json();
    let setup = post(&stage, "/v1/keystead/payment_methods", json!({})).json();
    let page = format!("{}/simulate", setup["url"].as_str().unwrap());
    assert_eq!(stage.product.sandbox("POST", &page, Some(&json!({ "outcome": "succeed" }))).status, 200);
    let method = format!("/v1/keystead/payment_methods/{}", setup["id"].as_str().unwrap());
    stage.product.until("the card is on file", || get(&stage, &method)["status"] == "succeeded");

    let away = |down: bool| {
        let set = stage.product.sandbox("POST", "/sandbox/stripe", Some(&json!({ "down": down })));
        assert_eq!(set.status, 204, "{row}: {set:?}");
    };
    away(true);
    let bought = post(&stage, "/v1/keystead/credit/purchases", json!({ "amount_in_cents": 500 }));
    assert_eq!((bought.status, &bought.json()["status"]), (200, &json!("created")), "{row}: {bought:?}");
    let one = format!("/v1/keystead/credit/purchases/{}", bought.json()["id"].as_str().unwrap());
    away(false);
    stage.play(row, columns, "hello");
    let refreshed = || post(&stage, &format!("{one}/refresh"), json!({})).json()["status"] == "paid";
    stage.product.until("the purchase is paid", refreshed);
    assert_eq!(get(&stage, "/v1/keystead/credit/purchases")["data"].as_array().map(Vec::len), Some(1), "{row}");
    stage.counted(row);
}

/// A webhook that does not answer keeps nothing from working; a test says at once that it failed.
pub(crate) fn webhook_unanswered(row: &str, columns: &[BTreeSet<u16>]) {
    let mut stage = Stage::new(&[]).acquainted();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let webhook = json!({ "url": format!("http://{closed}/in"), "event_types": ["budget.exhausted"] });
    let made = stage.product.call("POST", "/v1/keystead/webhooks", &stage.admin, Some(&webhook)).json();
    let test = format!("/v1/keystead/webhooks/{}/test", made["id"].as_str().unwrap());
    let sent = stage.product.call("POST", &test, &stage.admin, Some(&json!({}))).json();
    assert_eq!((&sent["state"], &sent["attempts"]), (&json!("failed"), &json!(1)), "{row}: {sent}");
    stage.play(row, columns, "hello");
    stage.counted(row);
}
