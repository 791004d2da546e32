//! Groups and roles on their pages: rights, refusals in words, ids of other organizations, forms that are sent twice, and
//! what a member may do.

mod rights;

use keystead_core::id::{OrganizationId, UserId};

use crate::world::*;

const SETTINGS: &str = "/settings/organization";

/// Sends a form of one's own page, each time as another form.
async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let token = browser.get(&format!("{SETTINGS}/general")).await.field("form");
    let own = [("csrf", csrf.as_str()), ("form", token.as_str())];
    browser.post(path, &[own.as_slice(), fields].concat()).await
}

/// The id that begins like this in the address to which a form leads.
fn id_in(answer: &Answer, start: &str) -> String {
    let rest = answer.location().split(start).nth(1).unwrap_or_else(|| panic!("{answer:?}"));
    format!("{start}{}", rest.split(['?', '/', '&']).next().unwrap())
}

async fn group(browser: &mut Browser<'_>, name: &str) -> String {
    let made = send(browser, &format!("{SETTINGS}/groups/create"), &[("name", name)]).await;
    assert!(made.location().contains("done=group-created"), "{}", made.body);
    id_in(&made, "group_")
}

async fn role(browser: &mut Browser<'_>, place: &str, name: &str, permissions: &[&str]) -> String {
    let mut fields = vec![("place", place), ("name", name), ("description", "")];
    fields.extend(permissions.iter().map(|one| ("permission", *one)));
    let made = send(browser, &format!("{SETTINGS}/roles/new"), &fields).await;
    assert!(made.location().contains("done=role-created"), "{}", made.body);
    id_in(&made, "/role-").trim_start_matches('/').to_owned()
}

/// The first project of a list page, the Default one.
async fn default_project(browser: &mut Browser<'_>) -> String {
    let body = browser.get(&format!("{SETTINGS}/projects")).await.body;
    let id = body.split("/projects/proj_").nth(1).unwrap().split(['"', '?', '&']).next().unwrap();
    format!("proj_{id}")
}

/// An owner, a member, and their ids.
async fn two(world: &World) -> (Browser<'_>, Browser<'_>, UserId) {
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let owner = ann.members().await.remove(0);
    let ben = world.member(&mut ann, "ben@example.com").await;
    let member = ann.members().await.into_iter().find(|id| *id != owner).unwrap();
    (ann, ben, member)
}

