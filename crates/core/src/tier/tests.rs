use proptest::prelude::*;

use super::*;
use crate::money::Amount;
use crate::rate::RateLimits;
use crate::time::Timestamp;

const DAY: i64 = 86_400;

fn requests(limit: u64) -> RateLimits {
    RateLimits { requests_per_minute: Some(limit), ..RateLimits::NONE }
}

fn limit(models: &[&str], limits: RateLimits) -> TierLimit {
    TierLimit { models: models.iter().map(|name| (*name).to_owned()).collect(), limits }
}

fn tier(paid: i64, days: i64, per_minute: u64) -> TierDefinition {
    TierDefinition {
        requirement: TierRequirement { paid_cents: paid * 100, days },
        limits: vec![limit(&["*"], requests(per_minute))],
    }
}

/// The thresholds that OpenAI publishes.
fn published() -> Vec<(i64, TierDefinition)> {
    let needs = [(0, 0), (5, 0), (50, 7), (100, 7), (250, 14), (1_000, 30)];
    needs.into_iter().zip(0..).map(|((paid, days), number)| (number, tier(paid, days, 10 << number))).collect()
}

fn table() -> TierTable {
    TierTable::new(published()).unwrap()
}

fn number(number: i64) -> Tier {
    Tier::new(number).unwrap()
}

fn progress(paid_cents: i64, first_day: Option<i64>, day: i64) -> Progress {
    Progress {
        paid: Amount::of_cents(paid_cents),
        made_at: Timestamp(0),
        first_paid_at: first_day.map(|day| Timestamp(day * DAY)),
        now: Timestamp(day * DAY),
    }
}

#[test]
fn tiers_have_numbers_from_0_to_5() {
    let all: Vec<i64> = (-2..9).filter_map(Tier::new).map(Tier::number).collect();
    assert_eq!(all, [0, 1, 2, 3, 4, 5]);
    assert_eq!((Tier::ZERO.following(), Tier::HIGHEST.following()), (Some(number(1)), None));
    assert_eq!((number(3).to_string().as_str(), number(3).place()), ("3", 3));
    assert_eq!(table().highest(), Some(Tier::HIGHEST));
    assert_eq!(table().tiers().count(), 6);
}

#[test]
fn tiers_are_reached_by_amount_and_age() {
    for (paid, first, day, expected) in [
        (0, None, 400, 0),
        (499, Some(0), 400, 0),
        (500, Some(3), 3, 1),
        (5_000, Some(3), 9, 1),
        (5_000, Some(3), 10, 2),
        (99_999, Some(0), 6, 1),
        (10_000, Some(0), 7, 3),
        (25_000, Some(0), 13, 3),
        (25_000, Some(0), 14, 4),
        (100_000, Some(0), 29, 4),
        (100_000, Some(0), 30, 5),
    ] {
        assert_eq!(table().reached(&progress(paid, first, day)), number(expected), "{paid} {first:?} {day}");
    }
    assert_eq!(TierTable::default().reached(&progress(100_000, Some(0), 30)), Tier::ZERO);
    assert_eq!((TierTable::default().highest(), TierTable::default().is_empty()), (None, true));
}

#[test]
fn where_nothing_has_to_be_paid_the_age_of_the_organization_counts() {
    let table = TierTable::new(vec![(0, tier(0, 0, 1)), (1, tier(0, 7, 2)), (2, tier(5, 7, 3))]).unwrap();
    assert_eq!(table.reached(&progress(0, None, 6)), Tier::ZERO);
    assert_eq!(table.reached(&progress(0, None, 7)), number(1));
    // A first payment on the fourth day does not take the first tier away, and begins the days of the second.
    assert_eq!(table.reached(&progress(500, Some(4), 7)), number(1));
    assert_eq!(table.reached(&progress(500, Some(4), 11)), number(2));
}

