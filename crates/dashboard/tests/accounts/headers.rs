//! What every page carries.

use keystead_dashboard::ROUTES;

use crate::world::*;

/// ASVS 3.4.3, 3.4.4, 3.4.6, 14.3.2: every answer, whoever asks: no frame, nothing inline, no sniffing, no cache.
#[tokio::test]
async fn pages_run_nothing_inline_and_sit_in_no_frame() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut stranger = world.browser();
    for route in ROUTES {
        let path = address(route.path);
        for answer in [ann.get(&path).await, stranger.get(&path).await, stranger.post(&path, &[]).await] {
            let policy = answer.header("content-security-policy");
            // Files and pictures are in a sandbox besides.
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
            // ASVS 14.2.1, 3.4.5: links with secrets are told to nobody.
            let secret = ["/reset", "/confirm", "/confirm-address", "/invite"].contains(&route.path);
            assert_eq!(answer.header("referrer-policy"), if secret { "no-referrer" } else { "same-origin" }, "{path}");
            let body = &answer.body;
            assert!(!body.contains(" style=") && !body.contains("<style") && !body.contains(" onclick"), "{path}");
            assert!(!body.contains("<script>"), "{path}");
        }
    }
}

/// ASVS 3.3.1, 3.3.2, 3.3.4: cookies are held to this host, to TLS, and out of scripts' reach.
#[tokio::test]
async fn cookies_are_held_tight() {
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
