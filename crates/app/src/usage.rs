//! Usage and costs in buckets, including empty ones.

use keystead_core::id::{KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_core::usage::{MINUTES_KEPT_DAYS, Quantities, UsageKind};
pub use keystead_store::tables::usage::GroupKey;
use keystead_store::tables::usage::{self, UsageQuery, UsageRow};

use crate::{Actor, App, Error};

mod by_day;
mod overview;
mod part_size;
mod results;

pub use by_day::{DailyRequest, RefusedDay};
pub use keystead_store::tables::api_keys::ProjectKeys;
pub use keystead_store::tables::refusals::RefusalSum;
pub use overview::{Overview, OverviewRequest};
use part_size::{MOST_ROWS, PartSize};
use results::add_rows;

const MINUTE: i64 = 60;
/// The width of a bucket that no shown period is longer than, in seconds.
pub(crate) const ONE_BUCKET: i64 = 400 * 86_400;

/// How wide a bucket is. Buckets begin at multiples of their width, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day.
    Day,
}

impl Width {
    /// The width in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => MINUTE,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// A query for usage.
#[derive(Debug, Clone)]
pub struct UsageRequest {
    /// The kind of usage; `None` is all, for costs.
    pub kind: Option<UsageKind>,
    /// The start, rounded down to its minute.
    pub start: Timestamp,
    /// The end, exclusive; `None` is now.
    pub end: Option<Timestamp>,
    /// The width of the buckets.
    pub width: Width,
    /// The maximum number of buckets.
    pub limit: i64,
    /// The end of the previous page.
    pub page: Option<Timestamp>,
    /// The keys to group by.
    pub group_by: Vec<GroupKey>,
    /// Only these projects, unless empty.
    pub projects: Vec<ProjectId>,
    /// Only these users and service accounts, unless empty.
    pub users: Vec<String>,
    /// Only these keys, unless empty.
    pub keys: Vec<KeyId>,
    /// Only these models, unless empty.
    pub models: Vec<String>,
    /// Only usage of batches, or only other usage.
    pub batch: Option<bool>,
    /// Only these sizes of images, context levels of searches or vector stores, unless empty.
    pub details: Vec<String>,
    /// Only these sources of images, unless empty.
    pub sources: Vec<String>,
}

/// The usage of one group in one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageResult {
    /// The project, when grouped by it.
    pub project: Option<String>,
    /// The user or service account, when grouped by it.
    pub user: Option<String>,
    /// The key, when grouped by it.
    pub key: Option<String>,
    /// The model, when grouped by it.
    pub model: Option<String>,
    /// Whether it is of batches, when grouped by it.
    pub batch: Option<bool>,
    /// The service tier, size, context level or vector store, when grouped by it and known.
    pub detail: Option<String>,
    /// The source of images, when grouped by it and known.
    pub source: Option<String>,
    /// The quantities.
    pub used: Quantities,
    /// The exact cost.
    pub cost: Amount,
    /// The estimated part of it, because the model server reported no figures.
    pub estimated: Estimated,
}

/// The part of some usage that was estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimated {
    /// The quantities.
    pub used: Quantities,
    /// The cost.
    pub cost: Amount,
}

impl Estimated {
    /// The sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self { used: self.used.plus(other.used), cost: self.cost.plus(other.cost) }
    }
}

/// A period of time with its usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its beginning.
    pub start: Timestamp,
    /// Its end, exclusive.
    pub end: Timestamp,
    /// One result per group; none when nothing was used.
    pub results: Vec<UsageResult>,
}

/// Some buckets, and the start of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsagePage {
    /// The buckets in order of time.
    pub buckets: Vec<Bucket>,
    /// The start of the next page, if there is one.
    pub next: Option<Timestamp>,
}

