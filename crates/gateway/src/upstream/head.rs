//! Heads on the wire: the request's, written directly from what the client sent, and the answer's, of which only what a
//! client may see is kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use keystead_core::id::RequestId;

use super::framing::Framing;
use crate::catalogue::Address;
use crate::request::headers;

/// Maximum bytes of the head of an answer.
const LONGEST: usize = 64 << 10;
/// Maximum number of headers of an answer.
const MOST_HEADERS: usize = 256;

static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// A request to an upstream, without its body.
pub(crate) struct UpstreamRequest<'a> {
    pub(crate) method: &'a Method,
    /// Path and query as the client sent them.
    pub(crate) target: &'a PathAndQuery,
    /// The client's headers, of which only a few are sent.
    pub(crate) headers: &'a HeaderMap,
    pub(crate) id: &'a RequestId,
    /// Set once the request begins to be sent.
    pub(crate) begun: Option<&'a AtomicBool>,
}

impl UpstreamRequest<'_> {
    /// Notes that the request is about to be sent.
    pub(super) fn begin(&self) {
        if let Some(begun) = self.begun {
            begun.store(true, Ordering::Relaxed);
        }
    }
}

/// How the end of a request's body is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFraming {
    /// There is none, and none is expected.
    Nothing,
    Length(u64),
    Chunked,
}

/// Writes the head of a request: own headers, own framing, the operator's secret.
pub(super) fn write(out: &mut Vec<u8>, to: &Address, request: &UpstreamRequest<'_>, framing: BodyFraming) {
    let mut put = |pieces: &[&[u8]]| pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    let target = request.target.as_str();
    let target = if to.versioned { target } else { target.strip_prefix("/v1").unwrap_or(target) };
    put(&[request.method.as_str().as_bytes(), b" ", to.prefix.as_bytes(), target.as_bytes()]);
    if let Some(query) = &to.query {
        put(&[if target.contains('?') { b"&" } else { b"?" }, query.as_bytes()]);
    }
    put(&[b" HTTP/1.1\r\nhost: ", to.host.as_bytes()]);
    if let Some((name, secret)) = &to.secret {
        put(&[b"\r\n", name.as_str().as_bytes(), b": ", secret.as_bytes()]);
    }
    put(&[b"\r\nx-request-id: ", request.id.as_str().as_bytes(), b"\r\naccept-encoding: identity"]);
    for (name, value) in headers::to_upstream(request.headers) {
        put(&[b"\r\n", name.as_str().as_bytes(), b": ", value.as_bytes()]);
    }
    match framing {
        // For a method that usually has a body, its absence is stated.
        BodyFraming::Nothing if request.method == Method::POST => put(&[b"\r\ncontent-length: 0"]),
        BodyFraming::Nothing => {}
        BodyFraming::Length(length) => put(&[b"\r\ncontent-length: ", length.to_string().as_bytes()]),
        BodyFraming::Chunked => put(&[b"\r\ntransfer-encoding: chunked"]),
    }
    put(&[b"\r\n\r\n"]);
}

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    /// The headers that a client may see.
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    /// Whether the connection may carry another request.
    pub(super) keep: bool,
    /// How long the upstream keeps it open, if it says so.
    pub(super) kept_for: Option<Duration>,
    /// Whether it asks for a credential.
    pub(super) challenge: bool,
}

/// The bytes are not a head of an answer that can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoHead(&'static str);

/// Takes the head of an answer from the buffer; `None` while it is incomplete. Interim answers are skipped.
pub(super) fn read(input: &mut BytesMut) -> Result<Option<Head>, NoHead> {
    loop {
        let Some(head) = read_one(input)? else { return Ok(None) };
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(NoHead("it speaks of another protocol"));
        }
        if !head.status.is_informational() {
            return Ok(Some(head));
        }
    }
}

fn read_one(input: &mut BytesMut) -> Result<Option<Head>, NoHead> {
    if input.is_empty() {
        return Ok(None);
    }
    let mut room = [const { std::mem::MaybeUninit::uninit() }; MOST_HEADERS];
    let mut parsed = httparse::Response::new(&mut []);
    let length = httparse::ParserConfig::default()
        .parse_response_with_uninit_headers(&mut parsed, input, &mut room)
        .map_err(|_| NoHead("its head is no HTTP/1"))?;
    let (whole, length) = match length {
        httparse::Status::Complete(length) => (true, length),
        httparse::Status::Partial => (false, input.len()),
    };
    if length > LONGEST {
        return Err(NoHead("its head is too long"));
    }
    if !whole {
        return Ok(None);
    }
    let mut framed = Framed { version: parsed.version.unwrap_or_default(), ..Framed::default() };
    // With capacity for those that are added on the way back, so that it never grows.
    let mut returned = HeaderMap::with_capacity(24);
    for field in parsed.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| NoHead("it names a header wrongly"))?;
        framed.note(&name, field.value)?;
        if headers::may_return(name.as_str()) {
            // A copy, so that the few bytes do not hold the whole read buffer.
            let value = HeaderValue::from_bytes(field.value).map_err(|_| NoHead("a header has no value"))?;
            returned.append(name, value);
        }
    }
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(NoHead("its status is none"))?;
    input.advance(length);
    let (framing, keep) = framed.decide(status)?;
    Ok(Some(Head { status, headers: returned, framing, keep, kept_for: framed.kept_for, challenge: framed.challenge }))
}

/// What the headers of an answer say about its end.
#[derive(Default)]
struct Framed {
    /// The minor version.
    version: u8,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    kept_for: Option<Duration>,
    challenge: bool,
}

