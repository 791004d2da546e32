//! One request over a separate connection, for measurements that are not about throughput.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::shell::Done;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Sends a request; `head` contains further header lines, each with its line end.
pub(crate) fn send(base: &str, method: &str, path: &str, head: &str, body: &str) -> Done<Answer> {
    let host = base.trim_start_matches("http://");
    let broken = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(host).map_err(broken)?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).map_err(broken)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(broken)?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or("an answer without a head")?;
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("an answer without a status")?;
    Ok(Answer { status, head, body })
}
