//! Where the caller of a request is read, each time the request is judged: by a key in the directory, or by a session
//! of the pages.

use std::sync::Arc;

use keystead_core::caller::Caller;
use keystead_core::key::KeyDigest;
use keystead_core::refusal::ErrorResponse;

use crate::{BoxFuture, Directory, Unavailable};

/// A session of the pages that sends a request. The binary implements it over the store.
pub trait SessionSource: Send + Sync + 'static {
    /// Reads the caller as of now; `None` once the session has ended.
    fn find(&self) -> BoxFuture<'_, Result<Option<Caller>, Unavailable>>;
}

/// How the caller of a request is found.
#[derive(Clone)]
pub(crate) enum CallerLookup {
    /// By the digest of the key.
    Key(KeyDigest),
    /// By the session. It is never in memory, because no change announces that a session ended.
    Session(Arc<dyn SessionSource>),
}

impl std::fmt::Debug for CallerLookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Session(_) => "Session",
        })
    }
}

impl CallerLookup {
    /// Finds the caller, in memory if it is there.
    pub(crate) async fn find(&self, directory: &Directory) -> Result<Option<Arc<Caller>>, Unavailable> {
        match self {
            Self::Key(digest) => directory.find(digest).await,
            Self::Session(session) => Ok(session.find().await?.map(Arc::new)),
        }
    }

    /// Reads the caller from the store.
    pub(crate) async fn reread(&self, directory: &Directory) -> Result<Option<Arc<Caller>>, Unavailable> {
        match self {
            Self::Key(digest) => directory.reread(digest).await,
            Self::Session(session) => Ok(session.find().await?.map(Arc::new)),
        }
    }

    /// The error for a caller that is gone while its answer is sent.
    pub(crate) fn gone(&self) -> ErrorResponse {
        match self {
            Self::Key(_) => {
                let message = "This API key was revoked while the answer was being sent.";
                ErrorResponse::invalid(401, Some("invalid_api_key"), message)
            }
            Self::Session(_) => session_ended(),
        }
    }
}

/// The error for a request of a session that has ended.
pub(crate) fn session_ended() -> ErrorResponse {
    ErrorResponse::invalid(401, Some("session_ended"), "You are signed out. Sign in again to use the playground.")
}