impl Framed {
    fn note(&mut self, name: &HeaderName, value: &[u8]) -> Result<(), NoHead> {
        if name == header::CONTENT_LENGTH {
            // Only digits: other forms of numbers are accepted by some servers and not by others.
            let digits = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let length = digits.and_then(|text| text.parse().ok()).ok_or(NoHead("its length is no number"))?;
            if self.length.replace(length).is_some_and(|before| before != length) {
                return Err(NoHead("it has two lengths"));
            }
        } else if name == header::TRANSFER_ENCODING {
            let again = std::mem::replace(&mut self.chunked, true);
            if again || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(NoHead("its encoding is not 'chunked' alone"));
            }
        } else if name == header::CONNECTION {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                self.close |= option.eq_ignore_ascii_case(b"close");
                self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if name == KEEP_ALIVE {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                self.note_keep_alive(option);
            }
        } else if name == header::WWW_AUTHENTICATE {
            self.challenge = true;
        }
        Ok(())
    }

    /// `timeout=5` is how long the connection stays open, `max=0` that this answer is its last. Everything else has no
    /// meaning here.
    fn note_keep_alive(&mut self, option: &[u8]) {
        let Some((name, value)) = std::str::from_utf8(option).ok().and_then(|option| option.split_once('=')) else {
            return;
        };
        let Ok(number) = value.trim().trim_matches('"').parse::<u64>() else { return };
        if name.trim().eq_ignore_ascii_case("timeout") {
            self.kept_for = Some(Duration::from_secs(number));
        } else if name.trim().eq_ignore_ascii_case("max") && number == 0 {
            self.close = true;
        }
    }

    fn decide(&self, status: StatusCode) -> Result<(Framing, bool), NoHead> {
        let keep = !self.close && (self.version == 1 || self.keep_alive);
        let bodiless = status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if bodiless {
            return Ok((Framing::NOTHING, keep));
        }
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(NoHead("it has a length and chunks")),
            (true, None) if self.version == 0 => Err(NoHead("its version knows no chunks")),
            (true, None) => Ok((Framing::CHUNKED, keep)),
            (false, Some(length)) => Ok((Framing::Length(length), keep)),
            (false, None) => Ok((Framing::UntilClose, false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Result<Option<Head>, NoHead> {
        read(&mut BytesMut::from(text))
    }

    #[test]
    fn answers() {
        let length = of(
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Type: a/b\r\nServer: x\r\nSet-Cookie: y\r\n\r\nabcdefg",
        );
        let head = length.unwrap().unwrap();
        assert_eq!((head.status.as_u16(), &head.framing, head.keep), (200, &Framing::Length(7), true));
        assert_eq!(head.headers.len(), 1, "{:?}", head.headers);
        assert_eq!(head.headers["content-type"], "a/b");
        for (text, framing, keep) in [
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n", Framing::CHUNKED, true),
            ("HTTP/1.1 200\r\nconnection: x, Close\r\ncontent-length: 1\r\n\r\n", Framing::Length(1), false),
            ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", Framing::Length(1), false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n", Framing::Length(1), true),
            ("HTTP/1.1 204 Nothing\r\ncontent-length: 9\r\n\r\n", Framing::NOTHING, true),
            (
                "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n",
                Framing::Length(1),
                true,
            ),
            ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n", Framing::Length(1), true),
        ] {
            let head = of(text).unwrap().unwrap();
            assert_eq!((head.framing, head.keep), (framing, keep), "{text:?}");
        }
    }

    #[test]
    fn how_long_a_connection_stays_open() {
        for (value, kept_for, keep) in [
            ("timeout=5", Some(5), true),
            ("timeout=5, max=100", Some(5), true),
            ("max=0", None, false),
            ("Timeout = 72; max=3", None, true),
            ("TIMEOUT = 72", Some(72), true),
            ("timeout=-1, x, =, timeout", None, true),
        ] {
            let head = of(&format!("HTTP/1.1 200 OK\r\nkeep-alive: {value}\r\ncontent-length: 0\r\n\r\n"));
            let head = head.unwrap().unwrap();
            assert_eq!((head.kept_for.map(|time| time.as_secs()), head.keep), (kept_for, keep), "{value}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "HTTP/2 200\r\n\r\n",
            "ICY 200 OK\r\n\r\n",
            "HTTP/1.1 099 x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nx : y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nx: y\r\n z\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        ] {
            assert!(of(text).is_err(), "{text:?}");
        }
        assert!(of(&format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(LONGEST))).is_err());
        let many = |count| of(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(count)));
        assert!(many(MOST_HEADERS).is_ok() && many(MOST_HEADERS + 1).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_head_is_whole_at_its_last_byte_and_not_before(status in 200u16..600, value in "[!-~]([ -~]{0,30}[!-~])?", body in proptest::collection::vec(any::<u8>(), 0..40)) {
            let head = format!("HTTP/1.1 {status} x\r\nOpenAI-Version: {value}\r\nContent-Length: {}\r\n\r\n", body.len());
            for end in 0..head.len() {
                prop_assert!(of(&head[..end]).unwrap().is_none());
            }
            let mut input = BytesMut::from(head.as_bytes());
            input.extend_from_slice(&body);
            let read = read(&mut input).unwrap().unwrap();
            prop_assert_eq!(read.status.as_u16(), status);
            prop_assert_eq!(read.headers["openai-version"].as_bytes(), value.as_bytes());
            prop_assert_eq!(&input[..], &body[..]);
        }

        #[test]
        fn no_bytes_break_the_reading(bytes in proptest::collection::vec(any::<u8>(), 0..200), begin in any::<bool>()) {
            let mut input = BytesMut::from(if begin { &b"HTTP/1.1 200 OK\r\n"[..] } else { b"" });
            input.extend_from_slice(&bytes);
            // This test checks only that it ends.
            let _ = read(&mut input);
        }
    }
}
