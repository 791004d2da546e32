//! Giving and taking roles.

use std::collections::BTreeSet;

use keystead_core::id::UserId;
use keystead_core::role::{OrganizationRole, PresetRole, Principal, ProjectRole, Resource, RoleRef, strongest};
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::role_assignments::{self, Assignment};
use keystead_store::tables::{changes, memberships};
use serde_json::json;

use super::assignments::{Holder, direct, holder};
use super::effective::Grantor;
use super::{Place, Role, find_role, open_resource, record_role};
use crate::organizations::members::set_member_role;
use crate::{Actor, App, Error};

/// How many roles a person or a group may hold, besides the roles of memberships.
const MOST_HELD: i64 = 100;

/// One change of who holds what.
struct Change<'a> {
    place: Place<'a>,
    resource: &'a Resource,
    principal: &'a Principal,
    role: &'a RoleRef,
}

impl App {
    /// Gives a role to a person or a group. A role that they hold already is left as it is.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the role has, when the project, the holder or the role is
    /// unknown, when the project is archived, or when a group would own the organization.
    pub async fn assign_role(
        &self,
        actor: &Actor,
        place: Place<'_>,
        principal: &Principal,
        id: &str,
    ) -> Result<(Holder, Role), Error> {
        write_tx!(self.store(), "assign_role", |tx| {
            changes::lock(tx).await?;
            self.authorize_in(tx, actor, place, Scope::RolesWrite).await?;
            assign(self, tx, actor, place, (principal, id, "role_id")).await
        })
    }

    /// Takes a role from a person or a group.
    ///
    /// # Errors
    /// When the caller lacks the permission or one that the role has, when the project or the holder is unknown, when
    /// they do not hold the role or hold it only through a group, or when they are the last owner.
    pub async fn unassign_role(
        &self,
        actor: &Actor,
        place: Place<'_>,
        principal: &Principal,
        id: &str,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "unassign_role", |tx| {
            changes::lock(tx).await?;
            self.authorize_in(tx, actor, place, Scope::RolesWrite).await?;
            let resource = open_resource(tx, place).await?;
            holder(tx, place, principal).await?;
            let role = find_role(tx, &resource, id).await?;
            let change = Change { place, resource: &resource, principal, role: &role.id };
            let held = direct(tx, place, &resource, principal).await?;
            if !held.contains(&role.id) {
                return Err(not_held(tx, &change, id).await?);
            }
            let grantor = Grantor::read(tx, actor, place.organization).await?;
            ensure_ownership(&grantor, "role_id", &role)?;
            grantor.ensure_may_take(tx, place.project, "role_id", role.scopes()).await?;
            match (principal, &role.id) {
                (Principal::User(user), RoleRef::Preset(preset)) => {
                    let mut presets = presets(&held);
                    presets.remove(preset);
                    set_presets(self, tx, actor, &change, user, &presets).await?;
                }
                _ => {
                    let place = (place.organization, &resource);
                    role_assignments::delete(tx, place, principal, &role.id, self.now()).await?;
                }
            }
            leave_empty_project(self, tx, actor, &change).await?;
            record_change(self, tx, actor, &change, "role.assignment.deleted").await
        })
    }
}

