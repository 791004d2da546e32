//! Usage: counted once, summed as requested.

use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;
use keystead_core::usage::{LARGEST_COUNT, Price, Quantities, UsageEvent, UsageKind};
use keystead_store::tables::activity::{self, FeatureUses};
use keystead_store::tables::usage::{self, GroupKey, UsageQuery};

use crate::world::*;

pub(crate) fn event(seconds: i64, model: &str) -> UsageEvent {
    UsageEvent {
        at: later(seconds),
        kind: UsageKind::Completions,
        organization: id("org-one"),
        project: id("proj_x1"),
        key: key_id("a"),
        owner: "user-ann".into(),
        model: model.into(),
        used: Quantities {
            requests: 1,
            input_tokens: 10,
            input_cached_tokens: 4,
            output_tokens: 3,
            ..Default::default()
        },
        cost: Micros(7).into(),
        status: 200,
        estimated: false,
        request: "req_1".into(),
        stream: false,
        summary: false,
        once: None,
        attributes: keystead_core::usage::Attributes::default(),
        charge: None,
    }
}

pub(crate) fn ask(width_seconds: i64, group_by: &[GroupKey]) -> UsageQuery {
    let span = (Timestamp(0), later(1_000_000));
    UsageQuery { group_by: group_by.to_vec(), ..UsageQuery::all(&id("org-one"), span, width_seconds) }
}

pub(crate) async fn large_and_many(db: Database) {
    let (a, b) = (event(0, "m"), event(59, "m"));
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 0, &[a.clone(), b.clone(), a.clone()])), Ok(3));
    let rows = look!(db, |tx| usage::query(tx, &ask(60, &[]))).unwrap();
    let used =
        Quantities { requests: 3, input_tokens: 30, input_cached_tokens: 12, output_tokens: 9, ..Default::default() };
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].bucket_start, rows[0].used, rows[0].cost), (NOW, used, Micros(21).into()));

    // The largest figures, and texts that engines refuse; NUL is removed, because an event must never be stuck.
    let mut large = event(600, "it's \"m\"\\ \0$1 𝄞");
    large.used = Quantities { requests: 1, images: LARGEST_COUNT, characters: 5, seconds: 6, ..Default::default() };
    (large.kind, large.cost) = (UsageKind::Images, Micros(i64::MAX).into());
    large.owner = "svc\0".into();
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 3, std::slice::from_ref(&large))), Ok(1));
    large.model = "it's \"m\"\\ $1 𝄞".into();
    let by_model = UsageQuery { models: vec![large.model.to_string()], ..ask(60, &[GroupKey::Model, GroupKey::User]) };
    let rows = look!(db, |tx| usage::query(tx, &by_model)).unwrap();
    assert_eq!((rows.len(), rows[0].used, rows[0].cost), (1, large.used, Amount::MOST_OF_ONE_REQUEST));
    assert_eq!((rows[0].model.as_deref(), rows[0].user.as_deref()), (Some(&*large.model), Some("svc")));

    // A batch like that of a busy minute: many events, few buckets.
    let many: Vec<_> = (0..2_000).map(|n| event(3_600 + n % 120, &format!("m{}", n % 5))).collect();
    assert_eq!(change!(db, |tx| usage::record(tx, "2-x", 0, &many)), Ok(2_000));
    let hour = UsageQuery { start: later(3_600), ..ask(60, &[GroupKey::Model]) };
    let rows = look!(db, |tx| usage::query(tx, &hour)).unwrap();
    assert_eq!((rows.len(), rows.iter().map(|row| row.used.requests).sum::<i64>()), (10, 2_000));
}

/// The buckets equal a sum made independently, to the last digit and under every grouping, for any costs, any batches,
/// and prices that change in between; estimated figures are kept apart.
pub(crate) async fn costs_are_exact_as_a_model_sums_them(db: Database) {
    // A small generator, so that both engines get the same requests.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap() % below
    };
    let mut sums: std::collections::BTreeMap<(String, bool), (Quantities, i128)> = std::collections::BTreeMap::new();
    let mut events = Vec::new();
    for _ in 0..400 {
        let price = Price { input: Micros(draw(3_000_000)), cached_input: Micros(draw(70_001)), ..Price::default() };
        let input_tokens = draw(5_000);
        let used =
            Quantities { requests: 1, input_tokens, input_cached_tokens: draw(input_tokens + 1), ..Default::default() };
        let mut one = event(draw(7_200), ["m1", "m2"][usize::from(draw(2) == 1)]);
        (one.used, one.cost, one.estimated) = (used, price.cost(&used), draw(3) == 0);
        let sum = sums.entry((one.model.to_string(), one.estimated)).or_default();
        sum.0 = sum.0.plus(used);
        sum.1 += i128::from(input_tokens - used.input_cached_tokens) * i128::from(price.input.0)
            + i128::from(used.input_cached_tokens) * i128::from(price.cached_input.0);
        events.push(one);
    }
    let mut first = 0;
    while first < events.len() {
        let end = (first + 1 + usize::try_from(draw(90)).unwrap()).min(events.len());
        let place = i64::try_from(first).unwrap();
        change!(db, |tx| usage::record(tx, "m-x", place, &events[first..end])).unwrap();
        first = end;
    }
    for width in [60, 3_600, 86_400] {
        let mut read: std::collections::BTreeMap<(String, bool), (Quantities, Amount)> =
            std::collections::BTreeMap::new();
        for row in look!(db, |tx| usage::query(tx, &ask(width, &[GroupKey::Model]))).unwrap() {
            let sum = read.entry((row.model.unwrap(), row.estimated)).or_default();
            *sum = (sum.0.plus(row.used), sum.1.plus(row.cost));
        }
        assert_eq!(read.keys().collect::<Vec<_>>(), sums.keys().collect::<Vec<_>>());
        for (key, (used, picos)) in &sums {
            assert_eq!(read[key].0, *used, "{key:?}");
            let (micros, rest) = read[key].1.parts();
            assert_eq!(i128::from(micros) * 1_000_000 + i128::from(rest), *picos, "{key:?} at {width}");
        }
    }
}

