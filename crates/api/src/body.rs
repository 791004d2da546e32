//! Request bodies: JSON objects with fields that are read one by one, so that each error names its parameter.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use keystead_core::refusal::ErrorResponse;
use keystead_core::text::printable;
use keystead_core::unique_json::{self, Fault};
use serde_json::{Map, Value};

use crate::ApiState;
use crate::accepted_names::AcceptedNames;
use crate::error::ApiError;

/// The fields of a body. An empty body is an empty object.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields(Map<String, Value>);

impl FromRequestParts<ApiState> for Fields {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unread(state))
    }
}

impl Fields {
    /// Parses a body with the fields that an endpoint knows.
    pub(crate) fn read(bytes: &[u8], accepted: AcceptedNames) -> Result<Self, ApiError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let map = match unique_json::read(bytes) {
            Ok(Value::Object(map)) => map,
            Ok(Value::Null) => return Ok(Self::default()),
            Err(Fault::Repeated(name)) => {
                let name = printable(&name);
                let message = format!("Invalid '{name}': it appears more than once in one object.");
                return Err(ApiError::named(name, message));
            }
            Ok(_) | Err(Fault::Syntax) => {
                let message = "We could not parse the JSON body of your request. The body must be one JSON object.";
                return Err(ErrorResponse::invalid(400, None, message).into());
            }
        };
        for (name, value) in &map {
            if accepted.unsupported.contains(&name.as_str()) {
                if !value.is_null() {
                    return Err(AcceptedNames::refused(name));
                }
            } else if !accepted.body.contains(&name.as_str()) {
                return Err(AcceptedNames::unknown(name, accepted.body));
            }
        }
        Ok(Self(map))
    }

    /// Returns the field, unless absent or null.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether the field is there and null.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// Refuses an explicit null where OpenAI's API does.
    pub(crate) fn not_null(&self, name: &'static str) -> Result<(), ApiError> {
        if self.is_null(name) {
            return Err(ApiError::param(name, format!("Invalid type for '{name}': null is not allowed.")));
        }
        Ok(())
    }

    /// Returns text, if the field is there.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<String>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong_type(name, "a string")),
        }
    }

    /// Returns the members of an object, if the field is there. Members that are not `known` are refused.
    pub(crate) fn members(&self, name: &'static str, known: &[&str]) -> Result<Option<Map<String, Value>>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = |what: &str| ApiError::param(name, format!("Invalid '{name}': {what}."));
        let members = value.as_object().ok_or_else(|| wrong("expected an object"))?;
        match members.keys().find(|member| !known.contains(&member.as_str())) {
            Some(other) => Err(wrong(&format!("'{}' is unknown", printable(other)))),
            None => Ok(Some(members.clone())),
        }
    }

    /// Returns the field as sent, if it is there.
    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }

    /// Returns a whole number, if the field is there.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong_type(name, "an integer")),
        }
    }

    /// Returns text, which is required.
    pub(crate) fn required_text(&self, name: &'static str) -> Result<String, ApiError> {
        self.text(name)?.ok_or_else(|| ApiError::missing(name))
    }

    /// Returns an id; a text that cannot be an id is answered like an unknown one.
    pub(crate) fn id<T: FromStr>(&self, name: &'static str, kind: &'static str) -> Result<Option<T>, ApiError> {
        let read = |text: String| text.parse().map_err(|_| ApiError::not_found(kind, &text));
        self.text(name)?.map(read).transpose()
    }

    /// Returns an id, which is required.
    pub(crate) fn required_id<T: FromStr>(&self, name: &'static str, kind: &'static str) -> Result<T, ApiError> {
        let text = self.required_text(name)?;
        text.parse().map_err(|_| ApiError::not_found(kind, &text))
    }

    /// Returns text that null removes: `None` when the field is absent, `Some(None)` when it is null.
    pub(crate) fn nullable_text(&self, name: &'static str) -> Result<Option<Option<String>>, ApiError> {
        if self.0.contains_key(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// Returns a boolean, if the field is there.
    pub(crate) fn boolean(&self, name: &'static str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong_type(name, "a boolean")),
        }
    }

    /// Returns a boolean; absent is `false`.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        Ok(self.boolean(name)?.unwrap_or(false))
    }

    /// Returns the lifetime of a key in seconds, if it has one.
    pub(crate) fn lifetime(&self) -> Result<Option<i64>, ApiError> {
        self.number("expires_in_seconds")
    }

    /// Returns scope literals, if they were sent.
    pub(crate) fn scopes(&self) -> Result<Option<Vec<String>>, ApiError> {
        self.texts("scopes")
    }

    /// Returns several texts, if they were sent.
    pub(crate) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let wrong = || wrong_type(name, "an array of strings");
        let list = value.as_array().ok_or_else(wrong)?;
        list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
    }
}

fn wrong_type(name: &'static str, wanted: &str) -> ApiError {
    ApiError::param(name, format!("Invalid type for '{name}': expected {wanted}."))
}
