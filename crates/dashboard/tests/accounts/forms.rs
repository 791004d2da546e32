//! Forms that do not come from our own page, or not from this session.

use http::Method;
use keystead_dashboard::{Audience, ROUTES};

use crate::world::*;

/// ASVS 3.5.1, 3.5.3: every form of a signed-in person requires the session's own token and our own page; forms for
/// strangers require our own page.
#[tokio::test]
async fn no_form_works_without_its_token_or_from_another_site() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let (csrf, foreign) = (ann.csrf().await, eve.csrf().await);
    let before = ann.session();
    let mut forms = 0;
    for route in ROUTES {
        let path = address(route.path);
        if ann.post_from(&path, &[("csrf", &csrf)], "cross-site").await.status == 405 {
            continue;
        }
        forms += 1;
        for site in ["cross-site", "same-site", "none"] {
            let answer = ann.post_from(&path, &[("csrf", &csrf)], site).await;
            assert_eq!(answer.status, 403, "{path} from {site}");
        }
        // The holder of a link is identified by the device's cookie, which browsers never send from other sites.
        if matches!(route.audience, Audience::Public | Audience::LinkHolder) || route.path == "/invite" {
            continue;
        }
        for wrong in [&[][..], &[("csrf", "")], &[("csrf", "0000")], &[("csrf", foreign.as_str())]] {
            let answer = ann.post(&path, wrong).await;
            assert_eq!(answer.status, 403, "{path} with {wrong:?}");
            assert!(answer.body.contains("was not sent from this page"), "{path} with {wrong:?}");
        }
    }
    assert!(forms > 40, "{forms}");
    assert_eq!(ann.session(), before);
    assert!(ann.alive().await, "none of it signed anybody out");
}

/// The same when the reauthentication is too old: a form from another site does not even get the question.
#[tokio::test]
async fn late_forms_from_another_site_are_refused() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    world.advance(601);
    for route in ROUTES.iter().filter(|route| route.audience == Audience::RecentlyAuthenticated) {
        let path = address(route.path);
        // A download has no form.
        if path.ends_with(".json") {
            assert_eq!(ann.post_from(&path, &[], "cross-site").await.status, 405, "{path}");
            continue;
        }
        for (site, token) in [("cross-site", csrf.as_str()), ("same-origin", "0000")] {
            let form = [("csrf", token), ("proof", "/home"), ("proof_password", PASSWORD)];
            let answer = ann.post_from(&path, &form, site).await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(!answer.body.contains("proof_password"), "{path}");
        }
    }
    assert!(ann.alive().await);
}

/// ASVS 3.5.3: reading changes nothing: routes that change something answer only to POST.
#[tokio::test]
async fn get_requests_do_not_run_actions() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for path in [
        "/sign-out",
        "/settings/account/security/password",
        "/settings/account/security/second-factor/confirm",
        "/settings/account/security/second-factor/off",
        "/settings/account/security/recovery-codes",
        "/settings/account/sessions/end",
        "/settings/account/sessions/end-others",
        "/settings/organization/members/invite",
        "/settings/organization/members/remove",
        "/settings/organization/verification/withdraw",
        "/invite/join",
    ] {
        assert_eq!(ann.get(path).await.status, 405, "{} {path}", Method::GET);
    }
    assert!(ann.alive().await);
}
