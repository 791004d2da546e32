//! Alerts about the spend of organizations and projects. That an alert is reached is noted in the transaction that
//! counts the usage; its mails are queued afterwards.

use keystead_core::budget::{BudgetSubject, BudgetTerms};
use keystead_core::id::{OrganizationId, SpendAlertId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;
use serde_json::json;

use super::alert_recipients::OF_SPEND_ALERTS;
use super::list::List;
use super::spend_counters::Sums;
use super::{amount, id, removed_rows, time};
use crate::{Error, Listing, Page, PerEngine, Row, Tx};

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendAlert {
    pub id: SpendAlertId,
    pub organization: OrganizationId,
    /// The organization itself, or one of its projects.
    pub subject: BudgetSubject,
    /// The spend of a month at which mails are sent, in cents.
    pub cents: i64,
    /// Addresses that get a mail.
    pub recipients: Vec<String>,
    /// What the subject of the mails begins with.
    pub subject_prefix: Option<String>,
    pub created_at: Timestamp,
}

/// An alert that was reached, and of which no mail is queued yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedAlert {
    pub alert: SpendAlert,
    /// When the month began.
    pub window: Timestamp,
    /// What was spent when it was reached.
    pub spent: Amount,
    /// When it was reached.
    pub at: Timestamp,
}

/// The columns in the order in which [`alert`] reads them.
macro_rules! columns {
    () => {
        "id, organization, subject, cents, recipients, subject_prefix, created_at"
    };
}

fn alert(row: &Row) -> Result<SpendAlert, Error> {
    let corrupt = |id: String| Error::Corrupt { table: "spend_alerts", id };
    let recipients = row.text(4)?;
    Ok(SpendAlert {
        id: id(row, 0, "spend_alerts")?,
        organization: id(row, 1, "spend_alerts")?,
        subject: id(row, 2, "spend_alerts")?,
        cents: row.int(3)?,
        recipients: serde_json::from_str(&recipients).map_err(|_| corrupt(recipients))?,
        subject_prefix: row.optional_text(5)?,
        created_at: time(row, 6)?,
    })
}

fn recipients(row: &SpendAlert) -> String {
    serde_json::Value::from(row.recipients.clone()).to_string()
}

/// Inserts an alert. `passed` is the month in which the threshold is passed already: it is reached in a later one.
pub async fn insert(tx: &mut Tx, row: &SpendAlert, passed: Option<Timestamp>) -> Result<(), Error> {
    const SQL: &str =
        concat!("INSERT INTO spend_alerts (", columns!(), ", reached_window) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let values = vec![
        row.id.as_str().into(),
        row.organization.as_str().into(),
        row.subject.as_str().into(),
        row.cents.into(),
        recipients(row).into(),
        row.subject_prefix.as_deref().into(),
        row.created_at.0.into(),
        passed.map_or(0, |window| window.0).into(),
    ];
    tx.execute(SQL, values).await?;
    OF_SPEND_ALERTS.save(tx, row.id.as_str(), &recipients(row)).await
}

/// Lists the alerts of an organization or project.
///
/// # Errors
/// [`Error::Missing`] for an unknown cursor.
pub async fn list(tx: &mut Tx, subject: &BudgetSubject, page: &Page) -> Result<Listing<SpendAlert>, Error> {
    let list = List {
        select: concat!("SELECT ", columns!(), " FROM spend_alerts"),
        table: "spend_alerts",
        source: "spend_alerts",
        id: "id",
        scope: "spend_alerts.subject = $1",
        filter: "TRUE",
        values: vec![subject.as_str().into()],
        filter_values: Vec::new(),
        page,
    };
    list.rows(tx, alert).await
}

/// Counts the alerts of an organization or project.
pub async fn count(tx: &mut Tx, subject: &BudgetSubject) -> Result<i64, Error> {
    const SQL: &str = "SELECT COUNT(*) FROM spend_alerts WHERE subject = $1";
    tx.optional(SQL, vec![subject.as_str().into()]).await?.map_or(Ok(0), |row| row.int(0))
}

