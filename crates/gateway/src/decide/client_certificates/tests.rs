//! The memory of judgements against an oracle without memory: after any uploads, activations, deactivations, deletions and
//! moments of the clock, a call is answered as if its certificate was judged for the first time.

use std::sync::Arc;

use keystead_core::client_certificate::Certificate;
use proptest::prelude::*;

use super::*;

/// A certificate of `tests/certificates`.
macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../../../../tests/certificates/", $name, ".pem"))
    };
}

/// What owners upload.
const UPLOADS: [&str; 8] = [
    pem!("authority"),
    pem!("other-authority"),
    pem!("impostor"),
    pem!("expired-authority"),
    pem!("future-authority"),
    pem!("intermediate"),
    pem!("bounded-authority"),
    pem!("short-client"),
];

/// What clients present: the certificate, and one that comes with it.
const SHOWN: [(&str, Option<&str>); 11] = [
    (pem!("client"), None),
    (pem!("client"), Some(pem!("expired-authority"))),
    (pem!("other-client"), None),
    (pem!("impostor-client"), None),
    (pem!("expired-authority-client"), None),
    (pem!("future-client"), None),
    (pem!("short-client"), None),
    (pem!("server-client"), None),
    (pem!("intermediate-client"), Some(pem!("intermediate"))),
    (pem!("bounded-intermediate-client"), Some(pem!("bounded-intermediate"))),
    ("nonsense", None),
];

#[derive(Debug, Clone)]
enum Operation {
    Upload(usize),
    Activate(usize),
    Deactivate(usize),
    Delete(usize),
    /// Sets the clock to this many seconds from the beginning or the end of an uploaded certificate.
    Clock {
        certificate: usize,
        end: bool,
        seconds: i64,
    },
    Call(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    let upload = 0..UPLOADS.len();
    prop_oneof![
        2 => upload.clone().prop_map(Operation::Upload),
        4 => upload.clone().prop_map(Operation::Activate),
        2 => upload.clone().prop_map(Operation::Deactivate),
        1 => upload.clone().prop_map(Operation::Delete),
        3 => (upload, any::<bool>(), -1..=1_i64)
            .prop_map(|(certificate, end, seconds)| Operation::Clock { certificate, end, seconds }),
        12 => (0..SHOWN.len()).prop_map(Operation::Call),
    ]
}

/// What an organization has: each certificate is not uploaded, uploaded, or active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Absent,
    Uploaded,
    Active,
}

fn reported(shown: usize) -> ReportedCertificate {
    let (own, between) = SHOWN[shown];
    let header = [own, between.unwrap_or_default()].concat().replace('\n', "%0A").replace(' ', "%20");
    ReportedCertificate::of(header.as_bytes()).unwrap()
}

/// The oracle: the certificate is judged by what is active, and nothing is remembered.
fn judged(places: &[Place; 8], shown: usize, now: Timestamp) -> Result<(), CertificateFault> {
    let Some(trusted) = set(places) else { return Ok(()) };
    let reported = reported(shown);
    let presented = Presented::read(reported.as_bytes()).ok_or(CertificateFault::Unreadable)?;
    trusted.judge(&presented, now).map(|_| ())
}

fn set(places: &[Place; 8]) -> Option<TrustedCertificates> {
    let active = UPLOADS.iter().zip(places).filter(|(_, place)| **place == Place::Active);
    TrustedCertificates::new(active.map(|(pem, _)| Arc::new(Certificate::read(pem).unwrap())).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_changes_no_answer(operations in proptest::collection::vec(operation(), 1..60)) {
        let memory = ClientCertificates::default();
        let mut places = [Place::Absent; 8];
        let mut now = Timestamp(1_768_435_200);
        for operation in operations {
            match operation {
                Operation::Upload(at) if places[at] == Place::Absent => places[at] = Place::Uploaded,
                Operation::Activate(at) if places[at] == Place::Uploaded => places[at] = Place::Active,
                Operation::Deactivate(at) if places[at] == Place::Active => places[at] = Place::Uploaded,
                // What is active is not deleted.
                Operation::Delete(at) if places[at] == Place::Uploaded => places[at] = Place::Absent,
                Operation::Clock { certificate, end, seconds } => {
                    let read = Certificate::read(UPLOADS[certificate]).unwrap();
                    let edge = if end { read.expires_at } else { read.valid_at };
                    now = edge.plus(seconds);
                }
                Operation::Call(shown) => {
                    let answer = set(&places).map_or(Ok(()), |set| memory.judge(&set, &reported(shown), now));
                    prop_assert_eq!(answer, judged(&places, shown, now), "{:?} at {:?}: {}", places, now, shown);
                }
                _ => {}
            }
        }
    }
}

/// A client that is refused again and again is judged once, and pushes out no client that is accepted.
#[test]
fn refusals_are_remembered_apart() {
    let memory = ClientCertificates::default();
    let now = Timestamp(1_768_435_200);
    let trusted = TrustedCertificates::new(vec![Arc::new(Certificate::read(UPLOADS[0]).unwrap())]).unwrap();
    assert_eq!(memory.judge(&trusted, &reported(0), now), Ok(()));
    for number in 0..2 * REMEMBERED {
        let garbage = ReportedCertificate::of(number.to_string().as_bytes()).unwrap();
        assert!(memory.judge(&trusted, &garbage, now).is_err());
    }
    for _ in 0..2 {
        assert_eq!(memory.judge(&trusted, &reported(2), now), Err(CertificateFault::NotTrusted));
    }
    assert!(memory.refused.len() < 2 * REMEMBERED, "bounded");
    assert_eq!(memory.accepted.len(), 1);
}
