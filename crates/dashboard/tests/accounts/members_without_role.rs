//! Members who hold no role in an organization: their account, the navigation, and their other organizations.

use keystead_core::id::{ProjectId, UserId};

use crate::world::*;

const SETTINGS: &str = "/settings/organization";
const REFUSED: &str = "You have no role in Harbour";

/// An owner, a member whose last role was taken away, and the Default project.
async fn owner_and_member(world: &World) -> (Browser<'_>, Browser<'_>, UserId, ProjectId) {
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let owner = ann.members().await.remove(0);
    let ben = world.member(&mut ann, "ben@example.com").await;
    let user = ann.members().await.into_iter().find(|id| *id != owner).unwrap();
    let project = world.app.organizations_of(&owner).await.unwrap().remove(0).projects.remove(0).id;
    for (place, role) in
        [("organization", "role-api-organization-reader"), (project.as_str(), "role-api-project-member")]
    {
        let csrf = ann.csrf().await;
        let take = [("csrf", csrf.as_str()), ("place", place), ("role", role)];
        let taken = ann.post(&format!("{SETTINGS}/members/{user}/roles/take"), &take).await;
        assert!(taken.location().contains("done=role-taken"), "{role}: {} {}", taken.status, taken.body);
    }
    (ann, ben, user, project)
}

#[tokio::test]
async fn they_see_what_to_do_and_keep_their_account() {
    let world = World::new().await;
    let (_, mut ben, _, project) = owner_and_member(&world).await;
    for path in ["/home", "/usage", "/settings/organization/members", "/settings/account/phone"] {
        let page = ben.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        for text in [REFUSED, "Ask an owner of Harbour", "action=\"/sign-out\"", "href=\"/settings/account?project="] {
            assert!(page.body.contains(text), "{path}: {text}: {}", page.body);
        }
        for hidden in ["href=\"/api-keys", "href=\"/settings/organization", "Your other organizations"] {
            assert!(!page.body.contains(hidden), "{path}: {hidden}: {}", page.body);
        }
    }
    let own = ben.get("/settings/account").await;
    assert!(own.status == 200 && !own.body.contains("id=\"phone\""), "{}", own.body);
    let csrf = own.field("csrf");
    let refused = ben.post("/api-keys", &[("csrf", &csrf), ("name", "mine")]).await;
    assert!(refused.status == 403 && refused.body.contains(REFUSED), "{} {}", refused.status, refused.body);
    let named = ben.get(&format!("/home?project={project}")).await;
    assert!(named.status == 403 && named.body.contains(REFUSED), "{}", named.body);
}

#[tokio::test]
async fn they_are_led_to_an_organization_where_they_hold_a_role() {
    let world = World::new().await;
    let (mut ann, mut ben, user, project) = owner_and_member(&world).await;
    let csrf = ben.csrf().await;
    let made = ben.post("/welcome/organization", &[("csrf", &csrf), ("name", "Lighthouse")]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let home = ben.get("/home").await;
    assert!(home.status == 200 && home.body.contains("<small>Lighthouse</small>"), "{}", home.body);
    let other = ben.get(&format!("/home?project={project}")).await;
    assert!(other.status == 403 && other.body.contains("Your other organizations"), "{}", other.body);
    assert!(other.body.contains("Lighthouse</a>"), "{}", other.body);

    // A role in one project is a role.
    let csrf = ann.csrf().await;
    let give = [("csrf", csrf.as_str()), ("place", project.as_str()), ("role", "role-api-project-viewer")];
    let given = ann.post(&format!("{SETTINGS}/members/{user}/roles/give"), &give).await;
    assert!(given.location().contains("done=role-given"), "{} {}", given.status, given.body);
    let held = ben.get(&format!("/home?project={project}")).await;
    assert!(held.status == 200 && !held.body.contains(REFUSED), "{}", held.body);
}

/// The page of spend limits is offered to those who may open it.
#[tokio::test]
async fn spend_limits_are_offered_to_people_who_may_see_usage() {
    let world = World::new().await;
    let (mut ann, mut ben, user, project) = owner_and_member(&world).await;
    let csrf = ann.csrf().await;
    let give = [("csrf", csrf.as_str()), ("place", project.as_str()), ("role", "role-api-project-viewer")];
    assert_eq!(ann.post(&format!("{SETTINGS}/members/{user}/roles/give"), &give).await.status, 303);
    let mut cleo = world.member(&mut ann, "cleo@example.com").await;
    for (browser, status) in [(&mut ann, 200), (&mut cleo, 200), (&mut ben, 403)] {
        assert_eq!(browser.get("/settings/organization/spend").await.status, status);
        let offered = browser.get("/home").await.body.contains("href=\"/settings/organization/spend?");
        assert_eq!(offered, status == 200);
    }
}