/// Finds an alert of an organization or project.
pub async fn find(tx: &mut Tx, subject: &BudgetSubject, id: &SpendAlertId) -> Result<Option<SpendAlert>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM spend_alerts WHERE subject = $1 AND id = $2");
    let values = vec![subject.as_str().into(), id.as_str().into()];
    tx.optional(SQL, values).await?.as_ref().map(alert).transpose()
}

/// Replaces threshold and recipients. With another threshold, it can be reached again in the same month, unless that is
/// `passed` already.
///
/// # Errors
/// [`Error::Missing`] when there is no such alert.
pub async fn update(tx: &mut Tx, row: &SpendAlert, passed: Option<Timestamp>) -> Result<(), Error> {
    const SQL: &str = "UPDATE spend_alerts SET cents = $3, recipients = $4, subject_prefix = $5, \
                       reached_window = CASE WHEN cents = $3 THEN reached_window ELSE $6 END, \
                       reached_at = CASE WHEN cents = $3 THEN reached_at END WHERE subject = $1 AND id = $2";
    let values = vec![
        row.subject.as_str().into(),
        row.id.as_str().into(),
        row.cents.into(),
        recipients(row).into(),
        row.subject_prefix.as_deref().into(),
        passed.map_or(0, |window| window.0).into(),
    ];
    match tx.execute(SQL, values).await? {
        0 => Err(Error::Missing),
        _ => OF_SPEND_ALERTS.save(tx, row.id.as_str(), &recipients(row)).await,
    }
}

/// Deletes an alert.
///
/// # Errors
/// [`Error::Missing`] when there is no such alert.
pub async fn delete(tx: &mut Tx, row: &SpendAlert, at: Timestamp) -> Result<(), Error> {
    const SQL: &str = "DELETE FROM spend_alerts WHERE subject = $1 AND id = $2";
    let subject = row.subject.as_str();
    if tx.execute(SQL, vec![subject.into(), row.id.as_str().into()]).await? == 0 {
        return Err(Error::Missing);
    }
    removed_rows::insert(tx, "spend_alerts", subject, row.id.as_str(), (row.created_at, at)).await
}

/// Notes which alerts the new totals reach: each once for a month.
pub(super) async fn reach(tx: &mut Tx, totals: &Sums, at: Timestamp) -> Result<(), Error> {
    // One statement for all subjects; each engine has its own syntax to unpack them.
    const OF_SUBJECTS: PerEngine = PerEngine {
        sqlite: "SELECT id, subject, cents, reached_window FROM spend_alerts \
                 WHERE subject IN (SELECT value->>0 FROM json_each($1)) ORDER BY id",
        postgres: "SELECT id, subject, cents, reached_window FROM spend_alerts \
                   WHERE subject IN (SELECT value->>0 FROM jsonb_array_elements(CAST($1 AS JSONB)) AS listed(value)) \
                   ORDER BY id",
    };
    const REACH: &str = "UPDATE spend_alerts SET reached_window = $2, reached_at = $3, reached = $4, reached_picos = $5, \
                         mailed_at = NULL, announced_at = NULL WHERE id = $1 AND reached_window < $2";
    let limit = BudgetTerms::SPEND_LIMIT;
    let of_months = totals.keys().filter(|(_, terms, _)| *terms == limit);
    let subjects: Vec<_> = of_months.map(|(subject, ..)| json!([subject])).collect();
    if subjects.is_empty() {
        return Ok(());
    }
    let sql = tx.pick(OF_SUBJECTS);
    for row in &tx.all(sql, vec![json!(subjects).to_string().into()]).await? {
        let (subject, cents, known) = (row.text(1)?, Amount::of_cents(row.int(2)?), row.int(3)?);
        // The latest month, in case the events of a batch are of two.
        let mut reached = totals.range((subject.clone(), limit, known.saturating_add(1))..=(subject, limit, i64::MAX));
        let Some(((.., window), total)) = reached.rfind(|(_, total)| **total >= cents) else { continue };
        let (micros, picos) = total.parts();
        let values = vec![row.text(0)?.into(), (*window).into(), at.0.into(), micros.into(), picos.into()];
        tx.execute(REACH, values).await?;
    }
    Ok(())
}

