//! Client certificates: uploads, where they are active, and that organizations do not see each other's.

use http::{Method, Request};
use keystead_app::Actor;
use keystead_app::keys::NewKey;
use keystead_core::client_certificate::ReportedCertificate;
use serde_json::{Value, json};

use crate::world::{Answer, START, World, admin};

const ALL: &str = "/v1/organization/certificates";

pub(crate) const AUTHORITY: &str = include_str!("../../../../tests/certificates/authority.pem");
const OTHER: &str = include_str!("../../../../tests/certificates/other-authority.pem");
const CLIENT: &str = include_str!("../../../../tests/certificates/client.pem");
const EXPIRED: &str = include_str!("../../../../tests/certificates/expired-authority.pem");
const SHORT: &str = include_str!("../../../../tests/certificates/short-client.pem");

async fn upload(world: &World, key: &str, name: &str) -> String {
    // Lists are ordered by the second.
    world.wait(1);
    let made = world.post(ALL, key, json!({ "certificate": AUTHORITY, "name": name })).await;
    assert_eq!(made.status, 200, "{}", made.body);
    made.text("id")
}

fn refused(answer: &Answer, status: u16, param: Value, part: &str) {
    let error = &answer.body["error"];
    assert_eq!((answer.status, &error["param"]), (status, &param), "{}", answer.body);
    assert!(error["message"].as_str().unwrap().contains(part), "{}", answer.body);
}

#[tokio::test]
async fn a_certificate_is_uploaded_renamed_and_deleted() {
    let world = World::new().await;
    let key = world.bootstrap("ann", true).await;
    let key = admin(&key);
    let made = world.post(ALL, key, json!({ "certificate": AUTHORITY, "name": " Offices " })).await;
    let id = made.text("id");
    assert!(id.starts_with("cert_") && id.len() == 29, "{id}");
    let shown = json!({
        "id": id,
        "object": "certificate",
        "name": "Offices",
        "created_at": START,
        "certificate_details": { "valid_at": 1_735_689_600, "expires_at": 4_891_363_200_i64 },
    });
    assert_eq!((made.status, &made.body), (200, &shown));
    let one = format!("{ALL}/{id}");
    assert_eq!(world.get(&one, key).await.body, shown);
    for include in ["include[]=content", "include=content", "include[0]=content"] {
        let whole = world.get(&format!("{one}?{include}"), key).await;
        assert_eq!(whole.body["certificate_details"]["content"], AUTHORITY.trim(), "{include}");
    }
    refused(&world.get(&format!("{one}?include[]=key"), key).await, 400, json!("include"), "must be content");

    assert_eq!(world.post(&one, key, json!({})).await.body, shown, "without a name it stays");
    assert_eq!(world.post(&one, key, json!({ "name": null })).await.body, shown);
    assert_eq!(world.post(&one, key, json!({ "name": "Labs" })).await.text("name"), "Labs");
    for (name, part) in
        [(" ".to_owned(), "visible"), ("x".repeat(256), "at most 255"), ("a\u{202e}b".to_owned(), "U+202E")]
    {
        refused(&world.post(&one, key, json!({ "name": name })).await, 400, json!("name"), part);
        let made = world.post(ALL, key, json!({ "name": name, "certificate": AUTHORITY })).await;
        refused(&made, 400, json!("name"), part);
    }
    let unnamed = world.post(ALL, key, json!({ "certificate": format!("text\n{SHORT}text") })).await;
    assert_eq!((unnamed.status, &unnamed.body["name"]), (200, &Value::Null));

    let gone = world.delete(&one, key).await;
    assert_eq!((gone.status, &gone.body), (200, &json!({ "object": "certificate.deleted", "id": id })));
    refused(&world.get(&one, key).await, 404, Value::Null, "No such certificate");
    refused(&world.delete(&one, key).await, 404, Value::Null, "No such certificate");

    let log = world.get("/v1/organization/audit_logs?event_types[]=certificate.created,certificate.updated,certificate.deleted&order=asc", key).await;
    let rows = log.body["data"].as_array().unwrap();
    let told: Vec<_> = rows.iter().filter(|row| row[row["type"].as_str().unwrap()]["id"] == json!(id)).collect();
    assert_eq!(told.len(), 3, "{}", log.body);
    assert_eq!(told[0]["certificate.created"], json!({ "id": id, "name": "Offices" }));
    assert_eq!(told[1]["certificate.updated"], json!({ "id": id, "name": "Labs" }));
    assert_eq!(told[2]["certificate.deleted"], json!({ "id": id, "name": "Labs", "certificate": AUTHORITY.trim() }));
}

