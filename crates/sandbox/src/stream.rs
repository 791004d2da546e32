//! Sending events one by one, and counting what was really sent.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;

use crate::faults::Faults;

/// An event and the output tokens in it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) text: String,
    pub(crate) tokens: i64,
}

impl Event {
    /// Builds an event without a name.
    pub(crate) fn data(data: impl std::fmt::Display) -> Self {
        Self { text: format!("data: {data}\n\n"), tokens: 0 }
    }

    /// Builds an event with a name.
    pub(crate) fn named(name: &str, data: impl std::fmt::Display) -> Self {
        Self { text: format!("event: {name}\ndata: {data}\n\n"), tokens: 0 }
    }

    pub(crate) const fn with_tokens(mut self, tokens: i64) -> Self {
        self.tokens = tokens;
        self
    }
}

struct Sending<F: FnMut(i64)> {
    events: std::vec::IntoIter<Event>,
    sent: usize,
    faults: Faults,
    produced: F,
}

/// Builds an answer of events; `produced` gets the tokens of each event when it is sent.
pub(crate) fn answer<F>(events: Vec<Event>, faults: Faults, produced: F) -> Response
where
    F: FnMut(i64) + Send + 'static,
{
    let sending = Sending { events: events.into_iter(), sent: 0, faults, produced };
    let frames = stream::unfold(sending, |mut sending| async move {
        if sending.faults.cut_after.is_some_and(|most| sending.sent > most) {
            return None;
        }
        let event = sending.events.next()?;
        if !sending.faults.chunk_delay.is_zero() {
            tokio::time::sleep(sending.faults.chunk_delay).await;
        }
        sending.sent += 1;
        if sending.faults.cut_after.is_some_and(|most| sending.sent > most) {
            // An error ends the connection without the closing chunk, as a crash would.
            return Some((Err(std::io::Error::other("cut on demand")), sending));
        }
        (sending.produced)(event.tokens);
        Some((Ok(Bytes::from(event.text)), sending))
    });
    let mut response = Response::new(Body::from_stream(frames));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}
