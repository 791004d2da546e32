//! IP allowlists and countries for the Administration API.

use http::Method;
use keystead_core::network::Client;
use serde_json::{Value, json};

use crate::world::{Answer, World, admin};

const LISTS: &str = "/v1/keystead/organization/ip_allowlists";

fn at(address: &str) -> Client {
    Client::at(address.parse().unwrap())
}

async fn post(world: &World, client: Client, path: &str, key: &str, body: Value) -> Answer {
    world.call_of(client, (Method::POST, path), key, body).await
}

#[tokio::test]
async fn an_ip_allowlist_from_creation_to_deletion() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, here, there) = (admin(&owner), at("203.0.113.9"), at("198.51.100.1"));
    for (body, fault) in [
        (json!({ "allowed_ips": ["10.0.0.1"] }), "'name'"),
        (json!({ "name": "a" }), "'allowed_ips'"),
        (json!({ "name": "a", "allowed_ips": "10.0.0.1" }), "an array of strings"),
        (json!({ "name": "a", "allowed_ips": [] }), "at least one"),
        (json!({ "name": "a", "allowed_ips": ["10.0.0.1/8"] }), "write 10.0.0.0/8"),
        (json!({ "name": "a", "allowed_ips": ["nowhere"] }), "'nowhere' is not an IP address"),
    ] {
        let refused = post(&world, here, LISTS, key, body.clone()).await;
        let message = refused.body["error"]["message"].as_str().unwrap_or_default();
        assert!(refused.status == 400 && message.contains(fault), "{body}: {}", refused.body);
    }
    let made = post(&world, here, LISTS, key, json!({ "name": "office", "allowed_ips": ["198.51.100.0/24"] })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!((&made.body["object"], &made.body["active"]), (&json!("keystead.ip_allowlist"), &json!(false)));
    assert_eq!((&made.body["allowed_ips"], &made.body["project_id"]), (&json!(["198.51.100.0/24"]), &Value::Null));
    let list = format!("{LISTS}/{}", made.text("id"));
    let activate = format!("{list}/activate");

    // Callers do not lock themselves out by mistake.
    let caught = post(&world, here, &activate, key, json!({})).await;
    assert_eq!((caught.status, caught.code()), (400, "ip_allowlist_locks_out"), "{}", caught.body);
    assert!(caught.body["error"]["message"].as_str().unwrap().contains("203.0.113.9"));
    assert_eq!(post(&world, there, &activate, key, json!({})).await.body["active"], true);

    // With the very next request; the list is checked before the scope.
    let refused = world.call_of(here, (Method::GET, LISTS), key, json!({})).await;
    assert_eq!((refused.status, refused.code()), (401, "ip_not_authorized"));
    assert_eq!(refused.body["error"]["message"], "Your IP is not authorized to make this request");
    assert_eq!(refused.body["error"]["type"], "invalid_request_error");
    assert_eq!(
        world.get("/v1/me", key).await.code(),
        "ip_not_authorized",
        "a request without an address is not on the list"
    );
    assert_eq!(world.call_of(there, (Method::GET, "/v1/me"), key, json!({})).await.status, 200);
    let closed = Client { served: false, ..there };
    let closed = world.call_of(closed, (Method::GET, "/v1/me"), key, json!({})).await;
    assert_eq!((closed.status, closed.code()), (403, "unsupported_country_region_territory"));

    let edit = json!({ "name": "homes", "allowed_ips": ["203.0.113.9"] });
    assert_eq!(post(&world, there, &list, key, edit.clone()).await.code(), "ip_allowlist_locks_out");
    let mut forced = edit;
    forced["force"] = true.into();
    assert_eq!(post(&world, there, &list, key, forced).await.body["allowed_ips"], json!(["203.0.113.9"]));
    assert_eq!(world.call_of(there, (Method::GET, LISTS), key, json!({})).await.code(), "ip_not_authorized");
    let shown = world.call_of(here, (Method::GET, LISTS), key, json!({})).await;
    assert_eq!(shown.body["data"][0]["name"], "homes");
    assert_eq!(post(&world, here, &format!("{list}/deactivate"), key, json!({})).await.body["active"], false);
    assert_eq!(world.call_of(there, (Method::GET, &list), key, json!({})).await.body["active"], false);
    let gone = world.call_of(there, (Method::DELETE, &list), key, json!({})).await;
    assert_eq!((&gone.body["deleted"], gone.status), (&json!(true), 200));
    assert_eq!(world.call_of(there, (Method::GET, &list), key, json!({})).await.status, 404);

    // The audit log has action, actor and address.
    let log = world.call_of(there, (Method::GET, "/v1/organization/audit_logs"), key, json!({})).await;
    let rows = log.body["data"].as_array().unwrap();
    let of_lists: Vec<&Value> =
        rows.iter().filter(|row| row["type"].as_str().unwrap().starts_with("ip_allowlist")).rev().collect();
    let kinds: Vec<&str> = of_lists.iter().map(|row| row["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "ip_allowlist.created",
            "ip_allowlist.config.activated",
            "ip_allowlist.updated",
            "ip_allowlist.config.deactivated",
            "ip_allowlist.deleted"
        ]
    );
    let id = &made.body["id"];
    assert_eq!(of_lists[0]["ip_allowlist.created"]["allowed_ips"], json!(["198.51.100.0/24"]));
    assert_eq!(of_lists[0]["ip_allowlist.created"]["name"], "office");
    assert_eq!(of_lists[1]["ip_allowlist.config.activated"]["configs"], json!([{ "id": id, "name": "office" }]));
    assert_eq!(of_lists[2]["ip_allowlist.updated"]["allowed_ips"], json!(["203.0.113.9"]));
    assert_eq!(of_lists[3]["ip_allowlist.config.deactivated"]["configs"][0]["name"], "homes");
    assert_eq!(of_lists[4]["ip_allowlist.deleted"]["allowed_ips"], json!(["203.0.113.9"]));
    let from: Vec<&str> = of_lists.iter().map(|row| row["actor"]["api_key"]["ip_address"].as_str().unwrap()).collect();
    assert_eq!(from, ["203.0.113.9", "198.51.100.1", "198.51.100.1", "203.0.113.9", "198.51.100.1"]);
}

