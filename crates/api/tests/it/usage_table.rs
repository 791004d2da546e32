//! Every kind of usage, filter, group and width against a scan of all events.

use std::collections::BTreeMap;

use keystead_app::organizations::bootstrap::Bootstrapped;
use keystead_core::money::Micros;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, UsageEvent, UsageKind};
use keystead_store::Tx;
use keystead_store::tables::usage;
use serde_json::{Value, json};

use crate::world::{Answer, START, World, admin};

const DAY: i64 = 86_400;
const TIMES: [i64; 6] = [0, 59, 61, 3_725, 7_200, DAY + 86_399];

/// What one kind of usage takes and answers.
struct Kind {
    kind: UsageKind,
    /// The values of the group that it has beside the common ones.
    details: &'static [&'static str],
    groups: &'static [&'static str],
    figure: (&'static str, fn(&Quantities) -> i64),
}

const FOUR: &[&str] = &["project_id", "user_id", "api_key_id", "model"];
const OF_COMPLETIONS: &[&str] =
    &["project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"];
const REQUESTS: (&str, fn(&Quantities) -> i64) = ("num_model_requests", |used| used.requests);

fn kinds() -> Vec<Kind> {
    let plain = |kind| Kind { kind, details: &[], groups: FOUR, figure: REQUESTS };
    vec![
        Kind {
            details: &["flex", "default"],
            groups: OF_COMPLETIONS,
            figure: ("input_tokens", |used| used.input_tokens),
            ..plain(UsageKind::Completions)
        },
        Kind { details: &["flex", "default"], groups: OF_COMPLETIONS, ..plain(UsageKind::Decisions) },
        Kind { figure: ("input_tokens", |used| used.input_tokens), ..plain(UsageKind::Embeddings) },
        plain(UsageKind::Moderations),
        Kind {
            details: &["256x256", "1024x1024"],
            groups: &["project_id", "user_id", "api_key_id", "model", "size", "source"],
            ..plain(UsageKind::Images)
        },
        Kind { figure: ("characters", |used| used.characters), ..plain(UsageKind::AudioSpeeches) },
        Kind { figure: ("seconds", |used| used.seconds), ..plain(UsageKind::AudioTranscriptions) },
        Kind {
            groups: &["project_id"],
            figure: ("num_sessions", |used| used.tool_calls),
            ..plain(UsageKind::CodeInterpreterSessions)
        },
        Kind {
            details: &["vs_1", "vs_2"],
            groups: &["project_id", "user_id", "api_key_id", "vector_store_id"],
            figure: ("num_requests", |used| used.tool_calls),
            ..plain(UsageKind::FileSearchCalls)
        },
        Kind {
            details: &["low", "high"],
            groups: &["project_id", "user_id", "api_key_id", "model", "context_level", "api_source"],
            figure: ("num_requests", |used| used.tool_calls),
            ..plain(UsageKind::WebSearchCalls)
        },
    ]
}

/// The value of a group of an event, as an answer shows it.
fn group(event: &UsageEvent, name: &str) -> Value {
    match name {
        "project_id" => json!(event.project),
        "user_id" => json!(*event.owner),
        "api_key_id" => json!(event.key),
        "model" | "line_item" => json!(*event.model),
        "batch" => json!(event.attributes.batch),
        "source" => json!(event.attributes.source.as_deref()),
        "api_source" => json!("unlabeled"),
        _ => json!(event.attributes.detail.as_deref()),
    }
}

fn event(owner: &Bootstrapped, turn: usize, of: &Kind) -> UsageEvent {
    let whole = i64::try_from(turn).unwrap();
    let pick = |values: &'static [&'static str], by: usize| values.get((turn / by) % values.len().max(1)).copied();
    let source = (of.kind == UsageKind::Images).then(|| ["image.generation", "image.edit"][turn % 2].into());
    UsageEvent {
        at: Timestamp(START + TIMES[turn % TIMES.len()]),
        kind: of.kind,
        organization: owner.organization_id.clone(),
        project: ["proj_one", "proj_two"][turn % 2].parse().unwrap(),
        key: ["key_one", "key_two", "key_three"][turn % 3].parse().unwrap(),
        owner: ["user-ann", "svc_acct_bot"][(turn / 2) % 2].into(),
        model: ["gpt-4o", "o3"][(turn / 3) % 2].into(),
        used: Quantities {
            requests: 1,
            input_tokens: whole,
            characters: whole,
            seconds: whole,
            tool_calls: whole,
            ..Quantities::default()
        },
        cost: Micros(1_000_000 * whole).into(),
        status: 200,
        estimated: turn.is_multiple_of(5),
        request: "req".into(),
        stream: false,
        summary: false,
        once: None,
        charge: None,
        attributes: Attributes { batch: turn.is_multiple_of(4), source, ..Attributes::of_detail(pick(of.details, 1)) },
    }
}

