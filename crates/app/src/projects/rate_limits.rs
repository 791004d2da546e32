//! How fast a project may use each model: the organization's limits, and lower ones of its own.

use keystead_core::access::printable;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::rate::{BadLimit, Measure, OwnLimits, RateLimits};
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::{models, projects};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

/// The limits of one model in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRate {
    /// The model.
    pub model: String,
    /// What all projects of the organization have together.
    pub organization: RateLimits,
    /// What this project has of its own.
    pub own: RateLimits,
}

impl ProjectRate {
    /// What an id begins with.
    const PREFIX: &str = "rl-";

    /// The id.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}{}", Self::PREFIX, self.model)
    }

    /// What holds for the project.
    #[must_use]
    pub fn effective(&self) -> RateLimits {
        self.organization.lower(self.own)
    }
}

impl App {
    /// The limits of every model the project can use, by the model's name.
    ///
    /// # Errors
    /// Without permission, or when there is no such project.
    pub async fn project_rates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Vec<ProjectRate>, Error> {
        read_tx!(self.store(), "project_rates", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            rates_of(tx, organization, project).await
        })
    }

    /// Changes the project's limits of one model; what is not said stays. Holds from the next request on.
    ///
    /// # Errors
    /// Without permission, when there is no such project or model, and for a limit above the organization's.
    pub async fn update_project_rate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &str,
        changes: RateLimits,
    ) -> Result<ProjectRate, Error> {
        write_tx!(self.store(), "update_project_rate", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let mut rate = rate_of(tx, organization, project, id).await?;
            let own = rate.own.changed(&rate.organization, &changes).map_err(|bad| {
                let member = bad.measure().member();
                let code = match bad {
                    BadLimit::Range(_) => "rate_limit_out_of_range",
                    BadLimit::AboveOrganization(..) => "rate_limit_too_high",
                };
                Error::coded(member, code, format!("Invalid '{member}': {bad}."))
            })?;
            let (model, mut full) = (rate.model.clone(), false);
            let change = |limits: &mut OwnLimits| {
                full = limits.len() >= OwnLimits::MOST && limits.of(&model).is_none();
                limits.set(&model, own);
            };
            projects::update_rates(tx, organization, project, change, self.now()).await?;
            if full {
                let message = format!("At most {} models can have limits of their own in a project.", OwnLimits::MOST);
                return Err(Error::impossible(message));
            }
            rate.own = own;
            let details = json!({ "changes_requested": members(&changes), "project_id": project });
            let entry = AuditEntry { organization, action: "rate_limit.updated", target: &rate.id(), details };
            self.record(tx, actor, entry).await?;
            Ok(rate)
        })
    }

    /// Takes the project's own limits of one model away: it is as fast as its organization from the next request on.
    ///
    /// # Errors
    /// Without permission, or when there is no such project or model.
    pub async fn reset_project_rate(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &str,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "reset_project_rate", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let rate = rate_of(tx, organization, project, id).await?;
            if rate.own.is_none() {
                return Ok(());
            }
            let model = rate.model.clone();
            let change = |limits: &mut OwnLimits| limits.set(&model, RateLimits::NONE);
            projects::update_rates(tx, organization, project, change, self.now()).await?;
            let details = json!({ "project_id": project });
            let entry = AuditEntry { organization, action: "rate_limit.deleted", target: &rate.id(), details };
            self.record(tx, actor, entry).await
        })
    }
}

/// Limits under the names of the contract.
fn members(limits: &RateLimits) -> Value {
    let said = |measure: Measure| Some((measure.member().to_owned(), limits.get(measure)?.into()));
    Value::Object(Measure::ALL.into_iter().filter_map(said).collect())
}

async fn rates_of(tx: &mut Tx, organization: &OrganizationId, project: &ProjectId) -> Result<Vec<ProjectRate>, Error> {
    let list = projects::models(tx, organization, project).await?;
    let own = projects::rates(tx, organization, project).await?;
    let mut served = models::list(tx).await?;
    served.retain(|model| list.as_ref().is_none_or(|list| list.allows(&model.id)));
    let rate =
        |model: models::ModelRow| ProjectRate { own: own.of(&model.id), model: model.id, organization: model.rates };
    Ok(served.into_iter().map(rate).collect())
}

async fn rate_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &str,
) -> Result<ProjectRate, Error> {
    let model = id.strip_prefix(ProjectRate::PREFIX);
    let rates = rates_of(tx, organization, project).await?;
    let found = rates.into_iter().find(|rate| Some(rate.model.as_str()) == model);
    found.ok_or_else(|| Error::not_found("rate limit", printable(id)))
}
