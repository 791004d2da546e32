//! Mails to operators about cases that need a decision, and the language of mails to owners.

use keystead_app::{Actor, Settings};
use keystead_core::gate::Requirement;
use keystead_core::language::Language;
use keystead_providers::mail::Mail;

use crate::review::ReviewWorld;

const MINUTE: i64 = 60;

fn to_operators(mails: Vec<Mail>) -> Vec<Mail> {
    let operators = ["bob@example.com", "eve@example.com"];
    // An operator is also the owner of an organization and receives its mails.
    let is_about_a_case = |mail: &Mail| mail.text.contains("/operator/");
    let mut found: Vec<_> =
        mails.into_iter().filter(|mail| operators.contains(&mail.to.as_str()) && is_about_a_case(mail)).collect();
    found.sort_by(|one, other| one.to.cmp(&other.to));
    found
}

/// The text with plain spaces, and without the marks that keep a date on one line.
fn with_spaces(text: &str) -> String {
    text.replace('\u{a0}', " ").replace('\u{2060}', "")
}

async fn submit(world: &ReviewWorld, email: &str, seed: u32) {
    let (owner, organization) = world.owner(email).await;
    let (_, link) = world.start(&owner, &organization).await;
    world.hand_in(&link, seed).await;
}

async fn in_language(world: &ReviewWorld, email: &str, language: &str) {
    let made = world.app.bootstrap(email, "Operators", true).await.unwrap();
    world.app.save_preferences(&made.user_id, Some(language), None, Some("Asia/Tokyo")).await.unwrap();
}

/// Each operator gets one mail about a new case, in the language of their account, and none when the job runs again.
#[tokio::test]
async fn operators_get_one_mail_about_a_case() {
    let world = ReviewWorld::new().await;
    in_language(&world, "bob@example.com", "ja").await;
    submit(&world, "ann@example.com", 10).await;
    let mails = to_operators(world.whole_mails().await);
    let [bob, eve] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((bob.to.as_str(), eve.to.as_str()), ("bob@example.com", "eve@example.com"));
    assert_eq!(bob.subject, "Kite：組織「One」の審査に決定が必要です");
    assert_eq!(eve.subject, "Kite: Review of One needs a decision");
    let link = format!("/operator/reviews/{}", world.case().await);
    for mail in [bob, eve] {
        assert!(mail.text.contains(&link) && mail.html.contains(&link), "{}", mail.text);
    }
    assert!(eve.text.contains("Photos erased: "), "{}", eve.text);
    world.advance(11 * MINUTE);
    assert_eq!(to_operators(world.whole_mails().await), [], "once");
}

/// Cases that are opened soon after one another share a mail, and those decided meanwhile are left out.
#[tokio::test]
async fn cases_opened_together_share_a_mail() {
    let world = ReviewWorld::new().await;
    submit(&world, "ann@example.com", 10).await;
    assert_eq!(to_operators(world.whole_mails().await).len(), 2);
    for (email, seed) in [("ben@example.com", 20), ("cat@example.com", 30), ("dan@example.com", 40)] {
        submit(&world, email, seed).await;
    }
    assert_eq!(to_operators(world.whole_mails().await), [], "the first mail was less than ten minutes ago");
    let queue = world.app.review_queue(&Actor::operator("bob@example.com")).await.unwrap();
    world.approve("bob", &queue[3].id, "", false).await.unwrap();
    world.advance(10 * MINUTE);
    let mails = to_operators(world.whole_mails().await);
    let [first, second] = mails.as_slice() else { panic!("{mails:?}") };
    assert_ne!(first.to, second.to);
    assert_eq!(first.subject, "Kite: 2 cases need a decision");
    assert_eq!(first.text.matches("Review: One. Photos erased: ").count(), 2, "{}", first.text);
    assert!(first.text.contains("/operator/reviews\n"), "{}", first.text);
}

#[tokio::test]
async fn mails_about_cases_can_be_switched_off() {
    let settings = Settings { case_mails: false, ..Settings::default() };
    let world = ReviewWorld::with(tempfile::tempdir().unwrap(), "sqlite::memory:", settings).await;
    submit(&world, "ann@example.com", 10).await;
    world.advance(7 * 24 * 60 * MINUTE);
    assert_eq!(to_operators(world.whole_mails().await), [], "neither the announcement nor the reminder");
}

/// An operator without an account gets mail in the language of the installation.
#[tokio::test]
async fn a_stranger_reads_the_language_of_the_installation() {
    let settings = Settings { language: Language::Polish, ..Settings::default() };
    let world = ReviewWorld::with(tempfile::tempdir().unwrap(), "sqlite::memory:", settings).await;
    submit(&world, "ann@example.com", 10).await;
    let mails = to_operators(world.whole_mails().await);
    assert_eq!(mails[0].subject, "Kite: Weryfikacja organizacji „One” czeka na decyzję");
}

/// A mail about a waiver is written in the language of its reader, and says who, what and until when.
#[tokio::test]
async fn owners_read_about_waivers_in_their_language() {
    let world = ReviewWorld::new().await;
    let ops = Actor::operator("eve@example.com");
    for (email, language, until, subject, lines) in [
        (
            "ania@example.com",
            "pl",
            true,
            "Kite: Weryfikacja telefonu nie jest już wymagana",
            ["Organizacja: One", "Decyzja: Kite", "Ważne do: 15 stycznia 2027"],
        ),
        (
            "hana@example.com",
            "ja",
            false,
            "Kite：電話番号の確認が不要になりました",
            ["組織：One", "決定者：Kite", "有効期限：なし"],
        ),
    ] {
        let made = world.app.bootstrap(email, "One", false).await.unwrap();
        world.app.save_preferences(&made.user_id, Some(language), None, None).await.unwrap();
        let until = until.then(|| world.app.now().plus(3_600));
        let reason = "a shared office phone";
        world.app.waive_requirement(&ops, &made.organization_id, Requirement::Phone, until, reason).await.unwrap();
        let mails = world.whole_mails().await;
        let mail = mails.iter().find(|mail| mail.to == email).unwrap();
        assert_eq!(mail.subject, subject);
        for line in lines {
            let (text, html) = (with_spaces(&mail.text), with_spaces(&mail.html));
            assert!(text.contains(line) && html.contains(line), "{line}: {text}");
        }
        assert!(mail.html.contains(&format!("lang=\"{language}\"")));
    }
}
