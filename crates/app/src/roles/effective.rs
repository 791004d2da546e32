//! What a person may do now: the union of everything they hold, and the rule that no one gives more than they have.

use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::refusal::Refusal;
use keystead_core::role::{OrganizationRole, ProjectRole, Resource, effective_permissions};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_store::Tx;
use keystead_store::tables::{memberships, project_members, projects, role_assignments};

use super::Place;
use crate::{Actor, App, Error};

impl App {
    /// Checks that the actor holds this permission in a place.
    pub(crate) async fn authorize_in(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        place: Place<'_>,
        scope: Scope,
    ) -> Result<(), Error> {
        match place.project {
            None => self.authorize(tx, actor, place.organization, scope).await,
            Some(project) => self.authorize_in_project(tx, actor, (place.organization, project), scope).await,
        }
    }
}

/// Returns what a person may do in an organization, and in one of its projects if one is given; `None` when they are no
/// member.
pub(crate) async fn permissions_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    user: &UserId,
    project: Option<&ProjectId>,
) -> Result<Option<ScopeSet>, Error> {
    let Some(membership) = memberships::find(tx, organization, user).await? else { return Ok(None) };
    let permitted = role_assignments::permitted_to_user(tx, user).await?;
    let in_project = match project {
        Some(id) if projects::find(tx, organization, id).await?.is_some() => {
            let role = project_members::find(tx, id, user).await?.map(|row| row.role);
            Some((role, permitted.in_project(id)))
        }
        _ => None,
    };
    let assigned = permitted.in_organization(organization);
    Ok(effective_permissions(Some(membership.role), assigned, in_project))
}

/// What an actor holds in an organization, for the rule that no one gives or takes more than they hold.
pub(crate) struct Grantor<'a> {
    /// The person, unless it is an operator.
    user: Option<&'a UserId>,
    organization: &'a OrganizationId,
    owner: bool,
    /// What holds in the whole organization.
    held: ScopeSet,
    /// What the actor's key leaves of everything.
    allowed: ScopeSet,
}

impl<'a> Grantor<'a> {
    /// Reads what an actor holds. A key holds what its owner holds and its own scopes allow; what every reader may do is
    /// not restricted by scopes, because keys of the administration cannot use it.
    pub(crate) async fn read(tx: &mut Tx, actor: &'a Actor, organization: &'a OrganizationId) -> Result<Self, Error> {
        let nothing = Self { user: None, organization, owner: false, held: ScopeSet::NONE, allowed: ScopeSet::NONE };
        if matches!(actor, Actor::Operator(_)) {
            return Ok(Self { owner: true, held: ScopeSet::all(), allowed: ScopeSet::all(), ..nothing });
        }
        let Some(user) = actor.user() else { return Ok(nothing) };
        let allowed = match actor {
            Actor::Key(caller) => caller.scopes.union(OrganizationRole::Reader.permissions()),
            _ => ScopeSet::all(),
        };
        let membership = memberships::find(tx, organization, user).await?;
        let owner = membership.is_some_and(|row| row.role == OrganizationRole::Owner);
        let held = permissions_of(tx, organization, user, None).await?.unwrap_or_default();
        Ok(Self { user: Some(user), organization, owner, held: held.intersection(allowed), allowed })
    }

    /// Refuses permissions that the actor does not hold where they apply.
    pub(crate) async fn ensure(
        &self,
        tx: &mut Tx,
        project: Option<&ProjectId>,
        param: &'static str,
        wanted: ScopeSet,
    ) -> Result<(), Error> {
        if self.held.contains(wanted) {
            return Ok(());
        }
        let held = match (self.user, project) {
            (Some(user), Some(_)) => {
                let here = permissions_of(tx, self.organization, user, project).await?.unwrap_or_default();
                here.intersection(self.allowed)
            }
            _ => self.held,
        };
        let Some(missing) = wanted.iter().find(|scope| !held.allows(*scope)) else { return Ok(()) };
        let message =
            format!("You cannot give or take permissions that you do not hold yourself: {}.", missing.as_str());
        Err(Error::Forbidden { param: Some(param), message })
    }

    /// Refuses to make or unmake an owner, unless the actor is one: ownership is more than its permissions.
    pub(crate) fn ensure_owner(&self, param: &'static str) -> Result<(), Error> {
        if self.owner {
            return Ok(());
        }
        let message = "Only an owner can make a person an owner, or end that.".to_owned();
        Err(Error::Forbidden { param: Some(param), message })
    }
}

/// Refuses to give or take permissions that the actor does not hold.
pub(crate) async fn ensure_may_grant(
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    param: &'static str,
    wanted: ScopeSet,
) -> Result<(), Error> {
    Grantor::read(tx, actor, place.organization).await?.ensure(tx, place.project, param, wanted).await
}

/// Refuses to give or take the role of a membership, if the actor does not hold what it permits.
pub(crate) async fn ensure_may_give_membership(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    param: &'static str,
    role: OrganizationRole,
) -> Result<(), Error> {
    let grantor = Grantor::read(tx, actor, organization).await?;
    if role == OrganizationRole::Owner {
        grantor.ensure_owner(param)?;
    }
    grantor.ensure(tx, None, param, role.permissions()).await
}

/// Refuses an invitation to more than the actor holds.
pub(crate) async fn ensure_may_invite(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    role: OrganizationRole,
    projects: &[(ProjectId, ProjectRole)],
) -> Result<(), Error> {
    ensure_may_give_membership(tx, actor, organization, "role", role).await?;
    for (project, role) in projects {
        let place = Place { organization, project: Some(project) };
        ensure_may_grant(tx, actor, place, "projects", role.permissions()).await?;
    }
    Ok(())
}

/// Refuses to remove a member who holds more than the actor, in the organization or in one of its projects.
pub(crate) async fn ensure_may_remove(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<(), Error> {
    let grantor = Grantor::read(tx, actor, organization).await?;
    let membership = memberships::find(tx, organization, user).await?;
    if membership.is_some_and(|row| row.role == OrganizationRole::Owner) {
        grantor.ensure_owner("user_id")?;
    }
    let held = permissions_of(tx, organization, user, None).await?.unwrap_or_default();
    grantor.ensure(tx, None, "user_id", held).await?;
    for place in project_members::list_of_user(tx, organization, user).await? {
        let held = permissions_of(tx, organization, user, Some(&place.project)).await?.unwrap_or_default();
        grantor.ensure(tx, Some(&place.project), "user_id", held).await?;
    }
    for (resource, scopes) in role_assignments::permitted_to_user(tx, user).await?.by_resource() {
        let Some(project) = resource.project() else { continue };
        if projects::find(tx, organization, project).await?.is_some() {
            grantor.ensure(tx, Some(project), "user_id", scopes).await?;
        }
    }
    Ok(())
}

/// Whether a member without a preset role holds any other role in the organization or one of its projects.
pub(crate) async fn holds_any_role(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<bool, Error> {
    if !project_members::list_of_user(tx, organization, user).await?.is_empty() {
        return Ok(true);
    }
    for (resource, _) in role_assignments::permitted_to_user(tx, user).await?.by_resource() {
        let here = match &resource {
            Resource::Organization(id) => id == organization,
            Resource::Project(id) => projects::find(tx, organization, id).await?.is_some(),
        };
        if here {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The refusal of a person who may not do something.
pub(crate) fn missing_scope(scope: Scope) -> Error {
    Refusal::MissingScope { scope, string_form: true }.into()
}
