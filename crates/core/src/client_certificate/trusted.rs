//! The certificates that an organization or a project trusts, and the judgement of a presented one.

use std::time::Duration;

use rustls_pki_types::UnixTime;
use sha2::{Digest, Sha256};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::{Certificate, Presented};
use crate::time::Timestamp;

/// Why a client's certificate is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// None came with the request.
    Missing,
    /// What came cannot be read.
    Unreadable,
    /// It, or a certificate above it, has expired.
    Expired,
    /// It, or a certificate above it, is not valid yet.
    NotYetValid,
    /// It may not be used by clients.
    NotForClients,
    /// No active certificate signed it, and it is not an active one itself.
    NotTrusted,
}

/// The time during which a judgement holds; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub from: Timestamp,
    /// The last second.
    pub until: Timestamp,
}

impl Validity {
    /// Whether it includes this second.
    #[must_use]
    pub fn includes(self, now: Timestamp) -> bool {
        self.from <= now && now <= self.until
    }

    fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// The active certificates of a project: its own and those of its organization. At least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedCertificates {
    digest: [u8; 32],
    certificates: Vec<Certificate>,
}

impl TrustedCertificates {
    /// Builds the set; `None` when there are no certificates, which means that clients need none.
    #[must_use]
    pub fn new(mut certificates: Vec<Certificate>) -> Option<Self> {
        certificates.sort_by(|one, other| one.der.as_ref().cmp(other.der.as_ref()));
        certificates.dedup();
        let mut digest = Sha256::new();
        for certificate in &certificates {
            digest.update(certificate.fingerprint());
        }
        (!certificates.is_empty()).then(|| Self { digest: digest.finalize().into(), certificates })
    }

    /// A digest of the set: equal for equal sets.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Approximate bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.certificates.iter().map(Certificate::bytes).sum::<usize>()
    }

    /// Judges a presented certificate: it is accepted if it is one of these and a client's own, or if one of these
    /// signed it, directly or through certificates that came with it; each of them must be valid now. Revocation lists
    /// are not read.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn judge(&self, presented: &Presented, now: Timestamp) -> Result<Validity, CertificateFault> {
        let own = validity(&presented.own).ok_or(CertificateFault::Unreadable)?;
        if now > own.until {
            return Err(CertificateFault::Expired);
        }
        if now < own.from {
            return Err(CertificateFault::NotYetValid);
        }
        if self.certificates.iter().any(|known| !known.authority && known.der == presented.own) {
            return Ok(own);
        }
        let client = EndEntityCert::try_from(&presented.own).map_err(|_| CertificateFault::Unreadable)?;
        let mut fault = CertificateFault::NotTrusted;
        for authority in self.certificates.iter().filter(|known| known.authority) {
            match signed_by(authority, &client, presented, now) {
                Ok(()) => {
                    let above = Validity { from: authority.valid_at, until: authority.expires_at };
                    let all = presented.between.iter().filter_map(|der| validity(der));
                    return Ok(all.fold(own.within(above), Validity::within));
                }
                Err(CertificateFault::NotTrusted) => {}
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }
}

fn signed_by(
    authority: &Certificate,
    client: &EndEntityCert<'_>,
    presented: &Presented,
    now: Timestamp,
) -> Result<(), CertificateFault> {
    let anchor = anchor_from_trusted_cert(&authority.der).map_err(|_| CertificateFault::NotTrusted)?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.0).unwrap_or_default()));
    let (anchors, usage) = ([anchor], KeyUsage::client_auth());
    client
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &presented.between, time, usage, None, None)
        .map_err(|error| fault_of(&error))?;
    // The check above reads no dates of an authority.
    if authority.has_expired(now) {
        return Err(CertificateFault::Expired);
    }
    if now < authority.valid_at {
        return Err(CertificateFault::NotYetValid);
    }
    Ok(())
}

fn fault_of(error: &Error) -> CertificateFault {
    match error {
        Error::CertExpired { .. } => CertificateFault::Expired,
        Error::CertNotValidYet { .. } => CertificateFault::NotYetValid,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => CertificateFault::NotForClients,
        _ => CertificateFault::NotTrusted,
    }
}

/// The dates of a certificate.
fn validity(der: &[u8]) -> Option<Validity> {
    let (_, parsed) = X509Certificate::from_der(der).ok()?;
    let dates = parsed.validity();
    let (from, until) = (Timestamp(dates.not_before.timestamp()), Timestamp(dates.not_after.timestamp()));
    Some(Validity { from, until })
}
