//! Attacks on codes, played against the use cases: each limit holds, and names its end.

mod cards_and_documents;

use keystead_app::operator::HealthView;
use keystead_app::{Actor, Error, Settings};
use keystead_core::gate::Requirement;
use keystead_core::time::Timestamp;
use keystead_core::verification::limits::WRONG;
use keystead_core::verification::number::LineKind;
use keystead_core::verification::phone::PhoneState;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::{Error as StoreError, Tx};

use crate::vendors::{DAY, NOON, ServicesApp, Tenant, code, limit, number};

async fn tenants(test: &ServicesApp, count: u32) -> Vec<Tenant> {
    let mut tenants = Vec::new();
    for n in 0..count {
        tenants.push(test.tenant(&format!("p{n}")).await);
    }
    tenants
}

fn retry_at<T>(answer: Result<T, Error>) -> Timestamp {
    match answer {
        Err(Error::Limited { retry_at, .. }) => retry_at,
        _ => panic!("no limit"),
    }
}

// S1-03, S1-44: one number is not flooded, by any number of people.
#[tokio::test]
async fn one_number_gets_five_codes_an_hour_and_ten_a_day() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenants = tenants(&test, 12).await;
    let target = number(100, 1);
    for (n, tenant) in tenants[..5].iter().enumerate() {
        test.submit(tenant, &target, &format!("10.{n}.0.1")).await.unwrap();
        test.wait(1);
    }
    let sixth = test.submit(&tenants[5], &target, "10.6.0.1").await;
    assert_eq!(retry_at(sixth), Timestamp(NOON + 3_600), "the hour is the longer of two waits");
    test.wait(3_600);
    for (n, tenant) in tenants[5..10].iter().enumerate() {
        test.submit(tenant, &target, &format!("10.{n}.1.1")).await.unwrap();
    }
    test.wait(3_601);
    let eleventh = test.submit(&tenants[10], &target, "10.7.0.1").await;
    assert_eq!(retry_at(eleventh), Timestamp(NOON + DAY), "ten in a day");
    test.wait(DAY);
    test.submit(&tenants[10], &target, "10.7.0.1").await.unwrap();
}

// S1-03: one person tries three numbers a day and ten a month.
#[tokio::test]
async fn one_person_has_three_numbers_a_day() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let submit = async |n: u32| test.submit(&tenant, &number(100 + n, 1), "10.0.0.1").await;
    let mut n = 0;
    for _ in 0..3 {
        for _ in 0..3 {
            submit(n).await.unwrap();
            n += 1;
            test.wait(60);
        }
        assert_eq!(limit(submit(n).await), "phone_codes");
        assert!(submit(n - 1).await.is_ok(), "the same number again is no further number");
        test.wait(DAY + 1);
    }
    submit(n).await.unwrap();
    test.wait(DAY + 1);
    let eleventh = submit(n + 1).await;
    assert!(retry_at(eleventh).0 > test.now() + 20 * DAY, "ten numbers in thirty days");
}

