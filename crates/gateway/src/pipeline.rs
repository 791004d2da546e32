//! The phases of a request, from top to bottom in [`Gateway::respond`].

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use keystead_core::access;
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::RequestId;
use keystead_core::key::KeyCandidate;
use keystead_core::network::Client;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::route::{self, Matched, NoRoute};
use tokio::time::Instant;

use crate::api_request::ApiRequest;
use crate::body::{BoxError, GatewayBody};
use crate::caller_lookup::{CallerLookup, SessionSource, session_ended};
use crate::catalogue::models;
use crate::decide::admitted_request::AdmittedRequest;
use crate::decide::spend_ledgers::SpendGuard;
use crate::decide::{model_gate, rate_limit};
use crate::estimate::TokenEstimate;
use crate::prepare::Prepared;
use crate::rejection::Rejection;
use crate::request::credential::{self, CredentialError};
use crate::request::{content_type, headers, target};
use crate::response::error_body;
use crate::{Gateway, Unavailable};

/// Maximum bytes of path and query.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// An answer of the data plane.
#[derive(Debug)]
pub struct Handled {
    /// The answer, with all its headers.
    pub response: Response<GatewayBody>,
    /// The template of its route, for logs.
    pub route: &'static str,
    /// The caller, once the key or the session was found.
    pub caller: Option<Arc<Caller>>,
}

/// Who sent a request, when, and with which session if there is no key.
struct Sender {
    client: Client,
    began: Instant,
    session: Option<Arc<dyn SessionSource>>,
}

