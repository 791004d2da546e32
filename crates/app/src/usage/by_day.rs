//! Usage and refused requests by days of the reader's time zone.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::refusals::{self, RefusalSum};
use keystead_store::tables::usage::{self, GroupKey, UsageQuery};

use super::{Bucket, add_rows};
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;

/// A query for usage by day.
#[derive(Debug, Clone)]
pub struct DailyRequest {
    /// When each day begins, in order, and at last when the last one ends. A day in which clocks change is an hour
    /// shorter or longer.
    pub days: Vec<Timestamp>,
    /// What to group by.
    pub group_by: GroupKey,
    /// One project, or the whole organization.
    pub project: Option<ProjectId>,
}

impl DailyRequest {
    /// Days in a row that begin whole days of 24 hours after the first of them: the start, and the end of the last.
    fn spans(&self) -> Vec<(Timestamp, Timestamp)> {
        let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
        for (start, end) in self.days.iter().zip(self.days.iter().skip(1)) {
            match spans.last_mut() {
                Some(span) if start.since(span.0) % DAY == 0 => span.1 = *end,
                _ => spans.push((*start, *end)),
            }
        }
        spans
    }
}

/// The refused requests of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedDay {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, exclusive.
    pub end: Timestamp,
    /// One sum for each reason.
    pub reasons: Vec<RefusalSum>,
}

impl App {
    /// Returns usage by day.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn usage_by_day(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        request: &DailyRequest,
    ) -> Result<Vec<Bucket>, Error> {
        let bucket = |(start, end): (&Timestamp, &Timestamp)| Bucket { start: *start, end: *end, results: Vec::new() };
        let mut buckets: Vec<Bucket> = request.days.iter().zip(request.days.iter().skip(1)).map(bucket).collect();
        let read = read_tx!(self.store(), "usage_by_day", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let mut rows = Vec::new();
            for (start, end) in request.spans() {
                let query = UsageQuery {
                    origin: start,
                    group_by: vec![request.group_by],
                    projects: request.project.iter().cloned().collect(),
                    ..UsageQuery::all(organization, (start, end), DAY)
                };
                rows.extend(usage::query(tx, &query).await?);
            }
            Ok(rows)
        });
        add_rows(&mut buckets, read?);
        Ok(buckets)
    }

    /// Returns the requests that rules refused, by day. They are kept for thirty days.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn refusals_by_day(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        request: &DailyRequest,
    ) -> Result<Vec<RefusedDay>, Error> {
        let read: Result<Vec<RefusalSum>, Error> = read_tx!(self.store(), "refusals_by_day", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let mut sums = Vec::new();
            for (start, end) in request.spans() {
                sums.extend(refusals::count_by_day(tx, organization, request.project.as_ref(), start, end).await?);
            }
            Ok(sums)
        });
        let sums = read?;
        let day = |(start, end): (&Timestamp, &Timestamp)| {
            let reasons = sums.iter().filter(|sum| sum.day >= *start && sum.day < *end).cloned().collect();
            RefusedDay { start: *start, end: *end, reasons }
        };
        Ok(request.days.iter().zip(request.days.iter().skip(1)).map(day).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_which_clocks_change_begin_a_new_span() {
        const HOUR: i64 = 3_600;
        let days = [0, DAY, 2 * DAY + HOUR, 3 * DAY + HOUR, 4 * DAY].map(Timestamp).to_vec();
        let request = DailyRequest { days, group_by: GroupKey::Model, project: None };
        let spans = [(0, 2 * DAY + HOUR), (2 * DAY + HOUR, 4 * DAY)];
        assert_eq!(request.spans(), spans.map(|(start, end)| (Timestamp(start), Timestamp(end))));
    }
}
