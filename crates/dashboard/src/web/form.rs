//! Forms. A form is accepted only from our own pages; handlers also compare its token with the session's.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use keystead_core::secret::Secret;

/// The largest body of a form without files.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The fields of a form, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// A form with these fields.
    pub(crate) const fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// A field, trimmed; empty when it is absent.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// A field that holds a secret, not trimmed.
    pub(crate) fn secret(&self, name: &str) -> Secret<String> {
        let value = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        Secret::new(value.unwrap_or_default())
    }

    /// All values of a field that may occur several times.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect()
    }

    /// The fields with names that start with a prefix, with the prefix removed.
    pub(crate) fn starting(&self, start: &str) -> Vec<(&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(start)?, value.trim()))).collect()
    }

    /// All fields except these, so that a form can be sent again.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        !self.field(name).is_empty()
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        ours(request.headers()).map_err(IntoResponse::into_response)?;
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        serde_urlencoded::from_bytes(&bytes).map(Self).map_err(|_| StatusCode::BAD_REQUEST.into_response())
    }
}

/// Whether our script sent the form and reads the answer as JSON.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json")
}

/// A form with a file, not read yet. Accepted only from our own pages.
pub(crate) struct Upload(pub(crate) Multipart);

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        ours(request.headers()).map_err(IntoResponse::into_response)?;
        Multipart::from_request(request, state).await.map(Self).map_err(IntoResponse::into_response)
    }
}

fn ours(headers: &HeaderMap) -> Result<(), (StatusCode, &'static str)> {
    if from_our_page(headers) {
        Ok(())
    } else {
        Err((StatusCode::FORBIDDEN, "This form did not come from our own page.\n"))
    }
}

/// Whether a form comes from our own page. Every supported browser sends `Sec-Fetch-Site` or `Origin`; a request
/// without either is refused.
pub(crate) fn from_our_page(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()?.parse::<Uri>().ok());
    match (host, origin) {
        (Some(host), Some(origin)) => origin.authority().is_some_and(|authority| authority.as_str() == host),
        _ => false,
    }
}

/// Splits a field at its commas.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_pages_are_refused() {
        let judge = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            from_our_page(&headers)
        };
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[("host", "k.test"), ("origin", "https://k.test")]));
        for foreign in [
            &[][..],
            &[("sec-fetch-site", "cross-site"), ("host", "k.test"), ("origin", "https://k.test")],
            &[("sec-fetch-site", "same-site")],
            &[("host", "k.test"), ("origin", "https://evil.test")],
            &[("host", "k.test"), ("origin", "null")],
            &[("host", "k.test")],
        ] {
            assert!(!judge(foreign), "{foreign:?}");
        }
    }
}
