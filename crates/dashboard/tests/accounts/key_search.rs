//! Finding keys on the pages: by name, by the last four characters, by state, and by a leaked secret.

use keystead_app::Actor;
use keystead_app::request::Origin;
use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::usage::{Quantities, UsageEvent};
use keystead_testkit::{count_usage, usage_event};

use crate::keys::{SHOP, id_of, ready, send, shown};
use crate::world::*;

const DAY: i64 = 86_400;

/// Creates a key of this name; returns its secret and its id.
async fn create(browser: &mut Browser<'_>, name: &str) -> (String, String) {
    let form = [("name", name), ("owner", "you"), ("permissions", "all"), ("days", "")];
    let secret = shown(&send(browser, "/api-keys", &form).await);
    let id = id_of(&browser.get("/api-keys").await, &secret[secret.len() - 4..]);
    (secret, id)
}

/// The number beside a filter.
fn count(page: &Answer, filter: &str) -> String {
    let link = page.body.split(&format!(">{filter} <span class=\"count\">")).nth(1);
    link.unwrap_or_else(|| panic!("no filter {filter} in {}", page.body)).split('<').next().unwrap().to_owned()
}

/// A name in any case and the last four characters find a key; what was typed stays in the address, a secret does not.
#[tokio::test]
async fn keys_are_found_by_name_and_last_four() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    let (secret, id) = create(&mut ann, "Kasa Łódź 100%").await;
    let (_, other) = create(&mut ann, "till").await;
    let tail = secret[secret.len() - 4..].to_owned();
    let redacted = format!("sk-proj-abc…{tail}");
    for typed in ["łódź", "100%", tail.as_str(), redacted.as_str()] {
        let found = send(&mut ann, "/api-keys/search", &[("q", typed)]).await;
        assert_eq!(found.status, 303);
        let list = ann.get(found.location()).await;
        assert!(list.body.contains(&format!("revoke={id}")), "{typed}: {}", list.body);
        assert!(!list.body.contains(&format!("revoke={other}")), "{typed}");
        assert_eq!(count(&list, "Active"), "1", "{typed}");
    }
    let found = send(&mut ann, "/api-keys/search", &[("q", &format!("export KEY={secret}"))]).await;
    assert!(found.location().starts_with(&format!("/api-keys/{id}?leaked=1")), "{}", found.location());
    assert!(!found.location().contains(&secret));
    // An address that was written by hand is not repeated on the page.
    assert!(!ann.get(&format!("/api-keys?q={secret}")).await.body.contains(&secret));
}

/// Every filter shows its keys and their number, and an empty search says which keys it left out.
#[tokio::test]
async fn filters_show_true_numbers() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    let (_, old) = create(&mut ann, "old").await;
    world.advance(91 * DAY);
    let mut ann = {
        ann.sign_in("ann@example.com", "/api-keys").await;
        ann
    };
    let (gone_secret, gone) = create(&mut ann, "gone").await;
    let soon = [("name", "soon"), ("owner", "you"), ("permissions", "all"), ("days", "7")];
    send(&mut ann, "/api-keys", &soon).await;
    let revoked = send(&mut ann, &format!("/api-keys/{gone}/revoke"), &[]).await;
    assert!(revoked.location().starts_with(&format!("/api-keys/{gone}?done=key-revoked")), "{}", revoked.location());
    let list = ann.get("/api-keys").await;
    let numbers = ["Active", "Expiring", "Unused for 90 days", "Expired", "Revoked"].map(|name| count(&list, name));
    assert_eq!(numbers, ["2", "1", "1", "0", "1"]);
    let unused = ann.get("/api-keys?filter=unused").await;
    assert!(unused.body.contains(&format!("revoke={old}")) && !unused.body.contains(">soon<"), "{}", unused.body);
    let revoked = ann.get("/api-keys?filter=revoked").await;
    assert!(revoked.body.contains(">gone<") && !revoked.body.contains("revoke="), "{}", revoked.body);
    let tail = &gone_secret[gone_secret.len() - 4..];
    let none = ann.get(&format!("/api-keys?q={}", encoded(&[("", &format!("…{tail}"))]).trim_start_matches('='))).await;
    assert!(none.body.contains(&format!("No key ends in “{tail}”.")), "{}", none.body);
    assert!(none.body.contains("1 revoked key is not searched."), "{}", none.body);
    let all = ann.get(&format!("/api-keys?filter=all&q={tail}")).await;
    assert!(all.body.contains(">gone<"), "{}", all.body);
    world.advance(8 * DAY);
    ann.sign_in("ann@example.com", "/api-keys").await;
    assert_eq!(count(&ann.get("/api-keys").await, "Expired"), "1");
}

