//! The headers that pass, in both directions: allow-lists, so that a new header is blocked until it is listed.

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};
use keystead_core::access::{Payer, Selection};
use keystead_core::hex;
use keystead_core::refusal::{ErrorResponse, Refusal};
use sha2::{Digest, Sha256};

use crate::header_names::{ORGANIZATION, PROJECT};
use crate::response::error_body;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Reads the two headers that choose the payer.
pub(crate) fn selection(headers: &HeaderMap) -> Result<Selection<'_>, Refusal> {
    let all = |name: &HeaderName| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    Selection::read(all(&ORGANIZATION), all(&PROJECT))
}

/// Makes an idempotency key unique to its payer: it is replaced by a digest of the key and the payer, so that two
/// payers with the same key do not collide in the operator's one upstream account.
pub(crate) fn scope_idempotency_key(headers: &mut HeaderMap, payer: &Payer) -> Result<(), ErrorResponse> {
    let mut keys = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(()) };
    if keys.next().is_some() {
        return Err(error_body::bad_body("The header 'Idempotency-Key' was sent twice. Send it once."));
    }
    let mut digest = Sha256::new();
    for part in [payer.organization.as_str().as_bytes(), payer.project.as_str().as_bytes(), key.as_bytes()] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    let scoped = hex::encode(&digest.finalize());
    let scoped = HeaderValue::from_str(&scoped)
        .map_err(|_| error_body::bad_body("The header 'Idempotency-Key' is unusable."))?;
    headers.insert(&IDEMPOTENCY_KEY, scoped);
    Ok(())
}

/// Returns the client's headers that are sent upstream: its credential, cookies and hop-by-hop headers never are. Of a
/// repeated header the first value is sent.
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
        // Headers in which client libraries describe themselves.
        named || text.starts_with("x-stainless-")
    };
    client.keys().filter(passes).filter_map(|name| Some((name, client.get(name)?)))
}

/// Whether a client may see this header of an upstream's answer.
pub(crate) fn may_return(name: &str) -> bool {
    matches!(
        name,
        "content-type"
            | "content-disposition"
            | "content-encoding"
            | "retry-after"
            | "retry-after-ms"
            | "x-should-retry"
    ) || (name.starts_with("x-ratelimit-") && !name.ends_with("-key"))
        || (name.starts_with("openai-") && !matches!(name, "openai-organization" | "openai-project"))
}

/// Whether a media type names an event stream.
pub(crate) fn is_event_stream(media: &str) -> bool {
    media.eq_ignore_ascii_case("text/event-stream")
}

/// Whether a media type names JSON.
pub(crate) fn is_json(media: &str) -> bool {
    let media = media.as_bytes();
    let suffix = media.len().checked_sub("+json".len()).and_then(|at| media.get(at..));
    media.eq_ignore_ascii_case(b"application/json") || suffix.is_some_and(|end| end.eq_ignore_ascii_case(b"+json"))
}

/// Whether a body that begins like this is a stream of events.
pub(crate) fn begins_events(begin: &[u8]) -> bool {
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|field| begin.starts_with(field))
}

/// The media type without parameters.
pub(crate) fn media_type(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let end = memchr::memchr(b';', text.as_bytes()).unwrap_or(text.len());
    text.get(..end).map(str::trim)
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
                    Err(refusal) => prop_assert_eq!(refusal.response("").status, 401),
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

    #[test]
    fn an_idempotency_key_is_one_payers() {
        // The usage and the idempotency key belong to the same resolved payer.
        let payer = |organization: &str, project: &str| Payer {
            organization: organization.parse().unwrap(),
            project: project.parse().unwrap(),
        };
        let scoped = |payer: &Payer, keys: &[&str]| {
            let mut headers = HeaderMap::new();
            for key in keys {
                headers.append("idempotency-key", key.parse().unwrap());
            }
            scope_idempotency_key(&mut headers, payer).map(|()| headers.get("idempotency-key").cloned())
        };
        let (one, two) = (payer("org-1", "proj_1"), payer("org-1", "proj_2"));
        let mine = scoped(&one, &["retry-1"]).unwrap().unwrap();
        assert_eq!(scoped(&one, &["retry-1"]).unwrap(), Some(mine.clone()), "a retry meets its first try");
        assert_ne!(scoped(&two, &["retry-1"]).unwrap(), Some(mine.clone()));
        assert_ne!(scoped(&payer("org-2", "proj_1"), &["retry-1"]).unwrap(), Some(mine.clone()));
        assert_ne!(scoped(&one, &["retry-2"]).unwrap(), Some(mine.clone()));
        assert!(!mine.to_str().unwrap().contains("retry"));
        assert_eq!(scoped(&one, &[]).unwrap(), None);
        assert_eq!(scoped(&one, &["a", "a"]).unwrap_err().status, 400);
    }
}
