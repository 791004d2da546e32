//! The endpoints for the operator on the command line: the same table, without keys.

use http::Method;
use keystead_api::command_line::CommandLine;
use keystead_api::{Permission, ROUTES};
use keystead_app::Actor;
use serde_json::json;

use crate::world::{World, admin};

const PROJECTS: &str = "/v1/organization/projects";

#[tokio::test]
async fn answers_are_those_of_the_api() {
    let world = World::new().await;
    let ann = world.bootstrap("ann", true).await;
    let api = CommandLine::new(world.app.clone(), Actor::operator("command line"));
    let organization = Some(&ann.organization_id);
    let made = api.call(organization, (Method::POST, PROJECTS), Some(&json!({ "name": "Lab" }))).await.unwrap();
    for path in [
        "/v1/organization/projects",
        "/v1/organization/users",
        "/v1/organization/admin_api_keys",
        "/v1/organization/invites",
        "/v1/organization/audit_logs",
        "/v1/organization/costs?start_time=0",
        "/v1/organization/data_retention",
        "/v1/keystead/organization_verifications",
    ] {
        let over_http = world.get(path, admin(&ann)).await;
        assert_eq!(over_http.status, 200, "{path}: {}", over_http.body);
        assert_eq!(api.call(organization, (Method::GET, path), None).await.unwrap(), over_http.body, "{path}");
    }
    let log = world.get("/v1/organization/audit_logs?limit=1", admin(&ann)).await;
    let event = &log.body["data"][0];
    assert_eq!((&event["type"], &event["project.created"]["id"]), (&json!("project.created"), &made["id"]));
    assert_eq!(event["keystead_actor"], json!({ "type": "operator", "id": "command line" }));
    // Organizations do not see the addresses of operators.
    let named = CommandLine::new(world.app.clone(), Actor::operator("ops@example.com"));
    world.wait(1);
    named.call(organization, (Method::POST, PROJECTS), Some(&json!({ "name": "Second" }))).await.unwrap();
    let log = world.get("/v1/organization/audit_logs?limit=1", admin(&ann)).await;
    assert_eq!(log.body["data"][0]["keystead_actor"], json!({ "type": "operator", "id": null }));
}

#[tokio::test]
async fn errors_are_those_of_the_api() {
    let world = World::new().await;
    let ann = world.bootstrap("ann", true).await;
    let api = CommandLine::new(world.app.clone(), Actor::operator("command line"));
    let organization = Some(&ann.organization_id);
    for (method, path, body) in [
        (Method::GET, "/v1/organization/projects/proj_000000000000000000000000", json!({})),
        (Method::GET, "/v1/organization/projects?limit=0", json!({})),
        (Method::GET, "/v1/organization/projects?colour=red", json!({})),
        (Method::POST, PROJECTS, json!({ "name": "" })),
        (Method::POST, PROJECTS, json!({})),
        (Method::GET, "/v1/organization/nothing", json!({})),
    ] {
        let over_http = world.call(method.clone(), path, admin(&ann), &body.to_string()).await;
        let refused = api.call(organization, (method, path), Some(&body)).await.unwrap_err();
        assert_eq!(refused.body, over_http.body, "{path}");
        assert_eq!(refused.message(), over_http.body["error"]["message"].as_str().unwrap(), "{path}");
    }
    let space = api.call(organization, (Method::GET, "/v1/organization/projects/a b"), None).await;
    assert!(space.is_err(), "no path has a space");
}

/// What a key does for its owner has no place here, and what belongs to an organization needs one.
#[tokio::test]
async fn each_endpoint_has_its_actor() {
    let world = World::new().await;
    let api = CommandLine::new(world.app.clone(), Actor::operator("command line"));
    for endpoint in ROUTES {
        let path = endpoint.path.replace(['{', '}'], "x");
        let refused = api.call(None, (endpoint.method.clone(), &path), None).await.err();
        let message = refused.as_ref().map(|refused| refused.message().to_owned()).unwrap_or_default();
        match endpoint.permission {
            Permission::AnyKey => assert!(message.starts_with("Invalid URL"), "{endpoint:?}: {message}"),
            Permission::Operator => assert_ne!(message, "This needs an organization.", "{endpoint:?}"),
            _ => assert_eq!(message, "This needs an organization.", "{endpoint:?}"),
        }
        let internal = message.contains("x-request-id") || message.starts_with("An internal error");
        assert!(!internal, "{endpoint:?}: {message}");
    }
}