#[test]
fn the_next_tier_says_what_is_missing() {
    let next = table().next(number(1), &progress(1_250, Some(2), 4)).unwrap();
    assert_eq!((next.tier, next.missing_paid, next.missing_days), (number(2), Amount::of_cents(3_750), 5));
    assert_eq!((next.paid_percent(), next.days_percent()), (25, 28));
    // A begun day is a whole one.
    let late = Progress { now: Timestamp(9 * DAY - 1), ..progress(5_000, Some(2), 9) };
    assert_eq!(late.missing_days(&table().requirement(number(2)).unwrap()), 1);
    let first = table().next(Tier::ZERO, &progress(0, None, 50)).unwrap();
    assert_eq!((first.missing_paid, first.missing_days, first.paid_percent()), (Amount::of_cents(500), 0, 0));
    assert_eq!(first.days_percent(), 100);
    // Before the first payment, no day of a tier that needs one has passed.
    assert_eq!(table().next(number(1), &progress(0, None, 50)).unwrap().missing_days, 7);
    assert_eq!(table().next(Tier::HIGHEST, &progress(0, None, 50)), None);
    assert_eq!(TierTable::default().next(Tier::ZERO, &progress(0, None, 50)), None);
    // A clock that was set back takes nothing away.
    let before = Progress { now: Timestamp(0), ..progress(5_000, Some(2), 9) };
    assert_eq!(before.missing_days(&table().requirement(number(2)).unwrap()), 7);
}

#[test]
fn limits_are_those_of_the_first_entry_that_has_one() {
    let tokens = RateLimits { tokens_per_minute: Some(7), ..RateLimits::NONE };
    let definition = TierDefinition {
        limits: vec![limit(&["gpt-4o", "o*"], requests(3)), limit(&["gpt-*"], tokens.or(requests(9)))],
        ..TierDefinition::default()
    };
    let table = TierTable::new(vec![(0, definition)]).unwrap();
    let base = RateLimits { images_per_minute: Some(1), requests_per_minute: Some(50), ..RateLimits::NONE };
    assert_eq!(table.limits(Tier::ZERO, "gpt-4o", base), requests(3).or(tokens).or(base));
    assert_eq!(table.limits(Tier::ZERO, "gpt-4o-mini", base), requests(9).or(tokens).or(base));
    assert_eq!(table.limits(Tier::ZERO, "o3", RateLimits::NONE), requests(3));
    assert_eq!(table.limits(Tier::ZERO, "whisper-1", base), base);
    // A tier that is not configured any more has the limits of the highest that is.
    assert_eq!(table.limits(number(4), "o3", RateLimits::NONE), requests(3));
    assert_eq!(table.limits_by_tier("o3", RateLimits::NONE), vec![requests(3); 6]);
    assert_eq!(TierTable::default().limits(number(4), "o3", base), base);
    assert!(TierTable::default().limits_by_tier("o3", base).is_empty());
}

