//! Forms end on pages that can be reloaded, and a form that arrives twice runs once.

use axum::body::Body;
use http::Request;
use keystead_dashboard::ROUTES;

use crate::keys::ready;
use crate::world::*;

const KEYS: &str = "/api-keys";

fn form(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let request = browser.request("POST", path).header("sec-fetch-site", "same-origin");
    let request = request.header("referer", format!("https://keystead.test{KEYS}?new=1&done=saved"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(encoded(fields))).unwrap()
}

fn secret_in(page: &str) -> Option<String> {
    let shown = page.split("id=\"secret\">").nth(1)?.split("</code>").next()?;
    Some(shown.replace("<u>", "").replace("</u>", ""))
}

async fn count(browser: &mut Browser<'_>) -> usize {
    browser.get(KEYS).await.body.matches("rotate=key_").count()
}

/// No form is answered with a page, and where it leads can be opened again and again.
#[tokio::test]
async fn every_form_leads_to_a_page_that_reloads() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut redirected = 0;
    for route in ROUTES {
        let csrf = ann.csrf().await;
        let path = address(route.path);
        let request = form(&ann, &path, &[("csrf", &csrf)]);
        let answer = ann.send_once(request).await;
        if answer.status == 405 {
            continue;
        }
        let html = answer.header("content-type").starts_with("text/html");
        assert!(!html, "{path} is answered with a page, status {}", answer.status);
        if answer.status != 303 {
            continue;
        }
        redirected += 1;
        let location = answer.location().to_owned();
        if location.starts_with("https://issuer.test/") {
            continue;
        }
        assert!(location.starts_with('/'), "{path} leads to {location}");
        ann.get(&location).await;
        for _ in 0..2 {
            let reloaded = ann.get(&location).await;
            assert!(matches!(reloaded.status, 200 | 303), "{path}: {location} reloads as {}", reloaded.status);
        }
        if route.path == "/sign-out" {
            ann.sign_in("ann@example.com", "/home").await;
        }
    }
    assert!(redirected > 60, "{redirected}");
}

/// S1-16: the secret is shown once. Reloading says so and makes no second key.
#[tokio::test]
async fn a_reload_after_a_new_key_shows_no_secret_and_makes_no_key() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let csrf = ann.csrf().await;
    let request = form(&ann, KEYS, &[("csrf", &csrf), ("name", "shop"), ("permissions", "all")]);
    let answer = ann.send_once(request).await;
    let location = answer.location().to_owned();
    assert!(location.starts_with("/api-keys?made=key_"), "{location}");
    let mut eve = world.owner("eve@example.com", "Evil").await;
    assert_eq!(secret_in(&eve.get(&location).await.body), None, "another person");
    assert_eq!(secret_in(&world.browser().get(&location).await.body), None, "no session");
    let shown = ann.get(&location).await;
    let secret = secret_in(&shown.body).unwrap();
    assert!(secret.starts_with("sk-proj-"), "{secret}");
    for _ in 0..2 {
        let reloaded = ann.get(&location).await;
        assert_eq!((reloaded.status, secret_in(&reloaded.body)), (200, None));
        assert!(!reloaded.body.contains(&secret));
        let tail = &secret[secret.len() - 4..];
        assert!(reloaded.body.contains(&format!("<b>{tail}</b>")), "{}", reloaded.body);
        assert!(reloaded.body.contains("shown only once"));
    }
    assert_eq!(count(&mut ann).await, 1);
}

/// A refused form shows its errors once, under the address of the page it came from; the same form may be sent again.
#[tokio::test]
async fn errors_of_a_form_are_shown_after_a_redirect() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let fields = [("csrf", csrf.as_str()), ("name", "shop"), ("permissions", "restricted"), ("form", "00")];
    let request = form(&ann, KEYS, &fields);
    let answer = ann.send_once(request).await;
    assert!(answer.location().starts_with("/api-keys?new=1&shown="), "{}", answer.location());
    let location = answer.location().to_owned();
    let page = ann.get(&location).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("value=\"shop\""), "{}", page.body);
    assert_ne!(page.field("form"), "00", "a page has its own token");
    let reloaded = ann.get(&location).await;
    assert_eq!(reloaded.status, 200);
    assert!(!reloaded.body.contains("role=\"alert\""));
}

/// A button that is pressed twice makes one key, whether the second form arrives meanwhile or later.
#[tokio::test]
async fn a_form_that_arrives_twice_runs_once() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let page = ann.get("/api-keys?new=1").await;
    let (csrf, token) = (page.field("csrf"), page.field("form"));
    let fields = [("csrf", csrf.as_str()), ("form", token.as_str()), ("name", "shop"), ("permissions", "all")];
    let (mut one, mut other, mut third) = (ann.clone(), ann.clone(), ann.clone());
    let (first, second) =
        tokio::join!(one.send_once(form(&ann, KEYS, &fields)), other.send_once(form(&ann, KEYS, &fields)));
    let later = third.send_once(form(&ann, KEYS, &fields)).await;
    assert_eq!(first.location(), second.location());
    assert_eq!(first.location(), later.location());
    assert_eq!(count(&mut ann).await, 1);
    assert!(secret_in(&ann.get(later.location()).await.body).is_some(), "the last answer shows the secret");
    // Another page is another form.
    let token = ann.get("/api-keys?new=1").await.field("form");
    let again = [("csrf", csrf.as_str()), ("form", token.as_str()), ("name", "shop"), ("permissions", "all")];
    let request = form(&ann, KEYS, &again);
    assert_ne!(ann.send_once(request).await.location(), first.location());
    assert_eq!(count(&mut ann).await, 2);
}

/// A kept page is erased after ten minutes, and few are kept for one address.
#[tokio::test]
async fn kept_pages_end() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let csrf = ann.csrf().await;
    let request = form(&ann, KEYS, &[("csrf", &csrf), ("name", "shop"), ("permissions", "all")]);
    let location = ann.send_once(request).await.location().to_owned();
    world.advance(600);
    assert_eq!(secret_in(&ann.get(&location).await.body), None);
}
