//! External keys and external storage: registering, validating and removing, and what is refused.

use std::sync::Arc;

use keystead_core::external::Fault;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::audit_shapes::kind_of;
use crate::world::{Answer, START, World, admin};

pub(crate) const EXTERNAL_KEYS: &str = "/v1/organization/external_keys";
pub(crate) const EXTERNAL_STORAGE: &str = "/v1/organization/external_storage";
const ROLE: &str = "arn:aws:iam::123456789012:role/keystead";

pub(crate) fn external_key(name: &str) -> Value {
    json!({
        "type": "aws", "name": name, "external_id": "acme-1", "role_arn": ROLE,
        "kms_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
    })
}

pub(crate) fn external_storage(project: &str) -> Value {
    json!({ "project_id": project, "provider": { "type": "aws", "bucket": "acme-data", "role_arn": ROLE } })
}

fn refused(answer: &Answer, status: u16, param: &str, part: &str) {
    let error = &answer.body["error"];
    let param = if param.is_empty() { Value::Null } else { param.into() };
    assert_eq!((answer.status, &error["param"]), (status, &param), "{}", answer.body);
    assert!(error["message"].as_str().unwrap().contains(part), "{}", answer.body);
}

#[tokio::test]
async fn a_key_is_registered_validated_and_removed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let made = world.post(EXTERNAL_KEYS, key, external_key(" vault ")).await;
    let id = made.text("id");
    let shown = json!({
        "id": id, "object": "organization.external_key", "type": "aws", "name": "vault", "purpose": "ekm",
        "workspace_id": owner.organization_id, "api_project_ids": [], "created_at": START, "external_id": "acme-1",
        "role_arn": ROLE, "kms_arn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd",
    });
    assert_eq!((made.status, &made.body), (200, &shown));
    assert_eq!(world.clouds.asked(), 0, "registering contacts nothing");
    let one = format!("{EXTERNAL_KEYS}/{id}");
    let check = format!("{one}/validate");
    assert_eq!(world.get(&one, key).await.body, shown);

    let works = json!({ "status": "validated", "reason": null, "validated_at": START });
    assert_eq!(world.post(&check, key, json!({})).await.body, works);
    world.clouds.fail(Some(Fault::Disabled));
    world.wait(5);
    let fails = json!({ "status": "unhealthy", "reason": "disabled", "validated_at": START + 5 });
    let answer = world.post(&check, key, json!({})).await;
    assert_eq!((answer.status, answer.body), (200, fails), "a fault of the key is an answer");

    let gone = world.delete(&one, key).await;
    assert_eq!((gone.status, gone.body), (200, shown), "the answer is the key");
    refused(&world.get(&one, key).await, 404, "", "No such external key");
    refused(&world.delete(&one, key).await, 404, "", "No such external key");
    refused(&world.post(&check, key, json!({})).await, 404, "", "No such external key");
    let query = "event_types[]=external_key.registered,external_key.validated,external_key.removed&order=asc";
    let log = world.get(&format!("/v1/organization/audit_logs?{query}"), key).await;
    let rows: Vec<&Value> = log.body["data"].as_array().unwrap().iter().collect();
    let kinds: Vec<&str> = rows.iter().map(|row| kind_of(row)).collect();
    let told = ["external_key.registered", "external_key.validated", "external_key.validated", "external_key.removed"];
    assert_eq!(kinds, told, "{}", log.body);
    assert_eq!(rows[2]["external_key.validated"], json!({ "id": id, "status": "unhealthy", "reason": "disabled" }));
}

#[tokio::test]
async fn keys_of_one_purpose_are_listed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    world.post(EXTERNAL_KEYS, key, external_key("both")).await;
    let mut decrypts = external_key("decrypts");
    decrypts["purpose"] = "psp_decryption".into();
    let id = world.post(EXTERNAL_KEYS, key, decrypts).await.text("id");
    let found = world.get(&format!("{EXTERNAL_KEYS}?purpose=psp_decryption"), key).await;
    assert_eq!((found.body["data"].as_array().unwrap().len(), found.text("first_id")), (1, id));
    refused(&world.get(&format!("{EXTERNAL_KEYS}?purpose=x"), key).await, 400, "purpose", "must be ekm");
}

