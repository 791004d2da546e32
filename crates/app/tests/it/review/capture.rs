//! What a link takes from its device, and until when.

use std::path::PathBuf;

use keystead_app::review::{Holder, Slot, Taken, Verdict};
use keystead_app::verification::organization::Channel;
use keystead_core::secret::Secret;
use keystead_core::verification::organization::Status;

use super::{DAY, HOUR, ReviewWorld, code, jpeg, ops, token};

// S0-02: new pictures do not count as an attempt, and cancelling erases at once.
#[tokio::test]
async fn asked_again_and_called_off() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    world.hand_in(&link, 100).await;
    let case = world.case().await;
    world.app.decide_review(&ops("bob"), &case, Verdict::Recapture, "too dark", false).await.unwrap();
    let view = world.app.organization_verification(&ann, &one).await.unwrap();
    assert_eq!((view.status, view.attempts_left), (Status::Expired, 3));
    let (_, link) = world.start(&ann, &one).await;
    let holder = world.begin(&link, "US", "visa").await;
    world.take(&holder, Slot::Front, 110).await;
    world.app.cancel_organization_verification(&ann, &one).await.unwrap();
    let late = world.app.take_capture_picture(&holder, Slot::Passport, jpeg(111), Taken::default()).await;
    assert_eq!(code(&late.unwrap_err()), "capture_closed");
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files().len(), 4 + 1, "only the decided case's pictures wait for an appeal");
    world.advance(8 * DAY);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert_eq!(world.files(), Vec::<PathBuf>::new(), "the outbox asks for erasure after the promised days");
}

// S0-13: pictures that are not requested are refused, and the number of takes is limited.
#[tokio::test]
async fn only_what_is_asked_for_is_taken() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (_, link) = world.start(&ann, &one).await;
    assert_eq!(code(&world.app.begin_capture(&link, "XX").await.unwrap_err()), "country_not_served");
    let holder = world.begin(&link, "JP", "my_number_card").await;
    let take = |slot, bytes| world.app.take_capture_picture(&holder, slot, bytes, Taken::default());
    assert_eq!(code(&take(Slot::Back, jpeg(1)).await.unwrap_err()), "picture_not_asked_for", "never the back");
    assert_eq!(code(&take(Slot::Prompt(0), jpeg(1)).await.unwrap_err()), "picture_not_asked_for", "no prompts yet");
    assert_eq!(code(&take(Slot::Front, b"<svg/>".to_vec()).await.unwrap_err()), "picture_format_unsupported");
    assert_eq!(code(&take(Slot::Front, vec![0; 11 << 20]).await.unwrap_err()), "picture_file_too_large");
    assert_eq!(world.files(), Vec::<PathBuf>::new());
    for left in [3, 2, 1, 0] {
        assert_eq!(take(Slot::Front, jpeg(left)).await.unwrap().takes_left, left as u8);
    }
    assert_eq!(code(&take(Slot::Front, jpeg(9)).await.unwrap_err()), "picture_taken_too_often");
    assert_eq!(world.files().len(), 1);
    for draw in 1..=5 {
        let prompts = world.app.ask_capture_prompts(&holder).await.unwrap();
        world.take(&holder, prompts[0].slot, 20 + draw).await;
        assert_eq!(world.files().len(), 2, "what was taken for the prompts before is wiped");
    }
    let asked = world.app.ask_capture_prompts(&holder).await;
    assert_eq!(code(&asked.unwrap_err()), "picture_taken_too_often", "not drawn again until it fits");
    assert_eq!(code(&world.app.submit_capture(&holder).await.unwrap_err()), "picture_missing");
    let kind = world.app.choose_capture_document(&holder, "identity_card").await;
    assert_eq!(code(&kind.unwrap_err()), "document_not_taken", "Japan issues none");
    world.app.choose_capture_country(&holder, "PL").await.unwrap();
    assert_eq!(world.files().len(), 1, "the other document's picture is wiped, the face stays");
    let elsewhere = Holder { device: Some(Secret::new("f".repeat(64))), ..holder.clone() };
    let taken = world.app.take_capture_picture(&elsewhere, Slot::Front, jpeg(1), Taken::default()).await;
    assert_eq!(code(&taken.unwrap_err()), "link_expired", "another device");
    world.advance(2 * HOUR);
    let taken = world.app.take_capture_picture(&holder, Slot::Front, jpeg(1), Taken::default()).await;
    assert_eq!(code(&taken.unwrap_err()), "link_expired", "short-lived");
}

// S0-15 S3-23: by the QR code to the phone, and a new link ends the previous one.
#[tokio::test]
async fn from_the_first_device_to_the_phone() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    let qr = world.app.hand_off_verification(&ann, &one, &attempt, Channel::Qr).await.unwrap();
    let onward = world.app.use_handoff(&token(qr.url.expose())).await.unwrap();
    let old = Holder { token: link, device: None };
    assert_eq!(world.app.find_capture(&old).await.unwrap(), None, "the unused link ended");
    world.hand_in(&token(&onward.url), 5).await;
    assert_eq!(world.status(&ann, &one).await, Status::InReview);
    let (_, relinked) = (0, world.app.reissue_verification_link(&ann, &one, &attempt).await);
    assert!(relinked.is_err(), "everything is handed in");
}

/// A link waits a quarter of an hour for its device and works on it for two hours; pictures are refused afterwards.
#[tokio::test]
async fn no_picture_is_taken_after_its_time() {
    let world = ReviewWorld::new().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    world.advance(900);
    assert_eq!(world.app.find_capture(&Holder { token: link.clone(), device: None }).await.unwrap(), None);
    assert!(world.app.begin_capture(&link, "PL").await.is_err(), "too late");
    let (_, again) = world.app.reissue_verification_link(&ann, &one, &attempt).await.unwrap();
    let link = token(&again.url);
    world.advance(899);
    let holder = world.begin(&link, "PL", "passport").await;
    world.advance(2 * HOUR - 1);
    world.take(&holder, Slot::Front, 7).await;
    world.advance(1);
    let late = world.app.take_capture_picture(&holder, Slot::Selfie, jpeg(8), Taken::default()).await;
    assert!(late.is_err() && world.app.find_capture(&holder).await.unwrap().is_none());
    assert!(world.app.submit_capture(&holder).await.is_err());
}
