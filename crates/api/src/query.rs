//! Query strings as client libraries and scripts write them: lists as `k[]=a`, `k[0]=a`, repeated `k=a`, or `k=a,b`.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::ApiState;
use crate::accepted_names::AcceptedNames;
use crate::error::ApiError;

/// The values that one list may have: each is a value of a statement of the database, which has a limit of its own.
const MOST_VALUES: usize = 1_000;

/// The parameters of a query in the order sent, under the names that endpoints know.
#[derive(Debug, Default, Clone)]
pub(crate) struct Query(Vec<(&'static str, String)>);

impl FromRequestParts<ApiState> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| ApiError::unread(state))
    }
}

impl Query {
    /// Parses the parameters that an endpoint knows.
    pub(crate) fn read(query: &str, accepted: AcceptedNames) -> Result<Self, ApiError> {
        let mut read: Vec<(&'static str, String)> = Vec::new();
        for (sent, value) in form_urlencoded::parse(query.as_bytes()) {
            if let Some(name) = known(&sent, accepted.one) {
                if read.iter().any(|(before, _)| *before == name) {
                    return Err(ApiError::param(name, format!("Invalid '{name}': it can be given only once.")));
                }
                read.push((name, value.into_owned()));
            } else if let Some(name) = known(list_name(&sent), accepted.many) {
                if value.split(',').any(|item| item.trim().is_empty()) {
                    // Ignoring an empty value would remove the filter.
                    return Err(ApiError::param(name, format!("Invalid '{name}': it has an empty value.")));
                }
                read.push((name, value.into_owned()));
            } else if let Some(name) = known(list_name(&sent), accepted.unsupported) {
                if !value.is_empty() {
                    return Err(AcceptedNames::refused(name));
                }
            } else {
                let all = [accepted.one, accepted.many].concat();
                return Err(AcceptedNames::unknown(&sent, &all));
            }
        }
        let read = Self(read);
        match accepted.many.iter().find(|name| read.many(name).len() > MOST_VALUES) {
            None => Ok(read),
            Some(name) => {
                Err(ApiError::param(name, format!("Invalid '{name}': at most {MOST_VALUES} values can be given.")))
            }
        }
    }

    /// Returns the value of a parameter with one value; an empty one counts as absent.
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        let sent = self.0.iter().find(|(known, _)| *known == key);
        sent.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns all values of a parameter with several values.
    pub(crate) fn many(&self, key: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(known, _)| *known == key);
        values.flat_map(|(_, value)| value.split(',')).map(|value| value.trim().to_owned()).collect()
    }

    /// Returns an integer, if it was sent.
    pub(crate) fn integer(&self, key: &'static str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.one(key) else { return Ok(None) };
        let parsed =
            value.parse().map_err(|_| ApiError::param(key, format!("Invalid '{key}': expected an integer.")))?;
        Ok(Some(parsed))
    }

    /// Returns a boolean, if it was sent.
    pub(crate) fn flag(&self, key: &'static str) -> Result<Option<bool>, ApiError> {
        match self.one(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::param(key, format!("Invalid '{key}': expected true or false."))),
        }
    }

    /// Returns ids of one kind. A text that is not an id is refused; an id of another organization matches nothing.
    pub(crate) fn ids<T: FromStr>(&self, key: &'static str) -> Result<Vec<T>, ApiError> {
        let parse = |value: String| {
            value.parse().map_err(|_| ApiError::param(key, format!("Invalid '{key}': not a valid id.")))
        };
        self.many(key).into_iter().map(parse).collect()
    }
}

fn known(sent: &str, names: &'static [&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| *name == sent)
}

/// Removes `[]` or `[0]` from the name of a list.
fn list_name(sent: &str) -> &str {
    let bare = sent.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match bare {
        Some((name, index)) if index.len() <= 9 && index.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => sent,
    }
}

#[cfg(test)]
mod tests;
