//! Forms end on pages that can be reloaded, and a form that arrives twice runs once.

use axum::body::Body;
use http::Request;
use keystead_app::Actor;
use keystead_app::request::Origin;
use keystead_app::submissions::{FormAnswer, Sender, Submission};
use keystead_core::gate::Requirement;
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
            let reloaded = ann.get(&location).await.status;
            // A link that leads to nothing is said to on its own page.
            let is_not_found = reloaded == 404 && ann.get(&path).await.status == 404;
            assert!(matches!(reloaded, 200 | 204 | 303) || is_not_found, "{path}: {location} reloads as {reloaded}");
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

/// A second press after the page was opened shows the secret again; so does a press whose answer was lost. Later the same
/// form is a new one.
#[tokio::test]
async fn a_second_press_finds_the_answer_of_the_first() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let page = ann.get("/api-keys?new=1").await;
    let (csrf, token) = (page.field("csrf"), page.field("form"));
    let fields = [("csrf", csrf.as_str()), ("form", token.as_str()), ("name", "shop"), ("permissions", "all")];
    let request = form(&ann, KEYS, &fields);
    let first = ann.send_once(request).await.location().to_owned();
    let secret = secret_in(&ann.get(&first).await.body).unwrap();
    assert_eq!(secret_in(&ann.get(&first).await.body), None, "a reload");
    let request = form(&ann, KEYS, &fields);
    assert_eq!(ann.send_once(request).await.location(), first);
    assert_eq!(secret_in(&ann.get(&first).await.body), Some(secret));
    assert_eq!(count(&mut ann).await, 1);
    world.advance(60);
    let request = form(&ann, KEYS, &fields);
    ann.send_once(request).await;
    assert_eq!(count(&mut ann).await, 2, "sent again on purpose");
}

/// What was refused may be sent again with the same fields as soon as its errors were shown.
#[tokio::test]
async fn a_refused_form_runs_again() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get("/api-keys?new=1").await;
    let (csrf, token) = (page.field("csrf"), "00".repeat(16));
    let fields = [("csrf", csrf.as_str()), ("form", token.as_str()), ("name", "shop"), ("permissions", "all")];
    let request = form(&ann, KEYS, &fields);
    let refused = ann.send_once(request).await.location().to_owned();
    assert_eq!(ann.get(&refused).await.status, 422, "no phone is verified");
    let user = ann.members().await.remove(0);
    let organization = world.app.organizations_of(&user).await.unwrap().remove(0).id;
    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, &organization, Requirement::Phone, None, "test").await.unwrap();
    let request = form(&ann, KEYS, &fields);
    let made = ann.send_once(request).await.location().to_owned();
    assert!(secret_in(&ann.get(&made).await.body).is_some());
}

/// A sign-in that is pressed twice signs in, whichever answer the browser keeps.
#[tokio::test]
async fn a_repeated_sign_in_gets_the_session_too() {
    let world = World::new().await;
    world.owner("ann@example.com", "Harbour").await;
    let mut browser = world.browser();
    let token = browser.get("/sign-in").await.field("form");
    let fields = [("form", token.as_str()), ("email", "ann@example.com"), ("password", PASSWORD), ("next", "/home")];
    let (mut first, mut second) = (browser.clone(), browser.clone());
    let one = first.send_once(form(&browser, "/sign-in", &fields)).await;
    let other = second.send_once(form(&browser, "/sign-in", &fields)).await;
    assert_eq!((one.location(), other.location()), ("/home", "/home"));
    assert_eq!(first.session(), second.session());
    assert!(first.alive().await && second.alive().await);
}

/// Neither secrets nor links are readable in the rows.
#[tokio::test]
async fn kept_answers_are_sealed() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let csrf = ann.csrf().await;
    let request = form(&ann, KEYS, &[("csrf", &csrf), ("name", "shop"), ("permissions", "all")]);
    let location = ann.send_once(request).await.location().to_owned();
    let rows = world.store.dump().await.unwrap().remove("form_submissions").unwrap().concat();
    let secret = secret_in(&ann.get(&location).await.body).unwrap();
    for plain in [secret.as_str(), "api-keys", "shop"] {
        let hex: String = plain.bytes().map(|byte| format!("{byte:02X}")).collect();
        assert!(!rows.contains(plain) && !rows.contains(&hex), "{plain}");
    }
}