impl Gateway {
    /// Answers one request of this client. Never fails: every failure becomes an error body of the contract.
    pub async fn handle<B>(&self, request: Request<B>, client: Client) -> Handled
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        self.handle_by(request, client, None).await
    }

    /// Answers one request that a person sends from our own pages, with a session in place of a key. All phases but the
    /// reading of the key are those of any request.
    pub async fn handle_for_session<B>(
        &self,
        request: Request<B>,
        client: Client,
        session: Arc<dyn SessionSource>,
    ) -> Handled
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        self.handle_by(request, client, Some(session)).await
    }

    async fn handle_by<B>(
        &self,
        request: Request<B>,
        client: Client,
        session: Option<Arc<dyn SessionSource>>,
    ) -> Handled
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let id = self.request_id();
        let (mut parts, body) = request.into_parts();
        let uri = parts.uri.clone();
        let found = route::find(parts.method.as_str(), uri.path());
        let route = found.as_ref().map_or("(no route)", |matched| matched.route.path);
        let mut caller = None;
        let sender = Sender { client, began, session };
        let answered = self.respond(&mut parts, found, body, &id, sender, &mut caller).await;
        let mut response = answered.unwrap_or_else(Rejection::into_response);
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            error_body::allow(response.headers_mut(), uri.path());
        }
        let elapsed = began.elapsed();
        error_body::finish(response.headers_mut(), &id, elapsed);
        self.metrics.note(route, response.status(), elapsed);
        Handled { response, route, caller }
    }

    async fn respond<B>(
        &self,
        parts: &mut Parts,
        found: Result<Matched<'_>, NoRoute>,
        body: B,
        id: &RequestId,
        Sender { client, began, session }: Sender,
        known: &mut Option<Arc<Caller>>,
    ) -> Result<Response<GatewayBody>, Rejection>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        // The route, the key and its permission.
        let matched = self.route(found, parts, client)?;
        let found = match session {
            None => self.caller_of_key(&parts.headers, Some(matched.route.path), began).await?,
            Some(session) => self.caller_of_session(session).await?,
        };
        *known = Some(Arc::clone(&found.0));
        let request = self.authorize(found, &matched, parts, id, (client, began))?;
        if matched.route.path.starts_with("/v1/models") {
            let model = matched.id.map(models::decode).transpose()?;
            return Ok(models::answer(self, &request.caller, &request.payer, model.as_deref())?);
        }
        // The head and the body, in the one form in which they are sent upstream.
        canonicalize(parts, &matched, &request)?;
        let input = self.read_input(&request, parts, body).await?;
        // The models, and the verification that they need.
        let catalogue = self.services.catalogue.load_full();
        let Prepared { mut outgoing, body, verdicts } = self.prepare(&catalogue, &request, parts, input).await?;
        // The limits. Nothing is sent while usage cannot be recorded.
        self.ensure_recordable()?;
        let limits = rate_limit::limits(&request, outgoing.model);
        let has_budget = self.has_budget(&request);
        let is_measured = has_budget || rate_limit::is_measured(request.route.meter, limits);
        let asked = if is_measured { outgoing.prompt.for_limits() } else { TokenEstimate::default() };
        let guard = if has_budget {
            let most = self.most_use(&request, &parts.headers, &outgoing, (asked, &body));
            match self.set_aside_leased(&request, &most, outgoing.begun_at) {
                Some(guard) => guard,
                // Boxed, so that the usual path does not carry its size.
                None => Box::pin(self.set_aside(&request, most)).await?,
            }
        } else {
            SpendGuard::default()
        };
        let (reservation, limit_headers) = self.reserve(&request, &outgoing, (limits, asked)).await?;
        // The upstream. How the request ends, its usage is recorded and replaces the reservation.
        let admitted = Arc::new(AdmittedRequest::new(self, &request, &outgoing));
        // Boxed, because futures are moved into those that wait for them, and this one is the largest.
        let forwarded = Box::pin(self.forward(&request, parts, body, outgoing, (reservation, guard, &admitted)));
        let mut response = self.while_admitted(&request, &admitted, forwarded).await?;
        if response.status().is_success() {
            limit_headers.replace(response.headers_mut());
        }
        model_gate::warn(response.headers_mut(), &verdicts);
        Ok(response)
    }

    /// Checks the address of the client and of the request, and returns the route.
    fn route<'p>(
        &self,
        found: Result<Matched<'p>, NoRoute>,
        parts: &Parts,
        client: Client,
    ) -> Result<Matched<'p>, ErrorResponse> {
        if !client.served {
            return Err(self.refuse(&Refusal::UnsupportedCountry));
        }
        if parts.uri.path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
            return Err(error_body::long_address());
        }
        found.map_err(|none| error_body::no_route(none, &parts.method, parts.uri.path()))
    }

    /// Decides whether the caller may use the route, and who pays.
    fn authorize<'p>(
        &self,
        (caller, lookup): (Arc<Caller>, CallerLookup),
        matched: &Matched<'p>,
        parts: &Parts,
        id: &RequestId,
        (client, began): (Client, Instant),
    ) -> Result<ApiRequest<'p>, ErrorResponse> {
        if parts.uri.query().is_some_and(credential::in_query) {
            return Err(error_body::bad_body("Keys belong in the Authorization header, never in the address."));
        }
        let selection = headers::selection(&parts.headers).map_err(|refusal| self.refuse(&refusal))?;
        let now = self.now();
        let payer = access::decide(&caller, matched.route, selection, client.address, now)
            .map_err(|refusal| self.refuse(&refusal))?;
        let certificate = parts.extensions.get::<ReportedCertificate>().cloned();
        self.check_certificate(&caller, payer.selection(), certificate.as_ref())?;
        // A session has no key with a last use.
        if matches!(lookup, CallerLookup::Key(_)) {
            self.last_uses.note(&caller, client, now);
        }
        let (route, object, address, id) = (matched.route, matched.id, client.address, id.clone());
        Ok(ApiRequest { route, object, caller, lookup, payer, address, certificate, id, began })
    }

    /// Reads and checks the key alone, for the administration, so that keys are read in one way everywhere.
    ///
    /// # Errors
    /// 401 for a key that is missing, malformed or not valid; 503 when the store does not answer.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Caller>, ErrorResponse> {
        let caller = self.caller(headers, None, Instant::now()).await?;
        access::ensure_active(&caller, self.now()).map_err(|refusal| self.refuse(&refusal))?;
        Ok(caller)
    }

    /// Notes that a key was used at the administration, once it may.
    pub fn note_use(&self, caller: &Caller, client: Client) {
        self.last_uses.note(caller, client, self.now());
    }

    async fn caller_of_key(
        &self,
        headers: &HeaderMap,
        route: Option<&str>,
        at: Instant,
    ) -> Result<(Arc<Caller>, CallerLookup), ErrorResponse> {
        let caller = self.caller(headers, route, at).await?;
        let lookup = CallerLookup::Key(caller.digest);
        Ok((caller, lookup))
    }

    async fn caller_of_session(
        &self,
        session: Arc<dyn SessionSource>,
    ) -> Result<(Arc<Caller>, CallerLookup), ErrorResponse> {
        let found = session.find().await.map_err(|Unavailable| error_body::store_unavailable())?;
        let caller = found.ok_or_else(session_ended)?;
        Ok((Arc::new(caller), CallerLookup::Session(session)))
    }

    /// Reads the key of a request and looks up its caller.
    async fn caller(
        &self,
        headers: &HeaderMap,
        route: Option<&str>,
        at: Instant,
    ) -> Result<Arc<Caller>, ErrorResponse> {
        let presented = credential::read(headers)
            .map_err(|missing: CredentialError| missing.response(route, &self.services.public_url))?;
        let presented = presented.expose();
        // First the shape, so that no text is hashed that is too long for a key; then the memory, which contains only
        // our own keys; then the tag, before the store is asked. An invented key is refused here at the cost of two
        // HMACs.
        let candidate = KeyCandidate::of(presented).map_err(|_| self.incorrect(presented))?;
        let digest = candidate.digest(&self.pepper);
        if let Ok(Some(caller)) = self.services.directory.known(&digest, at) {
            return Ok(caller);
        }
        // Only a client with one of our keys learns that keys cannot be checked.
        candidate.verify_tag(&self.tags).map_err(|_| self.incorrect(presented))?;
        match Box::pin(self.services.directory.find(&digest)).await {
            Ok(Some(caller)) => Ok(caller),
            Ok(None) => Err(self.incorrect(presented)),
            Err(Unavailable) => Err(error_body::store_unavailable()),
        }
    }

    fn incorrect(&self, presented: &str) -> ErrorResponse {
        self.refuse(&Refusal::IncorrectKey { mask: keystead_core::mask::mask(presented) })
    }

    /// Refuses to forward while usage cannot be recorded.
    fn ensure_recordable(&self) -> Result<(), ErrorResponse> {
        if self.services.meter.accepts() {
            return Ok(());
        }
        self.metrics.unrecordable();
        Err(error_body::unrecorded())
    }

    /// Waits for the answer as long as the request would still be admitted. A model may think for minutes before it
    /// answers; an early return cancels the upstream.
    async fn while_admitted(
        &self,
        request: &ApiRequest<'_>,
        admitted: &AdmittedRequest,
        answer: impl Future<Output = Result<Response<GatewayBody>, Rejection>>,
    ) -> Result<Response<GatewayBody>, Rejection> {
        // The client may have taken long to send the body.
        if request.began.elapsed() >= self.limits.recheck {
            Box::pin(admitted.recheck()).await?;
        }
        tokio::select! {
            biased;
            answered = answer => answered,
            refused = admitted.refused(self.limits.recheck, &self.alarms) => {
                self.metrics.cut();
                Err(refused.into())
            }
        }
    }
}

/// Rewrites the head of a request into the one form in which it is sent upstream.
fn canonicalize(parts: &mut Parts, matched: &Matched<'_>, request: &ApiRequest<'_>) -> Result<(), ErrorResponse> {
    let target = target::canonical(matched, &parts.uri)?;
    // The upstream is asked for a complete answer; its body is dropped for a HEAD request.
    if parts.method == Method::HEAD {
        parts.method = Method::GET;
    }
    if let Some(target) = target {
        parts.uri = Uri::from(target);
    }
    content_type::rewrite(&mut parts.headers, parts.method == Method::POST)?;
    headers::scope_idempotency_key(&mut parts.headers, &request.payer)
}