/// Counts three requests with a key at the present time.
async fn call_three_times(
    world: &World,
    (organization, project): (&OrganizationId, &ProjectId),
    user: &UserId,
    key: &str,
) {
    let event = UsageEvent {
        key: key.parse().unwrap(),
        owner: user.as_str().into(),
        used: Quantities { requests: 3, ..Quantities::default() },
        ..usage_event(organization, project, world.now(), keystead_core::money::Amount::ZERO)
    };
    count_usage(&world.store, "segment", 0, &[event]).await;
}

/// The first hour of a key belongs to it, also when its usage is no longer kept by the minute.
#[tokio::test]
async fn the_first_calls_of_an_old_key_are_found() {
    let world = World::new().await;
    // Within an hour.
    world.advance(3_600 - world.now() % 3_600 + 1_200);
    let (mut ann, user, organization) = ready(&world).await;
    let project = world.app.organizations_of(&user).await.unwrap().remove(0).projects.remove(0).id;
    let (_, id) = create(&mut ann, "shop").await;
    world.advance(60);
    call_three_times(&world, (&organization, &project), &user, &id).await;
    let (actor, key) = (Actor::Person(user), id.parse().unwrap());
    for days in [0, 20] {
        world.advance(days * DAY);
        world.app.run_cleanup().await.unwrap();
        let calls = world.app.first_calls(&actor, (&organization, &project), &key, Origin::default()).await.unwrap();
        let recorded: Vec<_> = calls.recorded.iter().map(|used| (used.model.as_str(), used.requests)).collect();
        assert_eq!(recorded, [("gpt-4o", 3)], "after {days} days");
    }
}

/// A leaked key is pasted, recognized and revoked: three clicks. Its page says what it was used for.
#[tokio::test]
async fn a_leaked_key_is_found_and_revoked() {
    let world = World::new().await;
    let (mut ann, user, organization) = ready(&world).await;
    let project = world.app.organizations_of(&user).await.unwrap().remove(0).projects.remove(0).id;
    let (secret, id) = create(&mut ann, "shop").await;
    call_three_times(&world, (&organization, &project), &user, &id).await;
    let dialog = ann.get("/api-keys?leaked=1").await;
    assert!(dialog.body.contains("id=\"leaked-key\"") && dialog.body.contains("autocomplete=\"off\""));
    let found = send(&mut ann, "/api-keys/search", &[("leaked", "1"), ("q", &secret)]).await;
    let page = ann.get(found.location()).await;
    for part in ["This is the key that you pasted", "Revoke shop", "gpt-4o", "3 requests", "No requests were refused"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains(&secret));
    let revoked = send(&mut ann, &format!("/api-keys/{id}/revoke"), &[]).await;
    let page = ann.get(revoked.location()).await;
    assert!(page.body.contains("</span>Revoked</span>") && page.body.contains("Revoked an API key"), "{}", page.body);
    // The same secret leads to the page, which says that the key is revoked.
    let again = send(&mut ann, "/api-keys/search", &[("leaked", "1"), ("q", &secret)]).await;
    assert!(ann.get(again.location()).await.body.contains("already revoked"));
}

