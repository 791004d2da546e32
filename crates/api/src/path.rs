//! Ids in paths. A text that is not an id is answered like an unknown id.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use crate::error::ApiError;

/// The parameters of the path.
pub(crate) struct Ids(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| ApiError::not_found("object", "unreadable id"))?;
        Ok(Self(params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()))
    }
}

impl Ids {
    /// Whether the path has this parameter.
    pub(crate) fn has(&self, parameter: &str) -> bool {
        self.0.iter().any(|(known, _)| known == parameter)
    }

    /// Returns the id of this parameter, if the path has it.
    pub(crate) fn optional<T: FromStr>(&self, parameter: &str, kind: &str) -> Result<Option<T>, ApiError> {
        if self.has(parameter) { self.get(parameter, kind).map(Some) } else { Ok(None) }
    }

    /// Returns the text of this parameter, as sent.
    pub(crate) fn text(&self, parameter: &str) -> String {
        self.0.iter().find(|(known, _)| known == parameter).map_or_else(String::new, |(_, value)| value.clone())
    }

    /// Returns the id of this parameter; `kind` is the name of the object for people.
    pub(crate) fn get<T: FromStr>(&self, parameter: &str, kind: &str) -> Result<T, ApiError> {
        let text = self.0.iter().find(|(known, _)| known == parameter).map_or("", |(_, value)| value);
        text.parse().map_err(|_| ApiError::not_found(kind, text))
    }
}
