//! API calls that arrive unencrypted at an installation that is served over https. They are refused and never
//! redirected: a client that followed the redirect would keep sending its key unencrypted, without anyone noticing. The
//! key is flagged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use keystead_app::App;
use keystead_core::id::{KeyId, RequestId};
use keystead_core::network::Client;
use keystead_core::refusal::ErrorResponse;
use keystead_core::time::Timestamp;
use keystead_gateway::Gateway;
use tokio::sync::Semaphore;

use crate::wiring;

/// A key is flagged once in this many seconds.
const FLAGGED_AGAIN: i64 = 3_600;
/// The code of the refusals.
const CODE: &str = "https_required";
/// Maximum number of keys that are remembered as flagged.
const REMEMBERED: usize = 10_000;

/// When each key was flagged.
#[derive(Default)]
pub(crate) struct InClear {
    flagged: Arc<Mutex<HashMap<KeyId, Timestamp>>>,
}

impl InClear {
    /// Flags the key of these headers in the audit log, beside the answer and one at a time.
    pub(crate) fn flag(
        &self,
        gateway: &Arc<Gateway>,
        app: &App,
        noting: &Arc<Semaphore>,
        request: (HeaderMap, Client),
    ) {
        let Ok(slot) = Arc::clone(noting).try_acquire_owned() else { return };
        let (gateway, app, (headers, client)) = (Arc::clone(gateway), app.clone(), request);
        let flagged = Arc::clone(&self.flagged);
        tokio::spawn(async move {
            let Ok(caller) = gateway.authenticate(&headers).await else { return };
            if !is_due(&flagged, &caller.key, wiring::now()) {
                return;
            }
            tracing::warn!(key = %caller.key, "a key was sent over http; its owner should replace it");
            let noted =
                keystead_app::audit::with_client_address(client.address, app.record_unencrypted_key(&caller)).await;
            if let Err(error) = noted {
                tracing::debug!(%error, "a key that was sent unencrypted could not be flagged");
            }
            drop(slot);
        });
    }
}

fn is_due(flagged: &Mutex<HashMap<KeyId, Timestamp>>, key: &KeyId, now: Timestamp) -> bool {
    let mut flagged = flagged.lock().unwrap_or_else(PoisonError::into_inner);
    if flagged.get(key).is_some_and(|at| now.since(*at) < FLAGGED_AGAIN) {
        return false;
    }
    if flagged.len() >= REMEMBERED {
        flagged.clear();
    }
    flagged.insert(key.clone(), now);
    true
}

/// The answer, without a redirect.
pub(crate) fn refusal() -> Response<Body> {
    let message = "This API is served over https only, and this request came over http: its API key may have been read on \
                   the way. Use https, and replace the key. If you run this service and TLS ends at a proxy, name the \
                   proxy in server.trusted_proxies and let it send X-Forwarded-Proto: https.";
    forbidden(ErrorResponse::invalid(403, Some(CODE), message).body())
}

/// The answer to an exchange of a workload's token, in the form of OAuth.
pub(crate) fn refused_exchange() -> Response<Body> {
    let message = "Tokens are exchanged over https only, and this request came over http: its token may have been read on \
                   the way. Use https. If you run this service and TLS ends at a proxy, name the proxy in \
                   server.trusted_proxies and let it send X-Forwarded-Proto: https.";
    forbidden(keystead_api::exchange_error(CODE, message))
}

fn forbidden(body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(RequestId::generate(&mut wiring::rng()).as_str()) {
        headers.insert("x-request-id", id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_flagged_once_an_hour() {
        let flagged = Mutex::default();
        let [first, second] = ["key_a", "key_b"].map(|id| id.parse::<KeyId>().unwrap());
        let at = |seconds: i64| Timestamp(1_800_000_000 + seconds);
        assert!(is_due(&flagged, &first, at(0)) && is_due(&flagged, &second, at(1)));
        assert!(!is_due(&flagged, &first, at(3_599)) && is_due(&flagged, &first, at(3_600)));
    }
}
