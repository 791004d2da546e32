//! The operator's console is a door of its own, and says on the page why something is not possible.

use crate::world::*;

/// A signed-in person without an organization.
async fn without_organization<'w>(world: &'w World, email: &str) -> Browser<'w> {
    let mut browser = world.browser();
    browser.post("/sign-up", &[("email", email), ("password", PASSWORD)]).await;
    let link = token(&world.link().await);
    assert_eq!(browser.post("/confirm", &[("token", &link)]).await.location(), "/welcome");
    browser
}

#[tokio::test]
async fn an_operator_needs_no_organization() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ops = without_organization(&world, "ops@example.com").await;
    for page in ["/welcome", "/home"] {
        assert_eq!(ops.get(page).await.location(), "/operator", "{page}");
    }
    for page in [
        "/operator",
        "/operator/reviews",
        "/operator/policy",
        "/operator/exemptions",
        "/operator/prices",
        "/operator/report",
    ] {
        let answer = ops.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.body.contains("href=\"/operator/reviews\""), "the navigation of the console: {page}");
    }
    assert_eq!(ops.get("/settings/account/security").await.status, 200);
    let mut ann = without_organization(&world, "ann@example.com").await;
    assert_eq!(ann.get("/home").await.location(), "/welcome", "everybody else begins with an organization");
    assert_eq!(ann.get("/operator").await.status, 404);
}

#[tokio::test]
async fn the_setup_page_comes_first_until_it_was_seen() {
    let world = World::unseen(&["ops@example.com"]).await;
    let mut ann = without_organization(&world, "ann@example.com").await;
    assert_eq!(ann.get("/operator/setup").await.status, 404);
    let mut ops = without_organization(&world, "ops@example.com").await;
    assert_eq!(ops.get("/operator").await.location(), "/operator/setup");
    let page = ops.get("/operator/setup").await;
    assert_eq!(ops.get("/operator").await.status, 200, "it was seen");
    let csrf = page.field("csrf");
    let form = |act| vec![("csrf", csrf.as_str()), ("act", act), ("number", "512")];
    let tested = ops.post("/operator/setup", &form("test-mail")).await;
    assert!(tested.body.contains("It worked."), "{}", tested.body);
    // Nothing is sent where no service is set up.
    for act in ["test-text-message", "test-identity", "test-payment"] {
        assert_ne!(ops.post("/operator/setup", &form(act)).await.status, 200, "{act}");
    }
    assert_eq!(ann.post("/operator/setup", &form("test-upstreams")).await.status, 403);
}

/// In production the first page is the one to set up a second step.
#[tokio::test]
async fn an_operator_without_an_organization_sets_up_a_second_step() {
    let world = World::in_production(&["ops@example.com"]).await;
    let mut ops = without_organization(&world, "ops@example.com").await;
    assert_eq!(ops.get("/operator").await.location(), "/settings/account/security");
    ops.set_up_factor().await;
    assert_eq!(ops.get("/operator").await.status, 200);
}

#[tokio::test]
async fn an_impossible_act_says_why_and_keeps_what_was_typed() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    world.owner("ann@example.com", "Harbour").await;
    let mut ops = without_organization(&world, "ops@example.com").await;
    let page = ops.get("/operator").await;
    let (csrf, organization) = (page.field("csrf"), page.field("organization"));
    for (act, days, says) in [
        ("restore", "", "not possible"),
        ("waive-phone", "soon", "Enter a whole number of days"),
        ("waive-phone", "0", "Enter a whole number of days"),
    ] {
        let form = [
            ("csrf", csrf.as_str()),
            ("organization", &organization),
            ("act", act),
            ("days", days),
            ("reason", "a \"good\" reason"),
        ];
        let answer = ops.post("/operator", &form).await;
        assert_eq!(answer.status, 422, "{act}: {}", answer.body);
        assert!(answer.body.contains("<h1>Overview</h1>") && answer.body.contains(says), "{act}: {}", answer.body);
        assert!(answer.body.contains(&format!("<option value=\"{act}\" selected>")), "{}", answer.body);
        assert!(answer.body.contains("value=\"a &#34;good&#34; reason\""), "{}", answer.body);
        assert!(answer.body.contains(&format!("value=\"{days}\"")), "{}", answer.body);
    }
}

#[tokio::test]
async fn requirements_are_named_in_the_language_of_the_operator() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    world.owner("ann@example.com", "Harbour").await;
    let mut ops = without_organization(&world, "ops@example.com").await;
    let page = ops.get("/operator").await;
    let (csrf, organization) = (page.field("csrf"), page.field("organization"));
    let form = [
        ("csrf", csrf.as_str()),
        ("organization", &organization),
        ("act", "waive-phone"),
        ("days", "30"),
        ("reason", "a test"),
    ];
    assert_eq!(ops.post("/operator", &form).await.status, 303);
    for (language, said) in [
        ("en", "verified phone number (waived)"),
        ("pl", "zweryfikowany numer telefonu (zwolniono)"),
        ("ja", "確認済みの電話番号（免除）"),
    ] {
        let page = ops.get(&format!("/operator?language={language}")).await.body;
        assert!(page.contains(said), "{language}: {page}");
    }
}

/// A request for a waiver reaches each operator by mail, once, and is counted on their first page.
#[tokio::test]
async fn operators_hear_of_a_request_for_a_waiver() {
    let world = World::on_a_laptop(&["ops@example.com"]).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("reason", "no phone here")];
    assert_eq!(ann.post("/settings/account/phone/waiver", &form).await.status, 303);
    assert!(world.link().await.starts_with("/operator/exemptions"), "the newest mail");
    assert!(
        world.newest_mail().contains("Organization Harbour") || world.newest_mail().contains("organization Harbour")
    );
    let mut ops = without_organization(&world, "ops@example.com").await;
    let page = ops.get("/operator").await.body;
    assert!(page.contains("<strong>1</strong><a href=\"/operator/exemptions#waivers\">"), "{page}");
}
