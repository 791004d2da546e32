//! Alerts about budgets that are reached, and budgets of which all is used. Both are noted in the transaction that counts
//! what was used; mails and webhooks are queued afterwards.

use std::collections::HashMap;

use keystead_core::budget::{Budget, BudgetScope, BudgetTerms, Threshold};
use keystead_core::id::{BudgetAlertId, BudgetId, OrganizationId, WebhookEndpointId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use serde_json::json;

use super::alert_recipients::OF_BUDGET_ALERTS;
use super::budgets::{BudgetRow, OfSubjects};
use super::list::List;
use super::spend_counters::Sums;
use super::{amount, id, optional_time, removed_rows, time};
use crate::{Error, Listing, Page, PerEngine, Row, Tx};

const TABLE: &str = "budget_alerts";

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetAlert {
    pub id: BudgetAlertId,
    pub organization: OrganizationId,
    pub budget: BudgetId,
    pub threshold: Threshold,
    /// Addresses that get a mail.
    pub recipients: Vec<String>,
    /// Whether the owners of the organization get a mail, those at the time when it is reached.
    pub owners: bool,
    /// The webhooks that get an event; `None` is every one that is subscribed.
    pub webhooks: Option<Vec<WebhookEndpointId>>,
    pub created_at: Timestamp,
    /// When it was last reached, and what was used then.
    pub last_reached: Option<(Timestamp, Amount)>,
}

/// What was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedThreshold {
    /// The alert; `None` when all of a budget is used, which is noted without one.
    pub alert: Option<BudgetAlert>,
    pub organization: OrganizationId,
    pub budget: BudgetId,
    pub threshold: Threshold,
    /// When the period began.
    pub window: Timestamp,
    /// What was used when it was reached.
    pub used: Amount,
    /// The budget at that time.
    pub most: Amount,
    /// When it was reached.
    pub at: Timestamp,
}

/// The columns in the order in which [`alert`] reads them.
macro_rules! columns {
    () => {
        "id, organization, budget, percent, amount, amount_picos, recipients, webhooks, created_at, reached_at, reached, \
         reached_picos, owners"
    };
}

/// Reads a threshold from the columns of the share and of the amount after it.
fn threshold(row: &Row, column: usize) -> Result<Threshold, Error> {
    match row.optional_int(column)? {
        Some(percent) => Ok(Threshold::Share(percent)),
        None => amount(row, column + 1).map(Threshold::Amount),
    }
}

fn list_of<T: std::str::FromStr>(text: &str) -> Result<Vec<T>, Error> {
    let corrupt = || Error::Corrupt { table: TABLE, id: text.to_owned() };
    let all: Vec<String> = serde_json::from_str(text).map_err(|_| corrupt())?;
    all.iter().map(|one| one.parse().map_err(|_| corrupt())).collect()
}

fn alert(row: &Row) -> Result<BudgetAlert, Error> {
    let webhooks = row.optional_text(7)?;
    let reached_at = optional_time(row, 9)?;
    Ok(BudgetAlert {
        id: id(row, 0, TABLE)?,
        organization: id(row, 1, TABLE)?,
        budget: id(row, 2, TABLE)?,
        threshold: threshold(row, 3)?,
        recipients: list_of(&row.text(6)?)?,
        owners: row.bool(12)?,
        webhooks: webhooks.as_deref().map(list_of).transpose()?,
        created_at: time(row, 8)?,
        last_reached: match reached_at {
            Some(at) => Some((at, amount(row, 10)?)),
            None => None,
        },
    })
}

/// The share, and the parts of the amount, as columns.
fn columns_of(threshold: Threshold) -> (Option<i64>, (i64, i64)) {
    match threshold {
        Threshold::Share(percent) => (Some(percent), (0, 0)),
        Threshold::Amount(amount) => (None, amount.parts()),
    }
}

fn webhooks_of(row: &BudgetAlert) -> Option<String> {
    row.webhooks.as_ref().map(|ids| json!(ids).to_string())
}

