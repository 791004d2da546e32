//! Keys on the pages: listed by project, rotated with an overlap, changed on their row.

use keystead_app::Actor;
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::changes;

use crate::world::*;

pub(crate) const SHOP: [(&str, &str); 4] = [("name", "shop"), ("owner", "you"), ("permissions", "all"), ("days", "")];

/// An owner of an organization that may make keys.
pub(crate) async fn ready(world: &World) -> (Browser<'_>, UserId, OrganizationId) {
    let mut ann = world.owner("ann@example.com", "Harbour").await;
    let user = ann.members().await.remove(0);
    let organization = world.app.organizations_of(&user).await.unwrap().remove(0).id;
    world
        .app
        .waive_requirement(&Actor::operator("test"), &organization, Requirement::Phone, None, "test")
        .await
        .unwrap();
    (ann, user, organization)
}

pub(crate) async fn send(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf().await;
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend_from_slice(fields);
    browser.post(path, &form).await
}

/// Returns the whole secret that a page shows.
pub(crate) fn shown(page: &Answer) -> String {
    let shown = page.body.split("id=\"secret\">").nth(1).unwrap_or_else(|| panic!("no secret in {}", page.body));
    shown.split("</code>").next().unwrap().replace("<u>", "").replace("</u>", "")
}

/// Returns the id of the key on the row with this text.
pub(crate) fn id_of(page: &Answer, mark: &str) -> String {
    let row = page.body.split("<tr").find(|row| row.contains(mark)).unwrap_or_else(|| panic!("no row with {mark}"));
    row.split("revoke=").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// S1-36: rotated on its row; the old key shows when it ends and when it was last used, and can be ended earlier.
#[tokio::test]
async fn a_key_is_rotated_on_its_row() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    let old = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let tail = &old[old.len() - 4..];
    let id = id_of(&ann.get("/api-keys").await, tail);
    let asked = ann.get(&format!("/api-keys?rotate={id}")).await;
    for offered in ["3600", "86400", "604800", "0"] {
        assert!(asked.body.contains(&format!("name=\"overlap\" value=\"{offered}\"")), "{offered}");
    }
    let path = format!("/api-keys/{id}/rotate");
    for nonsense in ["", "1", "999999999"] {
        assert_eq!(send(&mut ann, &path, &[("overlap", nonsense)]).await.status, 422, "{nonsense}");
    }
    let made = send(&mut ann, &path, &[("overlap", "86400")]).await;
    let new = shown(&made);
    assert!(new.starts_with("sk-proj-") && new != old);
    assert!(made.body.contains(&format!("The old key, ending in {tail}, works until")), "{}", made.body);
    world.advance(3_600);
    let list = ann.get("/api-keys").await;
    assert!(!list.body.contains(&new), "shown once");
    let row = list.body.split("<tr").find(|row| row.contains(tail)).unwrap();
    assert!(
        row.contains("Rotated. Stops working in 23\u{a0}hours.") || row.contains("Rotated. Stops working in 23 hours."),
        "{row}"
    );
    assert!(row.contains("Never used.") && row.contains("Revoke now") && !row.contains("rotate="), "{row}");
    assert_eq!(send(&mut ann, &path, &[("overlap", "0")]).await.status, 422, "one heir");
    let ended = send(&mut ann, &format!("/api-keys/{id}/revoke"), &[]).await;
    assert!(ended.location().contains("done=key-revoked"));
    let list = ann.get("/api-keys").await;
    assert!(!list.body.contains(&format!("<b>{tail}</b>")) && list.body.contains(&new[new.len() - 4..]));
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert!(log.contains("api_key.rotated") && log.contains("api_key.deleted"));
}

