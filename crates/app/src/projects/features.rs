//! The tools and service tiers that a project may use.

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::project_features::{DefaultTier, HostedTool, ProjectFeatures, ServiceTier};
use keystead_core::scope::Scope;
use keystead_store::tables::projects;
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::{open_project, project_of};
use crate::{Actor, App, Error};

/// A change of service tiers; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TierChange {
    /// The tier of requests that name none.
    pub default_tier: Option<DefaultTier>,
    /// The tiers that requests may name; `Some(None)` is every tier.
    pub enabled: Option<Option<Vec<ServiceTier>>>,
}

impl App {
    /// Returns the tools and tiers that the project may use.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when there is no such project.
    pub async fn project_features(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<ProjectFeatures, Error> {
        read_tx!(self.store(), "project_features", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            Ok(projects::find_features(tx, organization, project).await?)
        })
    }

    /// Allows and denies hosted tools; those that are not named stay. It applies from the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project is missing or archived.
    pub async fn update_project_tools(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        changes: &[(HostedTool, bool)],
    ) -> Result<ProjectFeatures, Error> {
        let changes = changes.to_vec();
        write_tx!(self.store(), "update_project_tools", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let apply = |features: &mut ProjectFeatures| {
                for (tool, enabled) in &changes {
                    if *enabled { features.denied_tools.remove(*tool) } else { features.denied_tools.insert(*tool) }
                }
            };
            let updated = projects::update_features(tx, organization, project, apply, self.now()).await?;
            let updated = updated.ok_or_else(|| Error::not_found("project", project.as_str()))?;
            let allowed = HostedTool::ALL.into_iter().filter(|tool| !updated.denied_tools.contains(*tool));
            let allowed: Vec<&str> = allowed.map(HostedTool::as_str).collect();
            let details = json!({ "changes_requested": { "allowed_tools": allowed } });
            let entry = AuditEntry { organization, action: "project.updated", target: project.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(updated)
        })
    }

    /// Changes the service tiers. It applies from the next request.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing or archived, or when the default tier is not
    /// among the enabled ones.
    pub async fn update_project_tiers(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        change: &TierChange,
    ) -> Result<ProjectFeatures, Error> {
        write_tx!(self.store(), "update_project_tiers", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let mut applied = Ok(());
            let apply = |features: &mut ProjectFeatures| {
                applied = features.set_tiers(change.default_tier, change.enabled.clone());
            };
            let updated = projects::update_features(tx, organization, project, apply, self.now()).await?;
            applied
                .map_err(|refused| Error::coded("default", "tier_default", format!("Invalid 'default': {refused}.")))?;
            let updated = updated.ok_or_else(|| Error::not_found("project", project.as_str()))?;
            let enabled = updated.tiers.as_ref().map_or_else(|| json!("all"), |tiers| json!(tiers));
            let settings = json!({ "default_tier": updated.default_tier, "enabled_tiers": enabled });
            let details = json!({ "changes_requested": settings });
            let entry = AuditEntry { organization, action: "project.updated", target: project.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(updated)
        })
    }
}
