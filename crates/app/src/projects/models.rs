//! The list of models a project may use. The operator's catalogue and the gates apply in addition.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::model_access::ModelAccess;
use keystead_core::scope::Scope;
use keystead_store::tables::{models, projects};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

impl App {
    /// Returns the project's list; `None` when it may use every model that is served.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn project_models(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Option<ModelAccess>, Error> {
        read_tx!(self.store(), "project_models", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            Ok(projects::models(tx, organization, project).await?)
        })
    }

    /// Returns the names of served models, in order, for the person who chooses among them.
    pub async fn served_models(&self) -> Result<Vec<String>, Error> {
        read_tx!(self.store(), "served_models", |tx| {
            Ok(models::list(tx).await?.into_iter().map(|model| model.id).collect())
        })
    }

    /// Sets the project's list, or removes it. It applies from the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project is missing or archived.
    pub async fn set_project_models(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        models: Option<ModelAccess>,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "set_project_models", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            projects::set_models(tx, organization, project, models.as_ref(), self.now()).await?;
            let details = json!({ "changes_requested": { "model_permissions": models } });
            let entry = AuditEntry { organization, action: "project.updated", target: project.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }
}
