//! What a person or a group may do in an organization and all its projects, and where it comes from.

use std::collections::BTreeMap;

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::role::{PresetRole, Principal, Resource, RoleRef};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::Tx;
use keystead_store::tables::user_groups::Group;
use keystead_store::tables::{memberships, project_members, projects, role_assignments, role_holders};

use super::assignments::holder;
use super::effective::permissions_of;
use super::overview::Rights;
use super::{Place, Role, all_roles};
use crate::projects::Project;
use crate::{Actor, App, Error};

/// A role that a person or a group holds in the organization or in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHeld {
    /// The project; `None` is the organization.
    pub project: Option<Project>,
    /// The role.
    pub role: Role,
    /// Whether it is held directly.
    pub direct: bool,
    /// The person's groups from which it comes.
    pub groups: Vec<Group>,
    /// Whether the actor may take it from its holder.
    pub may_take: bool,
}

/// Everything that a person or a group holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The roles: those of the organization first, then project by project.
    pub roles: Vec<RoleHeld>,
    /// The groups of a person, by name.
    pub groups: Vec<Group>,
    /// What the holder may do in the whole organization.
    pub organization: ScopeSet,
    /// What the holder may do in each project in which they hold a role, with what they may do everywhere.
    pub projects: Vec<(Project, ScopeSet)>,
}

/// By resource and role: whether the role is held directly, and the groups from which it comes.
type Sources = BTreeMap<(Resource, RoleRef), (bool, Vec<Principal>)>;

impl App {
    /// Returns everything that a person or a group holds in an organization and its projects.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the holder is unknown.
    pub async fn access_of(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        principal: &Principal,
    ) -> Result<Access, Error> {
        read_tx!(self.store(), "access_of", |tx| {
            self.authorize(tx, actor, organization, Scope::RolesRead).await?;
            holder(tx, Place { organization, project: None }, principal).await?;
            let rights = Rights::read(tx, actor, organization).await?;
            let sources = sources(tx, organization, principal).await?;
            let groups = match principal {
                Principal::User(user) => role_holders::list_groups_of_user(tx, organization, user).await?,
                Principal::Group(_) => Vec::new(),
            };
            let places = places(tx, organization, &sources).await?;
            let mut roles = Vec::new();
            for (resource, project) in &places {
                let open = project.as_ref().is_none_or(|row| row.archived_at.is_none());
                let writes = open && rights.in_place(resource.project()).allows(Scope::RolesWrite);
                for role in all_roles(tx, resource).await? {
                    let Some((direct, from)) = sources.get(&(resource.clone(), role.id.clone())) else { continue };
                    let group = |group: &&Group| from.contains(&Principal::Group(group.id.clone()));
                    let groups = groups.iter().filter(group).cloned().collect();
                    let (project, direct) = (project.clone(), *direct);
                    roles.push(RoleHeld { project, role, direct, groups, may_take: direct && writes });
                }
            }
            let projects: Vec<Project> = places.into_iter().filter_map(|(_, project)| project).collect();
            let (in_organization, projects) = permitted(tx, organization, principal, projects, &roles).await?;
            Ok(Access { roles, groups, organization: in_organization, projects })
        })
    }
}

async fn sources(tx: &mut Tx, organization: &OrganizationId, principal: &Principal) -> Result<Sources, Error> {
    let mut sources = Sources::new();
    for row in role_assignments::list_everywhere(tx, organization, principal).await? {
        sources.entry((row.resource, row.role)).or_default().0 = true;
    }
    let Principal::User(user) = principal else { return Ok(sources) };
    for (resource, preset) in memberships_of(tx, organization, user).await? {
        sources.entry((resource, RoleRef::Preset(preset))).or_default().0 = true;
    }
    for row in role_assignments::list_everywhere_of_groups(tx, organization, user).await? {
        sources.entry((row.resource, row.role)).or_default().1.push(row.principal);
    }
    Ok(sources)
}

/// The preset roles that are a person's memberships.
async fn memberships_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<Vec<(Resource, PresetRole)>, Error> {
    let membership = memberships::find(tx, organization, user).await?;
    let own = membership.and_then(|row| PresetRole::of_membership(row.role));
    let mut all: Vec<_> = own.map(|role| (Resource::Organization(organization.clone()), role)).into_iter().collect();
    for row in project_members::list_of_user(tx, organization, user).await? {
        let role = PresetRole::of_project_member(row.role);
        all.extend(role.map(|role| (Resource::Project(row.project), role)));
    }
    Ok(all)
}

/// The resources in which something is held: the organization first, then the projects by name.
async fn places(
    tx: &mut Tx,
    organization: &OrganizationId,
    sources: &Sources,
) -> Result<Vec<(Resource, Option<Project>)>, Error> {
    let mut resources: Vec<&Resource> = sources.keys().map(|(resource, _)| resource).collect();
    resources.dedup();
    let mut places = Vec::new();
    for resource in resources {
        let Some(id) = resource.project() else {
            places.push((resource.clone(), None));
            continue;
        };
        if let Some(project) = projects::find(tx, organization, id).await? {
            places.push((resource.clone(), Some(project)));
        }
    }
    places.sort_by_cached_key(|(resource, project)| {
        let name = project.as_ref().map(|row| (!row.is_default, row.name.to_lowercase()));
        (name, resource.clone())
    });
    Ok(places)
}

/// What is permitted in the organization, and in each of these projects that is open.
async fn permitted(
    tx: &mut Tx,
    organization: &OrganizationId,
    principal: &Principal,
    projects: Vec<Project>,
    roles: &[RoleHeld],
) -> Result<(ScopeSet, Vec<(Project, ScopeSet)>), Error> {
    let open = projects.into_iter().filter(|row| row.archived_at.is_none());
    let Principal::User(user) = principal else {
        let of = |wanted: Option<&Project>| {
            let here = roles.iter().filter(|held| held.project.as_ref() == wanted);
            here.map(|held| held.role.scopes()).fold(ScopeSet::NONE, ScopeSet::union)
        };
        let everywhere = of(None);
        let in_projects = open.map(|row| (row.clone(), everywhere.union(of(Some(&row)))));
        return Ok((everywhere, in_projects.collect()));
    };
    let everywhere = permissions_of(tx, organization, user, None).await?.unwrap_or_default();
    let mut in_projects = Vec::new();
    for row in open {
        let scopes = permissions_of(tx, organization, user, Some(&row.id)).await?.unwrap_or_default();
        in_projects.push((row, scopes));
    }
    Ok((everywhere, in_projects))
}
