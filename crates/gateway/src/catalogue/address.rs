//! The address of an upstream, and the options in which servers differ.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderValue, Uri};
use keystead_core::{Secret, Timestamp};

/// Seconds for which it is remembered that a model's server does not know `stream_options`. Afterwards it is asked
/// again, because the server may be newer.
const REMEMBERED: i64 = 600;

static API_KEY: HeaderName = HeaderName::from_static("api-key");

/// Whether the gateway requests the usage of chat streams when the client did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamUsage {
    /// Requested; when a server refuses the option, the request is sent once more without it.
    #[default]
    Auto,
    /// Requested; a refusal is passed to the client.
    Always,
    /// Not requested. The usage of such streams is estimated, unless the server reports it anyway.
    Never,
}

/// The header that carries the operator's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// `Authorization: Bearer …`.
    #[default]
    Bearer,
    /// `api-key: …`, as for Azure.
    ApiKey,
}

/// The options of an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamOptions {
    /// Whether streams are asked for their usage.
    pub stream_usage: StreamUsage,
    /// The header of the secret.
    pub auth: Auth,
    /// Whether `/v1` is inserted between the base address and routes.
    pub append_v1: bool,
    /// How long a connection may wait for its next request; zero closes it at once.
    pub keep_alive: Duration,
    /// How long the first byte of an answer may take.
    pub first_byte: Duration,
    /// How long an answer may pause after it has begun.
    pub idle: Duration,
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        Self {
            stream_usage: StreamUsage::Auto,
            auth: Auth::Bearer,
            append_v1: true,
            // Common servers close an idle connection after 5 seconds at the earliest.
            keep_alive: Duration::from_secs(4),
            first_byte: Duration::from_secs(600),
            idle: Duration::from_secs(300),
        }
    }
}

/// Why requests cannot be sent to a base address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not a valid address.
    #[error("base_url must be an http:// or https:// address with a host, such as http://127.0.0.1:8000/v1")]
    Address,
    /// Contains a user or a password.
    #[error("base_url must not hold a user or a password; give the secret as api_key")]
    User,
    /// Contains a fragment.
    #[error("base_url must not hold a fragment (#)")]
    Fragment,
    /// Contains a route.
    #[error("base_url must end before the route, usually with /v1: leave out what follows")]
    Route,
    /// The secret is not a valid header value.
    #[error("the API key is empty or holds a character that no header can carry, such as a line break")]
    Secret,
}

/// Models by name, and until when their streams are not asked for usage.
type Refusals = Arc<RwLock<HashMap<Arc<str>, Timestamp>>>;

/// An upstream: a server of models.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// How configuration calls it.
    pub name: Arc<str>,
    pub(crate) api_key: Option<Secret<String>>,
    /// `None` when the operator's address is not valid, or the secret is not a valid header value.
    pub(crate) address: Option<Address>,
    /// Shared by all copies, so that a new catalogue keeps it.
    refusals: Refusals,
}

impl Upstream {
    /// Builds an upstream with default options. `base_url` is the address before its `/v1` routes, with or without
    /// `/v1` at the end, and `api_key` the operator's secret for it.
    #[must_use]
    pub fn new(name: String, base_url: &str, api_key: Option<Secret<String>>) -> Self {
        Self::with(name, base_url, api_key, UpstreamOptions::default())
    }

    /// Builds an upstream with options.
    #[must_use]
    pub fn with(name: String, base_url: &str, api_key: Option<Secret<String>>, options: UpstreamOptions) -> Self {
        let address = Address::new(base_url, api_key.as_ref(), options).ok();
        Self { name: name.into(), api_key, address, refusals: Refusals::default() }
    }

    /// Checks whether requests can be sent there.
    ///
    /// # Errors
    /// What the operator must change.
    pub fn check(base_url: &str, api_key: Option<&Secret<String>>) -> Result<(), Unusable> {
        Address::new(base_url, api_key, UpstreamOptions::default()).map(drop)
    }

    /// Whether a stream of this model is asked for its usage now.
    pub(crate) fn asks_usage(&self, model: &str, now: Timestamp) -> bool {
        match self.stream_usage() {
            StreamUsage::Always => true,
            StreamUsage::Never => false,
            StreamUsage::Auto => {
                let refusals = self.refusals.read().unwrap_or_else(PoisonError::into_inner);
                refusals.get(model).is_none_or(|until| *until <= now)
            }
        }
    }

    /// Whether a refused usage option may be left out.
    pub(crate) fn may_leave_out_usage(&self) -> bool {
        self.stream_usage() == StreamUsage::Auto
    }

    /// Remembers that the server of this model does not know the usage option.
    pub(crate) fn refused_usage(&self, model: &Arc<str>, now: Timestamp) {
        let until = Timestamp(now.0.saturating_add(REMEMBERED));
        let mut refusals = self.refusals.write().unwrap_or_else(PoisonError::into_inner);
        refusals.insert(Arc::clone(model), until);
    }

    fn stream_usage(&self) -> StreamUsage {
        self.address.as_ref().map(|address| address.options.stream_usage).unwrap_or_default()
    }
}

