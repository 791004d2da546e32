//! What people type is shown as text on every page.

use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::gate::Requirement;

use crate::world::*;

const HOSTILE: &str = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>&amp;";

fn harmless(what: &str, body: &str) {
    for mark in ["<img src=x", "<script>alert", "onerror=alert(1)>\""] {
        assert!(!body.contains(mark), "{mark} in {what}");
    }
}

/// ASVS 1.2.1, 1.1.2: names of organizations, projects and keys, on every page that shows them, also the
/// reauthentication question.
#[tokio::test]
async fn stored_names_are_text() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", HOSTILE).await;
    let csrf = ann.csrf().await;
    let made = ann.post("/settings/organization/projects/create", &[("csrf", &csrf), ("name", HOSTILE)]).await;
    assert_eq!(made.status, 303);
    let made = ann.post("/settings/organization/groups/create", &[("csrf", &csrf), ("name", HOSTILE)]).await;
    let group = made.location().split('?').next().unwrap().to_owned();
    let fields = [("csrf", csrf.as_str()), ("name", HOSTILE), ("description", HOSTILE)];
    let made = ann.post("/settings/organization/roles/new", &fields).await;
    let role = made.location().split('?').next().unwrap().to_owned();
    let user = ann.members().await.remove(0);
    let mine = world.app.organizations_of(&user).await.unwrap().remove(0);
    assert_eq!((mine.name.as_str(), mine.projects.len()), (HOSTILE, 2), "kept as typed");
    let operator = Actor::operator("test");
    world.app.waive_requirement(&operator, &mine.id, Requirement::Phone, None, "test").await.unwrap();
    let asked = NewKey { name: Some(HOSTILE.to_owned()), ..NewKey::default() };
    let actor = Actor::Person(user.clone());
    let project = &mine.projects[1].id;
    world.app.create_project_key(&actor, &mine.id, project, &asked).await.unwrap();
    let form = [("csrf", csrf.as_str()), ("email", "ben@example.com"), ("role", "reader")];
    ann.post("/settings/organization/members/invite", &form).await;
    let link = world.link().await;
    harmless("the invitation", &world.browser().get(&link).await.body);
    for path in [
        "/home",
        "/api-keys",
        "/usage",
        "/settings/organization/general",
        "/settings/organization/members",
        &format!("/settings/organization/members/{user}"),
        "/settings/organization/groups",
        &group,
        &format!("{group}?delete=1"),
        "/settings/organization/roles",
        &role,
        "/settings/organization/projects",
        "/settings/organization/spend",
        "/settings/organization/budgets",
        &format!("/settings/organization/projects/{project}/spend"),
        "/settings/organization/audit-log",
        "/settings/account",
        "/settings/account/security",
        "/welcome/organization",
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let answer = ann.get(&format!("{path}{mark}project={project}")).await;
        assert_eq!(answer.status, 200, "{path}");
        harmless(path, &answer.body);
        assert!(path.starts_with("/welcome") || answer.body.contains("&#60;img src=x"), "{path} shows it as text");
    }
    world.advance(601);
    let form = [("csrf", csrf.as_str()), ("id", HOSTILE), (HOSTILE, HOSTILE)];
    let asked = ann.post("/settings/organization/members/remove", &form).await;
    assert_eq!(asked.status, 403);
    harmless("the question", &asked.body);
    assert!(asked.body.contains("name=\"&#60;img"), "its fields travel as text");
}

/// ASVS 1.2.1: values of an address or a refused form are shown as text.
#[tokio::test]
async fn reflected_values_are_text() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let escaped: String = HOSTILE.bytes().map(|b| format!("%{b:02X}")).collect();
    let mut stranger = world.browser();
    for path in [
        "/sign-in?next=",
        "/confirm?token=",
        "/reset?token=",
        "/invite?token=",
        "/sign-up?language=",
        "/sign-in/return?state=",
    ] {
        harmless(path, &stranger.get(&format!("{path}{escaped}")).await.body);
    }
    for path in [
        "/home?project=",
        "/settings/account/security?done=",
        "/settings/organization/members/",
        "/reauthenticate?next=",
    ] {
        harmless(path, &ann.get(&format!("{path}{escaped}")).await.body);
    }
    for path in ["/sign-in", "/sign-up", "/forgot"] {
        let again = stranger.post(path, &[("email", HOSTILE), ("password", PASSWORD), ("next", HOSTILE)]).await;
        assert_eq!(again.status, 422, "{path}");
        harmless(path, &again.body);
    }
    let csrf = ann.csrf().await;
    let form = [("csrf", csrf.as_str()), ("email", HOSTILE), ("role-x", HOSTILE)];
    let again = ann.post("/settings/organization/members/invite", &form).await;
    assert_eq!(again.status, 422);
    harmless("the invitation form", &again.body);
}
