//! Bursts of requests by strangers at every form that is open to them.

use crate::world::*;

/// The fields that a stranger sends to a form, the `n`-th time.
type Fields = fn(&str) -> Vec<(&'static str, &str)>;

/// The origin of the `n`-th request, and addresses of neighbours.
type Place = (fn(usize) -> String, [&'static str; 2]);

const FORMS: [(&str, usize, Fields); 3] = [
    ("/sign-up", 30, |email| vec![("email", email), ("password", PASSWORD)]),
    ("/sign-in", 50, |email| vec![("email", email), ("password", PASSWORD)]),
    ("/forgot", 30, |email| vec![("email", email)]),
];

/// Returns the wait that the answer names: at least a second, at most this many.
fn wait_of(answer: &Answer, most: i64, what: &str) -> i64 {
    assert_eq!(answer.status, 429, "{what}: {}", answer.body);
    assert!(answer.body.contains("role=\"alert\""), "{what}: the page says so, too: {}", answer.body);
    let wait = answer.header("retry-after").parse().unwrap_or_default();
    assert!((1..=most).contains(&wait), "{what}: {wait}");
    wait
}

/// ASVS 2.4.1: a burst from one address, and from everywhere in one IPv6 network, is answered with 429 and the time to
/// come back; neighbours are served, and the same address is served after that time.
#[tokio::test]
async fn a_burst_at_each_form_for_strangers() {
    for (path, most, fields) in FORMS {
        let world = World::new().await;
        let mut browser = world.browser();
        let places: [Place; 2] = [
            (|_| "192.0.2.7".to_owned(), ["192.0.2.8", "198.51.100.7"]),
            (|n| format!("2001:db8:1:2::{:x}", n + 1), ["2001:db8:1:3::1", "2001:db8:9:2::1"]),
        ];
        for (round, (place, neighbours)) in places.into_iter().enumerate() {
            for n in 0..most {
                let email = format!("p{round}-{n}@example.com");
                let answer = browser.post_at(&place(n), path, &fields(&email)).await;
                assert_ne!(answer.status, 429, "{path} {n}");
                assert_eq!(answer.header("retry-after"), "", "{path} {n}");
            }
            let email = format!("late{round}@example.com");
            let refused = browser.post_at(&place(most), path, &fields(&email)).await;
            let wait = wait_of(&refused, 3_600, path);
            for neighbour in neighbours {
                let answer = browser.post_at(neighbour, path, &fields(&email)).await;
                assert_ne!(answer.status, 429, "{path} from {neighbour}: {}", answer.body);
            }
            world.advance(wait - 1);
            assert_eq!(browser.post_at(&place(0), path, &fields(&email)).await.status, 429, "{path}: too early");
            world.advance(1);
            assert_ne!(browser.post_at(&place(0), path, &fields(&email)).await.status, 429, "{path}: in time");
        }
    }
}

/// ASVS 2.4.1: a person who has the password cannot guess codes in a burst; codes of other people are still checked.
#[tokio::test]
async fn a_burst_of_codes() {
    let world = World::new().await;
    for email in ["ann@example.com", "ben@example.com"] {
        world.owner(email, "Harbour").await.set_up_factor().await;
    }
    let mut thief = world.browser();
    assert!(thief.sign_in("ann@example.com", "/home").await.location().starts_with("/sign-in/code"));
    for n in 0..5 {
        assert_eq!(thief.post("/sign-in/code", &[("code", "000000")]).await.status, 422, "{n}");
    }
    let refused = thief.post("/sign-in/code", &[("code", "000000")]).await;
    wait_of(&refused, 300, "/sign-in/code");
    let mut ben = world.browser();
    ben.sign_in("ben@example.com", "/home").await;
    assert_eq!(ben.post("/sign-in/code", &[("code", "000000")]).await.status, 422);
}

/// ASVS 2.4.1: guessing the password at the reauthentication question is limited like sign-in.
#[tokio::test]
async fn a_burst_at_the_question_for_a_proof() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.owner("ben@example.com", "Pier").await;
    let guess = async |browser: &mut Browser<'_>| {
        let csrf = browser.csrf().await;
        browser.post("/reauthenticate?next=/home", &[("csrf", &csrf), ("proof_password", OTHER)]).await
    };
    for n in 0..5 {
        assert_eq!(guess(&mut ann).await.status, 403, "{n}");
    }
    wait_of(&guess(&mut ann).await, 60, "/reauthenticate");
    assert_eq!(guess(&mut ben).await.status, 403);
}

/// ASVS 2.4.1: invitations are mails to strangers; a burst of one organization is stopped, and another may still
/// invite.
#[tokio::test]
async fn a_burst_of_invitations() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.owner("ben@example.com", "Pier").await;
    let invite = async |browser: &mut Browser<'_>, n: usize| {
        let (csrf, email) = (browser.csrf().await, format!("p{n}@example.com"));
        let form = [("csrf", csrf.as_str()), ("email", &email), ("role", "reader")];
        browser.post("/settings/organization/members/invite", &form).await
    };
    let mut sent = 0;
    let refused = loop {
        let answer = invite(&mut ann, sent).await;
        if answer.status != 303 {
            break answer;
        }
        sent += 1;
        assert!(sent <= 1_000, "no end");
    };
    assert!(sent > 0);
    wait_of(&refused, 86_400, "invitations");
    assert_eq!(invite(&mut ben, sent).await.status, 303);
}

