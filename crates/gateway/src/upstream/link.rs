//! One connection to an upstream: a request out, its answer's head in, then the body's bytes. Driven by the task that
//! uses it and by nobody while it waits.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;

use super::head::{self, Asked, Head, Told};
use crate::body::{BoxError, GatewayBody, Sending};
use crate::catalogue::Address;

/// Room for reading. An answer of the usual length comes in one read; more room is made for longer ones.
const ROOM: usize = 8 << 10;
/// Room for reading at most.
const MOST_ROOM: usize = 128 << 10;
/// A body up to this length is copied behind its head: cheaper than to hand the system two pieces.
const SHORT: usize = 4 << 10;
/// The usual length of a head with a short body.
const HEAD: usize = 1 << 10;

/// Bytes both ways.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Plain or encrypted.
enum Stream {
    Plain(TcpStream),
    Encrypted(Box<dyn Duplex>),
}

impl Stream {
    fn poll_write(&mut self, context: &mut Context<'_>, request: &Request) -> Poll<io::Result<usize>> {
        let text = request.text.get(request.written..).unwrap_or_default();
        let pieces = [IoSlice::new(text), IoSlice::new(&request.data)];
        match self {
            Self::Plain(stream) if request.data.is_empty() => Pin::new(stream).poll_write(context, text),
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, &pieces),
            Self::Encrypted(stream) => Pin::new(stream).poll_write_vectored(context, &pieces),
        }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            // What was written to a plain one is with the system.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>, input: &mut BytesMut) -> Poll<io::Result<usize>> {
        match self {
            Self::Plain(stream) => pin!(stream.read_buf(input)).poll(context),
            Self::Encrypted(stream) => pin!(stream.read_buf(input)).poll(context),
        }
    }
}

/// What is still to be had of a request's body.
enum Rest {
    Nothing,
    /// So many bytes, as was announced.
    Measured(GatewayBody, u64),
    /// Chunks; whether one went out, whose line break is owed.
    Chunks(GatewayBody, bool),
    /// It broke off. Nothing may follow, or what was sent would look whole.
    Broken,
}

/// A request on its way out.
pub(super) struct Request {
    /// Text, and how far it went.
    text: Vec<u8>,
    written: usize,
    /// What follows the text.
    data: Bytes,
    rest: Rest,
}

impl Request {
    pub(super) fn new(to: &Address, asked: &Asked<'_>, body: Sending) -> Self {
        let told = match &body {
            Sending::Nothing => Told::Nothing,
            Sending::Whole(bytes) => Told::Length(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Sending::Passing(body) => body.size_hint().exact().map_or(Told::Chunked, Told::Length),
        };
        let mut text = Vec::with_capacity(HEAD);
        head::write(&mut text, to, asked, told);
        let (mut data, mut rest) = (Bytes::new(), Rest::Nothing);
        match (body, told) {
            (Sending::Nothing, _) => {}
            (Sending::Whole(bytes), _) if bytes.len() <= SHORT => text.extend_from_slice(&bytes),
            (Sending::Whole(bytes), _) => data = bytes,
            (Sending::Passing(body), Told::Length(length)) => rest = Rest::Measured(body, length),
            (Sending::Passing(body), _) => rest = Rest::Chunks(body, false),
        }
        Self { text, written: 0, data, rest }
    }

    /// Whether something stands ready to be written.
    fn is_ready(&self) -> bool {
        self.written < self.text.len() || !self.data.is_empty()
    }

    fn wrote(&mut self, count: usize) {
        let text = count.min(self.text.len().saturating_sub(self.written));
        self.written += text;
        drop(self.data.split_to(count - text));
    }

    /// The next piece of the body, if there is one.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, BoxError>> {
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

    /// Text that follows what went out.
    fn say(&mut self, text: &[u8]) {
        self.text.clear();
        self.text.extend_from_slice(text);
        self.written = 0;
    }
}

pub(super) struct Link {
    stream: Stream,
    /// `None` once all of it went out and the stream was flushed.
    request: Option<Request>,
    /// Whether a byte of the request went out.
    begun: bool,
    pub(super) input: BytesMut,
    room: usize,
}

impl Link {
    pub(super) fn new(stream: MaybeHttpsStream<TokioIo<TcpStream>>) -> Box<Self> {
        let stream = match stream {
            MaybeHttpsStream::Http(plain) => Stream::Plain(plain.into_inner()),
            MaybeHttpsStream::Https(encrypted) => Stream::Encrypted(Box::new(encrypted.into_inner())),
        };
        Box::new(Self { stream, request: None, begun: false, input: BytesMut::new(), room: ROOM })
    }

    /// Whether the connection, which should be silent while it waits, can be used. A close shows only by reading.
    pub(super) fn is_fresh(&mut self, context: &mut Context<'_>) -> bool {
        self.poll_read(context).is_pending()
    }

    /// Whether another request may follow, now that the answer was read to its end. Gives up the room that a long
    /// answer took.
    pub(super) fn rest(&mut self) -> bool {
        if self.room > ROOM {
            (self.room, self.input) = (ROOM, BytesMut::from(&self.input[..]));
        }
        self.request.is_none() && self.input.is_empty()
    }

