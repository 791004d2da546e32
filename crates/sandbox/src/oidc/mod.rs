//! An OpenID Connect issuer: people who sign in choose their identity.
//!
//! It also vouches for workloads: `POST /oidc/workload_token` signs the claims of the body, as GitHub Actions or Kubernetes
//! do for a job or a pod.
//!
//! Authorization code with PKCE, as "Continue with Google" uses it: an account picker instead of a password, codes that
//! work once, signed identity tokens.

mod authorize;
mod keys;
mod token;
mod userinfo;
mod workload;

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bounded_map::BoundedMap;
use crate::{Sandbox, text};

/// The client that the issuer knows.
pub const OIDC_CLIENT_ID: &str = "keystead";
/// The client's secret.
pub const OIDC_CLIENT_SECRET: &str = "sandbox";

/// Maximum number of codes and of access tokens; the oldest are deleted first.
const MOST: usize = 10_000;

/// The faults on demand.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// Every call answers 503.
    down: bool,
    /// Every call waits this long, in milliseconds.
    slow_ms: u64,
    /// The issuer has verified no address.
    unverified: bool,
}

/// The chosen person.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    email: String,
    name: Option<String>,
    email_verified: bool,
}

impl Person {
    /// The person's id, which never changes: it is computed from the address.
    fn subject(&self) -> String {
        text::id("", &format!("oidc {}", self.email.to_lowercase()))
    }

    /// Returns the claims that the scopes allow.
    fn claims(&self, scope: &str) -> Value {
        let has_scope = |name: &str| scope.split(' ').any(|one| one == name);
        let mut claims = json!({ "sub": self.subject() });
        if has_scope("email") {
            claims["email"] = json!(self.email);
            claims["email_verified"] = json!(self.email_verified);
        }
        if let Some(name) = self.name.as_ref().filter(|_| has_scope("profile")) {
            claims["name"] = json!(name);
        }
        claims
    }
}

/// The content of a code.
#[derive(Debug, Clone)]
struct Grant {
    person: Person,
    scope: String,
    redirect_uri: String,
    nonce: Option<String>,
    challenge: String,
    granted_at: i64,
    used: bool,
    /// The access token for which it was exchanged; the token is revoked when the code is used again.
    access: Option<String>,
}

/// The content of an access token.
#[derive(Debug, Clone)]
struct Access {
    person: Person,
    scope: String,
    expires_at: i64,
}

#[derive(Debug)]
struct Books {
    grants: BoundedMap<Grant>,
    accesses: BoundedMap<Access>,
    made: u64,
}

impl Books {
    /// Computes a new value from the time and the order of calls: this is a sandbox, nothing in it is secret.
    fn draw(&mut self, prefix: &str, now: i64) -> String {
        self.made += 1;
        text::id(prefix, &format!("oidc {now} {}", self.made))
    }
}

#[derive(Debug)]
pub(crate) struct Oidc {
    books: Mutex<Books>,
    faults: Mutex<Faults>,
    keys: keys::Keys,
}

impl Default for Oidc {
    fn default() -> Self {
        let books = Books { grants: BoundedMap::new(MOST), accesses: BoundedMap::new(MOST), made: 0 };
        Self { books: Mutex::new(books), faults: Mutex::default(), keys: keys::Keys::default() }
    }
}

/// The routes, to be nested under `/oidc`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/.well-known/openid-configuration", get(description))
        .route("/jwks", get(jwks))
        // A script appends "/simulate" to the address it was given; if that has a query, it becomes a part of the
        // query.
        .route("/authorize", get(authorize::page).post(authorize::pick))
        .route("/authorize/simulate", post(authorize::pick))
        .route("/token", post(token::exchange))
        .route("/userinfo", get(userinfo::show).post(userinfo::show))
        .route("/workload_token", post(workload::sign))
}

/// `POST /sandbox/oidc`.
pub(crate) async fn set(State(sandbox): State<Sandbox>, Json(faults): Json<Faults>) -> StatusCode {
    *lock(&sandbox.inner.oidc.faults) = faults;
    StatusCode::NO_CONTENT
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn books(sandbox: &Sandbox) -> MutexGuard<'_, Books> {
    lock(&sandbox.inner.oidc.books)
}

/// Returns the present faults; every call begins with it.
async fn faults(sandbox: &Sandbox) -> Result<Faults, Box<Response>> {
    let faults = *lock(&sandbox.inner.oidc.faults);
    tokio::time::sleep(Duration::from_millis(faults.slow_ms)).await;
    if faults.down {
        return Err(Box::new((StatusCode::SERVICE_UNAVAILABLE, "down on demand\n").into_response()));
    }
    Ok(faults)
}

/// The issuer's name: its own address, as the client knows it.
fn issuer(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:8081");
    format!("http://{host}/oidc")
}

async fn description(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    if let Err(refused) = faults(&sandbox).await {
        return *refused;
    }
    let issuer = issuer(&headers);
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "scopes_supported": ["openid", "email", "profile"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "email", "email_verified", "name"],
    }))
    .into_response()
}

async fn jwks(State(sandbox): State<Sandbox>) -> Response {
    match faults(&sandbox).await {
        Err(refused) => *refused,
        Ok(_) => Json(sandbox.inner.oidc.keys.public()).into_response(),
    }
}