#[tokio::test]
async fn a_group_gives_its_roles_to_its_members() {
    let world = World::new().await;
    let (mut ann, mut ben, user) = two(&world).await;
    let empty = ann.get(&format!("{SETTINGS}/groups")).await.body;
    assert!(empty.contains("No groups yet.") && empty.contains("groups?new=1"), "{empty}");
    let seen = ben.get(&format!("{SETTINGS}/groups")).await.body;
    assert!(!seen.contains("new=1"), "a member creates no groups: {seen}");

    let group = group(&mut ann, "Night shift").await;
    let page = format!("{SETTINGS}/groups/{group}");
    let added = send(&mut ann, &format!("{page}/people/add"), &[("email", "BEN@example.com")]).await;
    assert!(added.location().contains("done=person-added"), "{}", added.body);
    let role = role(&mut ann, "organization", "Team lead", &["api.groups.read", "api.groups.write"]).await;
    let given = send(&mut ann, &format!("{page}/roles/give"), &[("place", "organization"), ("role", &role)]).await;
    assert!(given.location().contains("done=role-given"), "{}", given.body);

    // It holds for the next request.
    let seen = ben.get(&format!("{SETTINGS}/groups")).await.body;
    assert!(seen.contains("new=1") && seen.contains("Night shift"), "{seen}");
    let made = send(&mut ben, &format!("{SETTINGS}/groups/create"), &[("name", "Of Ben")]).await;
    assert!(made.location().contains("done=group-created"), "{}", made.body);

    // The page of the member says what they may do, and from where.
    let member = ann.get(&format!("{SETTINGS}/members/{user}")).await.body;
    for text in ["Team lead", "Night shift", "See and change groups", "In every project"] {
        assert!(member.contains(text), "{text}: {member}");
    }
    assert!(!member.contains(&format!("take={role}")), "what comes from a group is not taken from the person");
    let path = format!("{SETTINGS}/members/{user}/roles/take");
    let refused = send(&mut ann, &path, &[("place", "organization"), ("role", &role)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("This role comes from a group."), "{}", refused.body);

    // Confirmations say how many people are concerned.
    let asked = ann.get(&format!("{page}?take={role}&place=organization")).await.body;
    assert!(asked.contains("1 person loses this role from the next request"), "{asked}");
    let asked = ann.get(&format!("{page}?delete=1")).await.body;
    assert!(asked.contains("1 person loses the roles of this group"), "{asked}");
    let asked = ann.get(&format!("{SETTINGS}/roles/{role}?delete=1")).await.body;
    assert!(asked.contains("1 person loses this role from the next request"), "{asked}");
    let asked = ann.get(&format!("{page}?remove={user}")).await.body;
    assert!(asked.contains("this person no longer has the role of the group"), "{asked}");

    let taken = send(&mut ann, &format!("{page}/roles/take"), &[("place", "organization"), ("role", &role)]).await;
    assert!(taken.location().contains("done=role-taken"), "{}", taken.body);
    assert_eq!(send(&mut ben, &format!("{SETTINGS}/groups/create"), &[("name", "Again")]).await.status, 403);
    assert!(!ben.get(&format!("{SETTINGS}/groups")).await.body.contains("new=1"));

    for (path, fields, done) in [
        (page.clone(), vec![("name", "Day shift")], "group-renamed"),
        (format!("{page}/people/remove"), vec![("id", user.as_str())], "person-removed"),
        (format!("{page}/delete"), Vec::new(), "group-deleted"),
        (format!("{SETTINGS}/roles/{role}/delete"), vec![("place", "organization")], "role-deleted"),
    ] {
        let answer = send(&mut ann, &path, &fields).await;
        assert!(answer.location().contains(&format!("done={done}")), "{path}: {} {}", answer.status, answer.body);
    }
    assert_eq!(ann.get(&page).await.status, 404);
}

#[tokio::test]
async fn roles_of_a_project_hold_in_it() {
    let world = World::new().await;
    let (mut ann, mut ben, user) = two(&world).await;
    let project = default_project(&mut ann).await;
    let role = role(&mut ann, &project, "Caretaker", &["api.management.read", "api.management.write"]).await;
    let list = ann.get(&format!("{SETTINGS}/roles?place={project}")).await.body;
    assert!(list.contains("Caretaker") && list.contains("Read and change project settings"), "{list}");
    assert!(!ann.get(&format!("{SETTINGS}/roles")).await.body.contains("Caretaker"), "not a role of the organization");

    let of_project = format!("{SETTINGS}/projects/{project}");
    assert!(!ben.get(&of_project).await.body.contains("service-accounts"));
    let path = format!("{SETTINGS}/members/{user}");
    // A role of a project cannot be given in the organization.
    let wrong = send(&mut ann, &format!("{path}/roles/give"), &[("place", "organization"), ("role", &role)]).await;
    assert_eq!(wrong.status, 404, "{}", wrong.body);
    let given = send(&mut ann, &format!("{path}/roles/give"), &[("place", &project), ("role", &role)]).await;
    assert!(given.location().contains("done=role-given"), "{}", given.body);
    assert!(ben.get(&of_project).await.body.contains("service-accounts"));

    // Other permissions, the name and the description are changed on the page of the role.
    let edit = [
        ("place", project.as_str()),
        ("name", "Reader"),
        ("description", "Reads files"),
        ("permission", "api.files.read"),
    ];
    let saved = send(&mut ann, &format!("{SETTINGS}/roles/{role}/edit"), &edit).await;
    assert!(saved.location().contains("done=role-saved"), "{}", saved.body);
    let page = ann.get(saved.location()).await.body;
    assert!(page.contains("value=\"api.files.read\" checked") && page.contains("Reads files"), "{page}");
    assert!(page.contains("The change applies to 1 person"), "{page}");
    assert!(!ben.get(&of_project).await.body.contains("service-accounts"), "from the next request");
    let taken = send(&mut ann, &format!("{path}/roles/take"), &[("place", &project), ("role", &role)]).await;
    assert!(taken.location().contains("done=role-taken"), "{}", taken.body);
}

/// Refusals say why, in the language of the page, and forms keep what was typed.
#[tokio::test]
async fn refusals_are_told_in_words() {
    let world = World::new().await;
    let (mut ann, mut ben, user) = two(&world).await;
    let group = group(&mut ann, "Crew").await;
    let page = format!("{SETTINGS}/groups/{group}");
    let lead = role(&mut ann, "organization", "Lead", &["api.roles.write", "api.groups.write"]).await;
    let give = format!("{SETTINGS}/members/{user}/roles/give");
    send(&mut ann, &give, &[("place", "organization"), ("role", &lead)]).await;

    let create = format!("{SETTINGS}/roles/new");
    let more = [("place", "organization"), ("name", "More"), ("permission", "api.management.write")];
    for (language, told) in [
        ("en", "You do not have this one: Change organization settings."),
        ("pl", "Nie masz uprawnienia: Zmiana ustawień organizacji."),
        ("ja", "次の権限がありません：組織の設定の変更"),
    ] {
        let refused = send(&mut ben, &format!("{create}?language={language}"), &more).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains(told), "{language}: {}", refused.body);
        assert!(refused.body.contains("value=\"More\""), "the name stays: {}", refused.body);
        assert!(refused.body.contains("value=\"api.management.write\" checked"), "{}", refused.body);
    }
    // Ben cannot add anyone to a group that holds more than Ben does.
    let owner = ("role", "role-api-project-owner");
    let project = default_project(&mut ann).await;
    send(&mut ann, &format!("{page}/roles/give"), &[("place", &project), owner]).await;
    let refused = send(&mut ben, &format!("{page}/people/add"), &[("email", "ben@example.com")]).await;
    assert!(
        refused.status == 422 && refused.body.contains("only permissions that you have yourself"),
        "{}",
        refused.body
    );

    for (path, fields, told) in [
        (create.clone(), vec![("place", "organization"), ("name", "Lead")], "Another role has this name."),
        (create.clone(), vec![("place", "organization"), ("name", "Owner")], "Another role has this name."),
        (create, vec![("place", "organization"), ("name", "X"), ("permission", "api.x")], "does not exist"),
        (format!("{SETTINGS}/groups/create"), vec![("name", "")], "dialog-title"),
        (page.clone(), vec![("name", "")], "name-wrong"),
        (format!("{page}/people/add"), vec![("email", "eve@example.com")], "No member of this organization has"),
        (format!("{page}/people/add"), vec![("email", "")], "No member of this organization has"),
        (
            format!("{page}/roles/give"),
            vec![("place", "organization"), ("role", "role-api-organization-owner")],
            "A group cannot own an organization.",
        ),
        (
            format!("{SETTINGS}/roles/role-api-organization-reader/edit"),
            vec![("name", "Mine")],
            "A predefined role cannot be changed",
        ),
        (format!("{SETTINGS}/roles/role-api-organization-reader/delete"), Vec::new(), "A predefined role cannot be"),
    ] {
        let refused = send(&mut ann, &path, &fields).await;
        assert_eq!(refused.status, 422, "{path} {fields:?}");
        assert!(refused.body.contains(told), "{path} {fields:?}: {}", refused.body);
    }
    send(&mut ann, &format!("{page}/people/add"), &[("email", "ben@example.com")]).await;
    let twice = send(&mut ann, &format!("{page}/people/add"), &[("email", "ben@example.com")]).await;
    assert!(twice.status == 422 && twice.body.contains("already in the group"), "{}", twice.body);
    // The last owner keeps the role.
    let me = ann.members().await.into_iter().find(|id| *id != user).unwrap();
    let path = format!("{SETTINGS}/members/{me}/roles/take");
    let kept = send(&mut ann, &path, &[("place", "organization"), ("role", "role-api-organization-owner")]).await;
    assert!(kept.status == 422 && kept.body.contains("needs at least one owner"), "{}", kept.body);
}

