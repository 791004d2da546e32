//! The reauthentication question before dangerous acts.

use keystead_dashboard::{Audience, ROUTES};

use crate::world::*;

/// ASVS 7.5.1, 7.5.3: every such act in a session that reauthenticated more than ten minutes ago is answered with the
/// question.
#[tokio::test]
async fn late_acts_are_asked_first() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    world.advance(600);
    let wanted: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.audience == Audience::RecentlyAuthenticated)
        .map(|route| route.path)
        .collect();
    for path in [
        "/settings/organization/members/role",
        "/settings/organization/members/remove",
        "/settings/organization/verification/withdraw",
        "/settings/organization/second-factor",
        "/settings/organization/billing/buy/pay",
        "/settings/organization/billing/recharge",
        "/operator/credit/{organization}/change",
        "/operator/credit/{organization}/purchases/refund",
        "/operator/second-factor",
        "/settings/account/security/identity/connect",
        "/settings/account/security/identity/remove",
        "/settings/account/security/email",
        "/settings/account/security/passkeys",
        "/settings/account/security/passkeys/add",
        "/settings/account/security/passkeys/remove",
        "/settings/account/security/second-factor",
        "/settings/account/security/second-factor/confirm",
        "/settings/account/security/second-factor/off",
        "/settings/account/security/recovery-codes",
    ] {
        assert!(wanted.contains(&path), "{path}");
    }
    for path in &wanted {
        let path = address(path);
        if path.ends_with(".json") {
            let asked = ann.get(&path).await;
            assert!(asked.location().starts_with("/reauthenticate?next="), "a download: {path}");
            continue;
        }
        let asked = ann.post(&path, &[("csrf", &csrf), ("id", "user-x")]).await;
        assert_eq!(asked.status, 403, "{path}");
        assert_eq!(asked.action(&path), path, "continues where it was");
        assert_eq!(
            (asked.field("id"), asked.field("proof")),
            ("user-x".to_owned(), "/settings/account?from=here".to_owned())
        );
        assert!(asked.body.contains("proof_password") && !asked.body.contains("proof_code"), "{path}");
    }
    let seen = ann.get("/settings/account/security/second-factor").await;
    assert_eq!(seen.location(), "/reauthenticate?next=%2Fsettings%2Faccount%2Fsecurity%2Fsecond-factor");
}

/// The answer continues the act: once, with the fields as they were, in a session with a new secret. A wrong answer
/// shows the question again and counts as an attempt to sign in.
#[tokio::test]
async fn the_answer_carries_the_act_on() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("email", "ben@example.com"), ("role", "reader")];
    ann.post("/settings/organization/members/invite", &form).await;
    let link = token(&world.link().await);
    let mut ben = world.browser();
    // Members are listed by the moment at which they joined.
    world.advance(1);
    ben.post("/invite/join", &[("token", &link), ("password", PASSWORD)]).await;
    let ids = ann.members().await;
    let [_, ben_id] = &ids[..] else { panic!("{ids:?}") };
    let ben_id = ben_id.as_str();
    world.advance(601);
    let act = "/settings/organization/members/remove";
    let asked = ann.post(act, &[("csrf", &csrf), ("id", ben_id)]).await;
    let back = asked.field("proof");
    let answer = |password: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("id", asked.field("id")),
            ("proof", back.clone()),
            ("proof_password", password.to_owned()),
        ]
    };
    let send = async |browser: &mut Browser<'_>, form: &[(&str, String)]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(act, &form).await
    };
    let again = send(&mut ann, &answer("not the password")).await;
    assert_eq!(again.status, 403);
    assert!(again.body.contains("role=\"alert\"") && again.field("id") == *ben_id, "{}", again.body);
    assert!(!again.body.contains("not the password"), "no password comes back");
    assert_eq!(ben.get("/home").await.status, 200, "nothing happened");
    let old = ann.clone();
    let done = send(&mut ann, &answer(PASSWORD)).await;
    assert!(done.location().contains("done=member-removed"), "{} {}", done.status, done.body);
    assert_eq!(ben.get("/home").await.location(), "/welcome");
    assert!(!old.clone().alive().await && ann.alive().await, "under a new secret");
    assert_ne!(ann.csrf().await, csrf);
    world.advance(601);
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("proof", "/home"), ("proof_password", "wrong wrong wrong")];
    for _ in 0..5 {
        assert_eq!(ann.post(act, &form).await.status, 403);
    }
    let limited = ann.post(act, &[("csrf", csrf.as_str()), ("proof", "/home"), ("proof_password", PASSWORD)]).await;
    assert_eq!(limited.status, 429, "ASVS 6.3.1: not even the right one");
    assert!(limited.body.contains("Too many sign-in attempts"), "{}", limited.body);
}

/// ASVS 6.3.4: with the second factor on, the question asks for a code, and the password alone is not enough.
#[tokio::test]
async fn with_a_second_factor_it_asks_for_a_code() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let (phone, _) = ann.set_up_factor().await;
    world.advance(601);
    let csrf = ann.csrf().await;
    let act = "/settings/account/security/recovery-codes";
    let asked = ann.post(act, &[("csrf", &csrf)]).await;
    assert!(asked.body.contains("proof_code"));
    let form = [("csrf", csrf.as_str()), ("proof", "/home"), ("proof_password", PASSWORD)];
    assert_eq!(ann.post(act, &form).await.status, 403);
    let code = phone.generate(u64::try_from(world.now()).unwrap()).to_string();
    let form = [("csrf", csrf.as_str()), ("proof", "/home"), ("proof_password", PASSWORD), ("proof_code", &code)];
    let shown = ann.post(act, &form).await;
    assert_eq!((shown.status, shown.body.matches("<li><code>").count()), (200, 10), "{}", shown.body);
    let page = ann.get("/settings/account/security").await;
    assert_eq!(page.status, 200);
    assert!(!shown.body.split("<li><code>").skip(1).any(|rest| page.body.contains(rest.split('<').next().unwrap())));
}

/// People who sign in through an issuer and have no password are sent there and back.
#[tokio::test]
async fn without_a_password_it_leads_to_the_issuer() {
    let world = World::new().await;
    world.vouch_for("kim@example.com");
    let mut kim = world.browser();
    kim.post("/sign-in/with", &[("next", "/welcome/organization")]).await;
    kim.get("/sign-in/return?state=state-1&code=c0de").await;
    let csrf = kim.get("/welcome/organization").await.field("csrf");
    kim.post("/welcome/organization", &[("csrf", &csrf), ("name", "Kite")]).await;
    world.advance(601);
    let asked = kim.post("/settings/account/security/second-factor", &[("csrf", &csrf)]).await;
    assert_eq!(asked.status, 403);
    assert!(asked.body.contains("Continue with Google") && !asked.body.contains("proof_password"), "{}", asked.body);
    let next = asked.field("next");
    kim.post("/sign-in/with", &[("next", &next)]).await;
    assert_eq!(kim.get("/sign-in/return?state=state-1&code=c0de").await.location(), "/settings/account?from=here");
    let csrf = kim.csrf().await;
    let begun = kim.post("/settings/account/security/second-factor", &[("csrf", &csrf)]).await;
    assert!(begun.location().starts_with("/settings/account/security/second-factor"), "{}", begun.body);
}
