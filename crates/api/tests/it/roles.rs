//! Roles, and who holds them: shapes, refusals and what the log says.

use keystead_core::role::OrganizationRole;
use serde_json::{Value, json};

use crate::roles_world::{GROUPS, ROLES};
use crate::world::{START, World, admin};

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn life_of_a_role() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let (key, organization) = (admin(&made), &made.organization_id);
    let in_project = format!("/v1/projects/{}/roles", made.project_id);
    for (roles, kind, presets) in [
        (ROLES, "api.organization", vec!["role-api-organization-owner", "role-api-organization-reader"]),
        (
            &in_project,
            "api.project",
            vec!["role-api-project-member", "role-api-project-owner", "role-api-project-viewer"],
        ),
    ] {
        let asked = json!({ "role_name": "Caller", "permissions": ["model.request", "api.webhooks.read"] });
        let role = world.post(roles, key, asked).await;
        let id = role.text("id");
        assert!(id.starts_with("role-"), "{id}");
        let whole = json!({
            "object": "role", "id": id, "name": "Caller", "description": null, "resource_type": kind,
            "permissions": ["api.model.request", "api.webhooks.read"], "predefined_role": false,
        });
        assert_eq!((role.status, &role.body), (200, &whole));
        let path = format!("{roles}/{id}");
        assert_eq!(world.get(&path, key).await.body, whole);
        let listed = world.get(roles, key).await.body;
        assert_eq!(ids(&listed), [presets.clone(), vec![&id]].concat());
        assert_eq!(
            (&listed["object"], &listed["has_more"], &listed["next"]),
            (&json!("list"), &json!(false), &json!(null))
        );
        let backwards = world.get(&format!("{roles}?order=desc&limit=1"), key).await.body;
        assert_eq!((ids(&backwards), &backwards["has_more"]), (vec![id.as_str()], &json!(true)));
        let next = backwards["next"].as_str().unwrap();
        let rest = world.get(&format!("{roles}?order=desc&after={next}"), key).await.body;
        assert_eq!(ids(&rest).len(), presets.len());

        let change = json!({ "description": "calls", "permissions": ["api.model.read"] });
        let changed = world.post(&path, key, change).await;
        assert_eq!((&changed.body["name"], &changed.body["description"]), (&json!("Caller"), &json!("calls")));
        assert_eq!(changed.body["permissions"], json!(["api.model.read"]));
        let kept = world.post(&path, key, json!({ "role_name": null, "permissions": null })).await;
        assert_eq!(kept.body, changed.body, "null leaves them as they are");
        let without = world.post(&path, key, json!({ "description": null })).await;
        assert_eq!(without.body["description"], json!(null));

        for (field, value) in [
            ("role_name", json!("")),
            ("role_name", json!("owner")),
            ("permissions", json!(["api.everything"])),
            ("permissions", json!("api.model.read")),
            ("description", json!("x".repeat(1001))),
        ] {
            let mut asked = json!({ "role_name": "Another", "permissions": [] });
            asked[field] = value.clone();
            let refused = world.post(roles, key, asked).await;
            assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!(field)), "{value}");
        }
        let twin = world.post(roles, key, json!({ "role_name": "Caller", "permissions": [] })).await;
        assert_eq!((twin.status, &twin.body["error"]["param"]), (400, &json!("role_name")));
        for preset in presets {
            let long = match kind {
                "api.organization" => format!("{preset}__api-organization__{organization}"),
                _ => format!("{preset}__api-project__{}", made.project_id),
            };
            for id in [preset, &long] {
                let found = world.get(&format!("{roles}/{id}"), key).await;
                assert_eq!((&found.body["id"], &found.body["predefined_role"]), (&json!(preset), &json!(true)), "{id}");
                let refused = world.post(&format!("{roles}/{id}"), key, json!({ "role_name": "Mine" })).await;
                assert_eq!(refused.status, 400, "{id}");
                assert_eq!(world.delete(&format!("{roles}/{id}"), key).await.status, 400, "{id}");
            }
        }
        let deleted = world.delete(&path, key).await;
        assert_eq!(deleted.body, json!({ "object": "role.deleted", "id": id, "deleted": true }));
        assert_eq!(world.get(&path, key).await.status, 404);
    }
}

