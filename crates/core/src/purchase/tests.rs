use proptest::prelude::*;

use super::bounds::{NEW_FOR, PurchaseBounds, PurchaseRefusal, RECHARGE_NEW_FOR};
use super::recharge::{Pause, RechargeDecision, RechargeFigures, decide};
use super::*;
use crate::ledger::Recharge;
use crate::money::{Amount, Micros};

const STATUSES: [PaymentStatus; 6] = [
    PaymentStatus::Open,
    PaymentStatus::RequiresAction,
    PaymentStatus::Processing,
    PaymentStatus::Paid,
    PaymentStatus::Failed,
    PaymentStatus::Expired,
];

// Every state with every report, twice: the second changes nothing and has no effect.
#[test]
fn every_report_counts_once() {
    for state in PurchaseState::ALL {
        assert_eq!(PurchaseState::from_name(state.as_str()), Some(state));
        for status in STATUSES {
            let (next, effect) = state.read(status);
            assert_eq!(next.read(status), (next, None), "{state:?} {status:?} again");
            assert_eq!(effect == Some(PurchaseEffect::Post), next == PurchaseState::Paid && state != next);
            let failed = next == PurchaseState::Failed && state != next;
            assert_eq!(effect == Some(PurchaseEffect::CountFailure), failed);
            assert!(state != PurchaseState::Paid || next == PurchaseState::Paid, "what is paid stays paid");
            let ended = state.has_ended() && status != PaymentStatus::Paid;
            assert!(!ended || next == state, "{state:?} {status:?}");
        }
    }
    assert_eq!(PurchaseState::from_name("novel"), None);
    for way in PurchaseWay::ALL {
        assert_eq!(PurchaseWay::from_name(way.as_str()), Some(way));
    }
}

#[test]
fn what_is_not_confirmed_is_overdue() {
    let (end, before) = (Timestamp(100), Timestamp(99));
    for state in PurchaseState::ALL {
        assert!(!state.is_overdue(end, before));
        let waits = matches!(state, PurchaseState::Created | PurchaseState::RequiresAction);
        assert_eq!(state.is_overdue(end, end), waits, "{state:?}");
    }
}

#[test]
fn every_reversal_takes_out_once_and_gives_back_once() {
    use ReversalChange::{GiveBack, TakeOut};
    use ReversalState::{Final, Open, Undone};
    for (known, reported, expected) in [
        (None, Open, (Open, Some(TakeOut))),
        (None, Final, (Final, Some(TakeOut))),
        (None, Undone, (Undone, None)),
        (Some(Open), Open, (Open, None)),
        (Some(Open), Final, (Final, None)),
        (Some(Open), Undone, (Undone, Some(GiveBack))),
        (Some(Final), Open, (Final, None)),
        (Some(Final), Final, (Final, None)),
        (Some(Final), Undone, (Undone, Some(GiveBack))),
        (Some(Undone), Open, (Undone, None)),
        (Some(Undone), Final, (Undone, None)),
        (Some(Undone), Undone, (Undone, None)),
    ] {
        assert_eq!(ReversalState::read(known, reported), expected, "{known:?} {reported:?}");
    }
    for state in ReversalState::ALL {
        assert_eq!(ReversalState::from_name(state.as_str()), Some(state));
    }
    for kind in ReversalKind::ALL {
        assert_eq!(ReversalKind::from_name(kind.as_str()), Some(kind));
    }
}

/// A service that a payment passes through, and all that it ever reported.
#[derive(Debug, Clone, Default)]
struct Service {
    status: usize,
    reversals: Vec<ReversalState>,
    reports: Vec<(PaymentStatus, Vec<ReversalState>)>,
}

fn reversal_amounts() -> [i64; 3] {
    [300, 200, 100]
}

