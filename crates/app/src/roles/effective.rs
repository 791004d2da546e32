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

/// Whether a person is an owner of the organization.
pub(crate) async fn is_owner(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<bool, Error> {
    let membership = memberships::find(tx, organization, user).await?;
    Ok(membership.is_some_and(|row| row.role == OrganizationRole::Owner))
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
    let permitted = role_assignments::permitted_in(tx, user, organization, project).await?;
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
    /// What the person holds in the whole organization.
    held: ScopeSet,
    /// What the actor's key allows; everything without a key.
    key: ScopeSet,
}

impl<'a> Grantor<'a> {
    /// Reads what an actor holds.
    pub(crate) async fn read(tx: &mut Tx, actor: &'a Actor, organization: &'a OrganizationId) -> Result<Self, Error> {
        let nothing = Self { user: None, organization, owner: false, held: ScopeSet::NONE, key: ScopeSet::NONE };
        if matches!(actor, Actor::Operator(_)) {
            return Ok(Self { owner: true, held: ScopeSet::all(), key: ScopeSet::all(), ..nothing });
        }
        let Some(user) = actor.user() else { return Ok(nothing) };
        let key = match actor {
            Actor::Key(caller) => caller.scopes,
            _ => ScopeSet::all(),
        };
        let owner = is_owner(tx, organization, user).await?;
        let held = permissions_of(tx, organization, user, None).await?.unwrap_or_default();
        Ok(Self { user: Some(user), organization, owner, held, key })
    }

    /// Refuses to give permissions that the actor does not hold where they apply, or that their key does not have: a key
    /// gives no more than it holds itself.
    pub(crate) async fn ensure_may_give(
        &self,
        tx: &mut Tx,
        project: Option<&ProjectId>,
        param: &'static str,
        wanted: ScopeSet,
    ) -> Result<(), Error> {
        self.ensure(tx, project, param, wanted, self.key).await
    }

    /// Refuses to take permissions that the actor does not hold where they apply. A key that manages people takes what
    /// every reader may do, although it cannot use it.
    pub(crate) async fn ensure_may_take(
        &self,
        tx: &mut Tx,
        project: Option<&ProjectId>,
        param: &'static str,
        wanted: ScopeSet,
    ) -> Result<(), Error> {
        let allowed = self.key.union(OrganizationRole::Reader.permissions());
        self.ensure(tx, project, param, wanted, allowed).await
    }

    /// Refuses to change permissions from what they are to what is wanted: what is added is given, what is left out is
    /// taken.
    async fn ensure_may_change(
        &self,
        tx: &mut Tx,
        project: Option<&ProjectId>,
        param: &'static str,
        (before, after): (ScopeSet, ScopeSet),
    ) -> Result<(), Error> {
        self.ensure_may_give(tx, project, param, after.without(before)).await?;
        self.ensure_may_take(tx, project, param, before.without(after)).await
    }

    /// Refuses to change the role of a membership.
    async fn ensure_may_change_membership(
        &self,
        tx: &mut Tx,
        param: &'static str,
        (before, after): (OrganizationRole, OrganizationRole),
    ) -> Result<(), Error> {
        if [before, after].contains(&OrganizationRole::Owner) {
            self.ensure_owner(param)?;
        }
        self.ensure_may_change(tx, None, param, (before.permissions(), after.permissions())).await
    }

    async fn ensure(
        &self,
        tx: &mut Tx,
        project: Option<&ProjectId>,
        param: &'static str,
        wanted: ScopeSet,
        allowed: ScopeSet,
    ) -> Result<(), Error> {
        if self.held.intersection(allowed).contains(wanted) {
            return Ok(());
        }
        let held = match (self.user, project) {
            (Some(user), Some(_)) => permissions_of(tx, self.organization, user, project).await?.unwrap_or_default(),
            _ => self.held,
        };
        let Some(missing) = wanted.iter().find(|scope| !held.intersection(allowed).allows(*scope)) else {
            return Ok(());
        };
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

/// Refuses to give permissions that the actor or their key does not hold.
pub(crate) async fn ensure_may_give(
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    param: &'static str,
    wanted: ScopeSet,
) -> Result<(), Error> {
    Grantor::read(tx, actor, place.organization).await?.ensure_may_give(tx, place.project, param, wanted).await
}

/// Refuses to take permissions that the actor does not hold.
pub(crate) async fn ensure_may_take(
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    param: &'static str,
    wanted: ScopeSet,
) -> Result<(), Error> {
    Grantor::read(tx, actor, place.organization).await?.ensure_may_take(tx, place.project, param, wanted).await
}

/// Refuses to change permissions, if the actor does not hold what the change from the first to the second gives or takes.
pub(crate) async fn ensure_may_change(
    tx: &mut Tx,
    actor: &Actor,
    place: Place<'_>,
    param: &'static str,
    change: (ScopeSet, ScopeSet),
) -> Result<(), Error> {
    Grantor::read(tx, actor, place.organization).await?.ensure_may_change(tx, place.project, param, change).await
}

/// Refuses to change the role of a membership, if the actor does not hold what the change gives or takes.
pub(crate) async fn ensure_may_change_membership(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    param: &'static str,
    change: (OrganizationRole, OrganizationRole),
) -> Result<(), Error> {
    Grantor::read(tx, actor, organization).await?.ensure_may_change_membership(tx, param, change).await
}

/// Refuses an invitation to more than the actor holds.
pub(crate) async fn ensure_may_invite(
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    role: OrganizationRole,
    projects: &[(ProjectId, ProjectRole)],
) -> Result<(), Error> {
    let grantor = Grantor::read(tx, actor, organization).await?;
    grantor.ensure_may_change_membership(tx, "role", (OrganizationRole::None, role)).await?;
    for (project, role) in projects {
        grantor.ensure_may_give(tx, Some(project), "projects", role.permissions()).await?;
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
    if is_owner(tx, organization, user).await? {
        grantor.ensure_owner("user_id")?;
    }
    let held = permissions_of(tx, organization, user, None).await?.unwrap_or_default();
    grantor.ensure_may_take(tx, None, "user_id", held).await?;
    for place in project_members::list_of_user(tx, organization, user).await? {
        let held = permissions_of(tx, organization, user, Some(&place.project)).await?.unwrap_or_default();
        grantor.ensure_may_take(tx, Some(&place.project), "user_id", held).await?;
    }
    for (resource, scopes) in role_assignments::permitted_within(tx, user, organization).await?.by_resource() {
        let Some(project) = resource.project() else { continue };
        if projects::find(tx, organization, project).await?.is_some() {
            grantor.ensure_may_take(tx, Some(project), "user_id", scopes).await?;
        }
    }
    Ok(())
}

/// Whether a member without a preset role holds any other role in the organization or one of its projects.
pub(crate) async fn holds_any_role(tx: &mut Tx, organization: &OrganizationId, user: &UserId) -> Result<bool, Error> {
    if !project_members::list_of_user(tx, organization, user).await?.is_empty() {
        return Ok(true);
    }
    for (resource, _) in role_assignments::permitted_within(tx, user, organization).await?.by_resource() {
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
