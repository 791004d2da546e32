//! The Administration API and the Keystead API: one file for each noun, no SQL, no pages.
//!
//! The router is built from [`ROUTES`], which lists every endpoint with the permission it needs; an endpoint that is
//! not in the table is not reachable, and one in the table is guarded before its handler runs. Webhooks have a router of
//! their own: their senders have no key, and their signature is checked instead.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use keystead_app::App;
use keystead_app::verification::webhooks::LARGEST_DELIVERY;

mod accepted_names;
mod api_keys;
mod auth;
mod body;
pub mod command_line;
mod detached;
mod endpoint;
mod error;
mod headers;
mod keystead;
mod me;
mod organization;
mod page;
mod path;
mod query;
mod request;
mod routes;
mod token_exchange;
mod webhooks;

pub use accepted_names::AcceptedNames;
pub use auth::{Authenticate, BoxFuture, Permission};
pub use endpoint::Endpoint;
pub use routes::ROUTES;
pub use token_exchange::{PATH as TOKEN_EXCHANGE, exchange_error};

/// Maximum bytes of a request body of this API.
const LARGEST_BODY: usize = 64 * 1024;

/// Returns the maximum bytes of a request body to this path, for any method.
#[must_use]
pub fn largest_body(path: &str) -> usize {
    if path.starts_with("/webhooks/") { LARGEST_DELIVERY } else { LARGEST_BODY }
}

/// The state shared by handlers.
#[derive(Clone)]
pub struct ApiState {
    /// The use cases.
    pub app: App,
    /// Finds the caller of a request.
    pub authenticate: Arc<dyn Authenticate>,
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState").finish_non_exhaustive()
    }
}

/// Serves everything under `/v1/organization`, `/v1/api-keys`, `/v1/keystead` and `/v1/me`.
pub fn router(state: ApiState) -> Router {
    let mut router = Router::new();
    for endpoint in ROUTES {
        let guard = from_fn_with_state((state.clone(), endpoint.permission, endpoint.accepted), auth::guard);
        router = router.route(endpoint.path, endpoint.handler().route_layer(guard));
    }
    // Not in the table, because no key is involved. Deliveries are signed, and the handler trusts only the signature.
    let deliveries = post(webhooks::handle).layer(DefaultBodyLimit::max(LARGEST_DELIVERY));
    router
        .route("/webhooks/{provider}", deliveries)
        // Neither: the caller has no key yet, and the token in the body is checked instead.
        .route(TOKEN_EXCHANGE, post(token_exchange::handle).fallback(token_exchange::wrong_method))
        .method_not_allowed_fallback(error::wrong_method)
        .fallback(error::unknown_route)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(state.clone(), headers::stamp))
        .with_state(state)
}
