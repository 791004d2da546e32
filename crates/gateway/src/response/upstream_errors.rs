//! What an upstream's refusal is about: the operator's secret, the usage option that the gateway added, or the request
//! itself, which the client must see.

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

/// Whether a refusal of a chat stream is about `stream_options`. Servers report it with different statuses and texts;
/// they all name the field, or its only member.
pub(crate) fn names_stream_options(status: StatusCode, body: &[u8]) -> bool {
    let may_be = match status.as_u16() {
        401 | 403 | 408 | 429 => false,
        // A server without validation fails where the field is used.
        400..=501 => true,
        _ => false,
    };
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    may_be && ["stream_options", "streamoptions", "include_usage"].iter().any(|name| text.contains(name))
}

/// Whether a 403 is about the operator's secret or account, which the client cannot change and must not see. A body
/// that is not an error object tells the client nothing either, so it counts, too.
pub(crate) fn is_about_our_access(body: &Bytes, challenge: bool) -> bool {
    if challenge {
        return true;
    }
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return true };
    let said = Said::of(&body);
    if said.words.is_empty() {
        return true;
    }
    said.codes.iter().any(|code| {
        const ABOUT_US: [&str; 10] = [
            "api_key",
            "apikey",
            "auth",
            "credential",
            "permission",
            "access_denied",
            "accessdenied",
            "access_terminated",
            "unsupported_country",
            "ip_not",
        ];
        ABOUT_US.iter().any(|part| code.contains(part))
    }) || said.words.iter().any(|word| {
        const ABOUT_US: [&str; 16] = [
            "api key",
            "api-key",
            "api_key",
            "apikey",
            "subscription key",
            "secret key",
            "access key",
            "credential",
            "bearer",
            "token is invalid",
            "invalid token",
            "unauthorized",
            "authenticat",
            "permission",
            "not have access",
            "access to the model",
        ];
        ABOUT_US.iter().any(|part| word.contains(part))
    })
}

/// Whether a 400 says that the operator's secret is wrong, as some servers do. Narrower than for a 403: most are about
/// the request.
pub(crate) fn names_our_secret(body: &Bytes) -> bool {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let said = Said::of(body.get(0).unwrap_or(&body));
    let codes = ["invalid_api_key", "api_key_invalid", "no_db_connection"];
    let words = ["incorrect api key", "invalid api key", "api key not valid", "api key is invalid", "api key expired"];
    said.codes.iter().any(|code| codes.contains(&code.as_str()))
        || said.words.iter().any(|word| words.iter().any(|part| word.contains(part)))
}

/// The content of an error body in lower case: its short names and its sentences.
#[derive(Default)]
struct Said {
    codes: Vec<String>,
    words: Vec<String>,
}

impl Said {
    /// Read from the places in which servers put them. Metadata, which may quote the client, is not read.
    fn of(body: &Value) -> Self {
        let mut said = Self::default();
        for object in [body, &body["error"], &body["detail"]] {
            let read = |name: &str, into: &mut Vec<String>| {
                into.extend(object[name].as_str().filter(|text| !text.is_empty()).map(str::to_ascii_lowercase));
            };
            for name in ["code", "type", "status", "reason"] {
                read(name, &mut said.codes);
            }
            for name in ["message", "msg", "error", "detail", "error_description"] {
                read(name, &mut said.words);
            }
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_the_question_for_usage() {
        for (status, body) in [
            (
                422,
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}"#,
            ),
            (
                400,
                r#"{"error":{"message":"Unrecognized request argument supplied: stream_options","type":"invalid_request_error","param":null,"code":null}}"#,
            ),
            (
                400,
                r#"{"error":{"message":"Unknown parameter: 'stream_options'.","param":"stream_options","code":"unknown_parameter"}}"#,
            ),
            (
                400,
                r#"{"object":"error","message":"[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted', 'input': {'include_usage': True}}]","code":400}"#,
            ),
            (
                400,
                r#"{"error":{"message":"Invalid JSON payload received. Unknown name \"streamOptions\": Cannot find field."}}"#,
            ),
            (422, r#"{"id":"3039","message":"unprocessable entity: stream_options is not supported"}"#),
            (500, "TypeError: create() got an unexpected keyword argument 'stream_options'"),
            (422, r#"{"error":"Input validation error: unknown field `include_usage`"}"#),
        ] {
            assert!(names_stream_options(StatusCode::from_u16(status).unwrap(), body.as_bytes()), "{status} {body}");
        }
        for (status, body) in [
            (400, r#"{"error":{"message":"max_tokens is too large"}}"#),
            (429, r#"{"error":{"message":"stream_options too fast"}}"#),
            (200, r#"{"stream_options":1}"#),
            (503, "stream_options"),
        ] {
            assert!(!names_stream_options(StatusCode::from_u16(status).unwrap(), body.as_bytes()), "{status} {body}");
        }
    }

    #[test]
    fn a_wrong_secret_that_is_told_as_a_bad_request() {
        for (body, ours) in [
            (
                r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
                true,
            ),
            (r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***en."}"#, true),
            (r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#, true),
            (r#"{"error":{"message":"Name the permission in 'tools'."}}"#, false),
            (r#"{"error":{"message":"'messages' is missing","code":"400"}}"#, false),
            ("no JSON about an invalid api key", false),
            ("[]", false),
        ] {
            assert_eq!(names_our_secret(&Bytes::from(body)), ours, "{body}");
        }
    }

    #[test]
    fn whose_refusal_it_is() {
        for (body, ours) in [
            (r#"{"error":{"message":"Your input was flagged"}}"#, false),
            (
                r#"{"error":{"message":"Your input was flagged","code":403,"metadata":{"reasons":["x"],"flagged_input":"my api key"}}}"#,
                false,
            ),
            (
                r#"{"error":{"message":"Content violates usage guidelines.","type":"invalid_request_error","code":"content_policy_violation"}}"#,
                false,
            ),
            (r#"{"detail":"This prompt is not allowed"}"#, false),
            (r#"{"error":"The safety system refused the prompt"}"#, false),
            (r#"{"error":{"message":"Incorrect API key provided: sk-…","code":"invalid_api_key"}}"#, true),
            (r#"{"error":{"message":"No.","code":"invalid_api_key"}}"#, true),
            (r#"{"error":{"message":"No.","type":"permission_error"}}"#, true),
            (
                r#"{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}"#,
                true,
            ),
            (
                r#"{"error":"You have insufficient permissions for this operation. Missing scopes: model.request"}"#,
                true,
            ),
            (
                r#"{"error":{"message":"Project `proj_1` does not have access to model `x`","code":"model_not_found"}}"#,
                true,
            ),
            (
                r#"{"error":{"code":"unsupported_country_region_territory","message":"Country, region, or territory not supported"}}"#,
                true,
            ),
            (r#"{"detail":"Invalid token"}"#, true),
            (r#"{"message":"Unauthorized"}"#, true),
            ("<html>403 Forbidden</html>", true),
            ("", true),
            ("{}", true),
        ] {
            assert_eq!(is_about_our_access(&Bytes::from(body), false), ours, "{body}");
        }
        assert!(is_about_our_access(&Bytes::from_static(br#"{"error":{"message":"flagged"}}"#), true));
    }
}
