//! Distributes the requests of one port: the data plane directly to the gateway, the administration and the pages
//! through routers.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request as AxumRequest};
use axum::middleware::Next;
use axum::response::Response as AxumResponse;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Either;
use hyper::body::Incoming;
use keystead_app::App;
use keystead_app::audit::{self, Done};
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::RequestId;
use keystead_core::network::Client;
use keystead_core::refusal::{ErrorResponse, GateRefusal};
use keystead_dashboard::ApiClient;
use keystead_gateway::{BodyBounds, BodyMemory, BodyOwner, Bounded, Gateway, GatewayBody, Handled};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::ServiceExt;

use crate::serve::access_log::{Outcomes, Plane};
use crate::serve::broken_body::{ErrorForm, broken};
use crate::serve::client_address::Edge;
use crate::serve::host::Hosts;
use crate::serve::inbound::Inbound;
use crate::serve::plain_http::{self, InClear};
use crate::serve::watched_call::WatchedCall;
use crate::wiring;
use crate::wiring::change_follower::Follower;

/// The number of nodes that may still serve the state before the change of this request.
const UNCONFIRMED: HeaderName = HeaderName::from_static("x-keystead-unconfirmed-nodes");

/// The type of every answer.
pub(crate) type Answer = Response<Either<GatewayBody, Body>>;

/// An answer, and the template of its route if the gateway made it.
type Routed = (Answer, Option<&'static str>);

/// Shared by all connections of the main listener.
pub(crate) struct Dispatch {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) administration: Router,
    pub(crate) pages: Router,
    pub(crate) hosts: Hosts,
    pub(crate) edge: Edge,
    pub(crate) follower: Arc<Follower>,
    pub(crate) outcomes: Outcomes,
    pub(crate) app: App,
    /// Held while a refused call is saved.
    pub(crate) noting: Arc<Semaphore>,
    pub(crate) bodies: Bodies,
    /// Whether people and programs reach this installation over https.
    pub(crate) https: bool,
    /// Set when the API is served over https only.
    pub(crate) in_clear: Option<InClear>,
}

/// Limits for bodies of the administration, of webhooks and of pages: their clients need not have a key. Their memory
/// is separate from that of the data plane, so that strangers cannot use up the memory of clients with a key.
pub(crate) struct Bodies {
    pub(crate) memory: BodyMemory,
    pub(crate) per_address: usize,
    pub(crate) pause: Duration,
    pub(crate) whole: Duration,
}

/// The matched route of a request, for the log line; never the raw path, which may contain anything.
#[derive(Clone)]
struct Template(MatchedPath);

/// Stores the matched route in the response.
pub(crate) async fn remember_template(request: AxumRequest, next: Next) -> AxumResponse {
    let template = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(template) = template {
        response.extensions_mut().insert(Template(template));
    }
    response
}

impl Dispatch {
    /// Answers one request; errors and panics become answers, too.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        let began = Instant::now();
        let (mut head, body) = request.into_parts();
        if let Some(reported) = self.edge.take_certificate(peer, &mut head.headers) {
            head.extensions.insert(reported);
        }
        let (body, reading) = Inbound::new(body, &head.headers);
        let request = Request::from_parts(head, body);
        let method = request.method().clone();
        let plane = plane(request.uri().path());
        let answered = AssertUnwindSafe(self.route(request, peer, plane)).catch_unwind().await;
        let (mut response, route) = answered.unwrap_or_else(|_| (internal_error(), None));
        // The gateway's answers have all headers but this one.
        if route.is_none() {
            restrict(response.headers_mut());
        }
        if self.https {
            let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
            response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
        }
        if !reading.is_complete() {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let template = || route.or_else(|| response.extensions().get::<Template>().map(|template| template.0.as_str()));
        let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("");
        self.outcomes.record(plane, &method, template, response.status(), began.elapsed(), id);
        response
    }

