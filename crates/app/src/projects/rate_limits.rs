//! Rate limits of a project for each model: the organization's limits, and the project's own lower ones.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::rate::{InvalidLimit, Measure, ProjectLimits, RateLimits};
use keystead_core::scope::Scope;
use keystead_core::text::printable;
use keystead_store::Tx;
use keystead_store::tables::{models, projects};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::tiers::limits_of;
use crate::{Actor, App, Error};

/// The limits of one model in one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRate {
    /// The model.
    pub model: String,
    /// The limits that all projects of the organization share.
    pub organization: RateLimits,
    /// The project's own limits.
    pub own: RateLimits,
}

impl ProjectRate {
    /// The prefix of ids.
    const PREFIX: &str = "rl-";

    /// The id.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}{}", Self::PREFIX, self.model)
    }

    /// The model that an id names, whether or not it is served.
    #[must_use]
    pub fn model_of(id: &str) -> Option<&str> {
        id.strip_prefix(Self::PREFIX).filter(|model| !model.is_empty())
    }

    /// The limits in force for the project.
    #[must_use]
    pub fn effective(&self) -> RateLimits {
        self.organization.lower(self.own)
    }
}

impl App {
    /// Returns the limits of every model the project can use, by the model's name.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn project_rates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Vec<ProjectRate>, Error> {
        read_tx!(self.store(), "project_rates", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            rates_of(self, tx, organization, project).await
        })
    }

    /// Changes the project's limits of one model; values that are not given stay. They apply from the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project or model, or when a limit is above the
    /// organization's.
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
            let mut rate = rate_of(self, tx, organization, project, id).await?;
            let own = rate.own.changed(&rate.organization, &changes).map_err(|bad| {
                let member = bad.measure().member();
                let code = match bad {
                    InvalidLimit::Range(_) => "rate_limit_out_of_range",
                    InvalidLimit::AboveOrganization(..) => "rate_limit_too_high",
                };
                Error::coded(member, code, format!("Invalid '{member}': {bad}."))
            })?;
            let (model, mut full) = (rate.model.clone(), false);
            let change = |limits: &mut ProjectLimits| {
                full = limits.len() >= ProjectLimits::MOST && limits.of(&model).is_none();
                limits.set(&model, own);
            };
            projects::update_rates(tx, organization, project, change, self.now()).await?;
            if full {
                return Err(too_many());
            }
            rate.own = own;
            let details = json!({ "changes_requested": members(&changes), "project_id": project });
            let entry = AuditEntry { organization, action: "rate_limit.updated", target: &rate.id(), details };
            self.record(tx, actor, entry).await?;
            Ok(rate)
        })
    }

    /// Removes the project's own limits of one model: from the next request, only the organization's limits apply.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project or model does not exist.
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
            let rate = rate_of(self, tx, organization, project, id).await?;
            if rate.own.is_none() {
                return Ok(());
            }
            let model = rate.model.clone();
            let change = |limits: &mut ProjectLimits| limits.set(&model, RateLimits::NONE);
            projects::update_rates(tx, organization, project, change, self.now()).await?;
            let details = json!({ "project_id": project });
            let entry = AuditEntry { organization, action: "rate_limit.deleted", target: &rate.id(), details };
            self.record(tx, actor, entry).await
        })
    }
}

/// A project's own limits of one model as a person wants them, and as they were when the person saw them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateChange {
    /// The id of the limits.
    pub id: String,
    /// The own limits that were shown.
    pub seen: RateLimits,
    /// The own limits that are wanted; `None` follows the organization's.
    pub wanted: RateLimits,
}

/// How a table of limits was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedRates {
    /// The ids of the changed ones; none if all were as wanted.
    Changed(Vec<String>),
    /// These limits are not valid, and nothing was changed.
    Invalid(Vec<(String, InvalidLimit)>),
    /// Another person changed these after they were shown, and nothing was changed.
    Conflict(Vec<String>),
}

