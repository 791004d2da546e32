//! Webhooks: where events are sent, and what was sent.

use keystead_core::webhook::{
    DeliveryFault, DeliveryState, DisabledReason, EventType, LONGEST_DESCRIPTION, LONGEST_URL,
};

use super::shared::{CREATED_AT, PAGE, READ, WRITE, id, object};
use crate::members::{Kind, Member, field, optional};
use crate::object::Object;
use crate::operation::{Group, delete, get, post};

const OFFERED: Kind = Kind::Names(|| EventType::OFFERED.map(EventType::as_str).to_vec());

const URL: Member = field("url", Kind::Text, "The address: https, a host with a name, no port other than 443.")
    .between(1, LONGEST_URL as i64)
    .such_as("https://example.com/webhooks");
const DESCRIPTION: Member = field("description", Kind::Text, "What it is for.").or_null().such_as("Alerts to the chat");
const EVENT_TYPES: Member = field(
    "event_types",
    Kind::List(&OFFERED),
    "The types of events that are sent: `budget.…` about budgets, `key.…` and `anomaly.detected` about keys, `credit.…` about prepaid credit and automatic recharge, `billing.…` about suspensions.",
)
.such_as("[\"budget.threshold_reached\", \"budget.exhausted\"]");
const ENABLED: Member = field("enabled", Kind::Boolean, "Whether events are sent.");

const MEMBERS: &[Member] = &[
    id("webhook_"),
    object("keystead.webhook"),
    URL,
    DESCRIPTION,
    EVENT_TYPES,
    ENABLED,
    field(
        "disabled_reason",
        Kind::Names(|| DisabledReason::ALL.map(DisabledReason::as_str).to_vec()),
        "Why it is off: an owner switched it off, it answered 410, or it failed for days.",
    )
    .or_null()
    .such_as("null"),
    field("failing_since", Kind::Time, "Since when it took no delivery.").or_null().such_as("null"),
    field("previous_secret_ends_at", Kind::Time, "Until when the secret before the last rotation signs too.")
        .or_null()
        .such_as("null"),
    CREATED_AT,
    field("updated_at", Kind::Time, "When it was last changed."),
];

const WEBHOOK: Object = Object::new("Webhook", "An address to which events of the organization are sent.", MEMBERS);
const WEBHOOKS: Object = Object::new(
    "Webhooks",
    "The webhooks of the organization.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&WEBHOOK)), "Oldest first.")],
);
const NEW_WEBHOOK: Object = Object::new(
    "WebhookWithSecret",
    "A webhook with its secret.",
    &[field("secret", Kind::Text, "The secret of the signatures; it is shown this once.").such_as("whsec_…")],
)
.more_than(&WEBHOOK);

const DELIVERY: Object = Object::new(
    "WebhookDelivery",
    "One event for one webhook.",
    &[
        id("delivery_"),
        object("keystead.webhook_delivery"),
        field("webhook_id", Kind::Id("webhook_"), "The webhook."),
        field("event_id", Kind::Id("evt_"), "The event, as the header `webhook-id` names it."),
        field("event_type", Kind::Names(|| EventType::ALL.map(EventType::as_str).to_vec()), "The type of the event."),
        field(
            "state",
            Kind::Names(|| DeliveryState::ALL.map(DeliveryState::as_str).to_vec()),
            "Whether it is still sent, was taken, or has failed.",
        )
        .such_as("delivered"),
        field("attempts", Kind::Integer, "How often it was sent.").such_as("1"),
        field("status", Kind::Integer, "The status of the last answer.").or_null().such_as("204"),
        field(
            "fault",
            Kind::Names(|| DeliveryFault::ALL.map(DeliveryFault::as_str).to_vec()),
            "Why the last attempt failed.",
        )
        .or_null()
        .such_as("null"),
        field("duration_ms", Kind::Integer, "Milliseconds that the last attempt took.").or_null().such_as("84"),
        field("last_attempt_at", Kind::Time, "When it was last sent.").or_null(),
        field("next_attempt_at", Kind::Time, "When it is sent next.").or_null().such_as("null"),
        CREATED_AT,
        field("body", Kind::Text, "The body, byte for byte.")
            .such_as("{\"type\":\"endpoint.test\",\"timestamp\":\"2026-07-01T12:00:00Z\",\"data\":{}}"),
    ],
);

