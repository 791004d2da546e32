//! `POST /oauth/token`: a workload's token for a short-lived key (RFC 8693). The token is the credential; errors have the
//! form of RFC 6749, 5.2, which SDKs read.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use keystead_app::workload_identity::{Exchange, ExchangeRefusal, IssuedKey};
use keystead_core::unique_json;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::ClientOrigin;

/// The path of the exchange.
pub const PATH: &str = "/oauth/token";

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const SUBJECT_TOKENS: [&str; 2] = ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A refusal: status, code and text.
type Refused = (StatusCode, &'static str, String);

fn invalid(text: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, "invalid_request", text.into())
}

/// Answers with a key, or with an error of OAuth.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    from: ClientOrigin,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if !from.is_served() {
        let text = "Country, region, or territory not supported".to_owned();
        return refuse((StatusCode::FORBIDDEN, "access_denied", text), None);
    }
    let fields = match body.map_err(|_| invalid("The body is too large or could not be read.")) {
        Ok(body) => read(&headers, &body).and_then(|fields| known(&fields).map(|()| fields)),
        Err(refused) => Err(refused),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(refused) => return refuse(refused, None),
    };
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let asked = Exchange {
        token: field("subject_token"),
        provider: field("identity_provider_id"),
        service_account: field("service_account_id"),
        address: from.origin().ip,
    };
    match state.app.exchange_workload_token(&asked).await {
        Ok(issued) => answer(&issued),
        Err(refusal) => refuse_exchange(&refusal),
    }
}

/// Reads a JSON object of texts, as SDKs send it, or a form. A field that is repeated is refused.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<BTreeMap<String, String>, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut fields = BTreeMap::new();
    let mut add = |name: String, text: String| match fields.insert(name, text) {
        None => Ok(()),
        Some(_) => Err(invalid("A parameter appears more than once.")),
    };
    match kind.as_str() {
        "application/json" => {
            let Ok(Value::Object(members)) = unique_json::read(body) else {
                return Err(invalid(
                    "We could not parse the JSON body of your request. The body must be one JSON object.",
                ));
            };
            for (name, value) in members {
                match value {
                    Value::String(text) => add(name, text)?,
                    Value::Null => {}
                    _ => return Err(invalid("Every parameter must be a string.")),
                }
            }
        }
        "application/x-www-form-urlencoded" => {
            if std::str::from_utf8(body).is_err() {
                return Err(invalid("The body must be UTF-8."));
            }
            for (name, text) in form_urlencoded::parse(body).into_owned() {
                add(name, text)?;
            }
        }
        _ => return Err(invalid("The content type must be application/json or application/x-www-form-urlencoded.")),
    }
    Ok(fields)
}

/// Checks the parameters of RFC 8693. Those that ask for less than the rule grants are refused, because a client that
/// sends them expects that they hold. Others are ignored, as OAuth wants it; none of them grants anything.
fn known(fields: &BTreeMap<String, String>) -> Result<(), Refused> {
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|text| !text.is_empty());
    match field("grant_type") {
        Some(GRANT) => {}
        None => return Err(invalid("Missing required parameter: 'grant_type'.")),
        Some(_) => {
            let text = format!("Invalid 'grant_type': must be {GRANT}.");
            return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type", text));
        }
    }
    for name in ["subject_token", "subject_token_type", "identity_provider_id", "service_account_id"] {
        if field(name).is_none() {
            return Err(invalid(format!("Missing required parameter: '{name}'.")));
        }
    }
    if !field("subject_token_type").is_some_and(|kind| SUBJECT_TOKENS.contains(&kind)) {
        return Err(invalid(format!(
            "Invalid 'subject_token_type': must be {} or {}.",
            SUBJECT_TOKENS[0], SUBJECT_TOKENS[1]
        )));
    }
    if field("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
        return Err(invalid(format!("Invalid 'requested_token_type': must be {ACCESS_TOKEN}.")));
    }
    if field("actor_token").is_some() {
        return Err(invalid("Invalid 'actor_token': this installation cannot honour it."));
    }
    if field("scope").is_some() {
        let text = "Invalid 'scope': the federation rule decides what a key may do; leave it out.";
        return Err((StatusCode::BAD_REQUEST, "invalid_scope", text.to_owned()));
    }
    for name in ["resource", "audience"] {
        if field(name).is_some() {
            let text = format!("Invalid '{name}': a key is for this installation only; leave it out.");
            return Err((StatusCode::BAD_REQUEST, "invalid_target", text));
        }
    }
    Ok(())
}

fn answer(issued: &IssuedKey) -> Response {
    let mut body = json!({
        "access_token": issued.secret.expose(),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
    });
    if !issued.scopes.is_empty() {
        body["scope"] = json!(issued.scopes.join(" "));
    }
    respond(StatusCode::OK, body.to_string())
}

fn refuse_exchange(refusal: &ExchangeRefusal) -> Response {
    let text = refusal.to_string();
    match refusal {
        ExchangeRefusal::Token(_) => refuse((StatusCode::BAD_REQUEST, "invalid_grant", text), None),
        ExchangeRefusal::Forbidden(_) => refuse((StatusCode::FORBIDDEN, "access_denied", text), None),
        ExchangeRefusal::Limited { seconds, .. } => {
            refuse((StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", text), Some(*seconds))
        }
        ExchangeRefusal::Unavailable(_) => {
            refuse((StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", text), Some(2))
        }
        ExchangeRefusal::Internal(context) => {
            tracing::error!(context, "an exchange of a workload's token failed");
            let text = "The server had an error while processing your request. Please try again.".to_owned();
            refuse((StatusCode::INTERNAL_SERVER_ERROR, "server_error", text), None)
        }
    }
}

/// Answers a method other than `POST`.
pub(crate) async fn wrong_method() -> Response {
    let text = "Tokens are exchanged by POST.".to_owned();
    refuse((StatusCode::METHOD_NOT_ALLOWED, "invalid_request", text), None)
}

/// Writes the body of an error, also of an exchange that is refused before it reaches its handler.
#[must_use]
pub fn exchange_error(code: &str, text: &str) -> String {
    json!({ "error": code, "error_description": text }).to_string()
}

fn refuse((status, code, text): Refused, retry_after: Option<i64>) -> Response {
    let mut response = respond(status, exchange_error(code, &text));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(status: StatusCode, body: String) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, headers, body).into_response()
}
