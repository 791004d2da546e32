//! An owner asks for a waiver of the phone requirement, an operator decides, and both see the state (S1-31).

use crate::keys::send;
use crate::world::*;

const WAIVER: &str = "/settings/account/phone/waiver";
const DECIDE: &str = "/operator/exemptions/waivers";

#[tokio::test]
async fn a_waiver_is_asked_for_and_decided() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Operations").await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    // The phone step leads to the form.
    assert!(ann.get("/settings/account/phone").await.body.contains(WAIVER));
    assert!(ben.get(WAIVER).await.body.contains("Only an owner"));
    assert_eq!(send(&mut ben, WAIVER, &[("reason", "x")]).await.status, 403);
    let empty = send(&mut ann, WAIVER, &[("reason", " ")]).await;
    assert!(empty.status == 422 && empty.body.contains("Say why in 1 to 500 characters"), "{}", empty.body);

    assert_eq!(send(&mut ann, WAIVER, &[("reason", "no <b>mobile</b> here")]).await.status, 303);
    let page = ann.get(WAIVER).await.body;
    assert!(page.contains("Requested ") && !page.contains("<textarea"), "{page}");
    let twice = send(&mut ann, WAIVER, &[("reason", "again")]).await;
    assert!(twice.body.contains("A request is open already"), "{}", twice.body);
    assert_eq!(send(&mut ann, DECIDE, &[("do", "accept")]).await.status, 404, "only operators decide");

    let list = ops.get("/operator/exemptions").await;
    assert!(list.body.contains("no &#60;b&#62;mobile") && list.body.contains("ann@example.com"), "{}", list.body);
    let id = list.field("id");
    let silent = send(&mut ops, DECIDE, &[("id", &id), ("do", "refuse"), ("reason", "")]).await;
    assert_eq!(silent.status, 422, "{}", silent.body);
    let refused = send(&mut ops, DECIDE, &[("id", &id), ("do", "refuse"), ("reason", "use a work number")]).await;
    assert!(refused.location().contains("done=saved"), "{}", refused.body);
    assert_eq!(send(&mut ops, DECIDE, &[("id", &id), ("do", "accept"), ("reason", "x")]).await.status, 422, "once");
    let page = ann.get(WAIVER).await.body;
    assert!(page.contains("Not accepted on") && page.contains("use a work number") && page.contains("<textarea"));
    world.link().await;
    assert!(world.newest_mail().contains("did not accept your request"), "{}", world.newest_mail());

    send(&mut ann, WAIVER, &[("reason", "there is none")]).await;
    let id = ops.get("/operator/exemptions").await.field("id");
    let until = [("id", id.as_str()), ("do", "accept"), ("reason", "known"), ("until", "2031-01-01T00:00")];
    assert!(send(&mut ops, DECIDE, &until).await.location().contains("done=saved"));
    let page = ann.get(WAIVER).await.body;
    assert!(page.contains("Waived until ") && page.contains("2031"), "{page}");
    assert!(send(&mut ann, "/welcome/first-call", &[]).await.body.contains("sk-proj-"), "keys can be created");
    let log = ann.get("/settings/organization/audit-log").await.body;
    for said in ["Asked for a waiver", "Refused a waiver", "Waived the phone verification"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains("there is none"), "the owner's text can be erased, so the log does not have it: {log}");
}

#[tokio::test]
async fn waivers_are_offered_only_where_the_operator_allows_it() {
    let world = World::without_waivers().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    assert!(!ann.get("/settings/account/phone").await.body.contains(WAIVER));
    assert!(ann.get(WAIVER).await.body.contains("does not accept waiver requests"));
    assert_eq!(send(&mut ann, WAIVER, &[("reason", "x")]).await.status, 501);
}

/// Three requests in thirty days.
#[tokio::test]
async fn requests_for_a_waiver_are_limited() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Operations").await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for _ in 0..3 {
        assert_eq!(send(&mut ann, WAIVER, &[("reason", "x")]).await.status, 303);
        let id = ops.get("/operator/exemptions").await.field("id");
        send(&mut ops, DECIDE, &[("id", &id), ("do", "refuse"), ("reason", "no")]).await;
        world.advance(61);
    }
    assert_eq!(send(&mut ann, WAIVER, &[("reason", "x")]).await.status, 429);
    world.advance(30 * 86_400);
    ann.sign_in("ann@example.com", "/home").await;
    assert_eq!(send(&mut ann, WAIVER, &[("reason", "x")]).await.status, 303);
}
