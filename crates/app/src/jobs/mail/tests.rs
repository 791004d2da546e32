//! Every mail in every language, as it is sent, and mails with names that attack them.

use std::collections::BTreeSet;

use keystead_core::id::ReviewCaseId;
use keystead_core::language::Language;
use keystead_core::time::Timestamp;
use keystead_core::verification::review::CaseKind;
use keystead_locales::{LocalFormat, Messages};
use keystead_providers::mail::Mail;
use keystead_store::tables::reviews::ReviewCase;

use super::{Reader, Sender};
use crate::accounts::MailKind;
use crate::accounts::mails::account_mail;
use crate::case_mails::{about_case, about_cases};
use crate::credit::purchases::mails::{AboutPurchase, PurchaseNotice, about_purchase};
use crate::jobs::AccountMail;
use crate::verification::mails::{Subject, about_event, with_link};

const SENDER: Sender<'static> =
    Sender { operator: "Kite Inference", url: "https://keys.example", support: Some("help@keys.example") };
const EVENTS: [&str; 23] = [
    "orgv.verified",
    "orgv.exempted",
    "orgv.rejected",
    "orgv.cooldown",
    "orgv.suspended",
    "orgv.exemption_ended",
    "orgv.reverify_due",
    "orgv.verification_ended",
    "orgv.owner_changed",
    "orgv.erased",
    "orgv.in_review",
    "review.held",
    "phone.revoked",
    "phone.waived",
    "phone.waived without an end",
    "phone.waiver_ended",
    "phone.waiver_refused",
    "payment.expiring",
    "payment.grace_ended",
    "payment.method_removed",
    "payment.exempted",
    "payment.exempted without an end",
    "payment.exemption_ended",
];

fn reader(language: Language) -> Reader {
    let messages = Messages(language);
    let zone = language.pick(&["UTC", "Europe/Warsaw", "Asia/Tokyo"]);
    Reader { messages, format: LocalFormat::in_zone(messages, Timestamp(1_800_000_000), zone) }
}

fn case(kind: CaseKind, images_until: Option<Timestamp>) -> ReviewCase {
    let id: ReviewCaseId = "case_000000000000000000000001".parse().unwrap();
    let organization = "org-000000000000000000000001".parse().unwrap();
    ReviewCase { images_until, ..ReviewCase::opened(&id, &organization, None, kind, Timestamp(1_800_000_000)) }
}

/// Every mail with a name that its text shows.
fn every_mail(language: Language, organization: &str, person: &str) -> Vec<(String, Mail)> {
    let reader = reader(language);
    let to = "anna@example.com";
    let mut mails = Vec::new();
    for kind in MailKind::ALL {
        let detail = match kind {
            MailKind::NewSignIn => "Firefox, 203.0.113.0/24".to_owned(),
            MailKind::IdentityJoined | MailKind::IdentityUnlinked => "Google".to_owned(),
            MailKind::DeletionRequested
            | MailKind::DeletionSoon
            | MailKind::OrganizationDeletionRequested
            | MailKind::OrganizationDeletionSoon
            | MailKind::OrganizationDeletedHeld => "5 July 2026, 12:00 UTC".to_owned(),
            MailKind::TierRaised => "2".to_owned(),
            MailKind::WaiverAsked => "https://keys.example/operator/exemptions#waivers".to_owned(),
            MailKind::PicturesGo => "https://keys.example/operator/reviews/case_1".to_owned(),
            _ => "https://keys.example/open?token=abc".to_owned(),
        };
        let job = AccountMail {
            to: to.to_owned(),
            kind,
            language: language.tag().to_owned(),
            detail,
            who: person.to_owned(),
            organization: organization.to_owned(),
            inviter: person.to_owned(),
            project: "proj_abc".to_owned(),
            after: None,
        };
        mails.push((format!("account: {kind:?}"), account_mail(SENDER, &reader, &job)));
    }
    for name in EVENTS {
        let event = name.split(' ').next().unwrap_or_default();
        let at = (event == name).then_some(Timestamp(1_801_000_000));
        let subject = Subject { organization: organization.to_owned(), at };
        mails.push((format!("owners: {name}"), about_event(SENDER, &reader, event, &subject).to(to)));
    }
    for notice in PurchaseNotice::ALL {
        let receipt_url = Some("https://pay.example/receipts/1".to_owned());
        let reason = Some(person.to_owned());
        let about = AboutPurchase { organization: organization.to_owned(), cents: 123_456, receipt_url, reason };
        mails.push((format!("owners: {notice:?}"), about_purchase(SENDER, &reader, notice, &about).to(to)));
    }
    let link = with_link(SENDER, &reader, "https://keys.example/verify/abc", "42", organization);
    mails.push(("link to a phone".to_owned(), link.to(to)));
    let until = Some(Timestamp(1_800_600_000));
    for kind in [CaseKind::Review, CaseKind::Appeal, CaseKind::Duplicate] {
        let mail = about_case(SENDER, &reader, &case(kind, until), organization).to(to);
        mails.push((format!("operators: one {}", kind.as_str()), mail));
    }
    let named = |kind, until| (case(kind, until), organization.to_owned());
    let several = [named(CaseKind::Review, until), named(CaseKind::Appeal, None), named(CaseKind::Duplicate, until)];
    mails.push(("operators: several".to_owned(), about_cases(SENDER, &reader, &several).to(to)));
    mails
}

