//! The certificates of clients, where an organization or a project accepts clients with a certificate only.

use keystead_core::access::{Selection, required_certificates};
use keystead_core::caller::Caller;
use keystead_core::client_certificate::{
    CertificateFault, Presented, ReportedCertificate, TrustedCertificates, Validity,
};
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::time::Timestamp;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::Gateway;

/// How many accepted certificates are remembered, and how many refused ones. They are apart, so that refused ones push out
/// no accepted one.
const REMEMBERED: usize = 10_000;

/// A judgement: what a proxy reported, and the certificates it was judged by, both as digests. When others are active,
/// the digest is another one, so no judgement outlives a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Judged {
    reported: [u8; 32],
    trusted: [u8; 32],
}

/// A refusal, and how long it is the same.
#[derive(Debug, Clone, Copy)]
struct Refused {
    fault: CertificateFault,
    during: Validity,
}

/// Judges certificates, and remembers the judgements, each as long as no certificate begins or ends.
#[derive(Debug)]
pub(crate) struct ClientCertificates {
    accepted: Cache<Judged, Validity>,
    refused: Cache<Judged, Refused>,
}

impl Default for ClientCertificates {
    fn default() -> Self {
        Self { accepted: Cache::new(REMEMBERED), refused: Cache::new(REMEMBERED) }
    }
}

impl ClientCertificates {
    /// Checks the certificate of a client, for a caller that uses the chosen organization and project.
    pub(crate) fn check(
        &self,
        caller: &Caller,
        selection: Selection<'_>,
        reported: Option<&ReportedCertificate>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(trusted) = required_certificates(caller, selection) else { return Ok(()) };
        let reported = reported.ok_or(CertificateFault::Missing);
        reported.and_then(|reported| self.judge(trusted, reported, now)).map_err(Refusal::CertificateNotAccepted)
    }

    fn judge(
        &self,
        trusted: &TrustedCertificates,
        reported: &ReportedCertificate,
        now: Timestamp,
    ) -> Result<(), CertificateFault> {
        let digest = Sha256::digest(reported.as_bytes()).into();
        let judged = Judged { reported: digest, trusted: *trusted.digest() };
        if self.accepted.get(&judged).is_some_and(|validity| validity.includes(now)) {
            return Ok(());
        }
        if let Some(known) = self.refused.get(&judged).filter(|known| known.during.includes(now)) {
            return Err(known.fault);
        }
        let Some(presented) = Presented::read(reported.as_bytes()) else {
            let fault = CertificateFault::Unreadable;
            self.refused.insert(judged, Refused { fault, during: Validity::ALWAYS });
            return Err(fault);
        };
        match trusted.judge(&presented, now) {
            Ok(validity) => {
                self.accepted.insert(judged, validity);
                Ok(())
            }
            Err(fault) => {
                let during = trusted.unchanged_around(&presented, now);
                self.refused.insert(judged, Refused { fault, during });
                Err(fault)
            }
        }
    }
}

impl Gateway {
    /// Checks the certificate of a client that uses a key at the administration.
    ///
    /// # Errors
    /// The refusal, where the chosen project accepts clients with a certificate only.
    pub fn check_certificate(
        &self,
        caller: &Caller,
        selection: Selection<'_>,
        reported: Option<&ReportedCertificate>,
    ) -> Result<(), ErrorResponse> {
        let checked = self.services.client_certificates.check(caller, selection, reported, self.now());
        checked.map_err(|refusal| self.refuse(&refusal))
    }
}

#[cfg(test)]
mod tests;
