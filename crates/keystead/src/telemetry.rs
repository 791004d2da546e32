//! Structured logs on the standard error stream. No secret is ever a field: keys appear by id only.

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{Log, LogFormat};
use crate::failure::Failure;

/// Starts logging, and makes panics log lines that say where but not what, for a message may quote a request.
pub(crate) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| Failure::Other(format!("log.level {:?} is not a filter: {error}", log.level)))?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Text => registry
            .with(lines.with_ansi(false).with_target(false).with_filter(filter_fn(ours_or_a_warning)))
            .try_init(),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(false);
            registry.with(lines.with_filter(filter_fn(ours_or_a_warning))).try_init()
        }
    };
    started.map_err(|error| Failure::Other(format!("logging cannot start: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
    Ok(())
}

/// Libraries write what they handle (numbers, addresses, headers) at their finer levels, so only their warnings pass,
/// whatever level is set.
fn ours_or_a_warning(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target().starts_with("keystead") || *metadata.level() <= tracing::Level::WARN
}
