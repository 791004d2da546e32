//! Refusals about certificates in words.

use keystead_app::Error;
use keystead_app::organizations::certificates::{MOST_CERTIFICATES, MOST_OF_PROJECTS};
use keystead_core::client_certificate::{Certificate, UploadFault};

use crate::web::error_page::error_message;
use crate::web::extract::Visit;

/// The refusal of an upload, in words.
pub(super) fn upload_refused(visit: &Visit, error: &Error, pem: &str) -> String {
    let t = visit.person.messages;
    match error {
        Error::Invalid { param: Some("certificate"), code: None, .. } => match Certificate::read(pem) {
            Err(fault) => t.text(fault_words(fault)),
            Ok(_) => t.text("certificate-fault-expired"),
        },
        Error::Invalid { param: None, code: None, .. } => t.text_with("certificates-most", "most", MOST_CERTIFICATES),
        other => error_message(&visit.person.format, other),
    }
}

/// The refusal of a change, in words.
pub(super) fn change_refused(visit: &Visit, error: &Error) -> String {
    match error {
        Error::Invalid { param: None, code: None, .. } => {
            visit.person.messages.text_with("certificates-most-of-projects", "most", MOST_OF_PROJECTS)
        }
        other => error_message(&visit.person.format, other),
    }
}

/// Whether what was pasted holds a private key, so that no page repeats it.
pub(super) fn holds_private_key(pem: &str) -> bool {
    pem.contains("PRIVATE KEY")
}

const fn fault_words(fault: UploadFault) -> &'static str {
    match fault {
        UploadFault::TooLong => "certificate-fault-long",
        UploadFault::PrivateKey => "certificate-fault-private-key",
        UploadFault::NotPem => "certificate-fault-pem",
        UploadFault::Several => "certificate-fault-several",
        UploadFault::Unreadable => "certificate-fault-unreadable",
        UploadFault::Version => "certificate-fault-version",
        UploadFault::KeyType => "certificate-fault-key",
        UploadFault::NotSigning => "certificate-fault-signing",
        UploadFault::AuthorityNotForClients => "certificate-fault-authority",
        UploadFault::NotForClients => "certificate-fault-clients",
    }
}
