use std::sync::Arc;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::money::Micros;
use crate::route::MeterKind;
use crate::usage::{ImagePrices, ImageTraits, LARGEST_COUNT, Price, Quantities, TokenParts};

fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

fn zone(rule: &str) -> TimeZone {
    TimeZone::posix(rule).unwrap()
}

/// Central Europe: clocks change at 02:00 on the last Sundays of March and October.
const WARSAW: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
/// A zone where clocks skip midnight in November.
const SAO_PAULO: &str = "<-03>3<-02>,M11.1.0/0,M2.3.0/0";

#[test]
fn months_begin_at_midnight_in_utc() {
    for (moment, start, end) in [
        ("2026-11-30T23:59:59Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-02-01T00:00:00Z"),
    ] {
        let window = Window::month(at(moment));
        assert_eq!(window, Window { start: at(start), end: at(end) }, "{moment}");
        assert!(window.contains(at(moment)) && !window.contains(window.end));
    }
    // No date: one period for all time.
    assert!(Window::month(Timestamp(i64::MAX - 1)).contains(Timestamp(0)));
}

#[test]
fn days_are_shorter_and_longer_when_clocks_change() {
    let warsaw = zone(WARSAW);
    let hours = |moment: &str, interval: Interval| {
        let window = interval.window(at(moment), &warsaw);
        (window.end.since(window.start)) / 3_600
    };
    assert_eq!(hours("2026-03-29T12:00:00Z", Interval::Day), 23);
    assert_eq!(hours("2026-10-25T12:00:00Z", Interval::Day), 25);
    assert_eq!(hours("2026-10-26T12:00:00Z", Interval::Day), 24);
    assert_eq!(hours("2026-10-25T12:00:00Z", Interval::Week), 7 * 24 + 1);
    assert_eq!(hours("2026-10-25T12:00:00Z", Interval::Month), 31 * 24 + 1);
    // The hour that comes twice is two periods.
    let hour = |moment: &str| Interval::Hour.window(at(moment), &warsaw);
    assert_eq!(hour("2026-10-25T00:30:00Z").end, hour("2026-10-25T01:30:00Z").start);
    // Weeks begin on Monday, by the clocks of the zone.
    assert_eq!(Interval::Week.window(at("2026-11-29T22:59:59Z"), &warsaw).start, at("2026-11-22T23:00:00Z"));
    assert_eq!(Interval::Week.window(at("2026-11-29T23:00:00Z"), &warsaw).start, at("2026-11-29T23:00:00Z"));
    // Midnight is skipped: the day begins at one o'clock.
    let skipped = Interval::Day.window(at("2026-11-01T12:00:00Z"), &zone(SAO_PAULO));
    assert_eq!((skipped.start, skipped.end), (at("2026-11-01T03:00:00Z"), at("2026-11-02T02:00:00Z")));
}

