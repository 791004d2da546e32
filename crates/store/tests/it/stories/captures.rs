//! The data that the built-in reviewer collects, and the links to it.

use keystead_core::verification::documents::DocumentKind;
use keystead_core::verification::review::CaptureState;
use keystead_store::Error;
use keystead_store::tables::captures::{Capture, CaptureLink};
use keystead_store::tables::legal_holds::LegalHold;
use keystead_store::tables::{captures, identity_attempts, legal_holds};

use super::identity::attempt;
use crate::world::*;

pub(crate) async fn captures(db: Database) {
    let (one, ..) = seed(&db).await;
    change!(db, |tx| identity_attempts::insert(tx, &attempt("orgv_1", 0))).unwrap();
    let mut row = Capture {
        id: id("cap_1"),
        attempt: id("orgv_1"),
        organization: one,
        case: id("case_1"),
        state: CaptureState::Open,
        country: None,
        document: None,
        key_sealed: Some(vec![1, 2]),
        zone_sealed: None,
        name_sealed: None,
        challenge: None,
        first_captured_at: None,
        created_at: NOW,
        submitted_at: None,
        erased_at: None,
        version: 1,
    };
    change!(db, |tx| captures::insert(tx, &row)).unwrap();
    let other = Capture { id: id("cap_2"), case: id("case_2"), ..row.clone() };
    change!(db, |tx| captures::insert(tx, &other)).unwrap();
    assert_eq!(look!(db, |tx| captures::find(tx, &id("cap_2"))), Ok(None), "an attempt has one capture");
    assert_eq!(look!(db, |tx| captures::find_by_attempt(tx, &id("orgv_1"))), Ok(Some(row.clone())));
    row.country = Some("PL".to_owned());
    row.document = Some(DocumentKind::IdentityCard);
    row.zone_sealed = Some(vec![3]);
    row.name_sealed = Some(vec![4]);
    row.challenge = Some("…".to_owned());
    row.first_captured_at = Some(later(1));
    change!(db, |tx| captures::update(tx, &row)).unwrap();
    assert_eq!(change!(db, |tx| captures::update(tx, &row)), Err(Error::Conflict("capture")));
    row.version = 2;
    assert_eq!(look!(db, |tx| captures::find(tx, &id("cap_1"))), Ok(Some(row.clone())));
    assert_eq!(look!(db, |tx| captures::list_kept(tx)), Ok(vec![row.clone()]));

    let link = |digest: u8| CaptureLink {
        digest: vec![digest],
        capture: id("cap_1"),
        device_fingerprint: None,
        created_at: NOW,
        expires_at: later(10),
    };
    change!(db, |tx| captures::insert_link(tx, &link(1))).unwrap();
    change!(db, |tx| captures::insert_link(tx, &link(2))).unwrap();
    assert_eq!(change!(db, |tx| captures::bind_link(tx, &[1], &[7], later(60))), Ok(true));
    assert_eq!(change!(db, |tx| captures::bind_link(tx, &[1], &[8], later(60))), Ok(false), "one device");
    let bound = CaptureLink { device_fingerprint: Some(vec![7]), expires_at: later(60), ..link(1) };
    assert_eq!(look!(db, |tx| captures::find_link(tx, &[1])), Ok(Some(bound)));
    assert_eq!(change!(db, |tx| captures::delete_unused_links(tx, &id("cap_1"))), Ok(1));
    assert_eq!(look!(db, |tx| captures::find_link(tx, &[2])), Ok(None));
    assert_eq!(change!(db, |tx| captures::delete_old_links(tx, later(60))), Ok(0));
    assert_eq!(change!(db, |tx| captures::delete_old_links(tx, later(61))), Ok(1));

    row.state = CaptureState::Submitted;
    row.key_sealed = None;
    row.zone_sealed = None;
    row.submitted_at = Some(later(2));
    row.erased_at = Some(later(3));
    change!(db, |tx| captures::update(tx, &row)).unwrap();
    assert_eq!(look!(db, |tx| captures::list_kept(tx)), Ok(Vec::new()));
}

pub(crate) async fn legal_holds(db: Database) {
    let (one, ..) = seed(&db).await;
    let hold = |name: &str, at: i64| LegalHold {
        id: id(name),
        case: id("case_1"),
        organization: one.clone(),
        reason: "a claim is defended".to_owned(),
        until: later(100),
        proposed_by: "bob".into(),
        proposed_at: later(at),
        granted_by: None,
        granted_at: None,
        ended_by: None,
        ended_at: None,
    };
    change!(db, |tx| legal_holds::insert(tx, &hold("hold_1", 0))).unwrap();
    change!(db, |tx| legal_holds::insert(tx, &hold("hold_2", 1))).unwrap();
    assert_eq!(
        look!(db, |tx| legal_holds::list_open(tx, &id("case_1"))),
        Ok(vec![hold("hold_2", 1), hold("hold_1", 0)])
    );
    assert_eq!(look!(db, |tx| legal_holds::list_granted(tx, &one)), Ok(Vec::new()));
    assert_eq!(change!(db, |tx| legal_holds::grant(tx, &id("hold_2"), &"eve".into(), later(2))), Ok(true));
    let in_force = async |at: i64| look!(db, |tx| legal_holds::list_in_force(tx, later(at))).unwrap().len();
    assert_eq!((in_force(3).await, in_force(100).await), (1, 0), "until its date");
    assert_eq!(
        change!(db, |tx| legal_holds::grant(tx, &id("hold_2"), &"kim".into(), later(3))),
        Ok(false),
        "granted once"
    );
    assert_eq!(change!(db, |tx| legal_holds::end(tx, &id("case_1"), &"kim".into(), later(4))), Ok(2));
    assert_eq!(change!(db, |tx| legal_holds::end(tx, &id("case_1"), &"kim".into(), later(5))), Ok(0));
    assert_eq!(in_force(5).await, 0, "ended");
    assert_eq!(change!(db, |tx| legal_holds::grant(tx, &id("hold_1"), &"eve".into(), later(6))), Ok(false), "ended");
    assert_eq!(look!(db, |tx| legal_holds::list_open(tx, &id("case_1"))), Ok(Vec::new()));
    let granted = LegalHold {
        granted_by: Some("eve".into()),
        granted_at: Some(later(2)),
        ended_by: Some("kim".into()),
        ended_at: Some(later(4)),
        ..hold("hold_2", 1)
    };
    assert_eq!(
        look!(db, |tx| legal_holds::list_granted(tx, &one)),
        Ok(vec![granted]),
        "the owners read of it for good"
    );
}
