//! Authentication and permissions: checked once for each request, before the handler.

use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use keystead_app::Actor;
use keystead_app::request::Origin;
use keystead_core::access;
use keystead_core::access::Selection;
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::OrganizationId;
use keystead_core::network::Client;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::scope::Scope;

use crate::ApiState;
use crate::accepted_names::AcceptedNames;
use crate::error::ApiError;
use crate::request::read_request;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Finds the caller of a request. The binary implements it with the gateway's own credential check, so that keys are
/// read in exactly one way everywhere.
pub trait Authenticate: Send + Sync + 'static {
    /// Returns the caller of the credential, or the error body to answer with.
    fn authenticate<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, Result<Arc<Caller>, ErrorResponse>>;

    /// Checks the client's certificate, where the chosen project of the key accepts clients with one only.
    ///
    /// # Errors
    /// The error body to answer with.
    fn check_certificate(
        &self,
        caller: &Caller,
        selection: Selection<'_>,
        reported: Option<&ReportedCertificate>,
    ) -> Result<(), ErrorResponse>;

    /// Notes that a key was used from an address, once it may.
    fn note_use(&self, caller: &Caller, client: Client);
}

/// The permission that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// An admin key, if its owner's role permits this scope.
    Scope(Scope),
    /// Any live key; the use case decides the rest.
    AnyKey,
    /// An admin key with every scope, owned by an operator.
    Operator,
}

/// Runs before every handler: authenticates, checks the permission from the table, reads the parts of the request that
/// the endpoint names, and passes both on.
pub(crate) async fn guard(
    State((state, permission, accepted)): State<(ApiState, Permission, AcceptedNames)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let refuse = |refusal: Refusal| ApiError::new(&state, refusal.into());
    let from = ClientOrigin::of(request.extensions());
    if !from.0.served {
        return Err(refuse(Refusal::UnsupportedCountry));
    }
    let caller = state.authenticate.authenticate(request.headers()).await?;
    let selection = selection(request.headers())?;
    access::check_selection(&caller, selection).map_err(refuse)?;
    access::check_addresses(&caller, selection, from.address()).map_err(refuse)?;
    state.authenticate.check_certificate(&caller, selection, request.extensions().get())?;
    match permission {
        Permission::Scope(scope) => {
            let organization = access::decide_administration(&caller, scope, state.app.now()).map_err(refuse)?;
            if selection.organization.is_some_and(|wanted| wanted != organization.as_str()) {
                return Err(refuse(Refusal::MismatchedOrganization));
            }
            request.extensions_mut().insert(Admin { actor: Actor::Key(Arc::clone(&caller)), organization });
        }
        Permission::Operator => {
            // Scopes first, so that a restricted key of an operator stays restricted.
            for scope in [Scope::ManagementRead, Scope::ManagementWrite, Scope::UsageRead] {
                access::decide_administration(&caller, scope, state.app.now()).map_err(refuse)?;
            }
            let operator = state.app.operator_behind(&caller).await.map_err(|error| ApiError::new(&state, error))?;
            request.extensions_mut().insert(Operator(operator));
        }
        Permission::AnyKey => {
            access::ensure_active(&caller, state.app.now()).map_err(refuse)?;
        }
    }
    state.authenticate.note_use(&caller, from.0);
    request.extensions_mut().insert(AnyKey { caller });
    Ok(next.run(read_request(accepted, request).await?).await)
}

/// The holder of an admin key with a checked permission.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    pub(crate) actor: Actor,
    pub(crate) organization: OrganizationId,
}

/// An operator.
#[derive(Debug, Clone)]
pub(crate) struct Operator(pub(crate) Actor);

impl FromRequestParts<ApiState> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unread(state))
    }
}

/// The holder of any live key.
#[derive(Debug, Clone)]
pub(crate) struct AnyKey {
    pub(crate) caller: Arc<Caller>,
}

/// The origin of a request, as the binary determined it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientOrigin(Client);

impl ClientOrigin {
    fn of(extensions: &http::Extensions) -> Self {
        // Without one, it is an address that no client can have, so that no list admits it.
        Self(extensions.get::<Client>().copied().unwrap_or(Client::at(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }

    /// The client's address.
    pub(crate) const fn address(&self) -> IpAddr {
        self.0.address
    }

    /// Whether the API serves the client's country, region or territory.
    pub(crate) const fn is_served(&self) -> bool {
        self.0.served
    }

    /// The origin for limits and proofs; empty when it is not known.
    pub(crate) fn origin(&self) -> Origin {
        Origin { ip: Some(self.0.address).filter(|address| !address.is_unspecified()) }
    }
}

impl FromRequestParts<ApiState> for ClientOrigin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &ApiState) -> Result<Self, ApiError> {
        Ok(Self::of(&parts.extensions))
    }
}

impl FromRequestParts<ApiState> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unread(state))
    }
}

impl FromRequestParts<ApiState> for AnyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unread(state))
    }
}

/// Reads the headers that choose organization and project, as the data plane does.
pub(crate) fn selection(headers: &HeaderMap) -> Result<Selection<'_>, ApiError> {
    let all = |name: &str| headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    Selection::read(all("openai-organization"), all("openai-project")).map_err(|refusal| refusal.response("").into())
}
