//! Signed deliveries to the product, as vendors send them: sometimes twice, late, in another order, or not at all.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::Sandbox;

/// Signs deliveries of the payment service.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_sandbox";
/// Signs deliveries of the identity service.
pub const PERSONA_WEBHOOK_SECRET: &str = "wbhsec_sandbox";

/// Maximum number of deliveries remembered for `GET /sandbox/webhooks`.
const MOST: usize = 500;
/// Maximum delay of a delivery in milliseconds (ten minutes).
const LATEST: u64 = 600_000;
/// How long the product may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The faults on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// How many additional times each delivery is sent.
    duplicate: u8,
    /// How long each delivery waits, in milliseconds; ten minutes at most.
    delay_ms: u64,
    /// No delivery is sent.
    drop: bool,
    /// Signed with an unknown secret.
    bad_signature: bool,
    /// Signed an hour ago.
    old_timestamp: bool,
    /// Each delivery waits for the next one and is sent after it.
    reorder: bool,
}

/// One delivery, and the product's answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Delivery {
    provider: &'static str,
    event: String,
    status: Option<u16>,
}

/// A delivery to send.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) provider: &'static str,
    pub(crate) header: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) event: String,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    target: Mutex<Option<String>>,
    faults: Mutex<Faults>,
    held: Mutex<Option<Outgoing>>,
    log: Mutex<VecDeque<Delivery>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Webhooks {
    pub(crate) fn aim(&self, target: String) {
        *lock(&self.target) = Some(target);
    }
}

/// Builds the signature `t=…,v1=…` over `t.body`.
#[must_use]
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    // HMAC accepts any key length, so there is always a signature.
    let hex = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(format!("{at}.{body}").as_bytes());
            base16ct::lower::encode_string(&mac.finalize().into_bytes())
        },
    );
    format!("t={at},v1={hex}")
}

impl Sandbox {
    /// Sends a delivery, with the present faults. Returns at once.
    pub(crate) fn announce(&self, outgoing: Outgoing) {
        let faults = *lock(&self.inner.webhooks.faults);
        if faults.drop {
            return;
        }
        let mut queue = vec![outgoing];
        if faults.reorder {
            let mut held = lock(&self.inner.webhooks.held);
            match held.take() {
                None => {
                    *held = queue.pop();
                    return;
                }
                Some(earlier) => queue.push(earlier),
            }
        }
        let sandbox = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(faults.delay_ms.min(LATEST))).await;
            for outgoing in queue {
                for _ in 0..=faults.duplicate {
                    sandbox.deliver_webhook(&outgoing, faults).await;
                }
            }
        });
    }

    async fn deliver_webhook(&self, outgoing: &Outgoing, faults: Faults) {
        let Some(target) = lock(&self.inner.webhooks.target).clone() else { return };
        let at = if faults.old_timestamp { self.now() - 3_600 } else { self.now() };
        let secret = if faults.bad_signature { "nobody" } else { outgoing.secret };
        // Three attempts, like a vendor's first retries, without their hours in between.
        for _ in 0..3 {
            let sent = self
                .inner
                .client
                .post(format!("{target}/webhooks/{}", outgoing.provider))
                .timeout(PATIENCE)
                .header("content-type", "application/json")
                .header(outgoing.header, signature(secret, at, &outgoing.body))
                .body(outgoing.body.clone())
                .send()
                .await;
            let status = sent.ok().map(|response| response.status().as_u16());
            let mut log = lock(&self.inner.webhooks.log);
            log.push_front(Delivery { provider: outgoing.provider, event: outgoing.event.clone(), status });
            log.truncate(MOST);
            if status.is_some_and(|status| status < 500) {
                return;
            }
        }
    }
}

/// `POST /sandbox/webhooks`: sets the faults.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *lock(&sandbox.inner.webhooks.faults) = faults;
    if !faults.reorder
        && let Some(held) = lock(&sandbox.inner.webhooks.held).take()
    {
        sandbox.announce(held);
    }
    StatusCode::NO_CONTENT
}

/// `GET /sandbox/webhooks`: deliveries and their answers, newest first.
pub(crate) async fn log(State(sandbox): State<Sandbox>) -> Json<Value> {
    let webhooks = &sandbox.inner.webhooks;
    Json(json!({ "faults": *lock(&webhooks.faults), "data": *lock(&webhooks.log) }))
}