proptest! {
    #[test]
    fn every_moment_is_in_one_period(
        moment in 0..4_000_000_000_i64,
        interval in prop::sample::select(vec![Interval::Hour, Interval::Day, Interval::Week, Interval::Month]),
        rule in prop::sample::select(vec!["UTC0", WARSAW, SAO_PAULO, "<+0545>-5:45", "EST5EDT,M3.2.0,M11.1.0"]),
    ) {
        let zone = zone(rule);
        let window = interval.window(Timestamp(moment), &zone);
        prop_assert!(window.contains(Timestamp(moment)));
        let next = interval.window(window.end, &zone);
        prop_assert_eq!(next.start, window.end);
        prop_assert_eq!(interval.window(window.start, &zone), window);
    }

    #[test]
    fn no_usage_within_the_bounds_costs_more(
        bounds in prop::array::uniform5(0..2_000_000_u64),
        shares in prop::array::uniform5(0..=100_u64),
        cached in 0..=100_u64,
        prices in prop::array::uniform14(0..=1_000_000_000_i64),
        parts in prop::array::uniform6(0..2_000_000_i64),
    ) {
        let [input_tokens, output_tokens, images, characters, seconds] = bounds;
        let most = Bounds { requests: 1, input_tokens, output_tokens, images, characters, seconds };
        let part = |of: u64, share: u64| i64::try_from(of * share / 100).unwrap();
        let input = part(input_tokens, shares[0]);
        let used = Quantities {
            requests: 1,
            input_tokens: input,
            input_cached_tokens: input * i64::try_from(cached).unwrap() / 100,
            output_tokens: part(output_tokens, shares[1]),
            images: part(images, shares[2]),
            characters: part(characters, shares[3]),
            seconds: part(seconds, shares[4]),
            tool_calls: 0,
            parts: TokenParts {
                cache_write: parts[0],
                audio_input: parts[1],
                reasoning: parts[2],
                audio_output: parts[3],
                image_input: parts[4],
                image_output: parts[5],
            },
        }
        .clamped();
        let [input, cached_input, output, image, character, second, request, tool_call, ..] = prices.map(Micros);
        let [.., cache_write, audio_input, reasoning, audio_output, image_input, image_output] = prices.map(|price| Some(Micros(price)));
        let price = Price {
            input, cached_input, output, image, character, second, request, tool_call, cache_write, audio_input,
            reasoning, audio_output, image_input, image_output, images: None,
        };
        prop_assert!(price.cost(&used) <= most.cost(&price));
        // Another price of some images, whichever they are.
        let key = ImageTraits::read(Some("hd"), None);
        let images = ImagePrices::new([(key, Micros(prices[0]))]).ok().map(Arc::new);
        let by_quality = Price { images, ..price };
        for images in [key, ImageTraits::default()] {
            prop_assert!(by_quality.for_images(images).cost(&used) <= most.cost(&by_quality));
            let stated = by_quality.for_images_at_most(images);
            prop_assert!(by_quality.for_images(images).cost(&used) <= most.cost(&stated));
        }
    }
}

#[test]
fn absurd_bounds_cost_what_the_dearest_request_costs() {
    let price = Price { output: Micros(1_000_000), ..Price::default() };
    let most = Bounds { output_tokens: u64::MAX, ..Bounds::default() };
    let largest = Quantities { output_tokens: LARGEST_COUNT, ..Quantities::default() };
    assert_eq!(most.cost(&price), price.cost(&largest));
    // A model without a price is free.
    assert_eq!(most.cost(&Price::default()), Amount::ZERO);
}

fn ask(committed: i64, least: i64, want: i64) -> LeaseAsk {
    let scope = BudgetScope::spend_limit("org-1".parse().unwrap());
    let [committed, least, want] = [committed, least, want].map(Amount::of_cents);
    let (window, ended_by) = (Window::month(Timestamp(0)), Timestamp(0));
    let ends_at = Timestamp(LEASE_SECONDS);
    let (holder, number, keep) = ("run".into(), 0, Amount::ZERO);
    LeaseAsk { scope, window, holder, number, committed, keep, least, want, ends_at, ended_by }
}

fn stored(limit: i64, spent: i64) -> StoredFigures {
    StoredFigures { limit: Some(Amount::of_cents(limit)), spent: Amount::of_cents(spent), ..StoredFigures::default() }
}

#[test]
fn leases_shrink_towards_the_limit() {
    let granted = |spent: i64, least: i64| {
        let decided = decide(&ask(0, least, 1_000), &stored(800, spent), Timestamp(0)).1;
        (decided.granted, decided.met)
    };
    assert_eq!(granted(0, 1), (Amount::of_cents(100), true));
    assert_eq!(granted(400, 1), (Amount::of_cents(50), true));
    // A request that needs more than the part gets what it needs, and no more.
    assert_eq!(granted(400, 60), (Amount::of_cents(60), true));
    assert_eq!(granted(799, 1), (Amount::of_cents(1), true));
    assert_eq!(granted(800, 1), (Amount::ZERO, false));
    assert_eq!(granted(900, 1), (Amount::ZERO, false));
    // What is kept is no larger part than what is leased.
    let part = |spent: i64| decide(&ask(0, 1, 1), &stored(800, spent), Timestamp(0)).1.part;
    assert_eq!([0, 400, 900].map(part), [100, 50, 0].map(Amount::of_cents));
    // Something free fits also where nothing is left.
    assert_eq!(granted(900, 0), (Amount::ZERO, true));
}

