//! Reads usage for the page and its file, and sums it up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use keystead_app::audit::{Named, Names};
use keystead_app::usage::{Bucket, DailyRequest, Estimated, RefusedDay, UsageResult};
use keystead_core::chart::{Unusual, unusual};
use keystead_core::id::KeyId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_core::usage::Quantities;
use keystead_locales::Messages;

use super::chart::{Day, Measure};
use super::query::{UsageQuery, today};
use crate::state::DashboardState;
use crate::web::error_page::PageError;
use crate::web::extract::Visit;

/// Quantities and cost, with the part that was estimated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) used: Quantities,
    pub(super) cost: Amount,
    pub(super) estimated: Estimated,
}

impl Sum {
    pub(super) const fn plus(self, other: Self) -> Self {
        let estimated = self.estimated.plus(other.estimated);
        Self { used: self.used.plus(other.used), cost: self.cost.plus(other.cost), estimated }
    }

    /// The figure of a measure as a whole number.
    pub(super) fn value(&self, measure: Measure) -> i128 {
        match measure {
            Measure::Cost => self.cost.picos(),
            Measure::Requests => self.used.requests.into(),
            Measure::Tokens => self.tokens().into(),
            Measure::Refused => 0,
        }
    }

    pub(super) const fn tokens(&self) -> i64 {
        self.used.input_tokens.saturating_add(self.used.output_tokens)
    }
}

/// What was read for a query.
pub(super) struct Read {
    pub(super) query: UsageQuery,
    pub(super) buckets: Vec<Bucket>,
    pub(super) refused: Vec<RefusedDay>,
    pub(super) names: Names,
    /// The first and the last day.
    pub(super) dates: (Date, Date),
    pub(super) today: Date,
}

pub(super) async fn read(state: &DashboardState, visit: &Visit) -> Result<Read, PageError> {
    let fail = |error| PageError::new(visit.person.messages, error);
    let query = UsageQuery::read(&visit.person.query);
    let (now, zone) = (state.app.now(), &visit.person.format.zone);
    let request = DailyRequest {
        days: query.days(now, zone),
        group_by: query.group(),
        project: (!query.whole).then(|| visit.project.id.clone()),
    };
    let (actor, organization) = (visit.person.actor(), &visit.organization.id);
    let buckets = state.app.usage_by_day(&actor, organization, &request).await.map_err(fail)?;
    let refused = state.app.refusals_by_day(&actor, organization, &request).await.map_err(fail)?;
    let ids: BTreeSet<String> = buckets.iter().flat_map(|bucket| &bucket.results).map(id_of).collect();
    let names = match query.by {
        "model" => Names::default(),
        _ => state.app.names_in_usage(&actor, organization, ids).await.map_err(fail)?,
    };
    let today = today(now, zone);
    Ok(Read { dates: query.dates(today), query, buckets, refused, names, today })
}

impl Read {
    /// The days of a chart.
    pub(super) fn days(&self, measure: Measure) -> Vec<Day> {
        self.buckets.iter().map(|bucket| Day { start: bucket.start, values: values(bucket, measure) }).collect()
    }

    /// Sums by id.
    pub(super) fn sums(&self) -> BTreeMap<String, Sum> {
        let mut all: BTreeMap<String, Sum> = BTreeMap::new();
        for result in self.buckets.iter().flat_map(|bucket| &bucket.results) {
            let sum = all.entry(id_of(result)).or_default();
            *sum = sum.plus(sum_of(result));
        }
        all
    }

    /// Whether the last day has not ended.
    pub(super) fn until_now(&self) -> bool {
        self.dates.1 == self.today
    }

    /// A complete day that is far above the others.
    pub(super) fn unusual(&self, days: &[Day]) -> Option<Unusual> {
        let complete = days.len().saturating_sub(usize::from(self.until_now()));
        let totals: Vec<i128> = days.iter().take(complete).map(Day::total).collect();
        unusual(&totals)
    }

    /// How many requests rules refused.
    pub(super) fn refused_total(&self) -> i64 {
        self.refused.iter().flat_map(|day| &day.reasons).map(|reason| reason.times).sum()
    }
}

const fn sum_of(result: &UsageResult) -> Sum {
    Sum { used: result.used, cost: result.cost, estimated: result.estimated }
}

pub(super) fn values(bucket: &Bucket, measure: Measure) -> BTreeMap<String, i128> {
    let mut values = BTreeMap::new();
    for result in &bucket.results {
        *values.entry(id_of(result)).or_default() += sum_of(result).value(measure);
    }
    values
}

/// The id a result is grouped by; empty if there is none, such as the person of a service account's request.
pub(super) fn id_of(result: &UsageResult) -> String {
    let id = result.model.as_ref().or(result.key.as_ref()).or(result.project.as_ref()).or(result.user.as_ref());
    id.cloned().unwrap_or_default()
}

/// The key with the largest part of a day: its id and its part in percent.
pub(super) async fn cause(
    state: &DashboardState,
    visit: &Visit,
    read: &Read,
    (start, end): (Timestamp, Timestamp),
    measure: Measure,
) -> Result<Option<(String, i128)>, PageError> {
    let request = DailyRequest {
        days: vec![start, end],
        group_by: keystead_app::usage::GroupKey::ApiKey,
        project: (!read.query.whole).then(|| visit.project.id.clone()),
    };
    let found = state.app.usage_by_day(&visit.person.actor(), &visit.organization.id, &request).await;
    let found = found.map_err(|error| PageError::new(visit.person.messages, error))?;
    let values = found.first().map(|bucket| values(bucket, measure)).unwrap_or_default();
    let total: i128 = values.values().sum();
    let most = values.into_iter().max_by_key(|(_, value)| *value);
    Ok(most.filter(|_| total > 0).map(|(id, value)| (id, value.saturating_mul(100) / total)))
}

/// The name of a row, and what distinguishes it from others of the same name.
pub(super) fn called(t: Messages, by: &str, id: &str, names: &Names) -> (String, String) {
    let person = |id: &str| match names.get(id) {
        Some(Named::Person(person)) => Some(person.name.clone()),
        Some(Named::ServiceAccount(name)) => Some(name.to_owned()),
        _ => None,
    };
    match names.get(id) {
        _ if id.is_empty() && by == "user" => (t.text("usage-service-accounts"), String::new()),
        Some(Named::Person(person)) => (person.name.clone(), person.email.clone()),
        Some(Named::Key(key)) => {
            let owner = key.user.as_deref().or(key.service_account.as_deref()).and_then(person).unwrap_or_default();
            let name = key.name.clone().unwrap_or_else(|| t.text("key-unnamed"));
            (name, if owner.is_empty() { key.redacted.clone() } else { format!("{owner} · {}", key.redacted) })
        }
        Some(Named::Project(name) | Named::ServiceAccount(name)) => (name.to_owned(), id.to_owned()),
        None if KeyId::is_playground(id) => (t.text("nav-playground"), String::new()),
        None => (String::new(), String::new()),
    }
}
