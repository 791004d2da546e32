//! The text an owner agrees to before a verification begins.

use keystead_core::verification::legal_hold::CEILING;
use keystead_locales::Messages;

/// The version of the texts in `consent.ftl`, kept with each consent beside the digest of the shown text. It is raised with every
/// change of their meaning. Version 1 named seven days and did not mention legal holds; version 3 begins with the sentence
/// about biometric information.
pub(super) const CONSENT_TEXT_VERSION: u32 = 3;

/// The text an owner agrees to: the sentence about biometric information, and what it means here.
#[must_use]
pub fn consent_parts(messages: Messages, provider: &str, operator: &str) -> [String; 2] {
    let meaning = match provider {
        "review" => {
            let days = (CEILING / 86_400).to_string();
            messages.text_with_all("consent-review", &[("operator", operator), ("days", &days)])
        }
        "persona" => messages.text_with_all("consent-provider", &[("provider", "Persona"), ("operator", operator)]),
        other => messages.text_with_all("consent-provider", &[("provider", other), ("operator", operator)]),
    };
    [messages.text("consent-biometric"), meaning]
}

/// The whole text an owner agrees to; its digest is kept with the consent.
#[must_use]
pub fn consent_text(messages: Messages, provider: &str, operator: &str) -> String {
    consent_parts(messages, provider, operator).join(" ")
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;

    use super::*;

    /// A consent is identified by digest and version, so a changed text must raise the version; then this digest is
    /// updated.
    #[test]
    fn a_changed_text_is_another_version() {
        use sha2::{Digest, Sha256};
        let mut all = Sha256::new();
        for provider in ["review", "persona"] {
            for language in Language::ALL {
                all.update(consent_text(Messages(language), provider, "Acme"));
            }
        }
        let digest = keystead_core::hex::encode(&all.finalize()[..8]);
        assert_eq!((CONSENT_TEXT_VERSION, digest.as_str()), (3, "26728f73f718c983"));
    }

    // The promise of seven days names its exceptions, in every language.
    #[test]
    fn a_hold_by_law_is_in_the_text() {
        let words = ["law requires", "zobowiązuje do tego prawo", "法令"];
        for (language, word) in Language::ALL.into_iter().zip(words) {
            let text = consent_text(Messages(language), "review", "Acme");
            assert!(text.contains(word) && text.contains("90") && text.contains('7'), "{text}");
        }
    }
}
