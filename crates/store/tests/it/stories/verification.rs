//! Phones, limits and payment methods.

use keystead_core::verification::number::LineKind;
use keystead_core::verification::payment::SetupStatus;
use keystead_core::verification::phone::PhoneState;
use keystead_core::verification::phone_services::CodeService;
use keystead_store::Error;
use keystead_store::tables::limit_hits::{Count, Hit};
use keystead_store::tables::payments::{PaymentMethod, PaymentSetup};
use keystead_store::tables::phones::{PhoneNumber, PhoneVerification};
use keystead_store::tables::{address_fingerprints, limit_hits, organizations, payments, phones};

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
