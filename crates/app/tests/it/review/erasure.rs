//! When pictures are erased, and what holds them.

use std::path::PathBuf;

use keystead_app::Error;
use keystead_app::review::{Decided, Slot, Verdict};
use keystead_core::verification::organization::Status;

use super::{DAY, HOUR, ReviewWorld, code, files, ops};

// S3-30 S3-33: bytes are never in clear on disk, and are erased after the decision and its days, and at the ceiling.
#[tokio::test]
async fn no_picture_outlives_its_time() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 20).await;
    assert_eq!(world.files().len(), 5);
    for path in files(world.folder.path()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(4).any(|part| part == b"JFIF"), "a picture in clear in {}", path.display());
    }
    world.advance(7 * DAY - 2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5, "not decided yet");
    world.advance(HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the ceiling");
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.attempts_left), (Status::Expired, 3), "handing in again costs no try");
    assert!(world.app.review_queue(&ops("bob")).await.unwrap().is_empty());
    let receipts = world.app.privacy_record(&ann, &one).await.unwrap().receipts;
    assert!(
        receipts.iter().any(|row| row.what.as_str() == "evidence" && row.receipt.contains("\"pictures\":5")),
        "{receipts:?}"
    );

    // Decided: a job erases the copy after the promised days.
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 40).await;
    let case = world.case().await;
    world.approve("bob", &case, "", false).await.unwrap();
    world.advance(7 * DAY - 2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5);
    world.advance(2 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());

    // Begun and abandoned: erased a day after the attempt expired.
    let (ben, two) = world.owner("ben@example.com").await;
    let (_, link) = world.start(&ben, &two).await;
    let holder = world.begin(&link, "JP", "my_number_card").await;
    world.take(&holder, Slot::Front, 60).await;
    world.advance(DAY + 60);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.status(&ben, &two).await, Status::Expired);
    world.advance(DAY + 60);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());
}

// S3-33: withdrawn means erased now, with a receipt.
#[tokio::test]
async fn withdrawn_is_erased() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 30).await;
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    assert_eq!(world.status(&ann, &one).await, Status::Unverified);
    let case = world.app.review_queue(&ops("bob")).await.unwrap();
    assert!(case.is_empty(), "no decision is needed any more: {case:?}");
}

// S3-30: reviewers get a mail a day before pictures are erased, once, and only about undecided cases.
#[tokio::test]
async fn reviewers_hear_before_pictures_go() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (ben, two) = world.owner("ben@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 10).await;
    let case = world.case().await;
    let (_, link) = world.start(&ben, &two).await;
    world.hand_in(&link, 20).await;
    let queue = world.app.review_queue(&ops("bob")).await.unwrap();
    let decided = queue.iter().find(|row| row.id != case).unwrap().id.clone();
    world.approve("bob", &decided, "", false).await.unwrap();
    world.advance(6 * DAY - HOUR);
    let early: Vec<_> = world.mails().await.into_iter().filter(|(to, _)| to != "ann@example.com").collect();
    assert!(early.iter().all(|(_, subject)| !subject.contains("within a day")), "{early:?}");
    world.advance(HOUR);
    let mails = world.mails().await;
    let told: Vec<_> = mails.iter().filter(|(_, subject)| subject.contains("within a day")).collect();
    assert_eq!(told.iter().map(|(to, _)| to.as_str()).collect::<Vec<_>>(), ["bob@example.com", "eve@example.com"]);
    world.advance(12 * HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.mails().await, [], "once");
}

