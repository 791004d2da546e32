//! What every page is given.

use keystead_app::App;
use tokio::sync::watch;

use crate::web::stream_slots::Waiting;

/// What the pages need to know of the installation.
#[derive(Debug, Clone)]
pub struct DashboardState {
    /// The use cases.
    pub app: App,
    /// Where people and SDKs reach this installation, without a trailing slash.
    pub public_url: String,
    /// The sandbox's inbox, when a sandbox runs.
    pub sandbox_url: Option<String>,
    /// Where forms may lead in the end beside our own pages: the services that take cards, documents and sign-ins.
    pub form_targets: Vec<String>,
    /// Turns true when streams shall end; a sender that is gone counts as that.
    pub stopped: watch::Receiver<bool>,
    /// Who waits for progress.
    pub waiting: Waiting,
}

impl DashboardState {
    /// Whether cookies may insist on TLS.
    pub(crate) fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    pub(crate) fn policy(&self) -> String {
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'self' {}; frame-ancestors 'none'",
            self.form_targets.join(" ")
        )
    }
}