#[tokio::test]
async fn uploads_that_are_refused() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let (two, long) = ([AUTHORITY, OTHER].concat(), "x".repeat(20_000));
    let private = AUTHORITY.replace("CERTIFICATE", "PRIVATE KEY");
    for (body, part) in [
        (json!({}), "Missing required parameter"),
        (json!({ "certificate": null }), "Missing required parameter"),
        (json!({ "certificate": 7 }), "expected a string"),
        (json!({ "certificate": "" }), "one certificate in PEM"),
        (json!({ "certificate": two }), "more than one certificate"),
        (json!({ "certificate": private }), "private key"),
        (json!({ "certificate": EXPIRED }), "it has expired"),
        (json!({ "certificate": long }), "16384"),
    ] {
        let answer = world.post(ALL, key, body).await;
        refused(&answer, 400, json!("certificate"), part);
        assert!(!answer.body.to_string().contains("MII"), "nothing of an upload is repeated");
    }
    assert_eq!(world.get(ALL, key).await.body["data"], json!([]));
    for n in 0..50 {
        upload(&world, key, &format!("{n}")).await;
    }
    let more = world.post(ALL, key, json!({ "certificate": AUTHORITY })).await;
    refused(&more, 400, Value::Null, "at most 50 certificates");
}

#[tokio::test]
async fn certificates_are_active_in_places() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let project = world.post("/v1/organization/projects", key, json!({ "name": "Lab" })).await.text("id");
    let places = [
        (ALL.to_owned(), "organization.certificate", owner.organization_id.to_string()),
        (
            format!("/v1/organization/projects/{project}/certificates"),
            "organization.project.certificate",
            project.clone(),
        ),
    ];
    let (one, two) = (upload(&world, key, "one").await, upload(&world, key, "two").await);
    for (path, object, target) in &places {
        let active = async || {
            let list = world.get(&format!("{path}?order=asc"), key).await.body;
            let rows = list["data"].as_array().unwrap().clone();
            assert!(rows.iter().all(|row| row["object"] == *object), "{list}");
            rows.iter().map(|row| row["active"].as_bool().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(active().await, [false, false]);
        let both = json!({ "certificate_ids": [two, one, two] });
        let done = world.post(&format!("{path}/activate"), key, both.clone()).await;
        assert_eq!((done.status, &done.body["object"]), (200, &json!(format!("{object}.activation"))), "{}", done.body);
        let data = done.body["data"].as_array().unwrap();
        assert_eq!(data.len(), 2);
        assert_eq!((&data[0]["id"], &data[1]["id"]), (&json!(two), &json!(one)), "in the order of the request");
        let mut whole = world.get(&format!("{ALL}/{two}"), key).await.body;
        (whole["object"], whole["active"]) = (json!(object), json!(true));
        assert_eq!(data[0], whole);
        assert_eq!(active().await, [true, true]);
        let again = world.post(&format!("{path}/activate"), key, both).await;
        assert_eq!((again.status, &again.body), (200, &done.body), "it is idempotent");

        let refused_deletion = world.delete(&format!("{ALL}/{one}"), key).await;
        refused(&refused_deletion, 400, Value::Null, "is active");
        assert_eq!(refused_deletion.code(), "certificate_active");
        let off = world.post(&format!("{path}/deactivate"), key, json!({ "certificate_ids": [one] })).await;
        assert_eq!(off.body["object"], format!("{object}.deactivation"));
        assert_eq!(off.body["data"][0]["active"], json!(false));
        assert_eq!(active().await, [false, true]);
        world.post(&format!("{path}/deactivate"), key, json!({ "certificate_ids": [one, two] })).await;
        assert_eq!(active().await, [false, false]);
        let log = world.get(&format!("/v1/organization/audit_logs?resource_ids[]={target}&order=asc"), key).await.body;
        let rows: Vec<_> =
            log["data"].as_array().unwrap().iter().filter(|row| row["type"] != "project.created").collect();
        let kinds: Vec<_> = rows.iter().map(|row| row["type"].as_str().unwrap()).collect();
        let (on, off) = ("certificates.activated", "certificates.deactivated");
        assert!(kinds.ends_with(&[on, off, off]), "what changes nothing is not recorded: {kinds:?}");
        let activated = rows.iter().find(|row| row["type"] == on).unwrap();
        let named = json!([{ "id": two, "name": "two" }, { "id": one, "name": "one" }]);
        assert_eq!(activated[on]["certificates"], named);
    }
    // Active in one place, it is not in the other.
    let (_, project_path) = (&places[0].0, &places[1].0);
    world.post(&format!("{project_path}/activate"), key, json!({ "certificate_ids": [one] })).await;
    assert_eq!(world.get(&format!("{ALL}?order=asc"), key).await.body["data"][0]["active"], false);
    // An archived project changes no more, and keeps no certificate from being deleted.
    world.post(&format!("/v1/organization/projects/{project}/archive"), key, json!({})).await;
    let late = world.post(&format!("{project_path}/activate"), key, json!({ "certificate_ids": [two] })).await;
    refused(&late, 400, Value::Null, "has been archived");
    assert_eq!(world.get(project_path, key).await.status, 200);
    assert_eq!(world.delete(&format!("{ALL}/{one}"), key).await.status, 200);
}

#[tokio::test]
async fn an_activation_is_whole_or_not_at_all() {
    let world = World::new().await;
    let (owner, stranger) = (world.bootstrap("ann", true).await, world.bootstrap("ben", true).await);
    let (key, foreign) = (admin(&owner), admin(&stranger));
    let (one, theirs) = (upload(&world, key, "one").await, upload(&world, foreign, "theirs").await);
    let project = format!("/v1/organization/projects/{}/certificates", owner.project_id);
    let many = [&one; 11];
    for path in [ALL, &project] {
        for verb in ["activate", "deactivate"] {
            let path = format!("{path}/{verb}");
            for (body, status, param, part) in [
                (json!({}), 400, json!("certificate_ids"), "Missing required parameter"),
                (json!({ "certificate_ids": [] }), 400, json!("certificate_ids"), "give 1 to 10 ids"),
                (json!({ "certificate_ids": many }), 400, json!("certificate_ids"), "give 1 to 10 ids"),
                (json!({ "certificate_ids": one }), 400, json!("certificate_ids"), "array of strings"),
                (json!({ "certificate_ids": [7] }), 400, json!("certificate_ids"), "array of strings"),
                (json!({ "certificate_ids": [one, "cert_none"] }), 404, Value::Null, "No such certificate: cert_none"),
                (json!({ "certificate_ids": [one, "x"] }), 404, Value::Null, "No such certificate: x"),
                (json!({ "certificate_ids": [one, theirs] }), 404, Value::Null, "No such certificate"),
            ] {
                refused(&world.post(&path, key, body).await, status, param, part);
            }
        }
    }
    let rows = world.get(ALL, key).await.body;
    assert_eq!((rows["data"].as_array().unwrap().len(), &rows["data"][0]["active"]), (1, &json!(false)));

    // Another organization's certificates and projects are like unknown ones.
    for (method, path) in [
        (Method::GET, format!("{ALL}/{one}")),
        (Method::POST, format!("{ALL}/{one}")),
        (Method::DELETE, format!("{ALL}/{one}")),
        (Method::GET, project.clone()),
        (Method::POST, format!("{project}/activate")),
        (Method::POST, format!("{project}/deactivate")),
    ] {
        let body =
            if path.ends_with("activate") { json!({ "certificate_ids": [theirs] }).to_string() } else { String::new() };
        assert_eq!(world.call(method.clone(), &path, foreign, &body).await.status, 404, "{method} {path}");
    }
    assert_eq!(world.get(&format!("{ALL}/{one}"), key).await.status, 200);
}

/// A certificate is valid to its last second, and is not activated after it.
#[tokio::test]
async fn expired_certificates_are_not_activated() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let id = world.post(ALL, key, json!({ "certificate": SHORT })).await.text("id");
    let end = world.get(&format!("{ALL}/{id}"), key).await.body["certificate_details"]["expires_at"].as_i64().unwrap();
    let switch = async |verb: &str| world.post(&format!("{ALL}/{verb}"), key, json!({ "certificate_ids": [id] })).await;
    world.wait(end - world.app.now().0);
    assert_eq!(switch("activate").await.status, 200);
    assert_eq!(switch("deactivate").await.status, 200);
    assert_eq!(world.post(ALL, key, json!({ "certificate": SHORT })).await.status, 200);
    world.wait(1);
    let late = switch("activate").await;
    refused(&late, 400, json!("certificate_ids"), "has expired");
    assert_eq!(late.code(), "certificate_expired");
    refused(&world.post(ALL, key, json!({ "certificate": SHORT })).await, 400, json!("certificate"), "it has expired");
    assert_eq!(switch("deactivate").await.status, 200);
    assert_eq!(world.delete(&format!("{ALL}/{id}"), key).await.status, 200);
}

