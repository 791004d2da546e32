//! Progress while a page waits for another device: one word per state, sent as server-sent events when it changes.
//!
//! The stream only says that a page is out of date; the page itself is asked for with the usual permission. Every look
//! is made anew with the session, so a stream tells nothing to a session that has ended. Pages without scripts have a
//! button, and pages whose stream is refused ask every few seconds.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::stream_slots::Place;
use crate::state::DashboardState;

/// How often the state is looked at when nothing was committed here: another node may have.
const LOOK: Duration = Duration::from_secs(3);
/// A comment in between keeps proxies from cutting a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this time; a page that still waits begins another.
const LONGEST: Duration = Duration::from_secs(900);

/// What a look found.
pub(crate) enum Seen {
    /// The state in a word, and more may come.
    Moving(String),
    /// The state in a word, which nothing moves by itself any more.
    Still(String),
    /// Whoever looked may not, or it cannot be told now.
    Nothing,
}

/// Scripts of other sites learn nothing by listening: browsers say where a request comes from.
fn foreign(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

struct Stream<L> {
    look: L,
    /// The word to say first.
    first: Option<String>,
    last: String,
    over: bool,
    progress: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    until: Instant,
    _place: Place,
}

/// Answers with the word whenever it changes, the first one at once. Nothing is streamed when nothing moves; a browser
/// then does not ask again.
pub(crate) async fn tell<L, F>(state: &DashboardState, headers: &HeaderMap, holder: &str, look: L) -> Response
where
    L: Fn() -> F + Send + 'static,
    F: Future<Output = Seen> + Send,
{
    if foreign(headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let progress = state.app.verification_progress();
    let Seen::Moving(first) = look().await else { return StatusCode::NO_CONTENT.into_response() };
    let Some(place) = state.waiting.enter(holder) else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let stopped = state.stopped.clone();
    let until = Instant::now() + LONGEST;
    let begun =
        Stream { look, last: first.clone(), first: Some(first), over: false, progress, stopped, until, _place: place };
    let words = stream::unfold(begun, async |mut stream| {
        let word = next(&mut stream).await?;
        Some((Ok::<_, Infallible>(Event::default().data(word)), stream))
    });
    let mut response = Sse::new(words).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers would hold every word back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The next word that differs from the last; none when the stream is over.
async fn next<L, F>(stream: &mut Stream<L>) -> Option<String>
where
    L: Fn() -> F,
    F: Future<Output = Seen>,
{
    if let Some(first) = stream.first.take() {
        return Some(first);
    }
    while !stream.over && Instant::now() < stream.until {
        tokio::select! {
            // A sender that is gone has stopped as well.
            _ = stream.stopped.wait_for(|stopped| *stopped) => return None,
            _ = stream.progress.changed() => {}
            () = sleep(LOOK) => {}
        }
        let word = match (stream.look)().await {
            Seen::Moving(word) => word,
            Seen::Still(word) => {
                stream.over = true;
                word
            }
            Seen::Nothing => return None,
        };
        if stream.last != word {
            stream.last.clone_from(&word);
            return Some(word);
        }
    }
    None
}
