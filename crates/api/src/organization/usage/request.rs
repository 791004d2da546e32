//! What a query of usage or costs asks for.

use keystead_app::usage::{GroupKey, UsageRequest, Width};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageKind;

use crate::error::Failure;
use crate::query::Query;

/// Which names `group_by` may hold here, and what they tell apart. Names of things that are not told apart by
/// anything Keystead knows are accepted and stay null.
pub(crate) type Groups = &'static [(&'static str, Option<GroupKey>)];

/// The four that every kind of usage knows.
pub(crate) const FOUR: Groups = &[
    ("project_id", Some(GroupKey::Project)),
    ("user_id", Some(GroupKey::User)),
    ("api_key_id", Some(GroupKey::ApiKey)),
    ("model", Some(GroupKey::Model)),
];

/// Completions know three more.
pub(crate) const COMPLETIONS: Groups = &[
    ("project_id", Some(GroupKey::Project)),
    ("user_id", Some(GroupKey::User)),
    ("api_key_id", Some(GroupKey::ApiKey)),
    ("model", Some(GroupKey::Model)),
    ("batch", None),
    ("service_tier", None),
    ("api_source", None),
];

/// Default and largest number of buckets of a width.
pub(crate) const fn limits(width: Width) -> (i64, i64) {
    match width {
        Width::Day => (7, 31),
        Width::Hour => (24, 168),
        Width::Minute => (60, 1440),
    }
}

/// Reads a query of usage.
pub(crate) fn usage(query: &Query, kind: UsageKind, groups: Groups) -> Result<UsageRequest, Failure> {
    let width = match query.one("bucket_width") {
        None | Some("1d") => Width::Day,
        Some("1h") => Width::Hour,
        Some("1m") => Width::Minute,
        Some(_) => return Err(Failure::param("bucket_width", "Invalid 'bucket_width': must be 1m, 1h or 1d.")),
    };
    if query.flag("batch")? == Some(true) {
        return Err(Failure::param("batch", "Invalid 'batch': batch usage is not told apart here."));
    }
    let request = common(query, width, limits(width), groups)?;
    Ok(UsageRequest { kind: Some(kind), models: query.many("models"), ..request })
}

/// Reads what usage and costs have in common.
pub(crate) fn common(
    query: &Query,
    width: Width,
    (default, most): (i64, i64),
    groups: Groups,
) -> Result<UsageRequest, Failure> {
    let start = query.integer("start_time")?;
    let start = start.ok_or_else(|| Failure::param("start_time", "Missing required parameter: 'start_time'."))?;
    let limit = query.integer("limit")?.unwrap_or(default);
    if !(1..=most).contains(&limit) {
        return Err(Failure::param("limit", format!("Invalid 'limit': must be between 1 and {most}.")));
    }
    let mut group_by = Vec::new();
    for name in query.many("group_by") {
        let known = groups.iter().find(|(known, _)| *known == name);
        let (_, key) = known.ok_or_else(|| Failure::param("group_by", "Invalid 'group_by': unknown value."))?;
        group_by.extend(key.filter(|key| !group_by.contains(key)));
    }
    Ok(UsageRequest {
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
    })
}

fn page(query: &Query) -> Result<Option<Timestamp>, Failure> {
    let Some(token) = query.one("page") else { return Ok(None) };
    let start = token.strip_prefix("page_").and_then(|rest| i64::from_str_radix(rest, 16).ok());
    let start = start.ok_or_else(|| Failure::param("page", "Invalid 'page': not a page of this query."))?;
    Ok(Some(Timestamp(start)))
}
