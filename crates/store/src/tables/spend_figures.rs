//! What organizations and projects have spent, set aside and reached in a month, read without a lock.

use std::collections::HashMap;

use keystead_core::budget::{BudgetFigures, BudgetSubject, BudgetTerms, OtherLease, Window};
use keystead_core::id::SpendAlertId;
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use super::{amount, id, optional_time, time};
use crate::{Error, Row, Tx, Value};

/// Returns the figures of each subject in the month of this moment, in the order of the subjects. Limit and spend are
/// those by which requests are refused.
pub async fn find(tx: &mut Tx, subjects: &[BudgetSubject], at: Timestamp) -> Result<Vec<BudgetFigures>, Error> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=subjects.len()).map(|place| format!("${place}")).collect();
    let (terms, month) = (subjects.len() + 1, subjects.len() + 2);
    let scope = format!("subject IN ({}) AND terms = ${terms}", places.join(", "));
    let ids = || subjects.iter().map(|subject| Value::from(subject.as_str()));
    let limits = || ids().chain([BudgetTerms::SPEND_LIMIT.to_string().into()]);
    let of_month = || limits().chain([Window::month(at).start.0.into()]).collect();
    let mut found: HashMap<String, BudgetFigures> = HashMap::new();
    let budgets = format!("SELECT subject, most, most_picos FROM budgets WHERE {scope}");
    for row in &tx.all_built(budgets, limits().collect()).await? {
        found.entry(row.text(0)?).or_default().limit = Some(amount(row, 1)?);
    }
    let counters =
        format!("SELECT subject, spent, spent_picos FROM spend_counters WHERE {scope} AND window_start = ${month}");
    for row in &tx.all_built(counters, of_month()).await? {
        found.entry(row.text(0)?).or_default().spent = amount(row, 1)?;
    }
    let leases = format!(
        "SELECT subject, granted, granted_picos, committed, committed_picos, consumed, consumed_picos, ends_at \
         FROM spend_leases \
         WHERE {scope} AND window_start = ${month}"
    );
    for row in &tx.all_built(leases, of_month()).await? {
        let lease = OtherLease {
            granted: amount(row, 1)?,
            committed: amount(row, 3)?,
            consumed: amount(row, 5)?,
            ends_at: time(row, 7)?,
            ..OtherLease::default()
        };
        add(&mut found, row.text(0)?, lease.open(at));
    }
    let holds =
        format!("SELECT subject, amount, amount_picos FROM spend_holds WHERE {scope} AND window_start = ${month}");
    for row in &tx.all_built(holds, of_month()).await? {
        let held = amount(row, 1)?;
        add(&mut found, row.text(0)?, held);
    }
    Ok(subjects.iter().map(|subject| found.get(subject.as_str()).copied().unwrap_or_default()).collect())
}

fn add(found: &mut HashMap<String, BudgetFigures>, subject: String, held: Amount) {
    let figures = found.entry(subject).or_default();
    figures.set_aside = figures.set_aside.plus(held);
}

/// An alert that is reached in a month, or has its threshold passed since before it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertOfMonth {
    /// The alert.
    pub id: SpendAlertId,
    /// When it was reached and what was spent then; `None` when the threshold was passed before the alert was set, and
    /// no mail is sent in this month.
    pub reached: Option<(Timestamp, Amount)>,
    /// When its mails were queued.
    pub mailed_at: Option<Timestamp>,
}

/// Returns which alerts of an organization or project are reached in the month of this moment.
pub async fn alerts_of_month(tx: &mut Tx, subject: &BudgetSubject, at: Timestamp) -> Result<Vec<AlertOfMonth>, Error> {
    const SQL: &str = "SELECT id, reached_at, reached, reached_picos, mailed_at FROM spend_alerts \
                       WHERE subject = $1 AND reached_window = $2 ORDER BY id";
    let rows = tx.all(SQL, vec![subject.as_str().into(), Window::month(at).start.0.into()]).await?;
    let read = |row: &Row| {
        let reached = match optional_time(row, 1)? {
            Some(at) => Some((at, amount(row, 2)?)),
            None => None,
        };
        Ok(AlertOfMonth { id: id(row, 0, "spend_alerts")?, reached, mailed_at: optional_time(row, 4)? })
    };
    rows.iter().map(read).collect()
}
