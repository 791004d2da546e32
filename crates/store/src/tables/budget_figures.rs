//! What of budgets is used and set aside in the running periods, read without a lock.

use keystead_core::budget::{Budget, BudgetFigures, OtherLease};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use super::{amount, time};
use crate::{Error, Tx};

/// Returns the figures of each budget in the period of this moment. Limit and use are those by which requests are
/// refused.
pub async fn find(tx: &mut Tx, budgets: &[Budget], at: Timestamp) -> Result<Vec<BudgetFigures>, Error> {
    let mut found = Vec::with_capacity(budgets.len());
    for budget in budgets {
        found.push(find_one(tx, budget, at).await?);
    }
    Ok(found)
}

async fn find_one(tx: &mut Tx, budget: &Budget, at: Timestamp) -> Result<BudgetFigures, Error> {
    // The first column says what a row is: the counter, a lease, or what something pending holds.
    const SQL: &str = "SELECT 'used', spent, spent_picos, spent, spent, spent, spent, spent FROM spend_counters \
                       WHERE subject = $1 AND terms = $2 AND window_start = $3 \
                       UNION ALL SELECT 'leased', granted, granted_picos, committed, committed_picos, consumed, \
                       consumed_picos, ends_at FROM spend_leases \
                       WHERE subject = $1 AND terms = $2 AND window_start = $3 \
                       UNION ALL SELECT 'held', amount, amount_picos, amount, amount, amount, amount, amount \
                       FROM spend_holds WHERE subject = $1 AND terms = $2 AND window_start = $3";
    let scope = &budget.scope;
    let (subject, terms) = (scope.subject.as_str(), scope.terms.to_string());
    let values = vec![subject.into(), terms.into(), budget.window(at).start.0.into()];
    let mut figures = BudgetFigures { limit: Some(budget.most), ..BudgetFigures::default() };
    for row in &tx.all(SQL, values).await? {
        let first = amount(row, 1)?;
        let set_aside = match row.text(0)?.as_str() {
            "used" => {
                figures.spent = first;
                Amount::ZERO
            }
            "leased" => {
                let lease = OtherLease {
                    granted: first,
                    committed: amount(row, 3)?,
                    consumed: amount(row, 5)?,
                    ends_at: time(row, 7)?,
                    ..OtherLease::default()
                };
                lease.open(at)
            }
            _ => first,
        };
        figures.set_aside = figures.set_aside.plus(set_aside);
    }
    Ok(figures)
}