/// A key of another organization, a mistyped one and an empty field each have their answer; members find only their own.
#[tokio::test]
async fn a_leaked_key_of_others_is_not_found() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    let (secret, id) = create(&mut ann, "shop").await;
    let mut eve = world.owner("eve@example.com", "Elsewhere").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let mut other = ann.clone();
    let stranger = format!("sk-proj-{}", "x".repeat(156));
    for (browser, pasted, said) in [
        (&mut eve, secret.as_str(), "No key of this organization matches."),
        (&mut ben, secret.as_str(), "None of the keys that you can see"),
        (&mut ann, stranger.as_str(), "No key of this organization matches."),
        (&mut other, "", "Paste the leaked key."),
    ] {
        let answer = send(browser, "/api-keys/search", &[("leaked", "1"), ("q", pasted)]).await;
        assert!(answer.location().contains("leaked="), "{}", answer.location());
        let page = browser.get(answer.location()).await;
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(ben.get(&format!("/api-keys/{id}")).await.status, 404, "a member sees their own keys only");
    assert_eq!(eve.get(&format!("/api-keys/{id}")).await.status, 404);
    assert_eq!(ann.get(&format!("/api-keys/{id}")).await.status, 200);
}

/// Several keys are confirmed by name and revoked together; a member revokes only their own among them.
#[tokio::test]
async fn several_keys_are_revoked_together() {
    let world = World::new().await;
    let (mut ann, _, organization) = ready(&world).await;
    let (_, one) = create(&mut ann, "one").await;
    let (_, two) = create(&mut ann, "two").await;
    let (_, three) = create(&mut ann, "three").await;
    let mut ben = world.member(&mut ann, "ben@example.com").await;
    let actor = Actor::operator("test");
    world.app.waive_requirement(&actor, &organization, Requirement::Phone, None, "test").await.unwrap();
    let refused = send(&mut ben, "/api-keys/revoke", &[("key", &one)]).await;
    assert!(refused.location().contains("revoked=0"), "{}", refused.location());
    let none = ann.get("/api-keys?several=1").await;
    assert!(none.body.contains("Select one or more keys"), "{}", none.body);
    let asked = ann.get(&format!("/api-keys?several=1&key={one}&key={two}")).await;
    let dialog = asked.body.split("<dialog").nth(1).unwrap();
    assert!(dialog.contains("Revoke 2 keys") && dialog.contains(">one<") && dialog.contains(">two<"), "{dialog}");
    assert!(!dialog.contains(">three<"));
    let done = send(&mut ann, "/api-keys/revoke", &[("key", &one), ("key", &two), ("key", &one)]).await;
    let list = ann.get(done.location()).await;
    assert!(list.body.contains("2 keys revoked."), "{}", list.body);
    assert_eq!((count(&list, "Active"), count(&list, "Revoked")), ("1".to_owned(), "2".to_owned()));
    assert!(list.body.contains(&format!("revoke={three}")));
    let log = ann.get("/settings/organization/audit-log").await.body;
    assert!(log.matches("<code>api_key.deleted</code>").count() == 2, "{log}");
}

/// Permissions are shown in words with their ids beside them, presets first.
#[tokio::test]
async fn permissions_have_words() {
    let world = World::new().await;
    let (mut ann, _, _) = ready(&world).await;
    send(&mut ann, "/api-keys", &SHOP).await;
    let id = id_of(&ann.get("/api-keys").await, "shop");
    let dialog = ann.get(&format!("/api-keys?edit={id}")).await.body;
    let places: Vec<usize> = ["value=\"all\"", "value=\"restricted\"", "value=\"read\""]
        .iter()
        .map(|preset| dialog.find(preset).unwrap())
        .collect();
    assert!(places.is_sorted() && dialog.contains("Send requests to models<small><code>api.model.request</code>"));
    let narrow = [("name", "shop"), ("permissions", "restricted"), ("scope", "api.files.read"), ("from", "key")];
    let saved = send(&mut ann, &format!("/api-keys/{id}/edit"), &narrow).await;
    assert!(saved.location().starts_with(&format!("/api-keys/{id}?done=saved")), "{}", saved.location());
    let page = ann.get(saved.location()).await.body;
    assert!(page.contains("Read files <small><code>api.files.read</code>"), "{page}");
}
