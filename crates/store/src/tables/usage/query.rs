//! Reading the sums: one statement for each piece of the period, merged by bucket and group.

use std::collections::BTreeMap;

use keystead_core::id::{KeyId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::{Quantities, UsageKind};

use super::super::named;
use super::pieces::{Piece, pieces};
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
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// Returns sums by bucket and group, in order of time, kind and group; groups without usage are left out. Estimated
/// figures follow the reported ones of the same group.
pub async fn query(tx: &mut Tx, query: &UsageQuery) -> Result<Vec<UsageRow>, Error> {
    let since = minutes_since(tx).await?;
    let buckets = (query.origin.0, query.width_seconds.max(60));
    let mut sums: BTreeMap<Place, (Quantities, Amount)> = BTreeMap::new();
    for piece in pieces((query.start.0, query.end.0), buckets, since) {
        let (sql, values) = statement(query, piece);
        for row in tx.all_built(sql, values).await? {
            let (place, used, cost) = read(&row, query, piece)?;
            let sum = sums.entry(place).or_default();
            *sum = (sum.0.plus(used), sum.1.plus(cost));
        }
    }
    // The engines sort text differently; the map has one order.
    Ok(sums.into_iter().map(|(place, sum)| shown(place, sum)).collect())
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

fn statement(query: &UsageQuery, piece: Piece) -> (String, Vec<Value>) {
    let mut values = Values::default();
    let mut filter = format!("organization = {}", values.add(query.organization.as_str()));
    // Every kind is named when all are requested, because the index on times has the kind before them.
    let wanted = |kind: &UsageKind| query.kind.map_or_else(|| !kind.is_of_tools(), |one| one == *kind);
    let kinds: Vec<&str> = UsageKind::ALL.into_iter().filter(wanted).map(UsageKind::as_str).collect();
    filter.push_str(&values.among("kind", kinds));
    let (start, end) = (values.add(piece.start), values.add(piece.end));
    filter.push_str(&format!(" AND bucket_start >= {start} AND bucket_start < {end}"));
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
        let (width, origin) = (values.add(query.width_seconds.max(60)), values.add(query.origin.0));
        format!("bucket_start - (bucket_start - {origin}) % {width}")
    };
    let groups: Vec<&str> =
        GROUPS.iter().filter(|(key, _)| query.group_by.contains(key)).map(|(_, column)| *column).collect();
    let grouped: String = groups.iter().map(|column| format!(", {column}")).collect();
    let sums: Vec<String> =
        FIGURES.iter().map(|column| format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)")).collect();
    let (sums, table) = (sums.join(", "), piece.grain.table());
    let most = query.most.map(|most| format!(" LIMIT {}", values.add(most))).unwrap_or_default();
    let sql = format!(
        "SELECT {bucket}, kind, estimated, {sums}{grouped} FROM {table} WHERE {filter} \
         GROUP BY {bucket}, kind, estimated{grouped}{most}"
    );
    (sql, values.0)
}

/// Whether the rows of a piece are as wide as the buckets.
const fn is_native(query: &UsageQuery, piece: Piece) -> bool {
    let width = piece.grain.seconds();
    query.width_seconds == width && query.origin.0 % width == 0
}

fn read(row: &Row, query: &UsageQuery, piece: Piece) -> Result<(Place, Quantities, Amount), Error> {
    let mut group = Group::default();
    let grouped = GROUPS.iter().map(|(key, _)| key).filter(|key| query.group_by.contains(key));
    for (column, key) in (3 + FIGURES.len()..).zip(grouped) {
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
    Ok(((row.int(0)?, kind, group, row.bool(2)?), used, Amount::of_parts(row.int(17)?, row.int(18)?)))
}

fn shown((start, kind, group, estimated): Place, (used, cost): (Quantities, Amount)) -> UsageRow {
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
