//! The answers of real servers for OpenAI's API, and what a client gets. Each file in `tests/dialects` is a story in
//! plain text: the client's request, the bytes of the upstream's answer, what the client must receive and what must be
//! counted. `tests/dialects/README.md` describes the form.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use keystead_core::Secret;
use keystead_core::usage::UsageEvent;
use keystead_gateway::{Auth, StreamUsage, Upstream, UpstreamOptions};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{UPSTREAM_SECRET, World};

/// One section of a story.
#[derive(Debug, Clone)]
struct Section {
    /// Its name, such as `client receives`.
    what: &'static str,
    /// What follows on the same line.
    argument: String,
    /// The lines below it, with marks resolved.
    text: Vec<u8>,
}

const SECTIONS: [&str; 9] = [
    "upstream is",
    "client asks",
    "client sends head",
    "upstream receives head",
    "upstream receives",
    "upstream sends exactly",
    "upstream sends",
    "client receives",
    "usage",
];

/// One request of a client, with its answer and what is counted.
#[derive(Debug, Default)]
struct Exchange {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    turns: Vec<Turn>,
    receives: Vec<u8>,
    /// Absent when the story does not state it; `None` when nothing may be counted.
    usage: Option<Option<Value>>,
}

/// One request that reaches the upstream, and its answer.
#[derive(Debug, Default, Clone)]
struct Turn {
    head: Vec<u8>,
    body: Option<Vec<u8>>,
    /// The head as written, and the body; without a head the bytes are sent exactly as they are.
    answer: Option<(Option<Vec<u8>>, Vec<u8>)>,
}

/// How a chunked answer is divided.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Whole,
    Bytes,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialects")
}

fn stories() -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter(|name| name.ends_with(".txt")).collect()
}

/// Resolves the marks for bytes that text cannot show: `␍`, `‹EF BB BF›`, and `¬` at the end of a line without a break.
fn bytes(text: &str) -> Vec<u8> {
    let text = text.replace("¬\n", "").replace('␍', "\r");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, marked)) = rest.split_once('‹') {
        let (hex, after) = marked.split_once('›').unwrap_or_else(|| panic!("‹ without ›: {marked:.40}"));
        out.extend_from_slice(before.as_bytes());
        out.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn sections(file: &str, text: &str) -> Vec<Section> {
    let mut all: Vec<(&'static str, String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("== ") {
            let what = SECTIONS.into_iter().find(|known| title.starts_with(known));
            let what = what.unwrap_or_else(|| panic!("{file}: no section is called {title:?}"));
            all.push((what, title[what.len()..].trim().to_owned(), String::new()));
        } else if let Some((_, _, lines)) = all.last_mut() {
            lines.push_str(line);
        } else {
            assert!(line.starts_with('#') || line.trim().is_empty(), "{file}: a story begins with a section: {line}");
        }
    }
    all.into_iter().map(|(what, argument, lines)| Section { what, argument, text: bytes(&lines) }).collect()
}

/// Removes the line break at the end of the section's last line.
fn trimmed(mut text: Vec<u8>) -> Vec<u8> {
    while text.last().is_some_and(|byte| *byte == b'\n') {
        text.pop();
    }
    text
}

fn headers(text: &[u8]) -> Vec<(String, String)> {
    let lines = String::from_utf8(text.to_vec()).unwrap();
    let pairs = lines.lines().filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect()
}

/// Splits a head from its body at the first empty line.
fn cut_head(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = text.to_vec();
    match memchr::memmem::find(&text, b"\n\n") {
        Some(end) => (text[..=end].to_vec(), text[end + 2..].to_vec()),
        None => (text, Vec::new()),
    }
}

fn exchanges(file: &str, sections: Vec<Section>) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = Vec::new();
    for Section { what, argument, text } in sections {
        if what == "client asks" {
            let (method, target) = argument.split_once(' ').unwrap_or_else(|| panic!("{file}: METHOD /path"));
            let (method, target) = (method.to_owned(), target.to_owned());
            all.push(Exchange { method, target, body: trimmed(text), ..Exchange::default() });
            continue;
        }
        let exchange = all.last_mut().unwrap_or_else(|| panic!("{file}: 'client asks' comes before '{what}'"));
        let answered = exchange.turns.last().is_none_or(|turn| turn.answer.is_some());
        if what.starts_with("upstream") && answered {
            exchange.turns.push(Turn::default());
        }
        let turn = exchange.turns.last_mut();
        match (what, turn) {
            ("client sends head", _) => exchange.headers = headers(&text),
            ("client receives", _) => exchange.receives = text,
            ("usage", _) if argument == "none" => exchange.usage = Some(None),
            ("usage", _) => exchange.usage = Some(Some(serde_json::from_slice(&text).unwrap())),
            ("upstream receives head", Some(turn)) => turn.head = text,
            ("upstream receives", Some(turn)) => turn.body = Some(trimmed(text)),
            ("upstream sends exactly", Some(turn)) => turn.answer = Some((None, text)),
            ("upstream sends", Some(turn)) => {
                let (head, body) = cut_head(&text);
                turn.answer = Some((Some(head), body));
            }
            _ => panic!("{file}: '{what}' has no place here"),
        }
    }
    all
}

