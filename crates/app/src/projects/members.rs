//! Members of projects and their roles.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::ProjectRole;
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::Tx;
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::{changes, memberships};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::projects::open_project;
use crate::roles::Place;
use crate::roles::assignments::direct_scopes;
use crate::roles::effective::ensure_may_change;
use crate::{Actor, App, Error};

impl App {
    /// Returns a member's roles in the organization's projects. Owners of the organization have access to every project
    /// without a role.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the user is not a member.
    pub async fn project_roles(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        user: &UserId,
    ) -> Result<Vec<(ProjectId, ProjectRole)>, Error> {
        read_tx!(self.store(), "project_roles", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            member_of(tx, organization, user).await?;
            let rows = project_members::list_of_user(tx, organization, user).await?;
            Ok(rows.into_iter().map(|row| (row.project, row.role)).collect())
        })
    }

    /// Sets a member's roles in projects, or removes them with `None`; projects that are not named keep theirs. Either
    /// all changes apply or none.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the user is not a member, when a project does not belong to the
    /// organization or is archived, or when a role cannot be given.
    pub async fn change_project_roles(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        user: &UserId,
        roles: &[(ProjectId, Option<ProjectRole>)],
    ) -> Result<(), Error> {
        roles.iter().try_for_each(|(_, role)| checked_role(*role))?;
        write_tx!(self.store(), "change_project_roles", |tx| {
            // What is read afterwards cannot change before this transaction ends.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            member_of(tx, organization, user).await?;
            for (project, role) in roles {
                open_project(tx, organization, project).await?;
                // A person with custom roles alone has no preset role that could be taken.
                let known = project_members::find(tx, project, user).await?.map(|row| row.role);
                if role.is_none() && known == Some(ProjectRole::None) {
                    continue;
                }
                change_project_role(self, tx, actor, organization, (project, user), *role).await?;
            }
            Ok(())
        })
    }
}

/// Refuses the role without any permission, which only service accounts can have.
pub(super) fn checked_role(role: Option<ProjectRole>) -> Result<(), Error> {
    if role == Some(ProjectRole::None) {
        return Err(Error::invalid("role", "Invalid 'role': it must be member, owner or viewer."));
    }
    Ok(())
}

/// Gives a person a preset role in a project, in place of every preset role they hold in it directly, or removes them
/// from it with all their roles.
pub(super) async fn change_project_role(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    (project, user): (&ProjectId, &UserId),
    role: Option<ProjectRole>,
) -> Result<(), Error> {
    let now = app.now();
    let known = project_members::find(tx, project, user).await?.map(|row| row.role);
    if known == role {
        return Ok(());
    }
    let place = Place { organization, project: Some(project) };
    let member = memberships::find(tx, organization, user).await?.map(|row| row.role.permissions()).unwrap_or_default();
    let rights = |role: Option<ProjectRole>| role.map(ProjectRole::permissions).unwrap_or_default();
    let others = if role.is_none() { direct_scopes(tx, place, user).await? } else { ScopeSet::NONE };
    let (before, after) = (rights(known).union(others), rights(role));
    // What the person may do in every project is neither given nor taken here.
    let change = (before.without(member), after.without(member));
    ensure_may_change(tx, actor, place, "role", change).await?;
    let (action, details) = match (known, role) {
        (None, Some(role)) => {
            let (project, user) = (project.clone(), user.clone());
            project_members::insert(tx, &ProjectMember { project, user, role, created_at: now }).await?;
            ("project.user.added", json!({ "data": { "role": role.as_str() } }))
        }
        (Some(_), Some(role)) => {
            project_members::update_role(tx, project, user, role, now).await?;
            ("project.user.updated", json!({ "data": { "role": role.as_str() } }))
        }
        (_, None) => {
            project_members::delete(tx, project, user, now).await?;
            ("project.user.deleted", json!({}))
        }
    };
    let details = with_project(details, project);
    app.record(tx, actor, AuditEntry { organization, action, target: user.as_str(), details }).await
}

fn with_project(mut details: serde_json::Value, project: &ProjectId) -> serde_json::Value {
    details["data"]["project"] = json!(project.as_str());
    details
}

pub(super) async fn member_of(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<(), Error> {
    let found = memberships::find(tx, organization, user).await?;
    found.map(|_| ()).ok_or_else(|| Error::not_found("user", user.as_str()))
}
