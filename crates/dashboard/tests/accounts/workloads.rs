//! The pages of workload identity providers: what an owner does there, what is refused, and that organizations are apart.

use keystead_testkit::Workloads;

use crate::world::*;

pub(crate) const HERE: &str = "/settings/organization/workload-identity";

/// The fields of a provider that can be used.
pub(crate) fn fields<'a>(csrf: &'a str, changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("csrf", csrf),
        ("name", "Builds"),
        ("issuer", Workloads::ISSUER),
        ("audience", "keystead"),
        ("keys", "discovery"),
        ("discovery_url", ""),
        ("jwks", ""),
        ("derived", ""),
        ("description", ""),
    ];
    let value = |(name, value)| (name, changed.iter().find(|(other, _)| *other == name).map_or(value, |(_, new)| *new));
    usual.into_iter().map(value).collect()
}

/// Creates a provider; returns the path of its page.
pub(crate) async fn provider(browser: &mut Browser<'_>, changed: &[(&str, &str)]) -> String {
    let csrf = browser.csrf().await;
    let made = browser.post(&format!("{HERE}/create"), &fields(&csrf, changed)).await;
    assert_eq!(made.status, 303, "{}", made.body);
    made.location().split('?').next().unwrap().to_owned()
}

async fn act(browser: &mut Browser<'_>, page: &str, verb: &str) -> Answer {
    let csrf = browser.csrf().await;
    browser.post(&format!("{page}/{verb}"), &[("csrf", &csrf)]).await
}

#[tokio::test]
async fn a_provider_is_created_changed_and_deleted() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    assert!(ann.get(HERE).await.body.contains("There are no workload identity providers yet."));
    let form = ann.get(&format!("{HERE}/new?platform=github")).await;
    for filled in
        ["value=\"GitHub Actions\"", "https://token.actions.githubusercontent.com", "value=\"https://keystead.test\""]
    {
        assert!(form.body.contains(filled), "{filled}");
    }
    let one = provider(&mut ann, &[("name", "<img src=x>"), ("description", "For <b>builds</b>")]).await;
    let page = ann.get(&one).await;
    for shown in ["1 key<", "Fetched just now", Workloads::ISSUER, "&#60;img src=x&#62;", "/oauth/token", "wip_"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    assert!(page.body.contains("There are no rules yet") && !page.body.contains("<img src=x"));
    let list = ann.get(HERE).await;
    assert!(list.body.contains("No workload is let in") && list.body.contains("1 key<"), "{}", list.body);

    let edit = ann.get(&format!("{one}/edit")).await;
    assert!(
        edit.body.contains("value=\"keystead\"") && edit.body.contains("value=\"For &#60;b&#62;builds&#60;/b&#62;\"")
    );
    let csrf = ann.csrf().await;
    let derived = "team = assertion.owner + \"/\" + assertion.environment";
    let changed = fields(&csrf, &[("name", "Nightly"), ("derived", derived)]);
    assert_eq!(ann.post(&format!("{one}/save"), &changed).await.status, 303);
    let page = ann.get(&one).await;
    assert!(page.body.contains("<h1>Nightly</h1>") && page.body.contains("team = assertion.owner"), "{}", page.body);
    assert!(ann.get(&format!("{one}?disable=1")).await.body.contains("Tokens of this issuer are refused"));
    assert_eq!(act(&mut ann, &one, "disable").await.status, 303);
    assert!(ann.get(&one).await.body.contains("Its tokens are refused."));
    assert_eq!(act(&mut ann, &one, "enable").await.status, 303);
    assert!(ann.get(&format!("{one}?delete=1")).await.body.contains("no workload depends on it"));
    assert!(act(&mut ann, &one, "delete").await.location().contains("done=provider-deleted"));
    assert_eq!(ann.get(&one).await.status, 404);
}

#[tokio::test]
async fn the_state_of_the_last_fetch_is_shown() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    world.publish(None);
    let one = provider(&mut ann, &[]).await;
    let page = ann.get(&one).await;
    assert!(
        page.body.contains("Issuer not reachable") && page.body.contains("the issuer is unavailable"),
        "{}",
        page.body
    );
    assert!(ann.get(HERE).await.body.contains("Issuer not reachable"));
    world.publish(Some(&[1, 2]));
    world.advance(120);
    assert!(ann.get(&one).await.body.contains("Last attempt 2 minutes ago"));
    assert_eq!(act(&mut ann, &one, "fetch").await.location().split('?').next(), Some(one.as_str()));
    let page = ann.get(&one).await;
    assert!(page.body.contains("2 keys<") && page.body.contains("<code>key-2</code>"), "{}", page.body);
    let jwks = Workloads::jwks(&[3]).to_string();
    let uploaded = provider(&mut ann, &[("keys", "uploaded"), ("jwks", &jwks)]).await;
    let page = ann.get(&uploaded).await;
    assert!(page.body.contains("1 uploaded key<") && !page.body.contains("Fetch now"), "{}", page.body);
}