#[tokio::test]
async fn wrong_fields_of_keys_are_refused_by_name() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    for (name, value, part) in [
        ("type", json!("ibm"), "must be aws, gcp, azure or oci"),
        ("type", Value::Null, "Missing required parameter"),
        ("name", json!(" "), "visible"),
        ("name", Value::Null, "Missing required parameter"),
        ("purpose", json!("x"), "must be ekm or psp_decryption"),
        ("role_arn", Value::Null, "Missing required parameter"),
        ("role_arn", json!("arn:aws:iam::123456789012:user/ann"), "the ARN of a role"),
        ("kms_arn", json!("arn:aws:kms:eu.evil/:123456789012:key/1"), "the ARN of a KMS key"),
        ("external_id", json!("a b"), "letters"),
        ("external_id", json!("org-another"), "the id of another organization"),
        ("vault_uri", json!("https://acme.vault.azure.net"), "no field of the type aws"),
    ] {
        let mut body = external_key("vault");
        body[name] = value;
        refused(&world.post(EXTERNAL_KEYS, key, body).await, 400, name, part);
    }
    let mut own = external_key("vault");
    own["external_id"] = json!(owner.organization_id);
    assert_eq!(world.post(EXTERNAL_KEYS, key, own).await.status, 200);
}

#[tokio::test]
async fn storage_is_registered_validated_and_removed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, project) = (admin(&owner), owner.project_id.as_str());
    let made = world.post(EXTERNAL_STORAGE, key, external_storage(project)).await;
    let id = made.text("id");
    let mut shown = json!({
        "id": id, "object": "organization.external_storage", "project_id": project, "geography": "GLOBAL",
        "provider": {
            "type": "aws", "bucket": "acme-data", "role_arn": ROLE, "account_id": "123456789012", "region": "unknown",
            "external_id": owner.organization_id,
        },
        "status": "pending", "reason": null, "validated_at": null, "created_at": START,
    });
    assert_eq!((made.status, &made.body), (200, &shown));
    let one = format!("{EXTERNAL_STORAGE}/{id}");
    let check = format!("{one}/validate");
    (shown["status"], shown["validated_at"]) = ("validated".into(), START.into());
    (shown["provider"]["region"], shown["geography"]) = ("eu-west-1".into(), "EU".into());
    assert_eq!(world.post(&check, key, json!({})).await.body, shown);
    assert_eq!(world.get(&one, key).await.body, shown);
    world.clouds.fail(Some(Fault::DeleteRefused));
    (shown["status"], shown["reason"]) = ("degraded".into(), "delete_refused".into());
    assert_eq!(world.post(&check, key, json!({})).await.body, shown);

    let found = world.get(&format!("{EXTERNAL_STORAGE}?project_id={project}"), key).await;
    assert_eq!(found.body["data"], json!([shown]));
    let none = world.get(&format!("{EXTERNAL_STORAGE}?project_id=proj_none"), key).await;
    refused(&none, 404, "", "No such project");
    let gone = world.delete(&one, key).await;
    let deleted = json!({ "id": id, "object": "organization.external_storage.deleted", "deleted": true });
    assert_eq!((gone.status, gone.body), (200, deleted));
    refused(&world.get(&one, key).await, 404, "", "No such external storage");
}

#[tokio::test]
async fn wrong_fields_of_storage_are_refused() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, project) = (admin(&owner), owner.project_id.as_str());
    for (provider, part) in [
        (Value::Null, "Missing required parameter: 'provider'"),
        (json!("aws"), "expected an object"),
        (json!({}), "'provider.type'"),
        (json!({ "type": "ibm" }), "must be aws, gcp, azure or oci"),
        (json!({ "type": "aws", "bucket": 1 }), "'provider.bucket': expected a string"),
        (json!({ "type": "aws", "secret": "x" }), "Unknown parameter: 'provider.secret'"),
        (json!({ "type": "aws", "secret": null }), "Unknown parameter: 'provider.secret'"),
        (json!({ "type": "aws", "role_arn": ROLE }), "Missing required parameter: 'provider.bucket'"),
        (json!({ "type": "aws", "role_arn": ROLE, "bucket": "a/b" }), "the name of a bucket"),
        (json!({ "type": "oci", "role_arn": ROLE }), "no field of the type oci"),
    ] {
        let answer = world.post(EXTERNAL_STORAGE, key, json!({ "project_id": project, "provider": provider })).await;
        refused(&answer, 400, "provider", part);
    }
    let foreign = world.post(EXTERNAL_STORAGE, key, external_storage("proj_none")).await;
    refused(&foreign, 404, "", "No such project");
}

