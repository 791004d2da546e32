//! Redirects lead only to our own pages.

use axum::body::Body;

use crate::world::*;

const FOREIGN: [&str; 12] = [
    "https://evil.test",
    "//evil.test",
    "/\\evil.test",
    "\\/evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.test",
    "/%0d%0aset-cookie:x=1\r\nx: y",
    " //evil.test",
    "evil.test",
    "",
];

/// ASVS 3.7.2: `next` is one of our own paths or the first page, on every way through it.
#[tokio::test]
async fn next_is_a_path_of_ours() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    world.vouch_for("kim@example.com");
    for foreign in FOREIGN {
        let escaped: String = foreign.bytes().map(|b| format!("%{b:02X}")).collect();
        let mut browser = world.browser();
        assert_eq!(browser.sign_in("ann@example.com", foreign).await.location(), "/home", "{foreign:?}");
        let seen = browser.get(&format!("/sign-in?next={escaped}")).await;
        assert_eq!(seen.location(), "/home", "signed in already, {foreign:?}");
        let seen = browser.get(&format!("/reauthenticate?next={escaped}")).await;
        assert_eq!(seen.location(), "/home", "fresh already, {foreign:?}");
        let csrf = browser.csrf().await;
        let kept = browser.post("/preferences", &[("csrf", &csrf), ("next", foreign)]).await;
        assert_eq!(kept.location(), "/home", "{foreign:?}");
        let form = [("csrf", csrf.as_str()), ("proof_password", PASSWORD)];
        let proven = browser.post(&format!("/reauthenticate?next={escaped}"), &form).await;
        assert_eq!(proven.location(), "/home", "{foreign:?}");
        let mut browser = world.browser();
        browser.post("/sign-in/with", &[("next", foreign)]).await;
        let arrived = browser.get("/sign-in/return?state=state-1&code=c0de").await;
        assert_eq!(arrived.location(), "/home", "{foreign:?}");
    }
    // The question also returns only to one of our own paths.
    let csrf = ann.csrf().await;
    world.advance(601);
    for foreign in FOREIGN.iter().filter(|foreign| !foreign.is_empty()) {
        let form = [("csrf", csrf.as_str()), ("proof", foreign), ("proof_password", "wrong wrong")];
        let asked = ann.post("/settings/account/security/recovery-codes", &form).await;
        assert_eq!(asked.field("proof"), "/home", "{foreign:?}");
        world.advance(901);
        assert!(!asked.body.contains("evil.test"), "{foreign:?}");
    }
}

/// Signing in with a second factor keeps the page the person wanted, and only one of ours.
#[tokio::test]
async fn the_second_step_leads_on_inside() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (_, codes) = ann.set_up_factor().await;
    for (number, (next, leads_to)) in
        [("/usage?days=7", "/usage?days=7"), ("//evil.test", "/home"), ("https://evil.test/", "/home")]
            .iter()
            .enumerate()
    {
        let mut browser = world.browser();
        let asked = browser.sign_in("ann@example.com", next).await;
        assert!(!asked.location().contains("evil"), "{}", asked.location());
        let inside = browser.post("/sign-in/code", &[("code", &codes[number]), ("next", next)]).await;
        assert_eq!(inside.location(), *leads_to);
    }
}

/// The address of a form opened as a page leads to the path of the page that the browser names, on this host. Control
/// characters other than the tab cannot be in a header.
#[tokio::test]
async fn the_page_before_is_a_path_of_ours() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for before in [
        "https://keystead.test/api-keys",
        "https://keystead.test:8443/api-keys",
        "https://evil.test/api-keys",
        "https://evil.test",
        "https://keystead.test@evil.test/api-keys",
        "https://ann:secret@evil.test:8443/api-keys",
        "//evil.test/api-keys",
        "//evil.test",
        "https://keystead.test//evil.test/api-keys",
        "https://keystead.test//ann@evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "https://keystead.test/\\evil.test",
        "https://keystead.test\\@evil.test",
        "/\t/evil.test",
        "https://keystead.test/\t/evil.test",
        "https://keystead.test/\u{e9}//evil.test",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.test:443",
        "?next=//evil.test",
        "*",
        "",
    ] {
        let request = ann.request("GET", "/settings/organization/members/invite");
        let request = request.header("referer", before.as_bytes()).body(Body::empty()).unwrap();
        let led = ann.send_once(request).await;
        let is_ours = led.status == 303 && ["/", "/home", "/api-keys"].contains(&led.location());
        assert!(is_ours || led.status == 405, "{before:?}: {} {}", led.status, led.location());
    }
}