/// Fields of a form with their values.
type Fields<'a> = [(&'a str, &'a str)];

#[tokio::test]
async fn every_fault_of_a_provider_is_explained() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let csrf = ann.csrf().await;
    let mut private = Workloads::jwks(&[1]);
    private["keys"][0]["d"] = "c2VjcmV0".into();
    let mut nameless = Workloads::jwks(&[1]);
    nameless["keys"][0]["kid"] = "".into();
    let (private, nameless) = (private.to_string(), nameless.to_string());
    let (long, spaces) = ("x".repeat(33_000), "a".repeat(1_001));
    let faults: [(&Fields, &str, &str); 14] = [
        (&[("issuer", "http://issuer.example.com")], "issuer", "must begin with https://"),
        (&[("issuer", "https://10.0.0.1")], "issuer", "must name a host on the internet"),
        (&[("issuer", "https://issuer.example.com?a=b")], "issuer", "must not contain a user name"),
        (&[("issuer", "issuer <b>")], "issuer", "This is not an address"),
        (&[("discovery_url", "https://localhost/x")], "discovery_url", "must name a host on the internet"),
        (&[("audience", "")], "audience", "Enter an audience"),
        (&[("description", &spaces)], "description", "The description is too long"),
        (&[("keys", "uploaded"), ("jwks", "{")], "jwks", "not a JSON Web Key Set"),
        (&[("keys", "uploaded"), ("jwks", "{\"keys\": []}")], "jwks", "1 to 20 keys"),
        (&[("keys", "uploaded"), ("jwks", &private)], "jwks", "a private or secret key"),
        (&[("keys", "uploaded"), ("jwks", &nameless)], "jwks", "A key cannot be used"),
        (&[("keys", "uploaded"), ("jwks", &long)], "jwks", "longer than 32 KB"),
        (&[("derived", "team")], "derived", "an equals sign"),
        (&[("derived", "team = size(assertion.sub)")], "derived", "The expression of “team” is not supported"),
    ];
    for (changed, field, words) in faults {
        let answer = ann.post(&format!("{HERE}/create"), &fields(&csrf, changed)).await;
        assert_eq!(answer.status, 422, "{words}");
        assert!(answer.body.contains(words), "{words} in {}", answer.body);
        assert!(!answer.body.contains("c2VjcmV0"), "a private key is not repeated");
        assert!(answer.body.contains(&format!("<a href=\"#{field}\">")), "{words} leads to {field}");
        assert!(
            answer.body.contains("value=\"Builds\"") && !answer.body.contains("issuer <b>"),
            "what was typed stays"
        );
    }
    let one = provider(&mut ann, &[]).await;
    let answer = ann.post(&format!("{one}/save"), &fields(&csrf, &[("issuer", "http://x.example.com")])).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("must begin with https://") && answer.body.contains("Edit Builds"), "{}", answer.body);
}

#[tokio::test]
async fn only_owners_and_only_their_own() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let one = provider(&mut ann, &[]).await;
    let list = ben.get(HERE).await;
    assert!(list.status == 200 && list.body.contains("Only owners") && !list.body.contains("Builds"));
    for (browser, status) in [(&mut ben, 403), (&mut eve, 404)] {
        for path in [one.clone(), format!("{one}/edit"), format!("{one}/rules/new")] {
            assert_eq!(browser.get(&path).await.status, status, "{path}");
        }
        let csrf = browser.csrf().await;
        for verb in ["save", "enable", "disable", "delete", "fetch", "rules/create"] {
            let answer = browser.post(&format!("{one}/{verb}"), &fields(&csrf, &[])).await;
            assert_eq!(answer.status, status, "{verb}: {}", answer.body);
        }
    }
    let csrf = ben.csrf().await;
    assert_eq!(ben.post(&format!("{HERE}/create"), &fields(&csrf, &[])).await.status, 403);
    assert_eq!(act(&mut ann, &one, "open").await.status, 404);
    assert_eq!(ann.get(&format!("{HERE}/wip_000000000000000000000000")).await.status, 404);
    assert!(ann.get(&one).await.body.contains("<h1>Builds</h1>"), "nothing changed");
}

#[tokio::test]
async fn a_form_that_is_sent_twice_creates_one_provider() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let page = ann.get(&format!("{HERE}/new")).await;
    let (csrf, token) = (page.field("csrf"), page.field("form"));
    let mut form = fields(&csrf, &[]);
    form.push(("form", &token));
    let first = ann.post(&format!("{HERE}/create"), &form).await;
    let second = ann.post(&format!("{HERE}/create"), &form).await;
    assert_eq!((first.status, first.location()), (303, second.location()));
    assert_eq!(ann.get(HERE).await.body.matches("<tr><td>").count(), 1);
}
