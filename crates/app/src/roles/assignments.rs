//! Reading who holds which role.

use std::collections::BTreeMap;

use keystead_core::id::{GroupId, UserId};
use keystead_core::role::{PresetRole, Principal, Resource, RoleRef};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::tables::memberships;
use keystead_store::tables::user_groups::{self, Group};
use keystead_store::tables::{project_members, role_assignments};
use keystead_store::{Listing, Page, Tx};

use super::part::part_of;
use super::{Place, Role, all_roles, resource_of};
use crate::organizations::members::Member;
use crate::{Actor, App, Error};

/// A role that a person or a group holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// The holders from whom it comes: the person or group itself, and groups of the person.
    pub sources: Vec<Principal>,
}

/// The holder of a role, with details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A member of the organization.
    User(Box<Member>),
    /// A group.
    Group(Group),
}

impl App {
    /// Lists the roles that a person or a group holds in a place, those of the person's groups included.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project or the holder is unknown, or when `after` is.
    pub async fn held_roles(
        &self,
        actor: &Actor,
        place: Place<'_>,
        principal: &Principal,
        page: Page,
    ) -> Result<Listing<HeldRole>, Error> {
        read_tx!(self.store(), "held_roles", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            holder(tx, place, principal).await?;
            let held = held_in(tx, place, &resource, principal).await?;
            part_of(held, &page, |held| held.role.position())
        })
    }

    /// Finds one role that a person or a group holds in a place.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project or the holder is unknown, or when they do not hold it.
    pub async fn held_role(
        &self,
        actor: &Actor,
        place: Place<'_>,
        principal: &Principal,
        id: &str,
    ) -> Result<HeldRole, Error> {
        read_tx!(self.store(), "held_role", |tx| {
            self.authorize_in(tx, actor, place, Scope::RolesRead).await?;
            let resource = resource_of(tx, place).await?;
            holder(tx, place, principal).await?;
            let wanted = RoleRef::parse(id, resource.as_str());
            let held = held_in(tx, place, &resource, principal).await?;
            let found = held.into_iter().find(|held| Some(&held.role.id) == wanted.as_ref());
            found.ok_or_else(|| Error::not_found("role", id))
        })
    }
}

/// Finds the holder; one of another organization is answered like a missing one.
pub(super) async fn holder(tx: &mut Tx, place: Place<'_>, principal: &Principal) -> Result<Holder, Error> {
    match principal {
        Principal::User(user) => {
            let found = memberships::find_member(tx, place.organization, user).await?;
            found.map(|member| Holder::User(Box::new(member))).ok_or_else(|| Error::not_found("user", user.as_str()))
        }
        Principal::Group(group) => {
            let found = user_groups::find(tx, place.organization, group).await?;
            found.map(Holder::Group).ok_or_else(|| missing_group(group))
        }
    }
}

pub(crate) fn missing_group(group: &GroupId) -> Error {
    Error::not_found("group", group.as_str())
}

/// Lists the roles that a holder has directly in a resource: that of a membership first, then the others.
pub(super) async fn direct(
    tx: &mut Tx,
    place: Place<'_>,
    resource: &Resource,
    principal: &Principal,
) -> Result<Vec<RoleRef>, Error> {
    let own = match principal {
        Principal::User(user) => membership_role(tx, place, user).await?,
        Principal::Group(_) => None,
    };
    let rows = role_assignments::list(tx, resource, principal).await?;
    Ok(own.map(RoleRef::Preset).into_iter().chain(rows.into_iter().map(|row| row.role)).collect())
}

/// What the roles permit that a person holds directly in a project.
pub(crate) async fn direct_scopes(tx: &mut Tx, place: Place<'_>, user: &UserId) -> Result<ScopeSet, Error> {
    let resource = resource_of(tx, place).await?;
    let held = direct(tx, place, &resource, &Principal::User(user.clone())).await?;
    let known = all_roles(tx, &resource).await?;
    let scopes = known.iter().filter(|role| held.contains(&role.id)).map(Role::scopes);
    Ok(scopes.fold(ScopeSet::NONE, ScopeSet::union))
}

/// The preset role that is a person's membership in a place.
async fn membership_role(tx: &mut Tx, place: Place<'_>, user: &UserId) -> Result<Option<PresetRole>, Error> {
    Ok(match place.project {
        None => {
            let membership = memberships::find(tx, place.organization, user).await?;
            membership.and_then(|row| PresetRole::of_membership(row.role))
        }
        Some(project) => {
            let member = project_members::find(tx, project, user).await?;
            member.and_then(|row| PresetRole::of_project_member(row.role))
        }
    })
}

async fn held_in(
    tx: &mut Tx,
    place: Place<'_>,
    resource: &Resource,
    principal: &Principal,
) -> Result<Vec<HeldRole>, Error> {
    let mut sources: BTreeMap<RoleRef, Vec<Principal>> = BTreeMap::new();
    for role in direct(tx, place, resource, principal).await? {
        sources.insert(role, vec![principal.clone()]);
    }
    if let Principal::User(user) = principal {
        for row in role_assignments::list_of_groups(tx, resource, user).await? {
            sources.entry(row.role).or_default().push(row.principal);
        }
    }
    let known = all_roles(tx, resource).await?;
    let held = |role: Role| sources.remove(&role.id).map(|sources| HeldRole { role, sources });
    Ok(known.into_iter().filter_map(held).collect())
}
