//! Operators of a production installation need a second step, and cannot be tricked into giving their address to other
//! accounts.

use keystead_dashboard::ROUTES;

use crate::world::*;

const SECURITY: &str = "/settings/account/security";

/// ASVS 6.3.3: with a password alone an operator reaches the pages to set up a second step and no page of the console.
#[tokio::test]
async fn an_operator_without_a_second_step_can_only_set_one_up() {
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
    assert!(page.contains("Operators of this installation need two-step verification"), "{page}");
    assert_eq!(ops.get("/home").await.status, 200, "what is their own stays open");

    ops.set_up_factor().await;
    assert_eq!(ops.get("/operator").await.status, 200);
    assert!(!ops.get(SECURITY).await.body.contains("Operators of this installation need"));
    let mut other = world.owner("ann@example.com", "Acme").await;
    assert_eq!(other.get("/operator").await.status, 404, "for everybody else there is no console");
}

/// In development no second step is required.
#[tokio::test]
async fn development_requires_no_second_step() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ops = world.owner("ops@example.com", "Harbour").await;
    assert_eq!(ops.get("/operator").await.status, 200);
}

/// A stranger signs up with an operator's address, and the operator opens the link: the stranger's password does not
/// become the operator's.
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

/// The link of an address change names the account. It gives an operator's address only to that account, in its own
/// session; in no browser does it change another account.
#[tokio::test]
async fn one_click_does_not_change_an_address() {
    let world = World::in_production(&["ops@example.com", "chief@example.com"]).await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let csrf = eve.csrf().await;
    let ask = "/settings/account/security/email";
    assert_eq!(eve.post(ask, &[("csrf", &csrf), ("email", "ops@example.com")]).await.status, 303);
    let link = world.link().await;
    let token = token(&link);
    let mail = world.newest_mail();
    assert!(mail.contains("eve (e***@example.com)") && mail.contains("If this is your account"), "{mail}");

    let mut ops = world.browser();
    let page = ops.get(&link).await;
    assert!(page.body.contains("eve (e***@example.com)") && page.body.contains("ops@example.com"), "{}", page.body);
    let refused = ops.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("operator of this installation"), "{}", refused.body);
    let mut chief = world.owner("chief@example.com", "Harbour").await;
    let refused = chief.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("a different account than the one"), "{}", refused.body);
    let refused = eve.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.status == 422 && refused.body.contains("two-step verification"), "{}", refused.body);
    assert!(eve.get("/settings/account").await.body.contains("eve@example.com"), "nothing changed");

    // An address of no operator: refused in a browser of another account, confirmed with one click in any other
    // browser.
    assert_eq!(eve.post(ask, &[("csrf", &csrf), ("email", "eve@elsewhere.example")]).await.status, 303);
    let token = self::token(&world.link().await);
    let refused = chief.post("/confirm-address", &[("token", &token)]).await;
    assert!(refused.body.contains("a different account than the one"), "{}", refused.body);
    let done = world.browser().post("/confirm-address", &[("token", &token)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(eve.get("/settings/account").await.body.contains("eve@elsewhere.example"));
}
