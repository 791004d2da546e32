//! Projects, admin keys, people and the audit log.

use serde_json::json;

use crate::world::{World, admin};

#[tokio::test]
async fn projects_are_created_changed_and_archived() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let made = world.post("/v1/organization/projects", key, json!({ "name": " Lab " })).await;
    assert_eq!((made.status, made.text("name").as_str(), made.text("status").as_str()), (200, "Lab", "active"));
    let path = format!("/v1/organization/projects/{}", made.text("id"));
    assert_eq!(world.post(&path, key, json!({ "name": "Works" })).await.text("name"), "Works");
    assert_eq!(world.post(&path, key, json!({ "name": null })).await.text("name"), "Works");
    let default = format!("/v1/organization/projects/{}", owner.project_id);
    assert_eq!(world.post(&default, key, json!({ "name": "x" })).await.status, 400);
    assert_eq!(world.post(&format!("{default}/archive"), key, json!({})).await.status, 400);
    let archived = world.call(http::Method::POST, &format!("{path}/archive"), key, "").await;
    assert_eq!((archived.status, archived.text("status").as_str()), (200, "archived"));
    assert_eq!(world.get(&format!("{path}/service_accounts"), key).await.status, 400);
    let bot = world.post(&format!("{path}/service_accounts"), key, json!({ "name": "bot" })).await;
    assert_eq!(bot.status, 400);
    let live = world.get("/v1/organization/projects", key).await;
    assert_eq!(live.body["data"].as_array().unwrap().len(), 1);
    let all = world.get("/v1/organization/projects?include_archived=true", key).await;
    assert_eq!(all.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn pages_follow_the_cursor() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    for n in 0..4 {
        world.wait(1);
        world.post("/v1/organization/admin_api_keys", key, json!({ "name": format!("key {n}") })).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/organization/admin_api_keys?limit=2".to_owned();
    loop {
        let page = world.get(&path, key).await;
        let data = page.body["data"].as_array().unwrap().clone();
        seen.extend(data.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        assert_eq!(page.body["last_id"], data.last().unwrap()["id"]);
        if page.body["has_more"] == json!(false) {
            break;
        }
        path = format!("/v1/organization/admin_api_keys?limit=2&after={}", page.text("last_id"));
    }
    assert_eq!(seen.len(), 5);
    let before = world.get(&format!("/v1/organization/admin_api_keys?limit=2&before={}", seen[3]), key).await;
    assert_eq!((&before.body["first_id"], &before.body["last_id"]), (&json!(seen[1]), &json!(seen[2])));
    for limit in ["0", "101", "-1", "x"] {
        let answer = world.get(&format!("/v1/organization/admin_api_keys?limit={limit}"), key).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!("limit")), "{limit}");
    }
}

#[tokio::test]
async fn an_admin_key_deletes_itself_once() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let body = json!({ "name": "second", "expires_in_seconds": 60 });
    let made = world.post("/v1/organization/admin_api_keys", admin(&owner), body).await;
    let (second, path) = (made.text("value"), format!("/v1/organization/admin_api_keys/{}", made.text("id")));
    assert!(world.get(&path, &second).await.body.get("value").is_none());
    let gone = world.delete(&path, &second).await;
    assert_eq!(gone.body["object"], "organization.admin_api_key.deleted");
    assert_eq!(world.get(&path, &second).await.status, 401);
    assert_eq!(world.delete(&path, admin(&owner)).await.status, 404);
}

#[tokio::test]
async fn every_change_is_in_the_audit_log() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    world.wait(1);
    let made = world.post("/v1/organization/projects", admin(&owner), json!({ "name": "Lab" })).await;
    let log = world.get("/v1/organization/audit_logs", admin(&owner)).await;
    let newest = &log.body["data"][0];
    assert_eq!(newest["type"], "project.created");
    assert_eq!(newest["project.created"]["id"], made.body["id"]);
    assert_eq!(newest["actor"]["type"], "api_key");
    assert!(log.body["data"].to_string().contains("phone.waived"));
}