/// Forty embeddings of four tokens at 0.02 per million cost 0.0000032, and not forty times a rounded micro.
pub(crate) async fn small_costs_add_up(db: Database) {
    let price = Price { input: Micros(20_000), ..Price::default() };
    let used = Quantities { requests: 1, input_tokens: 4, ..Default::default() };
    let one = UsageEvent { used, cost: price.cost(&used), kind: UsageKind::Embeddings, ..event(0, "e") };
    let events: Vec<_> = (0..40).map(|_| one.clone()).collect();
    for (place, chunk) in (0..).step_by(10).zip(events.chunks(10)) {
        change!(db, |tx| usage::record(tx, "s-x", place, chunk)).unwrap();
    }
    let rows = look!(db, |tx| usage::query(tx, &ask(86_400, &[]))).unwrap();
    assert_eq!((rows.len(), rows[0].cost.to_string().as_str()), (1, "0.0000032"));
}

pub(crate) async fn places_of_a_spool_count_once(db: Database) {
    let events: Vec<_> = (0..10).map(|n| event(n, "m")).collect();
    let sum = async || {
        look!(db, |tx| usage::query(tx, &ask(60, &[]))).unwrap().iter().map(|row| row.used.requests).sum::<i64>()
    };
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 0, &[])), Ok(0));
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 0, &events[..4])), Ok(4));
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 0, &events[..4])), Ok(0), "the same batch again");
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 2, &events[2..6])), Ok(2), "new ones behind old ones");
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 1, &events[1..3])), Ok(0), "nothing goes back");
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 8, &events[8..])), Ok(2), "after lines that were damaged");
    assert_eq!(change!(db, |tx| usage::record(tx, "2-a", 0, &events[..1])), Ok(1), "each segment for itself");
    assert_eq!(sum().await, 9);
    assert_eq!(look!(db, |tx| usage::counted(tx, "1-a")), Ok(10));
    assert_eq!(look!(db, |tx| usage::counted(tx, "3-a")), Ok(0));
    for _ in 0..2 {
        assert_eq!(change!(db, |tx| usage::forget_segment(tx, "1-a")), Ok(()));
    }
    assert_eq!(change!(db, |tx| usage::record(tx, "1-a", 0, &events[..1])), Ok(1));
}