/// Until every gateway has confirmed a revocation, the pages of keys show on how many gateways it is in force.
#[tokio::test]
async fn a_revocation_that_is_not_confirmed_is_shown() {
    let world = World::new().await;
    let (mut ann, ..) = ready(&world).await;
    let key = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let id = id_of(&ann.get("/api-keys").await, &key[key.len() - 4..]);
    let heartbeat = async |node: &'static str, behind: i64| {
        let at = Timestamp(world.now());
        let write = world.store.write("heartbeat", async move |tx: &mut Tx| {
            let latest = changes::latest(tx).await?;
            changes::heartbeat(tx, node, latest - behind, at).await
        });
        let done: Result<(), keystead_store::Error> = write.await;
        done.unwrap();
    };
    heartbeat("a", 0).await;
    heartbeat("b", 0).await;
    world.advance(60);
    assert!(send(&mut ann, &format!("/api-keys/{id}/revoke"), &[]).await.location().contains("done=key-revoked"));
    heartbeat("a", 0).await;
    let note = "Revoked on 1 of 2 gateways.";
    for page in ["/api-keys", "/settings/organization/admin-keys"] {
        let shown = ann.get(page).await;
        assert!(shown.body.contains(note), "{page}: {}", shown.body);
    }
    heartbeat("b", 0).await;
    assert!(!ann.get("/api-keys").await.body.contains("gateways."));
    // A node that lacks only changes made after the revocation does not count.
    world.advance(60);
    send(&mut ann, "/api-keys", &SHOP).await;
    heartbeat("b", 1).await;
    assert!(!ann.get("/api-keys").await.body.contains("gateways."));
}

/// An old key that has expired is listed under its filter; the only action is to revoke it.
#[tokio::test]
async fn a_rotated_key_ends_by_itself() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    let old = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let id = id_of(&ann.get("/api-keys").await, &old[old.len() - 4..]);
    send(&mut ann, &format!("/api-keys/{id}/rotate"), &[("overlap", "3600")]).await;
    world.advance(3_600);
    assert!(!ann.get("/api-keys").await.body.contains(&format!("revoke={id}")), "it is not active");
    let list = ann.get("/api-keys?filter=expired").await;
    let row = list.body.split("<tr").find(|row| row.contains(&id)).unwrap();
    assert!(row.contains("expired ") && !row.contains("edit=") && !row.contains("rotate="), "{row}");
}

