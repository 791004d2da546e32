//! Query strings as the client libraries and their imitators send them: `k[]=a`, repeated `k=a`, or `k=a,b`.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::Failure;

/// The parameters of a query in the order sent, keys without `[]`.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let key = decode(key);
            (key.strip_suffix("[]").unwrap_or(&key).to_owned(), decode(value))
        });
        Self(pairs.collect())
    }

    /// The last value of a parameter that takes one; an empty one counts as absent.
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        let last = self.0.iter().rev().find(|(known, _)| known == key);
        last.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a parameter that takes several.
    pub(crate) fn many(&self, key: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(known, _)| known == key);
        values
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// An integer, if sent.
    pub(crate) fn integer(&self, key: &'static str) -> Result<Option<i64>, Failure> {
        let Some(value) = self.one(key) else { return Ok(None) };
        let parsed =
            value.parse().map_err(|_| Failure::param(key, format!("Invalid '{key}': expected an integer.")))?;
        Ok(Some(parsed))
    }

    /// `true` or `false`, if sent.
    pub(crate) fn flag(&self, key: &'static str) -> Result<Option<bool>, Failure> {
        match self.one(key) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Failure::param(key, format!("Invalid '{key}': expected true or false."))),
        }
    }

    /// Ids of one kind. Text that is no id at all is refused; an id of somebody else's simply matches nothing.
    pub(crate) fn ids<T: FromStr>(&self, key: &'static str) -> Result<Vec<T>, Failure> {
        let parse =
            |value: String| value.parse().map_err(|_| Failure::param(key, format!("Invalid '{key}': not a valid id.")));
        self.many(key).into_iter().map(parse).collect()
    }
}

/// Undoes percent-encoding and `+`. What is not UTF-8 afterwards becomes replacement characters.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                match (ahead.next().and_then(digit), ahead.next().and_then(digit)) {
                    (Some(high), Some(low)) => {
                        bytes.push(high << 4 | low);
                        rest = ahead;
                    }
                    _ => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_spellings_of_a_list() {
        for query in ["k[]=a&k[]=b", "k%5B%5D=a&k%5B%5D=b", "k=a&k=b", "k=a,b", "k=a%2Cb", "k=a,+b"] {
            assert_eq!(Query::parse(query).many("k"), ["a", "b"], "{query}");
        }
    }

    #[test]
    fn broken_encoding_is_kept_as_text() {
        let query = Query::parse("a=%zz&b=%4&c=%e2%82%ac&d&=x&%");
        assert_eq!(query.one("a"), Some("%zz"));
        assert_eq!(query.one("b"), Some("%4"));
        assert_eq!(query.one("c"), Some("€"));
        assert_eq!(query.one("d"), None);
    }
}