/// Inserts an alert. `passed` is the period in which its threshold is passed already, with the budget: it is reached in a
/// later one.
pub async fn insert(tx: &mut Tx, row: &BudgetAlert, passed: Option<(Timestamp, Amount)>) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO budget_alerts (id, organization, budget, percent, amount, amount_picos, recipients, \
                       webhooks, created_at, reached_window, reached_most, reached_most_picos, owners) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let (percent, (micros, picos)) = columns_of(row.threshold);
    let (window, most) = passed.map_or((-1, Amount::ZERO), |(window, most)| (window.0, most));
    let recipients = json!(row.recipients).to_string();
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.budget.as_str().into(),
        percent.into(),
        micros.into(),
        picos.into(),
        recipients.as_str().into(),
        webhooks_of(row).as_deref().into(),
        row.created_at.0.into(),
        window.into(),
        most.parts().0.into(),
        most.parts().1.into(),
        row.owners.into(),
    ];
    tx.execute(SQL, values).await?;
    OF_BUDGET_ALERTS.save(tx, row.id.as_str(), &recipients).await
}

/// Lists the alerts of an organization.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, organization: &OrganizationId, page: &Page) -> Result<Listing<BudgetAlert>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM budget_alerts"),
        table: TABLE,
        source: TABLE,
        id: "id",
        scope: "budget_alerts.organization = $1",
        filter: "TRUE",
        values: vec![organization.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, alert).await
}

/// Lists the alerts of a budget, oldest first.
pub async fn list_of_budget(tx: &mut Tx, budget: &BudgetId) -> Result<Vec<BudgetAlert>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM budget_alerts WHERE budget = $1 ORDER BY created_at, id");
    tx.all(SQL, vec![budget.as_str().into()]).await?.iter().map(alert).collect()
}