#[tokio::test]
async fn without_an_identity_nothing_is_contacted() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let oracle = json!({
        "type": "oci", "name": "vault", "key_ocid": "ocid1.key.oc1.a", "vault_ocid": "ocid1.vault.oc1.a",
        "region": "eu-frankfurt-1",
    });
    let id = world.post(EXTERNAL_KEYS, key, oracle).await.text("id");
    let answer = world.post(&format!("{EXTERNAL_KEYS}/{id}/validate"), key, json!({})).await;
    assert_eq!((&answer.body["status"], &answer.body["reason"]), (&json!("unhealthy"), &json!("no_identity")));
    assert_eq!(world.clouds.asked(), 0);
}

#[tokio::test]
async fn validations_and_keys_are_limited() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let id = world.post(EXTERNAL_KEYS, key, external_key("0")).await.text("id");
    let check = format!("{EXTERNAL_KEYS}/{id}/validate");
    for _ in 0..30 {
        assert_eq!(world.post(&check, key, json!({})).await.status, 200);
    }
    let limited = world.post(&check, key, json!({})).await;
    assert_eq!((limited.status, limited.code()), (429, "external_checks"));
    assert_eq!(world.clouds.asked(), 30);
    for n in 1..100 {
        assert_eq!(world.post(EXTERNAL_KEYS, key, external_key(&n.to_string())).await.status, 200);
    }
    let full = world.post(EXTERNAL_KEYS, key, external_key("more")).await;
    refused(&full, 400, "", "at most 100 external keys");
}

/// The cloud is contacted outside of transactions, and afterwards the permission and the row are looked for again.
#[tokio::test]
async fn what_is_removed_while_it_is_validated_stays_removed() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, project) = (admin(&owner), owner.project_id.as_str());
    for (list, body) in [(EXTERNAL_KEYS, external_key("vault")), (EXTERNAL_STORAGE, external_storage(project))] {
        let one = format!("{list}/{}", world.post(list, key, body).await.text("id"));
        let check = format!("{one}/validate");
        let (reached, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (at_the_cloud, until) = (Arc::clone(&reached), Arc::clone(&answer));
        world.clouds.wait_once(async move {
            at_the_cloud.notify_one();
            until.notified().await;
        });
        let remove = async {
            reached.notified().await;
            let removed = world.delete(&one, key).await;
            answer.notify_one();
            removed.status
        };
        let (checked, removed) = tokio::join!(world.post(&check, key, json!({})), remove);
        assert_eq!(removed, 200, "no transaction waits for the cloud");
        refused(&checked, 404, "", "No such external");
    }
    let log = world.get("/v1/organization/audit_logs?event_types[]=external_key.validated", key).await;
    assert_eq!(log.body["data"], json!([]));
}

/// What was begun at the cloud is completed there and is in the audit log, also when the client disconnects meanwhile.
#[tokio::test]
async fn a_validation_ends_although_its_client_disconnects() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let (key, project) = (admin(&owner), owner.project_id.as_str());
    for (list, body, kind) in [
        (EXTERNAL_KEYS, external_key("vault"), "external_key.validated"),
        (EXTERNAL_STORAGE, external_storage(project), "external_storage.validated"),
    ] {
        let check = format!("{list}/{}/validate", world.post(list, key, body).await.text("id"));
        let (reached, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (at_the_cloud, until) = (Arc::clone(&reached), Arc::clone(&answer));
        world.clouds.wait_once(async move {
            at_the_cloud.notify_one();
            until.notified().await;
        });
        tokio::select! {
            biased;
            () = reached.notified() => {}
            early = world.post(&check, key, json!({})) => panic!("answered before the cloud: {}", early.body),
        }
        answer.notify_one();
        let log = format!("/v1/organization/audit_logs?event_types[]={kind}");
        let mut saved = json!([]);
        for _ in 0..1_000 {
            saved = world.get(&log, key).await.body["data"].clone();
            if saved != json!([]) {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(saved[0][kind]["status"], "validated", "{kind}: {saved}");
    }
}