/// The sum of a figure and its estimated part, by the start of the bucket and the groups.
type Sums = BTreeMap<(i64, String), (i64, i64)>;

fn scanned(events: &[&UsageEvent], width: i64, groups: &[&str], figure: impl Fn(&UsageEvent) -> i64) -> Sums {
    let mut sums = Sums::new();
    for event in events {
        let bucket = event.at.0 - event.at.0 % width;
        let shown: Vec<Value> = groups.iter().map(|name| group(event, name)).collect();
        let sum = sums.entry((bucket, json!(shown).to_string())).or_default();
        let value = figure(event);
        *sum = (sum.0 + value, sum.1 + if event.estimated { value } else { 0 });
    }
    sums
}

/// Reads all pages and sums them as above; groups that were not asked for must be null.
async fn asked(
    world: &World,
    owner: &Bootstrapped,
    query: &str,
    groups: &[&str],
    figure: &dyn Fn(&Value) -> (i64, i64),
) -> Sums {
    let (mut sums, mut page) = (Sums::new(), String::new());
    let mut last = START;
    loop {
        let answer = world.get(&format!("/v1/organization/{query}{page}"), admin(owner)).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        for bucket in answer.body["data"].as_array().unwrap() {
            assert_eq!(bucket["start_time"], last, "buckets follow each other: {query}");
            last = bucket["end_time"].as_i64().unwrap();
            for result in bucket["results"].as_array().unwrap() {
                for name in ["project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "size", "source"]
                {
                    assert!(groups.contains(&name) || result[name].is_null(), "{name} is not null in {query}");
                }
                let shown: Vec<Value> = groups.iter().map(|name| result[*name].clone()).collect();
                let key = (bucket["start_time"].as_i64().unwrap(), json!(shown).to_string());
                assert_eq!(sums.insert(key, figure(result)), None, "a group is there twice: {query}");
            }
        }
        match answer.body["next_page"].as_str() {
            Some(next) => page = format!("&page={next}"),
            None => return sums,
        }
    }
}

fn figure_of(name: &'static str) -> impl Fn(&Value) -> (i64, i64) {
    move |result| (result[name].as_i64().unwrap(), result["keystead_estimated"][name].as_i64().unwrap())
}

#[tokio::test]
async fn every_filter_group_and_width() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let kinds = kinds();
    let mut events = Vec::new();
    for of in &kinds {
        events.extend((0..24).map(|turn| event(&owner, turn, of)));
    }
    let recorded = events.clone();
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &recorded).await).await;
    assert_eq!(written.unwrap(), events.len());
    world.wait(2 * DAY - 60);
    let mut asked_for = 0;
    for of in &kinds {
        let own: Vec<&UsageEvent> = events.iter().filter(|event| event.kind == of.kind).collect();
        let (name, figure) = of.figure;
        let path = of.kind.as_str();
        let sum = |events: &[&UsageEvent], width: i64, groups: &[&str]| {
            scanned(events, width, groups, |event| figure(&event.used))
        };
        // Every group alone, all together, and none, in every width.
        let mut groupings: Vec<Vec<&str>> = of.groups.iter().map(|group| vec![*group]).collect();
        groupings.extend([of.groups.to_vec(), Vec::new()]);
        for groups in &groupings {
            for (width, seconds, most) in [("1d", DAY, 31), ("1h", 3_600, 24), ("1m", 60, 1_440)] {
                if width == "1m" && groups.len() == 1 {
                    continue;
                }
                let by: String = groups.iter().map(|group| format!("&group_by[]={group}")).collect();
                let query = format!(
                    "usage/{path}?start_time={START}&end_time={}&bucket_width={width}&limit={most}{by}",
                    START + 2 * DAY
                );
                let read = asked(&world, &owner, &query, groups, &figure_of(name)).await;
                assert_eq!(read, sum(&own, seconds, groups), "{query}");
                asked_for += 1;
            }
        }
        // Every filter, with one value and with two.
        let mut filters =
            vec![("project_ids", "proj_one"), ("project_ids", "proj_one,proj_two"), ("project_ids", "proj_no")];
        for (group, filter, values) in [
            ("user_id", "user_ids", ["user-ann", "user-ann,svc_acct_bot"]),
            ("api_key_id", "api_key_ids", ["key_two", "key_two,key_three"]),
            ("model", "models", ["o3", "o3,gpt-4o"]),
            ("batch", "batch", ["true", "false"]),
            ("size", "sizes", ["256x256", "256x256,1024x1024"]),
            ("source", "sources", ["image.edit", "image.edit,image.variation"]),
            ("vector_store_id", "vector_store_ids", ["vs_2", "vs_2,vs_1"]),
            ("context_level", "context_levels", ["low", "low,medium"]),
        ] {
            if of.groups.contains(&group) {
                filters.extend(values.map(|value| (filter, value)));
            }
        }
        for (filter, values) in filters {
            let group_of = |filter: &str| match filter {
                "batch" => "batch".to_owned(),
                "models" => "model".to_owned(),
                other => other.trim_end_matches('s').to_owned(),
            };
            let wanted = |event: &&UsageEvent| {
                let value = group(event, &group_of(filter));
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                values.split(',').any(|one| one == value)
            };
            let chosen: Vec<&UsageEvent> = own.iter().copied().filter(wanted).collect();
            let query = format!("usage/{path}?start_time={START}&end_time={}&{filter}={values}", START + 2 * DAY);
            let read = asked(&world, &owner, &query, &[], &figure_of(name)).await;
            assert_eq!(read, sum(&chosen, DAY, &[]), "{query}");
            asked_for += 1;
        }
    }
    assert!(asked_for > 200, "only {asked_for}");
}

