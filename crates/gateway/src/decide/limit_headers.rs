//! The headers about the limits that apply to a request. Every limited answer has several of them, so they are written
//! with little work.

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use keystead_core::rate::{LimitState, push_duration, push_number};

/// The state of the limits that apply to one request: of requests, tokens, tokens of the project, and images.
pub(crate) type LimitStates = [Option<LimitState>; 4];

/// For each state: the limit, what remains of it, and the time until all of it is available.
static NAMES: [HeaderName; 12] = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
    HeaderName::from_static("x-ratelimit-limit-project-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-project-tokens"),
    HeaderName::from_static("x-ratelimit-reset-project-tokens"),
    HeaderName::from_static("x-ratelimit-limit-input-images"),
    HeaderName::from_static("x-ratelimit-remaining-input-images"),
    HeaderName::from_static("x-ratelimit-reset-input-images"),
];
/// Bytes of the values for most requests.
const LENGTH: usize = 96;

/// The values of the headers, in one piece of memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LimitHeaders {
    values: Bytes,
    /// Where the value of each name ends; 0 where there is none.
    ends: [u8; 12],
}

impl LimitHeaders {
    pub(crate) fn of(states: LimitStates) -> Self {
        let (mut text, mut ends) = (String::with_capacity(LENGTH), [0; 12]);
        // All values together are shorter than 255 bytes.
        let end = |text: &String| u8::try_from(text.len()).unwrap_or(u8::MAX);
        let (places, _) = ends.as_chunks_mut::<3>();
        for (state, [limit, remaining, reset]) in states.into_iter().zip(places) {
            let Some(state) = state else { continue };
            push_number(&mut text, state.limit);
            *limit = end(&text);
            push_number(&mut text, state.remaining);
            *remaining = end(&text);
            push_duration(&mut text, state.reset);
            *reset = end(&text);
        }
        Self { values: text.into(), ends }
    }

    /// Replaces the upstream's headers about its limits by these; without a limit, they stay as they are.
    pub(crate) fn replace(&self, headers: &mut HeaderMap) {
        if self.values.is_empty() {
            return;
        }
        let theirs: Vec<HeaderName> =
            headers.keys().filter(|name| name.as_str().starts_with("x-ratelimit-")).cloned().collect();
        for name in theirs {
            headers.remove(name);
        }
        let mut start = 0;
        for (name, end) in NAMES.iter().zip(self.ends).filter(|(_, end)| *end > 0) {
            let value = HeaderValue::from_maybe_shared(self.values.slice(start..end.into()));
            start = end.into();
            if let Ok(value) = value {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_limit_has_three_headers() {
        let state =
            |limit, remaining, micros| Some(LimitState { limit, remaining, reset: Duration::from_micros(micros) });
        let headers = LimitHeaders::of([state(60, 0, 1_500_000), None, state(7, 7, 0), None]);
        let mut map = HeaderMap::new();
        map.insert("x-ratelimit-limit-tokens", HeaderValue::from_static("5"));
        map.insert("server", HeaderValue::from_static("x"));
        headers.replace(&mut map);
        let mut found: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("server", "x"),
                ("x-ratelimit-limit-project-tokens", "7"),
                ("x-ratelimit-limit-requests", "60"),
                ("x-ratelimit-remaining-project-tokens", "7"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-project-tokens", "0s"),
                ("x-ratelimit-reset-requests", "1.5s"),
            ]
        );
        LimitHeaders::default().replace(&mut map);
        assert_eq!(map.len(), 7, "without limits theirs stay");
    }

    #[test]
    fn the_longest_values_fit() {
        let longest = Some(LimitState { limit: u64::MAX, remaining: u64::MAX, reset: Duration::from_micros(u64::MAX) });
        let mut map = HeaderMap::new();
        LimitHeaders::of([longest; 4]).replace(&mut map);
        assert_eq!(map.len(), NAMES.len());
        assert_eq!(map["x-ratelimit-limit-input-images"], u64::MAX.to_string());
        assert!(map["x-ratelimit-reset-input-images"].to_str().unwrap().ends_with('s'));
    }
}
