//! Host names of the pages: only configured ones are served, so that no foreign name can be pointed at a developer's
//! Keystead.

use std::net::SocketAddr;

use http::HeaderMap;
use http::header::HOST;

/// The host names that are served.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    known: Vec<String>,
    port: u16,
}

impl Hosts {
    /// Builds them from the public address and the bound one.
    pub(crate) fn new(public_url: &str, listen: SocketAddr) -> Self {
        let authority = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default().to_ascii_lowercase();
        Self { known: vec![authority, listen.to_string()], port: listen.port() }
    }

    /// Whether the request's `Host` is one of ours.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(HOST).iter();
        let (Some(host), None) = (values.next(), values.next()) else {
            return false;
        };
        let Ok(host) = host.to_str() else {
            return false;
        };
        let host = host.to_ascii_lowercase();
        let local = |name: &str| host == format!("{name}:{}", self.port);
        self.known.contains(&host) || ["localhost", "127.0.0.1", "[::1]"].into_iter().any(local)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_own_names() {
        let hosts = Hosts::new("https://Keys.example.com", SocketAddr::from(([127, 0, 0, 1], 8080)));
        let with = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            headers
        };
        for known in ["keys.example.com", "KEYS.example.com", "127.0.0.1:8080", "localhost:8080"] {
            assert!(hosts.knows(&with(known)), "{known}");
        }
        for foreign in ["evil.example", "localhost", "keys.example.com.evil.example", "", "127.0.0.1:80"] {
            assert!(!hosts.knows(&with(foreign)), "{foreign}");
        }
        assert!(!hosts.knows(&HeaderMap::new()));
    }
}