const ABOUT_TEST: &str = "Sends an event `endpoint.test` once, also to a webhook that is off, and answers what came of it. At most 60 tests and repeated deliveries an hour.";
const ABOUT_REDELIVER: &str =
    "The same event id and body, by the same schedule. 409 while it is still being sent, or while the webhook is off.";

pub(super) const GROUP: Group = Group {
    slug: "webhooks",
    name: "Webhooks",
    about: "Events of the organization, sent to addresses that its owners name and signed as Standard Webhooks specifies: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. A delivery that fails is sent ten times in three days.",
    operations: &[
        get("/v1/keystead/webhooks", "listWebhooks", "List webhooks")
            .about("All of them, oldest first.")
            .needs(READ)
            .answers(&WEBHOOKS),
        post("/v1/keystead/webhooks", "createWebhook", "Create a webhook")
            .about("The answer contains the secret, which is shown this once. There can be 20 webhooks.")
            .needs(WRITE)
            .body(&[
                URL,
                optional("description", Kind::Text, "What it is for.").at_most(LONGEST_DESCRIPTION as i64),
                EVENT_TYPES,
                optional("enabled", Kind::Boolean, "Whether events are sent.").usually("true"),
            ])
            .answers(&NEW_WEBHOOK),
        get("/v1/keystead/webhooks/{webhook_id}", "retrieveWebhook", "Retrieve a webhook")
            .needs(READ)
            .answers(&WEBHOOK),
        post("/v1/keystead/webhooks/{webhook_id}", "updateWebhook", "Change a webhook")
            .about("What is not sent stays. What waits for a webhook that is switched off is not sent.")
            .needs(WRITE)
            .body(&[
                optional("url", Kind::Text, "The new address.").between(1, LONGEST_URL as i64),
                optional("description", Kind::Text, "What it is for; null removes it.").at_most(LONGEST_DESCRIPTION as i64),
                optional("event_types", Kind::List(&OFFERED), "The types of events that are sent."),
                optional("enabled", Kind::Boolean, "Whether events are sent.").such_as("false").shown(),
            ])
            .answers(&WEBHOOK),
        delete("/v1/keystead/webhooks/{webhook_id}", "deleteWebhook", "Delete a webhook")
            .about("Its log is deleted with it, and what waits for it is not sent.")
            .needs(WRITE)
            .removes("keystead.webhook.deleted"),
        post("/v1/keystead/webhooks/{webhook_id}/rotate", "rotateWebhook", "Rotate the secret of a webhook")
            .about("The answer contains the new secret, which is shown this once. For a day, each delivery has a signature with each of the two.")
            .needs(WRITE)
            .answers(&NEW_WEBHOOK),
        post("/v1/keystead/webhooks/{webhook_id}/test", "testWebhook", "Send a test event")
            .about(ABOUT_TEST)
            .needs(WRITE)
            .answers(&DELIVERY)
            .or(&[429]),
        get("/v1/keystead/webhooks/{webhook_id}/deliveries", "listWebhookDeliveries", "List deliveries")
            .about("Those of the last 30 days, newest first.")
            .needs(READ)
            .query(PAGE)
            .lists(&DELIVERY),
        post(
            "/v1/keystead/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
            "redeliverWebhook",
            "Send a delivery again",
        )
        .about(ABOUT_REDELIVER)
        .needs(WRITE)
        .answers(&DELIVERY)
        .or(&[409, 429]),
    ],
};
