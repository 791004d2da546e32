//! `keystead serve`: everything in one process.

mod access_log;
mod broken_body;
pub(crate) mod client_address;
mod connections;
mod descriptors;
mod dispatch;
mod health;
mod host;
mod inbound;
pub(crate) mod listener;
mod metrics;
mod plain_http;
mod playground;
mod start;
mod timed;
mod watched_call;

use std::time::Duration;

use sd_notify::NotifyState;
use serde_json::json;
use tokio::sync::watch;

use crate::cli::Serve;
use crate::cli_error::CliError;
use crate::config::Validated;
use crate::print;

/// Runs until a signal, then lets running requests finish within the configured time.
pub(crate) async fn run(config: Validated, arguments: Serve) -> Result<(), CliError> {
    let grace = Duration::from_secs(config.server.shutdown_grace_seconds);
    let (stop, stopped) = watch::channel(false);
    let running = start::start(config, stopped).await?;
    print_addresses(&running.addresses);
    if let Some(path) = arguments.ready_file {
        let addresses = &running.addresses;
        let ready = json!({
            "listen": addresses.listen,
            "public_url": addresses.public_url,
            "sandbox": addresses.sandbox,
            "metrics": addresses.metrics,
        });
        // Written to a temporary file and renamed, so that a program that waits for the file never reads half of it.
        let partial = path.with_extension("partial");
        tokio::fs::write(&partial, ready.to_string()).await?;
        tokio::fs::rename(&partial, &path).await?;
    }
    tell_service_manager(NotifyState::Ready);
    signal().await?;
    tell_service_manager(NotifyState::Stopping);
    print::error("keystead: stopping; running requests may finish");
    // A missing receiver is no error: everything has stopped by itself then.
    let _ = stop.send(true);
    running.finish(grace).await;
    Ok(())
}

/// Tells systemd the state of this service, which `Type=notify` waits for. Without systemd nothing happens.
fn tell_service_manager(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told the state of this service");
    }
}

fn print_addresses(addresses: &start::Addresses) {
    print::line(&format!("Keystead runs at {}", addresses.public_url));
    print::line(&format!("  API       {}/v1", addresses.public_url));
    print::line(&format!("  Sign up   {}/sign-up", addresses.public_url));
    if let Some(sandbox) = &addresses.sandbox {
        print::line(&format!("  Inbox     {sandbox}/inbox (mail and text messages of this development installation)"));
    }
    if let Some(metrics) = &addresses.metrics {
        print::line(&format!("  Metrics   http://{metrics}/metrics"));
    }
    if addresses.public_url_missing {
        let listen = addresses.listen;
        print::line(&format!(
            "  It listens on {listen}, beyond this machine. Set server.public_url to the address that people and SDKs use: \
             links in mail lead there, and pages answer under no other name."
        ));
    }
    print::line("First steps: keystead admin bootstrap --email you@example.com --organization \"Your organization\"");
}

async fn signal() -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(test)]
mod limits_tests;
