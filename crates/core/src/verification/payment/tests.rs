//! Every pair of state and event, and invariants of all paths.

use proptest::prelude::*;

use super::PaymentState::{Active, Attention, Blocked, Exempt, None as Nothing, Pending};
use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const DAY: i64 = 86_400;

const FAILED: PaymentEvent = PaymentEvent::SetupFailed { ended: true, failures: 4, cards: 2 };

/// A status as it is reached: pending with a set-up, blocked until tomorrow, attention with some grace period left.
fn at(state: PaymentState) -> PaymentRequirement {
    PaymentRequirement {
        state,
        method: matches!(state, Active | Attention),
        setup_until: (state == Pending).then(|| NOW.plus(DAY)),
        blocked_until: (state == Blocked).then(|| NOW.plus(DAY)),
        until: (state == Attention).then(|| NOW.plus(GRACE)),
    }
}

fn go(from: PaymentRequirement, event: PaymentEvent, now: Timestamp) -> PaymentStep {
    from.step(event, now).unwrap_or_else(|e| unreachable!("{from:?} {event:?} {e:?}"))
}

#[test]
fn every_state_meets_every_event() {
    use PaymentRefusal::{AlreadyRunning, NotApplicable, NotOurs};
    let events = [
        PaymentEvent::Add,
        PaymentEvent::SetupSucceeded { ours: true },
        PaymentEvent::SetupSucceeded { ours: false },
        FAILED,
        PaymentEvent::SetupFailed { ended: false, failures: 1, cards: 1 },
        PaymentEvent::SetupFailed { ended: true, failures: 5, cards: 1 },
        PaymentEvent::SetupFailed { ended: true, failures: 3, cards: 3 },
        PaymentEvent::CardExpires { at: NOW },
        PaymentEvent::Replaced,
        PaymentEvent::Removed { other: true },
        PaymentEvent::Removed { other: false },
        PaymentEvent::Disputed,
        PaymentEvent::Exempt { until: None },
        PaymentEvent::Tick,
    ];
    type Row = [Result<(PaymentState, &'static str), PaymentRefusal>; 14];
    let no = Err(NotApplicable);
    let exempted = Ok((Exempt, "payment.exempted"));
    let without = |stays: PaymentState, add| -> Row {
        [add, no, no, no, no, no, no, no, no, no, no, no, exempted, Ok((stays, ""))]
    };
    let with = |stays: PaymentState, expires| -> Row {
        [
            Ok((stays, "payment.setup_started")),
            no,
            no,
            no,
            no,
            no,
            no,
            expires,
            Ok((Active, "payment.method_replaced")),
            Ok((Active, "payment.method_removed")),
            Ok((Nothing, "payment.method_removed")),
            Ok((Attention, "payment.disputed")),
            exempted,
            Ok((stays, "")),
        ]
    };
    let pending: Row = [
        Err(AlreadyRunning),
        Ok((Active, "payment.method_added")),
        Err(NotOurs),
        Ok((Nothing, "payment.setup_failed")),
        Ok((Pending, "payment.setup_failed")),
        Ok((Blocked, "payment.card_testing")),
        Ok((Blocked, "payment.card_testing")),
        no,
        no,
        no,
        no,
        no,
        exempted,
        Ok((Pending, "")),
    ];
    let table = [
        (Nothing, without(Nothing, Ok((Pending, "payment.setup_started")))),
        (Pending, pending),
        (Active, with(Active, Ok((Attention, "payment.expiring")))),
        (Attention, with(Attention, Ok((Attention, "")))),
        (Blocked, without(Blocked, Err(PaymentRefusal::Blocked { until: NOW.plus(DAY) }))),
        (Exempt, without(Exempt, Ok((Exempt, "payment.setup_started")))),
    ];
    assert_eq!(table.len(), PaymentState::ALL.len());
    for (state, row) in table {
        for (event, expected) in events.into_iter().zip(row) {
            let found = at(state).step(event, NOW).map(|(next, _, audit)| (next.state, audit));
            assert_eq!(found, expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn a_method_is_added_once_and_leads_on_to_the_phone() {
    // S1-12, S1-15; a repeated message does nothing.
    let (active, effects, _) = go(at(Pending), PaymentEvent::SetupSucceeded { ours: true }, NOW);
    assert_eq!(effects, [PaymentEffect::SetDefault, PaymentEffect::Open, PaymentEffect::AskForPhone]);
    let again = active.step(PaymentEvent::SetupSucceeded { ours: true }, NOW);
    assert_eq!(again, Err(PaymentRefusal::NotApplicable));
}

#[test]
fn silence_ends_a_set_up_after_a_day() {
    let (pending, ..) = go(PaymentRequirement::begin(), PaymentEvent::Add, NOW);
    assert_eq!(go(pending, PaymentEvent::Tick, NOW.plus(SETUP_LIFE - 1)).0, pending);
    let (ended, effects, audit) = go(pending, PaymentEvent::Tick, NOW.plus(SETUP_LIFE));
    assert_eq!((ended, effects), (PaymentRequirement::begin(), vec![PaymentEffect::CancelSetup]));
    assert_eq!(audit, "payment.setup_expired");
}

#[test]
fn card_testing_waits_a_day_and_takes_nothing_away() {
    let testing = PaymentEvent::SetupFailed { ended: false, failures: 1, cards: MOST_CARDS };
    let (blocked, effects, _) = go(at(Pending), testing, NOW);
    assert_eq!(effects, [PaymentEffect::CancelSetup, PaymentEffect::NotifyOperator]);
    let add = |now| blocked.step(PaymentEvent::Add, now).map(|(next, ..)| next.state);
    assert_eq!(add(NOW.plus(BLOCK - 1)), Err(PaymentRefusal::Blocked { until: NOW.plus(BLOCK) }));
    assert_eq!(add(NOW.plus(BLOCK)), Ok(Pending));
    assert_eq!(go(blocked, PaymentEvent::Tick, NOW.plus(BLOCK)).0, PaymentRequirement::begin());
    // With a card on file, the card stays; only further set-ups wait.
    let (second, ..) = go(at(Active), PaymentEvent::Add, NOW);
    let (kept, ..) = go(second, testing, NOW);
    assert!(kept.state == Active && kept.holds(NOW));
    assert_eq!(kept.step(PaymentEvent::Add, NOW), Err(PaymentRefusal::Blocked { until: NOW.plus(BLOCK) }));
}

#[test]
fn a_card_that_runs_out_has_fourteen_days() {
    let ends = NOW.plus(40 * DAY);
    let expires = PaymentEvent::CardExpires { at: ends };
    assert_eq!(go(at(Active), expires, ends.plus(-EXPIRY_NOTICE - 1)).0, at(Active), "too early to tell");
    let (attention, effects, audit) = go(at(Active), expires, ends.plus(-EXPIRY_NOTICE));
    assert_eq!((effects, audit), (vec![PaymentEffect::NotifyOwners], "payment.expiring"));
    assert_eq!(go(attention, expires, ends), (attention, vec![], ""), "told once");
    let last = ends.plus(GRACE - 1);
    assert!(attention.holds(last) && go(attention, PaymentEvent::Tick, last).0 == attention);
    let (lapsed, effects, _) = go(attention, PaymentEvent::Tick, ends.plus(GRACE));
    assert!(!attention.holds(ends.plus(GRACE)) && !lapsed.holds(ends.plus(GRACE)));
    assert_eq!((lapsed.state, effects[0]), (Nothing, PaymentEffect::Close));
}

#[test]
fn an_exemption_stands_beside_cards_and_ends_on_its_date() {
    let until = Some(NOW.plus(DAY));
    let (bare, ..) = go(PaymentRequirement::begin(), PaymentEvent::Exempt { until }, NOW);
    let (ended, effects, _) = go(bare, PaymentEvent::Tick, NOW.plus(DAY));
    assert_eq!((ended.state, effects[0]), (Nothing, PaymentEffect::Close));
    let (adding, ..) = go(bare, PaymentEvent::Add, NOW);
    let (carded, ..) = go(adding, PaymentEvent::SetupSucceeded { ours: true }, NOW);
    assert_eq!(carded.state, Exempt, "the operator's word is not overwritten by a card");
    let (ended, effects, _) = go(carded, PaymentEvent::Tick, NOW.plus(DAY));
    assert_eq!((ended.state, effects), (Active, vec![PaymentEffect::NotifyOwners]));
    assert!(go(at(Blocked), PaymentEvent::Exempt { until: None }, NOW).0.holds(NOW.plus(9_999 * DAY)));
}

#[test]
fn names_and_values_are_read_back() {
    for state in PaymentState::ALL {
        assert_eq!(PaymentState::from_name(state.as_str()), Some(state));
        let text = serde_json::to_string(&at(state)).unwrap_or_default();
        assert_eq!(serde_json::from_str::<PaymentRequirement>(&text).ok(), Some(at(state)));
    }
}

fn event() -> impl Strategy<Value = PaymentEvent> {
    let date = || prop::option::of(0..90 * DAY).prop_map(|wait| wait.map(|wait| NOW.plus(wait)));
    prop_oneof![
        4 => Just(PaymentEvent::Add),
        4 => any::<bool>().prop_map(|ours| PaymentEvent::SetupSucceeded { ours }),
        3 => (any::<bool>(), 1..7_u32, 1..5_u32)
            .prop_map(|(ended, failures, cards)| PaymentEvent::SetupFailed { ended, failures, cards }),
        2 => (0..90 * DAY).prop_map(|wait| PaymentEvent::CardExpires { at: NOW.plus(wait) }),
        1 => Just(PaymentEvent::Replaced),
        2 => any::<bool>().prop_map(|other| PaymentEvent::Removed { other }),
        1 => Just(PaymentEvent::Disputed),
        1 => date().prop_map(|until| PaymentEvent::Exempt { until }),
        6 => Just(PaymentEvent::Tick),
    ]
}

proptest! {
    /// S1-06, S0-03: open exactly while a method is on file or the requirement is waived, opened only by a successful
    /// set-up that was begun or by the operator, and no effect is about a key.
    #[test]
    fn no_path_skips_a_step(path in prop::collection::vec((event(), 0..3 * DAY), 0..60)) {
        let (mut one, mut now) = (PaymentRequirement::begin(), NOW);
        let mut open = false;
        let mut running = false;
        for (event, pause) in path {
            now = now.plus(pause);
            let Ok((next, effects, audit)) = one.step(event, now) else { continue };
            prop_assert!(audit.is_empty() || audit.starts_with("payment."));
            prop_assert!(!(audit.is_empty() && next != one), "{:?} changed unseen", event);
            for effect in &effects {
                match effect {
                    PaymentEffect::Open => {
                        let setup = event == PaymentEvent::SetupSucceeded { ours: true } && running;
                        prop_assert!(setup || matches!(event, PaymentEvent::Exempt { .. }), "opened by {:?}", event);
                        open = true;
                    }
                    PaymentEffect::Close => open = false,
                    PaymentEffect::BeginSetup => {
                        prop_assert!(one.blocked_until.is_none_or(|until| now >= until));
                        running = true;
                    }
                    // Written without a wildcard, so that a new effect on keys would be noticed.
                    PaymentEffect::CancelSetup
                    | PaymentEffect::SetDefault
                    | PaymentEffect::AskForPhone
                    | PaymentEffect::NotifyOwners
                    | PaymentEffect::NotifyOperator => {}
                }
            }
            running = next.setup_until.is_some();
            prop_assert_eq!(open, next.state.opens(), "{:?} after {:?}", next, event);
            prop_assert!(next.state != Pending || running);
            prop_assert!(!matches!(next.state, Active | Attention) || next.method);
            prop_assert!(!matches!(next.state, Nothing | Pending | Blocked) || !next.method);
            one = next;
        }
    }
}

#[test]
fn a_card_ends_with_its_month() {
    assert_eq!(card_ends(2026, 1), Some(Timestamp(1_769_904_000)), "1 February 2026");
    assert_eq!(card_ends(2025, 12), Some(Timestamp(1_767_225_600)), "1 January 2026");
    assert_eq!((month_of(Timestamp(1_767_225_599)), month_of(Timestamp(1_767_225_600))), ((2025, 12), (2026, 1)));
    for (year, month) in [(2026, 0), (2026, 13), (99_999, 1), (i64::MIN, 1)] {
        assert_eq!(card_ends(year, month), None);
    }
}
