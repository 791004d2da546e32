//! Requests to lift the phone requirement.

use keystead_core::Timestamp;
use keystead_core::verification::waiver::WaiverState;
use keystead_store::tables::waiver_requests::{self, WaiverRequest};

use crate::world::*;

/// One request is open at a time, and is decided once.
pub(crate) async fn one_open_request(db: Database) {
    let (one, _, _, ann, _, _) = seed(&db).await;
    let asked = |name: &str, at: i64| WaiverRequest {
        id: id(name),
        organization: one.clone(),
        user: ann.clone(),
        reason: "no mobile — żółć".to_owned(),
        state: WaiverState::Open,
        created_at: Timestamp(at),
        decided_at: None,
        answer: None,
    };
    let (first, second) = (asked("wvr_1", 10), asked("wvr_2", 20));
    assert!(change!(db, |tx| waiver_requests::insert(tx, &first)).unwrap());
    assert!(!change!(db, |tx| waiver_requests::insert(tx, &second)).unwrap(), "one is open");
    assert_eq!(look!(db, |tx| waiver_requests::list_open(tx)).unwrap(), std::slice::from_ref(&first));
    let (state, at) = (WaiverState::Refused, Timestamp(15));
    let decided = change!(db, |tx| waiver_requests::decide(tx, &first.id, (state, "no"), "ops", at)).unwrap().unwrap();
    let expected = WaiverRequest { state, decided_at: Some(at), answer: Some("no".to_owned()), ..first.clone() };
    assert_eq!(decided, expected);
    assert_eq!(change!(db, |tx| waiver_requests::decide(tx, &first.id, (state, "no"), "ops", at)).unwrap(), None);
    assert!(change!(db, |tx| waiver_requests::insert(tx, &second)).unwrap());
    let all = look!(db, |tx| waiver_requests::list(tx, &one, Timestamp(0))).unwrap();
    assert_eq!(all, [expected, second.clone()]);
    assert_eq!(look!(db, |tx| waiver_requests::list(tx, &one, Timestamp(10))).unwrap(), [second]);
}
