//! Reading the sums: one statement for each piece of the period, merged by bucket and group. Where most of a day is in a
//! bucket, its other parts are subtracted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use keystead_core::id::{KeyId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageKind};

use super::super::named;
use super::pieces::{DAY, MIDDLE, Piece, Share, pieces};
use super::{GroupKey, UsageQuery, UsageRow, minutes_since};
use crate::{Error, Row, Tx, Value};

/// The columns of figures, in the order in which they are read.
const FIGURES: [&str; 16] = [
    "requests",
    "input_tokens",
    "input_cached_tokens",
    "output_tokens",
    "images",
    "characters",
    "seconds",
    "tool_calls",
    "cache_write_tokens",
    "audio_input_tokens",
    "reasoning_tokens",
    "audio_output_tokens",
    "image_input_tokens",
    "image_output_tokens",
    "cost",
    "cost_picos",
];

/// The columns of groups, in the order in which they are read.
const GROUPS: [(GroupKey, &str); 7] = [
    (GroupKey::Project, "project"),
    (GroupKey::User, "owner"),
    (GroupKey::ApiKey, "api_key"),
    (GroupKey::Model, "model"),
    (GroupKey::Batch, "batch"),
    (GroupKey::Detail, "detail"),
    (GroupKey::Source, "source"),
];

/// The values of the columns by which rows are grouped, in the order of [`GROUPS`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    project: Option<String>,
    user: Option<String>,
    key: Option<String>,
    model: Option<String>,
    batch: Option<bool>,
    detail: Option<String>,
    source: Option<String>,
}

/// A bucket, a kind, a group, and whether it is estimated: the order of the rows of an answer.
type Place = (i64, UsageKind, Group, bool);
type Sum = (Quantities, Amount);
type Sums = BTreeMap<Place, Sum>;

/// Returns sums by bucket and group, in order of time, kind and group; groups without usage are left out. Estimated
/// figures follow the reported ones of the same group.
pub async fn query(tx: &mut Tx, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
    let since = minutes_since(tx).await?;
    let (mut sums, mut less) = (Sums::new(), Sums::new());
    for piece in pieces((query.start.0, query.end.0), (query.origin.0, width(query)), since, reads_whole_days(query)) {
        let (sql, values) = statement(query, &piece);
        for row in tx.all_built(sql, values).await? {
            let (place, sum) = read(&row, query, &piece)?;
            if piece.share != Share::Added {
                let day = row.int(3 + FIGURES.len() + grouped(query).count())?;
                let (_, kind, group, estimated) = place.clone();
                plus(&mut less, (bucket_of(query, day.saturating_add(MIDDLE)), kind, group, estimated), sum);
            }
            if piece.share != Share::Subtracted {
                plus(&mut sums, place, sum);
            }
        }
    }
    for (place, sum) in less {
        minus(&mut sums, place, sum);
    }
    // The engines sort text differently; the map has one order.
    Ok(sums.into_iter().map(|(place, sum)| shown(place, sum)).collect())
}

fn plus(sums: &mut Sums, place: Place, (used, cost): Sum) {
    let sum = sums.entry(place).or_default();
    *sum = (sum.0.plus(used), sum.1.plus(cost));
}

/// Subtracts from a sum, and removes it when nothing is left: the group was used in another part of the day only.
fn minus(sums: &mut Sums, place: Place, (used, cost): Sum) {
    let Entry::Occupied(mut entry) = sums.entry(place) else { return };
    let sum = entry.get_mut();
    *sum = (sum.0.minus(used), sum.1.minus(cost));
    if *sum == Sum::default() {
        entry.remove();
    }
}

/// The columns of groups that are asked for, in the order in which they are read.
fn grouped(query: &UsageQuery) -> impl Iterator<Item = (GroupKey, &'static str)> {
    GROUPS.into_iter().filter(move |(key, _)| query.group_by.contains(key))
}

/// Whether a day may be read for a bucket that has only most of it. Wide buckets gain little by it. Where reading stops
/// early, rows may be missing, so nothing is subtracted from the others.
const fn reads_whole_days(query: &UsageQuery) -> bool {
    query.width_seconds <= DAY && query.most.is_none()
}

/// The width of a bucket.
fn width(query: &UsageQuery) -> i64 {
    query.width_seconds.max(60)
}

/// The beginning of the bucket with a moment.
fn bucket_of(query: &UsageQuery, at: i64) -> i64 {
    at.saturating_sub(at.saturating_sub(query.origin.0).rem_euclid(width(query)))
}

/// The values of a statement; adding one returns its placeholder.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("${}", self.0.len())
    }

    /// Returns a condition on a column, or nothing for an empty list.
    fn among<T: Into<Value>>(&mut self, column: &str, wanted: Vec<T>) -> String {
        let places: Vec<String> = wanted.into_iter().map(|value| self.add(value)).collect();
        match places.as_slice() {
            [] => String::new(),
            // An equality leaves the order of the primary key usable for grouping.
            [one] => format!(" AND {column} = {one}"),
            _ => format!(" AND {column} IN ({})", places.join(", ")),
        }
    }
}