// The waits between two codes grow, and a verification sends five.
#[tokio::test]
async fn codes_are_sent_again_after_growing_waits() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    let sent = test.submit(&tenant, &number(100, 1), "10.0.0.1").await.unwrap();
    let again = async || {
        let origin = crate::vendors::origin("10.0.0.1");
        test.app.resend_phone_code(&tenant.actor, tenant.organization(), &sent.id, origin).await
    };
    for wait in [30, 60, 120] {
        test.wait(wait - 1);
        assert_eq!(limit(again().await), "phone_resend_too_soon");
        test.wait(1);
        assert_eq!(again().await.unwrap().state, PhoneState::CodeSent);
    }
    test.wait(300);
    again().await.unwrap();
    test.wait(300);
    assert_eq!(code(again().await), "phone_no_codes_left");
    assert_eq!(test.carrier.texts.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn one_address_gets_ten_an_hour_and_its_network_a_hundred_a_day() {
    let test = ServicesApp::new(Settings::default()).await;
    let people = tenants(&test, 12).await;
    for (n, tenant) in (0u32..10).zip(&people) {
        test.submit(tenant, &number(100 + n, 1), "10.0.0.1").await.unwrap();
    }
    let eleventh = test.submit(&people[10], &number(120, 1), "10.0.0.1").await;
    assert!(matches!(eleventh, Err(Error::Limited { name: "phone_codes", .. })), "{eleventh:?}");
    test.submit(&people[10], &number(120, 1), "10.9.0.1").await.unwrap();

    // A botnet's worth of people in one network: numbers of many countries, so that no other limit helps.
    let test = ServicesApp::new(Settings { daily_codes: 10_000, ..Settings::default() }).await;
    let people = tenants(&test, 104).await;
    let mut sent = 0;
    let mut refused = 0;
    for (n, tenant) in (0u32..).zip(&people) {
        let number = anywhere(n);
        match test.submit(tenant, &number, &format!("10.0.0.{}", n % 25)).await {
            Ok(_) => sent += 1,
            Err(Error::Limited { .. }) => refused += 1,
            Err(other) => panic!("{number}: {other:?}"),
        }
        test.wait(120);
    }
    assert_eq!((sent, refused), (100, 4));
}

// A range of numbers with an owner who shares the revenue.
#[tokio::test]
async fn pumping_stops_by_prefix_by_country_and_by_day() {
    let test = ServicesApp::new(Settings::default()).await;
    let people = tenants(&test, 60).await;
    let ip = |n: u32| format!("10.{n}.0.1");
    for (n, tenant) in (0u32..10).zip(&people) {
        test.submit(tenant, &number(100, n), &ip(n)).await.unwrap();
    }
    assert_eq!(limit(test.submit(&people[10], &number(100, 10), &ip(10)).await), "phone_codes", "one prefix");
    for (n, tenant) in (10u32..20).zip(&people[10..]) {
        test.submit(tenant, &number(200 + n, 1), &ip(n)).await.unwrap();
    }
    let country = test.submit(&people[20], &number(300, 1), &ip(20)).await;
    assert_eq!(limit(country), "phone_country_codes", "twenty an hour where there is no habit");
    test.wait(3_601);
    for (n, tenant) in (20u32..30).zip(&people[20..]) {
        test.submit(tenant, &number(300 + n, 1), &ip(n)).await.unwrap();
    }
    test.wait(3_601);
    let unread = test.submit(&people[30], &number(400, 1), &ip(30)).await;
    assert_eq!(limit(unread), "phone_country_codes", "thirty codes and none was entered");
    test.submit(&people[31], "+819012345678", &ip(31)).await.unwrap();

    // The day's budget stops sending everywhere, and nothing else.
    let test = ServicesApp::new(Settings { daily_codes: 3, ..Settings::default() }).await;
    let people = tenants(&test, 4).await;
    for (n, tenant) in (0u32..3).zip(&people) {
        test.submit(tenant, &number(100 + n, 1), &ip(n)).await.unwrap();
    }
    assert_eq!(limit(test.submit(&people[3], "+819012345678", &ip(9)).await), "phone_daily_codes");
    let first = test.app.phone_view(&people[0].actor, people[0].organization()).await.unwrap().current.unwrap();
    test.check(&people[0], &first.id, &test.carrier.code(&number(100, 1)), &ip(0)).await.unwrap();
}

// Five checks of a code, then 15 minutes, an hour, a day; 25 a day.
#[tokio::test]
async fn codes_are_not_guessed() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("eve").await;
    let (target, ip) = (number(100, 1), "10.0.0.1");
    let mut guesses = 0;
    for wait in [900, 3_600, 86_400] {
        let sent = test.submit(&tenant, &target, ip).await.unwrap();
        let wrong = if test.carrier.code(&target) == "000000" { "000001" } else { "000000" };
        for _ in 0..4 {
            assert_eq!(code(test.check(&tenant, &sent.id, wrong, ip).await), "phone_code_wrong");
            guesses += 1;
        }
        let locked = test.check(&tenant, &sent.id, wrong, ip).await;
        guesses += 1;
        assert_eq!(retry_at(locked), Timestamp(test.now() + wait));
        let right = test.carrier.code(&target);
        assert_eq!(limit(test.check(&tenant, &sent.id, &right, ip).await), "phone_locked", "the code is dead");
        assert_eq!(
            limit(test.submit(&tenant, &number(200, 1), ip).await),
            "phone_locked",
            "nor does another number help"
        );
        test.wait(wait);
    }
    assert_eq!(guesses, 15, "the maximum in a day and an hour");
}

