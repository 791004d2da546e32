//! Addresses that are no page: known ones lead on, the others are answered with a page of ours.

use axum::body::Body;

use crate::world::*;

#[tokio::test]
async fn unknown_addresses_have_a_page() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut stranger = world.browser();
    for path in ["/nowhere", "/settings/organization/nowhere", "/api-keys/nowhere/", "/static/nowhere", "/%ff"] {
        for browser in [&mut ann, &mut stranger] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 404, "{path}");
            assert!(page.header("content-type").starts_with("text/html"), "{path}");
            assert!(page.body.contains("role=\"search\"") && page.body.contains("href=\"/api-keys\""), "{path}");
        }
    }
    let page = stranger.get("/nowhere?language=pl").await;
    assert!(page.body.contains("lang=\"pl\"") && page.body.contains("Nie znaleziono strony"), "{}", page.body);
    // A form's address opened as a page.
    let page = ann.get("/settings/organization/members/invite").await;
    assert_eq!(page.status, 405);
    assert!(page.body.contains("role=\"search\""), "{}", page.body);
    // Where a person chose another language on a page that answers a form: the page with the form.
    let chosen = |from: &str| {
        let request = ann.request("GET", "/settings/organization/members/invite?project=proj_1");
        request.header("referer", format!("https://keystead.test{from}")).body(Body::empty()).unwrap()
    };
    let (members, itself) = ("/settings/organization/members?project=proj_1", "/settings/organization/members/invite");
    let (shown, looped) = (chosen(&format!("{members}&shown=7")), chosen(itself));
    let led = ann.send_once(shown).await;
    assert_eq!((led.status, led.location()), (303, members));
    assert_eq!(ann.send_once(looped).await.status, 405);
}

#[tokio::test]
async fn well_known_addresses_lead_to_our_pages() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for (path, page) in [
        ("/login", "/sign-in"),
        ("/signup", "/sign-up"),
        ("/dashboard", "/home"),
        ("/chat", "/playground"),
        ("/playground/chat?project=proj_1", "/playground?project=proj_1"),
        ("/settings", "/settings/organization/general"),
        ("/settings/organization/api-keys", "/api-keys"),
        ("/account/api-keys", "/api-keys"),
        ("/settings/general/", "/settings/organization/general"),
        ("/billing?project=proj_1", "/settings/organization/billing?project=proj_1"),
    ] {
        let answer = ann.get(path).await;
        assert_eq!((answer.status, answer.location()), (303, page), "{path}");
    }
    for page in
        ["/sign-up", "/home", "/settings/organization/general", "/settings/organization/billing/payment-methods"]
    {
        assert!(matches!(ann.get(page).await.status, 200 | 303), "{page}");
    }
}
