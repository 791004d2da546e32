//! What organizations used in each month, counted in the transaction that counts their usage, and what of it is in the
//! ledger.

use std::collections::BTreeMap;

use keystead_core::budget::{BudgetTerms, Window};
use keystead_core::id::OrganizationId;
use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;
use keystead_core::usage::UsageEvent;
use serde_json::json;

use super::{amount, id, time};
use crate::{Error, PerEngine, Row, Tx};

/// What an organization used in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthOfUsage {
    /// The organization.
    pub organization: OrganizationId,
    /// When the month begins.
    pub month: Timestamp,
    /// The cost of requests that ended in it.
    pub counted: Amount,
    /// The cost of requests that were admitted in it.
    pub admitted: Amount,
    /// What of `counted` is in the ledger.
    pub posted: Micros,
}

/// Adds the cost of events.
pub(super) async fn count(tx: &mut Tx, events: &[UsageEvent]) -> Result<(), Error> {
    // Rows are locked in the map's order.
    let mut sums: BTreeMap<(&str, i64), (Amount, Amount)> = BTreeMap::new();
    // Nearly all events of a batch are of one month.
    let mut last = Window::month(Timestamp::default());
    let mut month_of = |at: Timestamp| {
        if !last.contains(at) {
            last = Window::month(at);
        }
        last.start.0
    };
    for event in events.iter().filter(|event| event.cost > Amount::ZERO) {
        // As in the sums of usage and in the counters.
        let cost = event.cost.min(Amount::MOST_OF_ONE_REQUEST);
        let ended = month_of(event.at);
        let admitted = event.charge.map_or(ended, |charge| month_of(charge.admitted_at));
        let organization = event.organization.as_str();
        let counted = &mut sums.entry((organization, ended)).or_default().0;
        *counted = counted.plus(cost);
        let of_admission = &mut sums.entry((organization, admitted)).or_default().1;
        *of_admission = of_admission.plus(cost);
    }
    if sums.is_empty() {
        return Ok(());
    }
    // One statement; each engine has its own syntax to unpack it.
    const UPSERT: PerEngine = PerEngine {
        sqlite: "INSERT INTO credit_usage (organization, window_start, counted, counted_picos, admitted, admitted_picos) \
                 SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 FROM json_each($1) WHERE TRUE \
                 ON CONFLICT (organization, window_start) DO UPDATE SET \
                 counted = credit_usage.counted + excluded.counted, \
                 counted_picos = credit_usage.counted_picos + excluded.counted_picos, \
                 admitted = credit_usage.admitted + excluded.admitted, \
                 admitted_picos = credit_usage.admitted_picos + excluded.admitted_picos",
        postgres: "INSERT INTO credit_usage (organization, window_start, counted, counted_picos, admitted, admitted_picos) \
                   SELECT value->>0, (value->>1)::BIGINT, (value->>2)::BIGINT, (value->>3)::BIGINT, \
                   (value->>4)::BIGINT, (value->>5)::BIGINT \
                   FROM jsonb_array_elements(CAST($1 AS JSONB)) WITH ORDINALITY AS listed(value, place) ORDER BY place \
                   ON CONFLICT (organization, window_start) DO UPDATE SET \
                   counted = credit_usage.counted + excluded.counted, \
                   counted_picos = credit_usage.counted_picos + excluded.counted_picos, \
                   admitted = credit_usage.admitted + excluded.admitted, \
                   admitted_picos = credit_usage.admitted_picos + excluded.admitted_picos",
    };
    let rows: Vec<_> = sums
        .iter()
        .map(|((organization, month), (counted, admitted))| {
            let ((counted, counted_picos), (admitted, admitted_picos)) = (counted.parts(), admitted.parts());
            json!([organization, month, counted, counted_picos, admitted, admitted_picos])
        })
        .collect();
    let sql = tx.pick(UPSERT);
    tx.execute(sql, vec![json!(rows).to_string().into()]).await.map(|_| ())
}

macro_rules! columns {
    () => {
        "organization, window_start, counted, counted_picos, admitted, admitted_picos, posted"
    };
}