// A spray over many sessions comes from some address.
#[tokio::test]
async fn wrong_codes_are_counted_by_address_and_network() {
    for (addresses, fit) in [(1, 50), (25, 200)] {
        let test = ServicesApp::new(Settings { daily_codes: 10_000, ..Settings::default() }).await;
        let mut tried = 0;
        let mut met = "";
        for n in 0..60 {
            let tenant = test.tenant(&format!("e{n}")).await;
            // The codes are requested from many addresses; the guesses come from one.
            let target = anywhere(n);
            let sent = test.submit(&tenant, &target, &format!("10.{n}.0.1")).await.unwrap();
            let right = test.carrier.code(&target);
            let wrong = if right == "000000" { "000001" } else { "000000" };
            let from = format!("192.0.2.{}", n % addresses);
            for _ in 0..4 {
                match test.check(&tenant, &sent.id, wrong, &from).await {
                    Err(Error::Invalid { code: Some("phone_code_wrong"), .. }) => tried += 1,
                    Err(Error::Limited { name, .. }) => met = name,
                    other => panic!("{other:?}"),
                }
            }
            if !met.is_empty() {
                assert_eq!(limit(test.check(&tenant, &sent.id, &right, &from).await), "phone_checks");
                assert!(test.check(&tenant, &sent.id, &right, "10.200.0.1").await.is_ok(), "others are not kept out");
                break;
            }
            test.wait(if addresses == 1 { 60 } else { 150 });
        }
        assert_eq!((tried, met), (fit, "phone_checks"));
    }
}

// 25 a day for a person, a hundred without a success for ever, and a spray over the whole installation.
#[tokio::test]
async fn wrong_codes_are_counted_for_people_and_everybody() {
    for (everybody, many, wait) in [(false, 25, DAY), (false, 100, 400 * DAY), (true, 2_000, 3_600)] {
        let test = ServicesApp::new(Settings::default()).await;
        let tenant = test.tenant("eve").await;
        let user = tenant.actor.user().unwrap();
        let subject = if everybody { "everybody".to_owned() } else { format!("user:{user}") };
        let at = Timestamp(if many == 100 { NOON - 2 * DAY } else { NOON });
        let fill = test.store.write("fill", async move |tx: &mut Tx| {
            for n in 0..many {
                let (id, subject) = (format!("fill{n}"), subject.clone());
                let hit = Hit { id, name: WRONG.to_owned(), subject, value: String::new(), at };
                limit_hits::insert(tx, &hit).await?;
            }
            Ok::<_, StoreError>(())
        });
        fill.await.unwrap();
        for (wait, allowed) in [(0, false), (wait, many != 100)] {
            test.wait(wait);
            let sent = test.submit(&tenant, &number(100, 1), "10.0.0.1").await.unwrap();
            let right = test.carrier.code(&number(100, 1));
            let checked = test.check(&tenant, &sent.id, &right, "10.0.0.1").await;
            if allowed {
                assert!(checked.is_ok(), "{checked:?}");
            } else {
                assert_eq!(limit(checked), "phone_checks", "{many}: not even the right code");
            }
        }
    }
}

/// A mobile number of one of several countries, each in its own range.
fn anywhere(n: u32) -> String {
    match n % 5 {
        0 => number(n, n),
        1 => format!("+8190{:04}{:04}", 1_000 + n, n),
        2 => format!("+447{:03}{:06}", 400 + n % 90, n),
        3 => format!("+49151{:04}{:04}", 1_000 + n, n),
        _ => format!("+3361{n:03}{n:04}"),
    }
}

