//! `/userinfo`: the claims for an access token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{books, faults};
use crate::Sandbox;

pub(super) async fn show(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Response {
    if let Err(refused) = faults(&sandbox).await {
        return *refused;
    }
    let now = sandbox.now();
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let books = books(&sandbox);
    let access = token.and_then(|token| books.accesses.get(token)).filter(|access| now < access.expires_at);
    match access {
        Some(access) => Json(access.person.claims(&access.scope)).into_response(),
        None => {
            let why = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
            (StatusCode::UNAUTHORIZED, why).into_response()
        }
    }
}
