//! A mail server that puts mails into the inbox.

mod session;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Sandbox;

/// Maximum number of concurrent conversations; further ones wait for their greeting.
const MOST_SESSIONS: usize = 64;
/// How long to wait when the system has no more sockets.
const PAUSE: Duration = Duration::from_millis(50);

/// The faults on demand.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Everything is answered with 421, and the connection is closed.
    down: bool,
}

/// `POST /sandbox/smtp`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    sandbox.inner.smtp_down.store(faults.down, Ordering::SeqCst);
    StatusCode::NO_CONTENT
}

impl Sandbox {
    /// Accepts mail until `shutdown` is done; running conversations are aborted then.
    pub async fn serve_smtp(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        let places = Arc::new(Semaphore::new(MOST_SESSIONS));
        let mut sessions = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => return,
                _ = sessions.join_next(), if !sessions.is_empty() => continue,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (sandbox, places) = (self.clone(), Arc::clone(&places));
            sessions.spawn(async move {
                let Ok(_place) = places.acquire().await else { return };
                if let Err(error) = session::hold(&sandbox, stream).await {
                    tracing::debug!(%error, "a mail session ended early");
                }
            });
        }
    }
}
