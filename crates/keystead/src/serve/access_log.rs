//! Logs and counts requests.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The part of the service that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Plane {
    Data,
    Administration,
    Pages,
}

/// Labels with few values each, so that no client can grow the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    plane: Plane,
    status: u16,
}

/// Counts and logs the outcomes of requests.
#[derive(Clone, Default)]
pub(crate) struct Outcomes {
    requests: Arc<Family<Labels, Counter>>,
}

impl Outcomes {
    /// Registers the metrics.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("keystead_http_requests", "Requests answered", self.requests.as_ref().clone());
    }

    /// Logs and counts one answer. For streams the time is that of the response's head.
    pub(crate) fn record<'t>(
        &self,
        plane: Plane,
        method: &Method,
        template: impl FnOnce() -> Option<&'t str>,
        status: StatusCode,
        took: Duration,
        request_id: &str,
    ) {
        self.requests.get_or_create(&Labels { plane, status: status.as_u16() }).inc();
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let method = known(method);
        let status = status.as_u16();
        // Computed only when it is logged.
        let template = || template().unwrap_or("(no route)");
        if status >= 500 {
            tracing::warn!(request_id, method, template = template(), status, ms = milliseconds, "request");
        } else if matches!(plane, Plane::Data) && status < 400 {
            // Every metered request has a usage event; a log line for each would cost more than checking its key.
            if tracing::enabled!(tracing::Level::DEBUG) {
                tracing::debug!(request_id, method, template = template(), status, ms = milliseconds, "request");
            }
        } else {
            tracing::info!(request_id, method, template = template(), status, ms = milliseconds, "request");
        }
    }
}

/// Returns a method's name, unless the client invented it.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "(other)",
    }
}
