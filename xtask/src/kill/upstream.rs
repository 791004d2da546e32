//! A model server that remembers its requests and answers in every way in which an answer can end.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::shell::Done;

/// The most tokens that an answer reports.
pub(super) const MOST_TOKENS: u64 = 100_000;

/// One request, as its prompt describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Request {
    pub(super) client: usize,
    pub(super) number: u64,
    /// The usage that its answer reports.
    pub(super) tokens: u64,
    pub(super) way: Way,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    /// With as many bytes as were announced.
    Length,
    /// With the last chunk.
    Chunks,
    /// With `[DONE]`.
    Stream,
    /// With a typed event.
    Events,
    /// Read by the gateway before it is forwarded.
    Stored,
}

impl Way {
    pub(super) const ALL: [Self; 5] = [Self::Length, Self::Chunks, Self::Stream, Self::Events, Self::Stored];

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Length | Self::Chunks | Self::Stream => "/v1/chat/completions",
            Self::Events | Self::Stored => "/v1/responses",
        }
    }

    /// What completes the answer for a client that does not wait for the end.
    pub(super) const fn last_word(self) -> Option<&'static str> {
        match self {
            Self::Stream => Some("data: [DONE]"),
            Self::Events => Some("response.completed"),
            Self::Length | Self::Chunks | Self::Stored => None,
        }
    }
}

impl Request {
    pub(super) fn body(&self) -> String {
        let Self { client, number, tokens, way } = self;
        let place = Way::ALL.iter().position(|one| one == way).unwrap_or(0);
        let prompt = format!("#{client} {number} {tokens} {place}#");
        let stream = way.last_word().is_some();
        match way.path() {
            "/v1/responses" => format!(r#"{{"model":"m{client}","stream":{stream},"input":"{prompt}"}}"#),
            _ => format!(
                r#"{{"model":"m{client}","stream":{stream},"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
            ),
        }
    }

    fn read(body: &str) -> Option<Self> {
        let mut words = body.split('#').nth(1)?.split(' ');
        let client = words.next()?.parse().ok()?;
        let (number, tokens) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let way = *Way::ALL.get(words.next()?.parse::<usize>().ok()?)?;
        Some(Self { client, number, tokens, way })
    }
}

/// The requests that arrived.
#[derive(Clone, Default)]
pub(super) struct Seen(Arc<Mutex<HashSet<(usize, u64)>>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashSet<(usize, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has(&self, request: &Request) -> bool {
        self.lock().contains(&(request.client, request.number))
    }
}

/// Starts it; it runs as long as this process.
pub(super) fn start() -> Done<(String, Seen)> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let seen = Seen::default();
    let shared = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let seen = shared.clone();
            // A connection ends with the process at its other end.
            std::thread::spawn(move || serve(stream, &seen));
        }
    });
    Ok((format!("http://{address}/v1"), seen))
}

fn serve(stream: TcpStream, seen: &Seen) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request = Request::read(std::str::from_utf8(&body).ok()?)?;
        seen.lock().insert((request.client, request.number));
        answer(&mut writer, &request)?;
    }
}

fn answer(to: &mut TcpStream, request: &Request) -> Option<()> {
    let Request { number, tokens, way, .. } = request;
    let chat = format!(r#"{{"prompt_tokens":1,"completion_tokens":{tokens},"total_tokens":{}}}"#, tokens + 1);
    let response = format!(r#"{{"input_tokens":1,"output_tokens":{tokens},"total_tokens":{}}}"#, tokens + 1);
    let whole = match way {
        Way::Stored => format!(r#"{{"id":"resp_{}","object":"response","usage":{response}}}"#, name(request)),
        _ => format!(r#"{{"id":"c{number}","choices":[{{"index":0}}],"usage":{chat}}}"#),
    };
    let delta = r#"data: {"choices":[{"index":0,"delta":{"content":"word "}}]}"#;
    match way {
        Way::Length | Way::Stored => {
            let length = whole.len();
            let text =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{whole}");
            to.write_all(text.as_bytes()).ok()
        }
        Way::Chunks => {
            let (first, second) = whole.split_at(whole.len() / 2);
            chunks(to, "application/json", &[first.to_owned(), second.to_owned()])
        }
        Way::Stream => {
            let usage = format!("data: {{\"choices\":[],\"usage\":{chat}}}\n\n");
            let pieces = [format!("{delta}\n\n"), format!("{delta}\n\n"), usage, "data: [DONE]\n\n".to_owned()];
            chunks(to, "text/event-stream", &pieces)
        }
        Way::Events => {
            let id = format!("resp_{}", name(request));
            let created = format!(
                "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{{\"id\":\"{id}\"}}}}\n\n"
            );
            let completed = format!(
                "event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"{id}\",\"usage\":{response}}}}}\n\n"
            );
            chunks(to, "text/event-stream", &[created, completed])
        }
    }
}

fn name(request: &Request) -> String {
    format!("{}x{}", request.client, request.number)
}

/// Sends each piece separately.
fn chunks(to: &mut TcpStream, kind: &str, pieces: &[String]) -> Option<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n");
    to.write_all(head.as_bytes()).ok()?;
    for piece in pieces {
        to.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes()).ok()?;
    }
    to.write_all(b"0\r\n\r\n").ok()
}
