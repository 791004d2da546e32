//! People with an own role in a project, one by one.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::ProjectRole;
use keystead_core::scope::Scope;
pub use keystead_store::tables::project_members::PersonOfProject;
use keystead_store::tables::{changes, memberships, project_members, users};
use keystead_store::{Listing, Page, Tx};

use super::members::{change_project_role, checked_role, member_of};
use super::open_project;
use crate::{Actor, App, Error};

/// A member of the organization, by id or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberRef {
    /// By id.
    Id(UserId),
    /// By address, in any case.
    Email(String),
}

impl App {
    /// Lists the people with an own role in a project. Owners of the organization have access to it without one.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, or when `after` is unknown.
    pub async fn project_people(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        page: Page,
    ) -> Result<Listing<PersonOfProject>, Error> {
        read_tx!(self.store(), "project_people", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            open_project(tx, organization, project).await?;
            Ok(project_members::list(tx, project, &page).await?)
        })
    }

    /// Finds one person with an own role in a project.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, or when the person has no role in it.
    pub async fn project_person(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        user: &UserId,
    ) -> Result<PersonOfProject, Error> {
        read_tx!(self.store(), "project_person", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            open_project(tx, organization, project).await?;
            person_of(tx, project, user).await
        })
    }

    /// Gives a member of the organization a role in a project.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, when the person is not a member of the
    /// organization, or has a role in the project already.
    pub async fn add_project_person(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        member: &MemberRef,
        role: ProjectRole,
    ) -> Result<PersonOfProject, Error> {
        checked_role(Some(role))?;
        write_tx!(self.store(), "add_project_person", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let user = found_member(tx, organization, member).await?;
            if project_members::find(tx, project, &user).await?.is_some() {
                return Err(Error::Conflict { message: "This person has a role in the project already.".to_owned() });
            }
            change_project_role(self, tx, actor, organization, (project, &user), Some(role)).await?;
            person_of(tx, project, &user).await
        })
    }

    /// Changes a person's role in a project; without a role nothing changes.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, or when the person has no role in it.
    pub async fn update_project_person(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        user: &UserId,
        role: Option<ProjectRole>,
    ) -> Result<PersonOfProject, Error> {
        checked_role(role)?;
        write_tx!(self.store(), "update_project_person", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            let known = person_of(tx, project, user).await?;
            if role.is_none_or(|role| role == known.role) {
                return Ok(known);
            }
            change_project_role(self, tx, actor, organization, (project, user), role).await?;
            person_of(tx, project, user).await
        })
    }

    /// Removes a person's role in a project. Their keys of the project stop working unless they own the organization or
    /// the project is the Default one, which every member may use.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is archived, or when the person has no role in it.
    pub async fn remove_project_person(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        user: &UserId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "remove_project_person", |tx| {
            changes::lock(tx).await?;
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementWrite).await?;
            open_project(tx, organization, project).await?;
            person_of(tx, project, user).await?;
            change_project_role(self, tx, actor, organization, (project, user), None).await
        })
    }
}

async fn person_of(tx: &mut Tx, project: &ProjectId, user: &UserId) -> Result<PersonOfProject, Error> {
    let found = project_members::find_person(tx, project, user).await?;
    found.ok_or_else(|| Error::not_found("user", user.as_str()))
}

/// Finds a member of the organization. An address of another person is answered like an unknown one.
pub(crate) async fn found_member(
    tx: &mut Tx,
    organization: &OrganizationId,
    member: &MemberRef,
) -> Result<UserId, Error> {
    let email = match member {
        MemberRef::Id(user) => return member_of(tx, organization, user).await.map(|()| user.clone()),
        MemberRef::Email(email) => email,
    };
    let missing = || Error::not_found("user", email);
    let user = users::find_by_email(tx, email.trim()).await?.ok_or_else(missing)?.id;
    memberships::find(tx, organization, &user).await?.map(|row| row.user).ok_or_else(missing)
}