#[tokio::test]
async fn a_person_holds_several_roles() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let (key, organization) = (admin(&made), &made.organization_id);
    let ben = world.named_member(organization, "ben", OrganizationRole::Reader).await;
    let roles = format!("/v1/organization/users/{ben}/roles");
    let (owner, reader) = ("role-api-organization-owner", "role-api-organization-reader");
    let usage = world.custom_role(key, ROLES, "usage", &["api.usage.read"]).await;
    assert_eq!(ids(&world.get(&roles, key).await.body), [reader]);
    for (given, held) in [
        (usage.as_str(), vec![reader, &usage]),
        (owner, vec![owner, reader, &usage]),
        (owner, vec![owner, reader, &usage]),
    ] {
        let answer = world.must_post(&roles, key, json!({ "role_id": given })).await;
        assert_eq!((&answer["object"], &answer["role"]["id"]), (&json!("user.role"), &json!(given)));
        assert_eq!((&answer["user"]["object"], &answer["user"]["id"]), (&json!("organization.user"), &json!(ben)));
        assert_eq!(ids(&world.get(&roles, key).await.body), held);
    }
    assert_eq!(world.get(&format!("/v1/organization/users/{ben}"), key).await.body["role"], "owner");
    let one = world.get(&format!("{roles}/{usage}"), key).await.body;
    let whole = json!({
        "id": usage, "name": "usage", "permissions": ["api.usage.read"], "resource_type": "api.organization",
        "predefined_role": false, "description": null, "created_at": START, "updated_at": START,
        "created_by": one["created_by"], "created_by_user_obj": null, "metadata": null,
        "assignment_sources": [{ "principal_id": ben, "principal_type": "user" }],
    });
    assert_eq!(one, whole);
    assert_eq!(world.get(&format!("{roles}/role-none"), key).await.status, 404);

    for (taken, held, role) in
        [(owner, vec![reader, usage.as_str()], "reader"), (reader, vec![&usage], "none"), (&usage, vec![], "none")]
    {
        let answer = world.delete(&format!("{roles}/{taken}"), key).await;
        assert_eq!(answer.body, json!({ "object": "user.role.deleted", "deleted": true }));
        assert_eq!(ids(&world.get(&roles, key).await.body), held);
        let shown = world.get(&format!("/v1/organization/users/{ben}"), key).await.body;
        assert!([json!(role), json!(null)].contains(&shown["role"]), "{shown}");
        assert_eq!(world.delete(&format!("{roles}/{taken}"), key).await.status, 404);
    }
    // The last owner stays.
    let ann = format!("/v1/organization/users/{}/roles/{owner}", made.user_id);
    let refused = world.delete(&ann, key).await;
    assert_eq!((refused.status, refused.code()), (400, "last_owner"));

    // A role of a group is shown with its source, and cannot be taken from the person.
    let group = world.group(key, "team").await;
    world.must_post(&format!("{group}/users"), key, json!({ "user_id": ben })).await;
    world.must_post(&format!("{group}/roles"), key, json!({ "role_id": usage })).await;
    let one = world.get(&format!("{roles}/{usage}"), key).await.body;
    let id = group.rsplit('/').next().unwrap();
    assert_eq!(one["assignment_sources"], json!([{ "principal_id": id, "principal_type": "group" }]));
    assert_eq!(world.delete(&format!("{roles}/{usage}"), key).await.status, 400);
    world.must_post(&roles, key, json!({ "role_id": usage })).await;
    let one = world.get(&format!("{roles}/{usage}"), key).await.body;
    assert_eq!(one["assignment_sources"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn roles_in_a_project_make_a_member_of_it() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let key = admin(&made);
    let ben = world.named_member(&made.organization_id, "ben", OrganizationRole::None).await;
    let project = world.must_post("/v1/organization/projects", key, json!({ "name": "Lab" })).await["id"].clone();
    let project = project.as_str().unwrap();
    let files = world.custom_role(key, &format!("/v1/projects/{project}/roles"), "files", &["api.files.read"]).await;
    let roles = format!("/v1/projects/{project}/users/{ben}/roles");
    assert_eq!(world.get(&roles, key).await.body["data"], json!([]));
    for (given, held) in [
        (files.as_str(), vec![files.as_str()]),
        ("role-api-project-viewer", vec!["role-api-project-viewer", &files]),
        ("role-api-project-owner", vec!["role-api-project-owner", "role-api-project-viewer", &files]),
    ] {
        world.must_post(&roles, key, json!({ "role_id": given })).await;
        assert_eq!(ids(&world.get(&roles, key).await.body), held);
    }
    for taken in ["role-api-project-owner", &files, "role-api-project-viewer"] {
        assert_eq!(world.delete(&format!("{roles}/{taken}"), key).await.status, 200);
    }
    assert_eq!(world.get(&roles, key).await.body["data"], json!([]));
    for role in ["role-api-organization-reader", "role-none", "owner"] {
        assert_eq!(world.post(&roles, key, json!({ "role_id": role })).await.status, 404, "{role}");
    }
    let other = format!("/v1/projects/{}/users/{ben}/roles", made.project_id);
    assert_eq!(world.post(&other, key, json!({ "role_id": files })).await.status, 404, "a role of another project");
    let unknown = format!("/v1/projects/{project}/users/user-unknown/roles");
    assert_eq!(world.get(&unknown, key).await.status, 404);

    let log = world.get(&format!("/v1/organization/audit_logs?limit=100&order=asc&project_ids={project}"), key).await;
    let of_roles =
        log.body["data"].as_array().unwrap().iter().filter(|row| row["type"].as_str().unwrap().starts_with("role."));
    let of_roles: Vec<Value> = of_roles.map(|row| row[row["type"].as_str().unwrap()].clone()).collect();
    let created = json!({
        "id": files, "role_name": "files", "permissions": ["api.files.read"], "resource_type": "api.project",
        "resource_id": project,
    });
    let given = json!({
        "id": files, "principal_id": ben, "principal_type": "user", "resource_id": project, "resource_type": "api.project",
    });
    assert_eq!(of_roles[..2], [created, given]);
    assert_eq!(of_roles.len(), 7, "{of_roles:?}");
}

#[tokio::test]
async fn changes_of_a_role_are_recorded() {
    let world = World::new().await;
    let made = world.bootstrap("ann", true).await;
    let (key, organization) = (admin(&made), &made.organization_id);
    let role = world.custom_role(key, ROLES, "usage", &["api.usage.read"]).await;
    let change = json!({ "role_name": "models", "permissions": ["api.model.read"], "description": "d" });
    world.must_post(&format!("{ROLES}/{role}"), key, change.clone()).await;
    world.must_post(&format!("{ROLES}/{role}"), key, change).await;
    world.delete(&format!("{ROLES}/{role}"), key).await;
    let log = world.get(&format!("/v1/organization/audit_logs?order=asc&resource_ids={role}"), key).await.body;
    let rows = log["data"].as_array().unwrap();
    let types: Vec<&str> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["role.created", "role.updated", "role.deleted"], "a change to the same is none");
    let updated = json!({
        "id": role,
        "changes_requested": {
            "resource_id": organization, "resource_type": "api.organization", "role_name": "models", "description": "d",
            "permissions_added": ["api.model.read"], "permissions_removed": ["api.usage.read"],
        },
    });
    assert_eq!(rows[1]["role.updated"], updated);
    assert_eq!(world.get(GROUPS, key).await.body["data"], json!([]));
}
