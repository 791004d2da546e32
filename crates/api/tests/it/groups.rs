//! Groups, the people in them, and the groups of a project.

use keystead_core::role::OrganizationRole;
use serde_json::{Value, json};

use crate::roles_world::{GROUPS, ROLES};
use crate::world::{START, World, admin};

fn names(page: &Value, field: &str) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|one| one[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn life_of_a_group() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let key = admin(&made);
    let group = world.post(GROUPS, key, json!({ "name": " Data  team " })).await;
    let id = group.text("id");
    assert!(id.starts_with("group_"), "{id}");
    let whole = json!({
        "id": id, "name": "Data  team", "created_at": START, "is_scim_managed": false, "group_type": "group",
    });
    assert_eq!((group.status, &group.body), (200, &whole));
    let path = format!("{GROUPS}/{id}");
    assert_eq!(world.get(&path, key).await.body, whole);
    let changed = world.post(&path, key, json!({ "name": "Models" })).await;
    assert_eq!(changed.body, json!({ "id": id, "name": "Models", "created_at": START, "is_scim_managed": false }));
    for name in [json!(""), json!(" "), json!("x".repeat(256)), json!(null), json!(7)] {
        let refused = world.post(GROUPS, key, json!({ "name": name })).await;
        assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("name")), "{name}");
        assert_eq!(world.post(&path, key, json!({ "name": name })).await.status, 400);
    }

    let ben = world.named_member(&made.organization_id, "ben", OrganizationRole::Reader).await;
    let users = format!("{path}/users");
    let added = world.post(&users, key, json!({ "user_id": ben })).await;
    assert_eq!(added.body, json!({ "object": "group.user", "user_id": ben, "group_id": id }));
    assert_eq!(world.post(&users, key, json!({ "user_id": ben })).await.status, 409);
    assert_eq!(world.post(&users, key, json!({ "user_id": "user-unknown" })).await.status, 404);
    let listed = world.get(&users, key).await.body;
    let person = json!({ "id": ben, "name": "ben", "email": "ben@example.com" });
    assert_eq!(listed, json!({ "object": "list", "data": [person], "has_more": false, "next": null }));
    let found = world.get(&format!("{users}/{ben}"), key).await.body;
    let whole = json!({
        "id": ben, "name": "ben", "email": "ben@example.com", "picture": null, "is_service_account": false,
        "user_type": "user",
    });
    assert_eq!(found, whole);
    let removed = world.delete(&format!("{users}/{ben}"), key).await;
    assert_eq!(removed.body, json!({ "object": "group.user.deleted", "deleted": true }));
    assert_eq!(world.delete(&format!("{users}/{ben}"), key).await.status, 404);
    assert_eq!(world.get(&format!("{users}/{ben}"), key).await.status, 404);

    let deleted = world.delete(&path, key).await;
    assert_eq!(deleted.body, json!({ "object": "group.deleted", "id": id, "deleted": true }));
    for path in [path.as_str(), users.as_str(), &format!("{path}/roles")] {
        assert_eq!(world.get(path, key).await.status, 404, "{path}");
    }
    let log = world.get("/v1/organization/audit_logs?limit=100&order=asc", key).await.body;
    let of_groups =
        log["data"].as_array().unwrap().iter().filter(|row| row["type"].as_str().unwrap().starts_with("group."));
    let of_groups: Vec<Value> = of_groups.map(|row| row[row["type"].as_str().unwrap()].clone()).collect();
    let expected = [
        json!({ "id": id, "data": { "group_name": "Data  team" } }),
        json!({ "id": id, "changes_requested": { "group_name": "Models" } }),
        json!({ "id": id, "changes_requested": { "user_added": ben } }),
        json!({ "id": id, "changes_requested": { "user_removed": ben } }),
        json!({ "id": id }),
    ];
    assert_eq!(of_groups, expected);
}

