//! The certificate of a client as a proxy in front of us reports it in a header.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// Maximum bytes of the header.
const LONGEST: usize = 32 * 1024;
/// Maximum number of certificates: the client's and those between it and an authority.
const MOST: usize = 6;

/// The certificate of a client as a trusted proxy reported it, not read yet. The listener puts it into the extensions of
/// the request, and removes the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedCertificate(Arc<[u8]>);

impl ReportedCertificate {
    /// Keeps the value of the header; `None` when it is empty, which is how proxies say that there is none.
    #[must_use]
    pub fn of(header: &[u8]) -> Option<Self> {
        let value = header.trim_ascii();
        (!value.is_empty()).then(|| Self(value.into()))
    }

    /// The value of the header.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A client's certificate, and the others that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    pub(super) own: CertificateDer<'static>,
    /// Certificates between the client's and an authority, in any order.
    pub(super) between: Vec<CertificateDer<'static>>,
}

impl Presented {
    /// Reads a header: PEM, escaped as in a URL (nginx, AWS); or DER in Base64 (Caddy, Traefik), also between colons
    /// (RFC 9440, HAProxy), where further certificates follow after commas. The client's own certificate is the first.
    /// `None` when it cannot be read.
    #[must_use]
    pub fn read(header: &[u8]) -> Option<Self> {
        if header.len() > LONGEST {
            return None;
        }
        let text: Cow<'_, [u8]> = percent_decode(header.trim_ascii()).into();
        let all = if text.starts_with(b"-----BEGIN ") { pem(&text)? } else { base64(&text)? };
        let mut all = all.into_iter();
        Some(Self { own: all.next()?, between: all.collect() })
    }
}

fn pem(text: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(text).take(MOST + 1).collect::<Result<_, _>>().ok()?;
    (all.len() <= MOST).then_some(all)
}

fn base64(text: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let entries: Vec<&[u8]> = text.split(|byte| *byte == b',').take(MOST + 1).collect();
    if entries.len() > MOST {
        return None;
    }
    let read = |entry: &&[u8]| {
        let entry = entry.trim_ascii();
        let bare = entry.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b":")).unwrap_or(entry);
        STANDARD.decode(bare).ok().filter(|der| !der.is_empty()).map(CertificateDer::from)
    };
    entries.iter().map(read).collect()
}