pub(crate) async fn questions(db: Database) {
    let mut events = Vec::new();
    for (n, (kind, project, key, owner, model)) in [
        (UsageKind::Completions, "proj_x1", "key_a", "user-ann", "m1"),
        (UsageKind::Completions, "proj_x1", "key_b", "user-ben", "M2"),
        (UsageKind::Completions, "proj_d1", "key_a", "user-ann", "m1"),
        (UsageKind::Embeddings, "proj_d1", "key_c", "svc_acct_bot", "e"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut event = event(i64::try_from(n).unwrap() * 3_600, model);
        (event.kind, event.owner) = (kind, owner.into());
        (event.project, event.key) = (id(project), id(key));
        events.push(event);
    }
    let mut foreign = event(0, "m1");
    foreign.organization = id("org-two");
    events.push(foreign);
    assert_eq!(change!(db, |tx| usage::record(tx, "q", 0, &events)), Ok(5));

    let count = async |query: UsageQuery| {
        let rows = look!(db, |tx| usage::query(tx, &query)).unwrap();
        rows.iter().map(|row| row.used.requests).collect::<Vec<_>>()
    };
    let day = NOW.0 % 86_400;
    assert!(day + 3 * 3_600 < 86_400, "all in one day");
    assert_eq!(count(ask(3_600, &[])).await, [1, 1, 1, 1]);
    assert_eq!(count(ask(86_400, &[])).await, [3, 1], "kinds are kept apart");
    let shifted = UsageQuery { origin: Timestamp(NOW.0 - 86_400 + 1), start: NOW, ..ask(86_400, &[]) };
    let starts: Vec<_> =
        look!(db, |tx| usage::query(tx, &shifted)).unwrap().iter().map(|row| row.bucket_start).collect();
    assert_eq!(starts, [later(1 - 86_400), later(1), later(1)], "days that begin at another hour");
    // Calls of a hosted tool are a part of other requests: only the question about them counts them.
    let mut searches = event(0, "m1");
    searches.kind = UsageKind::WebSearchCalls;
    searches.used = Quantities { requests: 1, tool_calls: 3, ..Default::default() };
    let twice = [searches.clone(), searches];
    assert_eq!(change!(db, |tx| usage::record(tx, "t", 0, &twice)), Ok(2));
    assert_eq!(count(ask(86_400, &[])).await, [3, 1]);
    let query = UsageQuery { kind: Some(UsageKind::WebSearchCalls), ..ask(86_400, &[]) };
    let rows = look!(db, |tx| usage::query(tx, &query)).unwrap();
    assert_eq!((rows.len(), rows[0].used.requests, rows[0].used.tool_calls), (1, 2, 6));
    for most in 1..=4 {
        let some = count(UsageQuery { most: Some(most), ..ask(3_600, &[]) }).await;
        assert_eq!(i64::try_from(some.len()), Ok(most), "stops early");
    }
    assert_eq!(count(UsageQuery { most: Some(5), ..ask(3_600, &[]) }).await.len(), 4, "all there are");
    let kind = Some(UsageKind::Embeddings);
    assert_eq!(count(UsageQuery { kind, ..ask(86_400, &[]) }).await, [1]);
    assert_eq!(count(UsageQuery { start: later(3_600), end: later(7_200), ..ask(60, &[]) }).await, [1], "half open");
    assert_eq!(count(UsageQuery { projects: vec![id("proj_d1")], ..ask(86_400, &[]) }).await, [1, 1]);
    assert_eq!(count(UsageQuery { users: vec!["user-ann".to_owned()], ..ask(86_400, &[]) }).await, [2]);
    assert_eq!(count(UsageQuery { keys: vec![id("key_b"), id("key_c")], ..ask(86_400, &[]) }).await, [1, 1]);
    assert_eq!(count(UsageQuery { models: vec!["' OR ''='".to_owned()], ..ask(86_400, &[]) }).await, [0; 0]);
    let all = [GroupKey::Model, GroupKey::Project, GroupKey::ApiKey, GroupKey::User];
    let rows = look!(db, |tx| usage::query(tx, &ask(86_400, &all))).unwrap();
    let text = |text: &Option<String>| text.clone().unwrap();
    let shown: Vec<_> =
        rows.iter().map(|row| [&row.project, &row.user, &row.key, &row.model].map(text).join(" ")).collect();
    assert_eq!(
        shown,
        [
            "proj_d1 user-ann key_a m1",
            "proj_x1 user-ann key_a m1",
            "proj_x1 user-ben key_b M2",
            "proj_d1 svc_acct_bot key_c e",
        ],
        "one order on both engines"
    );
    assert!(rows.iter().all(|row| row.bucket_start.0 == NOW.0 - day));
}

/// Streams and reasoning summaries are counted separately, once, by model and day, and deleted by the day.
pub(crate) async fn features(db: Database) {
    let day = 86_400;
    let asked = |seconds: i64, model: &str, stream: bool, summary: bool| UsageEvent {
        stream,
        summary,
        once: None,
        attributes: keystead_core::usage::Attributes::default(),
        charge: None,
        ..event(seconds, model)
    };
    let events = [
        asked(0, "o3", true, true),
        asked(1, "o3", true, false),
        asked(2, "o3", false, false),
        asked(3, "gpt\0-4o", true, false),
        asked(day, "o3", true, false),
    ];
    for _ in 0..2 {
        change!(db, |tx| usage::record(tx, "9-x", 0, &events)).unwrap();
    }
    let organization = events[0].organization.clone();
    let uses = |action: &str, model: &str, times: i64| FeatureUses {
        organization: organization.clone(),
        action: action.to_owned(),
        model: model.into(),
        times,
    };
    let since = events[0].at;
    let all = [
        uses("feature.reasoning_summary", "o3", 1),
        uses("feature.stream", "gpt-4o", 1),
        uses("feature.stream", "o3", 3),
    ];
    assert_eq!(look!(db, |tx| activity::list_features(tx, since)).unwrap(), all);
    assert_eq!(
        look!(db, |tx| activity::list_features(tx, since.plus(day))).unwrap(),
        [uses("feature.stream", "o3", 1)]
    );
    assert_eq!(change!(db, |tx| activity::delete_features(tx, since.plus(day - since.0.rem_euclid(day)))), Ok(3));
    assert_eq!(look!(db, |tx| activity::list_features(tx, since)).unwrap(), [uses("feature.stream", "o3", 1)]);
}
