//! The fields of a webhook as they are shown and typed, and what is wrong with them.

use keystead_app::Error;
use keystead_app::webhooks::WebhookEndpoint;
use keystead_core::webhook::{EventType, UrlFault, check_url};
use keystead_locales::Messages;

use crate::web::error_page::error_message;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use crate::web::form::Form;

/// A type of event to choose.
pub(super) struct TypeChoice {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// The fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) event_types: Vec<String>,
}

impl Fields {
    /// Those of a new webhook.
    pub(super) fn fresh() -> Self {
        let event_types = EventType::OFFERED.map(|one| one.as_str().to_owned()).to_vec();
        Self { event_types, ..Self::default() }
    }

    /// Those of a webhook.
    pub(super) fn of(webhook: &WebhookEndpoint) -> Self {
        Self {
            url: webhook.url.clone(),
            description: webhook.description.clone().unwrap_or_default(),
            event_types: webhook.event_types.iter().map(|one| one.as_str().to_owned()).collect(),
        }
    }

    /// What was typed.
    pub(super) fn sent(form: &Form) -> Self {
        let text = |name: &str| form.field(name).to_owned();
        Self { url: text("url"), description: text("description"), event_types: form.all("event_types") }
    }

    /// The types to choose from.
    pub(super) fn choices(&self, t: Messages) -> Vec<TypeChoice> {
        let choice = |one: EventType| TypeChoice {
            name: one.as_str(),
            label: t.text(type_words(one)),
            chosen: self.event_types.iter().any(|name| name == one.as_str()),
        };
        EventType::OFFERED.map(choice).into()
    }

    /// A refusal beside the field that it is about.
    pub(super) fn refused(&self, visit: &Visit, error: &Error) -> FieldFault {
        let t = visit.person.messages;
        let (field, text) = match error {
            Error::Invalid { param: Some("url"), .. } => ("url", t.text(url_words(&self.url))),
            Error::Invalid { param: Some("event_types"), .. } => ("event_types", t.text("webhook-types-none")),
            Error::Invalid { param: Some("description"), .. } => ("description", t.text("webhook-description-wrong")),
            Error::Invalid { param: None, .. } => ("", t.text("webhook-most")),
            other => ("", error_message(&visit.person.format, other)),
        };
        FieldFault::new(field, text)
    }
}

/// Why an address is refused.
fn url_words(url: &str) -> &'static str {
    match check_url(url.trim(), false) {
        Err(UrlFault::Insecure) => "webhook-url-insecure",
        Err(UrlFault::Host) => "webhook-url-host",
        Err(UrlFault::Port) => "webhook-url-port",
        Err(UrlFault::Extra) => "webhook-url-extra",
        Err(UrlFault::Unreadable) | Ok(()) => "webhook-url-unreadable",
    }
}

/// A type of event in words.
pub(super) const fn type_words(of: EventType) -> &'static str {
    match of {
        EventType::BudgetThresholdReached => "webhook-type-threshold",
        EventType::BudgetExhausted => "webhook-type-exhausted",
        EventType::KeyPaused => "webhook-type-paused",
        EventType::KeyResumed => "webhook-type-resumed",
        EventType::AnomalyDetected => "webhook-type-anomaly",
        EventType::CreditLow => "webhook-type-credit",
        EventType::CreditExhausted => "webhook-type-credit-exhausted",
        EventType::RechargePaused => "webhook-type-recharge",
        EventType::BillingSuspended => "webhook-type-suspended",
        EventType::BillingResumed => "webhook-type-unsuspended",
        EventType::EndpointTest => "webhook-type-test",
    }
}

/// Whether an error ends a form with a page of its own.
pub(super) const fn ends_form(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_))
}
