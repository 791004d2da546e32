//! A verification on two devices: what the phone's last page may show, and that the first device notices each step.

use keystead_app::review::Holder;
use keystead_app::verification::organization::Channel;
use keystead_core::secret::Secret;
use keystead_core::verification::organization::AttemptState;

use crate::review::{ReviewWorld, token};

/// S3-23: the last page has the state and the language of the flow, by a token that cannot be forged or changed.
#[tokio::test]
async fn the_last_page_is_found_by_its_token_only() {
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, link) = world.start(&ann, &one).await;
    let holder = world.begin(&link, "PL", "passport").await;
    let path = world.app.find_capture(&holder).await.unwrap().unwrap().ending;
    let ending = path.strip_prefix("/verify/done/").unwrap();
    assert!(!ending.contains(&attempt), "the id is sealed: {ending}");
    let view = world.app.find_ending(ending).await.unwrap().unwrap();
    assert_eq!((view.state, view.language.as_str()), (AttemptState::InProgress, "pl"));
    let mut bent = ending.to_owned();
    let last = if bent.pop() == Some('0') { '1' } else { '0' };
    bent.push(last);
    for wrong in [bent.as_str(), &attempt, "", "00", &"0".repeat(1_000), link.expose()] {
        assert_eq!(world.app.find_ending(wrong).await.unwrap(), None, "{wrong}");
    }
    world.app.cancel_organization_verification(&ann, &one).await.unwrap();
    assert_eq!(world.app.find_ending(ending).await.unwrap().unwrap().state, AttemptState::Cancelled);
    assert_eq!(world.app.find_capture(&holder).await.unwrap().unwrap().ending, path, "always the same address");
    let (_, other) = world.start(&ann, &one).await;
    let other = Holder { token: other, device: None };
    assert_ne!(world.app.find_capture(&other).await.unwrap().unwrap().ending, path);
}

/// S3-40: the page on the first device is notified when the link is used, although the service reports nothing yet; it knows
/// when the link expires.
#[tokio::test]
async fn the_first_device_notices_that_the_link_was_used() {
    let world = ReviewWorld::in_memory().await;
    let (ann, one) = world.owner("ann@example.com").await;
    let (attempt, _) = world.start(&ann, &one).await;
    let link = async || world.app.organization_verification(&ann, &one).await.unwrap().link;
    assert_eq!(link().await, None);
    let made = world.app.hand_off_verification(&ann, &one, &attempt, Channel::Qr).await.unwrap();
    let known = link().await.unwrap();
    assert_eq!((known.expires_at, known.used_at), (made.expires_at, None));
    let mut progress = world.app.verification_progress();
    let secret: Secret<String> = token(made.url.expose());
    world.app.use_handoff(&secret).await.unwrap();
    assert!(progress.has_changed().unwrap());
    progress.mark_unchanged();
    assert!(link().await.unwrap().used_at.is_some());
    // A newer link counts, in every state of the older one.
    world.advance(1);
    let newer = world.app.hand_off_verification(&ann, &one, &attempt, Channel::Mail).await.unwrap();
    let known = link().await.unwrap();
    assert_eq!((known.expires_at, known.used_at), (newer.expires_at, None));
}