fn statement(query: &UsageQuery, piece: &Piece) -> (String, Vec<Value>) {
    let mut values = Values::default();
    let mut filter = format!("organization = {}", values.add(query.organization.as_str()));
    // Every kind is named when all are requested, because the index on times has the kind before them.
    let wanted = |kind: &UsageKind| query.kind.map_or_else(|| !kind.is_of_tools(), |one| one == *kind);
    let kinds: Vec<&str> = UsageKind::ALL.into_iter().filter(wanted).map(UsageKind::as_str).collect();
    filter.push_str(&values.among("kind", kinds));
    filter.push_str(&match piece.spans.as_slice() {
        [(start, end)] => {
            let (start, end) = (values.add(*start), values.add(*end));
            format!(" AND bucket_start >= {start} AND bucket_start < {end}")
        }
        _ => values.among("bucket_start", piece.starts()),
    });
    filter.push_str(&values.among("project", query.projects.iter().map(ProjectId::as_str).collect()));
    filter.push_str(&values.among("owner", query.users.iter().map(String::as_str).collect()));
    filter.push_str(&values.among("api_key", query.keys.iter().map(KeyId::as_str).collect()));
    filter.push_str(&values.among("model", query.models.iter().map(String::as_str).collect()));
    filter.push_str(&values.among("batch", query.batch.into_iter().collect::<Vec<bool>>()));
    filter.push_str(&values.among("detail", query.details.iter().map(String::as_str).collect()));
    filter.push_str(&values.among("source", query.sources.iter().map(String::as_str).collect()));
    // Rows that are as wide as the buckets are read in the order of the primary key, without sorting.
    let bucket = if is_native(query, piece) {
        "bucket_start".to_owned()
    } else {
        let (width, origin) = (values.add(width(query)), values.add(query.origin.0));
        let at = format!("bucket_start + {}", values.add(piece.offset()));
        format!("{at} - ({at} - {origin}) % {width}")
    };
    let mut groups: String = grouped(query).map(|(_, column)| format!(", {column}")).collect();
    if piece.share != Share::Added {
        // Of which day it is a part tells what it is subtracted from.
        groups.push_str(&format!(", bucket_start - bucket_start % {DAY}"));
    }
    let sums: Vec<String> =
        FIGURES.iter().map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)")).collect();
    let (sums, table) = (sums.join(", "), piece.grain.table());
    let most = query.most.map(|most| format!(" LIMIT {}", values.add(most))).unwrap_or_default();
    let sql = format!(
        "SELECT {bucket}, kind, estimated, {sums}{groups} FROM {table} WHERE {filter} \
         GROUP BY {bucket}, kind, estimated{groups}{most}"
    );
    (sql, values.0)
}

/// Whether the rows of a piece are as wide as the buckets, so that each is of one bucket.
const fn is_native(query: &UsageQuery, piece: &Piece) -> bool {
    query.width_seconds == piece.grain.seconds()
}

fn read(row: &Row, query: &UsageQuery, piece: &Piece) -> Result<(Place, Sum), Error> {
    let first = row.int(0)?;
    let bucket = if is_native(query, piece) { bucket_of(query, first.saturating_add(piece.offset())) } else { first };
    let mut group = Group::default();
    for (column, (key, _)) in (3 + FIGURES.len()..).zip(grouped(query)) {
        match key {
            GroupKey::Project => group.project = Some(row.text(column)?),
            GroupKey::User => group.user = Some(row.text(column)?),
            GroupKey::ApiKey => group.key = Some(row.text(column)?),
            GroupKey::Model => group.model = Some(row.text(column)?),
            GroupKey::Batch => group.batch = Some(row.bool(column)?),
            GroupKey::Detail => group.detail = Some(row.text(column)?),
            GroupKey::Source => group.source = Some(row.text(column)?),
        }
    }
    let mut figures = [0; 14];
    for (column, figure) in (3..).zip(&mut figures) {
        *figure = row.int(column)?;
    }
    let used = Quantities::of_figures(figures);
    let kind = named(row, 1, piece.grain.table(), UsageKind::from_name)?;
    Ok(((bucket, kind, group, row.bool(2)?), (used, Amount::of_parts(row.int(17)?, row.int(18)?))))
}

fn shown((start, kind, group, estimated): Place, (used, cost): Sum) -> UsageRow {
    UsageRow {
        bucket_start: Timestamp(start),
        project: group.project,
        user: group.user,
        key: group.key,
        model: group.model,
        batch: group.batch,
        detail: group.detail,
        source: group.source,
        kind,
        estimated,
        used,
        cost,
    }
}
