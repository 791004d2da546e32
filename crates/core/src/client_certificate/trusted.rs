//! The certificates that an organization or a project trusts, and the judgement of a presented one.

use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::{TrustAnchor, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
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

    /// Every second.
    pub const ALWAYS: Self = Self { from: Timestamp(i64::MIN), until: Timestamp(i64::MAX) };

    fn within(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    /// The time before it, in it or after it, whichever includes this second.
    fn side_of(self, now: Timestamp) -> Self {
        if now < self.from {
            Self { until: Timestamp(self.from.0.saturating_sub(1)), ..Self::ALWAYS }
        } else if now > self.until {
            Self { from: Timestamp(self.until.0.saturating_add(1)), ..Self::ALWAYS }
        } else {
            self
        }
    }
}

/// The active certificates of a project: its own and those of its organization. At least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedCertificates {
    digest: [u8; 32],
    /// Shared between sets: a certificate of an organization is in the sets of all its projects.
    certificates: Vec<Arc<Certificate>>,
}

impl TrustedCertificates {
    /// Builds the set; `None` when there are no certificates, which means that clients need none.
    #[must_use]
    pub fn new(mut certificates: Vec<Arc<Certificate>>) -> Option<Self> {
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
        Ok(own.within(self.above(&client, presented, now)?))
    }

    /// Finds an authority that signed a client's certificate, directly or through others, and returns when it and those
    /// between are all valid. All authorities are searched in one call, so a certificate that none of them signed costs
    /// no more signatures than the library allows for one.
    fn above(
        &self,
        client: &EndEntityCert<'_>,
        presented: &Presented,
        now: Timestamp,
    ) -> Result<Validity, CertificateFault> {
        let authorities = self.certificates.iter().filter(|known| known.authority);
        let (authorities, anchors): (Vec<&Arc<Certificate>>, Vec<TrustAnchor<'_>>) =
            authorities.filter_map(|known| Some((known, anchor_from_trusted_cert(&known.der).ok()?))).unzip();
        if anchors.is_empty() {
            return Err(CertificateFault::NotTrusted);
        }
        let signer = |path: &VerifiedPath<'_>| {
            let at = anchors.iter().position(|anchor| ptr::eq(anchor, path.anchor()));
            at.and_then(|at| authorities.get(at).copied())
        };
        // The library reads neither the dates of an authority nor how many others may follow it.
        let admits = |path: &VerifiedPath<'_>| {
            let authority = signer(path).ok_or(Error::UnknownIssuer)?;
            ensure_signs(authority, path.intermediate_certificates().count(), now)
        };
        let (time, usage) = (unix_time(now), KeyUsage::client_auth());
        let path = client
            .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &presented.between, time, usage, None, Some(&admits))
            .map_err(|error| fault_of(&error))?;
        let authority = signer(&path).ok_or(CertificateFault::NotTrusted)?;
        let valid = Validity { from: authority.valid_at, until: authority.expires_at };
        Ok(path
            .intermediate_certificates()
            .filter_map(|between| validity(&between.der()))
            .fold(valid, Validity::within))
    }

    /// The time around this moment in which a judgement of this certificate, an acceptance or a refusal, is the same: no
    /// certificate that may matter begins or ends in it.
    #[must_use]
    pub fn unchanged_around(&self, presented: &Presented, now: Timestamp) -> Validity {
        let shown = presented.between.iter().chain([&presented.own]).filter_map(|der| validity(der));
        let ours = self.certificates.iter().map(|known| Validity { from: known.valid_at, until: known.expires_at });
        shown.chain(ours).fold(Validity::ALWAYS, |around, dates| around.within(dates.side_of(now)))
    }
}

/// Refuses a path to an authority that is not valid now, or that permits fewer authorities below it.
fn ensure_signs(authority: &Certificate, between: usize, now: Timestamp) -> Result<(), Error> {
    let time = unix_time(now);
    if authority.has_expired(now) {
        return Err(Error::CertExpired { time, not_after: unix_time(authority.expires_at) });
    }
    if now < authority.valid_at {
        return Err(Error::CertNotValidYet { time, not_before: unix_time(authority.valid_at) });
    }
    let between = u32::try_from(between).unwrap_or(u32::MAX);
    match authority.most_below {
        Some(most) if between > most => Err(Error::PathLenConstraintViolated),
        _ => Ok(()),
    }
}

fn unix_time(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.0).unwrap_or_default()))
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
