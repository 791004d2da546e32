//! What a certificate says about itself, for people who compare it with their own files.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::Certificate;
use crate::text::in_terminal;

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 300;

/// What a certificate says about itself. Names are written by its issuer and mean only what the issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The name of its holder, such as `CN=Offices, O=Acme`; empty if it has none.
    pub subject: String,
    /// The name of its issuer.
    pub issuer: String,
    /// The serial number in hexadecimal digits, pairs with colons between.
    pub serial: String,
    /// The SHA-256 of the whole certificate, written like the serial number, as OpenSSL shows it.
    pub fingerprint: String,
    /// Whether it is of an authority, which signs certificates of clients; otherwise it is a client's own.
    pub authority: bool,
}

impl CertificateFacts {
    /// Reads an uploaded certificate in PEM; `None` if it could not have been uploaded.
    #[must_use]
    pub fn read(pem: &str) -> Option<Self> {
        let authority = Certificate::read(pem).ok()?.authority;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, parsed) = X509Certificate::from_der(&der).ok()?;
        Some(Self {
            subject: shown(parsed.subject()),
            issuer: shown(parsed.issuer()),
            serial: pairs(parsed.raw_serial()),
            fingerprint: pairs(&Sha256::digest(&der)),
            authority,
        })
    }

    /// The common name, or the whole name of the holder if it has none.
    #[must_use]
    pub fn short_subject(&self) -> &str {
        let parts = self.subject.split(", ");
        parts.filter_map(|part| part.strip_prefix("CN=")).last().unwrap_or(&self.subject)
    }
}

/// A name without characters that would change the text around it.
fn shown(name: &X509Name<'_>) -> String {
    in_terminal(&name.to_string()).chars().take(LONGEST_NAME).collect()
}

fn pairs(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}
