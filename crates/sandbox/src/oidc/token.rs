//! `/token`: exchanges a code for tokens, once, for the client that requested it.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Access, Grant, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, books, faults, issuer};
use crate::Sandbox;

/// Seconds that a code works.
const CODE_LIFETIME: i64 = 60;
/// Seconds that tokens work.
const TOKEN_LIFETIME: i64 = 3_600;

type Form = HashMap<String, String>;

/// Builds a refusal as in RFC 6749.
fn refuse(status: StatusCode, error: &str, why: &str) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(json!({ "error": error, "error_description": why }))).into_response()
}

fn invalid_grant(why: &str) -> Response {
    refuse(StatusCode::BAD_REQUEST, "invalid_grant", why)
}

/// Whether the client proves its identity, by header or by body, never by both.
fn is_client(headers: &HeaderMap, form: &Form) -> bool {
    let field = |name: &str| form.get(name).map(String::as_str);
    let known = |id: &str, secret: &str| id == OIDC_CLIENT_ID && secret == OIDC_CLIENT_SECRET;
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return field("client_id").zip(field("client_secret")).is_some_and(|(id, secret)| known(id, secret));
    };
    let basic = header.to_str().ok().and_then(|value| value.strip_prefix("Basic "));
    let pair = basic.and_then(|basic| STANDARD.decode(basic).ok()).and_then(|pair| String::from_utf8(pair).ok());
    let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
    // Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
    let plain = |half: &str| {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("x={half}")).unwrap_or_default();
        pairs.into_iter().next().map(|(_, value)| value).unwrap_or_default()
    };
    let same = field("client_id").is_none_or(|id| id == OIDC_CLIENT_ID);
    same && field("client_secret").is_none() && pair.is_some_and(|(id, secret)| known(&plain(id), &plain(secret)))
}

pub(super) async fn exchange(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refused) = faults(&sandbox).await {
        return *refused;
    }
    let Ok(form) = serde_urlencoded::from_bytes::<Form>(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request", "a form is wanted");
    };
    if !is_client(&headers, &form) {
        let mut answer = refuse(StatusCode::UNAUTHORIZED, "invalid_client", "wrong client or secret");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Basic realm=\"oidc\""));
        return answer;
    }
    if form.get("grant_type").map(String::as_str) != Some("authorization_code") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "grant_type is authorization_code");
    }
    match redeem(&sandbox, &form) {
        Err(why) => invalid_grant(why),
        Ok((grant, access)) => tokens(&sandbox, &issuer(&headers), &grant, &access),
    }
}

/// Uses up the code, right or wrong: a client that guesses has one attempt.
fn redeem(sandbox: &Sandbox, form: &Form) -> Result<(Grant, String), &'static str> {
    let now = sandbox.now();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let mut books = books(sandbox);
    let access = books.draw("access_", now);
    let Some(grant) = books.grants.get_mut(field("code")) else { return Err("no such code") };
    if grant.used {
        // Another client has it: the tokens issued for it are revoked (RFC 6749, 4.1.2).
        if let Some(given) = grant.access.take()
            && let Some(given) = books.accesses.get_mut(&given)
        {
            given.expires_at = now;
        }
        return Err("the code was used before");
    }
    grant.used = true;
    if now - grant.granted_at >= CODE_LIFETIME {
        return Err("the code is too old");
    }
    if field("redirect_uri") != grant.redirect_uri {
        return Err("redirect_uri is another than before");
    }
    let verifier = field("code_verifier");
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if !(43..=128).contains(&verifier.len()) || digest != grant.challenge {
        return Err("code_verifier does not fit");
    }
    grant.access = Some(access.clone());
    let grant = grant.clone();
    let opened = Access { person: grant.person.clone(), scope: grant.scope.clone(), expires_at: now + TOKEN_LIFETIME };
    books.accesses.put(access.clone(), opened);
    Ok((grant, access))
}

fn tokens(sandbox: &Sandbox, issuer: &str, grant: &Grant, access: &str) -> Response {
    let now = sandbox.now();
    let mut claims = grant.person.claims(&grant.scope);
    claims["iss"] = json!(issuer);
    claims["aud"] = json!(OIDC_CLIENT_ID);
    claims["iat"] = json!(now);
    claims["exp"] = json!(now + TOKEN_LIFETIME);
    claims["at_hash"] = json!(URL_SAFE_NO_PAD.encode(&Sha256::digest(access)[..16]));
    if let Some(nonce) = &grant.nonce {
        claims["nonce"] = json!(nonce);
    }
    let Some(token) = sandbox.inner.oidc.keys.sign(&claims) else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "no key");
    };
    let answer = json!({ "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME,
        "scope": grant.scope, "id_token": token });
    ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}
