//! Client certificates: those that an organization uploads and trusts, and the one that a client presents besides its
//! key. Pure: the time is an argument, and signatures are checked without any store.

mod facts;
mod presented;
mod trusted;
mod upload;

pub use facts::CertificateFacts;
pub use presented::{Presented, ReportedCertificate};
pub use trusted::{CertificateFault, TrustedCertificates, Validity};
pub use upload::{Certificate, LONGEST_PEM, UploadFault, block};

#[cfg(test)]
mod tests;