/// S1-01, S1-36: a rotation needs what a new key needs; the page says so before and after.
#[tokio::test]
async fn rotation_waits_for_the_phone() {
    let world = World::new().await;
    let (mut ann, _, organization) = ready(&world).await;
    let old = shown(&send(&mut ann, "/api-keys", &SHOP).await);
    let id = id_of(&ann.get("/api-keys").await, &old[old.len() - 4..]);
    world.withdraw(&organization, Requirement::Phone).await;
    let asked = ann.get(&format!("/api-keys?rotate={id}")).await;
    let unavailable = "has not set up text messages";
    assert!(asked.body.contains("Verify a phone number first") && asked.body.contains(unavailable), "{}", asked.body);
    let refused = send(&mut ann, &format!("/api-keys/{id}/rotate"), &[("overlap", "0")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Verify a phone number first"), "{}", refused.body);
}

/// S3-03: name and permissions are changed and kept as chosen; an owner changes any key, a member only their own.
#[tokio::test]
async fn a_key_is_changed_on_its_row() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    send(&mut ann, "/api-keys", &SHOP).await;
    let id = id_of(&ann.get("/api-keys").await, "shop");
    let path = format!("/api-keys/{id}/edit");
    let narrow =
        [("name", "till"), ("permissions", "restricted"), ("scope", "api.model.request"), ("scope", "api.files.read")];
    assert!(send(&mut ann, &path, &narrow).await.location().contains("done=saved"));
    let list = ann.get("/api-keys").await;
    let row = list.body.split("<tr").find(|row| row.contains(&id)).unwrap().to_owned();
    assert!(row.contains("till") && row.contains("2 permissions"), "{row}");
    let dialog = ann.get(&format!("/api-keys?edit={id}")).await.body;
    assert_eq!(dialog.matches(" checked").count(), 3, "{dialog}");
    assert!(dialog.contains("value=\"restricted\" checked") && dialog.contains("value=\"api.files.read\" checked"));
    for wrong in [[("name", ""), ("permissions", "all")], [("name", "till"), ("permissions", "restricted")]] {
        let again = send(&mut ann, &path, &wrong).await;
        assert!(again.status == 422 && again.body.contains("role=\"alert\""), "{wrong:?}");
    }
    assert!(send(&mut ann, &path, &[("name", "till"), ("permissions", "read")]).await.location().contains("saved"));
    let before = ann.get("/settings/organization/audit-log").await.body.matches("api_key.updated").count();
    send(&mut ann, &path, &[("name", "till"), ("permissions", "read")]).await;
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert_eq!(log.matches("api_key.updated").count(), before, "what is so already is not told");

    // A member neither sees nor changes an owner's key.
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    for (verb, fields) in [("edit", &[("name", "mine"), ("permissions", "all")][..]), ("rotate", &[("overlap", "0")])] {
        let refused = send(&mut ben, &format!("/api-keys/{id}/{verb}"), fields).await;
        assert!([403, 404].contains(&refused.status), "{verb}: {}", refused.status);
    }
    send(&mut ben, "/api-keys", &[("name", "bens"), ("permissions", "all")]).await;
    let mine = id_of(&ben.get("/api-keys").await, "bens");
    let changed = send(&mut ben, &format!("/api-keys/{mine}/edit"), &[("name", "b"), ("permissions", "all")]).await;
    assert!(changed.location().contains("saved"), "{}", changed.body);
    // An owner changes it, but makes no personal key for another person.
    let changed = send(&mut ann, &format!("/api-keys/{mine}/edit"), &[("name", "c"), ("permissions", "read")]).await;
    assert!(changed.location().contains("saved"), "{}", changed.body);
    assert!(!ann.get("/api-keys").await.body.contains(&format!("rotate={mine}")));
    assert_eq!(send(&mut ann, &format!("/api-keys/{mine}/rotate"), &[("overlap", "0")]).await.status, 403);
}

/// S2-04, S2-05, S1-37, S1-39: keys belong to the chosen project and are listed with it. S2-08: the page explains a
/// secret when it shows one, and never shows it again.
#[tokio::test]
async fn keys_are_found_by_their_project() {
    let world = World::new().await;
    let (mut ann, user, _) = ready(&world).await;
    send(&mut ann, "/settings/organization/projects/create", &[("name", "Production")]).await;
    let projects = world.app.organizations_of(&user).await.unwrap().remove(0).projects;
    let [development, production] = &projects[..] else { panic!("{projects:?}") };
    let there = format!("/api-keys?project={}", production.id);
    let made = send(&mut ann, &there, &SHOP).await;
    assert!(made.body.contains("Never put it in a browser, an app or a repository."), "{}", made.body);
    assert!(made.body.contains("only time the key is shown"));
    let list = ann.get(&there).await;
    assert!(list.body.contains(">shop<") && !list.body.contains(&shown(&made)));
    let elsewhere = ann.get(&format!("/api-keys?project={}", development.id)).await;
    assert!(!elsewhere.body.contains(">shop<"));
    for project in &projects {
        assert!(
            list.body.contains(&format!("href=\"/api-keys?project={}\"", project.id)),
            "the switcher keeps the page"
        );
    }
    let id = id_of(&list, "shop");
    let foreign =
        send(&mut ann, &format!("/api-keys/{id}/rotate?project={}", development.id), &[("overlap", "0")]).await;
    assert_eq!(foreign.status, 404);
}

/// Keys beyond the first page are reached by its link, and their dialogs open on every page; a member sees their own
/// however many others are between.
#[tokio::test]
async fn older_keys_are_reached() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    send(&mut ann, "/api-keys", &[("name", "oldest"), ("permissions", "all")]).await;
    let oldest = id_of(&ann.get("/api-keys").await, "oldest");
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    send(&mut ben, "/api-keys", &[("name", "bens"), ("permissions", "all")]).await;
    for _ in 0..50 {
        world.advance(1);
        send(&mut ann, "/api-keys", &SHOP).await;
    }
    let first = ann.get("/api-keys").await;
    assert!(!first.body.contains(&oldest) && !first.body.contains(">bens<"));
    let older = first.body.split("/api-keys?after=").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let second = ann.get(&format!("/api-keys?after={older}")).await;
    assert!(second.body.contains(&oldest) && second.body.contains(">bens<"), "{}", second.body);
    let dialog = ann.get(&format!("/api-keys?revoke={oldest}")).await;
    assert!(dialog.body.contains(&format!("/api-keys/{oldest}/revoke")), "{}", dialog.body);
    assert!(ben.get("/api-keys").await.body.contains(">bens<"));
    assert!(!ben.get(&format!("/api-keys?revoke={oldest}")).await.body.contains("<dialog"));
}

