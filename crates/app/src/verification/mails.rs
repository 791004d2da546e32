//! The mails about verification: which message, page and help topic belong to an event of the audit log.

use keystead_locales::Messages;

const GENERAL: &str = "/settings/organization/general";
const PHONE: &str = "/settings/account/phone";
const WAIVER: &str = "/settings/account/phone/waiver";
const BILLING: &str = "/settings/organization/billing/payment-methods";

/// What a mail to the owners consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Notice {
    /// The key of its messages.
    key: &'static str,
    /// The page it leads to.
    page: &'static str,
    /// The help page about it.
    help: &'static str,
}

/// The mail about an event. Events without one of their own mean that a person reviews the verification.
fn notice(event: &str) -> Notice {
    let general = |key, help| Notice { key, page: GENERAL, help };
    let phone = |key| Notice { key, page: PHONE, help: "phone-number-requirement" };
    let billing = |key| Notice { key, page: BILLING, help: "payment-method" };
    match event {
        "orgv.verified" | "orgv.restored" | "orgv.exempted" | "orgv.override" => {
            general("mail-verified", "waiting-and-results")
        }
        "orgv.rejected" | "orgv.cooldown" => general("mail-verification-rejected", "waiting-and-results"),
        "orgv.suspended" | "orgv.revoked" | "orgv.exemption_ended" => {
            general("mail-verification-paused", "waiting-and-results")
        }
        "orgv.reverify_due" => general("mail-verification-due", "waiting-and-results"),
        "orgv.verification_ended" => general("mail-verification-ended", "waiting-and-results"),
        "orgv.owner_changed" => general("mail-owners-changed", "waiting-and-results"),
        "orgv.erased" => general("mail-data-erased", "your-data"),
        "review.held" => general("mail-pictures-held", "waiting-and-results"),
        "phone.revoked" => phone("mail-phone-revoked"),
        "phone.waived" => phone("mail-phone-waived"),
        "phone.waiver_ended" => phone("mail-phone-waiver-ended"),
        "phone.waiver_refused" => Notice { page: WAIVER, ..phone("mail-phone-waiver-refused") },
        "payment.expiring" => billing("mail-card-expiring"),
        "payment.grace_ended" => billing("mail-card-expired"),
        "payment.method_removed" => billing("mail-payment-removed"),
        "payment.exempted" => billing("mail-payment-exempted"),
        "payment.exemption_ended" => billing("mail-payment-exemption-ended"),
        _ => general("mail-in-review", "waiting-and-results"),
    }
}

/// Subject and text of the mail that reports an event to the owners.
pub(super) fn about_event(messages: Messages, event: &str, operator: &str, public_url: &str) -> (String, String) {
    let Notice { key, page, help } = notice(event);
    let (subject, text) = messages.mail(key, &[("operator", operator)]);
    let help = format!("{public_url}/help/{help}?language={}", messages.0.tag());
    let help = messages.text_with("mail-help", "url", help);
    (subject, format!("{text}\n\n{public_url}{page}\n\n{help}\n"))
}

/// Subject and text of the mail with the link to another device.
pub(super) fn with_link(messages: Messages, url: &str, match_number: &str, operator: &str) -> (String, String) {
    let arguments = [("operator", operator), ("url", url), ("number", match_number)];
    let (subject, text) = messages.mail("mail-continue-on-phone", &arguments);
    (subject, format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keystead_core::language::Language;

    use super::*;

    #[test]
    fn every_event_has_a_mail_of_its_own_in_every_language() {
        let events = [
            "orgv.verified",
            "orgv.rejected",
            "orgv.suspended",
            "orgv.reverify_due",
            "orgv.verification_ended",
            "orgv.owner_changed",
            "orgv.erased",
            "orgv.in_review",
            "review.held",
            "phone.revoked",
            "phone.waived",
            "phone.waiver_ended",
            "phone.waiver_refused",
            "payment.expiring",
            "payment.grace_ended",
            "payment.method_removed",
            "payment.exempted",
            "payment.exemption_ended",
        ];
        let mut seen = BTreeSet::new();
        for (event, language) in events.iter().flat_map(|event| Language::ALL.map(|language| (event, language))) {
            let (subject, text) = about_event(Messages(language), event, "Acme", "https://keys.example");
            assert!(subject.contains("Acme") && !text.contains("mail-"), "{event}: {subject}: {text}");
            assert!(text.contains(&format!("?language={}\n", language.tag())), "{text}");
            assert!(seen.insert(subject) && seen.insert(text), "{event} in {}", language.tag());
        }
        assert_eq!(notice("orgv.submitted"), notice("orgv.in_review"));
    }
}