/// Keys of a project need the client's certificate at every route; admin keys never do.
#[tokio::test]
async fn the_administration_asks_keys_of_projects() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let accounts = format!("/v1/organization/projects/{}/service_accounts", owner.project_id);
    let made = world.post(&accounts, key, json!({ "name": "bot" })).await;
    let secret = made.body["api_key"]["value"].as_str().unwrap().to_owned();
    let id = upload(&world, key, "one").await;
    let me = async |secret: &str, pem: Option<&str>| {
        let request = Request::get("/v1/me").header("authorization", format!("Bearer {secret}"));
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        let escaped = pem.map(|pem| pem.replace('\n', "%0A").replace(' ', "%20"));
        if let Some(reported) = escaped.and_then(|pem| ReportedCertificate::of(pem.as_bytes())) {
            request.extensions_mut().insert(reported);
        }
        world.send(request).await
    };
    assert_eq!(me(&secret, None).await.status, 200);
    world.post(&format!("{ALL}/activate"), key, json!({ "certificate_ids": [id] })).await;
    let without = me(&secret, None).await;
    assert_eq!((without.status, without.code()), (401, "certificate_required"));
    let other = me(&secret, Some(OTHER)).await;
    assert_eq!((other.status, other.code()), (401, "certificate_not_accepted"));
    // An organization or a project that the key does not reach chooses none without certificates.
    for name in ["openai-project", "openai-organization"] {
        let request = Request::get("/v1/me").header("authorization", format!("Bearer {secret}")).header(name, "x");
        assert_eq!(world.send(request.body(axum::body::Body::empty()).unwrap()).await.status, 401, "{name}");
    }
    assert_eq!(me(&secret, Some(CLIENT)).await.status, 200);
    assert_eq!(me(key, None).await.status, 200);
    assert_eq!(world.get(ALL, key).await.status, 200);
    world.post(&format!("{ALL}/deactivate"), key, json!({ "certificate_ids": [id] })).await;
    assert_eq!(me(&secret, None).await.status, 200);
}

