//! Headers of every page.

use keystead_dashboard::{Audience, ROUTES};

use crate::world::*;

/// ASVS 3.4.3, 3.4.4, 3.4.6, 14.3.2: every answer, for every client: no frame, nothing inline, no sniffing, no cache.
#[tokio::test]
async fn pages_run_nothing_inline_and_sit_in_no_frame() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut stranger = world.browser();
    for route in ROUTES {
        let path = address(route.path);
        for answer in [ann.get(&path).await, stranger.get(&path).await, stranger.post(&path, &[]).await] {
            let policy = answer.header("content-security-policy");
            // Files and pictures are also in a sandbox.
            let rest = policy.strip_prefix("sandbox; ").unwrap_or(policy);
            assert!(rest.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
                "{path}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert!(answer.header("strict-transport-security").starts_with("max-age=31536000"), "{path}");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
            // ASVS 14.2.1, 3.4.5: addresses with secrets are not sent to other sites.
            let links = ["/reset", "/confirm", "/confirm-address", "/invite"];
            let secret = links.contains(&route.path) || route.path.starts_with("/verify/");
            // The answer to the form of an invitation is a page below the invitation's address.
            let secret = secret || (route.path == "/invite/join" && answer.status == 422);
            assert_eq!(answer.header("referrer-policy"), if secret { "no-referrer" } else { "same-origin" }, "{path}");
            let body = &answer.body;
            assert!(!body.contains(" style=") && !body.contains("<style") && !body.contains(" onclick"), "{path}");
            assert!(!body.contains("<script>"), "{path}");
        }
    }
}

/// What is for people who are signed in sends everybody else to the sign-in page, no matter what its handler reads.
#[tokio::test]
async fn every_page_for_people_sends_strangers_to_the_sign_in_page() {
    let world = World::new().await;
    let mut stranger = world.browser();
    let mut pages = 0;
    for route in ROUTES {
        if !matches!(route.audience, Audience::SignedIn | Audience::RecentlyAuthenticated) {
            continue;
        }
        let path = address(route.path);
        for answer in [stranger.get(&path).await, stranger.post(&path, &[]).await] {
            if answer.status == 405 {
                continue;
            }
            pages += 1;
            assert_eq!(answer.status, 303, "{path}: {}", answer.body);
            assert!(answer.header("location").starts_with("/sign-in"), "{path}: {}", answer.header("location"));
        }
    }
    assert!(pages > 60, "{pages}");
}

/// An error at the address of a file is a page like any other; only the file itself is downloaded and sandboxed.
#[tokio::test]
async fn errors_at_addresses_of_files_are_pages() {
    let world = World::in_production(&["olga@example.com"]).await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let page = |answer: &Answer, path: &str| {
        assert_eq!(answer.header("content-disposition"), "", "{path}");
        assert!(answer.header("content-security-policy").contains("style-src 'self'"), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    };
    for (path, status) in [
        ("/usage.csv?project=proj_x", 404),
        ("/settings/organization/audit-log.csv?project=proj_x", 404),
        ("/settings/organization/audit-log.csv", 403),
        ("/operator/reviews/x/pictures/1", 404),
    ] {
        let answer = ben.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        page(&answer, path);
    }
    for path in ["/usage.csv", "/settings/organization/audit-log.csv"] {
        let file = ann.get(path).await;
        assert!(file.header("content-disposition").starts_with("attachment; filename="), "{path}");
        assert!(file.header("content-security-policy").starts_with("sandbox; "), "{path}");
        assert!(file.header("content-type").starts_with("text/csv"), "{path}");
    }
    // A picture that another site embeds is refused before anything is looked up, with the headers of every answer.
    let foreign = ann.listen("/operator/reviews/x/pictures/1", "cross-site").await;
    assert_eq!(foreign.status(), 403);
    assert_eq!(foreign.headers()["x-content-type-options"], "nosniff");
    assert!(foreign.headers().get("content-disposition").is_none());
}

/// Pages under a link of a verification: its secret is in the address, and no other site learns it.
#[tokio::test]
async fn links_of_verifications_are_not_sent_as_referrers() {
    let world = World::new().await;
    let mut phone = world.browser();
    for path in ["/verify/x", "/verify/x/capture", "/verify/done/x"] {
        assert_eq!(phone.get(path).await.header("referrer-policy"), "no-referrer", "{path}");
    }
    let done = phone.get("/verify/done/x").await;
    assert_eq!(done.status, 404, "an unknown token");
    assert!(done.body.contains("This link no longer works"), "{}", done.body);
    assert_eq!(phone.post("/verify/x/capture/submit", &[]).await.header("referrer-policy"), "no-referrer");
    assert_eq!(phone.get("/help").await.header("referrer-policy"), "same-origin");
}

/// ASVS 3.3.1, 3.3.2, 3.3.4: cookies are bound to this host and to TLS, and scripts cannot read them.
#[tokio::test]
async fn cookies_have_strict_attributes() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    ann.set_up_factor().await;
    let mut other = world.browser();
    let asked = other.sign_in("ann@example.com", "").await;
    let waits = asked.header("set-cookie");
    assert!(waits.starts_with("__Host-keystead-waiting=") && waits.contains("Max-Age=600"), "{waits}");
    for mark in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(waits.contains(mark), "{mark} in {waits}");
    }
}
