//! Progress while a page waits for another device: one word per state, sent as server-sent events when it changes.
//!
//! The stream only says that a page is out of date; the page itself is asked for with the usual permission. Every look
//! is made anew with the session, so a stream tells nothing to a session that has ended. Pages without scripts have a
//! button, and pages whose stream is refused ask every few seconds.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::DashboardState;

/// How many pages of one session may wait at once.
const MOST_PER_HOLDER: usize = 4;
/// How many pages may wait in all.
const MOST: usize = 1_000;
/// How often the state is looked at when nothing was committed here: another node may have.
const LOOK: Duration = Duration::from_secs(3);
/// A comment in between keeps proxies from cutting a silent stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after this time; a page that still waits begins another.
const LONGEST: Duration = Duration::from_secs(900);

/// Who waits, by session or link.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<Mutex<HashMap<String, usize>>>);

/// A place among those who wait; given back when it is dropped.
#[derive(Debug)]
struct Place {
    waiting: Waiting,
    holder: String,
}

impl Waiting {
    fn enter(&self, holder: &str) -> Option<Place> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().sum::<usize>() >= MOST {
            return None;
        }
        let own = all.entry(holder.to_owned()).or_default();
        if *own >= MOST_PER_HOLDER {
            return None;
        }
        *own += 1;
        Some(Place { waiting: self.clone(), holder: holder.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get_mut(&self.holder) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.holder);
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let waiting = Waiting::default();
        let mut places: Vec<_> = (0..MOST_PER_HOLDER).map(|_| waiting.enter("one").unwrap()).collect();
        assert!(waiting.enter("one").is_none() && waiting.enter("two").is_some());
        places.pop();
        assert!(waiting.enter("one").is_some());
        let _all: Vec<_> = (0..MOST).filter_map(|n| waiting.enter(&n.to_string())).collect();
        assert!(waiting.enter("late").is_none());
    }
}
