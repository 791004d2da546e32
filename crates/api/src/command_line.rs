//! The endpoints of the table for an operator on the command line: in the same process, without a key and without a
//! network. An answer has the same objects as over HTTP. No listener may serve this router, because it asks no caller for
//! a credential.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use keystead_app::anomalies::KeyCapRow;
use keystead_app::keys::{KeyState, MintedKey};
use keystead_app::prices::{PriceImport, PricePreview};
use keystead_app::{Actor, App, Error, KeyRow};
use keystead_core::access::Selection;
use keystead_core::caller::Caller;
use keystead_core::client_certificate::ReportedCertificate;
use keystead_core::id::OrganizationId;
use keystead_core::network::Client;
use keystead_core::refusal::ErrorResponse;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::accepted_names::AcceptedNames;
use crate::auth::{Admin, Authenticate, BoxFuture, Operator, Permission};
use crate::error::{ApiError, Internal};
use crate::request::read_request;
use crate::routes::ROUTES;
use crate::{ApiState, api_keys, keystead};

/// An error in the form of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The body, as over HTTP. Where something went wrong inside, the message says what.
    pub body: Value,
}

impl Refused {
    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        let error = &self.body["error"];
        error["message"].as_str().or_else(|| error.as_str()).unwrap_or("an error without a message")
    }
}

/// The endpoints for one operator.
#[derive(Debug, Clone)]
pub struct CommandLine {
    app: App,
    operator: Actor,
}

impl CommandLine {
    /// The endpoints for this operator.
    #[must_use]
    pub const fn new(app: App, operator: Actor) -> Self {
        Self { app, operator }
    }

    /// Calls an endpoint. Those under `/v1/organization` work on the named organization.
    ///
    /// # Errors
    /// When the endpoint answers with an error.
    pub async fn call(
        &self,
        organization: Option<&OrganizationId>,
        (method, uri): (Method, &str),
        body: Option<&Value>,
    ) -> Result<Value, Refused> {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder().method(method).uri(uri).body(body);
        let response = match request {
            // A router cannot fail.
            Ok(request) => self.router(organization).oneshot(request).await.unwrap_or_else(|never| match never {}),
            Err(_) => {
                ApiError::from(ErrorResponse::invalid(400, None, "This cannot be part of a path.")).into_response()
            }
        };
        read(response).await
    }

    /// The error of a use case that was called without an endpoint.
    pub async fn refused(&self, error: Error) -> Refused {
        let answer = read(ApiError::new(&self.state(), error).into_response()).await;
        answer.err().unwrap_or(Refused { body: Value::Null })
    }

    fn state(&self) -> ApiState {
        ApiState { app: self.app.clone(), authenticate: Arc::new(NoKeys) }
    }

    fn router(&self, organization: Option<&OrganizationId>) -> Router {
        let mut router = Router::new();
        let caller = Admitted { operator: self.operator.clone(), organization: organization.cloned() };
        for endpoint in ROUTES.iter().filter(|endpoint| endpoint.permission != Permission::AnyKey) {
            let guard = from_fn_with_state((caller.clone(), endpoint.permission, endpoint.accepted), admit);
            router = router.route(endpoint.path, endpoint.handler().route_layer(guard));
        }
        router.fallback(crate::error::unknown_route).with_state(self.state())
    }
}

/// A new key with its secret, as the endpoint that makes keys shows it; this happens once.
#[must_use]
pub fn new_key(minted: &MintedKey) -> Value {
    api_keys::show(minted)
}

/// A key with its state, as `/v1/keystead/api_keys/{key_id}` shows it.
#[must_use]
pub fn key_status(key: &KeyRow, state: KeyState, cap: &KeyCapRow) -> Value {
    keystead::api_keys::show(key, state, cap)
}

/// What a list of prices has changed, as the endpoint that imports one shows it.
#[must_use]
pub fn price_import(import: &PriceImport) -> Value {
    keystead::prices::show_import(import)
}

/// What a list of prices would change, as the endpoint that previews one shows it.
#[must_use]
pub fn price_preview(preview: &PricePreview) -> Value {
    keystead::prices::show_preview(preview)
}

/// Who calls.
#[derive(Clone)]
struct Admitted {
    operator: Actor,
    organization: Option<OrganizationId>,
}

/// Does what the guard does for keys: passes on who calls, and the parts of the request that the endpoint names.
async fn admit(
    State((caller, permission, accepted)): State<(Admitted, Permission, AcceptedNames)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if permission == Permission::Operator {
        request.extensions_mut().insert(Operator(caller.operator));
    } else if let Some(organization) = caller.organization {
        request.extensions_mut().insert(Admin { actor: caller.operator, organization });
    } else {
        return Err(ErrorResponse::invalid(400, None, "This needs an organization.").into());
    }
    Ok(next.run(read_request(accepted, request).await?).await)
}

/// Reads an answer. One that is not JSON is an error, with any status: what cannot be read is not known to be done.
async fn read(response: Response) -> Result<Value, Refused> {
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| unreadable())?;
    // An answer without a body says all with its status.
    let body = if bytes.is_empty() && head.status.is_success() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|_| unreadable())?
    };
    match head.extensions.get::<Internal>() {
        _ if head.status.is_success() => Ok(body),
        // The request has no id by which the operator could find it in a log.
        Some(Internal(context)) => Err(Refused { body: server_error(&format!("An internal error: {context}")) }),
        None => Err(Refused { body }),
    }
}

fn unreadable() -> Refused {
    let message = "The answer of the endpoint cannot be read. A change may have been made; look before it is repeated.";
    Refused { body: server_error(message) }
}

fn server_error(message: &str) -> Value {
    json!({ "error": { "message": message, "type": "server_error", "param": null, "code": null } })
}

/// The command line has no keys.
struct NoKeys;

impl Authenticate for NoKeys {
    fn authenticate<'a>(&'a self, _headers: &'a HeaderMap) -> BoxFuture<'a, Result<Arc<Caller>, ErrorResponse>> {
        Box::pin(async { Err(ErrorResponse::invalid(401, None, "The command line has no keys.")) })
    }

    fn check_certificate(
        &self,
        _caller: &Caller,
        _selection: Selection<'_>,
        _reported: Option<&ReportedCertificate>,
    ) -> Result<(), ErrorResponse> {
        Ok(())
    }

    fn note_use(&self, _caller: &Caller, _client: Client) {}
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_no_success() {
        let answer = async |status: StatusCode, body: Body| read((status, body).into_response()).await;
        let broken = || {
            let parts = [Ok("{\"id\":"), Err(std::io::Error::other("cut"))];
            Body::from_stream(futures_util::stream::iter(parts))
        };
        for (status, body) in [
            (StatusCode::OK, Body::from("<html>")),
            (StatusCode::OK, Body::from("{\"id\": 1")),
            (StatusCode::OK, broken()),
            (StatusCode::BAD_REQUEST, Body::empty()),
        ] {
            let refused = answer(status, body).await.unwrap_err();
            assert!(refused.message().contains("cannot be read"), "{refused:?}");
        }
        let mut failed = (StatusCode::INTERNAL_SERVER_ERROR, "{}").into_response();
        failed.extensions_mut().insert(Internal("the row has no owner".to_owned()));
        assert_eq!(read(failed).await.unwrap_err().message(), "An internal error: the row has no owner");
        assert_eq!(answer(StatusCode::OK, Body::from("{}")).await, Ok(json!({})));
        assert_eq!(answer(StatusCode::NO_CONTENT, Body::empty()).await, Ok(Value::Null));
    }
}
