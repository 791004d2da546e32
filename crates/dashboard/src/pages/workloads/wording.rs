//! States and refusals of workload identity in words.

use keystead_app::Error;
use keystead_app::issuer_states::LastFetch;
use keystead_app::workload_overview::IssuerKeys;
use keystead_core::workload_identity::expression::TransformationFault;
use keystead_core::workload_identity::issuer::{AddressFault, check_called_address};
use keystead_core::workload_identity::matchers::MatchersFault;

use crate::web::error_page::error_message;
use crate::web::extract::Visit;
use crate::web::field_fault::FieldFault;
use keystead_locales::Messages;

/// The state of an issuer's keys.
pub(crate) struct KeysShown {
    /// The class of the state: `ok`, `bad`, or empty while nothing is known.
    pub(crate) class: &'static str,
    pub(crate) text: String,
    /// When that was.
    pub(crate) note: String,
    /// The fault for experts, in English.
    pub(crate) detail: String,
    /// The ids of the keys.
    pub(crate) ids: Vec<String>,
    /// Whether the keys are fetched from the issuer.
    pub(crate) fetched: bool,
}

impl KeysShown {
    pub(super) fn of(visit: &Visit, keys: IssuerKeys) -> Self {
        let (t, format) = (visit.person.messages, &visit.person.format);
        let count = |key, ids: &[String]| t.count(key, &i64::try_from(ids.len()).unwrap_or(i64::MAX));
        let (note, detail) = (String::new(), String::new());
        match keys {
            IssuerKeys::Uploaded(ids) => {
                let text = count("workload-keys-uploaded", &ids);
                Self { class: "ok", text, note, detail, ids, fetched: false }
            }
            IssuerKeys::Discovered(None) => {
                let (text, ids) = (t.text("workload-keys-unknown"), Vec::new());
                Self { class: "", text, note: t.text("workload-keys-unknown-note"), detail, ids, fetched: true }
            }
            IssuerKeys::Discovered(Some(LastFetch::Keys { at, ids })) => {
                let text = count("workload-keys-fetched", &ids);
                let note = t.text_with("workload-keys-fetched-note", "when", format.ago(&at));
                Self { class: "ok", text, note, detail, ids, fetched: true }
            }
            IssuerKeys::Discovered(Some(LastFetch::Failed { at, unreachable, detail })) => {
                let text = t.text(if unreachable { "workload-keys-unreachable" } else { "workload-keys-unusable" });
                let note = t.text_with("workload-keys-failed-note", "when", format.ago(&at));
                Self { class: "bad", text, note, detail, ids: Vec::new(), fetched: true }
            }
        }
    }
}

/// Whether an error ends a form with a page of its own.
pub(super) const fn ends_form(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. } | Error::Refused(_) | Error::Unavailable | Error::Internal(_))
}

/// The address at which an issuer is called, or why it cannot be.
fn address_words(address: &str) -> &'static str {
    // The sandbox's own addresses are accepted, so that they never lead here.
    match check_called_address(address, None) {
        Err(AddressFault::Insecure) => "workload-address-insecure",
        Err(AddressFault::Host) => "workload-address-host",
        Err(AddressFault::Extra) => "workload-address-extra",
        Err(AddressFault::Port) => "workload-address-port",
        Err(AddressFault::Unreadable) | Ok(()) => "workload-address-unreadable",
    }
}

/// The refusal of a provider.
pub(super) fn provider_refused(visit: &Visit, error: &Error, issuer: &str, discovery_url: &str) -> FieldFault {
    let t = visit.person.messages;
    match error {
        Error::Invalid { param: Some("issuer"), .. } if check_called_address(issuer, None).is_ok() => {
            FieldFault::new("issuer", t.text("workload-issuer-alike"))
        }
        Error::Invalid { param: Some("issuer"), .. } => FieldFault::new("issuer", t.text(address_words(issuer))),
        Error::Invalid { param: Some("attribute_transformations"), .. } => {
            FieldFault::new("derived", t.text("workload-issuer-alike"))
        }
        Error::Invalid { param: Some("verification"), .. } => {
            FieldFault::new("discovery_url", t.text(address_words(discovery_url)))
        }
        Error::Invalid { param: Some("audience"), .. } => {
            FieldFault::new("audience", t.text("workload-audience-wrong"))
        }
        Error::Invalid { param: Some("description"), .. } => {
            FieldFault::new("description", t.text("workload-description-wrong"))
        }
        Error::Invalid { param: None, code: None, .. } => FieldFault::new("", t.text("workload-providers-most")),
        Error::Invalid { param: Some("name"), .. } => {
            FieldFault::new("name", error_message(&visit.person.format, error))
        }
        other => FieldFault::new("", error_message(&visit.person.format, other)),
    }
}

/// The refusal of a rule.
pub(super) fn rule_refused(visit: &Visit, error: &Error) -> FieldFault {
    let t = visit.person.messages;
    match error {
        Error::Invalid { param: Some("description"), .. } => {
            FieldFault::new("description", t.text("workload-description-wrong"))
        }
        Error::Invalid { param: Some("attribute_matchers"), .. } => {
            FieldFault::new("conditions", t.text("workload-matchers-alike"))
        }
        Error::Invalid { param: None, code: None, .. } => FieldFault::new("", t.text("workload-rules-most")),
        Error::Invalid { param: Some("name"), .. } => {
            FieldFault::new("name", error_message(&visit.person.format, error))
        }
        other => FieldFault::new("", error_message(&visit.person.format, other)),
    }
}

/// What is wrong with an uploaded key set.
pub(super) fn key_set_words(fault: &str) -> &'static str {
    match fault {
        "number" => "workload-jwks-number",
        "private" => "workload-jwks-private",
        "repeated" => "workload-jwks-repeated",
        "unusable" => "workload-jwks-unusable",
        _ => "workload-jwks-form",
    }
}

/// What is wrong with conditions.
pub(super) const fn matchers_words(fault: MatchersFault) -> &'static str {
    match fault {
        MatchersFault::Form | MatchersFault::None => "workload-matchers-none",
        MatchersFault::TooMany => "workload-matchers-many",
        MatchersFault::Name => "workload-matchers-name",
        MatchersFault::Value => "workload-matchers-value",
    }
}

/// What is wrong with derived attributes.
pub(super) fn transformations_words(t: Messages, fault: &TransformationFault) -> String {
    match fault {
        TransformationFault::Form => t.text("workload-derived-form"),
        TransformationFault::TooMany => t.text("workload-derived-many"),
        TransformationFault::Attribute(name) => t.text_with("workload-derived-attribute", "name", name),
        TransformationFault::Expression(name) => t.text_with("workload-derived-expression", "name", name),
    }
}
