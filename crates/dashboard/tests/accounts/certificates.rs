//! The pages of client certificates: what an owner does there, what is refused, and that organizations are apart.

use keystead_app::Actor;
use keystead_core::id::UserId;

use crate::world::*;

const HERE: &str = "/settings/organization/certificates";
const AUTHORITY: &str = include_str!("../../../../tests/certificates/authority.pem");
const OTHER: &str = include_str!("../../../../tests/certificates/other-authority.pem");
const CLIENT: &str = include_str!("../../../../tests/certificates/own-client.pem");
/// The last second of [`AUTHORITY`].
const END: i64 = 4_891_363_200;

/// Uploads a certificate; returns the path of its page.
async fn upload(browser: &mut Browser<'_>, name: &str, pem: &str) -> String {
    let csrf = browser.csrf().await;
    let form = [("csrf", csrf.as_str()), ("name", name), ("certificate", pem)];
    let made = browser.post(&format!("{HERE}/upload"), &form).await;
    assert_eq!(made.status, 303, "{}", made.body);
    made.location().split('?').next().unwrap().to_owned()
}

/// The id of the Default project.
async fn project(browser: &mut Browser<'_>) -> String {
    let page = browser.get("/settings/organization/projects").await;
    let id = page.body.split("proj_").nth(1).unwrap().split(['"', '<', '&', '?']).next().unwrap();
    format!("proj_{id}")
}

async fn act(browser: &mut Browser<'_>, page: &str, verb: &str, place: &str) -> Answer {
    let csrf = browser.csrf().await;
    browser.post(&format!("{page}/{verb}"), &[("csrf", &csrf), ("place", place), ("from", "list")]).await
}

#[tokio::test]
async fn a_certificate_is_uploaded_activated_and_deleted() {
    let world = World::with_client_certificates().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let empty = ann.get(HERE).await;
    assert!(empty.body.contains("There are no certificates yet.") && empty.body.contains("no request needs one"));
    assert!(ann.get(&format!("{HERE}?new=1")).await.body.contains("name=\"certificate\""));
    let one = upload(&mut ann, "<img src=x>", AUTHORITY).await;
    let page = ann.get(&one).await;
    for shown in ["CN=Test authority", "SHA-256", "&#60;img src=x&#62;", "BEGIN CERTIFICATE"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    assert!(!page.body.contains("<img src=x"));
    let id = one.rsplit('/').next().unwrap().to_owned();

    // The confirmation says what it means for clients without one.
    let asked = ann.get(&format!("{HERE}?activate={id}")).await;
    assert!(asked.body.contains("Requests without a certificate are refused with 401."), "{}", asked.body);
    assert!(asked.body.contains("There are no keys yet.") && asked.body.contains("you can always deactivate it"));
    let done = act(&mut ann, &one, "activate", "").await;
    assert!(done.location().starts_with(&format!("{HERE}?done=certificate-activated")), "{}", done.location());
    let list = ann.get(done.location()).await;
    assert!(list.body.contains("requests with every project key of this organization need one"), "{}", list.body);
    let refused = act(&mut ann, &one, "delete", "").await;
    assert_eq!(refused.status, 422, "active");
    assert!(refused.body.contains("This certificate is active."), "{}", refused.body);
    let asked = ann.get(&format!("{HERE}?deactivate={id}")).await;
    assert!(asked.body.contains("requests without a certificate are accepted"), "{}", asked.body);
    assert_eq!(act(&mut ann, &one, "deactivate", "").await.status, 303);

    // The same for one project, from its own list.
    let project = project(&mut ann).await;
    let list = format!("/settings/organization/projects/{project}/certificates");
    assert!(ann.get(&format!("{list}?activate={id}")).await.body.contains("for the project Default project"));
    let done = act(&mut ann, &one, "activate", &project).await;
    assert!(done.location().starts_with(&list), "{}", done.location());
    assert!(ann.get(&list).await.body.contains("requests with the keys of this project need one"));
    assert!(ann.get(HERE).await.body.contains("1 project needs one"));
    let besides = upload(&mut ann, "", OTHER).await;
    let other = besides.rsplit('/').next().unwrap();
    assert!(ann.get(&format!("{list}?activate={other}")).await.body.contains("Other certificates are active here"));
    assert!(ann.get(&besides).await.body.contains("<h1>Another test authority</h1>"), "named by its subject");
    assert_eq!(act(&mut ann, &one, "deactivate", &project).await.status, 303);

    let csrf = ann.csrf().await;
    let renamed = ann.post(&format!("{one}/rename"), &[("csrf", &csrf), ("name", "Labs")]).await;
    assert_eq!(renamed.status, 303);
    assert!(ann.get(HERE).await.body.contains(">Labs</a>"));
    let gone = act(&mut ann, &one, "delete", "").await;
    assert!(gone.location().contains("done=certificate-deleted"), "{}", gone.body);
    assert_eq!(ann.get(&one).await.status, 404);
}

#[tokio::test]
async fn every_fault_of_an_upload_is_explained() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    let (two, with_key) = (format!("{AUTHORITY}{OTHER}"), format!("{AUTHORITY}{key}"));
    let (cut, long) = (AUTHORITY.replacen("MII", "AAA", 1), "x".repeat(17_000));
    let faults: [(&str, &str); 11] = [
        ("hello", "This is not a certificate in PEM"),
        ("", "This is not a certificate in PEM"),
        (&with_key, "This contains a private key"),
        (&two, "more than one certificate"),
        (&cut, "not a certificate that can be read"),
        (&long, "longer than 16 KB"),
        (include_str!("../../../../tests/certificates/version1.pem"), "an old format"),
        (include_str!("../../../../tests/certificates/rsa1024-authority.pem"), "is not supported"),
        (include_str!("../../../../tests/certificates/unable-authority.pem"), "may not sign certificates"),
        (include_str!("../../../../tests/certificates/server-client.pem"), "neither of an authority nor for clients"),
        (include_str!("../../../../tests/certificates/expired-authority.pem"), "The certificate has expired."),
    ];
    for (pem, words) in faults {
        let form = [("csrf", csrf.as_str()), ("name", "Kept <b>"), ("certificate", pem)];
        let answer = ann.post(&format!("{HERE}/upload"), &form).await;
        assert_eq!(answer.status, 422, "{words}");
        assert!(answer.body.contains(words), "{words} in {}", answer.body);
        assert!(answer.body.contains("value=\"Kept &#60;b&#62;\""), "the name stays");
        assert!(!answer.body.contains("c2VjcmV0"), "a private key is not repeated");
    }
    assert!(ann.get(HERE).await.body.contains("There are no certificates yet."), "nothing was saved");
}

