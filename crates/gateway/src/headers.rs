//! Which headers pass, in both directions: allow-lists, so that a new header is closed until somebody opens it.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use keystead_core::access::Selection;
use keystead_core::refusal::{Refusal, Wire};

pub(crate) static ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
pub(crate) static PROJECT: HeaderName = HeaderName::from_static("openai-project");

/// The two headers that choose who pays. Doubled ones are refused (GW-2); empty ones count as absent.
pub(crate) fn selection(headers: &HeaderMap) -> Result<Selection<'_>, Wire> {
    let one = |name: &HeaderName, refusal: Refusal| -> Result<Option<&str>, Wire> {
        let mut values = headers.get_all(name).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let refuse = || Err(refusal.wire(""));
        if values.next().is_some() {
            return refuse();
        }
        match value.to_str() {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(text.trim())),
            Err(_) => refuse(),
        }
    };
    Ok(Selection {
        organization: one(&ORGANIZATION, Refusal::MismatchedOrganization)?,
        project: one(&PROJECT, Refusal::MismatchedProject)?,
    })
}

/// The client's headers that go upstream: its credential, cookies and hop-by-hop headers never pass (GW-7). Of a doubled
/// one the first passes.
pub(crate) fn to_upstream(client: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let passes = |name: &&HeaderName| {
        let text = name.as_str();
        let named = matches!(
            text,
            "content-type"
                | "accept"
                | "user-agent"
                | "openai-beta"
                | "x-client-request-id"
                | "idempotency-key"
                | "traceparent"
        );
        // What a client library says of itself.
        named || text.starts_with("x-stainless-")
    };
    client.keys().filter(passes).filter_map(|name| Some((name, client.get(name)?)))
}

/// Whether a client may see this header of an upstream's answer (security decision 3).
pub(crate) fn may_return(name: &str) -> bool {
    matches!(name, "content-type" | "content-disposition" | "retry-after" | "retry-after-ms" | "x-should-retry")
        || (name.starts_with("x-ratelimit-") && !name.ends_with("-key"))
        || (name.starts_with("openai-") && !matches!(name, "openai-organization" | "openai-project"))
}

/// Whether the value names an event stream.
pub(crate) fn is_event_stream(value: &HeaderValue) -> bool {
    media_type(value).is_some_and(|media| media.eq_ignore_ascii_case("text/event-stream"))
}

/// The media type without parameters.
pub(crate) fn media_type(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()?.split(';').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_selection_is_one_value_or_none_or_a_refusal(values in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..20), 0..3)) {
            for (name, other) in [("openai-organization", "openai-project"), ("openai-project", "openai-organization")] {
                let mut headers = HeaderMap::new();
                for value in &values {
                    if let Ok(value) = HeaderValue::from_bytes(value) {
                        headers.append(name, value);
                    }
                }
                match selection(&headers) {
                    Err(wire) => prop_assert_eq!(wire.status, 401),
                    Ok(read) => {
                        prop_assert!(headers.len() <= 1);
                        let (this, that) = if name < other { (read.organization, read.project) } else { (read.project, read.organization) };
                        prop_assert_eq!(that, None);
                        let sent = headers.get(name).map(|v| v.to_str().unwrap().trim()).filter(|v| !v.is_empty());
                        prop_assert_eq!(this, sent);
                    }
                }
            }
        }
    }
}
