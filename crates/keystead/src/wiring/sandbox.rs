//! The sandbox beside the product: started here, used only over its sockets.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use keystead_sandbox::Sandbox;
use tokio::sync::oneshot;

use crate::cli_error::CliError;
use crate::config::Validated;
use crate::serve::listener;
use crate::wiring;

/// A running sandbox; it stops when this is dropped.
pub(crate) struct Running {
    /// Its address, for people.
    pub(crate) url: String,
    /// The base address of its model server.
    pub(crate) models: String,
    /// The address of its mail server.
    pub(crate) smtp: SocketAddr,
    sandbox: Sandbox,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// Sets where its deliveries are sent: the product's own address.
    pub(crate) fn announce_to(&self, listen: SocketAddr) {
        self.sandbox.announce_to(format!("http://{}", reachable(listen)));
    }
}

/// Replaces an address that listens on all interfaces by loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    if !listen.ip().is_unspecified() {
        return listen;
    }
    let loopback = if listen.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
    SocketAddr::new(loopback, listen.port())
}

/// Starts it if the configuration enables it.
pub(crate) async fn start(config: &Validated) -> Result<Option<Running>, CliError> {
    let Some(section) = config.sandbox.as_ref() else { return Ok(None) };
    // Mail needs no fixed port: the product gets the chosen one.
    let smtp = section.smtp_listen.unwrap_or_else(|| SocketAddr::new(section.listen.ip(), 0));
    let mail = listener::bind(smtp, "KEYSTEAD_SANDBOX__SMTP_LISTEN").await?;
    let smtp = mail.local_addr()?;
    let listener = listener::bind(section.listen, "KEYSTEAD_SANDBOX__LISTEN").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let sandbox = Sandbox::new(Arc::new(|| wiring::now().0));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = sandbox.clone();
    // Ends with the process: a mail that is half received then is dropped.
    tokio::spawn(sandbox.clone().serve_smtp(mail, std::future::pending()));
    tokio::spawn(async move {
        let until = async {
            // Dropping the sender is the signal; nothing is ever sent.
            let _ = stopped.await;
        };
        if let Err(error) = keystead_sandbox::serve(listener, serving, until).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
    Ok(Some(Running { models: format!("{url}/v1"), url, smtp, sandbox, _stop: stop }))
}
