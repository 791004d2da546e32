//! Heads of the audit chains in the service log, every hour: a person who can write the database cannot take them back there.

use std::collections::BTreeMap;

use keystead_app::App;
use keystead_app::audit::ChainHead;
use keystead_core::id::OrganizationId;

/// What the lines say.
pub(crate) const MESSAGE: &str = "audit chain head";
/// How often, in seconds.
const EVERY: i64 = 3600;

/// Which heads were logged by this process.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    at: Option<i64>,
    logged: BTreeMap<OrganizationId, i64>,
}

impl Heads {
    /// Logs, once an hour, the heads that moved; all of them after a start.
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