/// A legacy key chooses the project of a new key in the body, and needs the certificate of that project.
#[tokio::test]
async fn the_project_in_a_body_asks_for_certificates() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let person = Actor::Person(owner.user_id.clone());
    let legacy = world.app.create_user_key(&person, &owner.organization_id, &NewKey::default()).await.unwrap();
    let legacy = legacy.secret.expose();
    let lab = world.post("/v1/organization/projects", key, json!({ "name": "Lab" })).await.text("id");
    let asked = json!({ "name": "new", "project_id": lab });
    assert_eq!(world.post("/v1/api-keys", legacy, asked.clone()).await.status, 200);
    let id = upload(&world, key, "one").await;
    let activate = format!("/v1/organization/projects/{lab}/certificates/activate");
    world.post(&activate, key, json!({ "certificate_ids": [id] })).await;
    let refused = world.post("/v1/api-keys", legacy, asked).await;
    assert_eq!((refused.status, refused.code()), (401, "certificate_required"), "{}", refused.body);
    assert_eq!(world.post("/v1/api-keys", legacy, json!({ "name": "usual" })).await.status, 200);
}

/// Where nothing checks clients, no owner is led to believe that their keys are protected.
#[tokio::test]
async fn nothing_is_activated_that_nothing_checks() {
    let world = World::without_client_certificates().await;
    let owner = world.bootstrap("ann", true).await;
    let key = admin(&owner);
    let id = upload(&world, key, "one").await;
    let project = format!("/v1/organization/projects/{}/certificates", owner.project_id);
    for path in [ALL, &project] {
        let answer = world.post(&format!("{path}/activate"), key, json!({ "certificate_ids": [id] })).await;
        refused(&answer, 400, json!("certificate_ids"), "network.client_certificate_header");
        assert_eq!(answer.code(), "client_certificates_not_checked");
        let off = world.post(&format!("{path}/deactivate"), key, json!({ "certificate_ids": [id] })).await;
        assert_eq!(off.status, 200, "what is active can always be deactivated");
    }
    assert_eq!(world.get(ALL, key).await.body["data"][0]["active"], false);
}