#[test]
fn what_others_hold_is_not_granted_again_and_is_asked_back() {
    let now = Timestamp(1_000);
    let mut figures = stored(100, 20);
    let other = |granted, consumed, renewed_at| {
        let [granted, consumed] = [granted, consumed].map(Amount::of_cents);
        OtherLease { granted, committed: granted, consumed, renewed_at, ends_at: now.plus(1) }
    };
    figures.add_other(&other(50, 10, Timestamp(995)), now, now);
    // A node that was killed holds what its spool may contain, and returns nothing soon.
    figures.add_other(&other(30, 10, Timestamp(0)), now, now);
    // More was spent than granted: there is nothing left of it.
    figures.add_other(&other(5, 9, now), now, now);
    assert_eq!((figures.others, figures.returnable), (Amount::of_cents(60), Amount::of_cents(40)));
    let (decision, answer) = decide(&ask(0, 30, 30), &figures, now);
    assert_eq!((answer.met, answer.wait, decision.granted), (false, true, Amount::ZERO));
    assert_eq!(answer.part, Amount::ZERO);
    assert_eq!(decision.scarce, (now, Timestamp(1_010)));
    // The wait ends; what is asked in between does not prolong it.
    figures.scarce = decision.scarce;
    let later = decide(&ask(0, 30, 30), &figures, Timestamp(1_004));
    assert_eq!((later.1.wait, later.0.scarce), (false, (now, Timestamp(1_014))));
    // Meanwhile, a node that renews its lease gets nothing beyond its requests, and is told to keep nothing.
    let renewed = decide(&ask(7, 0, 50), &figures, now).1;
    assert_eq!((renewed.granted, renewed.part), (Amount::of_cents(7), Amount::ZERO));
    // What could not be met even with everything returned makes no request wait and nothing scarce.
    let figures = StoredFigures { scarce: (Timestamp(0), Timestamp(0)), ..figures };
    let (decision, answer) = decide(&ask(0, 90, 90), &figures, now);
    assert_eq!((answer.met, answer.wait, decision.scarce), (false, false, figures.scarce));
}

/// A node uses what it keeps while it waits, and may never hear the answer.
#[test]
fn what_is_kept_is_granted_again() {
    let decided = |(committed, keep, least): (i64, i64, i64), figures: &StoredFigures| {
        let ask = LeaseAsk { keep: Amount::of_cents(keep), ..ask(committed, least, least) };
        let (decision, answer) = decide(&ask, figures, Timestamp(0));
        assert_eq!(decision.granted, answer.granted);
        (decision.granted, decision.committed, answer.met)
    };
    let figures = |granted, committed, met| (Amount::of_cents(granted), Amount::of_cents(committed), met);
    // Only what is committed stays with a node that is gone.
    assert_eq!(decided((10, 5, 0), &stored(800, 0)), figures(15, 10, true));
    let scarce = StoredFigures { scarce: (Timestamp(0), Timestamp(10)), ..stored(800, 0) };
    assert_eq!(decided((10, 5, 0), &scarce), figures(15, 10, true));
    // A request gets what it needs beyond that, as far as there is as much; it fits if it does without it.
    assert_eq!(decided((10, 5, 3), &stored(20, 0)), figures(18, 13, true));
    assert_eq!(decided((10, 5, 3), &stored(16, 0)), figures(16, 13, true));
    assert_eq!(decided((10, 2, 3), &stored(13, 0)), figures(13, 13, true));
    assert_eq!(decided((10, 2, 3), &stored(12, 0)), figures(12, 10, false));
    // The limit was lowered, or deleted: the node does not know it yet.
    assert_eq!(decided((10, 5, 0), &stored(8, 0)).0, Amount::of_cents(15));
    assert_eq!(decided((10, 5, 0), &StoredFigures { limit: None, ..stored(0, 0) }).0, Amount::of_cents(15));
}

#[test]
fn a_lower_limit_takes_back_what_is_free_and_a_deleted_one_limits_nothing() {
    let lowered = decide(&ask(40, 1, 100), &stored(30, 20), Timestamp(0)).1;
    assert_eq!((lowered.met, lowered.granted), (false, Amount::of_cents(40)));
    let deleted = StoredFigures { limit: None, ..stored(0, 20) };
    assert!(decide(&ask(40, 5, 5), &deleted, Timestamp(0)).1.met);
}

#[test]
fn a_deleted_subject_keeps_what_it_committed_and_gets_nothing_more() {
    let answer = |least, want| decide(&ask(30, least, want), &StoredFigures::of_deleted(), Timestamp(0)).1;
    let (more, same) = (answer(1, 50), answer(0, 0));
    assert_eq!((more.met, more.wait, more.granted), (false, false, Amount::of_cents(30)));
    assert_eq!((same.met, same.granted), (true, Amount::of_cents(30)));
}