#[test]
fn every_mail_is_written_in_every_language() {
    let mut seen = BTreeSet::new();
    for language in Language::ALL {
        for (name, mail) in every_mail(language, "Studio Żółć", "Anna Nowak") {
            assert!(!mail.text.contains("mail-") && !mail.html.contains("mail-"), "{name}: {}", mail.text);
            assert!(!mail.text.contains(['!', '{', '}']), "{name}: {}", mail.text);
            assert!(mail.subject.contains("Kite Inference"), "{name}: {}", mail.subject);
            assert!(mail.text.ends_with("help@keys.example\n"), "{name}: {}", mail.text);
            // Two events may have the same mail, but no mail is the same in two languages.
            seen.insert((language.tag(), mail.text));
        }
    }
    let texts: BTreeSet<&String> = seen.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), seen.len(), "a mail has the same text in two languages");
}

/// What a mail to an owner says: who, what and until when, in the reader's time zone.
#[test]
fn a_mail_about_a_waiver_says_until_when() {
    for (language, lines) in [
        (
            Language::English,
            ["Organization: Studio Żółć", "Decided by: Kite Inference", "Valid until: 26 January 2027"],
        ),
        (Language::Polish, ["Organizacja: Studio Żółć", "Decyzja: Kite Inference", "Ważne do: 26 stycznia 2027"]),
        (Language::Japanese, ["組織：Studio Żółć", "決定者：Kite Inference", "有効期限：2027年1月27日"]),
    ] {
        let mails = every_mail(language, "Studio Żółć", "Anna Nowak");
        let (_, mail) = mails.iter().find(|(name, _)| name == "owners: phone.waived").unwrap();
        // Dates are kept on one line by spaces and joiners of their own.
        let plain = |text: &str| text.replace('\u{a0}', " ").replace('\u{2060}', "");
        for line in lines {
            assert!(plain(&mail.text).contains(line) && plain(&mail.html).contains(line), "{line}: {}", mail.text);
        }
    }
}

/// Mails about what has no page any more.
const WITHOUT_LINK: [MailKind; 4] = [
    MailKind::AddressChanged,
    MailKind::AccountDeleted,
    MailKind::OrganizationDeleted,
    MailKind::OrganizationDeletedHeld,
];

#[test]
fn both_forms_have_the_same_link_and_language() {
    for language in Language::ALL {
        for (name, mail) in every_mail(language, "Studio Żółć", "Anna Nowak") {
            assert!(mail.html.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            let links: Vec<&str> =
                mail.html.split("href=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
            match links.as_slice() {
                [button, words] => {
                    assert_eq!(button, words, "{name}: one button, and the same address in words");
                    assert!(button.starts_with("https://keys.example/"), "{name}: {button}");
                    assert!(mail.text.lines().any(|line| line == *button), "{name}: {button}: {}", mail.text);
                }
                [] => assert!(WITHOUT_LINK.iter().any(|kind| name == format!("account: {kind:?}")), "{name}: no link"),
                several => panic!("{name}: {several:?}"),
            }
        }
    }
}

#[test]
fn names_cannot_change_a_mail() {
    let longest = "W".repeat(64);
    let attacks = [
        "<b>bold</b>",
        "\"><script>alert(1)</script>",
        "Studio\r\nBcc: eve@example.com",
        "Studio\r\n\r\nhttps://evil.test/",
        "\u{202e}gnp.exe\u{2066}",
        "שלום مرحبا",
        "{ $operator } {$organization}",
        "https://evil.test/?a=<b>",
        &longest,
    ];
    for name in attacks {
        for (kind, mail) in every_mail(Language::English, name, name) {
            let (subject, text, html) = (&mail.subject, &mail.text, &mail.html);
            assert!(!subject.contains(['\r', '\n']), "{kind}: {subject:?}");
            for part in [subject, text, html] {
                assert!(!part.contains(['\u{202e}', '\u{2066}', '\r']), "{kind}: {part:?}");
                assert!(!part.contains("https://evil.test"), "{kind}: no link of a stranger: {part}");
            }
            assert!(!html.contains("<b>") && !html.contains("<script"), "{kind}: {html}");
            assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{kind}: {text}");
            let plain = every_mail(Language::English, "Studio", "Anna").into_iter().find(|(other, _)| *other == kind);
            let lines = plain.map(|(_, mail)| mail.text.lines().count());
            assert_eq!(lines, Some(text.lines().count()), "{kind}: a name adds no line: {text}");
        }
    }
}
