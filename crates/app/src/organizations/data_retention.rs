//! The data retention that owners note for an organization and its projects.

use keystead_core::data_retention::DataRetention;
use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::scope::Scope;
use keystead_store::tables::{organizations, projects};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

impl App {
    /// Returns the organization's setting.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn data_retention(&self, actor: &Actor, organization: &OrganizationId) -> Result<DataRetention, Error> {
        read_tx!(self.store(), "data_retention", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let chosen = organizations::data_retention(tx, organization).await?;
            Ok(chosen.unwrap_or(DataRetention::OF_ORGANIZATIONS))
        })
    }

    /// Changes the organization's setting.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn set_data_retention(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        setting: DataRetention,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "set_data_retention", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            organizations::set_data_retention(tx, organization, setting).await?;
            let details = json!({ "changes_requested": { "data_retention": setting.as_str() } });
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "organization.updated", target, details };
            self.record(tx, actor, entry).await
        })
    }

    /// Returns the project's setting; `None` is the organization's.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn project_data_retention(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<Option<DataRetention>, Error> {
        read_tx!(self.store(), "project_data_retention", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            Ok(projects::data_retention(tx, organization, project).await?)
        })
    }

    /// Changes the project's setting; `None` is the organization's.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project is missing or archived.
    pub async fn set_project_data_retention(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        setting: Option<DataRetention>,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "set_project_data_retention", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            projects::set_data_retention(tx, organization, project, setting).await?;
            let asked = setting.map_or("organization_default", DataRetention::as_str);
            let details = json!({ "changes_requested": { "data_retention": asked } });
            let entry = AuditEntry { organization, action: "project.updated", target: project.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }
}
