//! Spend limits: the most that an organization, or one of its projects, may spend in a calendar month (UTC).

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetZone, MOST_CENTS, Measure};
use keystead_core::id::{BudgetId, OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::spend_counters;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

/// A limit, and whether it is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendLimitView {
    /// The limit in cents.
    pub cents: i64,
    /// Whether all of it is spent in the present month, so that every request that costs something is refused.
    pub reached: bool,
}

impl App {
    /// Returns the limit of the organization or of one of its projects.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project, or when there is no limit.
    pub async fn spend_limit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
    ) -> Result<SpendLimitView, Error> {
        let subject = BudgetSubject::of(organization, project);
        read_tx!(self.store(), "spend_limit", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            let limit = budgets::find(tx, &BudgetScope::spend_limit(subject.clone())).await?;
            let limit = limit.ok_or_else(|| Error::not_found("spend limit", subject.as_str()))?.budget.most;
            let spent = spend_counters::spent(tx, &subject, self.now()).await?;
            Ok(SpendLimitView { cents: Measure::Money.figure(limit), reached: spent >= limit })
        })
    }

    /// Sets or replaces a limit; it holds from the next request on.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing or archived, or when the limit is no amount.
    pub async fn set_spend_limit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        cents: i64,
    ) -> Result<SpendLimitView, Error> {
        if !(1..=MOST_CENTS).contains(&cents) {
            let message = format!("Invalid 'threshold_amount': must be between 1 and {MOST_CENTS} cents.");
            return Err(Error::invalid("threshold_amount", message));
        }
        let subject = BudgetSubject::of(organization, project);
        let id = self.draw(BudgetId::generate);
        write_tx!(self.store(), "set_spend_limit", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = project {
                open_project(tx, organization, project).await?;
            }
            let (scope, most) = (BudgetScope::spend_limit(subject.clone()), Measure::Money.amount(cents));
            let new = NewBudget { id: id.clone(), organization, scope: &scope, zone: BudgetZone::UTC, most };
            budgets::set(tx, new, self.now()).await?;
            let details = json!({ "changes_requested": { "threshold_amount": cents }, "project_id": project });
            let target = subject.as_str();
            let entry = AuditEntry { organization, action: "spend_limit.updated", target, details };
            self.record(tx, actor, entry).await?;
            let spent = spend_counters::spent(tx, &subject, self.now()).await?;
            Ok(SpendLimitView { cents, reached: spent >= most })
        })
    }

    /// Deletes a limit.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project, or when there is no limit.
    pub async fn delete_spend_limit(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
    ) -> Result<(), Error> {
        let subject = BudgetSubject::of(organization, project);
        write_tx!(self.store(), "delete_spend_limit", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            if !budgets::delete(tx, &BudgetScope::spend_limit(subject.clone()), self.now()).await? {
                return Err(Error::not_found("spend limit", subject.as_str()));
            }
            let (target, details) = (subject.as_str(), json!({ "project_id": project }));
            let entry = AuditEntry { organization, action: "spend_limit.deleted", target, details };
            self.record(tx, actor, entry).await
        })
    }
}
