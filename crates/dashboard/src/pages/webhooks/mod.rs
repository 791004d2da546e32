//! Settings > Organization > Webhooks: where events are sent, and what was sent.

pub(crate) mod endpoint;
pub(crate) mod list;
mod log;
mod typed;

/// The page that lists the webhooks.
pub(crate) const HERE: &str = "/settings/organization/webhooks";
