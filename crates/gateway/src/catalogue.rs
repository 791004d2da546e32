//! What is served, where, at what price, under which rules: one value, swapped whole.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use keystead_core::Secret;
use keystead_core::gate::Policy;
use keystead_core::rate::RateLimits;
use keystead_core::usage::Price;

/// A model.
#[derive(Debug, Clone)]
pub struct ModelEntry {
    /// What clients call it.
    pub id: Arc<str>,
    /// The upstream that serves it.
    pub upstream: String,
    /// When it was first served, Unix seconds.
    pub created: i64,
    /// Who made it.
    pub owned_by: String,
    /// What it costs.
    pub price: Price,
    /// How fast one organization may use it.
    pub rates: RateLimits,
}

/// A server of models.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// How configuration calls it.
    pub name: String,
    pub(crate) api_key: Option<Secret<String>>,
    /// `None` when what the operator set is no address, or no header can carry the secret.
    pub(crate) address: Option<Address>,
}

impl Upstream {
    /// `base_url` is the address its `/v1` routes hang on, with or without `/v1` at the end, `api_key` the operator's
    /// secret for it.
    #[must_use]
    pub fn new(name: String, base_url: &str, api_key: Option<Secret<String>>) -> Self {
        let address = Address::new(base_url, api_key.as_ref());
        Self { name, api_key, address }
    }
}

/// An upstream's address, in the pieces that requests need.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    /// Scheme and authority: what a connection belongs to.
    pub(crate) origin: Arc<str>,
    /// The same, for connecting.
    pub(crate) uri: Uri,
    pub(crate) host: HeaderValue,
    /// What stands before `/v1` in every path; mostly empty.
    pub(crate) prefix: String,
    pub(crate) authorization: Option<HeaderValue>,
}

impl Address {
    fn new(base_url: &str, api_key: Option<&Secret<String>>) -> Option<Self> {
        let base: Uri = base_url.parse().ok()?;
        let (scheme, authority) = (base.scheme()?.as_str(), base.authority()?);
        let port = match (scheme, authority.port_u16()) {
            ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let origin = format!("{scheme}://{authority}");
        let path = base.path().trim_end_matches('/');
        let mut authorization =
            api_key.map(|key| HeaderValue::from_str(&format!("Bearer {}", key.expose()))).transpose().ok()?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Some(Self {
            uri: origin.parse().ok()?,
            origin: origin.into(),
            host: HeaderValue::from_str(&format!("{}{port}", authority.host())).ok()?,
            prefix: path.strip_suffix("/v1").unwrap_or(path).to_owned(),
            authorization,
        })
    }
}

/// Everything a request is judged and forwarded by.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Models by name.
    pub models: HashMap<String, ModelEntry>,
    /// Upstreams by name.
    pub upstreams: HashMap<String, Upstream>,
    /// The gates.
    pub policy: Policy,
}

impl Catalogue {
    /// Where requests without a model go: the upstream of the first name.
    pub(crate) fn default_upstream(&self) -> Option<&Upstream> {
        self.upstreams.values().min_by(|a, b| a.name.cmp(&b.name))
    }

    pub(crate) fn upstream_of(&self, model: &ModelEntry) -> Option<&Upstream> {
        self.upstreams.get(&model.upstream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (base, origin, host, prefix) in [
            ("http://h:8000/v1", "http://h:8000", "h:8000", ""),
            ("http://h:80/", "http://h:80", "h", ""),
            ("https://h:443/openai/v1/", "https://h:443", "h", "/openai"),
            ("https://[::1]:9/a", "https://[::1]:9", "[::1]:9", "/a"),
        ] {
            let address = Address::new(base, None).unwrap();
            assert_eq!((&*address.origin, address.host.to_str().unwrap(), &*address.prefix), (origin, host, prefix));
        }
        for base in ["", "h", "/v1", "http://", "http://a b/"] {
            assert!(Address::new(base, None).is_none(), "{base}");
        }
        assert!(Address::new("http://h", Some(&Secret::new("a\nb".to_owned()))).is_none());
    }
}
