//! The budget of an organization's prepaid credit, as its ledger reads and sets it.

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetTerms, Window};
use keystead_core::id::{BudgetId, OrganizationId};
use keystead_core::money::Amount;
use keystead_core::time::Timestamp;

use super::{budgets, changes, spend_counters};
use crate::{Error, Tx};

/// The budget of an organization's credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreditBudget {
    /// The most that may ever be spent; `None` when credit limits nothing.
    pub most: Option<Amount>,
    /// What is counted as spent.
    pub spent: Amount,
}

impl CreditBudget {
    /// What is left; negative when more was spent. `None` when credit limits nothing.
    #[must_use]
    pub fn left(&self) -> Option<Amount> {
        self.most.map(|most| most.minus(self.spent))
    }
}

/// Reads the budget.
pub async fn find(tx: &mut Tx, organization: &OrganizationId) -> Result<CreditBudget, Error> {
    let subject = BudgetSubject::Organization(organization.clone());
    let scope = BudgetScope { subject, terms: BudgetTerms::CREDIT };
    let Some(row) = budgets::find(tx, &scope).await? else { return Ok(CreditBudget::default()) };
    let spent = spend_counters::used(tx, &scope, Window::ALL_TIME).await?;
    Ok(CreditBudget { most: Some(row.budget.most), spent })
}

/// Reads the budget; until the end of the transaction, no usage of the organization is counted. It comes first in a
/// transaction.
pub async fn lock(tx: &mut Tx, organization: &OrganizationId) -> Result<CreditBudget, Error> {
    changes::lock(tx).await?;
    budgets::lock_counting(tx, organization).await?;
    find(tx, organization).await
}

/// Notes that no credit is left because the ledger took it, once until [`reopen`]; `set` is the budget as it is now. Usage
/// that takes the rest is noted where it is counted.
pub async fn note_exhausted(
    tx: &mut Tx,
    organization: &OrganizationId,
    set: CreditBudget,
    at: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "INSERT INTO budget_exhaustions (budget, organization, reached_window, reached_most, \
                       reached_most_picos, reached_at, reached, reached_picos) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (budget) DO UPDATE SET \
                       reached_window = excluded.reached_window, reached_most = excluded.reached_most, \
                       reached_most_picos = excluded.reached_most_picos, reached_at = excluded.reached_at, \
                       reached = excluded.reached, reached_picos = excluded.reached_picos, handled_at = NULL \
                       WHERE budget_exhaustions.reached_window < excluded.reached_window";
    let budget = BudgetId::of_credit(organization);
    let (most, spent) = (set.most.unwrap_or(Amount::ZERO).parts(), set.spent.parts());
    let mut values = vec![budget.as_str().into(), organization.as_str().into(), Window::ALL_TIME.start.0.into()];
    values.extend([most.0.into(), most.1.into(), at.0.into(), spent.0.into(), spent.1.into()]);
    tx.execute(SQL, values).await.map(|_| ())
}

/// There is credit again, so that its end is noted once more. What was noted and is not announced yet stays.
pub async fn reopen(tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    const SQL: &str = "UPDATE budget_exhaustions SET reached_window = -1 WHERE budget = $1";
    tx.execute(SQL, vec![BudgetId::of_credit(organization).as_str().into()]).await.map(|_| ())
}