proptest! {
    // S3-12: in any order and any number of reports, the ledger ends at what the service has kept, and
    // never passes it on the way.
    #[test]
    fn the_ledger_follows_the_service(moves in proptest::collection::vec((0_u8..8, any::<prop::sample::Index>(), any::<bool>()), 1..60)) {
        let order = [PaymentStatus::Open, PaymentStatus::RequiresAction, PaymentStatus::Processing, PaymentStatus::Paid];
        let mut service = Service::default();
        let (mut state, mut known): (PurchaseState, [Option<ReversalState>; 3]) = (PurchaseState::Created, [None; 3]);
        let (mut posted, mut taken, mut given) = (0_i64, [0_i64; 3], [0_i64; 3]);
        let mut deliver = |(status, reversals): &(PaymentStatus, Vec<ReversalState>)| {
            let (next, effect) = state.read(*status);
            posted += i64::from(effect == Some(PurchaseEffect::Post));
            state = next;
            for (n, reported) in reversals.iter().enumerate() {
                let (next, change) = ReversalState::read(known[n], *reported);
                known[n] = Some(next);
                taken[n] += i64::from(change == Some(ReversalChange::TakeOut));
                given[n] += i64::from(change == Some(ReversalChange::GiveBack));
            }
            (posted, taken, given)
        };
        for (kind, pick, stale) in moves {
            match kind {
                0..=2 => service.status = (service.status + 1).min(3),
                3..=4 if service.status == 3 && service.reversals.len() < 3 => service.reversals.push(ReversalState::Open),
                5 if !service.reversals.is_empty() => {
                    let n = pick.index(service.reversals.len());
                    if service.reversals[n] == ReversalState::Open { service.reversals[n] = ReversalState::Final; }
                }
                6 if !service.reversals.is_empty() => {
                    let n = pick.index(service.reversals.len());
                    service.reversals[n] = ReversalState::Undone;
                }
                _ => {}
            }
            service.reports.push((order[service.status], service.reversals.clone()));
            let one = if stale { pick.index(service.reports.len()) } else { service.reports.len() - 1 };
            let (posted, taken, given) = deliver(&service.reports[one].clone());
            prop_assert!(posted <= 1);
            for n in 0..3 {
                prop_assert!(taken[n] <= 1 && given[n] <= taken[n]);
                prop_assert!(taken[n] <= posted, "nothing is taken out of what was not posted");
            }
        }
        let last = (order[service.status], service.reversals.clone());
        deliver(&last);
        let (posted, taken, given) = deliver(&last);
        let balance = |n: usize| reversal_amounts()[n] * (taken[n] - given[n]);
        let kept: i64 = service.reversals.iter().zip(reversal_amounts())
            .filter(|(state, _)| **state != ReversalState::Undone).map(|(_, cents)| cents).sum();
        prop_assert_eq!(posted, i64::from(service.status == 3));
        prop_assert_eq!((0..3).map(balance).sum::<i64>(), kept);
    }

    #[test]
    fn bounds_hold_for_every_amount(cents in -5_i64..2_000_000, bought in 0_i64..2_000_000, new: bool) {
        let bounds = PurchaseBounds::default();
        match bounds.check(cents, bought, new) {
            Ok(()) => prop_assert!(
                cents >= bounds.least && cents <= bounds.of_one(new) && bought + cents <= bounds.of_day(new)),
            Err(PurchaseRefusal::TooLittle { .. }) => prop_assert!(cents < bounds.least),
            Err(PurchaseRefusal::TooMuch { most }) => prop_assert!(cents > most),
            Err(PurchaseRefusal::Day { left, most }) => prop_assert!(cents > left && left <= most),
        }
    }
}

#[test]
fn an_organization_is_new_for_a_week_after_its_first_payment() {
    assert!(PurchaseBounds::is_new(None, Timestamp(0)));
    assert!(PurchaseBounds::is_new(Some(Timestamp(0)), Timestamp(NEW_FOR - 1)));
    assert!(!PurchaseBounds::is_new(Some(Timestamp(0)), Timestamp(NEW_FOR)));
    let month = |first_paid, now| PurchaseBounds::default().of_recharge_month(first_paid, Timestamp(now));
    assert_eq!(month(None, i64::MAX), Some(50_000));
    assert_eq!(month(Some(Timestamp(0)), RECHARGE_NEW_FOR - 1), Some(50_000));
    assert_eq!(month(Some(Timestamp(0)), RECHARGE_NEW_FOR), None);
    let low = PurchaseBounds { most_day: 50, ..PurchaseBounds::default() };
    assert_eq!((low.of_day(true), low.of_one(true)), (50, 50), "a bound of new organizations raises no other");
}

#[test]
fn recharge_stops_at_its_ceiling() {
    let micros = |cents: i64| Micros(cents * 10_000);
    let set = Recharge { below: micros(500), amount: micros(1_000), ceiling: micros(2_500) };
    let figures = |cents, bought, runs| RechargeFigures { balance: Amount::of_cents(cents), bought, most: None, runs };
    assert_eq!(decide(&set, figures(500, 0, false)), RechargeDecision::Nothing, "not below");
    assert_eq!(decide(&set, figures(499, 0, false)), RechargeDecision::Buy(1_000));
    assert_eq!(decide(&set, figures(-1, 1_500, false)), RechargeDecision::Buy(1_000));
    assert_eq!(decide(&set, figures(-1, 1_501, false)), RechargeDecision::Ceiling);
    assert_eq!(decide(&set, figures(-1, 0, true)), RechargeDecision::Nothing, "never two at a time");
    assert_eq!(decide(&set, figures(-1, i64::MAX, false)), RechargeDecision::Ceiling);
    // The operator's bound holds whatever the owners set.
    let bounded = |bought, most| decide(&set, RechargeFigures { most: Some(most), ..figures(-1, bought, false) });
    assert_eq!(bounded(1_000, 2_000), RechargeDecision::Buy(1_000));
    assert_eq!(bounded(1_001, 2_000), RechargeDecision::Bounds(1_000));
    assert_eq!(bounded(0, 999), RechargeDecision::Bounds(1_000));
    assert_eq!(bounded(1_501, 0), RechargeDecision::Ceiling, "what owners can change is named first");
    for pause in Pause::ALL {
        assert_eq!(Pause::from_name(pause.as_str()), Some(pause));
    }
}
