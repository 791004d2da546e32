//! The sandbox beside the product: started here, spoken to only over its sockets.

use crate::config::Validated;
use crate::failure::Failure;

/// A running sandbox.
pub(crate) struct Running {
    /// Its address, for people.
    pub(crate) url: String,
    /// The base address of its model server.
    pub(crate) models: String,
}

/// Starts it where the configuration wants one.
pub(crate) async fn start(config: &Validated, _public_url: &str) -> Result<Option<Running>, Failure> {
    if config.sandbox.is_some() {
        tracing::warn!("this build has no sandbox; configure an [[upstream]]");
    }
    Ok(None)
}
