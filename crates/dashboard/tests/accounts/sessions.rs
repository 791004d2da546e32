//! Planted sessions, earlier sessions, and sign-ins that wait for the code.

use crate::world::*;

/// ASVS 7.2.4: every way of signing in gives a new cookie, a planted one is useless, and an earlier session in
/// this browser ends.
#[tokio::test]
async fn every_way_in_gives_a_new_session() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    world.advance(60);
    let prepared = world.owner("eve@example.com", "Evil").await;
    let stale = "a".repeat(64);
    let planted = || {
        let mut browser = world.browser();
        browser.cookies.insert(SESSION.to_owned(), stale.clone());
        browser
    };
    assert!(!planted().alive().await);
    let mut all = vec![ann.session(), prepared.session(), stale.clone()];
    let mut fresh = |what: &str, browser: &Browser<'_>| {
        let session = browser.session();
        assert!(session.len() == 64 && !all.contains(&session), "{what}");
        all.push(session);
    };

    // By password, in a browser that was prepared with a session, and with a planted cookie.
    let mut victim = prepared.clone();
    assert_eq!(victim.sign_in("ann@example.com", "/home").await.location(), "/home");
    fresh("password", &victim);
    assert!(!prepared.clone().alive().await, "the prepared session is over");
    let mut victim = planted();
    victim.sign_in("ann@example.com", "/home").await;
    fresh("planted", &victim);

    // By a reset link.
    let mut victim = planted();
    victim.post("/forgot", &[("email", "eve@example.com")]).await;
    let link = token(&world.link().await);
    victim.post("/reset", &[("token", &link), ("password", OTHER)]).await;
    fresh("reset", &victim);

    // Through the issuer's sign-in page.
    world.vouch_for("kim@example.com");
    let mut victim = planted();
    assert_eq!(
        victim.post("/sign-in/with", &[("next", "/home")]).await.location(),
        "https://issuer.test/?to=https://keystead.test/sign-in/return"
    );
    victim.get("/sign-in/return?state=state-1&code=c0de").await;
    fresh("issuer", &victim);

    // By an invitation.
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("email", "ben@example.com"), ("role", "reader")];
    ann.post("/settings/organization/members/invite", &form).await;
    let link = token(&world.link().await);
    let mut victim = planted();
    assert_eq!(victim.post("/invite/join", &[("token", &link), ("password", PASSWORD)]).await.location(), "/home");
    fresh("invitation", &victim);

    // By reauthentication, a changed password and a second factor.
    let before = ann.clone();
    let form = [("csrf", csrf.as_str()), ("proof_password", PASSWORD)];
    ann.post("/reauthenticate?next=/home", &form).await;
    fresh("proof", &ann);
    assert!(!before.clone().alive().await);
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("password", PASSWORD), ("new_password", OTHER)];
    ann.post("/settings/account/security/password", &form).await;
    fresh("password change", &ann);
    ann.set_up_factor().await;
    fresh("second factor", &ann);
    assert!(ann.alive().await);
}

/// ASVS 6.3.4: the password alone gives no session; the code makes it one, once; the wait ends after ten minutes.
#[tokio::test]
async fn half_a_session_opens_nothing() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (phone, codes) = ann.set_up_factor().await;
    let code = |at: i64| phone.generate(u64::try_from(at).unwrap()).to_string();
    let mut other = world.browser();
    let asked = other.sign_in("ann@example.com", "/usage").await;
    assert_eq!(asked.location(), "/sign-in/code?next=%2Fusage&language=en");
    assert_eq!(other.session(), "");
    let waiting = other.cookies.get(WAITING).cloned().unwrap();
    other.cookies.insert(SESSION.to_owned(), waiting.clone());
    assert!(!other.alive().await, "a wait is no session");
    other.cookies.remove(SESSION);
    assert_eq!(other.get("/sign-in/code").await.status, 200);
    let used = code(world.now());
    let again = other.post("/sign-in/code", &[("code", &used)]).await;
    assert_eq!((again.status, other.session()), (422, String::new()), "ASVS 6.5.1: used when it was set up");
    let inside = other.post("/sign-in/code", &[("code", &codes[0]), ("next", "/usage")]).await;
    assert_eq!((inside.location(), other.session().len()), ("/usage", 64));
    assert!(!other.cookies.contains_key(WAITING));
    let mut thief = world.browser();
    thief.cookies.insert(WAITING.to_owned(), waiting);
    assert_eq!(thief.get("/sign-in/code").await.location(), "/sign-in", "the wait is spent");
    assert_eq!(thief.post("/sign-in/code", &[("code", &codes[1])]).await.location(), "/sign-in");
    let mut late = world.browser();
    late.sign_in("ann@example.com", "").await;
    world.advance(601);
    assert_eq!(late.post("/sign-in/code", &[("code", &code(world.now()))]).await.location(), "/sign-in");
}

/// ASVS 7.4.1, 7.5.2: a session ended from another browser is over at the next request; a person cannot end another person's
/// session.
#[tokio::test]
async fn sessions_end_from_another_browser() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let mut other = world.browser();
    other.sign_in("ann@example.com", "").await;
    let page = ann.get("/settings/account/security").await;
    let (csrf, id) = (page.field("csrf"), page.field("id"));
    let evil = eve.csrf().await;
    eve.post("/settings/account/sessions/end", &[("csrf", &evil), ("id", &id)]).await;
    assert!(other.alive().await, "another person's");
    ann.post("/settings/account/sessions/end", &[("csrf", &csrf), ("id", &id)]).await;
    assert!(!other.alive().await && ann.alive().await);
    other.sign_in("ann@example.com", "").await;
    ann.post("/settings/account/sessions/end-others", &[("csrf", &csrf)]).await;
    assert!(!other.alive().await && ann.alive().await);
    let out = ann.post("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(ann.session(), "");
    assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"", "ASVS 14.3.1");
}