/// Counts the alerts of a budget.
pub async fn count(tx: &mut Tx, budget: &BudgetId) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM budget_alerts WHERE budget = $1";
    tx.optional(SQL, vec![budget.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Finds an alert of an organization.
pub async fn find(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &BudgetAlertId,
) -> Result<Option<BudgetAlert>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM budget_alerts WHERE organization = $1 AND id = $2");
    let values = vec![organization.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(alert).transpose()
}

/// Replaces threshold, recipients and webhooks. With another threshold, it can be reached again in the same period, unless
/// that is `passed` already. `false` when there is no such alert.
pub async fn update(tx: &mut Tx, row: &BudgetAlert, passed: Option<(Timestamp, Amount)>) -> Result<bool, Error> {
    const SAME: &str = "UPDATE budget_alerts SET recipients = $3, webhooks = $4, owners = $5 \
                        WHERE organization = $1 AND id = $2";
    const OTHER: &str = "UPDATE budget_alerts SET recipients = $3, webhooks = $4, owners = $5, percent = $6, amount = $7, \
                         amount_picos = $8, reached_window = $9, reached_most = $10, reached_most_picos = $11, \
                         reached_at = NULL, handled_at = NULL WHERE organization = $1 AND id = $2";
    let Some(before) = find(tx, &row.organization, &row.id).await? else { return Ok(false) };
    let recipients = json!(row.recipients).to_string();
    let mut values = vec![
        row.organization.as_str().into(),
        row.id.as_str().into(),
        recipients.as_str().into(),
        webhooks_of(row).as_deref().into(),
        row.owners.into(),
    ];
    let sql = if before.threshold == row.threshold {
        SAME
    } else {
        let (percent, (micros, picos)) = columns_of(row.threshold);
        let (window, most) = passed.map_or((-1, Amount::ZERO), |(window, most)| (window.0, most));
        values.extend([percent.into(), micros.into(), picos.into(), window.into()]);
        values.extend([most.parts().0.into(), most.parts().1.into()]);
        OTHER
    };
    if tx.execute(sql, values).await? == 0 {
        return Ok(false);
    }
    OF_BUDGET_ALERTS.save(tx, row.id.as_str(), &recipients).await?;
    Ok(true)
}

/// Deletes an alert; `false` when there is no such alert.
pub async fn delete(tx: &mut Tx, row: &BudgetAlert, at: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "DELETE FROM budget_alerts WHERE organization = $1 AND id = $2";
    let (organization, id) = (row.organization.as_str(), row.id.as_str());
    if tx.execute(SQL, vec![organization.into(), id.into()]).await? == 0 {
        return Ok(false);
    }
    removed_rows::insert(tx, TABLE, organization, id, (row.created_at, at)).await?;
    Ok(true)
}

/// The latest period that reaches a threshold of a budget which was last reached in the period `known`, when the budget
/// was `before`. The end of credit is reached once until its ledger has credit again (`credit_budgets::reopen`).
fn reached(
    Budget { scope, most, .. }: &Budget,
    totals: &Sums,
    threshold: Threshold,
    (known, before): (i64, Amount),
) -> Option<(i64, Amount)> {
    let again = scope.terms != BudgetTerms::CREDIT && threshold.is_open_again(before, *most);
    let first = if again { known } else { known.saturating_add(1) };
    counted(scope, totals, first).rfind(|(_, used)| threshold.is_reached(*used, *most))
}

/// The new totals of a scope, by period, from a period on.
fn counted(scope: &BudgetScope, totals: &Sums, first: i64) -> impl DoubleEndedIterator<Item = (i64, Amount)> {
    let place = |window: i64| (scope.subject.as_str().to_owned(), scope.terms, window);
    totals.range(place(first)..=place(i64::MAX)).map(|((.., window), used)| (*window, *used))
}

/// Notes which thresholds of the `known` budgets the new totals reach: each once for a period.
pub(super) async fn reach(tx: &mut Tx, totals: &Sums, known: &OfSubjects, at: Timestamp) -> Result<(), Error> {
    let is_counted = |row: &&BudgetRow| counted(&row.budget.scope, totals, i64::MIN).next().is_some();
    let mut budgets: Vec<&BudgetRow> = known.values().flatten().filter(is_counted).collect();
    if budgets.is_empty() {
        return Ok(());
    }
    // Rows are locked in this order.
    budgets.sort_by(|one, other| one.budget.id.as_str().cmp(other.budget.id.as_str()));
    reach_alerts(tx, totals, &budgets, at).await?;
    reach_ends(tx, totals, &budgets, at).await
}

async fn reach_alerts(tx: &mut Tx, totals: &Sums, budgets: &[&BudgetRow], at: Timestamp) -> Result<(), Error> {
    const OF_BUDGETS: PerEngine = PerEngine {
        sqlite: "SELECT id, budget, percent, amount, amount_picos, reached_window, reached_most, reached_most_picos \
                 FROM budget_alerts WHERE budget IN (SELECT value FROM json_each($1)) ORDER BY id",
        postgres: "SELECT id, budget, percent, amount, amount_picos, reached_window, reached_most, reached_most_picos \
                   FROM budget_alerts WHERE budget IN \
                   (SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value)) ORDER BY id",
    };
    const REACH: &str = "UPDATE budget_alerts SET reached_window = $2, reached_most = $3, reached_most_picos = $4, \
                         reached_at = $5, reached = $6, reached_picos = $7, handled_at = NULL WHERE id = $1 \
                         AND (reached_window < $2 OR (reached_window = $2 AND percent IS NOT NULL \
                         AND (reached_most, reached_most_picos) < ($3, $4)))";
    let ids: Vec<&str> = budgets.iter().map(|one| one.budget.id.as_str()).collect();
    let sql = tx.pick(OF_BUDGETS);
    for row in &tx.all(sql, vec![json!(ids).to_string().into()]).await? {
        let id = row.text(1)?;
        let Some(BudgetRow { budget, .. }) = budgets.iter().find(|one| one.budget.id.as_str() == id) else { continue };
        let known = (row.int(5)?, amount(row, 6)?);
        let Some((window, used)) = reached(budget, totals, threshold(row, 2)?, known) else { continue };
        let (most, used) = (budget.most.parts(), used.parts());
        let mut values = vec![row.text(0)?.into(), window.into(), most.0.into(), most.1.into()];
        values.extend([at.0.into(), used.0.into(), used.1.into()]);
        tx.execute(REACH, values).await?;
    }
    Ok(())
}

async fn reach_ends(tx: &mut Tx, totals: &Sums, budgets: &[&BudgetRow], at: Timestamp) -> Result<(), Error> {
    const OF_BUDGETS: PerEngine = PerEngine {
        sqlite: "SELECT budget, reached_window, reached_most, reached_most_picos FROM budget_exhaustions \
                 WHERE budget IN (SELECT value FROM json_each($1))",
        postgres: "SELECT budget, reached_window, reached_most, reached_most_picos FROM budget_exhaustions \
                   WHERE budget IN (SELECT value FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS listed(value))",
    };
    const REACH: &str = "INSERT INTO budget_exhaustions (budget, organization, reached_window, reached_most, \
                         reached_most_picos, reached_at, reached, reached_picos) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (budget) DO UPDATE SET \
                         reached_window = excluded.reached_window, reached_most = excluded.reached_most, \
                         reached_most_picos = excluded.reached_most_picos, reached_at = excluded.reached_at, \
                         reached = excluded.reached, reached_picos = excluded.reached_picos, handled_at = NULL \
                         WHERE budget_exhaustions.reached_window < excluded.reached_window \
                         OR (budget_exhaustions.reached_window = excluded.reached_window \
                         AND (budget_exhaustions.reached_most, budget_exhaustions.reached_most_picos) \
                         < (excluded.reached_most, excluded.reached_most_picos))";
    let full = Threshold::Share(100);
    let ids: Vec<&str> = budgets.iter().map(|one| one.budget.id.as_str()).collect();
    let sql = tx.pick(OF_BUDGETS);
    let mut known = HashMap::new();
    for row in &tx.all(sql, vec![json!(ids).to_string().into()]).await? {
        known.insert(row.text(0)?, (row.int(1)?, amount(row, 2)?));
    }
    for BudgetRow { organization, budget, .. } in budgets {
        let before = known.get(budget.id.as_str()).copied().unwrap_or((-1, Amount::ZERO));
        let Some((window, used)) = reached(budget, totals, full, before) else { continue };
        let (most, used) = (budget.most.parts(), used.parts());
        let mut values = vec![budget.id.as_str().into(), organization.as_str().into()];
        values.extend([window.into(), most.0.into(), most.1.into(), at.0.into(), used.0.into(), used.1.into()]);
        tx.execute(REACH, values).await?;
    }
    Ok(())
}

/// Whether something was reached that is not handled.
pub async fn has_reached(tx: &mut Tx) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM budget_alerts WHERE reached_at IS NOT NULL AND handled_at IS NULL \
                       UNION ALL SELECT 1 FROM budget_exhaustions WHERE handled_at IS NULL LIMIT 1";
    Ok(tx.optional(SQL, vec![]).await?.is_some())
}

/// Claims what was reached, so that its mails and events are queued in the same transaction.
pub async fn claim_reached(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<ReachedThreshold>, Error> {
    const ALERTS: &str = concat!(
        "UPDATE budget_alerts SET handled_at = $1 WHERE id IN (SELECT id FROM budget_alerts WHERE reached_at IS NOT NULL \
         AND handled_at IS NULL ORDER BY reached_at, id LIMIT $2) AND handled_at IS NULL AND reached_at IS NOT NULL \
         RETURNING ",
        columns!(),
        ", reached_window, reached_most, reached_most_picos"
    );
    const ENDS: &str = "UPDATE budget_exhaustions SET handled_at = $1 WHERE budget IN (SELECT budget \
                        FROM budget_exhaustions WHERE handled_at IS NULL ORDER BY reached_at, budget LIMIT $2) \
                        AND handled_at IS NULL RETURNING budget, organization, reached_window, reached_most, \
                        reached_most_picos, reached_at, reached, reached_picos";
    let values = || vec![now.0.into(), i64::from(limit).into()];
    let mut found = Vec::new();
    for row in &tx.all(ALERTS, values()).await? {
        let alert = alert(row)?;
        found.push(ReachedThreshold {
            organization: alert.organization.clone(),
            budget: alert.budget.clone(),
            threshold: alert.threshold,
            window: time(row, 13)?,
            used: amount(row, 10)?,
            most: amount(row, 14)?,
            at: time(row, 9)?,
            alert: Some(alert),
        });
    }
    for row in &tx.all(ENDS, values()).await? {
        found.push(ReachedThreshold {
            alert: None,
            organization: id(row, 1, "budget_exhaustions")?,
            budget: id(row, 0, "budget_exhaustions")?,
            threshold: Threshold::Share(100),
            window: time(row, 2)?,
            used: amount(row, 6)?,
            most: amount(row, 3)?,
            at: time(row, 5)?,
        });
    }
    Ok(found)
}

/// Removes an address from the recipients of every alert, when the account with this address is deleted. An alert that no
/// one receives any more stays, because its webhooks may.
pub async fn forget_recipient(tx: &mut Tx, address: &str) -> Result<u64, Error> {
    // The rows are locked, so that no other transaction changes the lists that are read.
    const FIND: &str = "UPDATE budget_alerts SET recipients = recipients WHERE id IN \
                        (SELECT alert FROM budget_alert_recipients WHERE address = $1) RETURNING id, recipients";
    const UPDATE: &str = "UPDATE budget_alerts SET recipients = $2 WHERE id = $1";
    let mut changed = 0;
    for row in &tx.all(FIND, vec![address.into()]).await? {
        let mut all: Vec<String> = list_of(&row.text(1)?)?;
        all.retain(|one| one != address);
        changed += tx.execute(UPDATE, vec![row.text(0)?.into(), json!(all).to_string().into()]).await?;
    }
    OF_BUDGET_ALERTS.forget(tx, address).await?;
    Ok(changed)
}
