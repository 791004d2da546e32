//! The state that every handler receives.

use std::sync::Arc;

use keystead_app::App;
use tokio::sync::watch;

use crate::playground::Playground;
use crate::web::stream_slots::OpenStreams;

/// The installation, as the pages need it.
#[derive(Debug, Clone)]
pub struct DashboardState {
    /// The use cases.
    pub app: App,
    /// Where people and SDKs reach this installation, without a trailing slash.
    pub public_url: String,
    /// The sandbox's inbox, when a sandbox runs.
    pub sandbox_url: Option<String>,
    /// Origins that a form may redirect to, besides our own: the services for payment, documents and sign-in.
    pub form_targets: Vec<String>,
    /// Becomes true when streams must end; a dropped sender means the same.
    pub stopped: watch::Receiver<bool>,
    /// The open streams of progress.
    pub streams: OpenStreams,
    /// Sends the requests of the playground; without it there is none.
    pub playground: Option<Arc<dyn Playground>>,
}

impl DashboardState {
    /// Whether the installation is reached over TLS, so that cookies may require it.
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
