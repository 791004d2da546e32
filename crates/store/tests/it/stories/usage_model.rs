//! The sums of usage against the simplest model of them: a scan of all events for each question.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Attributes, Quantities, TokenParts, UsageEvent, UsageKind};
use keystead_store::tables::usage::{self, GroupKey, UsageQuery, UsageRow};

use super::usage::event;
use crate::world::*;

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
const ALL: [GroupKey; 7] = [
    GroupKey::Project,
    GroupKey::User,
    GroupKey::ApiKey,
    GroupKey::Model,
    GroupKey::Batch,
    GroupKey::Detail,
    GroupKey::Source,
];

/// A small generator, so that both engines get the same events and questions.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % most
    }

    fn one_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(i64::try_from(of.len()).unwrap())).unwrap()].clone()
    }

    fn some_of<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        of.iter().filter(|_| self.one_in(3)).cloned().collect()
    }
}

fn first_day() -> i64 {
    NOW.0 - NOW.0 % DAY
}

fn drawn(draw: &mut Draw, number: i64) -> UsageEvent {
    let at = first_day() + draw.below(4 * DAY);
    let kind =
        draw.pick(&[UsageKind::Completions, UsageKind::Images, UsageKind::WebSearchCalls, UsageKind::Embeddings]);
    let detail = match kind {
        UsageKind::Completions => draw.pick(&[None, Some("flex"), Some("default")]),
        UsageKind::Images => draw.pick(&[None, Some("1024x1024"), Some("256x256")]),
        UsageKind::WebSearchCalls => draw.pick(&[Some("low"), Some("high")]),
        _ => None,
    };
    let source = (kind == UsageKind::Images).then(|| draw.pick(&["image.generation", "image.edit"]).into());
    let quality = (kind == UsageKind::Images && draw.one_in(2)).then(|| draw.pick(&["low", "hd"]).into());
    let used = Quantities {
        requests: 1,
        input_tokens: draw.below(1_000),
        input_cached_tokens: draw.below(10),
        output_tokens: draw.below(100),
        images: draw.below(3),
        characters: draw.below(3),
        seconds: draw.below(3),
        tool_calls: draw.below(3),
        parts: TokenParts {
            cache_write: draw.below(10),
            audio_input: draw.below(10),
            reasoning: draw.below(10),
            audio_output: draw.below(10),
            image_input: draw.below(10),
            image_output: draw.below(10),
        },
    };
    UsageEvent {
        at: Timestamp(at),
        kind,
        organization: id(if draw.one_in(9) { "org-two" } else { "org-one" }),
        project: id(draw.pick(&["proj_x1", "proj_d1"])),
        key: id(draw.pick(&["key_a", "key_b", "key_c"])),
        owner: draw.pick(&["user-ann", "svc_acct_bot"]).into(),
        used,
        cost: Amount::of_picos(i128::from(draw.below(1_000_000_000_000))),
        estimated: draw.one_in(3),
        once: draw.one_in(5).then(|| format!("resp_{number}")),
        attributes: Attributes { batch: draw.one_in(4), source, quality, ..Attributes::of_detail(detail) },
        ..event(0, draw.pick(&["m1", "M2"]))
    }
}

type Sums = BTreeMap<(i64, UsageKind, [Option<String>; 7], bool), (Quantities, i128)>;

/// Sums a scan of all events. Before `since` usage is dated to its hour.
fn scanned(events: &[UsageEvent], query: &UsageQuery, since: i64) -> Sums {
    let mut sums = Sums::new();
    let has = |list: &[String], text: &str| list.is_empty() || list.iter().any(|one| one == text);
    for event in events {
        let minute = event.at.0 - event.at.0 % 60;
        let at = if minute < since { minute - minute % HOUR } else { minute };
        let (detail, source) = (event.attributes.detail.as_deref(), event.attributes.source.as_deref());
        let (detail, source) = (detail.unwrap_or_default(), source.unwrap_or_default());
        let wanted = event.organization == query.organization
            && (query.start.0..query.end.0).contains(&at)
            && query.kind.map_or(!event.kind.is_of_tools(), |kind| kind == event.kind)
            && (query.projects.is_empty() || query.projects.contains(&event.project))
            && (query.keys.is_empty() || query.keys.contains(&event.key))
            && has(&query.users, &event.owner)
            && has(&query.models, &event.model)
            && has(&query.details, detail)
            && has(&query.sources, source)
            && query.batch.is_none_or(|batch| batch == event.attributes.batch);
        if !wanted {
            continue;
        }
        let shown = |key: GroupKey, text: &str| query.group_by.contains(&key).then(|| text.to_owned());
        let batch = event.attributes.batch.to_string();
        let group = [
            shown(GroupKey::Project, event.project.as_str()),
            shown(GroupKey::User, &event.owner),
            shown(GroupKey::ApiKey, event.key.as_str()),
            shown(GroupKey::Model, &event.model),
            shown(GroupKey::Batch, &batch),
            shown(GroupKey::Detail, detail),
            shown(GroupKey::Source, source),
        ];
        let bucket = at - (at - query.origin.0).rem_euclid(query.width_seconds);
        let sum = sums.entry((bucket, event.kind, group, event.estimated)).or_default();
        *sum = (sum.0.plus(event.used), sum.1 + event.cost.picos());
    }
    sums
}