/// The upstream of a story: gives one answer after the other, on as many connections as are opened.
struct Teller {
    turns: Mutex<VecDeque<Turn>>,
    cut: Cut,
    /// Differences from the story.
    wrong: Mutex<Vec<String>>,
}

impl Teller {
    async fn serve(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let teller = Arc::clone(&self);
            tokio::spawn(async move { teller.connection(stream).await });
        }
    }

    async fn connection(&self, mut stream: TcpStream) {
        while let Some((head, body)) = read_request(&mut stream).await {
            let turn = self.turns.lock().unwrap().pop_front();
            let Some(turn) = turn else {
                return self.wrong.lock().unwrap().push(format!("a request that the story does not have: {head}"));
            };
            self.compare(&turn, &head, &body);
            let Some((answer_head, answer)) = turn.answer else { return };
            let Some(answer_head) = answer_head else {
                let _ = stream.write_all(&answer).await;
                return;
            };
            let (bytes, last) = framed(&answer_head, &answer, self.cut);
            if stream.write_all(&bytes).await.is_err() || last {
                return;
            }
        }
    }

    fn compare(&self, turn: &Turn, head: &str, body: &[u8]) {
        let mut wrong = self.wrong.lock().unwrap();
        for line in String::from_utf8_lossy(&turn.head).lines().filter(|line| !line.is_empty()) {
            let there = match line.strip_prefix('!') {
                Some(name) => !head.lines().any(|got| got.to_ascii_lowercase().starts_with(&format!("{name}:"))),
                None => head.lines().any(|got| got == line),
            };
            if !there {
                wrong.push(format!("the head that arrived does not fit {line:?}:\n{head}"));
            }
        }
        if turn.body.as_ref().is_some_and(|wanted| wanted != body) {
            wrong.push(format!("the upstream received {}", String::from_utf8_lossy(body)));
        }
    }
}

