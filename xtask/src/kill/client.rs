//! A client that counts an answer only if it received it completely.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use super::upstream::{MOST_TOKENS, Request, Seen, Way};

/// The results of one client in one round.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Received completely.
    pub(super) received: Vec<Request>,
    /// Sent to the model server, and not received completely: these may be counted or not.
    pub(super) unsure: Vec<Request>,
    /// Refused with 503 before anything was sent to the model server.
    pub(super) refused: u64,
    /// Refused with 429 by the spend limit.
    pub(super) limited: u64,
    /// Refused with 429 because the credit is spent.
    pub(super) unpaid: u64,
}

pub(super) struct Client<'c> {
    pub(super) number: usize,
    /// Host and port.
    pub(super) address: &'c str,
    pub(super) key: &'c str,
    pub(super) seen: &'c Seen,
    pub(super) streams: bool,
    /// Number of requests that it sent in all rounds.
    pub(super) sent: u64,
}

enum Outcome {
    Received,
    Refused,
    Limited,
    Unpaid,
    Broken,
    Other(u16),
}

impl Client<'_> {
    /// Sends one request after the other until told to stop, or until the server is gone.
    pub(super) fn ask(&mut self, stop: &AtomicBool) -> Result<Round, String> {
        let mut round = Round::default();
        let mut connection = None;
        while !stop.load(Ordering::Relaxed) {
            let Some(mut open) = connection.take().or_else(|| self.connect()) else {
                sleep(Duration::from_millis(2));
                continue;
            };
            let request = self.next();
            match self.exchange(&mut open, &request) {
                Outcome::Received => {
                    round.received.push(request);
                    connection = Some(open);
                }
                Outcome::Refused if !self.seen.has(&request) => {
                    round.refused += 1;
                    sleep(Duration::from_millis(2));
                }
                Outcome::Limited | Outcome::Unpaid if self.seen.has(&request) => {
                    return Err("a limited request was forwarded".to_owned());
                }
                outcome @ (Outcome::Limited | Outcome::Unpaid) => {
                    let is_unpaid = matches!(outcome, Outcome::Unpaid);
                    *(if is_unpaid { &mut round.unpaid } else { &mut round.limited }) += 1;
                    sleep(Duration::from_millis(2));
                    connection = Some(open);
                }
                Outcome::Refused | Outcome::Broken if self.seen.has(&request) => round.unsure.push(request),
                Outcome::Refused | Outcome::Broken => {}
                Outcome::Other(status) => return Err(format!("a client was answered with {status}")),
            }
        }
        Ok(round)
    }

    fn next(&mut self) -> Request {
        self.sent += 1;
        let number = self.sent;
        let client = self.number;
        let ways = if self.streams { &Way::ALL[..] } else { &[Way::Length, Way::Chunks, Way::Stored][..] };
        let way = ways[usize::try_from(number).unwrap_or(0).wrapping_add(client) % ways.len()];
        // The token sums of different requests differ, so that a lost one cannot be hidden by one that was counted
        // twice.
        let tokens = (number.wrapping_mul(2_654_435_761) >> 7) % MOST_TOKENS + 1;
        Request { client, number, tokens, way }
    }

    fn connect(&self) -> Option<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(BufReader::new(stream))
    }

    fn exchange(&self, open: &mut BufReader<TcpStream>, request: &Request) -> Outcome {
        let (path, body) = (request.way.path(), request.body());
        let text = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.key,
            body.len()
        );
        if open.get_mut().write_all(text.as_bytes()).is_err() {
            return Outcome::Broken;
        }
        let mut got = String::new();
        let status = read(open, &mut got);
        let done = request.way.last_word().is_some_and(|word| got.contains(word));
        match status {
            Some(200) => Outcome::Received,
            // It ended after what completes it.
            None if done => Outcome::Received,
            None => Outcome::Broken,
            Some(503) => Outcome::Refused,
            Some(429) if got.contains("\"credit_balance_exhausted\"") => Outcome::Unpaid,
            Some(429) => Outcome::Limited,
            Some(status) => Outcome::Other(status),
        }
    }
}

/// Reads an answer to its end; the received text is there even if the end is not.
fn read(open: &mut BufReader<TcpStream>, got: &mut String) -> Option<u16> {
    let status = line(open)?.split(' ').nth(1)?.parse().ok()?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let line = line(open)?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= line.starts_with("transfer-encoding:") && line.ends_with("chunked");
    }
    if !chunked {
        take(open, length, got)?;
        return Some(status);
    }
    loop {
        let size = usize::from_str_radix(line(open)?.trim(), 16).ok()?;
        take(open, size, got)?;
        line(open)?;
        if size == 0 {
            return Some(status);
        }
    }
}

fn line(open: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    open.read_line(&mut line).ok().filter(|length| *length > 0)?;
    line.strip_suffix("\r\n").map(str::to_owned)
}

fn take(open: &mut BufReader<TcpStream>, length: usize, got: &mut String) -> Option<()> {
    let mut bytes = vec![0; length];
    open.read_exact(&mut bytes).ok()?;
    got.push_str(&String::from_utf8_lossy(&bytes));
    Some(())
}
