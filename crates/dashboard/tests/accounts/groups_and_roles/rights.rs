//! What members and people of other organizations see and may change.

use super::{SETTINGS, default_project, group, role, send, two};
use crate::world::World;

/// What belongs to another organization is answered like what does not exist.
#[tokio::test]
async fn ids_of_another_organization_are_missing() {
    let world = World::new().await;
    let (mut ann, _, user) = two(&world).await;
    let mut eve = world.owner("eve@example.com", "Evil").await;
    let group_id = group(&mut ann, "Crew").await;
    let role_id = role(&mut ann, "organization", "Lead", &["api.files.read"]).await;
    let project = default_project(&mut ann).await;
    let own = group(&mut eve, "Own").await;
    let own_role = role(&mut eve, "organization", "Own", &["api.files.read"]).await;
    let me = eve.members().await.remove(0);
    for path in [
        format!("groups/{group_id}"),
        format!("roles/{role_id}"),
        format!("roles/{own_role}?place={project}"),
        format!("roles?place={project}"),
        format!("roles/new?place={project}"),
        format!("members/{user}"),
        "groups/x".to_owned(),
        "roles/x".to_owned(),
        "roles?place=x".to_owned(),
    ] {
        let seen = eve.get(&format!("{SETTINGS}/{path}")).await;
        assert!([403, 404].contains(&seen.status), "{path}: {} {}", seen.status, seen.body);
    }
    for (path, fields) in [
        (format!("groups/{group_id}"), vec![("name", "Mine")]),
        (format!("groups/{group_id}/delete"), vec![]),
        (format!("groups/{group_id}/people/add"), vec![("email", "eve@example.com")]),
        (format!("groups/{group_id}/people/remove"), vec![("id", user.as_str())]),
        (format!("groups/{own}/people/remove"), vec![("id", user.as_str())]),
        (format!("groups/{group_id}/roles/give"), vec![("place", "organization"), ("role", own_role.as_str())]),
        (format!("groups/{own}/roles/give"), vec![("place", "organization"), ("role", role_id.as_str())]),
        (format!("groups/{own}/roles/give"), vec![("place", project.as_str()), ("role", "role-api-project-owner")]),
        (format!("groups/{own}/roles/take"), vec![("place", project.as_str()), ("role", "role-api-project-owner")]),
        (format!("roles/{role_id}/edit"), vec![("name", "Mine"), ("place", "organization")]),
        (format!("roles/{role_id}/delete"), vec![("place", "organization")]),
        (format!("members/{user}/roles/give"), vec![("place", "organization"), ("role", own_role.as_str())]),
        (format!("members/{me}/roles/give"), vec![("place", "organization"), ("role", role_id.as_str())]),
        (format!("members/{me}/roles/take"), vec![("place", project.as_str()), ("role", "role-api-project-owner")]),
    ] {
        let answer = send(&mut eve, &format!("{SETTINGS}/{path}"), &fields).await;
        assert_eq!(answer.status, 404, "{path} {fields:?}: {}", answer.body);
    }
    // An address of another organization is no member here, and the answer does not say that it exists.
    let refused = send(&mut eve, &format!("{SETTINGS}/groups/{own}/people/add"), &[("email", "ann@example.com")]).await;
    assert!(refused.status == 422 && refused.body.contains("No member of this organization"), "{}", refused.body);
    assert_eq!(ann.get(&format!("{SETTINGS}/groups/{group_id}")).await.status, 200, "nothing happened");
}