fn read(rows: Vec<UsageRow>) -> Sums {
    let (count, mut sums) = (rows.len(), Sums::new());
    for row in rows {
        let batch = row.batch.map(|batch| batch.to_string());
        let group = [row.project, row.user, row.key, row.model, batch, row.detail, row.source];
        sums.insert((row.bucket_start.0, row.kind, group, row.estimated), (row.used, row.cost.picos()));
    }
    assert_eq!(sums.len(), count, "a group is in two rows");
    sums
}

fn question(draw: &mut Draw, since: i64) -> UsageQuery {
    let width = draw.pick(&[60, HOUR, 18 * HOUR, DAY, DAY, 400 * DAY]);
    let earliest = if width == 60 { since } else { 0 };
    let start = (first_day() - DAY + draw.below(4 * 1_440) * 60).max(earliest);
    let start = draw.pick(&[start, start - start % DAY, start - start % HOUR]).max(earliest);
    let any = draw.below(5_000) * 60 + 60;
    let end = start + draw.pick(&[60, HOUR, DAY, 3 * DAY, any]);
    let texts = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect::<Vec<String>>();
    UsageQuery {
        kind: draw.pick(&[
            None,
            Some(UsageKind::Completions),
            Some(UsageKind::Images),
            Some(UsageKind::WebSearchCalls),
        ]),
        origin: Timestamp(draw.pick(&[0, start, first_day() - 2 * DAY + HOUR / 2])),
        group_by: draw.some_of(&ALL),
        projects: draw.some_of(&["proj_x1", "proj_d1"]).into_iter().map(id).collect(),
        users: texts(draw.some_of(&["user-ann", "svc_acct_bot", "user-none"])),
        keys: draw.some_of(&["key_a", "key_b"]).into_iter().map(id).collect(),
        models: texts(draw.some_of(&["m1", "M2"])),
        batch: draw.pick(&[None, None, Some(true), Some(false)]),
        details: if draw.one_in(3) { texts(draw.some_of(&["flex", "1024x1024", "low"])) } else { Vec::new() },
        sources: if draw.one_in(4) { texts(draw.some_of(&["image.edit"])) } else { Vec::new() },
        ..UsageQuery::all(&id("org-one"), (Timestamp(start), Timestamp(end)), width)
    }
}

/// Any order, the same events again, several spools, restarts and late events: every answer equals a scan of all events.
/// So it does after minutes were deleted, with the usage of that time dated to its hour.
pub(crate) async fn sums_equal_a_scan_of_all_events(db: Database) {
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    let mut events: Vec<UsageEvent> = (0..500).map(|number| drawn(&mut draw, number)).collect();
    // What counts once under its own id is reported by two spools.
    let mut spools: [Vec<UsageEvent>; 3] = Default::default();
    for event in &events {
        let spool = draw.below(3);
        spools[usize::try_from(spool).unwrap()].push(event.clone());
        if event.once.is_some() {
            spools[usize::try_from((spool + 1) % 3).unwrap()].push(event.clone());
        }
    }
    let (mut sent, mut counted) = ([0_usize; 3], 0);
    while (0..3).any(|spool| sent[spool] < spools[spool].len()) {
        let spool = usize::try_from(draw.below(3)).unwrap();
        // After a restart a spool begins again at an earlier place.
        let from = sent[spool] - usize::try_from(draw.below(20)).unwrap().min(sent[spool]);
        let to = (from + usize::try_from(draw.below(60)).unwrap()).min(spools[spool].len());
        let (segment, place) = (format!("{spool}-m"), i64::try_from(from).unwrap());
        counted += change!(db, |tx| usage::record(tx, &segment, place, &spools[spool][from..to])).unwrap();
        sent[spool] = sent[spool].max(to);
    }
    assert_eq!(counted, events.len());
    let mut seen = BTreeSet::new();
    for round in 0..3 {
        let since = if round == 0 { 0 } else { first_day() + i64::from(round) * (DAY + 5 * HOUR) };
        if round > 0 {
            // These arrive late: from the second time on some are of minutes that were deleted before.
            let first = 500 + i64::from(round) * 100;
            let late: Vec<UsageEvent> = (first..first + 100).map(|number| drawn(&mut draw, number)).collect();
            let segment = format!("{round}-late");
            assert_eq!(change!(db, |tx| usage::record(tx, &segment, 0, &late)), Ok(100));
            events.extend(late);
            while change!(db, |tx| usage::delete_minutes(tx, Timestamp(since))).unwrap() {}
        }
        for _ in 0..80 {
            let query = question(&mut draw, since);
            let wanted = scanned(&events, &query, since);
            seen.insert((query.width_seconds, query.group_by.len(), wanted.is_empty()));
            let rows = look!(db, |tx| usage::query(tx, &query)).unwrap();
            assert_eq!(read(rows), wanted, "{query:?} with minutes since {since}");
        }
    }
    assert!(seen.len() > 20, "the questions are too similar: {seen:?}");
}

