//! Identity attempts, reviews and the records about them.

use keystead_core::Timestamp;
use keystead_core::verification::handoff::Channel;
use keystead_core::verification::organization::{AttemptState, Status};
use keystead_core::verification::review::{CaseDecision, CaseKind, CaseState, ErasureKind, Slot, ViewReason};
use keystead_store::Error;
use keystead_store::tables::identity_attempts::IdentityAttempt;
use keystead_store::tables::inbound_events::InboundEvent;
use keystead_store::tables::organization_verifications::OrganizationVerification;
use keystead_store::tables::privacy::{Consent, DocumentFingerprint, Handoff, Receipt};
use keystead_store::tables::refusals::RefusedCall;
use keystead_store::tables::reviews::{Evidence, EvidenceView, ReviewCase};
use keystead_store::tables::{
    identity_attempts, inbound_events, organization_verifications, privacy, refusals, reviews,
};

use crate::world::*;

pub(super) fn attempt(name: &str, at: i64) -> IdentityAttempt {
    IdentityAttempt {
        id: id(name),
        organization: id("org-one"),
        user: Some(id("user-ann")),
        provider: "persona".to_owned(),
        reference: None,
        state: AttemptState::Created,
        step: 0,
        reasons: "[]".to_owned(),
        match_number: "47".to_owned(),
        language: "ja".to_owned(),
        document_type: None,
        issuing_country: None,
        document_fingerprint: None,
        needs_attention: false,
        consented_at: None,
        submitted_at: None,
        created_at: later(at),
        expires_at: later(at + 86_400),
        as_of: later(at),
        checked_at: None,
        decided_at: None,
        decided_by: None,
        finished_at: None,
        redact_at: None,
        redacted_at: None,
        version: 1,
    }
}

pub(crate) async fn attempts(db: Database) {
    let (one, ..) = seed(&db).await;
    let mut first = attempt("orgv_1", 0);
    change!(db, |tx| identity_attempts::insert(tx, &first)).unwrap();
    let twice = change!(db, |tx| identity_attempts::insert(tx, &attempt("orgv_2", 1)));
    assert_eq!(twice, Err(Error::Conflict("verification attempt")), "one live attempt for an organization");
    assert_eq!(look!(db, |tx| identity_attempts::list_live(tx)).unwrap(), [first.clone()]);
    first.reference = Some("inq_1".to_owned());
    first.state = AttemptState::Approved;
    first.document_fingerprint = Some(vec![5]);
    first.document_type = Some("passport".to_owned());
    first.decided_by = Some("persona".into());
    first.finished_at = Some(later(5));
    first.redact_at = Some(later(10));
    change!(db, |tx| identity_attempts::update(tx, &first)).unwrap();
    let stale = change!(db, |tx| identity_attempts::update(tx, &first));
    assert_eq!(stale, Err(Error::Conflict("verification attempt")), "another writer was first");
    first.version = 2;
    assert_eq!(look!(db, |tx| identity_attempts::find(tx, &id("orgv_1"))).unwrap(), Some(first.clone()));
    let found = look!(db, |tx| identity_attempts::find_by_reference(tx, "persona", "inq_1")).unwrap();
    assert_eq!(found, Some(first.clone()));
    change!(db, |tx| identity_attempts::insert(tx, &attempt("orgv_2", 1))).unwrap();
    let ids: Vec<String> =
        look!(db, |tx| identity_attempts::list(tx, &one)).unwrap().into_iter().map(|row| row.id.to_string()).collect();
    assert_eq!(ids, ["orgv_2", "orgv_1"]);
    assert_eq!(look!(db, |tx| identity_attempts::list_to_redact(tx, later(9))).unwrap(), []);
    assert_eq!(look!(db, |tx| identity_attempts::list_to_redact(tx, later(10))).unwrap(), [first]);

    let mut record = OrganizationVerification {
        organization: one.clone(),
        status: Status::InProgress,
        since: NOW,
        until: None,
        reason: None,
        version: 0,
    };
    change!(db, |tx| organization_verifications::save(tx, &record)).unwrap();
    let stale = change!(db, |tx| organization_verifications::save(tx, &record));
    assert_eq!(stale, Err(Error::Conflict("organization verification")));
    record.version = 1;
    record.status = Status::Cooldown;
    record.until = Some(later(7));
    change!(db, |tx| organization_verifications::save(tx, &record)).unwrap();
    record.version = 2;
    assert_eq!(look!(db, |tx| organization_verifications::find(tx, &one)).unwrap(), Some(record.clone()));
    assert_eq!(look!(db, |tx| organization_verifications::list(tx, Status::Cooldown)).unwrap(), [record]);

    let event = InboundEvent {
        provider: "persona".to_owned(),
        event_id: "evt_1".to_owned(),
        name: "inquiry.approved".to_owned(),
        reference: "inq_1".to_owned(),
        occurred_at: NOW,
        received_at: later(1),
    };
    assert!(change!(db, |tx| inbound_events::insert(tx, &event)).unwrap());
    assert!(!change!(db, |tx| inbound_events::insert(tx, &event)).unwrap(), "the second delivery is none");
    assert_eq!(look!(db, |tx| inbound_events::list_waiting(tx, "persona")).unwrap(), [event]);
    change!(db, |tx| inbound_events::finish(tx, "persona", "evt_1", later(2))).unwrap();
    assert_eq!(look!(db, |tx| inbound_events::list_waiting(tx, "persona")).unwrap(), []);
    assert_eq!(change!(db, |tx| inbound_events::delete_old(tx, later(1))), Ok(0));
    assert_eq!(change!(db, |tx| inbound_events::delete_old(tx, later(2))), Ok(1));
}

