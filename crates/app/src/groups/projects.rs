//! Groups in projects: a group is in a project while it holds a role there.

use keystead_core::id::{GroupId, OrganizationId, ProjectId};
use keystead_core::role::{Principal, Resource};
use keystead_core::scope::Scope;
use keystead_store::tables::changes;
use keystead_store::tables::role_assignments;
pub use keystead_store::tables::role_assignments::GroupInProject;
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use super::group_of;
use crate::projects::{open_project, project_of};
use crate::roles::assignments::missing_group;
use crate::roles::effective::ensure_may_take;
use crate::roles::{Place, assign, part_of, record_role};
use crate::{Actor, App, Error};

impl App {
    /// Lists the groups with a role in a project.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project does not exist, or when `after` is unknown.
    pub async fn project_groups(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        page: Page,
    ) -> Result<Listing<GroupInProject>, Error> {
        read_tx!(self.store(), "project_groups", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::GroupsRead).await?;
            project_of(tx, organization, project).await?;
            let all = role_assignments::list_groups(tx, project).await?;
            part_of(all, &page, |row| (row.made_at, row.group.as_str()))
        })
    }

    /// Finds one group with a role in a project.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project does not exist, or when the group has no role in it.
    pub async fn project_group(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        group: &GroupId,
    ) -> Result<GroupInProject, Error> {
        read_tx!(self.store(), "project_group", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::GroupsRead).await?;
            project_of(tx, organization, project).await?;
            in_project(tx, project, group).await
        })
    }

    /// Gives a group a role in a project.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the role has, when the project, the group or the role does not
    /// exist, or when the project is archived.
    pub async fn add_project_group(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        (group, role): (&GroupId, &str),
    ) -> Result<GroupInProject, Error> {
        write_tx!(self.store(), "add_project_group", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::GroupsWrite).await?;
            let place = Place { organization, project: Some(project) };
            let principal = Principal::Group(group.clone());
            assign(self, tx, actor, place, (&principal, role, "role")).await?;
            in_project(tx, project, group).await
        })
    }

    /// Takes every role in a project from a group.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the group has there, when the project does not exist or is
    /// archived, or when the group has no role in it.
    pub async fn remove_project_group(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        group: &GroupId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "remove_project_group", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::GroupsWrite).await?;
            open_project(tx, organization, project).await?;
            group_of(tx, organization, group).await?;
            in_project(tx, project, group).await?;
            let place = Place { organization, project: Some(project) };
            let held = role_assignments::permitted_to_group(tx, group).await?.in_project(project).unwrap_or_default();
            ensure_may_take(tx, actor, place, "group_id", held).await?;
            let resource = Resource::Project(project.clone());
            let roles = role_assignments::list(tx, &resource, &Principal::Group(group.clone())).await?;
            role_assignments::delete_of_group(tx, organization, project, group, self.now()).await?;
            for row in roles {
                let details = json!({
                    "principal_id": group.as_str(), "principal_type": row.principal.kind(),
                    "resource_id": project.as_str(), "resource_type": resource.kind(),
                });
                let entry = ("role.assignment.deleted", row.role.as_str(), details);
                record_role(self, tx, actor, place, entry).await?;
            }
            Ok(())
        })
    }
}

async fn in_project(tx: &mut Tx, project: &ProjectId, group: &GroupId) -> Result<GroupInProject, Error> {
    role_assignments::find_group(tx, project, group).await?.ok_or_else(|| missing_group(group))
}
