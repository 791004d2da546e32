//! Metrics of the data plane. Labels are route templates and status classes; never a key, a model or a person.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::StatusCode;
use keystead_core::route::ROUTES;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::directory::Directory;
use crate::metering::Meter;

/// The help text of the metric for the memory of bodies.
pub(crate) const BODY_MEMORY: &str = "Memory set aside for request bodies of the data plane";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    route: &'static str,
    status: &'static str,
}

/// Why an upstream gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

const CLASSES: [&str; 3] = ["2xx", "4xx", "5xx"];

#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Labels, Counter>,
    /// The counters of `requests` that were used, so that a request need not look them up by their labels.
    by_route: Vec<OnceLock<Counter>>,
    seconds: Histogram,
    upstream_failures: Family<Reason, Counter>,
    shadowed: Counter,
    limited: Counter,
    spent: Counter,
    unrecordable: Counter,
    cut: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        Self {
            requests: Family::default(),
            by_route: (0..(ROUTES.len() + 1) * CLASSES.len()).map(|_| OnceLock::new()).collect(),
            seconds: Histogram::new(buckets),
            upstream_failures: Family::default(),
            shadowed: Counter::default(),
            limited: Counter::default(),
            spent: Counter::default(),
            unrecordable: Counter::default(),
            cut: Counter::default(),
        }
    }
}

impl Metrics {
    pub(crate) fn note(&self, route: &'static str, status: StatusCode, elapsed: Duration) {
        let class = match status.as_u16() {
            200..=299 => 0,
            400..=499 => 1,
            _ => 2,
        };
        let made = || self.requests.get_or_create(&Labels { route, status: CLASSES[class] }).clone();
        let at = ROUTES.iter().position(|known| std::ptr::eq(known.path, route)).unwrap_or(ROUTES.len());
        match self.by_route.get(at * CLASSES.len() + class) {
            Some(counter) => counter.get_or_init(made).inc(),
            None => made().inc(),
        };
        self.seconds.observe(elapsed.as_secs_f64());
    }

    /// Counts that an upstream gave no answer, or one that is not a success.
    pub(crate) fn upstream_failed(&self, reason: &'static str) {
        self.upstream_failures.get_or_create(&Reason { reason }).inc();
    }

    pub(crate) fn shadowed(&self) {
        self.shadowed.inc();
    }

    pub(crate) fn limited(&self) {
        self.limited.inc();
    }

    /// Counts a request that did not fit into a spend limit.
    pub(crate) fn spent(&self) {
        self.spent.inc();
    }

    pub(crate) fn unrecordable(&self) {
        self.unrecordable.inc();
    }

    /// Counts an answer that ended because its permission ended.
    pub(crate) fn cut(&self) {
        self.cut.inc();
    }

    pub(crate) fn register(&self, registry: &mut Registry, directory: &Arc<Directory>, meter: &Arc<Meter>) {
        registry.register("keystead_gateway_requests", "Requests by route and status class", self.requests.clone());
        registry.register("keystead_gateway_head_seconds", "Time to the head of the answer", self.seconds.clone());
        registry.register(
            "keystead_gateway_upstream_failures",
            "Answers that were errors or never came, by reason",
            self.upstream_failures.clone(),
        );
        registry.register(
            "keystead_gateway_shadow_refusals",
            "Calls that rules in shadow mode would have refused",
            self.shadowed.clone(),
        );
        registry.register(
            "keystead_gateway_spend_limited",
            "Requests refused because they did not fit into a spend limit",
            self.spent.clone(),
        );
        registry.register(
            "keystead_gateway_rate_limited",
            "Requests refused because a limit was reached",
            self.limited.clone(),
        );
        registry.register(
            "keystead_gateway_unrecordable",
            "Requests refused because their usage could not have been recorded",
            self.unrecordable.clone(),
        );
        registry.register("keystead_gateway_cut", "Answers that ended because the right to them had", self.cut.clone());
        registry.register_collector(Box::new(State { directory: Arc::clone(directory), meter: Arc::clone(meter) }));
    }
}

/// Gauges computed when they are read.
#[derive(Debug)]
struct State {
    directory: Arc<Directory>,
    meter: Arc<Meter>,
}

impl Collector for State {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stats = self.directory.stats();
        let meter = self.meter.state();
        let gauges = [
            ("keystead_directory_entries", "Keys in memory", u64::try_from(stats.entries).unwrap_or(u64::MAX)),
            (
                "keystead_directory_bytes",
                "About how much memory they take",
                u64::try_from(stats.bytes).unwrap_or(u64::MAX),
            ),
            ("keystead_usage_waiting", "Usage events not yet with the store", meter.waiting),
            (
                "keystead_usage_unwritten",
                "Usage events in memory alone, neither spooled nor with the store",
                meter.unwritten,
            ),
            (
                "keystead_usage_spool_failing",
                "1 while the usage spool cannot be written",
                u64::from(meter.failing.is_some()),
            ),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let counters = [
            ("keystead_directory_hits", "Keys answered from memory", stats.hits),
            ("keystead_directory_misses", "Keys that needed the store", stats.misses),
            ("keystead_directory_over_budget", "Look-ups refused by the budget of the second", stats.over_budget),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_upstreams_are_told_apart() {
        let (metrics, mut registry, mut text) = (Metrics::default(), Registry::default(), String::new());
        registry.register("failures", "Failures", metrics.upstream_failures.clone());
        metrics.upstream_failed("closed");
        metrics.upstream_failed("closed");
        metrics.upstream_failed("timeout");
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        assert!(text.contains("failures_total{reason=\"closed\"} 2\n"), "{text}");
        assert!(text.contains("failures_total{reason=\"timeout\"} 1\n"), "{text}");
    }
}
