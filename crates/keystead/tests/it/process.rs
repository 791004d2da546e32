//! The program as a process: health, hostile bytes, wrong configuration, ports in use, an orderly shutdown.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::product::{Product, command, variables};

#[test]
fn probes_and_pages() {
    let product = Product::start(&[]);
    assert_eq!(product.call("GET", "/healthz", "", None).json()["status"], "ok");
    let ready = product.call("GET", "/readyz", "", None).json();
    assert_eq!((&ready["database"], &ready["usage_spool"]), (&"ok".into(), &"ok".into()));
    assert_eq!(product.call("GET", "/", "", None).status, 200);
    let foreign = product.raw(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(foreign.status, 421, "{foreign:?}");
    let doctor = product.run(&["doctor", "--json"]);
    assert_eq!(doctor["healthy"], true, "{doctor}");
    assert!(product.sandbox.as_deref().is_none_or(|url| url.starts_with("http://")));
}

#[test]
fn hostile_bytes_are_answered_and_survived() {
    let product = Product::start(&[]);
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(5_000));
    let hostile: Vec<&[u8]> = vec![
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET /v1/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ];
    for bytes in hostile {
        // Some of these are answered only by closing; the test must not wait for half a connection.
        let mut stream = product.connect();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.starts_with("HTTP/1.1 2") && !text.starts_with("HTTP/1.1 5"), "{text}");
    }
    assert_eq!(product.call("GET", "/healthz", "", None).status, 200);
}

#[test]
fn a_busy_port_is_reported_with_a_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut variables = variables(folder.path());
    variables.push(("KEYSTEAD_SERVER__LISTEN".to_owned(), taken.local_addr().unwrap().to_string()));
    let output = command(folder.path(), &variables).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("already in use") && text.contains("KEYSTEAD_SERVER__LISTEN="),
        "{text}"
    );
}

#[test]
fn unknown_values_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path(), &[("KEYSTEAD_SERVER__LISTN".to_owned(), "x".to_owned())]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("KEYSTEAD_SERVER__LISTN"));
}

#[test]
fn a_service_manager_is_told_when_it_answers_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let said = || {
        let mut bytes = [0; 256];
        let count = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    };
    let mut product = Product::start(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert_eq!(said(), "READY=1\n");
    assert!(Command::new("kill").arg(product.id().to_string()).status().unwrap().success());
    assert_eq!(said(), "STOPPING=1\n");
    assert!(product.wait().success());
}

#[test]
fn a_signal_shuts_it_down_in_order() {
    let mut product = Product::start(&[]);
    assert!(Command::new("kill").arg(product.id().to_string()).status().unwrap().success());
    assert!(product.wait().success());
    let data = product.folder().join("data");
    assert!(data.join("secrets.toml").exists());
}