pub(crate) async fn proofs(db: Database) {
    let (one, ..) = seed(&db).await;
    change!(db, |tx| identity_attempts::insert(tx, &attempt("orgv_1", 0))).unwrap();
    let mut consent = Consent {
        id: id("cons_1"),
        organization: one.clone(),
        attempt: id("orgv_1"),
        user: Some(id("user-ann")),
        text_hash: "ab".to_owned(),
        language: "ja".to_owned(),
        policies: "[]".to_owned(),
        ip: Some("192.0.2.0".to_owned()),
        at: NOW,
        withdrawn_at: None,
    };
    change!(db, |tx| privacy::insert_consent(tx, &consent)).unwrap();
    assert_eq!(change!(db, |tx| privacy::withdraw_consents(tx, &one, later(1))), Ok(1));
    assert_eq!(change!(db, |tx| privacy::withdraw_consents(tx, &one, later(2))), Ok(0));
    consent.withdrawn_at = Some(later(1));
    assert_eq!(look!(db, |tx| privacy::list_consents(tx, &one)).unwrap(), [consent]);
    assert_eq!(change!(db, |tx| privacy::delete_consents(tx, Timestamp(0))), Ok(0));

    let mut link = Handoff {
        digest: vec![1; 32],
        attempt: id("orgv_1"),
        channel: Channel::Qr,
        created_at: NOW,
        expires_at: later(900),
        used_at: None,
    };
    change!(db, |tx| privacy::insert_handoff(tx, &link)).unwrap();
    assert_eq!(look!(db, |tx| privacy::find_handoff(tx, &[1; 32])).unwrap(), Some(link.clone()));
    assert!(!change!(db, |tx| privacy::use_handoff(tx, &[1; 32], later(900))).unwrap(), "ran out");
    assert!(change!(db, |tx| privacy::use_handoff(tx, &[1; 32], later(1))).unwrap());
    assert!(!change!(db, |tx| privacy::use_handoff(tx, &[1; 32], later(1))).unwrap(), "works once");
    link.used_at = Some(later(1));
    assert_eq!(look!(db, |tx| privacy::find_handoff(tx, &[1; 32])).unwrap(), Some(link.clone()));
    assert_eq!(look!(db, |tx| privacy::newest_handoff(tx, &link.attempt)).unwrap(), Some(link.clone()));
    let newer = Handoff { digest: vec![2; 32], created_at: later(2), used_at: None, ..link };
    change!(db, |tx| privacy::insert_handoff(tx, &newer)).unwrap();
    assert_eq!(look!(db, |tx| privacy::newest_handoff(tx, &newer.attempt)).unwrap(), Some(newer));

    let used = |at: i64| DocumentFingerprint {
        fingerprint: vec![8],
        organization: one.clone(),
        user: None,
        verified_at: later(at),
    };
    change!(db, |tx| privacy::save_document(tx, &used(0))).unwrap();
    change!(db, |tx| privacy::save_document(tx, &used(5))).unwrap();
    assert_eq!(look!(db, |tx| privacy::list_document(tx, &[8], NOW)).unwrap(), [used(5)]);
    assert_eq!(look!(db, |tx| privacy::list_document(tx, &[8], later(5))).unwrap(), []);
    assert_eq!(change!(db, |tx| privacy::delete_documents(tx, later(5))), Ok(0));
    assert_eq!(change!(db, |tx| privacy::delete_documents_of(tx, &one)), Ok(1));

    let receipt = Receipt {
        id: id("ers_1"),
        organization: one.clone(),
        what: ErasureKind::Evidence,
        receipt: "{\"blobs\":3}".to_owned(),
        at: NOW,
    };
    change!(db, |tx| privacy::insert_receipt(tx, &receipt)).unwrap();
    change!(db, |tx| privacy::insert_receipt(tx, &receipt)).unwrap();
    assert_eq!(look!(db, |tx| privacy::list_receipts(tx, &one)).unwrap(), [receipt]);

    let refused = RefusedCall {
        id: "req_1".to_owned(),
        organization: one.clone(),
        project: Some(id("proj_x1")),
        api_key: Some(id("key_1")),
        action: "model.use:o3".to_owned(),
        rule: "verified-for-o3".to_owned(),
        missing: "organization".to_owned(),
        at: NOW,
    };
    change!(db, |tx| refusals::insert(tx, &refused)).unwrap();
    change!(db, |tx| refusals::insert(tx, &refused)).unwrap();
    let project: keystead_core::id::ProjectId = id("proj_x1");
    let second = RefusedCall { id: "req_2".to_owned(), at: later(86_399), ..refused.clone() };
    let third = RefusedCall { id: "req_3".to_owned(), at: later(86_400), project: None, ..refused.clone() };
    change!(db, |tx| refusals::insert(tx, &second)).unwrap();
    change!(db, |tx| refusals::insert(tx, &third)).unwrap();
    let by_day = look!(db, |tx| refusals::count_by_day(tx, &one, None, NOW, later(86_401))).unwrap();
    let sums: Vec<_> = by_day.iter().map(|sum| (sum.day, sum.times, sum.last_at)).collect();
    assert_eq!(sums, [(NOW, 2, later(86_399)), (later(86_400), 1, later(86_400))]);
    assert_eq!((by_day[0].action.as_str(), by_day[0].missing.as_str()), ("model.use:o3", "organization"));
    let of_project = look!(db, |tx| refusals::count_by_day(tx, &one, Some(&project), NOW, later(86_401))).unwrap();
    assert_eq!(of_project, by_day[..1]);
    let last = look!(db, |tx| refusals::list_of_project(tx, &one, &project, later(-1), 1)).unwrap();
    assert_eq!(last, [second]);
    assert_eq!(change!(db, |tx| refusals::delete_old(tx, NOW)), Ok(0));
    let listed = look!(db, |tx| refusals::list(tx, &one, later(-1))).unwrap();
    assert_eq!((listed.len(), listed.last()), (3, Some(&refused)));
    assert_eq!(look!(db, |tx| refusals::list(tx, &one, later(86_400))).unwrap(), []);
    assert_eq!(change!(db, |tx| refusals::delete_old(tx, later(1))), Ok(1));
}

