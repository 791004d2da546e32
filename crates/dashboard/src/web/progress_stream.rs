//! Server-sent events for pages that wait for another device: one word for each state, sent when it changes.
//!
//! The stream only reports that a page is out of date; the browser then loads the page with the usual permission
//! checks. Each poll reads the session again, so a stream ends with its session. Pages without scripts have a button,
//! and pages poll every 1.5 seconds when the stream is refused.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::stream_slots::StreamSlot;
use crate::state::DashboardState;

/// How often the state is read when this node committed nothing: another node may have.
const POLL_INTERVAL: Duration = Duration::from_millis(1_500);
/// How often a comment is sent, so that proxies do not close an idle stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The longest duration of a stream; a page that still waits opens another.
const LONGEST: Duration = Duration::from_secs(900);

/// The result of one poll.
pub(crate) enum Observed {
    /// The state, which may change again.
    Changing(String),
    /// The state, which no longer changes by itself.
    Final(String),
    /// The person has no permission, or the state cannot be read.
    Unavailable,
}

/// Whether the request comes from another site, which must not learn the state.
fn foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

struct Stream<L> {
    observe: L,
    /// The word to send first.
    first: Option<String>,
    last: String,
    over: bool,
    progress: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    until: Instant,
    _slot: StreamSlot,
}

/// Streams the state: the first word at once, then each change. A state that no longer changes is answered with 204,
/// after which browsers do not connect again.
pub(crate) async fn stream_changes<L, F>(
    state: &DashboardState,
    headers: &HeaderMap,
    holder: &str,
    observe: L,
) -> Response
where
    L: Fn() -> F + Send + 'static,
    F: Future<Output = Observed> + Send,
{
    stream_changes_of(state, headers, holder, state.app.verification_progress(), observe).await
}

/// Streams a state that is read again when `progress` says that this node changed something.
pub(crate) async fn stream_changes_of<L, F>(
    state: &DashboardState,
    headers: &HeaderMap,
    holder: &str,
    progress: watch::Receiver<u64>,
    observe: L,
) -> Response
where
    L: Fn() -> F + Send + 'static,
    F: Future<Output = Observed> + Send,
{
    if foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Observed::Changing(first) = observe().await else { return StatusCode::NO_CONTENT.into_response() };
    let Some(slot) = state.streams.open(holder) else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let stopped = state.stopped.clone();
    let until = Instant::now() + LONGEST;
    let begun =
        Stream { observe, last: first.clone(), first: Some(first), over: false, progress, stopped, until, _slot: slot };
    let words = stream::unfold(begun, async |mut stream| {
        let word = next(&mut stream).await?;
        Some((Ok::<_, Infallible>(Event::default().data(word)), stream))
    });
    let mut response = Sse::new(words).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Tells proxies not to buffer the stream.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The next word that differs from the last; `None` at the end of the stream.
async fn next<L, F>(stream: &mut Stream<L>) -> Option<String>
where
    L: Fn() -> F,
    F: Future<Output = Observed>,
{
    if let Some(first) = stream.first.take() {
        return Some(first);
    }
    while !stream.over && Instant::now() < stream.until {
        tokio::select! {
            // A dropped sender means that the server stops.
            _ = stream.stopped.wait_for(|stopped| *stopped) => return None,
            _ = stream.progress.changed() => {}
            () = sleep(POLL_INTERVAL) => {}
        }
        let word = match (stream.observe)().await {
            Observed::Changing(word) => word,
            Observed::Final(word) => {
                stream.over = true;
                word
            }
            Observed::Unavailable => return None,
        };
        if stream.last != word {
            stream.last.clone_from(&word);
            return Some(word);
        }
    }
    None
}