/// ASVS 2.4.1: what strangers may request without limit costs no row: passkey challenges, redirects to the issuer, and
/// guessed links.
#[tokio::test]
async fn questions_and_guesses_of_strangers_cost_no_row() {
    let world = World::new().await;
    let before = world.store.dump().await.unwrap();
    let mut browser = world.browser();
    for n in 0..30 {
        assert_eq!(browser.post("/sign-in/passkey", &[]).await.status, 200);
        assert_eq!(browser.post("/sign-in/with", &[("next", "/home")]).await.status, 303);
        let guess = format!("{n:064x}");
        let form = [("token", guess.as_str()), ("password", PASSWORD), ("state", &guess), ("answer", "{}")];
        for path in ["/confirm", "/confirm-address", "/reset", "/invite/join", "/sign-in/passkey/finish"] {
            assert_eq!(browser.post(path, &form).await.status, 422, "{path}");
        }
        for path in [format!("/verify/{guess}"), format!("/verify/{guess}/capture")] {
            let answer = browser.post(&path, &form).await;
            assert!(answer.status >= 400, "{path}: {}", answer.status);
        }
    }
    let mut after = world.store.dump().await.unwrap();
    // What answers forms is kept for minutes, and little of it for one address.
    let kept = after.insert("form_submissions".to_owned(), Vec::new());
    assert!(kept.is_some_and(|rows| rows.len() <= 41));
    assert_eq!(after, before);
}

/// ASVS 2.4.1: files are counted for the person, the organization and where they come from; the page says when the next
/// one is possible, in each language, and another organization is not affected.
#[tokio::test]
async fn a_burst_of_files() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.owner("ben@example.com", "Pier").await;
    let paths = ["/usage.csv", "/settings/organization/audit-log.csv"];
    for n in 0..30 {
        let answer = ann.get(paths[n % 2]).await;
        assert!(answer.status == 200 && answer.header("content-type").starts_with("text/csv"), "{n}: {}", answer.body);
    }
    for path in paths {
        let refused = ann.get(path).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, "3600"), "{path}");
        assert!(refused.header("content-type").starts_with("text/html"), "{path}: a page, not a file");
        for (language, words) in [
            ("en", "Too many files were downloaded. You can download another at "),
            ("pl", "Pobrano zbyt wiele plików. Kolejny możesz pobrać "),
            ("ja", "ファイルのダウンロード回数が上限に達しました。"),
        ] {
            let page = ann.get(&format!("{path}?language={language}")).await.body;
            assert!(page.contains(words) && page.contains("/help/too-many-tries"), "{path} {language}: {page}");
        }
        assert_eq!(ben.get(path).await.status, 200, "{path} of a neighbour");
    }
    for path in ["/settings/account/export.json", "/settings/organization/export.json"] {
        assert_eq!(ann.get(path).await.status, 429, "{path} counts as well");
    }
    assert_eq!(ann.get("/usage").await.status, 200, "the page still works");
    world.advance(3_599);
    assert_eq!(ann.get(paths[0]).await.header("retry-after"), "1");
    world.advance(1);
    assert_eq!(ann.get(paths[0]).await.status, 200);
}