#[test]
fn refusals_have_the_codes_of_the_contract() {
    let refusal = |of_project| BudgetRefusal {
        organization: "org-1".parse().unwrap(),
        project: "proj_1".parse().unwrap(),
        id: "budget_1".parse().unwrap(),
        scope: BudgetScope::spend_limit(if of_project { "proj_1" } else { "org-1" }.parse().unwrap()),
        most: Amount::of_cents(3_700),
        used: Amount::of_cents(3_650),
        requested: Amount::of_picos(1),
        resets_at: Some(at("2026-12-01T00:00:00Z")),
    };
    let answer = refusal(false).response(MeterKind::Completion, "https://k.example");
    assert_eq!((answer.status, answer.kind), (429, "insufficient_quota"));
    assert_eq!(answer.code, Some("organization_spend_limit_exceeded"));
    assert_eq!(
        answer.message,
        "You exceeded your current quota, please check your plan and billing details. Organization org-1 may spend 37 USD \
         a month (budget budget_1), 36.5 USD are spent, and this request may cost up to 0.000000000001 USD; what running \
         requests may use is set aside. It resets at 2026-12-01T00:00:00Z, when the next month begins. Visit \
         https://k.example/usage?project=proj_1 to learn more."
    );
    let answer = refusal(true).response(MeterKind::Speech, "");
    assert_eq!((answer.status, answer.code), (429, Some("project_spend_limit_exceeded")));
    let answer = refusal(true).response(MeterKind::Image, "");
    assert_eq!((answer.status, answer.kind), (400, "invalid_request_error"));
    assert_eq!(answer.code, Some("billing_hard_limit_reached"));
}

/// The names of the subject and the unit, and the codes of what the contract does not know.
#[test]
fn refusals_name_the_budget() {
    let refusal = |subject: &str, terms: &str, resets_at| {
        let scope = BudgetScope { subject: subject.parse().unwrap(), terms: terms.parse().unwrap() };
        let measure = scope.terms.measure;
        let [most, used, requested] = [40, 39, 7].map(|figure| measure.amount(figure));
        let (organization, project) = ("org-1".parse().unwrap(), "proj_1".parse().unwrap());
        let id = "budget_1".parse().unwrap();
        BudgetRefusal { organization, project, id, scope, most, used, requested, resets_at }
            .response(MeterKind::Completion, "")
    };
    for (subject, terms, code, text) in [
        (
            "key_1",
            "tokens/day",
            "organization_usage_limit_exceeded",
            "This key may use 40 tokens a day (budget budget_1), 39 tokens are used, and this request may use up to 7 tokens;",
        ),
        (
            "org-1",
            "requests/hour",
            "organization_usage_limit_exceeded",
            "Organization org-1 may use 40 requests an hour ",
        ),
        ("org-1/user-1", "money/week", "insufficient_quota", "The person who owns this key may spend 0.4 USD a week "),
        ("key_1", "money/total", "insufficient_quota", "This key may spend 0.4 USD in all "),
        (
            "org-1",
            "credit",
            "credit_balance_exhausted",
            "Organization org-1 has 0.01 USD of prepaid credit left, and this request may cost up to 0.07 USD;",
        ),
    ] {
        let answer = refusal(subject, terms, None);
        assert_eq!((answer.status, answer.kind, answer.code), (429, "insufficient_quota", Some(code)), "{text}");
        assert!(answer.message.contains(text), "{}", answer.message);
    }
    // Ceilings of tokens and requests have no code of their own on routes of images.
    let scope = BudgetScope { subject: "key_1".parse().unwrap(), terms: "requests/day".parse().unwrap() };
    let refusal = BudgetRefusal {
        organization: "org-1".parse().unwrap(),
        project: "proj_1".parse().unwrap(),
        id: "budget_1".parse().unwrap(),
        scope,
        most: Amount::ZERO,
        used: Amount::ZERO,
        requested: Amount::ZERO,
        resets_at: Some(Timestamp(0)),
    };
    let answer = refusal.response(MeterKind::Image, "");
    assert_eq!((answer.status, answer.code), (429, Some("organization_usage_limit_exceeded")));
    let one = Measure::Requests.amount(1);
    let refusal = BudgetRefusal { most: one, used: one, requested: one, ..refusal };
    let message = refusal.response(MeterKind::Completion, "").message;
    let text = "1 request a day (budget budget_1), 1 request is used, and this request may use up to 1 request;";
    assert!(message.contains(text), "{message}");
}

