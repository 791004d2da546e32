//! Lists longer than a page: following the links reaches every row once, and a list that is cut says so.

use std::collections::BTreeSet;

use keystead_core::id::UserId;
use keystead_core::role::OrganizationRole;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::users::{self, User};

use crate::world::*;

/// Returns the texts between these marks on every page of the list at this path.
async fn all(browser: &mut Browser<'_>, path: &str, more: &str, before: &str, after: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), path.to_owned());
    for _ in 0..10 {
        let page = browser.get(&next).await;
        assert_eq!(page.status, 200, "{next}");
        found.extend(page.body.split(before).skip(1).map(|rest| rest.split(after).next().unwrap().to_owned()));
        let link = page.body.split(&format!("\">{more}</a>")).next().filter(|start| start.len() < page.body.len());
        match link {
            Some(start) => next = start.rsplit("href=\"").next().unwrap().replace("&amp;", "&"),
            None => return found,
        }
    }
    panic!("the list never ends: {next}")
}

#[tokio::test]
async fn every_project_and_every_member_is_reached() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let owner: UserId = ann.members().await.remove(0);
    let organization = world.app.organizations_of(&owner).await.unwrap().remove(0).id;
    let actor = keystead_app::Actor::Person(owner);
    for number in 0..120 {
        world.app.create_project(&actor, &organization, &format!("project {number:03}.")).await.unwrap();
    }
    let write = world.store.write("many", async move |tx: &mut Tx| {
        for number in 0..120 {
            let user: UserId = format!("user-many{number:020}").parse().unwrap();
            let person = User {
                id: user.clone(),
                email: format!("many{number:03}@example.com"),
                name: format!("Person {number:03}"),
                created_at: Timestamp(1),
                default_organization: None,
                deactivated_at: None,
            };
            users::insert(tx, &person).await?;
            let role = OrganizationRole::Reader;
            let row = Membership { organization: organization.clone(), user, role, created_at: Timestamp(1) };
            memberships::insert(tx, &row).await?;
        }
        Ok::<_, keystead_store::Error>(())
    });
    write.await.unwrap();

    let projects = all(
        &mut ann,
        "/settings/organization/projects",
        "Show more projects",
        "<tr><td><a href=\"/settings/organization/projects/",
        "?",
    )
    .await;
    let unique: BTreeSet<&String> = projects.iter().collect();
    assert_eq!((projects.len(), unique.len()), (121, 121), "with the Default project");
    let members = all(&mut ann, "/settings/organization/members", "Show more members", "<small>many", "@").await;
    let unique: BTreeSet<&String> = members.iter().collect();
    assert_eq!((members.len(), unique.len()), (120, 120));

    let page = ann.get("/settings/organization/members").await;
    assert!(page.body.contains("Only the first 50 projects are listed."), "{}", page.body);
    let one = page.body.split("/members/user-").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned();
    let path = format!("/settings/organization/members/user-{one}");
    let roles = all(&mut ann, &path, "Show more projects", "name=\"role-proj_", "\"").await;
    let unique: BTreeSet<&String> = roles.iter().collect();
    assert_eq!((roles.len(), unique.len()), (121, 121), "with the Default project");
}