/// An upstream's address, in the pieces that requests need.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Scheme and authority, by which connections are pooled.
    pub(crate) origin: Arc<str>,
    /// The same, for connecting.
    pub(crate) uri: Uri,
    pub(crate) host: HeaderValue,
    /// The part before the route in every path; usually empty.
    pub(crate) prefix: String,
    /// Whether the route's `/v1` follows.
    pub(crate) versioned: bool,
    /// The query that is added to every request.
    pub(crate) query: Option<String>,
    pub(crate) secret: Option<(HeaderName, HeaderValue)>,
    pub(crate) options: UpstreamOptions,
}

impl Address {
    fn new(base_url: &str, api_key: Option<&Secret<String>>, options: UpstreamOptions) -> Result<Self, Unusable> {
        if base_url.contains('#') {
            return Err(Unusable::Fragment);
        }
        let base: Uri = base_url.parse().map_err(|_| Unusable::Address)?;
        let scheme = base.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or(Unusable::Address)?;
        let authority = base.authority().filter(|authority| !authority.host().is_empty()).ok_or(Unusable::Address)?;
        if authority.as_str().contains('@') {
            return Err(Unusable::User);
        }
        let port = match (scheme, authority.port_u16()) {
            ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let origin = format!("{scheme}://{authority}");
        let path = base.path().trim_end_matches('/');
        if ["/completions", "/responses", "/embeddings", "/models"].iter().any(|route| path.ends_with(route)) {
            return Err(Unusable::Route);
        }
        let versioned = options.append_v1;
        let prefix = if versioned { path.strip_suffix("/v1").unwrap_or(path) } else { path };
        Ok(Self {
            uri: origin.parse().map_err(|_| Unusable::Address)?,
            origin: origin.into(),
            host: HeaderValue::from_str(&format!("{}{port}", authority.host())).map_err(|_| Unusable::Address)?,
            prefix: prefix.to_owned(),
            versioned,
            query: base.query().filter(|query| !query.is_empty()).map(str::to_owned),
            secret: api_key.map(|key| secret(key, options.auth)).transpose()?,
            options,
        })
    }
}

fn secret(key: &Secret<String>, auth: Auth) -> Result<(HeaderName, HeaderValue), Unusable> {
    if key.expose().is_empty() {
        return Err(Unusable::Secret);
    }
    let (name, text) = match auth {
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        Auth::ApiKey => (API_KEY.clone(), key.expose().clone()),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| Unusable::Secret)?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, append_v1: bool) -> Result<Address, Unusable> {
        Address::new(base, None, UpstreamOptions { append_v1, ..UpstreamOptions::default() })
    }

    #[test]
    fn addresses() {
        for (base, origin, host, prefix, query) in [
            ("http://h:8000/v1", "http://h:8000", "h:8000", "", None),
            ("http://h:80/", "http://h:80", "h", "", None),
            ("https://h:443/openai/v1/", "https://h:443", "h", "/openai", None),
            ("https://[::1]:9/a", "https://[::1]:9", "[::1]:9", "/a", None),
            ("https://h/openai/v1?api-version=preview", "https://h", "h", "/openai", Some("api-version=preview")),
            ("https://h?", "https://h", "h", "", None),
        ] {
            let address = of(base, true).unwrap();
            let got = (&*address.origin, address.host.to_str().unwrap(), &*address.prefix, address.query.as_deref());
            assert_eq!(got, (origin, host, prefix, query));
        }
        assert_eq!(of("https://h/v1beta/openai/", false).unwrap().prefix, "/v1beta/openai");
        assert_eq!(of("https://h/v1", false).unwrap().prefix, "/v1");
    }

    #[test]
    fn what_cannot_work_is_named() {
        for (base, why) in [
            ("", Unusable::Address),
            ("h", Unusable::Address),
            ("h:8000", Unusable::Address),
            ("/v1", Unusable::Address),
            ("http://", Unusable::Address),
            ("http://a b/", Unusable::Address),
            ("ftp://h/v1", Unusable::Address),
            ("https://h/v1#a", Unusable::Fragment),
            ("https://user:secret@h/v1", Unusable::User),
            ("https://h/v1/chat/completions", Unusable::Route),
            ("https://h/v1/models/", Unusable::Route),
        ] {
            assert_eq!(of(base, true).map(drop), Err(why), "{base}");
        }
        for key in ["", "a\nb", "a\u{7f}b"] {
            let key = Secret::new(key.to_owned());
            assert_eq!(Upstream::check("http://h", Some(&key)), Err(Unusable::Secret));
        }
    }

    #[test]
    fn a_refusal_is_remembered_for_its_model_and_for_a_time() {
        let upstream = Upstream::new("one".to_owned(), "http://h", None);
        let copy = upstream.clone();
        let model: Arc<str> = "a".into();
        assert!(upstream.asks_usage("a", Timestamp(0)));
        upstream.refused_usage(&model, Timestamp(0));
        assert!(!copy.asks_usage("a", Timestamp(REMEMBERED - 1)), "a new catalogue does not forget it");
        assert!(copy.asks_usage("a", Timestamp(REMEMBERED)) && copy.asks_usage("b", Timestamp(0)));
    }
}