#[tokio::test]
async fn every_filter_and_group_of_costs() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let events: Vec<UsageEvent> =
        kinds().iter().take(6).flat_map(|of| (0..24).map(|turn| event(&owner, turn, of)).collect::<Vec<_>>()).collect();
    let recorded = events.clone();
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &recorded).await).await;
    assert_eq!(written.unwrap(), events.len());
    world.wait(2 * DAY - 60);
    let whole = |value: &Value| format!("{:.0}", value.as_f64().unwrap()).parse::<i64>().unwrap();
    let amount = |result: &Value| (whole(&result["amount"]["value"]), whole(&result["keystead_estimated"]["value"]));
    let all: Vec<&UsageEvent> = events.iter().collect();
    let units = |event: &UsageEvent| event.cost.parts().0 / 1_000_000;
    let groups = ["project_id", "user_id", "line_item", "api_key_id", "api_source"];
    let mut groupings: Vec<Vec<&str>> = groups.iter().map(|group| vec![*group]).collect();
    groupings.extend([groups.to_vec(), Vec::new()]);
    for groups in &groupings {
        let by: String = groups.iter().map(|group| format!("&group_by={group}")).collect();
        let query = format!("costs?start_time={START}&limit=1{by}");
        assert_eq!(asked(&world, &owner, &query, groups, &amount).await, scanned(&all, DAY, groups, units), "{query}");
    }
    for (filter, name, value) in [
        ("project_ids", "project_id", "proj_two"),
        ("user_ids", "user_id", "svc_acct_bot"),
        ("api_key_ids", "api_key_id", "key_three"),
        ("line_items", "line_item", "o3"),
    ] {
        let chosen: Vec<&UsageEvent> = all.iter().copied().filter(|event| group(event, name) == value).collect();
        let query = format!("costs?start_time={START}&{filter}[]={value}");
        assert_eq!(asked(&world, &owner, &query, &[], &amount).await, scanned(&chosen, DAY, &[], units), "{query}");
    }
}