#[test]
fn wrong_tables_are_refused() {
    let fault = |tiers: Vec<(i64, TierDefinition)>| TierTable::new(tiers).unwrap_err();
    assert_eq!(fault(vec![(1, tier(0, 0, 1))]), TierFault::Number { expected: 0, found: 1 });
    assert_eq!(fault(vec![(0, tier(0, 0, 1)), (2, tier(5, 0, 1))]), TierFault::Number { expected: 1, found: 2 });
    assert_eq!(fault(vec![(0, tier(0, 0, 1)), (0, tier(5, 0, 1))]), TierFault::Number { expected: 1, found: 0 });
    let mut seven = published();
    seven.push((6, tier(2_000, 60, 9_000)));
    assert_eq!(fault(seven), TierFault::TooMany);
    assert_eq!(fault(vec![(0, tier(5, 0, 1))]), TierFault::FirstNeeds);
    assert_eq!(fault(vec![(0, tier(0, 1, 1))]), TierFault::FirstNeeds);
    let after = |next: TierDefinition| fault(vec![(0, tier(0, 0, 1)), (1, tier(50, 7, 1)), (2, next)]);
    assert_eq!(after(tier(49, 7, 1)), TierFault::NeedsLess(number(2), "paid"));
    assert_eq!(after(tier(50, 6, 1)), TierFault::NeedsLess(number(2), "days"));
    assert_eq!(after(tier(50, 7, 1)), TierFault::NeedsTheSame(number(2)));
    assert_eq!(after(tier(50, 3_651, 1)), TierFault::Range(number(2)));
    assert_eq!(after(tier(-1, 7, 1)), TierFault::Range(number(2)));
    assert_eq!(after(tier(100, 7, 0)), TierFault::Limit(number(2)));
    assert_eq!(after(tier(100, 7, 1_000_000_001)), TierFault::Limit(number(2)));
    let with = |entry: TierLimit| after(TierDefinition { limits: vec![entry], ..tier(100, 7, 1) });
    assert_eq!(with(limit(&[], requests(1))), TierFault::Models(number(2)));
    assert_eq!(with(limit(&["a\n"], requests(1))), TierFault::Models(number(2)));
    assert_eq!(with(limit(&[""], requests(1))), TierFault::Models(number(2)));
    assert_eq!(with(limit(&["*"], RateLimits::NONE)), TierFault::Nothing(number(2)));
}

#[test]
fn a_higher_tier_never_has_lower_limits() {
    let models = || [("gpt-4o", RateLimits::NONE), ("o3", requests(100))].into_iter();
    table().check_limits(models(), RateLimits::NONE).unwrap();
    let fault = |second: TierDefinition| {
        let tiers = TierTable::new(vec![(0, tier(0, 0, 20)), (1, second)]).unwrap();
        tiers.check_limits(models(), RateLimits::NONE).map_err(|fault| fault.to_string())
    };
    assert_eq!(
        fault(tier(5, 0, 19)),
        Err("tier 1: \"gpt-4o\" may have 19 requests per min (RPM), less than in the tier before (20)".to_owned())
    );
    // A limit that the tier before does not have is lower than none; a higher tier may leave one out.
    let tokens = RateLimits { tokens_per_minute: Some(5), ..requests(20) };
    let limited = TierDefinition { limits: vec![limit(&["*"], tokens)], ..tier(5, 0, 20) };
    assert!(fault(limited).unwrap_err().ends_with("less than in the tier before (no limit)"));
    let unlimited = TierDefinition { limits: Vec::new(), ..tier(5, 0, 20) };
    assert_eq!(fault(unlimited.clone()), Ok(()));
    // What is left out is what the model has outside of tiers, which may be lower.
    let tiers = TierTable::new(vec![(0, tier(0, 0, 200)), (1, unlimited)]).unwrap();
    assert!(tiers.check_limits(models(), RateLimits::NONE).unwrap_err().to_string().contains("\"o3\" may have 100"));
    // Patterns are compared also where no served model is known.
    let pattern = |most| TierDefinition { limits: vec![limit(&["gpt-*"], requests(most))], ..tier(0, 0, 1) };
    let second = TierDefinition { requirement: TierRequirement { paid_cents: 1, days: 0 }, ..pattern(3) };
    let tiers = TierTable::new(vec![(0, pattern(4)), (1, second)]).unwrap();
    assert!(tiers.check_limits(std::iter::empty(), RateLimits::NONE).is_err());
}