/// The same form pressed twice creates one group and one role.
#[tokio::test]
async fn forms_that_are_sent_twice_run_once() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    for (path, fields) in [
        ("groups/create", vec![("name", "Crew")]),
        ("roles/new", vec![("name", "Lead"), ("place", "organization"), ("permission", "api.files.read")]),
    ] {
        let page = ann.get(&format!("{SETTINGS}/groups?new=1")).await;
        let (csrf, token) = (page.field("csrf"), page.field("form"));
        let own = [("csrf", csrf.as_str()), ("form", token.as_str())];
        let all = [own.as_slice(), fields.as_slice()].concat();
        let path = format!("{SETTINGS}/{path}");
        let first = ann.post(&path, &all).await.location().to_owned();
        let second = ann.post(&path, &all).await.location().to_owned();
        assert_eq!(first, second, "{path}");
    }
    let groups = ann.get(&format!("{SETTINGS}/groups")).await.body;
    assert_eq!(groups.matches("/groups/group_").count(), 1, "{groups}");
}

#[tokio::test]
async fn groups_are_searched_and_listed_in_pages() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let owner: UserId = ann.members().await.remove(0);
    let organization: OrganizationId = world.app.organizations_of(&owner).await.unwrap().remove(0).id;
    let actor = keystead_app::Actor::Person(owner);
    for number in 0..60 {
        world.app.create_group(&actor, &organization, &format!("Team {number:02}.")).await.unwrap();
    }
    let odd = world.app.create_group(&actor, &organization, "Ärzte <b>& Co</b>").await.unwrap();
    let first = ann.get(&format!("{SETTINGS}/groups")).await.body;
    assert!(
        first.contains("Team 00.") && first.contains("Team 49.") && !first.contains("Team 50."),
        "by name: {first}"
    );
    let link = first.split("\">Show more groups</a>").next().unwrap().rsplit("href=\"").next().unwrap();
    let rest = ann.get(&link.replace("&#38;", "&").replace("&amp;", "&")).await.body;
    assert!(rest.contains("Team 59.") && rest.contains("Ärzte") && !rest.contains("Team 49."), "{rest}");
    assert!(!rest.contains("Show more groups") && !rest.contains("<b>&"), "{rest}");
    for query in ["%C3%A4RZTE".to_owned(), odd.id.to_string()] {
        let found = ann.get(&format!("{SETTINGS}/groups?q={query}")).await.body;
        assert!(found.contains("Ärzte") && !found.contains("Team 00."), "{query}: {found}");
    }
    let none = ann.get(&format!("{SETTINGS}/groups?q=%3Cb%3Enone")).await.body;
    assert!(none.contains("No group has “&#60;b&#62;none” in its name."), "{none}");
    assert_eq!(ann.get(&format!("{SETTINGS}/groups?after=group_x")).await.status, 422);
}

