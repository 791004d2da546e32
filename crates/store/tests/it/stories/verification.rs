//! Phones, limits, payment methods, identity attempts and the records about them.

use keystead_core::Timestamp;
use keystead_core::verification::handoff::Channel;
use keystead_core::verification::number::LineKind;
use keystead_core::verification::organization::{AttemptState, Status};
use keystead_core::verification::payment::SetupStatus;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::phone_services::CodeService;
use keystead_core::verification::review::{CaseDecision, CaseKind, CaseState, ErasureKind, Slot, ViewReason};
use keystead_store::Error;
use keystead_store::tables::identity_attempts::IdentityAttempt;
use keystead_store::tables::inbound_events::InboundEvent;
use keystead_store::tables::limit_hits::{Count, Hit};
use keystead_store::tables::organization_verifications::OrganizationVerification;
use keystead_store::tables::payments::{PaymentMethod, PaymentSetup};
use keystead_store::tables::phones::{PhoneNumber, PhoneVerification};
use keystead_store::tables::privacy::{Consent, DocumentFingerprint, Handoff, Receipt};
use keystead_store::tables::refusals::RefusedCall;
use keystead_store::tables::reviews::{Evidence, EvidenceView, ReviewCase};
use keystead_store::tables::{
    address_fingerprints, identity_attempts, inbound_events, limit_hits, organization_verifications, organizations,
    payments, phones, privacy, refusals, reviews,
};

use crate::world::*;