    /// Takes a request. Nothing goes out before [`Self::poll_head`].
    pub(super) fn begin(&mut self, request: Request) {
        (self.request, self.begun) = (Some(request), false);
    }

    /// Gives back a request of which nothing went out.
    pub(super) fn unsent(&mut self) -> Option<Request> {
        self.request.take().filter(|_| !self.begun)
    }

    /// Moves the request out as far as it goes now.
    pub(super) fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        while let Some(request) = &mut self.request {
            if request.is_ready() {
                match ready!(self.stream.poll_write(context, request))? {
                    0 => return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into())),
                    count => request.wrote(count),
                }
                self.begun = true;
            } else if !ready!(request.poll_more(context))? {
                ready!(self.stream.poll_flush(context))?;
                self.request = None;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what has come; no bytes mean the end.
    pub(super) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.capacity() - self.input.len() < self.room / 4 {
            self.input.reserve(self.room);
        }
        let free = self.input.capacity() - self.input.len();
        let read = self.stream.poll_read(context, &mut self.input);
        if matches!(read, Poll::Ready(Ok(count)) if count == free) {
            self.room = self.room.saturating_mul(2).min(MOST_ROOM);
        }
        read
    }

    /// Sends, and waits for the head of the answer. An answer that comes before the request is out counts; so does one
    /// that comes although the request could not be sent to its end.
    pub(super) fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<Result<Head, BoxError>> {
        let unsent = match self.poll_send(context) {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        };
        loop {
            if let Some(head) = head::read(&mut self.input)? {
                return Poll::Ready(Ok(head));
            }
            match self.poll_read(context) {
                Poll::Ready(Ok(1..)) => {}
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(unsent.unwrap_or_else(|| "it closed the connection".into())));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(unsent.unwrap_or_else(|| error.into()))),
                Poll::Pending => return unsent.map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::uri::PathAndQuery;
    use http::{HeaderMap, Method};
    use http_body_util::{BodyExt, StreamBody};
    use keystead_core::id::RequestId;
    use rand::SeedableRng;
    use tokio::io::{AsyncWriteExt, DuplexStream};

    use super::*;
    use crate::catalogue::Upstream;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

    /// A connection as an encrypted one is used, and its other end, between which few bytes fit.
    fn pair() -> (Link, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(16);
        let stream = Stream::Encrypted(Box::new(ours));
        (Link { stream, request: None, begun: false, input: BytesMut::new(), room: ROOM }, theirs)
    }

    fn passing(pieces: &[&'static str]) -> GatewayBody {
        let frames = pieces.iter().map(|piece| match *piece {
            "broken" => Err(BoxError::from("broken")),
            piece => Ok(http_body::Frame::data(Bytes::from_static(piece.as_bytes()))),
        });
        StreamBody::new(futures_util::stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
    }

    /// Sends a body; what arrived at the other end, and how it went on this one.
    async fn send(body: Sending) -> (String, Result<Head, String>) {
        let upstream = Upstream::new("one".to_owned(), "http://h/v1", None);
        let id = RequestId::generate(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
        let (headers, target) = (HeaderMap::new(), PathAndQuery::from_static("/v1/files"));
        let asked = Asked { method: &Method::POST, target: &target, headers: &headers, id: &id };
        let request = Request::new(upstream.address.as_ref().unwrap(), &asked, body);
        let (mut link, mut theirs) = pair();
        link.begin(request);
        let serve = async move {
            let mut got = Vec::new();
            let mut buffer = [0; 64];
            loop {
                match theirs.read(&mut buffer).await.unwrap() {
                    0 => break,
                    count => got.extend_from_slice(&buffer[..count]),
                }
                if got.ends_with(b"0\r\n\r\n") || got.ends_with(b"whole") {
                    theirs.write_all(ANSWER).await.unwrap();
                    break;
                }
            }
            String::from_utf8(got).unwrap()
        };
        let ask = async move { std::future::poll_fn(|context| link.poll_head(context)).await };
        let (got, head) = tokio::join!(serve, ask);
        (got.split_once("\r\n\r\n").unwrap().1.to_owned(), head.map_err(|error| error.to_string()))
    }

    #[tokio::test]
    async fn bodies_arrive_as_they_were_told() {
        let long = format!("{}whole", "x".repeat(2 * SHORT));
        let (got, head) = send(Sending::Whole(long.clone().into())).await;
        assert_eq!((got, head.unwrap().status.as_u16()), (long, 200));
        let (got, head) = send(Sending::Passing(passing(&["one", "", "seventeen letters"]))).await;
        assert_eq!(got, "3\r\none\r\n11\r\nseventeen letters\r\n0\r\n\r\n");
        assert_eq!(head.unwrap().status.as_u16(), 200);
        let (got, _) = send(Sending::Passing(passing(&[]))).await;
        assert_eq!(got, "0\r\n\r\n");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_never_looks_whole() {
        let (got, head) = send(Sending::Passing(passing(&["one", "broken", "two"]))).await;
        assert_eq!(got, "3\r\none");
        assert_eq!(head.map(|head| head.status).unwrap_err(), "broken");
    }
}
