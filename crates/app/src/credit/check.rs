//! The proof that what was used, what it cost, what was counted and what is in the ledger are one figure.

use std::collections::BTreeMap;

use keystead_core::budget::Window;
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{Account, BillingMode};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::prices::{self, PriceRow};
use keystead_store::tables::{
    credit_accounts, credit_budgets, credit_lots, credit_usage, ledger, organizations, usage,
};

use super::book::{balance, position};
use crate::validate::operators_only;
use crate::{Actor, App, Error};

const DAY: i64 = 86_400;
/// Days for which the counters of months are certainly kept.
const COUNTERS_KEPT: i64 = 60;

/// Two figures that must be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The organization.
    pub organization: OrganizationId,
    /// The month (UTC), where the figures are of one.
    pub month: Option<Timestamp>,
    /// What the figures are, in words.
    pub about: String,
    /// The figure that was expected.
    pub expected: Amount,
    /// The figure that was found.
    pub found: Amount,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MoneyCheck {
    /// Organizations with usage or credit.
    pub organizations: usize,
    /// Months of organizations with usage.
    pub months: usize,
    /// Periods of models with an unchanged price, in which usage times price was compared with the cost.
    pub prices: usize,
    /// The cost of all usage.
    pub used: Amount,
    /// What of it is in the ledger.
    pub posted: Amount,
    /// The first difference; `None` when all figures agree.
    pub difference: Option<Difference>,
}

impl App {
    /// Compares, for every organization and month: the sums of usage, usage times prices, counters, the ledger, credit and
    /// its budget; all of them at one moment.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn check_money(&self, actor: &Actor) -> Result<MoneyCheck, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "check_money", |tx| {
            let mut check = MoneyCheck::default();
            let found = match usage_and_counters(tx, &mut check, self.now()).await? {
                Some(difference) => Some(difference),
                None => match usage_and_prices(tx, &mut check, self.now()).await? {
                    Some(difference) => Some(difference),
                    None => ledger_and_credit(tx, &mut check).await?,
                },
            };
            check.difference = found;
            Ok(check)
        })
    }
}

/// A difference, unless the figures are the same.
fn compare(
    (organization, month): (&OrganizationId, Option<Timestamp>),
    about: impl Into<String>,
    expected: Amount,
    found: Amount,
) -> Option<Difference> {
    let about = about.into();
    (expected != found).then(|| Difference { organization: organization.clone(), month, about, expected, found })
}

type ByMonth = BTreeMap<(OrganizationId, Timestamp), Amount>;

fn at(sums: &ByMonth, organization: &OrganizationId, month: Timestamp) -> Amount {
    sums.get(&(organization.clone(), month)).copied().unwrap_or(Amount::ZERO)
}

/// Sums of usage, sums for the ledger, counters of spend limits, and what is posted.
async fn usage_and_counters(tx: &mut Tx, check: &mut MoneyCheck, now: Timestamp) -> Result<Option<Difference>, Error> {
    let days: ByMonth =
        credit_usage::list_of_days(tx).await?.into_iter().map(|(org, month, cost)| ((org, month), cost)).collect();
    let counters: ByMonth =
        credit_usage::list_counters(tx).await?.into_iter().map(|(org, month, cost)| ((org, month), cost)).collect();
    let posted: ByMonth =
        ledger::list_posted(tx).await?.into_iter().map(|(org, month, sum)| ((org, month), sum.into())).collect();
    let months = credit_usage::list_all(tx).await?;
    check.months = months.len();
    let mut known: BTreeMap<&OrganizationId, (Amount, Amount)> = BTreeMap::new();
    for row in &months {
        let (organization, month) = (&row.organization, row.month);
        let place = (organization, Some(month));
        let kept = now.since(month) < COUNTERS_KEPT * DAY || counters.contains_key(&(organization.clone(), month));
        let of_month = [
            Some((
                "sums of days of usage, and usage counted for the ledger",
                at(&days, organization, month),
                row.counted,
            )),
            kept.then(|| {
                (
                    "counter of the spend limit, and usage counted for the ledger",
                    at(&counters, organization, month),
                    row.admitted,
                )
            }),
            Some((
                "usage noted as posted, and usage in the ledger",
                row.posted.into(),
                at(&posted, organization, month),
            )),
        ];
        for (about, expected, found) in of_month.into_iter().flatten() {
            if let Some(difference) = compare(place, about, expected, found) {
                return Ok(Some(difference));
            }
        }
        if Amount::from(row.posted) > row.counted {
            let about = "more usage is in the ledger than was counted";
            return Ok(compare(place, about, row.counted, row.posted.into()));
        }
        let sums = known.entry(organization).or_default();
        *sums = (sums.0.plus(row.counted), sums.1.plus(row.admitted));
        check.used = check.used.plus(row.counted);
        check.posted = check.posted.plus(row.posted.into());
    }
    for (organization, (counted, admitted)) in &known {
        let about = "usage by the end and by the admission of requests";
        if let Some(difference) = compare((organization, None), about, *counted, *admitted) {
            return Ok(Some(difference));
        }
    }
    // Usage or postings of a month of which nothing was counted.
    let counted: std::collections::BTreeSet<_> =
        months.iter().map(|row| (row.organization.clone(), row.month)).collect();
    for (about, sums) in [("sums of days of usage", &days), ("usage in the ledger", &posted), ("counter", &counters)] {
        let alone = sums.iter().find(|(place, sum)| **sum != Amount::ZERO && !counted.contains(place));
        if let Some(((organization, month), sum)) = alone {
            let about = format!("{about}, of which nothing was counted for the ledger");
            return Ok(compare((organization, Some(*month)), about, Amount::ZERO, *sum));
        }
    }
    Ok(None)
}