    /// Routes a request. Returns the answer, and the template of its route if the gateway made it. The future is boxed,
    /// because it would otherwise be moved several times before its first poll.
    fn route(self: &Arc<Self>, request: Request<Inbound>, peer: SocketAddr, plane: Plane) -> BoxFuture<'_, Routed> {
        match plane {
            // The stream of the playground ends when its client disconnects, before the answer begins, too.
            Plane::Pages if request.uri().path() == keystead_dashboard::PLAYGROUND_STREAM => {
                self.boxed_router(request, peer, plane)
            }
            Plane::Pages if *request.method() == Method::POST => Arc::clone(self).boxed_task(request, peer, plane),
            // An exchange that has begun counts, also when its client disconnects.
            Plane::Administration if is_exchange(request.uri().path()) => {
                Arc::clone(self).boxed_task(request, peer, plane)
            }
            Plane::Data => Box::pin(self.through_gateway(request, peer)),
            Plane::Administration | Plane::Pages => self.boxed_router(request, peer, plane),
        }
    }

    /// A separate call: building this future takes a hundred kilobytes of stack, which every poll of the data plane's
    /// future would otherwise reserve.
    #[inline(never)]
    fn boxed_router(&self, request: Request<Inbound>, peer: SocketAddr, plane: Plane) -> BoxFuture<'_, Routed> {
        Box::pin(async move { (self.through_router(request, peer, plane).await, None) })
    }

    /// Handles a request in a task of its own, so that it is finished even if its client disconnects. A browser whose
    /// button is pressed twice drops the first form: the second one must find what the first one did.
    #[inline(never)]
    fn boxed_task(
        self: Arc<Self>,
        request: Request<Inbound>,
        peer: SocketAddr,
        plane: Plane,
    ) -> BoxFuture<'static, Routed> {
        Box::pin(async move {
            let task = tokio::spawn(async move { self.through_router(request, peer, plane).await });
            (task.await.unwrap_or_else(|_| internal_error()), None)
        })
    }

    /// Returns the refusal of an unencrypted call, if such calls are refused.
    fn refused_in_clear(&self, request: &Request<Inbound>, peer: SocketAddr) -> Option<Answer> {
        let path = request.uri().path();
        let api = path.starts_with("/v1") || is_exchange(path);
        let in_clear = self.in_clear.as_ref().filter(|_| api && self.edge.in_clear(peer, request.headers()))?;
        let client = self.edge.visitor(peer, request.headers());
        in_clear.flag(&self.gateway, &self.app, &self.noting, (request.headers().clone(), client));
        let refusal = if is_exchange(path) { plain_http::refused_exchange() } else { plain_http::refusal() };
        Some(refusal.map(Either::Right))
    }

    async fn through_gateway(&self, request: Request<Inbound>, peer: SocketAddr) -> Routed {
        if let Some(refused) = self.refused_in_clear(&request, peer) {
            return (refused, None);
        }
        let client = self.edge.client(peer, request.headers());
        let watched = self.app.watches_calls().then(|| WatchedCall::of(&request, client));
        let Handled { response, route, caller } = self.gateway.handle(request, client).await;
        let response = response.map(Either::Left);
        if let Some(watched) = watched {
            watched.note(&self.app, &response, caller.as_deref());
        }
        note_refusal(&self.app, &self.noting, &response);
        (response, Some(route))
    }

    async fn through_router(&self, mut request: Request<Inbound>, peer: SocketAddr, plane: Plane) -> Answer {
        if let Some(refused) = self.refused_in_clear(&request, peer) {
            return refused;
        }
        if plane == Plane::Pages
            && let Some(answer) = keystead_gateway::without_version(request.method(), request.uri().path())
        {
            let answer = answer.map(Either::Left);
            if self.app.watches_calls() {
                WatchedCall::of(&request, self.edge.client(peer, request.headers())).note(&self.app, &answer, None);
            }
            return answer;
        }
        match plane {
            Plane::Data | Plane::Administration => {
                let client = self.edge.client(peer, request.headers());
                self.settled(plane, request, client).await
            }
            Plane::Pages if !is_probe(request.uri().path()) && !self.hosts.knows(request.headers()) => plain(
                StatusCode::MISDIRECTED_REQUEST,
                "Keystead does not answer under this name. Set server.public_url.\n",
            ),
            Plane::Pages if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) => {
                // Before any guard, which might redirect a browser.
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "This method is not used here.\n");
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
                response
            }
            Plane::Pages => {
                let visitor = self.edge.visitor(peer, request.headers());
                // The playground calls the API, which may be closed to a country that the pages are open to.
                let certificate = request.extensions().get::<ReportedCertificate>().cloned();
                let api_client = ApiClient(self.edge.client(peer, request.headers()), certificate);
                request.extensions_mut().insert(api_client);
                self.settled(plane, request, visitor).await
            }
        }
    }
}