pub(crate) async fn phone_numbers(db: Database) {
    let (one, _, _, ann, ben, _) = seed(&db).await;
    let begun = |name: &str, user: &keystead_core::UserId, at: i64| PhoneVerification {
        id: id(name),
        organization: one.clone(),
        user: Some(user.clone()),
        session: Some(id("sess_1")),
        number_fingerprint: vec![1, 2],
        number_sealed: vec![3],
        number_masked: "+48 ••• ••• 678".to_owned(),
        country: "PL".to_owned(),
        line_type: LineKind::Mobile,
        language: "pl".to_owned(),
        state: PhoneState::CodeSent,
        machine: "{}".to_owned(),
        service: None,
        provider_reference: None,
        code_fingerprint: Some(vec![9]),
        created_at: later(at),
        finished_at: None,
    };
    let (mut first, second, third) = (begun("phv_1", &ann, 0), begun("phv_2", &ben, 1), begun("phv_3", &ann, 2));
    change!(db, |tx| phones::insert(tx, &first)).unwrap();
    change!(db, |tx| phones::insert(tx, &second)).unwrap();
    let twice = change!(db, |tx| phones::insert(tx, &third));
    assert_eq!(twice, Err(Error::Conflict("phone verification")), "one live verification for a person");
    assert_eq!(look!(db, |tx| phones::list_live(tx, &one)).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(change!(db, |tx| phones::move_session(tx, &id("sess_1"), &id("sess_2"))), Ok(2));
    let moved = look!(db, |tx| phones::find(tx, &one, &id("phv_1"))).unwrap().unwrap();
    assert_eq!(moved.session, Some(id("sess_2")));
    assert_eq!(change!(db, |tx| phones::move_session(tx, &id("sess_2"), &id("sess_1"))), Ok(2));
    let before = first.machine.clone();
    first.machine = "{\"checks\":1}".to_owned();
    change!(db, |tx| phones::update_checked(tx, &first, &before)).unwrap();
    let raced = change!(db, |tx| phones::update_checked(tx, &first, &before));
    assert!(raced.is_err(), "another writer was first");
    first.state = PhoneState::Verified;
    first.machine = "{\"sends\":1}".to_owned();
    first.provider_reference = Some("VE1".to_owned());
    first.service = Some(CodeService::Second);
    first.code_fingerprint = None;
    first.finished_at = Some(later(3));
    change!(db, |tx| phones::update(tx, &first)).unwrap();
    change!(db, |tx| phones::insert(tx, &third)).unwrap();
    assert_eq!(look!(db, |tx| phones::find(tx, &one, &id("phv_1"))).unwrap(), Some(first));
    assert_eq!(look!(db, |tx| phones::find(tx, &id("org-two"), &id("phv_1"))).unwrap(), None, "another person's");
    assert_eq!(look!(db, |tx| phones::find_newest(tx, &one)).unwrap(), Some(third.clone()));
    // Another one of the same second that has ended: the one in progress is the newest, whichever id it has.
    let ended = PhoneVerification { id: id("phv_9"), finished_at: Some(later(3)), ..third.clone() };
    change!(db, |tx| phones::insert(tx, &ended)).unwrap();
    assert_eq!(look!(db, |tx| phones::find_newest(tx, &one)).unwrap(), Some(third));

    let proven = |organization: &str, user: &keystead_core::UserId, at: i64| PhoneNumber {
        organization: id(organization),
        user: Some(user.clone()),
        number_fingerprint: vec![1, 2],
        number_sealed: vec![3],
        number_masked: "+48 ••• ••• 678".to_owned(),
        country: "PL".to_owned(),
        line_type: LineKind::Mobile,
        verified_at: later(at),
    };
    change!(db, |tx| phones::save_number(tx, &proven("org-one", &ben, 1))).unwrap();
    change!(db, |tx| phones::save_number(tx, &proven("org-one", &ann, 5))).unwrap();
    change!(db, |tx| phones::save_number(tx, &proven("org-two", &ann, 2))).unwrap();
    assert_eq!(look!(db, |tx| phones::find_number(tx, &one)).unwrap(), Some(proven("org-one", &ann, 5)));
    let both = vec![(proven("org-two", &ann, 2), None), (proven("org-one", &ann, 5), None)];
    assert_eq!(look!(db, |tx| phones::list_by_fingerprint(tx, &[1, 2])).unwrap(), both);
    change!(db, |tx| organizations::set_deactivated(tx, &one, Some(NOW), NOW)).unwrap();
    let closed = look!(db, |tx| phones::list_by_fingerprint(tx, &[1, 2])).unwrap();
    assert_eq!(closed.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [None, Some(NOW)]);
    assert!(change!(db, |tx| phones::delete_number(tx, &one)).unwrap());
    assert!(!change!(db, |tx| phones::delete_number(tx, &one)).unwrap());

    change!(db, |tx| phones::save_line(tx, &[7], LineKind::Mobile, NOW)).unwrap();
    change!(db, |tx| phones::save_line(tx, &[7], LineKind::NonFixedVoip, later(5))).unwrap();
    assert_eq!(look!(db, |tx| phones::find_line(tx, &[7], later(5))).unwrap(), Some(LineKind::NonFixedVoip));
    assert_eq!(look!(db, |tx| phones::find_line(tx, &[7], later(6))).unwrap(), None, "too old");
    assert_eq!(change!(db, |tx| phones::delete_lines(tx, later(6))), Ok(1));
    let unfinished = look!(db, |tx| phones::list_unfinished(tx, later(2))).unwrap();
    assert_eq!(unfinished.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["phv_2"]);
    assert_eq!(change!(db, |tx| phones::delete_old(tx, later(2))), Ok(2));
}

pub(crate) async fn limits_of_one_name_are_forgotten(db: Database) {
    for (name, at) in [("sign_in", 0), ("sign_in", 5), ("phone_checks", 0)] {
        let hit = limit_hits::Hit {
            id: format!("{name}{at}"),
            name: name.to_owned(),
            subject: "ip:1".to_owned(),
            value: String::new(),
            at: later(at),
        };
        change!(db, |tx| limit_hits::insert(tx, &hit)).unwrap();
    }
    assert_eq!(change!(db, |tx| limit_hits::delete_of(tx, "sign_in", later(5))), Ok(1));
    for name in ["sign_in", "phone_checks"] {
        assert_eq!(look!(db, |tx| limit_hits::count(tx, name, "ip:1", later(-9))).unwrap().hits, 1, "{name}");
    }
}

pub(crate) async fn limits(db: Database) {
    let hit = |id: &str, value: &str, at: i64| Hit {
        id: id.to_owned(),
        name: "sends".to_owned(),
        subject: "n1".to_owned(),
        value: value.to_owned(),
        at: later(at),
    };
    for (id, value, at) in [("a", "x", 0), ("b", "y", 10), ("c", "x", 20), ("c", "z", 30), ("d", "x", 90_000)] {
        change!(db, |tx| limit_hits::insert(tx, &hit(id, value, at))).unwrap();
    }
    let count = look!(db, |tx| limit_hits::count(tx, "sends", "n1", later(-1))).unwrap();
    assert_eq!(count, Count { hits: 4, values: 2, oldest: Some(NOW) });
    let recent = look!(db, |tx| limit_hits::count(tx, "sends", "n1", later(10))).unwrap();
    assert_eq!(recent, Count { hits: 2, values: 1, oldest: Some(later(20)) });
    assert_eq!(look!(db, |tx| limit_hits::count(tx, "sends", "n2", NOW)), Ok(Count::default()));
    let days = look!(db, |tx| limit_hits::count_by_day(tx, "sends", "n1", later(90_000), 3)).unwrap();
    assert_eq!(days, [1, 3, 0]);
    change!(db, |tx| limit_hits::insert(tx, &hit("e", "x", 90_000))).unwrap();
    change!(db, |tx| limit_hits::delete_hit(tx, "e")).unwrap();
    assert_eq!(change!(db, |tx| limit_hits::delete_old(tx, later(10))), Ok(1));
    assert_eq!(change!(db, |tx| limit_hits::delete(tx, "sends", "n1")), Ok(3));
}

pub(crate) async fn payment_methods(db: Database) {
    let (one, _, _, ann, _, _) = seed(&db).await;
    change!(db, |tx| payments::save_customer(tx, &one, "stripe", "cus_1")).unwrap();
    change!(db, |tx| payments::save_customer(tx, &one, "stripe", "cus_2")).unwrap();
    assert_eq!(look!(db, |tx| payments::find_organization(tx, "stripe", "cus_1")), Ok(Some(one.clone())));
    assert_eq!(look!(db, |tx| payments::find_organization(tx, "stripe", "cus_2")), Ok(None), "the first stays");
    change!(db, |tx| payments::save_customer(tx, &one, "other", "cus_3")).unwrap();
    assert_eq!(change!(db, |tx| payments::delete_customer(tx, &one, "other")), Ok(1));
    assert_eq!(look!(db, |tx| payments::find_organization(tx, "other", "cus_3")), Ok(None));
    let customer = look!(db, |tx| payments::find_customer(tx, &one, "stripe")).unwrap();
    assert_eq!(customer.as_deref(), Some("cus_1"), "the first stays");
    let mut setup = PaymentSetup {
        id: id("pms_1"),
        organization: one.clone(),
        user: Some(ann),
        provider: "stripe".to_owned(),
        reference: None,
        url: None,
        state: SetupStatus::Pending,
        reason: None,
        created_at: NOW,
        expires_at: later(86_400),
        checked_at: None,
        finished_at: None,
    };
    change!(db, |tx| payments::insert(tx, &setup)).unwrap();
    assert!(change!(db, |tx| payments::insert(tx, &setup)).is_err(), "ids are unique");
    setup.reference = Some("cs_1".to_owned());
    setup.url = Some("http://pay".to_owned());
    setup.checked_at = Some(later(1));
    change!(db, |tx| payments::update(tx, &setup)).unwrap();
    assert_eq!(look!(db, |tx| payments::find(tx, &one, &id("pms_1"))).unwrap(), Some(setup.clone()));
    assert_eq!(look!(db, |tx| payments::find_by_reference(tx, "stripe", "cs_1")).unwrap(), Some(setup.clone()));
    let by_our_id = look!(db, |tx| payments::find_by_reference(tx, "stripe", "pms_1")).unwrap();
    assert_eq!(by_our_id, Some(setup.clone()));
    assert_eq!(look!(db, |tx| payments::find_by_reference(tx, "other", "pms_1")).unwrap(), None);
    assert_eq!(look!(db, |tx| payments::find_newest(tx, &one)).unwrap(), Some(setup.clone()));
    assert_eq!(look!(db, |tx| payments::list_live(tx)).unwrap(), [setup.clone()]);
    setup.finished_at = Some(later(2));
    setup.reason = Some("card_declined".to_owned());
    change!(db, |tx| payments::update(tx, &setup)).unwrap();
    assert_eq!(look!(db, |tx| payments::list_live(tx)).unwrap(), []);
    // Two more of the same second: the one in progress is the newest, whichever id it has.
    let again = PaymentSetup { id: id("pms_0"), reference: None, finished_at: None, ..setup.clone() };
    let ended = PaymentSetup { id: id("pms_2"), reference: None, ..setup.clone() };
    change!(db, |tx| payments::insert(tx, &again)).unwrap();
    change!(db, |tx| payments::insert(tx, &ended)).unwrap();
    assert_eq!(look!(db, |tx| payments::find_newest(tx, &one)).unwrap(), Some(again));

    let mut method = PaymentMethod {
        id: id("pm_a"),
        organization: one.clone(),
        provider: "stripe".to_owned(),
        reference: "pm_1".to_owned(),
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        expires_month: 12,
        expires_year: 2030,
        country: Some("PL".to_owned()),
        funding: "credit".to_owned(),
        card_fingerprint: Some(vec![1]),
        is_default: true,
        created_at: NOW,
        removed_at: None,
    };
    change!(db, |tx| payments::save_method(tx, &method)).unwrap();
    assert_eq!(look!(db, |tx| payments::list_methods(tx, &one)).unwrap(), [method.clone()]);
    // The same card and the same address in another organization.
    assert_eq!(look!(db, |tx| payments::count_sharing(tx, &one)), Ok(1));
    let two: keystead_core::OrganizationId = id("org-two");
    assert_eq!(look!(db, |tx| payments::count_sharing(tx, &two)), Ok(0));
    let same = |reference: &str, card_fingerprint: Option<Vec<u8>>| PaymentMethod {
        id: id(&format!("pm_{reference}")),
        organization: two.clone(),
        reference: reference.to_owned(),
        card_fingerprint,
        is_default: false,
        ..method.clone()
    };
    for (reference, fingerprint) in [("x1", Some(vec![1])), ("x2", Some(vec![1])), ("x3", None)] {
        let row = same(reference, fingerprint);
        change!(db, |tx| payments::save_method(tx, &row)).unwrap();
    }
    assert_eq!(look!(db, |tx| payments::count_sharing(tx, &one)), Ok(2), "organizations, not cards");
    for (organization, fingerprint, at) in [(&one, 1, 0), (&one, 2, 5), (&two, 2, 1), (&two, 2, 6)] {
        let fingerprint = [fingerprint];
        change!(db, |tx| address_fingerprints::save(tx, organization, &fingerprint, later(at))).unwrap();
    }
    assert_eq!(look!(db, |tx| address_fingerprints::count_sharing(tx, &one, NOW)), Ok(2));
    assert_eq!(
        look!(db, |tx| address_fingerprints::count_sharing(tx, &one, later(6))),
        Ok(0),
        "this one was not seen since"
    );
    assert_eq!(look!(db, |tx| address_fingerprints::count_sharing(tx, &two, later(6))), Ok(1));
    assert_eq!(change!(db, |tx| address_fingerprints::delete_old(tx, later(5))), Ok(1));
    change!(db, |tx| organizations::set_deactivated(tx, &two, Some(NOW), NOW)).unwrap();
    let sharing = look!(db, |tx| address_fingerprints::count_sharing(tx, &one, NOW));
    assert_eq!(sharing, Ok(2), "a deleted organization hides no address");
    assert_eq!(look!(db, |tx| payments::count_sharing(tx, &one)), Ok(1));
    change!(db, |tx| organizations::set_deactivated(tx, &two, None, NOW)).unwrap();
    assert_eq!(look!(db, |tx| payments::list_ending(tx, 2030, 12)).unwrap(), [method.clone()]);
    assert_eq!(look!(db, |tx| payments::list_ending(tx, 2030, 11)).unwrap(), []);
    change!(db, |tx| payments::clear_default(tx, &one)).unwrap();
    assert_eq!(look!(db, |tx| payments::list_ending(tx, 2031, 1)).unwrap(), [], "it does not count");
    method.is_default = false;
    assert_eq!(look!(db, |tx| payments::find_method(tx, "stripe", "pm_1")).unwrap(), Some(method.clone()));
    method.removed_at = Some(later(3));
    change!(db, |tx| payments::save_method(tx, &method)).unwrap();
    assert_eq!(look!(db, |tx| payments::list_methods(tx, &one)).unwrap(), []);
}

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

pub(crate) async fn identity(db: Database) {
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
