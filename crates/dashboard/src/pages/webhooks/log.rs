//! The log of deliveries on the page of a webhook.

use keystead_app::webhooks::WebhookDelivery;
use keystead_core::webhook::{DeliveryFault, DeliveryState};
use keystead_locales::LocalFormat;

use super::typed::type_words;

/// One delivery.
pub(super) struct LogRow {
    pub(super) id: String,
    pub(super) event: String,
    pub(super) event_id: String,
    pub(super) body: String,
    /// When it happened.
    pub(super) when: String,
    pub(super) look: &'static str,
    pub(super) state: String,
    /// What the last attempt came to, and when the next one is.
    pub(super) details: Vec<String>,
    /// Whether it can be sent again.
    pub(super) ended: bool,
}

impl LogRow {
    pub(super) fn of(format: &LocalFormat, delivery: &WebhookDelivery) -> Self {
        let t = format.messages;
        let (look, state) = match delivery.state {
            DeliveryState::Pending if delivery.attempts == 0 => ("", "webhook-queued"),
            DeliveryState::Pending => ("wait", "webhook-repeats"),
            DeliveryState::Delivered => ("ok", "webhook-delivered"),
            DeliveryState::Failed => ("bad", "webhook-failed"),
        };
        let mut details = Vec::new();
        if let Some(status) = delivery.status {
            details.push(t.text_with("webhook-status", "status", status.to_string()));
        }
        if let Some(words) = delivery.fault.and_then(fault_words) {
            details.push(t.text(words));
        }
        if let Some(duration) = delivery.duration_ms.filter(|_| delivery.attempts > 0) {
            details.push(t.text_with("webhook-duration", "ms", format.number(&duration)));
        }
        if delivery.attempts > 1 {
            details.push(t.count("webhook-attempts", &delivery.attempts));
        }
        if let Some(next) = delivery.next_attempt_at.filter(|_| delivery.attempts > 0) {
            details.push(t.text_with("webhook-next", "when", format.exact(&next)));
        }
        Self {
            id: delivery.id.to_string(),
            event: t.text(type_words(delivery.event_type)),
            event_id: delivery.event.to_string(),
            body: delivery.body.clone(),
            when: format.exact(&delivery.created_at),
            look,
            state: t.text(state),
            details,
            ended: delivery.state != DeliveryState::Pending,
        }
    }
}

/// Why an attempt failed; the status says it where there is one.
const fn fault_words(fault: DeliveryFault) -> Option<&'static str> {
    match fault {
        DeliveryFault::Status => None,
        DeliveryFault::TimedOut => Some("webhook-fault-timed-out"),
        DeliveryFault::NoConnection => Some("webhook-fault-no-connection"),
        DeliveryFault::BrokenAnswer => Some("webhook-fault-broken-answer"),
        DeliveryFault::Address => Some("webhook-fault-address"),
        DeliveryFault::Disabled => Some("webhook-fault-disabled"),
    }
}