impl App {
    /// Returns the organization's usage. A page with very many results has fewer buckets than requested.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the times are not valid, or when one bucket has too many results.
    pub async fn usage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        request: &UsageRequest,
    ) -> Result<UsagePage, Error> {
        let (mut buckets, mut next) = empty_buckets(self, request)?;
        let query = store_query(organization, request);
        let read: Result<(Vec<UsageRow>, usize), Error> = read_tx!(self.store(), "usage", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let mut part = PartSize::new(buckets.len(), !request.group_by.is_empty());
            let (mut rows, mut done) = (Vec::new(), 0);
            while let Some(rest) = buckets.get(done..) {
                let some = rest.get(..part.size()).unwrap_or(rest);
                let (Some(first), Some(last)) = (some.first(), some.last()) else { break };
                let span = UsageQuery { start: first.start, end: last.end, ..query.clone() };
                let found = usage::query(tx, &span).await?;
                if found.len() > MOST_ROWS {
                    // Either usage begins suddenly in this part, or one bucket is too large.
                    if part.begin_again() {
                        continue;
                    }
                    return Err(too_many_results());
                }
                done += some.len();
                let more = part.note(found.len());
                rows.extend(found);
                if !more {
                    break;
                }
            }
            Ok((rows, done))
        });
        let (rows, done) = read?;
        // Buckets that were not read are on the next page.
        if let Some(unread) = buckets.get(done).map(|bucket| bucket.start) {
            next = Some(unread);
            buckets.truncate(done);
        }
        add_rows(&mut buckets, rows);
        Ok(UsagePage { buckets, next })
    }
}

fn too_many_results() -> Error {
    let message = format!(
        "Invalid 'group_by': a bucket has more than {MOST_ROWS} results. Name fewer groups, or filter, for example by \
         'project_ids'."
    );
    Error::invalid("group_by", message)
}

fn store_query(organization: &OrganizationId, request: &UsageRequest) -> UsageQuery {
    let nowhere = (request.start, request.start);
    UsageQuery {
        kind: request.kind,
        group_by: request.group_by.clone(),
        projects: request.projects.clone(),
        users: request.users.clone(),
        keys: request.keys.clone(),
        models: request.models.clone(),
        batch: request.batch,
        details: request.details.clone(),
        sources: request.sources.clone(),
        // One more tells that there are more.
        most: i64::try_from(MOST_ROWS + 1).ok(),
        ..UsageQuery::all(organization, nowhere, request.width.seconds())
    }
}

/// Returns the empty buckets of a page, and the start of the next page.
fn empty_buckets(app: &App, request: &UsageRequest) -> Result<(Vec<Bucket>, Option<Timestamp>), Error> {
    let floor = |at: i64, width: i64| at.saturating_sub(at.rem_euclid(width));
    let now = app.now().0;
    let earliest = floor(request.start.0, MINUTE);
    // Both ends are rounded down, so that periods that follow each other share no minute and leave none out. Without an
    // end the present minute is included, so that a request that was just made is visible.
    let end = request.end.map_or_else(|| floor(now, MINUTE).saturating_add(MINUTE), |end| floor(end.0, MINUTE));
    let latest = now.saturating_add(100 * 366 * 86_400);
    if !(0..=latest).contains(&request.start.0) {
        return Err(Error::invalid("start_time", "Invalid 'start_time': out of range."));
    }
    if end > latest {
        return Err(Error::invalid("end_time", "Invalid 'end_time': out of range."));
    }
    if request.end.is_some_and(|end| end <= request.start) {
        return Err(Error::invalid("end_time", "Invalid 'end_time': must be after 'start_time'."));
    }
    let mut start = match request.page {
        None => earliest,
        Some(page) if page.0 >= earliest && page.0 <= end && page.0 % MINUTE == 0 => page.0,
        Some(_) => return Err(Error::invalid("page", "Invalid 'page': not a page of this query.")),
    };
    if request.width == Width::Minute && start < floor(now.saturating_sub(MINUTES_KEPT_DAYS * 86_400), 3_600) {
        let message = format!(
            "Invalid 'start_time': usage is kept by the minute for {MINUTES_KEPT_DAYS} days. Ask for 1h or 1d."
        );
        return Err(Error::invalid("start_time", message));
    }
    let width = request.width.seconds();
    let mut buckets = Vec::new();
    while start < end && i64::try_from(buckets.len()).is_ok_and(|made| made < request.limit) {
        let stop = floor(start, width).saturating_add(width).min(end);
        buckets.push(Bucket { start: Timestamp(start), end: Timestamp(stop), results: Vec::new() });
        start = stop;
    }
    Ok((buckets, (start < end).then_some(Timestamp(start))))
}
