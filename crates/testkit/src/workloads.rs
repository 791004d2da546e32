//! An issuer of tokens for workloads; the test chooses its keys, and signs with any of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_providers::workload::{KeySet, TokenIssuers};
use keystead_providers::{BoxFuture, ProviderError};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Publishes the key `1` until the test says otherwise.
#[derive(Debug)]
pub struct Workloads {
    published: Mutex<Option<Vec<u8>>>,
    asked: AtomicUsize,
    silent: AtomicBool,
    reached: Notify,
}

impl Default for Workloads {
    fn default() -> Self {
        Self {
            published: Mutex::new(Some(vec![1])),
            asked: AtomicUsize::new(0),
            silent: AtomicBool::new(false),
            reached: Notify::new(),
        }
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

impl Workloads {
    /// The issuer's name.
    pub const ISSUER: &str = "https://issuer.example.com";

    /// From now on it publishes these keys, or does not answer.
    pub fn publish(&self, seeds: Option<&[u8]>) {
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = seeds.map(<[u8]>::to_vec);
    }

    /// How often its keys were asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// From now on it takes requests for its keys and never answers them, or answers again.
    pub fn be_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    /// Waits until its keys are asked for.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Public keys as a JSON Web Key Set; the id of the key of seed 1 is `key-1`.
    #[must_use]
    pub fn jwks(seeds: &[u8]) -> Value {
        let public = |seed: &u8| {
            let point = key(*seed).verifying_key().to_sec1_point(false);
            let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
            json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": format!("key-{seed}"), "x": x, "y": y })
        };
        json!({ "keys": seeds.iter().map(public).collect::<Vec<_>>() })
    }

    /// Signs claims with the key of this seed.
    #[must_use]
    pub fn sign(seed: u8, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": format!("key-{seed}") });
        Self::sign_with(seed, &header, claims)
    }

    /// Signs any header and claims with the key of this seed.
    #[must_use]
    pub fn sign_with(seed: u8, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature: Signature = key(seed).sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

impl TokenIssuers for Workloads {
    fn sandbox(&self) -> Option<&str> {
        None
    }

    fn keys<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Arc<KeySet>, ProviderError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.reached.notify_one();
        if self.silent.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let seeds = published.ok_or_else(|| ProviderError::Unavailable("the issuer is unavailable".to_owned()))?;
            Ok(Arc::new(KeySet::fetched(&Self::jwks(&seeds)).unwrap()))
        })
    }
}
