//! Projects: parts of an organization, each with its own keys and members.

pub mod features;
mod members;
mod models;
pub mod people;
pub mod rate_limits;
pub mod service_accounts;

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::role::ProjectRole;
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::project_members::{self, PersonOfProject, ProjectMember};
pub use keystead_store::tables::projects::Project;
use keystead_store::tables::service_accounts::{self as accounts, ServiceAccount};
use keystead_store::tables::{api_keys, projects};
use keystead_store::{Listing, Page, Tx};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::roles::Place;
use crate::roles::effective::ensure_may_give;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// How many projects an organization may have, archived ones included.
pub const MOST_PROJECTS: u32 = 2_000;

/// A service account with its keys.
#[derive(Debug, Clone)]
pub struct AccountWithKeys {
    /// The account.
    pub account: ServiceAccount,
    /// How many of its keys work.
    pub keys: i64,
    /// When one of them was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A project as its page shows it.
#[derive(Debug, Clone)]
pub struct ProjectView {
    /// The project.
    pub project: Project,
    /// Whether the caller administers it.
    pub administers: bool,
    /// People with a role in it, by name; owners of the organization have access without one.
    pub people: Vec<PersonOfProject>,
    /// Its service accounts, for those who administer it.
    pub accounts: Listing<AccountWithKeys>,
}

impl App {
    /// Lists the organization's projects.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn projects(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        include_archived: bool,
        page: Page,
    ) -> Result<Listing<Project>, Error> {
        read_tx!(self.store(), "projects", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(projects::list(tx, organization, include_archived, &page).await?)
        })
    }

    /// Finds one project.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn project(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Project, Error> {
        read_tx!(self.store(), "project", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            project_of(tx, organization, id).await
        })
    }

    /// Returns one project with its members and, for those who administer it, a page of its service accounts.
    ///
    /// # Errors
    /// When the caller is not a member, when it does not exist, or when the cursor of the page is unknown.
    pub async fn project_view(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ProjectId,
        page: Page,
    ) -> Result<ProjectView, Error> {
        read_tx!(self.store(), "project_view", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            let project = project_of(tx, organization, id).await?;
            let people = project_members::list_people(tx, id).await?;
            let place = (organization, id);
            let administers = self.authorize_in_project(tx, actor, place, Scope::ManagementWrite).await.is_ok();
            let accounts = match administers && project.archived_at.is_none() {
                true => accounts_with_keys(tx, id, &page, self.now()).await?,
                false => Listing { data: Vec::new(), has_more: false },
            };
            Ok(ProjectView { project, administers, people, accounts })
        })
    }

    /// Makes a project; the acting person becomes its owner if they hold everything that an owner may do.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the organization is full.
    pub async fn create_project(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<Project, Error> {
        let project = Project {
            id: self.draw(ProjectId::generate),
            organization: organization.clone(),
            name: checked_name(name)?,
            created_at: self.now(),
            archived_at: None,
            is_default: false,
        };
        write_tx!(self.store(), "create_project", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "projects", organization.as_str()).await?;
            let all = Page { after: None, limit: MOST_PROJECTS, ascending: true };
            if projects::list(tx, organization, true, &all).await?.data.len() >= MOST_PROJECTS as usize {
                return Err(Error::impossible(format!("An organization can have at most {MOST_PROJECTS} projects.")));
            }
            projects::insert(tx, &project).await?;
            let place = Place { organization, project: None };
            let may_own = match ensure_may_give(tx, actor, place, "name", ProjectRole::Owner.permissions()).await {
                Ok(()) => true,
                Err(Error::Forbidden { .. }) => false,
                Err(error) => return Err(error),
            };
            if let Some(user) = actor.user().filter(|_| may_own) {
                let member = ProjectMember {
                    project: project.id.clone(),
                    user: user.clone(),
                    role: ProjectRole::Owner,
                    created_at: project.created_at,
                };
                project_members::insert(tx, &member).await?;
            }
            let details = json!({ "data": { "name": project.name, "title": project.name } });
            let entry = AuditEntry { organization, action: "project.created", target: project.id.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(project.clone())
        })
    }

    /// Renames a project; without a name it is not changed.
    ///
    /// # Errors
    /// When the caller lacks the permission, or for the Default project and archived ones.
    pub async fn update_project(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ProjectId,
        name: Option<&str>,
    ) -> Result<Project, Error> {
        let name = name.map(checked_name).transpose()?;
        write_tx!(self.store(), "update_project", |tx| {
            self.authorize_in_project(tx, actor, (organization, id), Scope::ManagementWrite).await?;
            let project = changeable(tx, organization, id).await?;
            let Some(name) = &name else { return Ok(project) };
            projects::rename(tx, organization, id, name).await?;
            let details = json!({ "changes_requested": { "title": name } });
            let entry = AuditEntry { organization, action: "project.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(Project { name: name.clone(), ..project })
        })
    }

    /// Archives a project for good; its keys stop working.
    ///
    /// # Errors
    /// When the caller lacks the permission, or for the Default project and archived ones.
    pub async fn archive_project(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Project, Error> {
        write_tx!(self.store(), "archive_project", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            changeable(tx, organization, id).await?;
            let archived = projects::archive(tx, organization, id, self.now()).await?;
            let archived = archived.ok_or_else(|| Error::not_found("project", id.as_str()))?;
            let entry =
                AuditEntry { organization, action: "project.archived", target: id.as_str(), details: json!({}) };
            self.record(tx, actor, entry).await?;
            Ok(archived)
        })
    }
}

async fn accounts_with_keys(
    tx: &mut Tx,
    project: &ProjectId,
    page: &Page,
    now: Timestamp,
) -> Result<Listing<AccountWithKeys>, Error> {
    let listing = accounts::list(tx, project, page).await?;
    let keys = api_keys::count_of_service_accounts(tx, project, now).await?;
    let with_keys = |account: ServiceAccount| {
        let own = keys.iter().find(|own| own.account == account.id);
        AccountWithKeys {
            keys: own.map_or(0, |own| own.live),
            last_used_at: own.and_then(|own| own.last_used_at),
            account,
        }
    };
    Ok(Listing { data: listing.data.into_iter().map(with_keys).collect(), has_more: listing.has_more })
}

/// Finds a project of this organization; a project of another organization is answered like a missing one.
pub(crate) async fn project_of(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<Project, Error> {
    projects::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("project", id.as_str()))
}

/// Does the same, and refuses archived projects: nothing can be added to them or changed in them.
pub(crate) async fn open_project(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<Project, Error> {
    let project = project_of(tx, organization, id).await?;
    if project.archived_at.is_some() {
        return Err(Error::impossible(format!("Project {id} has been archived.")));
    }
    Ok(project)
}

async fn changeable(tx: &mut Tx, organization: &OrganizationId, id: &ProjectId) -> Result<Project, Error> {
    let project = open_project(tx, organization, id).await?;
    if project.is_default {
        return Err(Error::impossible("The Default project cannot be renamed or archived."));
    }
    Ok(project)
}
