//! The last page on the phone: where the identity service sends the browser back, and what that page may show.
//!
//! The phone has no session, so its address carries a sealed id. It shows the state and the language of the flow, and
//! nothing about the organization or the person.

use keystead_core::hex;
use keystead_core::id::{OrganizationId, VerificationAttemptId};
use keystead_core::verification::organization::AttemptState;
use keystead_store::tables::identity_attempts;

use super::refresh::refresh_attempt;
use crate::{App, Error};

/// The sealing context of the ids in addresses.
const CONTEXT: &str = "identity_attempts.ending";
/// The longest token that is read, in characters.
const LONGEST: usize = 400;
/// Seconds for which an answer of the service is recent enough for this page.
const PATIENCE: i64 = 2;

/// What the last page on the phone shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingView {
    /// The state of the attempt.
    pub state: AttemptState,
    /// The language chosen on the first device.
    pub language: String,
    /// The organization, to lead a member who is signed in on this device to its page. It is not shown.
    pub organization: OrganizationId,
}

/// Returns the path of the last page of an attempt. It is always the same, because the identity service refuses to begin an
/// attempt again with another address.
pub(crate) fn ending_path(app: &App, attempt: &VerificationAttemptId) -> String {
    format!("/verify/done/{}", hex::encode(&app.sealer().seal_repeatably(CONTEXT, attempt.as_str())))
}

impl App {
    /// Returns the state of the attempt that a token names; `None` for a token that is not ours.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_ending(&self, token: &str) -> Result<Option<EndingView>, Error> {
        let Some(id) = self.attempt_of(token) else { return Ok(None) };
        read_tx!(self.store(), "find_ending", |tx| {
            let row = identity_attempts::find(tx, &id).await?;
            Ok(row.map(|row| EndingView { state: row.state, language: row.language, organization: row.organization }))
        })
    }

    /// Asks the service about the attempt that a token names, because a browser has just come back from it. That proves
    /// nothing, but is a good moment to ask. If this fails, the next delivery or poll brings the state.
    pub async fn refresh_ending(&self, token: &str) {
        let Some(id) = self.attempt_of(token) else { return };
        if let Err(error) = refresh_attempt(self, &id, PATIENCE).await {
            tracing::debug!(%error, "the service did not say how an attempt ended");
        }
    }

    fn attempt_of(&self, token: &str) -> Option<VerificationAttemptId> {
        let sealed = Some(token).filter(|token| token.len() <= LONGEST).and_then(hex::decode)?;
        self.sealer().open_text(CONTEXT, &sealed).ok()?.expose().parse().ok()
    }
}