fn month(row: &Row) -> Result<MonthOfUsage, Error> {
    Ok(MonthOfUsage {
        organization: id(row, 0, "credit_usage")?,
        month: time(row, 1)?,
        counted: amount(row, 2)?,
        admitted: amount(row, 4)?,
        posted: Micros(row.int(6)?),
    })
}

/// Lists the months of an organization, oldest first.
pub async fn list(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<MonthOfUsage>, Error> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM credit_usage WHERE organization = $1 ORDER BY window_start");
    tx.all(SQL, vec![organization.as_str().into()]).await?.iter().map(month).collect()
}

/// Lists the months of all organizations, by organization, oldest first.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<MonthOfUsage>, Error> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM credit_usage");
    let mut rows = tx.all(SQL, vec![]).await?.iter().map(month).collect::<Result<Vec<_>, _>>()?;
    // The engines sort text differently; sorting in Rust gives one order.
    rows.sort_by(|a, b| (&a.organization, a.month).cmp(&(&b.organization, b.month)));
    Ok(rows)
}

/// Locks the months of an organization and lists them, oldest first: until the end of the transaction, nothing is added
/// to them.
pub async fn lock(tx: &mut Tx, organization: &OrganizationId) -> Result<Vec<MonthOfUsage>, Error> {
    const SQL: &str = "UPDATE credit_usage SET posted = posted WHERE organization = $1";
    tx.execute(SQL, vec![organization.as_str().into()]).await?;
    list(tx, organization).await
}

/// Saves what of a month is in the ledger.
pub async fn set_posted(
    tx: &mut Tx,
    organization: &OrganizationId,
    month: Timestamp,
    posted: Micros,
) -> Result<(), Error> {
    const SQL: &str = "UPDATE credit_usage SET posted = $3 WHERE organization = $1 AND window_start = $2";
    tx.execute(SQL, vec![organization.as_str().into(), month.0.into(), posted.0.into()]).await.map(|_| ())
}

/// Lists organizations with usage that is counted and not posted, in whole micros.
pub async fn list_unposted(tx: &mut Tx, limit: u32) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "SELECT DISTINCT organization FROM credit_usage \
                       WHERE counted + counted_picos / 1000000 > posted ORDER BY organization LIMIT $1";
    tx.all(SQL, vec![i64::from(limit).into()]).await?.iter().map(|row| id(row, 0, "credit_usage")).collect()
}

/// The cost of usage by organization and month, from the sums of days; by organization, oldest first.
pub async fn list_of_days(tx: &mut Tx) -> Result<Vec<(OrganizationId, Timestamp, Amount)>, Error> {
    const SQL: &str = "SELECT organization, bucket_start, CAST(SUM(cost) AS BIGINT), CAST(SUM(cost_picos) AS BIGINT) \
                       FROM usage_days GROUP BY organization, bucket_start";
    let mut sums: BTreeMap<(OrganizationId, Timestamp), Amount> = BTreeMap::new();
    for row in &tx.all(SQL, vec![]).await? {
        let (cost, month) = (amount(row, 2)?, Window::month(time(row, 1)?).start);
        if cost != Amount::ZERO {
            let sum = sums.entry((id(row, 0, "usage_days")?, month)).or_default();
            *sum = sum.plus(cost);
        }
    }
    Ok(sums.into_iter().map(|((organization, month), cost)| (organization, month, cost)).collect())
}

/// The counters of spend limits of organizations by month; by organization, oldest first. Counters of old months are
/// deleted.
pub async fn list_counters(tx: &mut Tx) -> Result<Vec<(OrganizationId, Timestamp, Amount)>, Error> {
    const SQL: &str = "SELECT c.subject, c.window_start, c.spent, c.spent_picos FROM spend_counters c \
                       JOIN organizations o ON o.id = c.subject WHERE c.terms = $1";
    let rows = tx.all(SQL, vec![BudgetTerms::SPEND_LIMIT.to_string().into()]).await?;
    let read = |row: &Row| Ok((id(row, 0, "spend_counters")?, time(row, 1)?, amount(row, 2)?));
    let mut found = rows.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    found.sort();
    Ok(found)
}