impl App {
    /// Saves a table of limits, all of it or nothing. Only limits that differ are written and recorded.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project or a model does not exist.
    pub async fn save_project_rates(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        changes: &[RateChange],
    ) -> Result<SavedRates, Error> {
        write_tx!(self.store(), "save_project_rates", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let rates = rates_of(self, tx, organization, project).await?;
            let mut wanted = Vec::new();
            let (mut invalid, mut conflicts) = (Vec::new(), Vec::new());
            for change in changes.iter().filter(|change| change.wanted != change.seen) {
                let found = rates.iter().find(|rate| rate.id() == change.id);
                let rate = found.ok_or_else(|| Error::not_found("rate limit", printable(&change.id)))?;
                let (own, wrong) = checked(&rate.organization, &change.wanted);
                invalid.extend(wrong.into_iter().map(|wrong| (change.id.clone(), wrong)));
                if rate.own != change.seen && rate.own != own {
                    conflicts.push(change.id.clone());
                }
                if rate.own != own {
                    wanted.push((rate.model.clone(), change.id.clone(), own));
                }
            }
            if !invalid.is_empty() {
                return Ok(SavedRates::Invalid(invalid));
            }
            if !conflicts.is_empty() {
                return Ok(SavedRates::Conflict(conflicts));
            }
            self.write_rates(tx, actor, (organization, project), &wanted).await?;
            Ok(SavedRates::Changed(wanted.into_iter().map(|(_, id, _)| id).collect()))
        })
    }

    /// Writes own limits of models, each with a row of the log.
    async fn write_rates(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        (organization, project): (&OrganizationId, &ProjectId),
        wanted: &[(String, String, RateLimits)],
    ) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut full = false;
        let change = |limits: &mut ProjectLimits| {
            wanted.iter().for_each(|(model, _, own)| limits.set(model, *own));
            full = limits.len() > ProjectLimits::MOST;
        };
        projects::update_rates(tx, organization, project, change, self.now()).await?;
        if full {
            return Err(too_many());
        }
        for (_, id, own) in wanted {
            let (action, details) = if own.is_none() {
                ("rate_limit.deleted", json!({ "project_id": project }))
            } else {
                ("rate_limit.updated", json!({ "changes_requested": members(own), "project_id": project }))
            };
            self.record(tx, actor, AuditEntry { organization, action, target: id, details }).await?;
        }
        Ok(())
    }
}

/// Returns the own limits that result from wanted ones, and each that is not valid.
fn checked(organization: &RateLimits, wanted: &RateLimits) -> (RateLimits, Vec<InvalidLimit>) {
    let (mut own, mut wrong) = (RateLimits::NONE, Vec::new());
    for measure in Measure::ALL {
        let mut one = RateLimits::NONE;
        one.set(measure, wanted.get(measure));
        match own.changed(organization, &one) {
            Ok(changed) => own = changed,
            Err(invalid) => wrong.push(invalid),
        }
    }
    (own, wrong)
}

fn too_many() -> Error {
    Error::impossible(format!("At most {} models can have limits of their own in a project.", ProjectLimits::MOST))
}

/// Returns the limits under their names in the contract.
fn members(limits: &RateLimits) -> Value {
    let field = |measure: Measure| Some((measure.member().to_owned(), limits.get(measure)?.into()));
    Value::Object(Measure::ALL.into_iter().filter_map(field).collect())
}

async fn rates_of(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
) -> Result<Vec<ProjectRate>, Error> {
    let list = projects::models(tx, organization, project).await?;
    let own = projects::rates(tx, organization, project).await?;
    let mut served = models::list(tx).await?;
    served.retain(|model| list.as_ref().is_none_or(|list| list.allows(&model.id)));
    let limits = limits_of(app, tx, organization).await?;
    let rate = |model: models::ModelRow| ProjectRate {
        own: own.of(&model.id),
        organization: limits.of(&model.id, model.rates),
        model: model.id,
    };
    Ok(served.into_iter().map(rate).collect())
}

async fn rate_of(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    project: &ProjectId,
    id: &str,
) -> Result<ProjectRate, Error> {
    let model = id.strip_prefix(ProjectRate::PREFIX);
    let rates = rates_of(app, tx, organization, project).await?;
    let found = rates.into_iter().find(|rate| Some(rate.model.as_str()) == model);
    found.ok_or_else(|| Error::not_found("rate limit", printable(id)))
}
