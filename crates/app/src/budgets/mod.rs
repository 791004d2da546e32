//! Budgets of organizations, projects, persons and keys, as owners list, set, change and remove them, and as everyone sees
//! those that apply to them.

pub(crate) mod alert_mails;
pub mod alerts;
mod announce;
pub mod leases;

use keystead_core::budget::{
    BudgetFigures, BudgetKind, BudgetScope, BudgetSubject, BudgetTerms, BudgetZone, Interval, MOST_CENTS, Measure,
    SubjectKind, Window,
};
use keystead_core::caller::{Caller, Owner};
use keystead_core::id::{BudgetId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::scope::Scope;
pub use keystead_store::tables::budgets::BudgetRow;
use keystead_store::tables::budgets::{self, NewBudget};
use keystead_store::tables::{api_keys, budget_figures, memberships};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::roles::effective::permissions_of;
use crate::{Actor, App, Error};

/// The most budgets of an organization and of everything in it.
pub const MOST_BUDGETS: i64 = 1_000;

/// A budget, and what of it is used in the running period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetView {
    /// The budget.
    pub row: BudgetRow,
    /// What is used and set aside.
    pub figures: BudgetFigures,
    /// The running period.
    pub window: Window,
}

/// What a new budget limits, and to how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetSettings {
    /// What it is for.
    pub subject: BudgetSubject,
    /// What it measures.
    pub measure: Measure,
    /// The length of its periods.
    pub interval: Interval,
    /// The most that may be used in a period: cents, tokens or requests.
    pub amount: i64,
}

impl BudgetSettings {
    fn scope(&self) -> BudgetScope {
        BudgetScope { subject: self.subject.clone(), terms: BudgetTerms::limit(self.measure, self.interval) }
    }
}

fn checked(amount: i64, measure: Measure) -> Result<i64, Error> {
    if (1..=MOST_CENTS).contains(&amount) {
        return Ok(amount);
    }
    let unit = if measure == Measure::Money { "cents" } else { measure.as_str() };
    Err(Error::invalid("amount", format!("Invalid 'amount': must be between 1 and {MOST_CENTS} {unit}.")))
}

/// Whether a scope is a spend limit of the Administration API, which counts in UTC and has its own names in the audit log.
fn is_spend_limit(scope: &BudgetScope) -> bool {
    let kind = scope.subject.kind();
    scope.terms == BudgetTerms::SPEND_LIMIT && matches!(kind, SubjectKind::Organization | SubjectKind::Project)
}

/// The project of a subject, for the audit log.
fn project(subject: &BudgetSubject) -> Option<&ProjectId> {
    match subject {
        BudgetSubject::Project(id) => Some(id),
        _ => None,
    }
}

impl App {
    /// Lists the budgets of the organization and of everything in it.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the cursor of the page is unknown.
    pub async fn budgets(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<BudgetView>, Error> {
        read_tx!(self.store(), "budgets", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let Listing { data, has_more } = budgets::list(tx, organization, page).await?;
            Ok(Listing { data: views(self, tx, data).await?, has_more })
        })
    }