/// S1-30: every filter of the list.
#[tokio::test]
async fn the_audit_log_answers_questions() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let other = world.bootstrap("ben", true).await;
    let key = admin(&owner);
    world.wait(10);
    let made = world.post("/v1/organization/projects", key, json!({ "name": "Lab" })).await;
    let project = made.text("id");
    world.wait(10);
    let path = format!("/v1/organization/projects/{project}/service_accounts");
    let bot = world.post(&path, key, json!({ "name": "bot" })).await;
    let ask = async |query: &str| {
        let answer = world.get(&format!("/v1/organization/audit_logs?limit=100{query}"), key).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let types = answer.body["data"].as_array().unwrap().iter().map(|row| row["type"].as_str().unwrap().to_owned());
        (types.collect::<Vec<_>>(), answer.body.clone())
    };
    let (all, body) = ask("").await;
    let account = body["data"].as_array().unwrap().iter().find(|row| row["type"] == "service_account.created").unwrap();
    assert_eq!(account["project"], json!({ "id": project, "name": "Lab" }));
    assert_eq!(account["actor"]["api_key"]["type"], "user");
    assert_eq!(account["actor"]["api_key"]["user"]["email"], "ann@example.com");
    let at = account["effective_at"].as_i64().unwrap();
    let count = |wanted: &[&str]| all.iter().filter(|kind| wanted.contains(&kind.as_str())).count();
    for (query, wanted) in [
        (format!("&effective_at[gt]={}", at - 1), count(&["service_account.created", "api_key.created"]) - 1),
        (format!("&effective_at[gte]={at}&effective_at[gt]={at}"), 0),
        (format!("&effective_at%5Blt%5D={at}&effective_at[gte]={}", at - 10), 1),
        (format!("&effective_at[lte]={}", at - 11), all.len() - 3),
        (
            "&event_types[]=project.created&event_types[]=user.added".to_owned(),
            count(&["project.created", "user.added"]),
        ),
        ("&event_types[]=tunnel.created".to_owned(), 0),
        ("&event_types[]=phone.waived&event_types[]=payment.exempted".to_owned(), 2),
        // Both waivers and the creation of the organization have no type of their own in OpenAI's API.
        ("&event_types[]=organization.updated".to_owned(), 3),
        ("&event_types[]=organization.updated,phone.waived,tenant.user.added".to_owned(), 3),
        ("&event_types[]=tenant.user.added".to_owned(), 0),
        ("&tenant_only=true&event_types[]=tenant.user.added,role.bound_to_resource".to_owned(), 0),
        ("&actor_ids[]=bootstrap".to_owned(), all.len() - 3),
        // Whether an operator has an address is not told.
        ("&actor_ids[]=ops@example.com".to_owned(), 0),
        (format!("&actor_ids[]=ops@example.com&actor_ids[]={}", owner.user_id), 3),
        (format!("&project_ids[]={project}"), 3),
        (format!("&project_ids[]={}", other.project_id), 0),
        (format!("&resource_ids[]={project}&resource_ids[]={}", bot.text("id")), 2),
        (format!("&actor_ids[]={}", owner.user_id), 3),
        (format!("&actor_ids[]={}", account["actor"]["api_key"]["id"].as_str().unwrap()), 3),
        ("&actor_emails[]=ANN@example.com".to_owned(), 3),
        ("&actor_emails[]=ben@example.com".to_owned(), 0),
        ("&actor_emails[]=nobody@example.com".to_owned(), 0),
        ("&tenant_only=true".to_owned(), 0),
    ] {
        let (types, body) = ask(&query).await;
        assert_eq!(types.len(), wanted, "{query}: {types:?}");
        assert_eq!(body["first_id"].is_null(), wanted == 0);
    }
    // Both directions in a page with filters.
    let first = world.get("/v1/organization/audit_logs?limit=1&event_types[]=project.created", key).await.body;
    assert_eq!((&first["has_more"], &first["data"][0]["project.created"]["id"]), (&json!(true), &json!(project)));
    let last = first["last_id"].as_str().unwrap();
    let path = format!("/v1/organization/audit_logs?limit=1&event_types[]=project.created&after={last}");
    let second = world.get(&path, key).await.body;
    assert_eq!(second["has_more"], json!(false));
    let before = second["first_id"].as_str().unwrap();
    let path = format!("/v1/organization/audit_logs?limit=1&event_types[]=project.created&before={before}");
    assert_eq!(world.get(&path, key).await.body["data"], first["data"]);
    for (query, param) in [
        ("effective_at[gt]=soon", "effective_at[gt]"),
        ("event_types[]=Project%20created", "event_types"),
        ("event_types[]=project.create", "event_types"),
        ("event_types[]=project.created&event_types[]=made.up", "event_types"),
        ("event_types=project.created,", "event_types"),
        ("tenant_only=true&event_types[]=tenant.user.added,project.created", "event_types"),
        ("actor_emails[]=ann", "actor_emails"),
        ("project_ids[]=lab", "project_ids"),
        ("tenant_only=perhaps", "tenant_only"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("after=audit_log-a&before=audit_log-b", "before"),
    ] {
        let answer = world.get(&format!("/v1/organization/audit_logs?{query}"), key).await;
        assert_eq!((answer.status, &answer.body["error"]["param"]), (400, &json!(param)), "{query}");
    }
    let many: String = (0..101).map(|n| format!("&resource_ids[]=key_{n}")).collect();
    assert_eq!(world.get(&format!("/v1/organization/audit_logs?{many}"), key).await.status, 400);
    let shown = body.to_string();
    assert!(!shown.contains("sk-proj-") && !shown.contains("sk-svcacct-") && !shown.contains("sk-admin-"), "AD-6");
}

#[tokio::test]
async fn who_am_i() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let me = world.get("/v1/me", admin(&owner)).await.body;
    assert_eq!((&me["email"], &me["orgs"]["data"][0]["title"]), (&json!("ann@example.com"), &json!("ann")));
    let users = world.get("/v1/organization/users?emails[]=ANN%40example.com", admin(&owner)).await.body;
    assert_eq!(users["data"][0]["role"], "owner");
}