/// Whether an alert was reached of which no mail is queued.
pub async fn has_reached(tx: &mut Tx) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM spend_alerts WHERE reached_at IS NOT NULL AND mailed_at IS NULL LIMIT 1";
    Ok(tx.optional(SQL, vec![]).await?.is_some())
}

/// Whether an alert was reached of which no event is queued.
pub async fn has_unannounced(tx: &mut Tx) -> Result<bool, Error> {
    const SQL: &str = "SELECT 1 FROM spend_alerts WHERE reached_at IS NOT NULL AND announced_at IS NULL LIMIT 1";
    Ok(tx.optional(SQL, vec![]).await?.is_some())
}

/// Claims alerts that were reached, so that their events for webhooks are queued in the same transaction.
pub async fn claim_unannounced(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<ReachedAlert>, Error> {
    const SQL: &str = concat!(
        "UPDATE spend_alerts SET announced_at = $1 WHERE id IN (SELECT id FROM spend_alerts WHERE reached_at IS NOT NULL \
         AND announced_at IS NULL ORDER BY reached_at, id LIMIT $2) AND announced_at IS NULL AND reached_at IS NOT NULL \
         RETURNING ",
        columns!(),
        ", reached_window, reached, reached_picos, reached_at"
    );
    claimed(tx, SQL, now, limit).await
}

async fn claimed(tx: &mut Tx, sql: &'static str, now: Timestamp, limit: u32) -> Result<Vec<ReachedAlert>, Error> {
    let rows = tx.all(sql, vec![now.0.into(), i64::from(limit).into()]).await?;
    let reached = |row: &Row| {
        Ok(ReachedAlert { alert: alert(row)?, window: time(row, 7)?, spent: amount(row, 8)?, at: time(row, 10)? })
    };
    rows.iter().map(reached).collect()
}

/// Claims alerts that were reached, so that their mails are queued in the same transaction.
pub async fn claim_reached(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<ReachedAlert>, Error> {
    const SQL: &str = concat!(
        "UPDATE spend_alerts SET mailed_at = $1 WHERE id IN (SELECT id FROM spend_alerts WHERE reached_at IS NOT NULL \
         AND mailed_at IS NULL ORDER BY reached_at, id LIMIT $2) AND mailed_at IS NULL AND reached_at IS NOT NULL \
         RETURNING ",
        columns!(),
        ", reached_window, reached, reached_picos, reached_at"
    );
    claimed(tx, SQL, now, limit).await
}

/// Removes an address from the recipients of every alert, when the account with this address is deleted. Returns the alerts
/// that no one receives any more, for their deletion.
pub async fn forget_recipient(tx: &mut Tx, address: &str) -> Result<Vec<SpendAlert>, Error> {
    // The rows are locked, so that no other transaction changes the lists that are read.
    const FIND: &str = concat!(
        "UPDATE spend_alerts SET recipients = recipients WHERE id IN (SELECT alert FROM spend_alert_recipients \
         WHERE address = $1) RETURNING ",
        columns!()
    );
    const UPDATE: &str = "UPDATE spend_alerts SET recipients = $2 WHERE id = $1";
    let mut empty = Vec::new();
    for row in &tx.all(FIND, vec![address.into()]).await? {
        let mut alert = alert(row)?;
        alert.recipients.retain(|one| one != address);
        tx.execute(UPDATE, vec![alert.id.as_str().into(), recipients(&alert).into()]).await?;
        if alert.recipients.is_empty() {
            empty.push(alert);
        }
    }
    OF_SPEND_ALERTS.forget(tx, address).await?;
    // Audit events are recorded in this order.
    empty.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    Ok(empty)
}
