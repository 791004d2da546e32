//! Waiting pages are notified of progress without polling (S0-23, S3-24, S3-40).

use axum::body::Body;
use http_body_util::BodyExt;
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Status;
use keystead_store::tables::organization_verifications::{self, OrganizationVerification};
use keystead_store::{Error, Tx};

use crate::world::*;

const EVENTS: &str = "/settings/organization/verification/events";

/// Puts an organization's verification into a state; `version` is the number of earlier writes.
async fn put(world: &World, organization: &OrganizationId, status: Status, version: i64) {
    let since = Timestamp(world.now());
    let row = OrganizationVerification {
        organization: organization.clone(),
        status,
        since,
        until: None,
        reason: None,
        version,
    };
    let write = world.store.write("put", async move |tx: &mut Tx| organization_verifications::save(tx, &row).await);
    let written: Result<(), Error> = write.await;
    written.unwrap();
}

/// Returns the next word of a stream; `None` when it has ended.
async fn word(body: &mut Body) -> Option<String> {
    let frame = body.frame().await?.unwrap().into_data().unwrap();
    let text = String::from_utf8(frame.to_vec()).unwrap();
    Some(text.strip_prefix("data: ").unwrap_or_else(|| panic!("{text}")).trim().to_owned())
}

/// S3-40: the state is sent at once and again when it changes, until it is final.
#[tokio::test]
async fn progress_is_told_as_it_happens() {
    let world = World::new().await;
    let ann = world.owner("ann@example.com", "Harbour").await;
    let organization = organization_of(&world, "Harbour").await;
    assert_eq!(ann.listen(EVENTS, "same-origin").await.status(), 204, "nothing to wait for");
    let mut progress = world.store.verification_progress();
    put(&world, &organization, Status::InProgress, 0).await;
    assert!(progress.has_changed().unwrap(), "a step that was committed wakes the waiting pages");
    progress.mark_unchanged();
    let lost = world.store.write("lost", async |tx: &mut Tx| {
        let row = organization_verifications::find(tx, &organization).await?.unwrap();
        organization_verifications::save(tx, &row).await?;
        Err::<(), _>(Error::Missing)
    });
    assert_eq!(lost.await, Err(Error::Missing));
    assert!(!progress.has_changed().unwrap(), "one that was rolled back does not");

    let answer = ann.listen(EVENTS, "same-origin").await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let mut body = answer.into_body();
    assert_eq!(word(&mut body).await.as_deref(), Some("in_progress"));
    put(&world, &organization, Status::InReview, 1).await;
    assert_eq!(word(&mut body).await.as_deref(), Some("in_review"));
    put(&world, &organization, Status::Verified, 2).await;
    assert_eq!(word(&mut body).await.as_deref(), Some("verified"));
    assert_eq!(word(&mut body).await, None);
}

/// Only a member's own pages may listen, a few at a time; the end of the session or of the server ends the stream.
#[tokio::test]
async fn streams_are_bounded_and_end() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let organization = organization_of(&world, "Harbour").await;
    put(&world, &organization, Status::InProgress, 0).await;
    assert!(world.browser().listen(EVENTS, "same-origin").await.status().is_redirection());
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(ann.listen(EVENTS, site).await.status(), 403, "{site}");
    }
    let page = ann.get("/settings/organization/general").await;
    let events = page.body.split("data-events=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(eve.get(&events).await.status, 404, "another person's organization");
    let mut open = Vec::new();
    for _ in 0..4 {
        let answer = ann.listen(&events, "same-origin").await;
        assert_eq!(answer.status(), 200);
        open.push(answer.into_body());
    }
    assert_eq!(ann.listen(&events, "same-origin").await.status(), 429);
    open.pop();
    let mut again = ann.listen(&events, "same-origin").await.into_body();
    assert!(word(&mut again).await.is_some());
    for body in &mut open {
        assert!(word(body).await.is_some());
    }
    // After signing out, the next poll is the last.
    let csrf = ann.csrf().await;
    let other = {
        let mut other = world.browser();
        other.sign_in("ann@example.com", "").await;
        other
    };
    let mut kept = other.listen(&events, "same-origin").await.into_body();
    assert!(word(&mut kept).await.is_some());
    ann.post("/sign-out", &[("csrf", &csrf)]).await;
    put(&world, &organization, Status::InReview, 1).await;
    assert_eq!(word(&mut again).await, None, "a session that ended hears nothing");
    assert_eq!(word(&mut kept).await.as_deref(), Some("in_review"));
    world.stop.send_replace(true);
    assert_eq!(word(&mut kept).await, None, "draining does not wait for streams");
}

async fn organization_of(world: &World, name: &str) -> OrganizationId {
    let read = world.store.read("find", async |tx: &mut Tx| keystead_store::tables::organizations::list(tx).await);
    let all: Result<Vec<_>, Error> = read.await;
    all.unwrap().into_iter().find(|row| row.name == name).unwrap().id
}