/// Gives a role. The caller has checked in the same transaction that the actor may give roles.
pub(crate) async fn assign(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    (principal, id, param): (&Principal, &str, &'static str),
) -> Result<(Holder, Role), Error> {
    let resource = open_resource(tx, place).await?;
    let holder = holder(tx, place, principal).await?;
    let role = find_role(tx, &resource, id).await?;
    let grantor = Grantor::read(tx, actor, place.organization).await?;
    ensure_ownership(&grantor, param, &role)?;
    grantor.ensure_may_give(tx, place.project, param, role.scopes()).await?;
    let change = Change { place, resource: &resource, principal, role: &role.id };
    let held = direct(tx, place, &resource, principal).await?;
    if held.contains(&role.id) {
        return Ok((holder, role));
    }
    if role_assignments::count(tx, place.organization, principal).await? >= MOST_HELD {
        return Err(Error::impossible(format!("A person or group can hold at most {MOST_HELD} roles.")));
    }
    match (principal, &role.id) {
        (Principal::Group(_), RoleRef::Preset(PresetRole::OrganizationOwner)) => {
            let message = "A group cannot own an organization. Make its people owners one by one.";
            return Err(Error::invalid(param, message));
        }
        (Principal::User(user), RoleRef::Preset(preset)) => {
            let mut presets = presets(&held);
            presets.insert(*preset);
            set_presets(app, tx, actor, &change, user, &presets).await?;
        }
        (principal, _) => {
            if let (Principal::User(user), Some(project)) = (principal, place.project)
                && project_members::find(tx, project, user).await?.is_none()
            {
                // The membership itself permits nothing; with it, the person is listed among those of the project.
                set_project_role(app, tx, actor, &change, (user, ProjectRole::None)).await?;
            }
            insert(app, tx, actor, &change, &role.id).await?;
        }
    }
    record_change(app, tx, actor, &change, "role.assignment.created").await?;
    // The role of the membership may be another one now.
    Ok((self::holder(tx, place, principal).await?, role))
}

/// Refuses to make or unmake an owner, unless the actor is one.
fn ensure_ownership(grantor: &Grantor<'_>, param: &'static str, role: &Role) -> Result<(), Error> {
    if role.id == RoleRef::Preset(PresetRole::OrganizationOwner) { grantor.ensure_owner(param) } else { Ok(()) }
}

fn presets(held: &[RoleRef]) -> BTreeSet<PresetRole> {
    let preset = |role: &RoleRef| match role {
        RoleRef::Preset(role) => Some(*role),
        RoleRef::Custom(_) => None,
    };
    held.iter().filter_map(preset).collect()
}

/// Saves the preset roles that a person holds directly: the strongest as their membership, the others beside it.
async fn set_presets(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    change: &Change<'_>,
    user: &UserId,
    presets: &BTreeSet<PresetRole>,
) -> Result<(), Error> {
    let (own, others) = strongest(presets);
    match change.place.project {
        None => set_organization_role(app, tx, actor, change, (user, PresetRole::membership(own))).await?,
        Some(_) => set_project_role(app, tx, actor, change, (user, PresetRole::project_member(own))).await?,
    }
    for other in others {
        insert(app, tx, actor, change, &RoleRef::Preset(other)).await?;
    }
    Ok(())
}

/// Sets the preset role of a member of the organization, in place of every preset role they hold directly there.
async fn set_organization_role(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    change: &Change<'_>,
    (user, role): (&UserId, OrganizationRole),
) -> Result<(), Error> {
    let known = memberships::find(tx, change.place.organization, user).await?.map(|row| row.role);
    set_member_role(app, tx, actor, change.place.organization, (user, role)).await?;
    if known == Some(role) {
        return Ok(());
    }
    let details = json!({ "changes_requested": { "role": role.as_str() } });
    record_role(app, tx, actor, change.place, ("user.updated", user.as_str(), details)).await
}

/// Sets the preset role of a person in a project, in place of every preset role they hold directly there. A person who was
/// no member of the project becomes one.
async fn set_project_role(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    change: &Change<'_>,
    (user, role): (&UserId, ProjectRole),
) -> Result<(), Error> {
    let Some(project) = change.place.project else { return Ok(()) };
    let known = project_members::find(tx, project, user).await?.map(|row| row.role);
    let action = if known.is_some() { "project.user.updated" } else { "project.user.added" };
    if known.is_some() {
        project_members::update_role(tx, project, user, role, app.now()).await?;
    } else {
        let (project, user) = (project.clone(), user.clone());
        project_members::insert(tx, &ProjectMember { project, user, role, created_at: app.now() }).await?;
    }
    if known == Some(role) {
        return Ok(());
    }
    let details = json!({ "data": { "role": role.as_str(), "project": project.as_str() } });
    record_role(app, tx, actor, change.place, (action, user.as_str(), details)).await
}

/// Ends a membership in a project to which no role is left.
async fn leave_empty_project(app: &App, tx: &mut Tx, actor: &Actor, change: &Change<'_>) -> Result<(), Error> {
    if let (Principal::User(user), Some(project)) = (change.principal, change.place.project)
        && direct(tx, change.place, change.resource, change.principal).await?.is_empty()
    {
        project_members::delete(tx, project, user, app.now()).await?;
        let details = json!({ "data": { "project": project.as_str() } });
        record_role(app, tx, actor, change.place, ("project.user.deleted", user.as_str(), details)).await?;
    }
    Ok(())
}

async fn insert(app: &App, tx: &mut Tx, actor: &Actor, change: &Change<'_>, role: &RoleRef) -> Result<(), Error> {
    let row = Assignment {
        organization: change.place.organization.clone(),
        resource: change.resource.clone(),
        principal: change.principal.clone(),
        role: role.clone(),
        created_at: app.now(),
        created_by: actor.actor_id(),
    };
    if role_assignments::insert(tx, &row).await? { Ok(()) } else { Err(Error::not_found("role", role.as_str())) }
}

/// The answer for a role that is not held directly.
async fn not_held(tx: &mut Tx, change: &Change<'_>, id: &str) -> Result<Error, Error> {
    if let Principal::User(user) = change.principal {
        let inherited = role_assignments::list_of_groups(tx, change.resource, user).await?;
        if inherited.iter().any(|row| row.role == *change.role) {
            let message = "This role comes from a group. Remove the person from the group, or the role from it.";
            return Ok(Error::invalid("role_id", message));
        }
    }
    Ok(Error::not_found("role", id))
}

async fn record_change(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    change: &Change<'_>,
    action: &'static str,
) -> Result<(), Error> {
    let details = json!({
        "principal_id": change.principal.as_str(), "principal_type": change.principal.kind(),
        "resource_id": change.resource.as_str(), "resource_type": change.resource.kind(),
    });
    record_role(app, tx, actor, change.place, (action, change.role.as_str(), details)).await
}