    /// Returns one budget.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such budget.
    pub async fn budget(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetId,
    ) -> Result<BudgetView, Error> {
        read_tx!(self.store(), "budget", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let row = budget_of(tx, organization, id).await?;
            view(self, tx, row).await
        })
    }

    /// Lists the budgets of one subject with what is used of them, the shortest period first: for those who may see usage,
    /// and for a person those of themselves and of their own keys.
    ///
    /// # Errors
    /// When the caller may not see them, or when there is no such subject.
    pub async fn budgets_of(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        subject: &BudgetSubject,
    ) -> Result<Vec<BudgetView>, Error> {
        read_tx!(self.store(), "budgets_of", |tx| {
            if is_own(tx, actor, organization, subject).await? {
                self.authorize_member(tx, actor, organization).await?;
            } else {
                self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            }
            ensure_known(tx, organization, subject, false).await?;
            let rows = budgets::list_of(tx, std::slice::from_ref(subject)).await?;
            views(self, tx, rows).await
        })
    }

    /// Lists the budgets that apply to a signed-in person in a project, in the order in which they refuse: those of the
    /// organization, of the project if they have a role there, and their own. A refusal names the same figures.
    ///
    /// # Errors
    /// When the person is no member.
    pub async fn budgets_applying(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Vec<BudgetView>, Error> {
        read_tx!(self.store(), "budgets_applying", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let Some(user) = actor.signed_in_user() else { return Ok(Vec::new()) };
            let mut subjects = vec![BudgetSubject::Organization(organization.clone())];
            let known = project_of(tx, organization, project).await.is_ok();
            if known && permissions_of(tx, organization, user, Some(project)).await?.is_some() {
                subjects.push(BudgetSubject::Project(project.clone()));
            }
            subjects.push(BudgetSubject::person(organization, user));
            let rows = budgets::list_of(tx, &subjects).await?;
            views(self, tx, rows).await
        })
    }

    /// What the running period of a new budget has used already: as much as that, and it refuses at once.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such subject.
    pub async fn budget_used_so_far(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        settings: &BudgetSettings,
    ) -> Result<Amount, Error> {
        let (scope, zone) = (settings.scope(), &self.settings().budget_zone);
        let zone = if is_spend_limit(&scope) { &BudgetZone::UTC } else { zone };
        read_tx!(self.store(), "budget_used_so_far", |tx| {
            // As for the list, which says what is used of budgets.
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            ensure_known(tx, organization, &scope.subject, false).await?;
            Ok(budgets::used_so_far(tx, organization, &scope, zone, self.now()).await?)
        })
    }

    /// Sets a new budget; it holds from the next request on, and begins with what its running period has used.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the subject is missing or archived, when the amount is not valid, when
    /// there is such a budget, or when there are [`MOST_BUDGETS`].
    pub async fn create_budget(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        settings: &BudgetSettings,
    ) -> Result<BudgetView, Error> {
        let amount = checked(settings.amount, settings.measure)?;
        let (scope, id) = (settings.scope(), self.draw(BudgetId::generate));
        let zone = if is_spend_limit(&scope) { BudgetZone::UTC } else { self.settings().budget_zone.clone() };
        write_tx!(self.store(), "create_budget", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            ensure_known(tx, organization, &scope.subject, true).await?;
            if let Some(row) = budgets::find(tx, &scope).await? {
                let message = format!(
                    "There is already a budget of {} in this interval for this subject: {}. Change that one.",
                    settings.measure.as_str(),
                    row.budget.id
                );
                return Err(Error::Conflict { message });
            }
            if budgets::count(tx, organization, self.now()).await? >= MOST_BUDGETS {
                return Err(Error::impossible(format!("An organization may have {MOST_BUDGETS} budgets.")));
            }
            let most = settings.measure.amount(amount);
            let new = NewBudget { id: id.clone(), organization, scope: &scope, zone: zone.clone(), most };
            let row = budgets::set(tx, new, self.now()).await?;
            record(self, tx, actor, &row, Some(("budget.created", amount))).await?;
            view(self, tx, row).await
        })
    }

    /// Changes how much a budget allows; it holds from the next request on. Less than is used refuses at once.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such budget, when it is prepaid credit, or when the amount is
    /// not valid.
    pub async fn change_budget(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetId,
        amount: i64,
    ) -> Result<BudgetView, Error> {
        write_tx!(self.store(), "change_budget", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let BudgetRow { budget, .. } = changeable(tx, organization, id).await?;
            let measure = budget.scope.terms.measure;
            let most = measure.amount(checked(amount, measure)?);
            let new = NewBudget {
                id: budget.id.clone(),
                organization,
                scope: &budget.scope,
                zone: budget.zone.clone(),
                most,
            };
            let row = budgets::set(tx, new, self.now()).await?;
            record(self, tx, actor, &row, Some(("budget.updated", amount))).await?;
            view(self, tx, row).await
        })
    }

    /// Removes a budget: it refuses nothing from the next request on.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such budget, or when it is prepaid credit.
    pub async fn delete_budget(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_budget", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let row = changeable(tx, organization, id).await?;
            budgets::delete(tx, &row.budget.scope, self.now()).await?;
            record(self, tx, actor, &row, None).await
        })
    }
}

/// The budgets that apply to requests of a caller, in the order in which they refuse.
pub(crate) async fn of_caller(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    organization: &OrganizationId,
    project: Option<&ProjectId>,
) -> Result<Vec<BudgetView>, Error> {
    let mut subjects = vec![BudgetSubject::Organization(organization.clone())];
    subjects.extend(project.cloned().map(BudgetSubject::Project));
    if let Owner::User(user) = &caller.owner {
        subjects.push(BudgetSubject::person(organization, user));
    }
    subjects.push(BudgetSubject::Key(caller.key.clone()));
    let rows = budgets::list_of(tx, &subjects).await?;
    views(app, tx, rows).await
}

