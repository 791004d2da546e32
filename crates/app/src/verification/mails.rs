//! The mails about verification: which message, page and help topic belong to an event of the audit log.

use keystead_core::gate::Requirement;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_providers::mail::MailContent;
use keystead_store::Tx;
use keystead_store::tables::organizations;

use super::organization::state::load_verification;
use crate::Error;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose};

const GENERAL: (&str, &str) = ("/settings/organization/general", "mail-button-verification");
const PHONE: (&str, &str) = ("/settings/account/phone", "mail-button-phone");
const WAIVER: (&str, &str) = ("/settings/account/phone/waiver", "mail-button-waiver");
const BILLING: (&str, &str) = ("/settings/organization/billing/payment-methods", "mail-button-billing");

/// The date that a mail names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DateLine {
    None,
    /// The end of a waiver.
    Waiver(Requirement),
    /// The end of a verification or an exemption.
    Until,
    /// By when a verification must be renewed.
    Deadline,
    /// From when a new attempt is possible.
    Retry,
}

/// What a mail to the owners consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Notice {
    /// The key of its messages.
    key: &'static str,
    /// The page it leads to, and the button for it.
    page: (&'static str, &'static str),
    /// The help page about it.
    help: &'static str,
    date: DateLine,
    /// Whether the operator decided it.
    by_operator: bool,
}

/// The mail about an event. Events without one of their own mean that a person reviews the verification.
fn notice(event: &str) -> Notice {
    let of = |key, page, help| Notice { key, page, help, date: DateLine::None, by_operator: false };
    let general = |key, date| Notice { date, ..of(key, GENERAL, "waiting-and-results") };
    let phone = |key| Notice { by_operator: true, ..of(key, PHONE, "phone-number-requirement") };
    let billing = |key| of(key, BILLING, "payment-method");
    let decided = |notice| Notice { by_operator: true, ..notice };
    match event {
        "orgv.verified" => general("mail-verified", DateLine::Until),
        "orgv.restored" | "orgv.exempted" | "orgv.override" => decided(general("mail-verified", DateLine::Until)),
        "orgv.rejected" | "orgv.cooldown" => general("mail-verification-rejected", DateLine::Retry),
        "orgv.suspended" | "orgv.revoked" => decided(general("mail-verification-paused", DateLine::None)),
        "orgv.exemption_ended" => general("mail-verification-paused", DateLine::None),
        "orgv.reverify_due" => general("mail-verification-due", DateLine::Deadline),
        "orgv.verification_ended" => general("mail-verification-ended", DateLine::None),
        "orgv.owner_changed" => general("mail-owners-changed", DateLine::Until),
        "orgv.erased" => of("mail-data-erased", GENERAL, "your-data"),
        "review.held" => decided(general("mail-pictures-held", DateLine::None)),
        "phone.revoked" => phone("mail-phone-revoked"),
        "phone.waived" => Notice { date: DateLine::Waiver(Requirement::Phone), ..phone("mail-phone-waived") },
        "phone.waiver_ended" => Notice { by_operator: false, ..phone("mail-phone-waiver-ended") },
        "phone.waiver_refused" => Notice { page: WAIVER, ..phone("mail-phone-waiver-refused") },
        "payment.expiring" => billing("mail-card-expiring"),
        "payment.grace_ended" => billing("mail-card-expired"),
        "payment.method_removed" => billing("mail-payment-removed"),
        "payment.exempted" => {
            let date = DateLine::Waiver(Requirement::PaymentMethod);
            decided(Notice { date, ..billing("mail-payment-exempted") })
        }
        "payment.exemption_ended" => billing("mail-payment-exemption-ended"),
        _ => general("mail-in-review", DateLine::None),
    }
}

/// The organization as a mail names it, and the date of the event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) organization: String,
    pub(crate) at: Option<Timestamp>,
}

/// Reads what a mail about an event says of an organization.
pub(super) async fn subject_of(tx: &mut Tx, organization: &OrganizationId, event: &str) -> Result<Subject, Error> {
    let name = organizations::find(tx, organization).await?.map(|row| row.name).unwrap_or_default();
    let at = match notice(event).date {
        DateLine::None => None,
        DateLine::Waiver(requirement) => {
            let rows = organizations::requirements(tx, organization).await?;
            rows.into_iter().find(|row| row.requirement == requirement).and_then(|row| row.until)
        }
        DateLine::Until | DateLine::Deadline | DateLine::Retry => load_verification(tx, organization).await?.until,
    };
    Ok(Subject { organization: name, at })
}

/// The mail that reports an event to an owner.
pub(crate) fn about_event(sender: Sender<'_>, reader: &Reader, event: &str, subject: &Subject) -> MailContent {
    let Notice { key, page: (page, button), help, date, by_operator } = notice(event);
    let Sender { operator, url, .. } = sender;
    let mut lines = vec![reader.line("mail-line-organization", "organization", &subject.organization)];
    if by_operator {
        lines.push(reader.line("mail-line-by", "operator", operator));
    }
    let time = subject.at.map(|at| reader.time(at));
    match (date, time) {
        (DateLine::Waiver(_), None) => lines.push(reader.messages.text("mail-line-no-end")),
        (DateLine::None, _) | (_, None) => {}
        (DateLine::Waiver(_) | DateLine::Until, Some(time)) => {
            lines.push(reader.line("mail-line-until", "time", &time))
        }
        (DateLine::Deadline, Some(time)) => lines.push(reader.line("mail-line-deadline", "time", &time)),
        (DateLine::Retry, Some(time)) => lines.push(reader.line("mail-line-retry", "time", &time)),
    }
    let help = format!("{url}/help/{help}?language={}", reader.messages.0.tag());
    let parts = Parts {
        lines,
        link: Some(MailLink { button, url: format!("{url}{page}") }),
        help: Some(reader.messages.text_with("mail-help", "url", help)),
    };
    compose(sender, reader.messages, reader.messages.mail(key, &[("operator", operator)]), parts)
}

/// The mail with the link to another device.
pub(crate) fn with_link(
    sender: Sender<'_>,
    reader: &Reader,
    url: &str,
    match_number: &str,
    organization: &str,
) -> MailContent {
    let arguments = [("operator", sender.operator), ("url", url), ("number", match_number)];
    let text = reader.messages.mail("mail-continue-on-phone", &arguments);
    let lines = Some(organization).filter(|name| !name.is_empty());
    let lines = lines.map(|name| reader.line("mail-line-organization", "organization", name)).into_iter().collect();
    let link = Some(MailLink { button: "mail-button-continue", url: url.to_owned() });
    compose(sender, reader.messages, text, Parts { lines, link, help: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_a_mail_of_its_own_means_a_review() {
        assert_eq!(notice("orgv.submitted"), notice("orgv.in_review"));
        assert_ne!(notice("orgv.submitted"), notice("orgv.verified"));
    }
}
