//! A request that is being sent: its head as text, and its body in pieces.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Body;

use super::head::{self, BodyFraming, UpstreamRequest};
use crate::body::{BoxError, GatewayBody, RequestBody};
use crate::catalogue::address::Address;

/// A body up to this length is copied after its head, which is cheaper than passing two pieces to the system.
pub(super) const SHORT: usize = 4 << 10;
/// The usual length of a head with a short body.
const HEAD: usize = 1 << 10;

/// The part of a request's body that has not arrived yet.
enum Rest {
    Nothing,
    /// As many bytes as were announced.
    Measured(GatewayBody, u64),
    /// Chunks; and whether one was sent and still needs its line break.
    Chunks(GatewayBody, bool),
    /// It ended early. Nothing may follow, or what was sent would look complete.
    Broken,
}

/// A request that is being sent.
pub(super) struct Request {
    /// Text, and how much of it was sent.
    text: Vec<u8>,
    written: usize,
    /// What follows the text.
    data: Bytes,
    rest: Rest,
}

impl Request {
    pub(super) fn new(to: &Address, request: &UpstreamRequest<'_>, body: RequestBody) -> Self {
        let framing = match &body {
            RequestBody::Nothing => BodyFraming::Nothing,
            RequestBody::Whole(bytes) => BodyFraming::Length(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            RequestBody::StreamingBody(body) => {
                body.size_hint().exact().map_or(BodyFraming::Chunked, BodyFraming::Length)
            }
        };
        let mut text = Vec::with_capacity(HEAD);
        head::write(&mut text, to, request, framing);
        let (mut data, mut rest) = (Bytes::new(), Rest::Nothing);
        match (body, framing) {
            (RequestBody::Nothing, _) => {}
            (RequestBody::Whole(bytes), _) if bytes.len() <= SHORT => text.extend_from_slice(&bytes),
            (RequestBody::Whole(bytes), _) => data = bytes,
            (RequestBody::StreamingBody(body), BodyFraming::Length(length)) => rest = Rest::Measured(body, length),
            (RequestBody::StreamingBody(body), _) => rest = Rest::Chunks(body, false),
        }
        Self { text, written: 0, data, rest }
    }

    /// What can be written now: text, then data.
    pub(super) fn ready(&self) -> (&[u8], &[u8]) {
        (self.text.get(self.written..).unwrap_or_default(), &self.data)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.written < self.text.len() || !self.data.is_empty()
    }

    pub(super) fn wrote(&mut self, count: usize) {
        let text = count.min(self.text.len().saturating_sub(self.written));
        self.written += text;
        drop(self.data.split_to(count - text));
    }

    /// Polls the next piece of the body, if there is one.
    pub(super) fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, BoxError>> {
        let body = match &mut self.rest {
            Rest::Nothing => return Poll::Ready(Ok(false)),
            Rest::Broken => return Poll::Ready(Err("the request's body broke off".into())),
            Rest::Measured(body, _) | Rest::Chunks(body, _) => Pin::new(body),
        };
        let more = match ready!(body.poll_frame(context)) {
            Some(Ok(frame)) => self.more(frame.into_data().unwrap_or_default()),
            Some(Err(error)) => Err(error),
            None => self.end(),
        };
        if more.is_err() {
            self.rest = Rest::Broken;
        }
        Poll::Ready(more.map(|()| true))
    }

    fn more(&mut self, data: Bytes) -> Result<(), BoxError> {
        if data.is_empty() {
            return Ok(());
        }
        match &mut self.rest {
            Rest::Measured(_, left) => {
                let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                *left = left.checked_sub(length).ok_or("the request's body is longer than announced")?;
            }
            Rest::Chunks(_, begun) => {
                let owed = if std::mem::replace(begun, true) { "\r\n" } else { "" };
                let size = format!("{owed}{:x}\r\n", data.len());
                self.say(size.as_bytes());
            }
            Rest::Nothing | Rest::Broken => {}
        }
        self.data = data;
        Ok(())
    }

    fn end(&mut self) -> Result<(), BoxError> {
        match std::mem::replace(&mut self.rest, Rest::Nothing) {
            Rest::Measured(_, 1..) => return Err("the request's body is shorter than announced".into()),
            Rest::Chunks(_, true) => self.say(b"\r\n0\r\n\r\n"),
            Rest::Chunks(_, false) => self.say(b"0\r\n\r\n"),
            Rest::Measured(..) | Rest::Nothing | Rest::Broken => {}
        }
        Ok(())
    }

    /// Adds text that follows what was sent.
    fn say(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.written = 0;
    }
}