/// A member without the permissions sees no action, and is refused when they send its form nevertheless.
#[tokio::test]
async fn members_look_and_change_nothing() {
    let world = World::new().await;
    let (mut ann, mut ben, user) = two(&world).await;
    let group = group(&mut ann, "Crew").await;
    let role = role(&mut ann, "organization", "Lead", &["api.files.read"]).await;
    let page = format!("{SETTINGS}/groups/{group}");
    for path in [
        "groups",
        "roles",
        &format!("groups/{group}"),
        &format!("roles/{role}"),
        &format!("groups/{group}?give=organization"),
    ] {
        let path = format!("{SETTINGS}/{path}");
        let (owners, seen) = (ann.get(&path).await.body, ben.get(&path).await);
        assert_eq!(seen.status, 200, "{path}");
        for mark in
            ["/people/", "/roles/give", "new=1", "/roles/new", "/delete", "give=", "name=\"permission\"", "<dialog"]
        {
            // The links to other languages repeat the query.
            let own = path.contains("give=") && mark == "give=";
            assert!(own || !seen.body.contains(mark), "{path} offers {mark}: {}", seen.body);
        }
        assert!(owners.contains("class=\"button"), "{path} offers something to an owner");
    }
    assert_eq!(ben.get(&format!("{SETTINGS}/roles/new")).await.status, 403);
    for (path, fields) in [
        ("groups/create".to_owned(), vec![("name", "Mine")]),
        (format!("groups/{group}"), vec![("name", "Mine")]),
        (format!("groups/{group}/delete"), vec![]),
        (format!("groups/{group}/people/add"), vec![("email", "ben@example.com")]),
        (format!("groups/{group}/people/remove"), vec![("id", user.as_str())]),
        (format!("groups/{group}/roles/give"), vec![("place", "organization"), ("role", role.as_str())]),
        (format!("groups/{group}/roles/take"), vec![("place", "organization"), ("role", role.as_str())]),
        (format!("members/{user}/roles/give"), vec![("place", "organization"), ("role", role.as_str())]),
        (format!("members/{user}/roles/take"), vec![("place", "organization"), ("role", role.as_str())]),
        ("roles/new".to_owned(), vec![("name", "Mine"), ("place", "organization")]),
        (format!("roles/{role}/edit"), vec![("name", "Mine"), ("place", "organization")]),
        (format!("roles/{role}/delete"), vec![("place", "organization")]),
    ] {
        let answer = send(&mut ben, &format!("{SETTINGS}/{path}"), &fields).await;
        assert_eq!(answer.status, 403, "{path}: {}", answer.body);
    }
    let seen = ann.get(&page).await.body;
    assert!(seen.contains("Crew") && seen.contains("No members yet.") && seen.contains("has no roles yet"), "{seen}");
}

/// What ends the organization, or copies all of it, is for owners, and not for everyone who may change something in it.
#[tokio::test]
async fn who_only_manages_neither_copies_nor_deletes() {
    let world = World::new().await;
    let (mut ann, mut ben, user) = two(&world).await;
    let role = role(&mut ann, "organization", "Manager", &["api.management.read", "api.management.write"]).await;
    let give = [("place", "organization"), ("role", role.as_str())];
    let given = send(&mut ann, &format!("{SETTINGS}/members/{user}/roles/give"), &give).await;
    assert!(given.location().contains("done=role-given"), "{}", given.body);
    let general = format!("{SETTINGS}/general");
    let (owners, seen) = (ann.get(&general).await.body, ben.get(&general).await.body);
    for mark in ["export.json", "/settings/organization/delete"] {
        assert!(owners.contains(mark) && !seen.contains(mark), "{mark}: {seen}");
    }
    // A key of theirs is not said to do what an owner can.
    let new_key = format!("{SETTINGS}/admin-keys?new=1");
    let (owners, seen) = (ann.get(&new_key).await.body, ben.get(&new_key).await.body);
    for (page, said, other) in
        [(owners, "everything an owner can", "your roles"), (seen, "your roles", "everything an owner can")]
    {
        assert!(page.contains(said) && !page.contains(other), "{page}");
    }
    assert_eq!(ben.get(&format!("{SETTINGS}/export.json")).await.status, 403);
    assert_eq!(ben.get(&format!("{SETTINGS}/delete")).await.status, 403);
    for (path, fields) in [("delete/request", vec![("name", "Harbour")]), ("delete/cancel", vec![])] {
        assert_eq!(send(&mut ben, &format!("{SETTINGS}/{path}"), &fields).await.status, 403, "{path}");
    }
    assert!(!ann.get(&general).await.body.contains("requested the deletion"));
}