impl Dispatch {
    /// Waits until the other nodes have applied what the request changed, so that the next request on any node sees it.
    /// If some nodes have not confirmed it, the answer and the audit log say so.
    async fn settled(&self, plane: Plane, request: Request<Inbound>, client: Client) -> Answer {
        let Served { mut answer, changed, done } = self.routed(plane, request, client).await;
        let Some(revision) = changed else { return answer };
        let spread = Box::pin(self.follower.wait_until_applied(revision)).await;
        if spread.unconfirmed == 0 {
            return answer;
        }
        answer.headers_mut().insert(UNCONFIRMED, HeaderValue::from(spread.unconfirmed));
        if let Err(error) = self.app.record_unconfirmed(done, spread.unconfirmed, spread.nodes).await {
            tracing::warn!(%error, "some nodes have not confirmed a change, and the audit log could not record it");
        }
        answer
    }
}

/// Saves a call that a gate refused, for the owners. Only one at a time is saved, beside the answer: a client with
/// thousands of refused calls costs the store one row at a time, and the list shows some of them.
pub(crate) fn note_refusal<B>(app: &App, noting: &Arc<Semaphore>, response: &Response<B>) {
    let Some(refused) = response.extensions().get::<GateRefusal>().cloned() else { return };
    let Ok(slot) = Arc::clone(noting).try_acquire_owned() else { return };
    let id = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("").to_owned();
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = app.record_refused_call(&id, &refused).await {
            tracing::debug!(%error, "a refused call could not be saved");
        }
        drop(slot);
    });
}

/// The result of a router.
struct Served {
    answer: Answer,
    /// The newest change that it committed.
    changed: Option<i64>,
    done: Vec<Done>,
}

impl Dispatch {
    /// Passes a request to a router, with limits on its body while the router reads it.
    async fn routed(&self, plane: Plane, request: Request<Inbound>, client: Client) -> Served {
        let (mut head, body) = request.into_parts();
        let exchange = is_exchange(head.uri.path());
        let (router, most) = match plane {
            Plane::Data | Plane::Administration => (&self.administration, keystead_api::largest_body(head.uri.path())),
            Plane::Pages => (&self.pages, keystead_dashboard::largest_body(head.uri.path())),
        };
        head.extensions.insert(client);
        let share = self.bodies.memory.share(BodyOwner::at(client.address), self.bodies.per_address);
        let bounds = BodyBounds { most, pause: self.bodies.pause, whole: self.bodies.whole };
        let (body, watch) = Bounded::new(body, bounds, share);
        let request = Request::from_parts(head, Body::new(body));
        let work = audit::collecting_entries(client.address, router.clone().oneshot(request));
        let ((answer, done), changed) = keystead_store::changed_by(work).await;
        let answer = match (answer, watch.broken()) {
            (Ok(response), None) => response.map(Either::Right),
            (Ok(response), Some(fault)) => {
                let form = match plane {
                    _ if exchange => ErrorForm::Exchange,
                    Plane::Data | Plane::Administration => ErrorForm::Api,
                    Plane::Pages => ErrorForm::Page,
                };
                broken(response, form, &fault.response(most)).map(Either::Right)
            }
            (Err(never), _) => match never {},
        };
        Served { answer, changed, done }
    }
}

/// Returns the plane of a path. Exact prefixes of the raw path: nothing is decoded first.
fn plane(path: &str) -> Plane {
    if keystead_gateway::is_data_plane(path) {
        Plane::Data
    } else if path == "/v1" || path.starts_with("/v1/") || path.starts_with("/webhooks/") || is_exchange(path) {
        Plane::Administration
    } else {
        Plane::Pages
    }
}

/// Whether a path is that of the exchange of workloads' tokens. Its token is a credential like a key.
fn is_exchange(path: &str) -> bool {
    path == keystead_api::TOKEN_EXCHANGE
}

fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// Forbids browsers to run an answer or to guess its type, and caches to store it, unless the answer has its own
/// headers.
fn restrict(headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
}

fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut response = Response::new(Either::Right(Body::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The answer after a handler panicked.
fn internal_error() -> Answer {
    let id = RequestId::generate(&mut wiring::rng());
    let mut response = Response::new(Either::Right(Body::from(ErrorResponse::internal(&id).body())));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors() {
        assert_eq!(plane("/v1/chat/completions"), Plane::Data);
        assert_eq!(plane("/v1/organization/projects"), Plane::Administration);
        assert_eq!(plane("/v1/api-keys"), Plane::Administration);
        assert_eq!(plane("/v1/me"), Plane::Administration);
        assert_eq!(plane("/oauth/token"), Plane::Administration);
        for page in ["/", "/healthz", "/v2/models", "/v1x", "//v1/models", "*", ""] {
            assert_eq!(plane(page), Plane::Pages, "{page}");
        }
    }

    #[test]
    fn a_panic_is_answered_with_an_id() {
        let response = internal_error();
        assert_eq!(response.status(), 500);
        assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
    }
}
