//! The budget of an organization's prepaid credit, as its ledger reads and sets it.

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetTerms, Window};
use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;

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
