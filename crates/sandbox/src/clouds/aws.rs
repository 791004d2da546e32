//! STS, KMS and S3. Signatures are not checked, but who signs is.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, head, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Sandbox;

/// The id of Keystead's access key.
pub const AWS_ACCESS_KEY_ID: &str = "AKIASANDBOX";
/// The secret of Keystead's access key.
pub const AWS_SECRET_ACCESS_KEY: &str = "sandbox-secret-access-key";

/// The id of the access key of an assumed role, and the beginning of its token.
const ROLE_KEY_ID: &str = "ASIASANDBOX";
const TOKEN: &str = "sandbox-session-";
/// The region of every bucket.
const REGION: &str = "eu-central-1";

/// The routes, to be nested under `/aws`.
pub(crate) fn router() -> Router<Sandbox> {
    Router::new().route("/", post(sts_or_kms)).route("/{bucket}", head(bucket)).route("/{bucket}/{object}", any(object))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn signed_by(headers: &HeaderMap, id: &str) -> bool {
    header(headers, "authorization").starts_with(&format!("AWS4-HMAC-SHA256 Credential={id}/"))
}

fn of_a_role(headers: &HeaderMap) -> bool {
    signed_by(headers, ROLE_KEY_ID) && header(headers, "x-amz-security-token").starts_with(TOKEN)
}

/// Both services answer at one address; only KMS is called with a target.
async fn sts_or_kms(headers: HeaderMap, body: Bytes) -> Response {
    match header(&headers, "x-amz-target") {
        "" => assume(&headers, &body),
        target => kms(&headers, target, &body),
    }
}

fn assume(headers: &HeaderMap, body: &[u8]) -> Response {
    let form: HashMap<String, String> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let admitted = signed_by(headers, AWS_ACCESS_KEY_ID)
        && field("Action") == "AssumeRole"
        && !field("ExternalId").is_empty()
        && !field("RoleArn").contains("denied");
    if !admitted {
        let answer = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>";
        return (StatusCode::FORBIDDEN, answer).into_response();
    }
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ROLE_KEY_ID}</AccessKeyId>\
         <SecretAccessKey>sandbox</SecretAccessKey><SessionToken>{TOKEN}1</SessionToken></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    )
    .into_response()
}

fn kms_error(kind: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "__type": kind }))).into_response()
}

fn kms(headers: &HeaderMap, target: &str, body: &[u8]) -> Response {
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let key = text("KeyId");
    if !of_a_role(headers) {
        return kms_error("UnrecognizedClientException");
    }
    for (part, kind) in
        [("denied", "AccessDeniedException"), ("disabled", "DisabledException"), ("missing", "NotFoundException")]
    {
        if key.contains(part) {
            return kms_error(kind);
        }
    }
    // What was encrypted begins with its key.
    let mark = format!("{key}:");
    match target {
        "TrentService.Encrypt" => {
            let blob = STANDARD.encode(format!("{mark}{}", text("Plaintext")));
            Json(json!({ "CiphertextBlob": blob, "KeyId": key })).into_response()
        }
        "TrentService.Decrypt" => {
            let blob = STANDARD.decode(text("CiphertextBlob")).ok().and_then(|blob| String::from_utf8(blob).ok());
            match blob.as_deref().and_then(|blob| blob.strip_prefix(&mark)) {
                Some(plain) => Json(json!({ "Plaintext": plain, "KeyId": key })).into_response(),
                None => kms_error("InvalidCiphertextException"),
            }
        }
        _ => kms_error("UnknownOperationException"),
    }
}

fn s3(status: StatusCode, body: impl IntoResponse) -> Response {
    (status, [("x-amz-bucket-region", REGION)], body).into_response()
}

fn bucket_fault(headers: &HeaderMap, bucket: &str) -> Option<StatusCode> {
    if bucket.contains("missing") {
        return Some(StatusCode::NOT_FOUND);
    }
    (!of_a_role(headers) || bucket.contains("denied")).then_some(StatusCode::FORBIDDEN)
}

async fn bucket(Path(bucket): Path<String>, headers: HeaderMap) -> Response {
    s3(bucket_fault(&headers, &bucket).unwrap_or(StatusCode::OK), ())
}

async fn object(
    State(sandbox): State<Sandbox>,
    Path((bucket, object)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(fault) = bucket_fault(&headers, &bucket) {
        return s3(fault, ());
    }
    let (objects, name) = (&sandbox.inner.clouds, format!("aws/{bucket}/{object}"));
    match method {
        Method::PUT if bucket.contains("readonly") => s3(StatusCode::FORBIDDEN, ()),
        Method::PUT if objects.put(name.clone(), body.clone()) => s3(StatusCode::OK, ()),
        Method::PUT => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Method::GET => match objects.get(&name) {
            Some(content) => s3(StatusCode::OK, content),
            None => s3(StatusCode::NOT_FOUND, ()),
        },
        Method::DELETE => {
            objects.delete(&name);
            s3(StatusCode::NO_CONTENT, ())
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
