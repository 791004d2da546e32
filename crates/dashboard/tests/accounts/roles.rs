//! Which roles may see each page of an organization and act there.

use crate::world::*;

const SETTINGS: &str = "/settings/organization";

/// Every page with the status that a reader gets; the audit log says only that it is for owners.
const PAGES: [(&str, u16); 23] = [
    ("/home", 200),
    ("/api-keys", 200),
    ("/usage", 200),
    ("/usage.csv", 200),
    ("/limits", 200),
    ("/settings/organization/general", 200),
    ("/settings/organization/members", 200),
    ("/settings/organization/members/{id}", 403),
    ("/settings/organization/groups", 200),
    ("/settings/organization/roles", 200),
    ("/settings/organization/roles/new", 403),
    ("/settings/organization/projects", 200),
    ("/settings/organization/spend", 200),
    ("/settings/organization/billing", 403),
    ("/settings/organization/billing/ledger.csv", 403),
    ("/settings/organization/budgets", 200),
    ("/settings/organization/webhooks", 200),
    ("/settings/organization/budget-alerts", 200),
    ("/settings/organization/billing/payment-methods", 403),
    ("/settings/organization/audit-log", 200),
    ("/settings/organization/audit-log.csv", 403),
    ("/settings/organization/export.json", 403),
    ("/settings/organization/delete", 403),
];

#[tokio::test]
async fn every_page_for_owners_and_readers() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let id = ann.members().await.remove(0).to_string();
    let project = ann.get("/settings/organization/projects").await;
    let project = project.body.split("proj_").nth(1).unwrap().split(['"', '<', '&']).next().unwrap().to_owned();
    for (path, reader) in PAGES {
        let path = format!("{}?project=proj_{project}", path.replace("{id}", &id));
        assert_eq!(ann.get(&path).await.status, 200, "owner {path}");
        let seen = ben.get(&path).await;
        assert_eq!(seen.status, reader, "reader {path}: {}", seen.body);
        assert_eq!(eve.get(&path).await.status, 404, "stranger {path}");
        assert!(world.browser().get(&path).await.location().starts_with("/sign-in"), "{path}");
    }
    // Actions of an owner are not offered to a reader.
    for (page, shown, hidden) in [
        ("members", &["ann@example.com", "ben@example.com"][..], &["/members/user-", "/members/invite"][..]),
        ("projects", &["proj_"], &["/projects/create"]),
        ("audit-log", &[], &["organization.created"]),
    ] {
        let body = ben.get(&format!("{SETTINGS}/{page}")).await.body;
        let owners = ann.get(&format!("{SETTINGS}/{page}")).await.body;
        assert!(shown.iter().all(|mark| body.contains(mark)), "{page}: {body}");
        for mark in hidden {
            assert!(owners.contains(mark) && !body.contains(mark), "{page} offers {mark}");
        }
    }
}

/// Every entry of the navigation that a role sees opens for that role.
#[tokio::test]
async fn every_entry_of_the_navigation_opens() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    for (browser, billing) in [(&mut ann, true), (&mut ben, false)] {
        let page = browser.get("/home").await.body;
        let navigation = page.split("<nav ").nth(1).unwrap().split("</nav>").next().unwrap();
        let entries: Vec<String> =
            navigation.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
        assert!(entries.len() > 9, "{navigation}");
        for entry in &entries {
            assert_eq!(browser.get(&entry.replace("&amp;", "&")).await.status, 200, "{entry}");
        }
        assert_eq!(entries.iter().any(|entry| entry.contains("/billing/")), billing, "{navigation}");
    }
}

/// A reader who sends the forms nevertheless is refused.
#[tokio::test]
async fn readers_change_nothing() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let csrf = ben.csrf().await;
    let before = ann.get(&format!("{SETTINGS}/audit-log")).await.body.matches("<tr").count();
    let id = ann.members().await.remove(0).to_string();
    for (path, field, value) in [
        ("general", "name", "Mine"),
        ("members/invite", "email", "eve@example.com"),
        ("members/revoke", "id", "inv_x"),
        ("members/role", "id", id.as_str()),
        ("members/remove", "id", id.as_str()),
        ("projects/create", "name", "Mine"),
        ("billing/payment-methods/add", "x", ""),
        ("verification/start", "consent", "1"),
        ("verification/cancel", "x", ""),
        ("audit-log", "x", ""),
    ] {
        let answer = ben.post(&format!("{SETTINGS}/{path}"), &[("csrf", &csrf), (field, value)]).await;
        assert!([403, 404, 422, 501].contains(&answer.status), "{path}: {} {}", answer.status, answer.location());
    }
    let after = ann.get(&format!("{SETTINGS}/audit-log")).await.body.matches("<tr").count();
    assert_eq!(before, after, "nothing happened");
}
