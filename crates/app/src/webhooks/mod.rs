//! Webhooks: addresses of an organization to which its events are sent, signed as Standard Webhooks specifies.

mod deliveries;
mod endpoints;
mod events;
mod fields;
pub(crate) mod mails;
mod secrets;
mod send;

pub use endpoints::{NewWebhook, WebhookChange};
pub use keystead_store::tables::webhook_deliveries::WebhookDelivery;
pub use keystead_store::tables::webhook_endpoints::WebhookEndpoint;

pub(crate) use events::{Event, shown_actor};
