//! Metrics about changes: the age of this node's memory, and how many nodes have not confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use keystead_core::time::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use crate::wiring;

/// The metrics.
#[derive(Debug)]
pub(crate) struct Lag {
    /// When this node last had applied everything, in Unix seconds.
    fresh_at: Arc<AtomicI64>,
    unconfirmed: Gauge,
}

/// Seconds since this node last had applied everything.
#[derive(Debug)]
struct Seconds(Arc<AtomicI64>);

impl Collector for Seconds {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let gauge = ConstGauge::new(wiring::now().0.saturating_sub(self.0.load(Ordering::Relaxed)).max(0));
        let help = "Seconds since this node had applied every change; above 60 the operator should look";
        gauge.encode(encoder.encode_descriptor("keystead_change_lag_seconds", help, None, gauge.metric_type())?)
    }
}

impl Lag {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { fresh_at: Arc::new(AtomicI64::new(now.0)), unconfirmed: Gauge::default() }
    }

    /// Notes that every change before this moment is applied here.
    pub(crate) fn fresh(&self, at: Timestamp) {
        self.fresh_at.store(at.0, Ordering::Relaxed);
    }

    /// Sets how many nodes that may serve have not confirmed a change that is some seconds old.
    pub(crate) fn unconfirmed(&self, nodes: usize) {
        self.unconfirmed.set(i64::try_from(nodes).unwrap_or(i64::MAX));
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Seconds(Arc::clone(&self.fresh_at))));
        let help = "Nodes that may serve what they knew before a change that is more than two seconds old";
        registry.register("keystead_unconfirmed_nodes", help, self.unconfirmed.clone());
    }
}