// S1-21: a number verifies three organizations, also when all of them begin at once.
#[tokio::test]
async fn one_number_stands_for_three_organizations() {
    let test = ServicesApp::new(Settings::default()).await;
    let people = tenants(&test, 6).await;
    let target = number(100, 1);
    let mut sent = Vec::new();
    for (n, tenant) in people[..4].iter().enumerate() {
        let id = test.submit(tenant, &target, &format!("10.{n}.0.1")).await.unwrap().id;
        sent.push((id, test.carrier.code(&target)));
    }
    for (n, tenant) in people[..3].iter().enumerate() {
        test.check(tenant, &sent[n].0, &sent[n].1, "10.0.0.1").await.unwrap();
    }
    let fourth = test.check(&people[3], &sent[3].0, &sent[3].1, "10.0.0.1").await;
    assert_eq!(code(fourth), "phone_number_limit_reached", "the right code comes to a number that is full");
    let met = test.app.verification_of(people[3].organization()).await.unwrap();
    assert_eq!(met.requirements[0], (Requirement::Phone, keystead_app::verification::RequirementState::Unverified));
    test.wait(3_601);
    assert_eq!(code(test.submit(&people[4], &target, "10.9.0.1").await), "phone_number_limit_reached");

    // Carriers reassign numbers: after a year another person proves it, and the first organizations stay verified
    // (S1-25).
    test.wait(366 * DAY);
    test.prove(&people[4], &target, "10.9.0.1").await;
    for tenant in &people[..3] {
        let met = test.app.verification_of(tenant.organization()).await.unwrap();
        assert_eq!(met.requirements[0].1, keystead_app::verification::RequirementState::Verified);
        assert_eq!(
            test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().number,
            None,
            "held no more"
        );
    }
}

// S1-32, S1-33: the carrier is asked before anything is sent, and only when necessary.
#[tokio::test]
async fn lines_are_looked_up_within_limits() {
    let test = ServicesApp::new(Settings::default()).await;
    let tenant = test.tenant("ann").await;
    assert!(
        !test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().allow_voip,
        "said before anybody types"
    );
    for (n, kind, refusal) in [
        (1, LineKind::NonFixedVoip, "phone_voip_not_supported"),
        (2, LineKind::FixedVoip, "phone_voip_not_supported"),
        (3, LineKind::Landline, "phone_landline_not_supported"),
        (4, LineKind::Voicemail, "phone_type_not_supported"),
        (5, LineKind::Premium, "phone_type_not_supported"),
    ] {
        test.carrier.kinds.lock().unwrap().insert(number(n, 1), kind);
        assert_eq!(code(test.submit(&tenant, &number(n, 1), "10.0.0.1").await), refusal);
        assert_eq!(code(test.submit(&tenant, &number(n, 1), "10.0.0.1").await), refusal, "remembered for thirty days");
    }
    assert_eq!(test.carrier.lookups.load(std::sync::atomic::Ordering::SeqCst), 5);
    assert_eq!(limit(test.submit(&tenant, &number(6, 1), "10.0.0.1").await), "phone_lookups", "each costs money");
    assert!(test.carrier.texts.lock().unwrap().is_empty());
    let log = test.app.audit_log(&tenant.actor, tenant.organization(), crate::first_page()).await.unwrap();
    assert_eq!(log.data.iter().filter(|event| event.action == "phone.refused").count(), 10);

    // While no carrier can be asked, a code is sent within lower limits, and the operator sees it.
    let other = test.tenant("ben").await;
    test.carrier.kinds.lock().unwrap().insert(number(7, 1), LineKind::Unknown);
    let sent = test.submit(&other, &number(7, 1), "10.1.0.1").await.unwrap();
    test.check(&other, &sent.id, &test.carrier.code(&number(7, 1)), "10.1.0.1").await.unwrap();
    let operator = Actor::operator("anna");
    let overview = test.app.operator_overview(&operator).await.unwrap();
    let row = overview.organizations.iter().find(|row| &row.id == other.organization()).unwrap();
    assert_eq!(row.attention, ["line_unknown"]);
    let health: HealthView = test.app.provider_health(&operator).await.unwrap();
    assert!(health.services.contains(&("sms", "up")));
    let doubtful = tenants(&test, 3).await;
    for (n, tenant) in (0u32..3).zip(&doubtful) {
        test.carrier.kinds.lock().unwrap().insert(number(8, 1), LineKind::Unknown);
        test.submit(tenant, &number(8, 1), &format!("10.2{n}.0.1")).await.unwrap();
    }
    for tenant in &doubtful[..2] {
        test.wait(60);
        let current = test.app.phone_view(&tenant.actor, tenant.organization()).await.unwrap().current.unwrap();
        let origin = crate::vendors::origin("10.30.0.1");
        test.app.resend_phone_code(&tenant.actor, tenant.organization(), &current.id, origin).await.unwrap();
    }
    test.wait(3_700);
    let sixth = test.submit(&doubtful[2], &number(8, 1), "10.40.0.1").await;
    assert_eq!(limit(sixth), "phone_doubtful_codes", "five a day for unknown lines");
}