#[test]
fn a_lower_tier_of_the_operator_holds_until_more_is_paid() {
    let table = table();
    let rich = progress(100_000, Some(0), 30);
    let mut state = TierState { tier: number(5), ..TierState::beginning(Timestamp(0)) };
    state.held_paid = hold_after(&table, &rich, state.tier, number(2));
    state.tier = number(2);
    assert_eq!(state.held_paid, Some(Amount::of_cents(100_000)));
    let later = Progress { now: Timestamp(4_000 * DAY), ..rich };
    assert_eq!(state.raised(&table, &later), None, "age alone does not undo it");
    let refunded = Progress { paid: Amount::of_cents(50_000), ..later };
    assert_eq!(state.raised(&table, &refunded), None);
    let more = Progress { paid: Amount::of_cents(100_001), ..later };
    assert_eq!(state.raised(&table, &more), Some(number(5)));
    // A higher tier than the one that is reached is a present of the operator: nothing holds it, nothing lowers it.
    assert_eq!(hold_after(&table, &progress(0, None, 1), Tier::ZERO, number(3)), None);
    let given = TierState { tier: number(3), ..TierState::beginning(Timestamp(0)) };
    assert_eq!(given.raised(&table, &progress(500, Some(0), 1)), None);
    assert_eq!(given.raised(&table, &rich), Some(number(5)));
    // Back from the present to what is reached is a lowering, too.
    assert_eq!(hold_after(&table, &progress(500, Some(0), 1), number(3), number(1)), Some(Amount::of_cents(500)));
    assert_eq!(hold_after(&table, &progress(500, Some(0), 1), number(1), number(1)), None);
}

/// What may happen to an organization.
#[derive(Debug, Clone, Copy)]
enum Step {
    Pays(i64),
    IsRefunded(i64),
    Waits(i64),
    Evaluated,
    SetByOperator(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..60_000_i64).prop_map(Step::Pays),
        (1..60_000_i64).prop_map(Step::IsRefunded),
        (1..20_i64).prop_map(Step::Waits),
        Just(Step::Evaluated),
        Just(Step::Evaluated),
        (0..6_i64).prop_map(Step::SetByOperator),
    ]
}

proptest! {
    #[test]
    fn an_evaluation_never_lowers_a_tier(steps in proptest::collection::vec(step(), 1..60)) {
        let table = table();
        let mut state = TierState::beginning(Timestamp(0));
        let mut now = progress(0, None, 0);
        let mut lowered_at = None;
        for step in steps {
            match step {
                Step::Pays(cents) => now.paid = now.paid.plus(Amount::of_cents(cents)),
                Step::IsRefunded(cents) => now.paid = now.paid.minus(Amount::of_cents(cents)).max(Amount::ZERO),
                Step::Waits(days) => now.now = now.now.plus(days * DAY),
                Step::SetByOperator(wanted) => {
                    let wanted = number(wanted);
                    state.held_paid = hold_after(&table, &now, state.tier, wanted);
                    lowered_at = (wanted < state.tier).then_some(now.paid);
                    state.tier = wanted;
                }
                Step::Evaluated => {
                    if now.paid > Amount::ZERO && state.first_paid_at.is_none() {
                        state.first_paid_at = Some(now.now);
                    }
                    now.first_paid_at = state.first_paid_at;
                    let before = state.tier;
                    if let Some(raised) = state.raised(&table, &now) {
                        prop_assert!(raised > before);
                        prop_assert!(now.meets(&table.requirement(raised).unwrap()));
                        prop_assert!(lowered_at.is_none_or(|paid| now.paid > paid), "{lowered_at:?} {now:?}");
                        (state.tier, state.held_paid, lowered_at) = (raised, None, None);
                    }
                    prop_assert!(state.tier >= before);
                    // Nothing that is reached is left out, except where the operator decided otherwise.
                    prop_assert!(state.tier >= table.reached(&now) || state.held_paid.is_some());
                }
            }
        }
    }

    #[test]
    fn what_meets_a_tier_meets_the_lower_ones(
        paid in 0..200_000_i64, first in prop::option::of(0..40_i64), day in 0..80_i64,
    ) {
        let progress = progress(paid, first.filter(|first| *first <= day), day);
        let reached = table().reached(&progress);
        for tier in table().tiers().filter(|tier| *tier <= reached) {
            prop_assert!(progress.meets(&table().requirement(tier).unwrap()));
        }
        if let Some(next) = table().next(reached, &progress) {
            prop_assert!(next.missing_paid > Amount::ZERO || next.missing_days > 0);
            prop_assert!(next.paid_percent() < 100 || next.days_percent() < 100);
        }
    }
}