/// S2-02, S2-03: owners of a project make its service accounts and their keys, others do not; when the gate refuses the
/// key, no account is left behind, and an account's keys end with it.
#[tokio::test]
async fn service_accounts_belong_to_the_project() {
    let world = World::new().await;
    let (mut ann, user, organization) = ready(&world).await;
    let project = world.app.organizations_of(&user).await.unwrap().remove(0).projects.remove(0).id;
    let page = format!("/settings/organization/projects/{project}");
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let bot = [("name", "bot"), ("owner", "service_account"), ("permissions", "all")];
    assert_eq!(send(&mut ben, "/api-keys", &bot).await.status, 422);
    assert!(!ben.get("/api-keys?new=1").await.body.contains("service_account"));
    assert!(!ben.get(&page).await.body.contains("Service accounts"));

    let members = ann.get("/settings/organization/members").await.body;
    let bens = members.split("ben@example.com").nth(1).unwrap();
    let bens = bens.split("/members/").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let role = format!("role-{project}");
    let raised = send(&mut ann, &format!("/settings/organization/members/{bens}"), &[(role.as_str(), "owner")]).await;
    assert!(raised.location().contains("saved"), "{}", raised.body);

    world.withdraw(&organization, Requirement::Phone).await;
    let refused = send(&mut ben, "/api-keys", &bot).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("text messages"), "it says why no phone can be verified: {}", refused.body);
    assert!(ben.get(&page).await.body.contains("No service accounts yet."), "a refused key leaves no account");
    world
        .app
        .waive_requirement(&Actor::operator("test"), &organization, Requirement::Phone, None, "test")
        .await
        .unwrap();
    let made = send(&mut ben, "/api-keys", &bot).await;
    assert!(shown(&made).starts_with("sk-svcacct-"));
    let shown_page = ben.get(&page).await.body;
    assert!(shown_page.contains("1 key<") && shown_page.contains("ben@example.com"), "{shown_page}");
    let account = shown_page.split("account=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let again = [("name", "second"), ("owner", "service_account"), ("account", &account), ("permissions", "all")];
    assert!(shown(&send(&mut ben, "/api-keys", &again).await).starts_with("sk-svcacct-"));
    let edit = format!("{page}/service-accounts/{account}/edit");
    assert_eq!(send(&mut ben, &edit, &[("name", ""), ("role", "member")]).await.status, 422);
    let changed = send(&mut ben, &edit, &[("name", "<b>bot</b>"), ("role", "viewer")]).await;
    assert!(changed.location().contains("saved"));
    let shown_page = ann.get(&page).await.body;
    assert!(shown_page.contains("&#60;b&#62;bot&#60;/b&#62;<small>Viewer"), "{shown_page}");
    let dialog = ann.get(&format!("{page}?delete={account}")).await.body;
    assert!(dialog.contains("Its 2 keys stop working") && dialog.contains("/delete?project="), "{dialog}");
    let deleted = send(&mut ben, &format!("{page}/service-accounts/{account}/delete"), &[]).await;
    assert!(deleted.location().contains("account-deleted"));
    assert!(!ann.get("/api-keys").await.body.contains(&account));
    assert_eq!(send(&mut ben, &edit, &[("name", "late"), ("role", "member")]).await.status, 404);
}