/// One request with its body.
async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut got = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        if let Some(end) = memchr::memmem::find(&got, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let chunked = head.lines().any(|line| line == "transfer-encoding: chunked");
            let whole = if chunked { got.ends_with(b"0\r\n\r\n") } else { got.len() >= end + 4 + length };
            if whole {
                return Some((head, got[end + 4..].to_vec()));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => got.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

/// Returns an answer's bytes, and whether the connection ends after it. A head without a statement about its body's end
/// gets a length.
fn framed(head: &[u8], body: &[u8], cut: Cut) -> (Vec<u8>, bool) {
    let mut head = String::from_utf8(head.to_vec()).unwrap().replace('\n', "\r\n");
    let has = |line: &str| head.to_ascii_lowercase().contains(line);
    let (chunked, close) = (has("transfer-encoding: chunked"), has("connection: close") || has("http/1.0"));
    if !chunked && !close && !has("content-length:") {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    if chunked {
        let step = if matches!(cut, Cut::Bytes) { 1 } else { body.len().max(1) };
        for piece in body.chunks(step) {
            bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            bytes.extend_from_slice(piece);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(body);
    }
    (bytes, close)
}

/// Returns the fields of the event, with those of `used` at the same level.
fn flat(event: &UsageEvent) -> Value {
    let mut event = serde_json::to_value(event).unwrap();
    let used = event["used"].take();
    let members = event.as_object_mut().unwrap();
    members.extend(used.as_object().unwrap().clone());
    event
}

async fn tell(file: &str, cut: Cut) -> Result<(), String> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let (settings, story): (Vec<_>, Vec<_>) =
        sections(file, &text).into_iter().partition(|section| section.what == "upstream is");
    let story = exchanges(file, story);
    let turns = story.iter().flat_map(|exchange| exchange.turns.iter().cloned()).collect();
    let teller = Arc::new(Teller { turns: Mutex::new(turns), cut, wrong: Mutex::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(Arc::clone(&teller).serve(listener));
    let world = World::new().await;
    let upstream = upstream(file, &settings, &address);
    let mut catalogue = (**world.catalogue.load()).clone();
    catalogue.upstreams.insert("one".to_owned(), upstream);
    world.catalogue.store(Arc::new(catalogue));
    let bearer = format!("Bearer {}", world.key(1));
    let mut counted = 0;
    for (number, exchange) in story.iter().enumerate() {
        let place = format!("{file}, {cut:?}, request {}", number + 1);
        let mut sent: Vec<(&str, &str)> = vec![("authorization", &bearer)];
        if exchange.method == "POST" && !exchange.headers.iter().any(|(name, _)| name == "content-type") {
            sent.push(("content-type", "application/json"));
        }
        sent.extend(exchange.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let got = world.send(&exchange.method, &exchange.target, &sent, &exchange.body).await;
        let wrong = std::mem::take(&mut *teller.wrong.lock().unwrap());
        if !wrong.is_empty() {
            return Err(format!("{place}: {}", wrong.join("\n")));
        }
        let (head, body) = cut_head(&exchange.receives);
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap_or_default();
        if got.status.to_string() != status {
            return Err(format!("{place}: status {} with {}", got.status, got.text()));
        }
        for line in lines {
            let fits = match (line.strip_prefix('!'), line.split_once(": ")) {
                (Some(absent), _) => got.header(absent).is_none(),
                (None, Some((name, value))) => got.header(name) == Some(value),
                (None, None) => false,
            };
            if !fits {
                return Err(format!("{place}: the answer's head does not fit {line:?}: {:?}", got.headers));
            }
        }
        // An error made by the gateway is compared only with what the story states of it.
        let same = match body.strip_prefix(b"... ") {
            Some(part) => memchr::memmem::find(&got.body, part.trim_ascii()).is_some(),
            None if body.starts_with(b"{") => trimmed(got.body.clone()) == trimmed(body),
            None => got.body == body,
        };
        if !same {
            return Err(format!("{place}: the client received {:?}", got.text()));
        }
        let events = world.events().await;
        let new = &events[counted..];
        counted = events.len();
        match (&exchange.usage, new) {
            (None, _) | (Some(None), []) => {}
            (Some(Some(wanted)), [event]) => {
                let event = flat(event);
                // A flag that is not written is not set.
                let differs =
                    |(name, value): &(&String, &Value)| event.get(name).unwrap_or(&Value::Bool(false)) != *value;
                if let Some((name, _)) = wanted.as_object().unwrap().iter().find(differs) {
                    return Err(format!("{place}: {name} differs: {event}"));
                }
            }
            (_, new) => return Err(format!("{place}: {} events were counted: {new:?}", new.len())),
        }
    }
    serving.abort();
    let left = teller.turns.lock().unwrap().len();
    if left == 0 { Ok(()) } else { Err(format!("{file}, {cut:?}: {left} requests never reached the upstream")) }
}

fn upstream(file: &str, settings: &[Section], address: &str) -> Upstream {
    let secret = || Some(Secret::new(UPSTREAM_SECRET.to_owned()));
    let mut base = format!("http://{address}/v1");
    let mut options = UpstreamOptions::default();
    for setting in settings {
        match setting.argument.split_once(' ') {
            Some(("base", path)) => base = format!("http://{address}{path}"),
            Some(("auth", "api-key")) => options.auth = Auth::ApiKey,
            Some(("append_v1", "false")) => options.append_v1 = false,
            Some(("stream_usage", "always")) => options.stream_usage = StreamUsage::Always,
            Some(("stream_usage", "never")) => options.stream_usage = StreamUsage::Never,
            _ => panic!("{file}: an upstream has no setting {:?}", setting.argument),
        }
    }
    Upstream::with("one".to_owned(), &base, secret(), options)
}

#[tokio::test]
async fn every_dialect_is_understood() {
    let mut wrong = Vec::new();
    for file in stories() {
        for cut in [Cut::Whole, Cut::Bytes] {
            if let Err(why) = tell(&file, cut).await {
                wrong.push(why);
            }
        }
    }
    assert!(wrong.is_empty(), "{} stories went wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The table of dialects in the documentation names each story, and each story it names exists.
#[test]
fn the_table_of_dialects_names_every_story() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/upstreams.md");
    let table = std::fs::read_to_string(table).unwrap();
    let named: BTreeSet<String> = table
        .split('`')
        .filter(|word| word.ends_with(".txt") && !word.contains(char::is_whitespace))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, stories());
}
