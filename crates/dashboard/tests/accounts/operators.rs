//! Who runs an installation in production does so after a second step, and cannot be made to hand the address to others.

use keystead_dashboard::ROUTES;

use crate::world::*;

const SECURITY: &str = "/settings/account/security";

/// ASVS 6.3.3: with a password alone an operator reaches the way to a second step and nothing of the console.
#[tokio::test]
async fn an_operator_without_a_second_step_reaches_only_its_setting_up() {
    let world = World::in_production(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let csrf = ops.csrf().await;
    let console: Vec<String> =
        ROUTES.iter().map(|route| address(route.path)).filter(|path| path.starts_with("/operator")).collect();
    assert!(console.len() >= 8, "{console:?}");
    for path in &console {
        for answer in [ops.get(path).await, ops.post(path, &[("csrf", &csrf), ("reason", "x")]).await] {
            let shut = answer.location().starts_with(SECURITY) || answer.status == 405;
            assert!(shut, "{path}: {} {}", answer.status, answer.body);
        }
    }
    let led = ops.get("/operator").await.location().to_owned();
    let page = ops.get(&led).await.body;
    assert!(page.contains("Operators of this installation need a second step"), "{page}");
    assert_eq!(ops.get("/home").await.status, 200, "what is their own stays open");

    ops.set_up_factor().await;
    assert_eq!(ops.get("/operator").await.status, 200);
    assert!(!ops.get(SECURITY).await.body.contains("Operators of this installation need"));
    let mut other = world.owner("ann@example.com", "Acme").await;
    assert_eq!(other.get("/operator").await.status, 404, "for everybody else there is no console");
}

/// On a laptop nothing is asked.
#[tokio::test]
async fn a_laptop_asks_operators_for_nothing() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    assert_eq!(ops.get("/operator").await.status, 200);
}

/// A stranger who signs up with an operator's address, and whose link the operator opens, has typed no password of the
/// operator's.
#[tokio::test]
async fn a_strangers_sign_up_does_not_choose_an_operators_password() {
    let world = World::in_production(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    let mut stranger = world.browser();
    assert_eq!(stranger.sign_in("ops@example.com", "/operator").await.status, 422);
    let link = world.link().await;
    assert!(link.starts_with("/reset?token="), "a link to choose one follows: {link}");
    assert!(ops.alive().await);
}

/// The link of a change of address names the account, and gives an operator's address to nobody who is not signed in to
/// that account; in no browser does it change another account.
#[tokio::test]
async fn one_click_gives_no_address_away() {
    let world = World::in_production(&["ops@example.com", "chief@example.com"]).await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let csrf = eve.csrf().await;
    let ask = "/settings/account/security/email";
    assert_eq!(eve.post(ask, &[("csrf", &csrf), ("email", "ops@example.com")]).await.status, 303);
    let link = world.link().await;
    let token = token(&link);
    let mail = world.newest_mail();
    assert!(mail.contains("eve (e***@example.com)") && mail.contains("Open the link only if"), "{mail}");

    let mut ops = world.browser();
    let page = ops.get(&link).await;
    assert!(page.body.contains("eve (e***@example.com)") && page.body.contains("ops@example.com"), "{}", page.body);
    let refused = ops.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("operator of this installation"), "{}", refused.body);
    let mut chief = world.owner("chief@example.com", "Harbour").await;
    let refused = chief.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("another account than the one"), "{}", refused.body);
    let refused = eve.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("second step"), "{}", refused.body);
    assert!(eve.get("/settings/account").await.body.contains("eve@example.com"), "nothing changed");

    // An address of nobody in particular: not in a browser of another account, and elsewhere with one press.
    assert_eq!(eve.post(ask, &[("csrf", &csrf), ("email", "eve@elsewhere.example")]).await.status, 303);
    let token = self::token(&world.link().await);
    let refused = chief.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.body.contains("another account than the one"), "{}", refused.body);
    let done = world.browser().post("/confirm-address", &[("token", &token)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(eve.get("/settings/account").await.body.contains("eve@elsewhere.example"));
}
