//! Logs the heads of the audit chains every hour: a person with write access to the database cannot change them there.

use std::collections::BTreeMap;

use keystead_app::App;
use keystead_app::audit::ChainHead;
use keystead_core::id::OrganizationId;

/// The message of the lines.
pub(crate) const MESSAGE: &str = "audit chain head";
/// The interval, in seconds.
const EVERY: i64 = 3600;

/// The heads that this process has logged.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    at: Option<i64>,
    logged: BTreeMap<OrganizationId, i64>,
}

impl Heads {
    /// Logs, once an hour, the heads that changed; all of them after a start.
    pub(crate) async fn log(&mut self, app: &App) {
        let now = app.now().0;
        if self.at.is_some_and(|at| now.saturating_sub(at) < EVERY) {
            return;
        }
        match app.audit_heads().await {
            Ok(heads) => {
                self.at = Some(now);
                heads.into_iter().for_each(|head| self.log_head(head));
            }
            Err(error) => tracing::debug!(%error, "the audit chains cannot be read; it is tried again"),
        }
    }

    fn log_head(&mut self, head: ChainHead) {
        let ChainHead { organization, sequence, mac } = head;
        if self.logged.insert(organization.clone(), sequence) != Some(sequence) {
            tracing::info!(%organization, sequence, %mac, "{MESSAGE}");
        }
    }
}