fn requests(answer: &Answer) -> i64 {
    let buckets = answer.body["data"].as_array().unwrap().iter();
    let results = buckets.flat_map(|bucket| bucket["results"].as_array().unwrap());
    results.map(|result| result["num_model_requests"].as_i64().unwrap()).sum()
}

/// Periods that follow each other share no minute, wherever they are cut.
#[tokio::test]
async fn periods_that_follow_each_other_count_everything_once() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let kinds = kinds();
    let events: Vec<UsageEvent> = (0..24).map(|turn| event(&owner, turn, &kinds[0])).collect();
    let recorded = events.clone();
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &recorded).await).await;
    assert_eq!(written.unwrap(), 24);
    world.wait(2 * DAY);
    for cut in [START + 1, START + 59, START + 60, START + 90, START + 3_730, START + DAY - 1] {
        let mut counted = 0;
        for (start, end) in [(START, cut), (cut, START + 2 * DAY)] {
            let query = format!("usage/completions?start_time={start}&end_time={end}");
            let answer = world.get(&format!("/v1/organization/{query}"), admin(&owner)).await;
            counted += requests(&answer);
        }
        assert_eq!(counted, 24, "cut at {}", cut - START);
    }
}

/// Minutes are kept for two weeks; hours and days answer for ever, an hour as a whole.
#[tokio::test]
async fn old_minutes_are_refused_and_old_hours_are_not() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let kinds = kinds();
    let events: Vec<UsageEvent> = (0..24).map(|turn| event(&owner, turn, &kinds[0])).collect();
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &events).await).await;
    assert_eq!(written.unwrap(), 24);
    let ask = async |width: &str| {
        let query = format!("start_time={START}&end_time={}&bucket_width={width}", START + 2 * DAY);
        world.get(&format!("/v1/organization/usage/completions?{query}"), admin(&owner)).await
    };
    world.wait(14 * DAY);
    assert_eq!(ask("1m").await.status, 200);
    world.wait(2 * DAY);
    world.app.run_cleanup().await.unwrap();
    let refused = ask("1m").await;
    assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("start_time")), "{}", refused.body);
    assert_eq!((requests(&ask("1d").await), ask("1h").await.body["data"].as_array().unwrap().len()), (24, 24));
    let recent = format!("start_time={}&bucket_width=1m&limit=1", START + 15 * DAY);
    let answer = world.get(&format!("/v1/organization/usage/completions?{recent}"), admin(&owner)).await;
    assert_eq!(answer.status, 200);
}

/// A page with very many results ends between two buckets, and the next one continues there.
#[tokio::test]
async fn a_page_with_many_results_ends_early() {
    let world = World::new().await;
    let owner = world.bootstrap("ann", true).await;
    let one = event(&owner, 1, &kinds()[0]);
    let called = |hour: i64, key: i64| UsageEvent {
        at: Timestamp(START + hour * 3_600),
        key: format!("key_{key}").parse().unwrap(),
        ..one.clone()
    };
    let events: Vec<UsageEvent> =
        (0..24).flat_map(|hour| (0..1_500).map(move |key| (hour, key))).map(|(hour, key)| called(hour, key)).collect();
    let recorded = events.clone();
    let written: Result<usize, keystead_store::Error> =
        world.store.write("record", async move |tx: &mut Tx| usage::record(tx, "1-a", 0, &recorded).await).await;
    assert_eq!(written.unwrap(), events.len());
    world.wait(DAY);
    let span = format!("start_time={START}&end_time={}&bucket_width=1h&limit=24", START + DAY);
    let query = format!("usage/completions?{span}&group_by=api_key_id");
    let first = world.get(&format!("/v1/organization/{query}"), admin(&owner)).await;
    let buckets = first.body["data"].as_array().unwrap().len();
    assert_eq!((buckets, &first.body["has_more"]), (14, &json!(true)), "20 000 results are reached in the fourteenth");
    let read = asked(&world, &owner, &query, &["api_key_id"], &figure_of("input_tokens")).await;
    let all: Vec<&UsageEvent> = events.iter().collect();
    assert_eq!(read, scanned(&all, 3_600, &["api_key_id"], |event| event.used.input_tokens));
}
