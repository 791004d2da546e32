//! Parsing queries of usage and costs.

use keystead_app::usage::{GroupKey, UsageRequest, Width};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageKind;
use keystead_core::usage::attributes::{CONTEXT_LEVELS, IMAGE_SOURCES};

use crate::error::ApiError;
use crate::query::Query;

/// Parameters of usage and of costs with one value.
pub(crate) const ONE: &[&str] = &["start_time", "end_time", "bucket_width", "limit", "page"];

/// The same of kinds that batches can hold.
pub(crate) const ONE_WITH_BATCH: &[&str] = &["start_time", "end_time", "bucket_width", "limit", "page", "batch"];

/// Parameters of usage with several values.
pub(crate) const MANY: &[&str] = &["project_ids", "user_ids", "api_key_ids", "models", "group_by"];

/// Parameters of kinds of usage that belong to a project as a whole.
pub(crate) const MANY_OF_PROJECT: &[&str] = &["project_ids", "group_by"];

/// Parameters of searches in files, which have no model.
pub(crate) const MANY_OF_FILES: &[&str] = &["project_ids", "user_ids", "api_key_ids", "group_by", "vector_store_ids"];

/// Parameters of searches in the web.
pub(crate) const MANY_OF_WEB: &[&str] =
    &["project_ids", "user_ids", "api_key_ids", "models", "group_by", "context_levels"];

/// Parameters of images.
pub(crate) const MANY_OF_IMAGES: &[&str] =
    &["project_ids", "user_ids", "api_key_ids", "models", "group_by", "sizes", "sources"];

/// The source of every request: none comes from the Agents API.
const SOURCE: &str = "unlabeled";

/// The names that `group_by` may contain, and their keys. Names by which Keystead does not group are refused.
pub(crate) type Groups = &'static [(&'static str, GroupKey)];

/// The keys by which every kind of usage can be grouped.
pub(crate) const GROUPS: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("model", GroupKey::Model),
];

/// Those of completions.
pub(crate) const OF_COMPLETIONS: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("model", GroupKey::Model),
    ("batch", GroupKey::Batch),
    ("service_tier", GroupKey::Detail),
];

/// Those of images.
pub(crate) const OF_IMAGES: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("model", GroupKey::Model),
    ("size", GroupKey::Detail),
    ("source", GroupKey::Source),
];

/// Those of searches in the web.
pub(crate) const OF_WEB: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("model", GroupKey::Model),
    ("context_level", GroupKey::Detail),
];

/// Those of searches in files, which have no model.
pub(crate) const OF_FILES: Groups = &[
    ("project_id", GroupKey::Project),
    ("user_id", GroupKey::User),
    ("api_key_id", GroupKey::ApiKey),
    ("vector_store_id", GroupKey::Detail),
];

/// Those of kinds of usage that belong to a project as a whole.
pub(crate) const OF_PROJECT: Groups = &[("project_id", GroupKey::Project)];

/// Returns the default and the maximum number of buckets of a width.
pub(crate) const fn limits(width: Width) -> (i64, i64) {
    match width {
        Width::Day => (7, 31),
        Width::Hour => (24, 168),
        Width::Minute => (60, 1440),
    }
}

/// Parses a query of usage. Returns also the source of the results if they are grouped by it.
pub(crate) fn usage(
    query: &Query,
    kind: UsageKind,
    groups: Groups,
    has_source: bool,
) -> Result<(UsageRequest, Option<&'static str>), ApiError> {
    let width = match query.one("bucket_width") {
        None | Some("1d") => Width::Day,
        Some("1h") => Width::Hour,
        Some("1m") => Width::Minute,
        Some(_) => return Err(ApiError::param("bucket_width", "Invalid 'bucket_width': must be 1m, 1h or 1d.")),
    };
    let (request, source) = common(query, width, limits(width), groups, has_source)?;
    let details = ["sizes", "context_levels", "vector_store_ids"].into_iter().flat_map(|name| query.many(name));
    let request = UsageRequest {
        kind: Some(kind),
        models: query.many("models"),
        batch: query.flag("batch")?,
        details: details.collect(),
        sources: query.many("sources"),
        ..request
    };
    among(&request.sources, &IMAGE_SOURCES, "sources")?;
    among(&query.many("context_levels"), &CONTEXT_LEVELS, "context_levels")?;
    Ok((request, source))
}

/// Refuses a value that is none of the known ones: it would match nothing and look like no usage.
fn among(sent: &[String], known: &[&str], name: &'static str) -> Result<(), ApiError> {
    if sent.iter().all(|value| known.contains(&value.as_str())) {
        return Ok(());
    }
    Err(ApiError::param(name, format!("Invalid '{name}': must be among {}.", known.join(", "))))
}

/// Parses what usage and costs have in common.
pub(crate) fn common(
    query: &Query,
    width: Width,
    (default, most): (i64, i64),
    groups: Groups,
    has_source: bool,
) -> Result<(UsageRequest, Option<&'static str>), ApiError> {
    let start = query.integer("start_time")?;
    let start = start.ok_or_else(|| ApiError::missing("start_time"))?;
    let limit = query.integer("limit")?.unwrap_or(default);
    if !(1..=most).contains(&limit) {
        return Err(ApiError::param("limit", format!("Invalid 'limit': must be between 1 and {most}.")));
    }
    let (mut group_by, mut source) = (Vec::new(), None);
    for name in query.many("group_by") {
        if has_source && name == "api_source" {
            source = Some(SOURCE);
            continue;
        }
        let found = groups.iter().find(|(known, _)| *known == name);
        let (_, key) = found.ok_or_else(|| {
            let known = groups.iter().map(|(known, _)| *known).chain(has_source.then_some("api_source"));
            let known = known.collect::<Vec<_>>().join(", ");
            ApiError::param("group_by", format!("Invalid 'group_by': must be among {known}."))
        })?;
        if !group_by.contains(key) {
            group_by.push(*key);
        }
    }
    let request = UsageRequest {
        kind: None,
        start: Timestamp(start),
        end: query.integer("end_time")?.map(Timestamp),
        width,
        limit,
        page: page(query)?,
        group_by,
        projects: query.ids("project_ids")?,
        users: query.many("user_ids"),
        keys: query.ids("api_key_ids")?,
        models: Vec::new(),
        batch: None,
        details: Vec::new(),
        sources: Vec::new(),
    };
    Ok((request, source))
}

fn page(query: &Query) -> Result<Option<Timestamp>, ApiError> {
    let Some(token) = query.one("page") else { return Ok(None) };
    let start = token.strip_prefix("page_").and_then(|rest| i64::from_str_radix(rest, 16).ok());
    let start = start.ok_or_else(|| ApiError::param("page", "Invalid 'page': not a page of this query."))?;
    Ok(Some(Timestamp(start)))
}