// S3-30: pictures are held by two people, until a date below a ceiling, and owners can read about it.
#[tokio::test]
async fn pictures_are_held_by_law() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 30).await;
    let case = world.case().await;
    let taken = world.app.review_queue(&ops("bob")).await.unwrap()[0].images_until.unwrap().plus(-7 * DAY);
    let until = taken.plus(30 * DAY);
    let hold = |name: &'static str, until| {
        let world = &world;
        let case = case.clone();
        async move { world.app.hold_evidence(&ops(name), &case, until, "a claim is defended").await }
    };
    assert!(matches!(world.app.hold_evidence(&ann, &case, until, "x").await, Err(Error::Forbidden { .. })));
    assert!(matches!(hold("ann", until).await, Err(Error::Forbidden { .. })), "operators cannot hold their own");
    for wrong in [taken.plus(7 * DAY), taken.plus(90 * DAY + 1)] {
        assert_eq!(code(&hold("bob", wrong).await.unwrap_err()), "hold_not_possible");
    }
    assert_eq!(hold("bob", until).await, Ok(Decided::Proposed));
    assert!(matches!(hold("bob", until).await, Err(Error::Forbidden { .. })), "one person is not two");
    assert_eq!(code(&hold("eve", until.plus(DAY)).await.unwrap_err()), "hold_not_possible", "another date");
    assert_eq!(world.app.privacy_record(&ann, &one).await.unwrap().holds, [], "nothing is held by one");
    world.advance(HOUR);
    assert_eq!(hold("eve", until).await, Ok(Decided::Done));
    let mails = world.mails().await;
    assert!(
        mails.iter().any(|(to, subject)| to == "ann@example.com" && subject.contains("przechowywane dłużej")),
        "{mails:?}"
    );
    let record = world.app.privacy_record(&ann, &one).await.unwrap();
    assert_eq!((record.holds.len(), record.holds[0].until), (1, until), "owners read of it");
    assert_eq!(world.app.organization_verification(&ann, &one).await.unwrap().held_until, Some(until));

    // Neither the ceiling, nor a decision, nor a withdrawal erases before the date.
    world.advance(8 * DAY);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5);
    let destroy = world.app.decide_review(&ops("bob"), &case, Verdict::Recapture, "", true).await;
    assert!(matches!(destroy, Err(Error::Conflict { .. })), "{destroy:?}");
    assert_eq!(world.app.review_queue(&ops("bob")).await.unwrap()[0].images_until, Some(until));
    world.approve("bob", &case, "", false).await.unwrap();
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files().len(), 5, "held");
    // The last hour of the hold, in which they are erased: never after the date.
    world.advance(22 * DAY - 2 * HOUR - 60);
    world.app.run_cleanup().await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 5);
    world.advance(HOUR);
    world.app.run_cleanup().await.unwrap();
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    let late = hold("bob", until.plus(DAY)).await;
    assert!(matches!(late, Err(Error::Conflict { .. })), "the pictures are gone: {late:?}");
    let page = keystead_app::Page { after: None, limit: 100, ascending: true };
    let log = world.app.audit_log(&ops("bob"), &one, page).await.unwrap().data;
    for action in ["review.hold_proposed", "review.held"] {
        assert!(log.iter().any(|row| row.action == action), "{action}");
    }
}

// A hold ends before its date with a reason, and the erasure that waited for it is done.
#[tokio::test]
async fn a_hold_ends_early() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 40).await;
    let case = world.case().await;
    let until = world.app.now().plus(60 * DAY);
    for name in ["bob", "eve"] {
        world.app.hold_evidence(&ops(name), &case, until, "a claim").await.unwrap();
    }
    world.app.withdraw_and_erase(&ann, &one).await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 5);
    let without = world.app.end_evidence_hold(&ops("bob"), &case, " ").await;
    assert!(matches!(without, Err(Error::Invalid { param: Some("reason"), .. })));
    world.app.end_evidence_hold(&ops("bob"), &case, "settled").await.unwrap();
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the withdrawal is carried out");
    let record = world.app.privacy_record(&ann, &one).await.unwrap();
    assert!(record.holds[0].ended_at.is_some() && record.receipts.iter().any(|row| row.what.as_str() == "evidence"));
    assert_eq!(world.app.organization_verification(&ann, &one).await.unwrap().held_until, None);
    assert!(world.app.end_evidence_hold(&ops("bob"), &case, "again").await.is_err());
}