/// A project is renamed on its page by its owners; the Default project keeps its name.
#[tokio::test]
async fn a_project_is_renamed_on_its_page() {
    let world = World::new().await;
    let (mut ann, user, _) = ready(&world).await;
    send(&mut ann, "/settings/organization/projects/create", &[("name", "Lab")]).await;
    let projects = world.app.organizations_of(&user).await.unwrap().remove(0).projects;
    let page = |n: usize| format!("/settings/organization/projects/{}", projects[n].id);
    assert!(send(&mut ann, &page(1), &[("name", "Laboratory")]).await.location().contains("saved"));
    assert!(ann.get(&page(1)).await.body.contains("Archive Laboratory"));
    assert_eq!(send(&mut ann, &page(0), &[("name", "Mine")]).await.status, 422);
    assert!(!ann.get(&page(0)).await.body.contains("/projects/archive"));
    let mut ben = world.owner("ben@example.com", "Elsewhere").await;
    assert_eq!(ben.get(&page(1)).await.status, 404);
    assert_eq!(send(&mut ben, &page(1), &[("name", "Mine")]).await.status, 404);
}

/// Admin keys: owners make and end them after reauthentication, others do not see them; the secret is shown once.
#[tokio::test]
async fn admin_keys_are_for_owners() {
    const PAGE: &str = "/settings/organization/admin-keys";
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    assert!(ann.get(PAGE).await.body.contains("This organization has no admin keys yet."));
    let create = format!("{PAGE}/create");
    assert_eq!(send(&mut ann, &create, &[("name", "")]).await.status, 422);
    let made = send(&mut ann, &create, &[("name", "terraform"), ("permissions", "read"), ("days", "30")]).await;
    let secret = shown(&made);
    assert!(secret.starts_with("sk-admin-"));
    let list = ann.get(PAGE).await.body;
    assert!(list.contains("terraform") && list.contains("Read only") && !list.contains(&secret), "{list}");
    let id = list.split("delete=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(ann.get(&format!("{PAGE}?delete={id}")).await.body.contains("Revoke terraform"));

    let mut ben = world.member(&mut ann, "ben@example.com").await;
    assert!(!ben.get(PAGE).await.body.contains("terraform"));
    assert_eq!(send(&mut ben, &create, &[("name", "mine")]).await.status, 422);
    assert_eq!(ben.get(&format!("{PAGE}?delete={id}")).await.status, 403);
    assert_eq!(send(&mut ben, &format!("{PAGE}/{id}/delete"), &[]).await.status, 403);

    world.advance(600);
    assert_eq!(send(&mut ann, &create, &[("name", "late")]).await.status, 403, "asks for a proof first");
    assert_eq!(send(&mut ann, &format!("{PAGE}/{id}/delete"), &[]).await.status, 403);
}

/// A person sees and ends their own legacy keys; other people cannot.
#[tokio::test]
async fn legacy_keys_are_their_owners_to_end() {
    const ACCOUNT: &str = "/settings/account";
    let world = World::new().await;
    let (mut ann, user, organization) = ready(&world).await;
    assert!(!ann.get(ACCOUNT).await.body.contains("User keys"));
    let key = keystead_app::keys::NewKey { name: Some("old tool".to_owned()), ..Default::default() };
    let made = world.app.create_user_key(&Actor::Person(user), &organization, &key).await.unwrap();
    let id = made.key.id.to_string();
    let page = ann.get(ACCOUNT).await.body;
    assert!(page.contains("old tool") && page.contains(&id) && !page.contains(made.secret.expose().as_str()), "{page}");
    let revoke = format!("{ACCOUNT}/keys/revoke");
    let mut ben = world.owner("ben@example.com", "Elsewhere").await;
    assert_eq!(send(&mut ben, &revoke, &[("id", &id)]).await.status, 404);
    assert!(send(&mut ann, &revoke, &[("id", &id)]).await.location().contains("done=key-revoked"));
    assert!(!ann.get(ACCOUNT).await.body.contains("old tool"));
    assert_eq!(send(&mut ann, &revoke, &[("id", &id)]).await.status, 404);
    assert!(ann.get("/settings/organization/audit-log").await.body.contains(&id));
}
