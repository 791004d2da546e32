//! Roles with who holds them, and the places in which an actor sees or gives roles.

use std::collections::BTreeMap;

use keystead_core::id::{OrganizationId, ProjectId};
use keystead_core::refusal::Refusal;
use keystead_core::role::{ProjectRole, Resource};
use keystead_core::scope::{Scope, ScopeSet};
pub use keystead_store::tables::role_holders::{Holders, PersonHolding};
use keystead_store::tables::user_groups::Group;
use keystead_store::tables::{project_members, projects, role_assignments, role_holders};
use keystead_store::{Listing, Page, Tx};

use super::effective::{missing_scope, permissions_of};
use super::part::part_of;
use super::{Place, Role, all_roles, find_role, resource_of};
use crate::projects::{MOST_PROJECTS, Project};
use crate::{Actor, App, Error};

/// How many people the page of a role names.
const MOST_PEOPLE: i64 = 100;

/// A role, and how many hold it directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSummary {
    /// The role.
    pub role: Role,
    /// How many people and groups hold it directly.
    pub holders: Holders,
}

/// A role with its holders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleView {
    /// The role.
    pub role: Role,
    /// How many people and groups hold it directly.
    pub holders: Holders,
    /// The first hundred people who hold it directly, by name.
    pub people: Vec<PersonHolding>,
    /// The groups that hold it, by name.
    pub groups: Vec<Group>,
    /// How many people hold it, directly or through groups.
    pub affected: i64,
}

/// An organization or an open project, in which an actor may see roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlace {
    /// The project; `None` is the organization.
    pub project: Option<Project>,
    /// Whether the actor may also change, give and take roles there.
    pub writes: bool,
}

impl App {
    /// Lists the roles of a place, preset ones first, with how many hold them.
    ///
    /// # Errors
    /// Those of [`App::roles`].
    pub async fn role_summaries(
        &self,
        actor: &Actor,
        place: Place<'_>,
        page: &Page,
    ) -> Result<Listing<RoleSummary>, Error> {
        read_tx!(self.store(), "role_summaries", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            let counts = role_holders::count(tx, &resource).await?;
            let roles = part_of(all_roles(tx, &resource).await?, page, Role::position)?;
            let summary = |role: Role| RoleSummary { holders: counts.get(&role.id).copied().unwrap_or_default(), role };
            Ok(Listing { data: roles.data.into_iter().map(summary).collect(), has_more: roles.has_more })
        })
    }

    /// Finds one role of a place, with its holders.
    ///
    /// # Errors
    /// Those of [`App::role`].
    pub async fn role_view(&self, actor: &Actor, place: Place<'_>, id: &str) -> Result<RoleView, Error> {
        read_tx!(self.store(), "role_view", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            let role = find_role(tx, &resource, id).await?;
            let counts = role_holders::count(tx, &resource).await?;
            Ok(RoleView {
                holders: counts.get(&role.id).copied().unwrap_or_default(),
                people: role_holders::list_people(tx, &resource, &role.id, MOST_PEOPLE).await?,
                groups: role_holders::list_groups(tx, &resource, &role.id).await?,
                affected: role_holders::count_people(tx, &resource, &role.id).await?,
                role,
            })
        })
    }

    /// Lists where a signed-in person may see roles: the organization first, then its open projects by name.
    ///
    /// # Errors
    /// When they may see them nowhere.
    pub async fn role_places(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<RolePlace>, Error> {
        read_tx!(self.store(), "role_places", |tx| {
            match self.authorize(tx, actor, organization, Scope::RolesRead).await {
                Ok(()) | Err(Error::Refused(Refusal::MissingScope { .. })) => {}
                Err(error) => return Err(error),
            }
            let rights = Rights::read(tx, actor, organization).await?;
            let all = Page { after: None, limit: MOST_PROJECTS, ascending: true };
            let mut projects = projects::list(tx, organization, false, &all).await?.data;
            projects.sort_by_cached_key(|row| (!row.is_default, row.name.to_lowercase(), row.id.clone()));
            let places = std::iter::once(None).chain(projects.into_iter().map(Some));
            let places = places.filter_map(|project: Option<Project>| {
                let held = rights.in_place(project.as_ref().map(|row| &row.id));
                let writes = held.allows(Scope::RolesWrite);
                (held.allows(Scope::RolesRead) || writes).then_some(RolePlace { project, writes })
            });
            let places: Vec<RolePlace> = places.collect();
            if places.is_empty() { Err(missing_scope(Scope::RolesRead)) } else { Ok(places) }
        })
    }
}

/// What an actor may do in an organization and in each of its projects.
pub(super) struct Rights {
    organization: ScopeSet,
    projects: BTreeMap<ProjectId, ScopeSet>,
}

impl Rights {
    /// Reads the rights of a signed-in person; others have none here, because they use no pages.
    pub(super) async fn read(tx: &mut Tx, actor: &Actor, organization: &OrganizationId) -> Result<Self, Error> {
        let mut rights = Self { organization: ScopeSet::NONE, projects: BTreeMap::new() };
        let Some(user) = actor.signed_in_user() else { return Ok(rights) };
        let Some(held) = permissions_of(tx, organization, user, None).await? else { return Ok(rights) };
        rights.organization = held;
        for member in project_members::list_of_user(tx, organization, user).await? {
            rights.add(member.project, ProjectRole::permissions(member.role));
        }
        for (resource, scopes) in role_assignments::permitted_within(tx, user, organization).await?.by_resource() {
            if let Resource::Project(project) = resource {
                rights.add(project, scopes);
            }
        }
        Ok(rights)
    }

    fn add(&mut self, project: ProjectId, scopes: ScopeSet) {
        let known = self.projects.entry(project).or_default();
        *known = known.union(scopes);
    }

    /// What the actor may do in the organization, or in one of its projects.
    pub(super) fn in_place(&self, project: Option<&ProjectId>) -> ScopeSet {
        let more = project.and_then(|id| self.projects.get(id)).copied().unwrap_or_default();
        self.organization.union(more)
    }
}
