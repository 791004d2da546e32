//! Persona's client over HTTP: what a genuinely signed delivery leads to is read back, and believed only from the
//! environment that the operator named.

use std::sync::{Arc, Mutex};

use hmac::{KeyInit, Mac};
use http::HeaderMap;
use keystead_core::hex;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::organization::Status;
use keystead_providers::identity::PersonaOptions;
use keystead_providers::identity::persona::Persona;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::vendors::{NOON, ServicesApp, Tenant};

const SECRET: &str = "wbhsec_0123456789";

/// A server on Persona's protocol that says in which environment it is.
#[derive(Clone, Default)]
struct Server {
    environment: Arc<Mutex<String>>,
    /// Our reference, as the inquiry was made with it.
    ours: Arc<Mutex<String>>,
}

impl Server {
    /// Serves until the test ends; answers the address.
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.serve(stream).await;
            }
        });
        url
    }

    async fn serve(&self, mut stream: TcpStream) {
        let (mut got, mut piece) = (Vec::new(), [0; 4096]);
        let (head, body) = loop {
            let read = stream.read(&mut piece).await.unwrap();
            got.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&got).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.lines().next().unwrap().trim().parse::<usize>().unwrap());
            if read == 0 || body.len() >= length {
                break (head.to_owned(), serde_json::from_str::<Value>(body).unwrap_or_default());
            }
        };
        let begins = head.starts_with("POST /api/v1/inquiries ");
        if let Some(reference) = body["meta"]["auto-create-account-reference-id"].as_str() {
            *self.ours.lock().unwrap() = reference.to_owned();
        }
        let status = if begins { "created" } else { "approved" };
        let answer = json!({
            "data": { "type": "inquiry", "id": "inq_1", "attributes": { "status": status,
                "reference-id": *self.ours.lock().unwrap(), "updated-at": "2026-01-01T12:00:00.000Z", "fields": {} } },
            "meta": { "one-time-link": "https://withpersona.test/verify?code=1" },
        })
        .to_string();
        let environment = self.environment.lock().unwrap().clone();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\npersona-environment-id: {environment}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    }

    fn be(&self, environment: &str) {
        *self.environment.lock().unwrap() = environment.to_owned();
    }
}

/// A delivery as Persona signs it.
async fn deliver(test: &ServicesApp, event: &str) {
    let body = json!({ "data": { "type": "event", "id": event, "attributes": { "name": "inquiry.approved",
        "created-at": "2026-01-01T12:00:00.000Z",
        "payload": { "data": { "type": "inquiry", "id": "inq_1", "attributes": { "status": "approved" } } } } } })
    .to_string();
    let mut mac = hmac::Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{}.{body}", test.now()).as_bytes());
    let signature = hex::encode(&mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("persona-signature", format!("t={},v1={signature}", test.now()).parse().unwrap());
    assert_eq!(test.app.receive_delivery("persona", &headers, body.as_bytes()).await, Ok(1), "{event}");
    test.work().await;
}

async fn verification_state(test: &ServicesApp, tenant: &Tenant) -> (Status, bool, Option<String>) {
    let view = test.app.organization_verification(&tenant.actor, tenant.organization()).await.unwrap();
    (view.status, view.open, view.attempt.map(|attempt| attempt.state))
}

#[tokio::test]
async fn a_genuine_delivery_about_another_environment_opens_nothing() {
    let server = Server::default();
    server.be("env_live");
    let options = PersonaOptions {
        base_url: server.start().await,
        api_key: Secret::new("persona_production_1".to_owned()),
        template: "itmpl_1".to_owned(),
        webhook_secrets: vec![Secret::new(SECRET.to_owned())],
        environment: Some("env_live".to_owned()),
        completed_approves: false,
    };
    let persona = Persona::new(options, Arc::new(|| Timestamp(NOON))).unwrap();
    let test = ServicesApp::with_identity(Arc::new(persona)).await;
    let tenant = test.tenant("ann").await;
    test.pay(&tenant, 1).await;
    test.begin(&tenant).await.unwrap();
    let begun = verification_state(&test, &tenant).await;
    assert_eq!((begun.0, begun.1), (Status::InProgress, false));

    server.be("env_sandbox");
    deliver(&test, "evt_1").await;
    assert_eq!(verification_state(&test, &tenant).await, begun, "approved in the sandbox");
    server.be("env_live");
    deliver(&test, "evt_2").await;
    let verified = verification_state(&test, &tenant).await;
    assert_eq!((verified.0, verified.1), (Status::Verified, true));
}
