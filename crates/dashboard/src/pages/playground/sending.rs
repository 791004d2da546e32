//! Sending a question: as a stream for the page's script, and the code examples for what is typed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::{Json, response};
use keystead_app::Error;
use keystead_core::network::Client;
use serde_json::{Map, Value};

use super::answer::Refused;
use super::code::examples;
use super::models::text;
use super::question::{Question, body};
use crate::playground::{ApiClient, ModelRequest, Playground};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;
use crate::web::form::Form;
use crate::web::response::Page;

/// Who asks, as the binary determined it.
pub(super) type ApiCaller = Option<Extension<ApiClient>>;

/// The playground, or the page that says that this installation has none.
pub(super) fn playground(state: &DashboardState, visit: &Visit) -> Result<Arc<dyn Playground>, PageError> {
    let found = state.playground.clone();
    found.ok_or_else(|| PageError::new(visit.person.messages, Error::Unsupported("the playground")))
}

/// Sends a request with the rights of the person in the open project.
pub(super) async fn send(
    playground: &dyn Playground,
    visit: &Visit,
    from: &ApiCaller,
    (method, path, body): (&str, &str, String),
) -> Response<Body> {
    let unknown = Client::at(std::net::Ipv4Addr::UNSPECIFIED.into());
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let Ok(mut request) = request.body(Body::from(body)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(Extension(ApiClient(_, Some(certificate)))) = from {
        request.extensions_mut().insert(certificate.clone());
    }
    let sent = ModelRequest {
        session: visit.person.session.id.clone(),
        project: visit.project.id.clone(),
        client: from.as_ref().map_or(unknown, |Extension(ApiClient(client, _))| *client),
        request,
    };
    playground.send(sent).await
}

/// Sends a question after the check that a new key needs.
pub(super) async fn question(
    state: &DashboardState,
    visit: &Visit,
    from: &ApiCaller,
    asked: &Question,
    stream: bool,
) -> Result<Response<Body>, Box<Refused>> {
    let members = asked.members().map_err(|key| Refused::wrong(visit, key))?;
    let allowed = state.app.ensure_playground(&visit.organization.id).await;
    allowed.map_err(|error| Refused::unsent(visit, &error))?;
    let missing = || Refused::unsent(visit, &Error::Unsupported("the playground"));
    let playground = state.playground.clone().ok_or_else(missing)?;
    let request = ("POST", "/v1/chat/completions", body(&members, stream));
    Ok(send(playground.as_ref(), visit, from, request).await)
}

/// Answers the page's script: with the answer's stream, or with the explanation of a refusal as JSON.
pub(crate) async fn stream(State(state): State<DashboardState>, visit: Visit, from: ApiCaller, form: Form) -> Page {
    visit.person.check(&form)?;
    let answer = match question(&state, &visit, &from, &Question::of(&form), true).await {
        Ok(answer) => answer,
        Err(refused) => return Ok(explained(&refused)),
    };
    let (head, body) = answer.into_parts();
    if !head.status.is_success() {
        let raw = text(Response::new(body)).await;
        return Ok(explained(&Refused::explain(&visit, head.status.as_u16(), &head.headers, &raw)));
    }
    let mut response = Response::new(body);
    for name in [header::CONTENT_TYPE, HeaderName::from_static("x-request-id")] {
        if let Some(value) = head.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    // Proxies must not hold the stream back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn explained(refused: &Refused) -> response::Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, Json(refused)).into_response()
}

/// Returns the code examples for what is typed, by the id of their element.
pub(crate) async fn code(State(state): State<DashboardState>, visit: Visit, form: Form) -> Page {
    visit.person.check(&form)?;
    let base_url = format!("{}/v1", state.public_url);
    let shown: Map<String, Value> = match Question::of(&form).members() {
        Ok(members) => {
            let all = examples(&members, &base_url).into_iter();
            all.map(|example| (example.id.to_owned(), example.text.into())).collect()
        }
        Err(_) => Map::new(),
    };
    Ok(Json(shown).into_response())
}