async fn views(app: &App, tx: &mut Tx, rows: Vec<BudgetRow>) -> Result<Vec<BudgetView>, Error> {
    let now = app.now();
    let all: Vec<_> = rows.iter().map(|row| row.budget.clone()).collect();
    let figures = budget_figures::find(tx, &all, now).await?;
    let view = |(row, figures): (BudgetRow, BudgetFigures)| BudgetView { window: row.budget.window(now), row, figures };
    Ok(rows.into_iter().zip(figures).map(view).collect())
}

async fn view(app: &App, tx: &mut Tx, row: BudgetRow) -> Result<BudgetView, Error> {
    let missing = || Error::not_found("budget", "");
    views(app, tx, vec![row]).await?.pop().ok_or_else(missing)
}

async fn budget_of(tx: &mut Tx, organization: &OrganizationId, id: &BudgetId) -> Result<BudgetRow, Error> {
    budgets::find_by_id(tx, organization, id).await?.ok_or_else(|| Error::not_found("budget", id.as_str()))
}

async fn changeable(tx: &mut Tx, organization: &OrganizationId, id: &BudgetId) -> Result<BudgetRow, Error> {
    let row = budget_of(tx, organization, id).await?;
    if row.budget.scope.terms.kind == BudgetKind::Credit {
        return Err(Error::impossible("Prepaid credit is not changed as a budget. It is what was bought and granted."));
    }
    Ok(row)
}

/// Whether a subject is the signed-in person themselves, or a key of theirs.
async fn is_own(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    subject: &BudgetSubject,
) -> Result<bool, Error> {
    let Some(user) = actor.signed_in_user() else { return Ok(false) };
    Ok(match subject {
        BudgetSubject::Person(person) => person.user() == user && person.organization() == organization,
        BudgetSubject::Key(id) => {
            let key = api_keys::find(tx, id).await?;
            key.is_some_and(|key| {
                key.organization.as_ref() == Some(organization) && key.owner == Owner::User(user.clone())
            })
        }
        BudgetSubject::Organization(_) | BudgetSubject::Project(_) => false,
    })
}

/// Refuses a subject that is not of the organization, as if it did not exist; `open` refuses also what cannot be used any
/// more.
async fn ensure_known(
    tx: &mut Tx,
    organization: &OrganizationId,
    subject: &BudgetSubject,
    open: bool,
) -> Result<(), Error> {
    let found = match subject {
        BudgetSubject::Organization(id) => id == organization,
        BudgetSubject::Project(id) if open => open_project(tx, organization, id).await.map(|_| true)?,
        BudgetSubject::Project(id) => project_of(tx, organization, id).await.map(|_| true)?,
        BudgetSubject::Person(person) => {
            person.organization() == organization && memberships::find(tx, organization, person.user()).await?.is_some()
        }
        BudgetSubject::Key(id) => {
            let key = api_keys::find(tx, id).await?;
            key.is_some_and(|key| {
                key.organization.as_ref() == Some(organization) && !(open && key.revoked_at.is_some())
            })
        }
    };
    let kind = match subject.kind() {
        SubjectKind::Organization => "organization",
        SubjectKind::Project => "project",
        SubjectKind::Person => "user",
        SubjectKind::Key => "API key",
    };
    if found { Ok(()) } else { Err(Error::not_found(kind, subject.id())) }
}

/// Records what was set, or that the budget was removed. A spend limit of the Administration API has its own names,
/// whichever way it was changed.
pub(crate) async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &BudgetRow,
    set: Option<(&'static str, i64)>,
) -> Result<(), Error> {
    let (organization, scope) = (&row.organization, &row.budget.scope);
    let project_id = project(&scope.subject);
    let (action, target, details) = if is_spend_limit(scope) {
        let target = scope.subject.as_str();
        match set {
            Some((_, cents)) => {
                let changes = json!({ "threshold_amount": cents });
                ("spend_limit.updated", target, json!({ "changes_requested": changes, "project_id": project_id }))
            }
            None => ("spend_limit.deleted", target, json!({ "project_id": project_id })),
        }
    } else {
        let (target, terms) = (row.budget.id.as_str(), scope.terms);
        let mut details = json!({
            "resource_type": scope.subject.kind().as_str(),
            "resource_id": scope.subject.id(),
            "measure": terms.measure.as_str(),
            "interval": terms.interval.as_str(),
        });
        if let (Some((_, amount)), Some(members)) = (set, details.as_object_mut()) {
            members.insert("amount".to_owned(), json!(amount));
        }
        (set.map_or("budget.deleted", |(action, _)| action), target, details)
    };
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}
