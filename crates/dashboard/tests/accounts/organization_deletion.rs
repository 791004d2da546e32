//! The pages that delete an organization, and the copy of its data.

use crate::world::*;

const PAGE: &str = "/settings/organization/delete";
const NOTICE: &str = "The organization Harbour &#60;b&#62; will be deleted on";

#[tokio::test]
async fn an_organization_is_deleted_after_the_wait_and_can_be_kept_until_then() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour <b>").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let page = ann.get(PAGE).await;
    assert!(
        page.body.contains("2 members lose access.") && page.body.contains("Type Harbour &#60;b&#62;"),
        "{}",
        page.body
    );
    assert!(ann.get("/settings/organization/general").await.body.contains("id=\"delete\""));
    assert!(!ben.get("/settings/organization/general").await.body.contains("id=\"delete\""), "owners only");
    assert_eq!(ben.get(PAGE).await.status, 403);
    let csrf = ann.csrf().await;
    let request = format!("{PAGE}/request");
    let wrong = ann.post(&request, &[("csrf", &csrf), ("name", "Harbor")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("This is not the name"), "{} {}", wrong.status, wrong.body);
    assert!(wrong.body.contains("value=\"Harbor\""), "what was typed stays: {}", wrong.body);
    world.advance(700);
    let fields = [("csrf", csrf.as_str()), ("name", "Harbour <b>")];
    assert_eq!(ann.post(&request, &fields).await.status, 403, "a late form is answered with the question");
    let proof = [fields[0], fields[1], ("proof", PAGE), ("proof_password", PASSWORD)];
    let requested = ann.post(&request, &proof).await;
    assert!(requested.location().contains("done=organization-deletion-requested"), "{}", requested.body);
    for path in ["/home", "/api-keys", "/settings/account"] {
        assert!(ann.get(path).await.body.contains(NOTICE), "owners see it on every page: {path}");
        assert!(!ben.get(path).await.body.contains(NOTICE), "members do not: {path}");
    }
    assert!(ann.get(PAGE).await.body.contains("ann requested the deletion"));
    let csrf = ann.csrf().await;
    let kept = ann.post(&format!("{PAGE}/cancel"), &[("csrf", &csrf)]).await;
    assert!(kept.location().contains("done=organization-deletion-cancelled"), "{}", kept.body);
    assert!(!ann.get("/home").await.body.contains(NOTICE));
    let again = ann.post(&request, &[("csrf", &csrf), ("name", "Harbour <b>")]).await;
    assert!(again.location().contains("done=organization-deletion-requested"), "{}", again.body);
    world.advance(14 * 86_400);
    while world.app.run_due_jobs().await.unwrap() > 0 {}
    assert!(world.newest_mail().contains("was deleted"), "{}", world.newest_mail());
    for email in ["ann@example.com", "ben@example.com"] {
        let mut person = world.browser();
        person.sign_in(email, "/home").await;
        assert!(person.get("/home").await.location().starts_with("/welcome"), "{email}");
    }
}

#[tokio::test]
async fn owners_download_a_copy() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let copy = ann.get("/settings/organization/export.json").await;
    assert_eq!((copy.status, copy.header("content-type")), (200, "application/json"));
    assert!(copy.header("content-disposition").starts_with("attachment") && copy.body.contains("ben@example.com"));
    assert_eq!(ben.get("/settings/organization/export.json").await.status, 403);
}