/// Permissions that the form does not offer stay in the role, and an archived project offers nothing.
#[tokio::test]
async fn what_the_form_does_not_offer_is_kept() {
    let world = World::new().await;
    let (mut ann, _, user) = two(&world).await;
    let role = role(&mut ann, "organization", "Hooks", &["api.webhooks.read", "api.all.read"]).await;
    let page = ann.get(&format!("{SETTINGS}/roles/{role}")).await.body;
    for value in ["api.webhooks.read", "api.all.read"] {
        assert!(page.contains(&format!("value=\"{value}\" checked")), "{page}");
    }
    assert!(page.contains("Other permissions"), "{page}");

    let made = send(&mut ann, &format!("{SETTINGS}/projects/create"), &[("name", "Old")]).await;
    let project = id_in(&made, "proj_");
    let give = format!("{SETTINGS}/members/{user}/roles/give");
    send(&mut ann, &give, &[("place", &project), ("role", "role-api-project-viewer")]).await;
    send(&mut ann, &format!("{SETTINGS}/projects/archive"), &[("id", &project)]).await;
    let member = ann.get(&format!("{SETTINGS}/members/{user}")).await.body;
    assert!(member.contains("Archived project"), "{member}");
    assert!(!member.contains("take=role-api-project-viewer"), "{member}");
    let dialog = ann.get(&format!("{SETTINGS}/members/{user}?give=organization")).await.body;
    assert!(!dialog.contains(&format!("value=\"{project}\"")), "{dialog}");
}

/// Invitations say what they give and whether they have expired, and a refused one keeps what was chosen.
#[tokio::test]
async fn invitations_show_their_state_and_what_they_give() {
    let world = World::new().await;
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let project = default_project(&mut ann).await;
    let members = format!("{SETTINGS}/members");
    let invite = format!("{members}/invite");
    let field = format!("role-{project}");
    let chosen = [("email", "dan@example.com"), ("role", "owner"), (field.as_str(), "owner")];
    assert!(send(&mut ann, &invite, &chosen).await.location().contains("done=invite-sent"));
    let list = ann.get(&members).await.body;
    assert!(list.contains("Default project: Owner") && list.contains("Invited"), "{list}");

    let chosen = [("email", "ann@example.com"), ("role", "owner"), (field.as_str(), "owner")];
    let refused = send(&mut ann, &invite, &chosen).await;
    assert!(refused.status == 422 && refused.body.contains("This person is already a member."), "{}", refused.body);
    assert_eq!(refused.body.matches("value=\"owner\" selected").count(), 2, "{}", refused.body);

    world.advance(8 * 86_400);
    ann.sign_in("ann@example.com", "/home").await;
    let list = ann.get(&members).await;
    assert!(list.body.contains("Invitation expired") && !list.body.contains("Invitation expires"), "{}", list.body);
    let id = list.body.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(send(&mut ann, &format!("{members}/resend"), &[("id", &id)]).await.location().contains("done=invite-sent"));
    assert!(ann.get(&members).await.body.contains("Invitation expires"));
    assert!(
        send(&mut ann, &format!("{members}/revoke"), &[("id", &id)]).await.location().contains("done=invite-revoked")
    );
    assert!(!ann.get(&members).await.body.contains("dan@example.com"));
}
