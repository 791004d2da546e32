//! A certificate as an organization uploads it: one block of PEM with a certificate that can be trusted for clients.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384};
use x509_parser::oid_registry::{OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Version};

use crate::time::Timestamp;

/// Maximum bytes of an upload.
pub const LONGEST_PEM: usize = 16 * 1024;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Why an upload is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadFault {
    /// More than [`LONGEST_PEM`] bytes.
    TooLong,
    /// It has a private key.
    PrivateKey,
    /// No block of PEM with a certificate.
    NotPem,
    /// More than one block of PEM.
    Several,
    /// The block is not the DER of a certificate, or has extensions that cannot be honoured.
    Unreadable,
    /// Another version than 3.
    Version,
    /// A key by which no signature can be checked.
    KeyType,
    /// An authority that may not sign certificates.
    NotSigning,
    /// An authority with other purposes than clients.
    AuthorityNotForClients,
    /// Not of an authority, and not for clients.
    NotForClients,
}

impl UploadFault {
    /// What to change, after `Invalid 'certificate': `.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooLong => "it has more than 16384 bytes.",
            Self::PrivateKey => {
                "it contains a private key. Upload the certificate alone, and consider the key disclosed."
            }
            Self::NotPem => {
                "it must be one certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
            }
            Self::Several => "it contains more than one certificate. Upload each by itself.",
            Self::Unreadable => "the block of PEM is not a certificate that can be read.",
            Self::Version => "it must be an X.509 certificate of version 3.",
            Self::KeyType => "its key must be RSA of 2048 to 8192 bits, ECDSA on P-256 or P-384, or Ed25519.",
            Self::NotSigning => "the authority's key usage does not allow it to sign certificates.",
            Self::AuthorityNotForClients => {
                "the authority's extended key usage does not include client authentication."
            }
            Self::NotForClients => {
                "it is not of a certificate authority, and its extended key usage does not include client authentication."
            }
        }
    }
}

/// A certificate that an organization may trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub(super) der: CertificateDer<'static>,
    /// Whether it is of an authority, which signs certificates of clients; otherwise it is a client's own.
    pub authority: bool,
    /// How many other authorities may be between this one and a client; `None` is any number.
    pub(super) most_below: Option<u32>,
    /// The first second in which it is valid.
    pub valid_at: Timestamp,
    /// The last second in which it is valid.
    pub expires_at: Timestamp,
}

/// Returns the one block of PEM, without the text around it.
///
/// # Errors
/// When there is none or more than one, when it is too long, or when it has a private key.
pub fn block(pem: &str) -> Result<&str, UploadFault> {
    if pem.len() > LONGEST_PEM {
        return Err(UploadFault::TooLong);
    }
    if pem.contains("PRIVATE KEY-----") {
        return Err(UploadFault::PrivateKey);
    }
    if pem.matches("-----BEGIN ").count() > 1 {
        return Err(UploadFault::Several);
    }
    let begin = pem.find(BEGIN).ok_or(UploadFault::NotPem)?;
    let rest = pem.get(begin..).ok_or(UploadFault::NotPem)?;
    let end = rest.find(END).ok_or(UploadFault::NotPem)?;
    rest.get(..end + END.len()).ok_or(UploadFault::NotPem)
}

impl Certificate {
    /// Reads and checks one certificate in PEM. Its dates are not compared with the time.
    ///
    /// # Errors
    /// The first fault.
    pub fn read(pem: &str) -> Result<Self, UploadFault> {
        let der = CertificateDer::from_pem_slice(block(pem)?.as_bytes()).map_err(|_| UploadFault::NotPem)?;
        let unreadable = |_: X509Error| UploadFault::Unreadable;
        let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| UploadFault::Unreadable)?;
        if parsed.version() != X509Version::V3 {
            return Err(UploadFault::Version);
        }
        let validity = parsed.validity();
        let (valid_at, expires_at) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        if !rest.is_empty() || valid_at > expires_at {
            return Err(UploadFault::Unreadable);
        }
        if !is_usable(parsed.public_key()) {
            return Err(UploadFault::KeyType);
        }
        let constraints = parsed.basic_constraints().map_err(unreadable)?;
        let authority = constraints.as_ref().is_some_and(|known| known.value.ca);
        let most_below = constraints.and_then(|known| known.value.path_len_constraint).filter(|_| authority);
        let usage = parsed.key_usage().map_err(unreadable)?;
        if authority && usage.is_some_and(|known| !known.value.key_cert_sign()) {
            return Err(UploadFault::NotSigning);
        }
        let purposes = parsed.extended_key_usage().map_err(unreadable)?;
        // Without the extension it may be used for anything.
        if purposes.is_some_and(|known| !known.value.client_auth && !known.value.any) {
            return Err(if authority { UploadFault::AuthorityNotForClients } else { UploadFault::NotForClients });
        }
        // What the check of a connection could not read is refused now.
        let checkable =
            if authority { anchor_from_trusted_cert(&der).is_ok() } else { EndEntityCert::try_from(&der).is_ok() };
        if !checkable {
            return Err(UploadFault::Unreadable);
        }
        let (valid_at, expires_at) = (Timestamp(valid_at), Timestamp(expires_at));
        Ok(Self { authority, most_below, valid_at, expires_at, der })
    }

    /// Whether its last second has passed.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now > self.expires_at
    }

    /// The SHA-256 of the whole certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }
}

/// Whether signatures by this key can be checked.
fn is_usable(key: &SubjectPublicKeyInfo<'_>) -> bool {
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == OID_PKCS1_RSAENCRYPTION {
        return matches!(key.parsed(), Ok(PublicKey::RSA(rsa)) if (2048..=8192).contains(&rsa.key_size()));
    }
    if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
        return curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384);
    }
    *algorithm == OID_SIG_ED25519
}