#[tokio::test]
async fn nothing_is_activated_where_nothing_checks() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let one = upload(&mut ann, "Offices", AUTHORITY).await;
    for path in [HERE, one.as_str()] {
        let page = ann.get(path).await;
        assert!(page.body.contains("This installation does not check client certificates."), "{path}");
        assert!(page.body.contains("network.client_certificate_header") && !page.body.contains("activate="), "{path}");
    }
    let refused = act(&mut ann, &one, "activate", "").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("an active certificate would protect nothing"), "{}", refused.body);
}

#[tokio::test]
async fn an_end_is_announced() {
    let world = World::with_client_certificates().await;
    world.advance(END - world.now() - 40 * 86_400);
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let one = upload(&mut ann, "Offices", AUTHORITY).await;
    assert_eq!(act(&mut ann, &one, "activate", "").await.status, 303);
    assert!(ann.get(HERE).await.body.contains("Valid until 1\u{a0}January 2125"));
    for (days, shown, warning) in [
        (30, "Expires in 10 days", "Offices expires on 1\u{a0}January 2125."),
        (11, "Expired on 1\u{a0}January 2125", "Offices expired on 1\u{a0}January 2125."),
    ] {
        world.advance(days * 86_400);
        let mut again = world.browser();
        again.sign_in("ann@example.com", "/home").await;
        let page = again.get(HERE).await;
        assert!(page.body.contains(shown) && page.body.contains(warning), "{}", page.body);
    }
}

#[tokio::test]
async fn only_owners_and_only_their_own() {
    let world = World::with_client_certificates().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let one = upload(&mut ann, "Offices", AUTHORITY).await;
    let (mine, foreign) = (project(&mut ann).await, project(&mut eve).await);
    let list = ben.get(HERE).await;
    assert!(list.status == 200 && list.body.contains("Only owners") && !list.body.contains("Offices"));
    assert_eq!(ben.get(&one).await.status, 403);
    assert_eq!(eve.get(&one).await.status, 404);
    for (browser, status) in [(&mut ben, 403), (&mut eve, 404)] {
        for verb in ["rename", "activate", "deactivate", "delete"] {
            let csrf = browser.csrf().await;
            let form = [("csrf", csrf.as_str()), ("name", "Mine"), ("place", "")];
            assert_eq!(browser.post(&format!("{one}/{verb}"), &form).await.status, status, "{verb}");
        }
    }
    let csrf = ben.csrf().await;
    let form = [("csrf", csrf.as_str()), ("certificate", CLIENT)];
    assert_eq!(ben.post(&format!("{HERE}/upload"), &form).await.status, 403);
    // Her own certificate, for a project of another organization.
    for verb in ["activate", "deactivate"] {
        assert_eq!(act(&mut ann, &one, verb, &foreign).await.status, 404, "{verb}");
        assert_eq!(ann.get(&format!("{one}?{verb}={foreign}")).await.status, 404, "{verb}");
    }
    assert_eq!(eve.get(&format!("/settings/organization/projects/{mine}/certificates")).await.status, 404);
    assert_eq!(ann.get(&format!("{HERE}?activate=cert_000000000000000000000000")).await.status, 404);
    for verb in ["open", "upload"] {
        assert_eq!(act(&mut ann, &one, verb, "").await.status, 404, "{verb}");
    }
    assert!(ann.get(&one).await.body.contains("<h1>Offices</h1>"), "nothing changed");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_uploads_once() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(&format!("{HERE}?new=1")).await;
    let (csrf, token) = (page.field("csrf"), page.field("form"));
    let form = [("form", token.as_str()), ("csrf", csrf.as_str()), ("name", "Once"), ("certificate", AUTHORITY)];
    let first = ann.post(&format!("{HERE}/upload"), &form).await;
    let second = ann.post(&format!("{HERE}/upload"), &form).await;
    assert_eq!((first.status, first.location()), (second.status, second.location()));
    let user: UserId = ann.members().await.remove(0);
    let organization = world.app.organizations_of(&user).await.unwrap().remove(0).id;
    let all = world.app.certificates_with_places(&Actor::Person(user), &organization).await.unwrap();
    assert_eq!(all.len(), 1);
}