/// Minutes are deleted in slices; what arrives late for a deleted minute is counted by its hour.
pub(crate) async fn old_minutes_are_deleted(db: Database) {
    let hour = first_day() + 2 * HOUR;
    let at = |seconds: i64| event(hour + seconds - NOW.0, "m");
    let events = [at(0), at(60), at(599), at(660), at(HOUR)];
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 0, &events)), Ok(5));
    let count = async |width: i64, start: i64, end: i64| {
        let span = (Timestamp(hour + start), Timestamp(hour + end));
        let query = UsageQuery::all(&id("org-one"), span, width);
        look!(db, |tx| usage::query(tx, &query)).unwrap().iter().map(|row| row.used.requests).sum::<i64>()
    };
    assert_eq!(count(HOUR, 60, 2 * HOUR).await, 4);
    let before = Timestamp(hour + 630);
    assert_eq!(change!(db, |tx| usage::delete_minutes(tx, before)), Ok(true));
    assert_eq!(count(60, 0, 2 * HOUR).await, 2, "ten minutes are gone");
    // The hour is answered as a whole, at its beginning, and nothing of it is lost or counted twice.
    assert_eq!((count(HOUR, 0, 2 * HOUR).await, count(HOUR, 60, 2 * HOUR).await), (5, 1));
    assert_eq!((count(HOUR, 0, 60).await, count(DAY, 60, HOUR).await), (4, 0));
    assert_eq!(change!(db, |tx| usage::delete_minutes(tx, before)), Ok(false), "nothing before that moment is left");
    assert_eq!(count(60, 0, 2 * HOUR).await, 2);
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 5, &[at(30)])), Ok(1));
    assert_eq!((count(HOUR, 0, 2 * HOUR).await, count(DAY, 0, 2 * HOUR).await), (6, 6));
    assert_eq!(change!(db, |tx| usage::delete_minutes(tx, before)), Ok(true));
    assert_eq!(count(HOUR, 0, 2 * HOUR).await, 6);
    // An earlier moment brings no minutes back.
    assert_eq!(change!(db, |tx| usage::delete_minutes(tx, Timestamp(0))), Ok(false));
    assert_eq!(count(HOUR, 60, 2 * HOUR).await, 1);
}

/// Days that begin at half past: each has what was used from its half hour to the next, and a group that was used in
/// another part of a day of UTC only has no row. So it is without minutes, by full hours.
pub(crate) async fn days_begin_at_half_past(db: Database) {
    const HALF: i64 = HOUR / 2;
    let at = |seconds: i64, model: &str| event(first_day() + seconds - NOW.0, model);
    let events = [
        at(60, "before"),
        at(HALF - 60, "both"),
        at(HALF, "both"),
        at(DAY + 60, "both"),
        at(DAY + HALF, "second"),
        at(DAY + 5 * HOUR, "both"),
        at(2 * DAY + HALF, "after"),
    ];
    assert_eq!(change!(db, |tx| usage::record(tx, "1-x", 0, &events)), Ok(7));
    let asked = async |start: i64, end: i64, width: i64, most: Option<i64>| {
        let span = (Timestamp(first_day() + start), Timestamp(first_day() + end));
        let all = UsageQuery::all(&id("org-one"), span, width);
        let query = UsageQuery { origin: span.0, group_by: vec![GroupKey::Model], most, ..all };
        let rows = look!(db, |tx| usage::query(tx, &query)).unwrap();
        let shown = |row: UsageRow| (row.bucket_start.0 - first_day(), row.model.unwrap(), row.used.requests);
        rows.into_iter().map(shown).collect::<Vec<_>>()
    };
    let row = |start: i64, model: &str, requests: i64| (start, model.to_owned(), requests);
    let minutes = [row(60, "before", 1), row(HALF - 60, "both", 1), row(HALF, "both", 1)];
    assert_eq!(asked(0, DAY, 60, None).await, minutes, "a day by the minute");
    let days = [row(HALF, "both", 2), row(DAY + HALF, "both", 1), row(DAY + HALF, "second", 1)];
    // Where reading may stop early, nothing is subtracted.
    for most in [None, Some(100)] {
        assert_eq!(asked(HALF, 2 * DAY + HALF, DAY, most).await, days, "{most:?}");
    }
    while change!(db, |tx| usage::delete_minutes(tx, Timestamp(first_day() + 3 * DAY))).unwrap() {}
    let days = [row(HALF, "both", 1), row(HALF, "second", 1), row(DAY + HALF, "after", 1), row(DAY + HALF, "both", 1)];
    for most in [None, Some(100)] {
        assert_eq!(asked(HALF, 2 * DAY + HALF, DAY, most).await, days, "by full hours, {most:?}");
    }
}