/// Usage times price, in every period of whole days in which the price of a model was set by an operator and did not
/// change, nor on the day before: requests pay the price of their admission.
async fn usage_and_prices(tx: &mut Tx, check: &mut MoneyCheck, now: Timestamp) -> Result<Option<Difference>, Error> {
    let rows = prices::list(tx).await?;
    for (place, row) in rows.iter().enumerate() {
        let next = rows.get(place + 1).filter(|next: &&PriceRow| next.model == row.model);
        let until = next.map_or(now.plus(DAY), |next| next.holds_from).min(now.plus(DAY));
        let start = Timestamp(row.holds_from.0.saturating_add(2 * DAY - 1).div_euclid(DAY).saturating_mul(DAY));
        let end = Timestamp(until.0.div_euclid(DAY).saturating_mul(DAY));
        if start >= end {
            continue;
        }
        check.prices += 1;
        for (organization, total) in usage::list_of_organizations(tx, &row.model, (start, end)).await? {
            let cost = row.price.for_usage(total.kind, &total.attributes).cost_of_many(&total.used);
            let about = format!(
                "usage of {} times its price, and its cost ({}, {start} to {end})",
                total.model,
                total.kind.as_str()
            );
            if let Some(difference) = compare((&organization, None), about, cost, total.cost) {
                return Ok(Some(difference));
            }
        }
    }
    Ok(None)
}

/// Transactions in balance, lots, and the budget by which requests are refused.
async fn ledger_and_credit(tx: &mut Tx, check: &mut MoneyCheck) -> Result<Option<Difference>, Error> {
    if let Some((id, organization, sum)) = ledger::find_unbalanced(tx).await? {
        let about = format!("the entries of transaction {id} do not sum to zero, or are not two of one organization");
        return Ok(Some(Difference { organization, month: None, about, expected: Amount::ZERO, found: sum.into() }));
    }
    for organization in organizations::list(tx).await? {
        let id = &organization.id;
        let sums = ledger::sums(tx, id).await?;
        let account = credit_accounts::find(tx, id).await?;
        if !sums.is_empty() || account.is_some() {
            check.organizations += 1;
        }
        let lots = credit_lots::list(tx, id).await?;
        for (name, sum) in &sums {
            let wrong = match name {
                Account::Credit(lot) => {
                    let closed = lots.iter().find(|row| row.id == *lot).is_none_or(|row| row.closed_at.is_some());
                    sum.0 < 0 || (closed && sum.0 != 0)
                }
                Account::Receivable => sum.0 > 0,
                _ => false,
            };
            if wrong {
                let about = format!("account {name}");
                return Ok(compare((id, None), about, Amount::ZERO, (*sum).into()));
            }
        }
        let Some(account) = account.filter(|account| account.applied == BillingMode::Prepaid) else { continue };
        if organization.deactivated_at.is_some() {
            continue;
        }
        let position = position(tx, id, &lots).await?;
        let months = credit_usage::list(tx, id).await?;
        let own = balance(&position, &months, &account);
        let left = credit_budgets::find(tx, id).await?.left();
        let about = "balance of the ledger, and what the budget of credit leaves";
        if let Some(difference) = compare((id, None), about, own, left.unwrap_or(Amount::of_picos(i128::MIN))) {
            return Ok(Some(difference));
        }
    }
    Ok(None)
}

/// The name of a month, for people who read the proof.
#[must_use]
pub fn month_name(month: Timestamp) -> String {
    Window::month(month).start.to_string().chars().take(7).collect()
}
