//! A server on a port of its own that keeps its last answer, and the comparison of what it sent with what the client read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use axum::Router;
use axum::extract::Request;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::world::World;

/// The client of a server, and what its types do not keep of the answers.
pub(super) struct Recorder {
    pub(super) client: Client<OpenAIConfig>,
    /// The last answer, as sent.
    last: Arc<Mutex<Value>>,
    lost: BTreeSet<String>,
}

impl Recorder {
    /// Serves a world until the runtime of the test ends. Each request and answer is compared with the document.
    pub(super) async fn new(world: Arc<World>, key: &str) -> Self {
        // The client's TLS is not used, but it refuses to be made without a provider of cryptography.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let last = Arc::new(Mutex::new(Value::Null));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let kept = Arc::clone(&last);
        let router = Router::new().fallback(move |request: Request| {
            let (world, kept) = (Arc::clone(&world), Arc::clone(&kept));
            async move {
                let answer = world.send(request).await;
                let text = answer.body.to_string();
                *kept.lock().unwrap() = answer.body;
                (StatusCode::from_u16(answer.status).unwrap(), text)
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = OpenAIConfig::new().with_api_base(base).with_api_key(key);
        Self { client: Client::with_config(config), last, lost: BTreeSet::new() }
    }

    /// Returns what the client decoded, after noting the members of the answer that it did not keep.
    pub(super) fn read<T: Serialize>(&mut self, call: &str, decoded: Result<T, OpenAIError>) -> T {
        let decoded = decoded.unwrap_or_else(|fault| panic!("{call}: {fault}"));
        let kept = serde_json::to_value(&decoded).unwrap();
        compare(&self.last.lock().unwrap(), &kept, call, &mut self.lost);
        decoded
    }

    /// Returns the fault of an answer that the client's types cannot hold, with the answer.
    pub(super) fn misread<T>(&self, call: &str, decoded: Result<T, OpenAIError>) -> (String, Value) {
        match decoded {
            Err(OpenAIError::JSONDeserialize(fault, _)) => (fault.to_string(), self.last.lock().unwrap().clone()),
            Err(other) => panic!("{call}: {other}"),
            Ok(_) => panic!("{call}: the client reads it now; use `read`"),
        }
    }

    /// Checks that the client kept everything but these members.
    pub(super) fn lost_only(&self, known: &[(&str, &str)]) {
        let known: BTreeSet<String> = known.iter().map(|(place, _)| (*place).to_owned()).collect();
        let new: Vec<_> = self.lost.difference(&known).collect();
        assert!(new.is_empty(), "the client does not keep {new:#?}");
        let old: Vec<_> = known.difference(&self.lost).collect();
        assert!(old.is_empty(), "the client keeps them now, or they were not sent: {old:#?}");
    }
}

/// Notes the places of what was sent and not kept, or kept with another value.
fn compare(sent: &Value, kept: &Value, place: &str, lost: &mut BTreeSet<String>) {
    match (sent, kept) {
        (Value::Object(sent), Value::Object(kept)) => {
            for (name, value) in sent {
                let place = format!("{place} {name}");
                match kept.get(name) {
                    Some(kept) => compare(value, kept, &place, lost),
                    // Optional members that are null are not written again.
                    None if value.is_null() => {}
                    None => {
                        lost.insert(place);
                    }
                }
            }
        }
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            for (one, other) in sent.iter().zip(kept) {
                compare(one, other, place, lost);
            }
        }
        (one, other) if one == other => {}
        _ => {
            lost.insert(place.to_owned());
        }
    }
}