/// What a node that is taken as gone had not committed is free again; what it had is held until it is counted.
#[test]
fn a_lease_that_has_ended_holds_what_was_committed() {
    let [granted, committed, consumed] = [50, 30, 10].map(Amount::of_cents);
    let ends_at = Timestamp(1_000);
    let lease = OtherLease { granted, committed, consumed, renewed_at: Timestamp(400), ends_at };
    assert_eq!(lease.open(Timestamp(999)), Amount::of_cents(40));
    assert_eq!(lease.open(ends_at), Amount::of_cents(20));
    let counted = OtherLease { consumed: committed, ..lease };
    assert_eq!(counted.open(ends_at), Amount::ZERO);
    // More is never held than was granted.
    let odd = OtherLease { committed: Amount::of_cents(70), ..lease };
    assert_eq!(odd.open(ends_at), Amount::of_cents(40));
    // What the request needs that asks is committed at once.
    let (decision, _) = decide(&ask(10, 5, 50), &stored(800, 0), Timestamp(0));
    assert_eq!((decision.granted, decision.committed), (Amount::of_cents(60), Amount::of_cents(15)));
    let (decision, _) = decide(&ask(10, 5, 50), &stored(12, 0), Timestamp(0));
    assert_eq!((decision.granted, decision.committed), (Amount::of_cents(10), Amount::of_cents(10)), "refused");
}

/// A node that finds the store again waits until the others have renewed their leases.
#[test]
fn no_lease_ends_while_the_store_is_away() {
    let mut contact = Contact::default();
    let mut hear = |from: i64, to: i64| {
        (from..=to).step_by(2).for_each(|at| contact.hear(Timestamp(at)));
        contact.ended_by()
    };
    // A node that has just begun knows nothing of the others.
    assert_eq!(hear(1_000, 1_028), Timestamp(0));
    assert_eq!(hear(1_030, 1_200), Timestamp(1_200));
    // Something late is no gap.
    assert_eq!(hear(1_210, 1_210), Timestamp(1_210));
    // What had ended before stays ended.
    assert_eq!(hear(2_000, 2_028), Timestamp(1_210));
    assert_eq!(hear(2_030, 2_030), Timestamp(2_030));
    assert_eq!(hear(1_900, 1_928), Timestamp(2_030), "a clock that was set back");
    let [granted, committed, consumed] = [50, 30, 10].map(Amount::of_cents);
    let lease = OtherLease { granted, committed, consumed, renewed_at: Timestamp(1_200), ends_at: Timestamp(1_800) };
    let others = |ended_by: i64| {
        let mut figures = stored(100, 10);
        figures.add_other(&lease, Timestamp(ended_by), Timestamp(2_030));
        figures.others
    };
    assert_eq!((others(1_210), others(2_030)), (Amount::of_cents(40), Amount::of_cents(20)));
}

#[test]
fn all_time_is_one_period() {
    for moment in [0, 1_800_000_000] {
        assert_eq!(Interval::Total.window(Timestamp(moment), &zone(WARSAW)), Window::ALL_TIME);
    }
    assert_eq!(Window::ALL_TIME.resets_at(), None);
    assert_eq!(Window::month(Timestamp(0)).resets_at(), Some(at("1970-02-01T00:00:00Z")));
}

/// Earlier versions named the two spend limits only.
#[test]
fn charges_of_earlier_versions_are_read() {
    let old: Charge = serde_json::from_str(r#"{"admitted_at":7,"organization":true,"project":false}"#).unwrap();
    assert_eq!(old, Charge { admitted_at: Timestamp(7), payers: Payers::of_spend_limits(true, false) });
    let new = Charge { admitted_at: Timestamp(7), payers: Payers(1 << 63 | 1) };
    assert_eq!(serde_json::from_str::<Charge>(&serde_json::to_string(&new).unwrap()).unwrap(), new);
    let hold = r#"{"holder":"a","amount":5,"charge":{"admitted_at":7,"organization":true,"project":true}}"#;
    let hold: PendingHold = serde_json::from_str(hold).unwrap();
    assert_eq!((hold.tokens, hold.requests), (0, 0));
}