#[tokio::test]
async fn a_projects_list_restricts_further() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, here, there) = (admin(&owner), at("203.0.113.9"), at("198.51.100.1"));
    let data = post(&world, here, "/v1/api-keys", key, json!({ "name": "data" })).await.text("value");
    let body = json!({ "name": "robots", "allowed_ips": ["198.51.100.1"], "project_id": owner.project_id });
    let made = post(&world, here, LISTS, key, body).await;
    let activate = format!("{LISTS}/{}/activate", made.text("id"));
    assert_eq!(post(&world, here, &activate, key, json!({ "force": true })).await.status, 200);
    let me = |client, key| world.call_of(client, (Method::GET, "/v1/me"), key, json!({}));
    assert_eq!(me(here, data.as_str()).await.code(), "ip_not_authorized");
    assert_eq!(me(there, data.as_str()).await.status, 200);
    assert_eq!(me(here, key).await.status, 200, "an admin key works in no project");

    let strange = json!({ "name": "x", "allowed_ips": ["10.0.0.1"], "project_id": "proj_nothing" });
    assert_eq!(post(&world, here, LISTS, key, strange).await.status, 404);
    // The maximum number, for the organization and for a project.
    for n in 0..10 {
        let body = json!({ "name": format!("n{n}"), "allowed_ips": ["10.0.0.1"] });
        assert_eq!(post(&world, here, LISTS, key, body).await.status, 200, "{n}");
    }
    let body = json!({ "name": "eleven", "allowed_ips": ["10.0.0.1"] });
    assert_eq!(post(&world, here, LISTS, key, body).await.status, 400);
    let other = world.bootstrap("bob", true).await;
    let lists = world.call_of(here, (Method::GET, LISTS), admin(&other), json!({})).await;
    assert_eq!(lists.body["data"], json!([]), "each organization has its own");
}
