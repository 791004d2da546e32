//! The pages that delete an account.

use crate::world::*;

const PAGE: &str = "/settings/account/delete";

#[tokio::test]
async fn an_account_is_deleted_after_the_wait_and_can_be_kept_until_then() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour <b>").await;
    let page = ann.get(PAGE).await;
    assert!(
        page.body.contains("Harbour &#60;b&#62;") && page.body.contains("No other owner will remain."),
        "{}",
        page.body
    );
    assert!(!page.body.contains("/settings/account/delete/request"), "{}", page.body);
    let csrf = ann.csrf().await;
    let refused = ann.post("/settings/account/delete/request", &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);

    let mut ben = world.member(&mut ann, "ben@example.com").await;
    world.advance(700);
    let page = ben.get(PAGE).await;
    let csrf = page.field("csrf");
    let asked = ben.post("/settings/account/delete/request", &[("csrf", &csrf)]).await;
    assert_eq!(asked.status, 403, "a late form is answered with the question: {}", asked.body);
    let proof = [("csrf", csrf.as_str()), ("proof", PAGE), ("proof_password", PASSWORD)];
    let requested = ben.post("/settings/account/delete/request", &proof).await;
    assert!(requested.location().contains("done=deletion-requested"), "{}", requested.body);
    assert!(ben.get("/home").await.body.contains("Your account will be deleted on"), "every page says it");
    let csrf = ben.csrf().await;
    let kept = ben.post("/settings/account/delete/cancel", &[("csrf", &csrf)]).await;
    assert!(kept.location().contains("done=deletion-cancelled"), "{}", kept.body);
    assert!(!ben.get("/home").await.body.contains("Your account will be deleted on"));

    let again = ben.post("/settings/account/delete/request", &[("csrf", &csrf)]).await;
    assert!(again.location().contains("done=deletion-requested"), "{}", again.body);
    world.advance(14 * 86_400);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert!(world.newest_mail().contains("were deleted"), "{}", world.newest_mail());
    assert!(!ben.alive().await);
    let mut ann = world.browser();
    ann.sign_in("ann@example.com", "/home").await;
    let members = ann.get("/settings/organization/members").await;
    assert!(!members.body.contains("ben@example.com"), "{}", members.body);
}
