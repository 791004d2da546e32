//! The sandbox beside the product: started here, spoken to only over its sockets.

use std::sync::Arc;

use keystead_sandbox::Sandbox;
use tokio::sync::oneshot;

use crate::config::Validated;
use crate::failure::Failure;
use crate::serve::listener;
use crate::wire;

/// A running sandbox; it stops when this is dropped.
pub(crate) struct Running {
    /// Its address, for people.
    pub(crate) url: String,
    /// The base address of its model server.
    pub(crate) models: String,
    _stop: oneshot::Sender<()>,
}

/// Starts it where the configuration wants one.
pub(crate) async fn start(config: &Validated) -> Result<Option<Running>, Failure> {
    let Some(address) = config.sandbox.as_ref().map(|sandbox| sandbox.listen) else { return Ok(None) };
    let listener = listener::bind(address, "KEYSTEAD_SANDBOX__LISTEN").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let sandbox = Sandbox::new(Arc::new(|| wire::now().0));
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let until = async {
            // Dropping the sender is the signal; nothing is ever sent.
            let _ = stopped.await;
        };
        if let Err(error) = keystead_sandbox::serve(listener, sandbox, until).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
    Ok(Some(Running { models: format!("{url}/v1"), url, _stop: stop }))
}