pub(crate) async fn review(db: Database) {
    let (one, ..) = seed(&db).await;
    let mut case = ReviewCase {
        id: id("case_1"),
        organization: one.clone(),
        attempt: None,
        kind: CaseKind::Appeal,
        state: CaseState::Open,
        statement_sealed: Some(vec![1]),
        findings: "{}".to_owned(),
        opened_at: NOW,
        images_until: Some(later(7)),
        proposal: None,
        proposed_by: None,
        decision: None,
        reasons: "[]".to_owned(),
        note: None,
        decided_by: None,
        decided_at: None,
    };
    change!(db, |tx| reviews::insert(tx, &case)).unwrap();
    change!(db, |tx| reviews::insert(tx, &case)).unwrap();
    assert_eq!(look!(db, |tx| reviews::list_open(tx)).unwrap(), [case.clone()]);
    assert_eq!(look!(db, |tx| reviews::last_announced(tx)).unwrap(), None);
    assert_eq!(look!(db, |tx| reviews::last_decided(tx)).unwrap(), None);
    assert_eq!(change!(db, |tx| reviews::announce(tx, Timestamp(70))).unwrap(), [id("case_1")]);
    assert_eq!(change!(db, |tx| reviews::announce(tx, Timestamp(71))).unwrap(), [], "once");
    assert_eq!(look!(db, |tx| reviews::last_announced(tx)).unwrap(), Some(Timestamp(70)));
    case.state = CaseState::Decided;
    case.decision = Some(CaseDecision::Approve);
    case.decided_by = Some("ops".into());
    case.decided_at = Some(later(2));
    assert!(change!(db, |tx| reviews::update(tx, &case)).unwrap());
    assert!(!change!(db, |tx| reviews::update(tx, &case)).unwrap(), "decided once");
    assert_eq!(look!(db, |tx| reviews::find(tx, &id("case_1"))).unwrap(), Some(case.clone()));
    assert_eq!(look!(db, |tx| reviews::last_decided(tx)).unwrap(), Some(case.clone()));
    assert_eq!(look!(db, |tx| reviews::list(tx, &one)).unwrap(), [case]);
    assert_eq!(look!(db, |tx| reviews::list_open(tx)).unwrap(), []);

    let picture = |case: &str, at: i64| Evidence {
        case: id(case),
        number: 1,
        kind: Slot::Front,
        findings: "{}".to_owned(),
        original_fingerprint: vec![4],
        captured_at: later(at),
        erased_at: None,
    };
    change!(db, |tx| reviews::save_evidence(tx, &picture("case_1", 0))).unwrap();
    change!(db, |tx| reviews::save_evidence(tx, &picture("case_1", 1))).unwrap();
    change!(db, |tx| reviews::save_evidence(tx, &picture("case_2", 1))).unwrap();
    assert_eq!(look!(db, |tx| reviews::list_evidence(tx, &id("case_1"))).unwrap(), [picture("case_1", 1)]);
    assert_eq!(look!(db, |tx| reviews::count_same_picture(tx, &[4], &id("case_1"))), Ok(1));
    assert_eq!(change!(db, |tx| reviews::erase_evidence(tx, &id("case_2"), later(9))), Ok(1));
    assert_eq!(
        look!(db, |tx| reviews::count_same_picture(tx, &[4], &id("case_1"))),
        Ok(0),
        "the fingerprint is gone too"
    );
    assert_eq!(change!(db, |tx| reviews::delete_evidence(tx, &id("case_2"), 1)), Ok(1));
    assert_eq!(look!(db, |tx| reviews::list_evidence(tx, &id("case_2"))), Ok(Vec::new()));
    let view = EvidenceView {
        id: id("view_1"),
        organization: one.clone(),
        case: id("case_1"),
        number: 1,
        viewer: "user-ben".into(),
        reason: ViewReason::Review,
        at: Timestamp(NOW.0),
    };
    assert_eq!(look!(db, |tx| reviews::count_unseen(tx, &id("case_1"), &"user-ben".into())), Ok(1));
    change!(db, |tx| reviews::insert_view(tx, &view)).unwrap();
    assert_eq!(look!(db, |tx| reviews::count_unseen(tx, &id("case_1"), &"user-ben".into())), Ok(0));
    assert_eq!(
        look!(db, |tx| reviews::count_unseen(tx, &id("case_1"), &"user-eve".into())),
        Ok(1),
        "another person's view"
    );
    assert_eq!(look!(db, |tx| reviews::list_views(tx, &one)).unwrap(), [view]);
}
