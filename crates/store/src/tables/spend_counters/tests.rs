//! What groups of events add up to is what the single events add up to, in each counter and for each lease.

use keystead_core::budget::{Budget, BudgetZone, Charge, Interval, Measure};
use keystead_core::usage::{Attributes, Quantities, UsageKind};
use proptest::prelude::*;

use super::*;
use crate::tables::budgets::BudgetRow;

const ZONES: [&str; 4] = ["UTC", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu"];

/// Moments at which hours, days, weeks and months begin in these zones, or clocks change.
const TURNS: [&str; 10] = [
    "2026-02-28T18:15:00Z",
    "2026-02-28T23:00:00Z",
    "2026-03-01T00:00:00Z",
    "2026-03-28T23:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-03-29T22:00:00Z",
    "2026-10-24T22:00:00Z",
    "2026-10-25T01:00:00Z",
    "2026-11-01T04:00:00Z",
    "2026-11-01T06:00:00Z",
];

/// Organization, project, owner and key. A service account has no budget of a person, and neither has an owner whose id
/// no engine can store.
type Who = (&'static str, &'static str, &'static str, &'static str);

const PAYERS: [Who; 6] = [
    ("org-1", "proj_1", "user-1", "key_1"),
    ("org-1", "proj_1", "user-2", "key_2"),
    ("org-1", "proj_2", "user-1", "key_1"),
    ("org-1", "proj_2", "svc_acct_1", "key_3"),
    ("org-2", "proj_3", "user-1", "key_1"),
    ("org-2", "proj_3", "user-\0", "key_4"),
];

const SUBJECTS: [&str; 12] = [
    "org-1",
    "org-2",
    "proj_1",
    "proj_2",
    "proj_3",
    "org-1/user-1",
    "org-1/user-2",
    "org-2/user-1",
    "key_1",
    "key_2",
    "key_3",
    "key_4",
];

/// Kind, cost in micros and picos, and tokens of a request.
type Figures = (UsageKind, i64, i64, i64);

fn figures() -> impl Strategy<Value = Figures> {
    let kinds = vec![UsageKind::Completions, UsageKind::Embeddings, UsageKind::WebSearchCalls];
    let micros = prop_oneof![-1_000..1_000_000_i64, Just(0_i64), Just(i64::MAX)];
    (prop::sample::select(kinds), micros, 0..1_000_000_i64, -3..10_000_i64)
}

fn terms() -> impl Strategy<Value = BudgetTerms> {
    let mut all = vec![BudgetTerms::CREDIT];
    for interval in Interval::ALL {
        all.extend(Measure::ALL.map(|measure| BudgetTerms::limit(measure, interval)));
    }
    prop::sample::select(all)
}

fn payers() -> impl Strategy<Value = Payers> {
    let each = (prop::sample::select(SubjectKind::ALL.to_vec()), terms());
    prop::collection::vec(each, 0..4)
        .prop_map(|all| all.into_iter().fold(Payers::NONE, |set, (kind, terms)| set.with(kind, terms)))
}

/// A moment up to about a minute away from the beginning of a period, of the period before it or of the one after it.
fn moment() -> impl Strategy<Value = Timestamp> {
    let lengths = prop::sample::select(vec![0_i64, 60, 3_600, 86_400]);
    let parts = (prop::sample::select(TURNS.to_vec()), lengths, -1..=1_i64, -61..=61_i64);
    parts.prop_map(|(turn, length, periods, seconds)| {
        let turn: jiff::Timestamp = turn.parse().unwrap();
        Timestamp(turn.as_second() + length * periods + seconds)
    })
}

fn event(who: Who, (at, charge): (Timestamp, Option<Charge>), (kind, micros, picos, tokens): Figures) -> UsageEvent {
    let (organization, project, owner, key) = who;
    UsageEvent {
        at,
        kind,
        organization: organization.parse().unwrap(),
        project: project.parse().unwrap(),
        key: key.parse().unwrap(),
        owner: owner.into(),
        model: "m".into(),
        used: Quantities { requests: 1, input_tokens: tokens, output_tokens: 2, ..Quantities::default() },
        cost: Amount::of_parts(micros, picos),
        status: 200,
        estimated: false,
        request: "req_1".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: Attributes::default(),
        charge,
    }
}

/// Requests of the same payers that were admitted within about two minutes. Those with a charge end later, some of them
/// in another period.
fn burst() -> impl Strategy<Value = Vec<UsageEvent>> {
    let each = prop::collection::vec((-70..=70_i64, figures()), 1..8);
    let parts = (prop::sample::select(PAYERS.to_vec()), prop::option::of(payers()), moment(), each);
    parts.prop_map(|(who, payers, moment, each)| {
        let one = |(seconds, figures): (i64, Figures)| {
            let admitted_at = moment.plus(seconds);
            let times = match payers {
                Some(payers) => (admitted_at.plus(90), Some(Charge { admitted_at, payers })),
                None => (admitted_at, None),
            };
            event(who, times, figures)
        };
        each.into_iter().map(one).collect::<Vec<_>>()
    })
}

fn known_budgets() -> impl Strategy<Value = OfSubjects> {
    let scopes = (prop::sample::select(SUBJECTS.to_vec()), terms());
    let zones = prop::sample::select(ZONES.to_vec());
    prop::collection::btree_map(scopes, zones, 0..24).prop_map(|all| {
        let mut known = OfSubjects::new();
        for ((subject, terms), zone) in all {
            let scope = BudgetScope { subject: subject.parse().unwrap(), terms };
            let id = "budget_1".parse().unwrap();
            let budget = Budget { id, scope, zone: zone.parse().unwrap(), most: Amount::ZERO, version: 1 };
            let row = BudgetRow { organization: "org-1".parse().unwrap(), budget, created_at: Timestamp(0) };
            known.entry(subject.to_owned()).or_default().push(row);
        }
        known
    })
}

fn subjects_of(event: &UsageEvent) -> Vec<(SubjectKind, String)> {
    let person = event.owner.starts_with("user-").then(|| format!("{}/{}", event.organization, event.owner));
    let all = [
        (SubjectKind::Organization, Some(event.organization.to_string())),
        (SubjectKind::Project, Some(event.project.to_string())),
        (SubjectKind::Person, person.filter(|text| !text.contains('\0'))),
        (SubjectKind::Key, Some(event.key.to_string())),
    ];
    all.into_iter().filter_map(|(kind, text)| Some((kind, text?))).collect()
}

/// The same sums as [`sums`], event by event; what was paid is by the second in which a request was admitted.
fn of_single_events(events: &[UsageEvent], known: &OfSubjects) -> (Sums, Sums) {
    let (mut used, mut paid) = (Sums::new(), Sums::new());
    for event in events {
        let admitted_at = event.charge.map_or(event.at, |charge| charge.admitted_at);
        let payers = event.charge.map_or(Payers::NONE, |charge| charge.payers);
        let counted = Measured::of_event(event);
        for (kind, subject) in subjects_of(event) {
            if matches!(kind, SubjectKind::Organization | SubjectKind::Project) {
                let month = Window::month(admitted_at).start.0;
                add(&mut used, (&subject, BudgetTerms::SPEND_LIMIT, month), counted.money);
            }
            for row in known.get(&subject).into_iter().flatten() {
                let (terms, window) = (row.budget.scope.terms, row.budget.window(admitted_at).start.0);
                // The spend of organizations and projects is added above, with a budget and without one.
                if is_always_counted(&row.budget.scope) {
                    continue;
                }
                add(&mut used, (&subject, terms, window), counted.of(terms.measure));
            }
            for (_, terms) in payers.iter().filter(|(paying, _)| *paying == kind) {
                add(&mut paid, (&subject, terms, admitted_at.0), counted.of(terms.measure));
            }
        }
    }
    (used, paid)
}

/// What was paid in each period, where periods begin by the clocks of a zone: a lease is of one period.
fn by_period(paid: &Sums, zone: &str) -> Sums {
    let zone: BudgetZone = zone.parse().unwrap();
    let mut periods = Sums::new();
    for ((subject, terms, at), sum) in paid {
        let start = terms.interval.window(Timestamp(*at), zone.rules()).start.0;
        add(&mut periods, (subject, *terms, start), *sum);
    }
    periods
}

proptest! {
    #[test]
    fn groups_add_up_to_what_the_single_events_add_up_to(
        bursts in prop::collection::vec(burst(), 0..8),
        known in known_budgets(),
    ) {
        let events = bursts.concat();
        let groups = groups(&events);
        prop_assert!(groups.len() <= events.len());
        let (used, paid) = sums(&groups, &known);
        let (used_singly, paid_singly) = of_single_events(&events, &known);
        prop_assert_eq!(used, used_singly);
        for zone in ZONES {
            prop_assert_eq!(by_period(&paid, zone), by_period(&paid_singly, zone), "{}", zone);
        }
    }
}
