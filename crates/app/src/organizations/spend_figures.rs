//! What an organization, its projects or the payers of a key have spent and may still spend in this month (UTC). Pages,
//! the Keystead API and refusals read the same limit and the same counter.

use keystead_core::access::{self, Selection};
use keystead_core::budget::{BudgetFigures, BudgetSubject, Window};
use keystead_core::caller::Caller;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::scope::Scope;
pub use keystead_store::tables::spend_figures::AlertOfMonth;
use keystead_store::tables::{projects, spend_alerts, spend_figures};
use keystead_store::{Listing, Page, Tx};

use super::spend_alerts::{MOST_ALERTS, SpendAlert};
use crate::budgets::{self, BudgetView};
use crate::projects::{Project, project_of};
use crate::{Actor, App, Error};

/// What one organization or project has spent in the present month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendView {
    /// The project; `None` for the whole organization.
    pub project: Option<Project>,
    /// The figures.
    pub figures: BudgetFigures,
    /// The month, in UTC.
    pub month: Window,
}

/// An alert, and what became of it in the present month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertView {
    /// The alert.
    pub alert: SpendAlert,
    /// `None` when its threshold is not passed.
    pub of_month: Option<AlertOfMonth>,
}

/// What a key may spend: its organization's figures and its project's. An admin key has no project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBudget {
    /// The paying organization.
    pub organization: (OrganizationId, BudgetFigures),
    /// The paying project.
    pub project: Option<(ProjectId, BudgetFigures)>,
    /// The month, in UTC.
    pub month: Window,
    /// Every budget that applies, in the order in which they refuse.
    pub budgets: Vec<BudgetView>,
}

impl App {
    /// Returns what the organization, or one of its projects, has spent.
    ///
    /// # Errors
    /// When the caller may not see usage, or when there is no such project.
    pub async fn spend_of(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
    ) -> Result<SpendView, Error> {
        let subject = BudgetSubject::of(organization, project);
        read_tx!(self.store(), "spend_of", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let project = match project {
                Some(project) => Some(project_of(tx, organization, project).await?),
                None => None,
            };
            let figures = figures_of(self, tx, &[subject]).await?.pop().unwrap_or_default();
            Ok(SpendView { project, figures, month: Window::month(self.now()) })
        })
    }

    /// Lists the projects of the organization that are not archived, with what each has spent.
    ///
    /// # Errors
    /// When the caller may not see usage, or when the cursor of the page is unknown.
    pub async fn spend_of_projects(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<(Project, BudgetFigures)>, Error> {
        read_tx!(self.store(), "spend_of_projects", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let listed = projects::list(tx, organization, false, page).await?;
            let subject = |project: &Project| BudgetSubject::Project(project.id.clone());
            let subjects: Vec<BudgetSubject> = listed.data.iter().map(subject).collect();
            let figures = figures_of(self, tx, &subjects).await?;
            Ok(Listing { data: listed.data.into_iter().zip(figures).collect(), has_more: listed.has_more })
        })
    }

    /// Lists all alerts of the organization or of one of its projects, oldest first, each with what became of it in the
    /// present month.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn spend_alerts_of_month(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
    ) -> Result<Vec<AlertView>, Error> {
        let subject = BudgetSubject::of(organization, project);
        let all = Page { after: None, limit: u32::try_from(MOST_ALERTS).unwrap_or(u32::MAX), ascending: true };
        read_tx!(self.store(), "spend_alerts_of_month", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            if let Some(project) = project {
                project_of(tx, organization, project).await?;
            }
            let listed = spend_alerts::list(tx, &subject, &all).await?;
            let reached = spend_figures::alerts_of_month(tx, &subject, self.now()).await?;
            let view = |alert: SpendAlert| {
                let of_month = reached.iter().find(|reached| reached.id == alert.id).cloned();
                AlertView { alert, of_month }
            };
            Ok(listed.data.into_iter().map(view).collect())
        })
    }

    /// Returns what a key may still spend, by the headers that choose its payers. Any live key may ask, also one without
    /// permissions: a refusal names the same figures.
    ///
    /// # Errors
    /// When the key or its payers may not be used.
    pub async fn key_budget(&self, caller: &Caller, selection: Selection<'_>) -> Result<KeyBudget, Error> {
        let (organization, project) = access::payers(caller, selection, self.now())?;
        let (organization, project) = (organization.id.clone(), project.map(|project| project.id.clone()));
        let mut subjects = vec![BudgetSubject::Organization(organization.clone())];
        subjects.extend(project.clone().map(BudgetSubject::Project));
        let read = read_tx!(self.store(), "key_budget", |tx| {
            let budgets = budgets::of_caller(self, tx, caller, &organization, project.as_ref()).await?;
            Ok((figures_of(self, tx, &subjects).await?, budgets))
        });
        let (figures, budgets) = read?;
        let mut figures = figures.into_iter();
        let mut next = || figures.next().unwrap_or_default();
        let organization = (organization, next());
        let project = project.map(|project| (project, next()));
        Ok(KeyBudget { organization, project, month: Window::month(self.now()), budgets })
    }
}

async fn figures_of(app: &App, tx: &mut Tx, subjects: &[BudgetSubject]) -> Result<Vec<BudgetFigures>, Error> {
    Ok(spend_figures::find(tx, subjects, app.now()).await?)
}
