//! What an organization requires of its members before its pages open.

use crate::world::*;

const RULE: &str = "/settings/organization/second-factor";
const GENERAL: &str = "/settings/organization/general";
const SECURITY: &str = "/settings/account/security";

/// ASVS 6.3.3: an owner with a second step requires one of everybody; a member without one is sent to set it up, and
/// can then continue.
#[tokio::test]
async fn members_without_a_second_step_must_set_one_up() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let csrf = ann.csrf().await;
    // An owner without one requires it of others.
    let page = ann.get(GENERAL).await.body;
    assert!(
        page.contains("Set up two-step verification for your own account first.")
            && page.contains("2 members do not use"),
        "{page}"
    );
    let refused = ann.post(RULE, &[("csrf", &csrf), ("required", "yes")]).await;
    assert!(refused.status == 422 && refused.body.contains("before you require it for others"), "{}", refused.body);
    ann.set_up_factor().await;
    let csrf = ann.csrf().await;
    let page = ann.get(GENERAL).await.body;
    assert!(page.contains("1 member does not use") && page.contains("<li>ben"), "whom it concerns, before: {page}");
    // A reader cannot require it.
    let token = ben.csrf().await;
    assert_eq!(ben.post(RULE, &[("csrf", &token), ("required", "yes")]).await.status, 422);
    assert_eq!(ben.get("/home").await.status, 200);
    let done = ann.post(RULE, &[("csrf", &csrf), ("required", "yes")]).await;
    assert!(done.location().contains("done=saved"), "{}", done.body);
    assert!(ann.get(GENERAL).await.body.contains("Required since"));

    for path in ["/home", "/api-keys", "/usage", GENERAL, "/settings/account/phone", "/welcome/team"] {
        assert!(ben.get(path).await.location().starts_with(SECURITY), "{path}");
    }
    let act = ben.post("/api-keys", &[("csrf", &token), ("name", "late"), ("permissions", "all")]).await;
    assert!(act.location().starts_with(SECURITY), "acts wait as well");
    // Their account stays theirs: they can delete it, and keep it.
    assert_eq!(ben.get("/settings/account/delete").await.status, 200);
    let requested = ben.post("/settings/account/delete/request", &[("csrf", &token)]).await;
    assert!(requested.location().contains("done=deletion-requested"), "{}", requested.body);
    let cancelled = ben.post("/settings/account/delete/cancel", &[("csrf", &token)]).await;
    assert!(cancelled.location().contains("done=deletion-cancelled"), "{}", cancelled.body);
    let led = ben.get(SECURITY).await;
    assert!(led.status == 200 && led.body.contains("Harbour requires two-step verification"), "{}", led.body);
    assert_eq!(ann.get("/home").await.status, 200);
    ben.set_up_factor().await;
    assert_eq!(ben.get("/home").await.status, 200);
    assert!(!ben.get(SECURITY).await.body.contains("requires two-step verification"));

    ann.post(RULE, &[("csrf", &csrf), ("required", "no")]).await;
    assert!(ann.get(GENERAL).await.body.contains("Not required"));
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert_eq!(log.matches("<code>organization.updated").count(), 2, "both are written down");
}
