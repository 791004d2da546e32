//! What the month of an alert will come to, for receivers of its event. It is the figure that the usage page shows.

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetTerms, Measure, Window, days_so_far, pace};
use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::usage::{self, UsageQuery};
use serde_json::{Value, json};

use crate::{App, Error};

const DAY: i64 = 86_400;

/// The estimate, and when the period ends; null where there is none: only money in a month of UTC has one, after its first
/// days, and until it ends. `spent` is what is counted.
pub(super) async fn forecast(
    app: &App,
    tx: &mut Tx,
    (organization, scope): (&OrganizationId, &BudgetScope),
    (window, spent): (Window, Amount),
) -> Result<Value, Error> {
    let now = app.now();
    let is_estimated = scope.terms == BudgetTerms::SPEND_LIMIT && window == Window::month(window.start);
    if !is_estimated || !window.contains(now) {
        return Ok(Value::Null);
    }
    let days = days_so_far(window, now);
    let costs = costs_by_day(tx, (organization, &scope.subject), &days).await?;
    let Some(found) = pace(window, &costs, None) else { return Ok(Value::Null) };
    let amount = Measure::Money.figure(found.total.max(spent));
    Ok(json!({ "amount": amount, "at": window.end }))
}

/// What the subject spent on each of these days; `days` ends with the end of the last one.
async fn costs_by_day(
    tx: &mut Tx,
    (organization, subject): (&OrganizationId, &BudgetSubject),
    days: &[Timestamp],
) -> Result<Vec<Amount>, Error> {
    let (Some(start), Some(end)) = (days.first(), days.last()) else { return Ok(Vec::new()) };
    let mut query = UsageQuery { origin: *start, ..UsageQuery::all(organization, (*start, *end), DAY) };
    match subject {
        BudgetSubject::Organization(_) => {}
        BudgetSubject::Project(project) => query.projects.push(project.clone()),
        BudgetSubject::Person(person) => query.users.push(person.user().to_string()),
        BudgetSubject::Key(key) => query.keys.push(key.clone()),
    }
    let mut costs = vec![Amount::ZERO; days.len().saturating_sub(1)];
    for row in usage::query(tx, &query).await? {
        let place = usize::try_from(row.bucket_start.since(*start).div_euclid(DAY)).ok();
        if let Some(cost) = place.and_then(|place| costs.get_mut(place)) {
            *cost = cost.plus(row.cost);
        }
    }
    Ok(costs)
}