/// Every stable group is seen exactly once while others come and go.
#[tokio::test]
async fn pages_stay_stable_while_the_list_changes() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let key = admin(&made);
    for order in ["asc", "desc"] {
        let mut stable = Vec::new();
        let mut passing = Vec::new();
        for number in 0..12 {
            let path = world.group(key, &format!("{order} {number}")).await;
            if number % 2 == 0 {
                stable.push(path)
            } else {
                passing.push(path)
            }
            world.wait(number % 3);
        }
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = world.get(&format!("{GROUPS}?limit=2&order={order}{next}"), key).await.body;
            seen.extend(names(&page, "id").into_iter().map(|id| format!("{GROUPS}/{id}")));
            // The last item of the page may be gone before the next one is read.
            for path in seen.iter().filter(|path| passing.contains(path)) {
                world.delete(path, key).await;
            }
            passing.push(world.group(key, &format!("{order} new {}", seen.len())).await);
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("&after={cursor}");
            assert!(seen.len() < 200, "the list ends");
            if seen.len() > 60 {
                break;
            }
        }
        for path in &stable {
            assert_eq!(seen.iter().filter(|one| *one == path).count(), 1, "{order}: {path}");
        }
        for path in stable.iter().chain(&passing) {
            world.delete(path, key).await;
        }
    }
    let a = world.group(key, "a").await;
    world.wait(1);
    world.group(key, "b").await;
    let id = a.rsplit('/').next().unwrap();
    assert_eq!(names(&world.get(&format!("{GROUPS}?after={id}"), key).await.body, "name"), ["b"], "ids are cursors");
    assert_eq!(world.get(&format!("{GROUPS}?after=group_none"), key).await.status, 400);
    let none = world.get(&format!("{GROUPS}?limit=0"), key).await.body;
    assert_eq!(none, json!({ "object": "list", "data": [], "has_more": false, "next": null }));
    for limit in ["-1", "1001", "x"] {
        assert_eq!(world.get(&format!("{GROUPS}?limit={limit}"), key).await.status, 400, "{limit}");
    }
    assert_eq!(world.get(&format!("{GROUPS}?limit=1000"), key).await.status, 200);
}

#[tokio::test]
async fn groups_in_projects() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let key = admin(&made);
    let group = world.group(key, "team").await;
    let id = group.rsplit('/').next().unwrap();
    let project = world.must_post("/v1/organization/projects", key, json!({ "name": "Lab" })).await["id"].clone();
    let project = project.as_str().unwrap();
    let groups = format!("/v1/organization/projects/{project}/groups");
    let whole = json!({
        "object": "project.group", "project_id": project, "group_id": id, "group_name": "team", "group_type": "group",
        "created_at": START,
    });
    for role in ["role-api-project-viewer", &format!("role-api-project-viewer__api-project__{project}")] {
        let added = world.post(&groups, key, json!({ "group_id": id, "role": role })).await;
        assert_eq!((added.status, &added.body), (200, &whole), "{role}");
    }
    for (role, status) in [("role-api-organization-owner", 404), ("viewer", 404), ("role-none", 404)] {
        assert_eq!(world.post(&groups, key, json!({ "group_id": id, "role": role })).await.status, status, "{role}");
    }
    let listed = world.get(&groups, key).await.body;
    assert_eq!(listed, json!({ "object": "list", "data": [whole], "has_more": false, "next": null }));
    assert_eq!(world.get(&format!("{groups}?limit=101"), key).await.status, 400);
    let one = format!("{groups}/{id}");
    assert_eq!(world.get(&one, key).await.body, whole);
    assert_eq!(world.get(&format!("{one}?group_type=group"), key).await.body, whole);
    assert_eq!(world.get(&format!("{one}?group_type=tenant_group"), key).await.status, 404);
    assert_eq!(world.get(&format!("{one}?group_type=x"), key).await.status, 400);
    let roles = format!("/v1/projects/{project}/groups/{id}/roles");
    assert_eq!(names(&world.get(&roles, key).await.body, "id"), ["role-api-project-viewer"]);
    let removed = world.delete(&one, key).await;
    assert_eq!(removed.body, json!({ "object": "project.group.deleted", "deleted": true }));
    assert_eq!(world.delete(&one, key).await.status, 404);
    assert_eq!(world.get(&roles, key).await.body["data"], json!([]));

    // Nothing is added to an archived project.
    world.must_post(&format!("/v1/organization/projects/{project}/archive"), key, json!({})).await;
    let role = json!({ "group_id": id, "role": "role-api-project-viewer" });
    assert_eq!(world.post(&groups, key, role).await.status, 400);
    // A group cannot own an organization.
    let owner = json!({ "role_id": "role-api-organization-owner" });
    let refused = world.post(&format!("{group}/roles"), key, owner).await;
    assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("role_id")));
    let role = world.custom_role(key, ROLES, "auditor", &["api.usage.read"]).await;
    let given = world.must_post(&format!("{group}/roles"), key, json!({ "role_id": role })).await;
    let shown = json!({ "object": "group", "id": id, "name": "team", "created_at": START, "scim_managed": false });
    assert_eq!((&given["object"], &given["group"], &given["role"]["id"]), (&json!("group.role"), &shown, &json!(role)));
    let taken = world.delete(&format!("{group}/roles/{role}"), key).await;
    assert_eq!(taken.body, json!({ "object": "group.role.deleted", "deleted": true }));
}