/// A page is for its sender: not for a person who is signed in when a stranger sent it, not for a stranger elsewhere.
#[tokio::test]
async fn a_strangers_page_is_not_for_others() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut mallory = world.browser();
    let request = form(&mallory, "/sign-in", &[("email", "a@b.c"), ("password", "wrong")]);
    let location = mallory.send_once(request).await.location().to_owned();
    assert_ne!(ann.get(&location).await.status, 422);
    assert_eq!(mallory.get(&location).await.status, 422);
}

/// A page loaded in advance, or asked for without its body, is still there when it is opened.
#[tokio::test]
async fn looking_ahead_opens_nothing() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let csrf = ann.csrf().await;
    let request = form(&ann, KEYS, &[("csrf", &csrf), ("name", "shop"), ("permissions", "all")]);
    let location = ann.send_once(request).await.location().to_owned();
    let ahead = ann.request("GET", &location).header("sec-purpose", "prefetch").body(Body::empty()).unwrap();
    assert_eq!(secret_in(&ann.send_once(ahead).await.body), None);
    let head = ann.request("HEAD", &location).body(Body::empty()).unwrap();
    ann.send_once(head).await;
    assert!(secret_in(&ann.get(&location).await.body).is_some());
}

/// Every form of the pages that an owner opens carries the token of its page.
#[tokio::test]
async fn every_form_has_the_token() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut forms = 0;
    for route in ROUTES {
        let page = ann.get(&address(route.path)).await;
        for piece in page.body.split("<form ").skip(1) {
            let (tag, rest) = piece.split_once('>').unwrap();
            if tag.contains("post") {
                forms += 1;
                assert!(rest.starts_with("<input type=\"hidden\" name=\"form\" value=\""), "{}: {tag}", route.path);
            }
        }
    }
    assert!(forms > 40, "{forms}");
}

/// An answer is kept for ten minutes, and only the newest of one person.
#[tokio::test]
async fn kept_pages_end() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let csrf = ann.csrf().await;
    let fields = [("csrf", csrf.as_str()), ("name", "shop"), ("permissions", "all")];
    let request = form(&ann, KEYS, &fields);
    let location = ann.send_once(request).await.location().to_owned();
    world.advance(600);
    assert_eq!(secret_in(&ann.get(&location).await.body), None);
    let csrf = ann.csrf().await;
    let request = form(&ann, KEYS, &[("csrf", &csrf), ("name", "till"), ("permissions", "all")]);
    let location = ann.send_once(request).await.location().to_owned();
    world.advance(1);
    for _ in 0..41 {
        // Strangers of the same address take nothing away.
        let mut stranger = world.browser();
        let request = form(&stranger, "/confirm", &[("token", "00")]);
        stranger.send_once(request).await;
    }
    assert!(secret_in(&ann.get(&location).await.body).is_some());
    let rows = world.store.dump().await.unwrap().remove("form_submissions").unwrap();
    assert!(rows.len() <= 42, "{}", rows.len());
}

/// A form that was sent twice and still runs says so, with a link that leads to its answer once there is one.
#[tokio::test]
async fn a_form_that_still_runs_says_so() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let user = ann.members().await.remove(0);
    let sender = Sender { user: Some(&user), origin: Origin { ip: None } };
    let id = world.app.random_submission();
    assert_eq!(world.app.begin_submission(id, sender).await.unwrap(), Submission::New);
    let address = format!("/api-keys?new=1&shown={id}");
    for _ in 0..2 {
        let page = ann.get(&address).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("Your form is still being processed"), "{}", page.body);
        assert!(page.body.contains(&format!("shown={id}")), "its link looks again");
    }
    assert!(!eve.get(&address).await.body.contains("still being processed"), "another person");
    let answer = FormAnswer { location: "/home?done=saved".to_owned(), cookies: Vec::new(), page: None };
    assert!(world.app.finish_submission(id, &answer).await.unwrap());
    let moved = ann.get(&address).await;
    assert_eq!((moved.status, moved.location()), (303, "/home?done=saved"));
}
