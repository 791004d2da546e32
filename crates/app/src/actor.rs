//! Actors, and the check of what they may do.

use std::sync::Arc;

use keystead_core::access;
use keystead_core::caller::{Caller, Owner};
use keystead_core::id::{ActorId, OrganizationId, ProjectId, SessionId, UserId};
use keystead_core::refusal::Refusal;
use keystead_core::role::OrganizationRole;
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::{memberships, users};

use crate::roles::effective::{holds_any_role, is_owner, missing_scope, permissions_of};
use crate::{App, Error};

/// The actor of a use case. Every use case takes one, so that none can forget the check.
#[derive(Debug, Clone)]
pub enum Actor {
    /// A person with a key.
    Key(Arc<Caller>),
    /// A person, identified in any way.
    Person(UserId),
    /// A person signed in to the dashboard, with the id of the session, for what is bound to a session.
    Session(UserId, SessionId),
    /// A person on the machine's command line, by name.
    Operator(String),
    /// An outside service that was asked, or Keystead's own clock; never a request.
    Service(String),
}

impl Actor {
    /// The operator on the command line.
    #[must_use]
    pub fn operator(name: impl Into<String>) -> Self {
        Self::Operator(name.into())
    }

    /// An outside service.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::Service(name.to_owned())
    }

    /// The kind, for the audit log.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "api_key",
            Self::Person(_) | Self::Session(..) => "session",
            Self::Operator(_) => "operator",
            Self::Service(_) => "service",
        }
    }

    /// The id, for the audit log: of the key, the person or the operator.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Key(caller) => caller.key.as_str(),
            Self::Person(user) | Self::Session(user, _) => user.as_str(),
            Self::Operator(name) | Self::Service(name) => name,
        }
    }

    /// The id, for rows that name who acted.
    pub(crate) fn actor_id(&self) -> ActorId {
        self.id().into()
    }

    /// Kind and id in one word, for rows that say who ended them.
    pub(crate) fn actor_ref(&self) -> String {
        format!("{}:{}", self.kind(), self.id())
    }

    /// The person who acts, or for whom the key acts.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Key(caller) => match &caller.owner {
                Owner::User(user) => Some(user),
                Owner::ServiceAccount(_) => None,
            },
            Self::Person(user) | Self::Session(user, _) => Some(user),
            Self::Operator(_) | Self::Service(_) => None,
        }
    }

    /// Whether the actor is at the other end of a network connection.
    pub(crate) const fn through_the_network(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Person(_) | Self::Session(..))
    }

    /// The person who acts, unless it is a key that acts for one.
    #[must_use]
    pub const fn signed_in_user(&self) -> Option<&UserId> {
        match self {
            Self::Person(user) | Self::Session(user, _) => Some(user),
            Self::Key(_) | Self::Operator(_) | Self::Service(_) => None,
        }
    }

    /// The id of the session a person acts in; keys and machines have none.
    #[must_use]
    pub fn session(&self) -> Option<&SessionId> {
        match self {
            Self::Session(_, session) => Some(session),
            Self::Key(_) | Self::Person(_) | Self::Operator(_) | Self::Service(_) => None,
        }
    }
}

impl App {
    /// Checks that the actor holds this permission in this organization.
    ///
    /// An organization that the actor does not belong to is answered like a missing one.
    pub(crate) async fn authorize(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
        scope: Scope,
    ) -> Result<(), Error> {
        match actor {
            Actor::Operator(_) => Ok(()),
            // What a service reports is applied where the service was asked; it never permits a use case by itself.
            Actor::Service(_) => Err(Refusal::NoMembership.into()),
            Actor::Key(caller) => {
                let own = access::decide_administration(caller, scope, self.now())?;
                if &own == organization { Ok(()) } else { Err(Error::not_found("organization", organization.as_str())) }
            }
            Actor::Person(user) | Actor::Session(user, _) => {
                if users::find(tx, user).await?.is_none_or(|row| row.deactivated_at.is_some()) {
                    return Err(Refusal::AccountDeactivated.into());
                }
                let held = permissions_of(tx, organization, user, None).await?;
                let held = held.ok_or_else(|| Error::not_found("organization", organization.as_str()))?;
                if held.allows(scope) { Ok(()) } else { Err(missing_scope(scope)) }
            }
        }
    }

    /// Admits owners and operators: what ends an organization or copies all of it is not given by
    /// permissions alone.
    pub(crate) async fn authorize_owner(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<(), Error> {
        self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
        let owns = match actor.user() {
            Some(user) => is_owner(tx, organization, user).await?,
            None => matches!(actor, Actor::Operator(_)),
        };
        if owns { Ok(()) } else { Err(missing_scope(Scope::ManagementWrite)) }
    }

    /// Checks the same permission in one project. Signed-in people may also have it by their roles in the project.
    pub(crate) async fn authorize_in_project(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        (organization, project): (&OrganizationId, &ProjectId),
        scope: Scope,
    ) -> Result<(), Error> {
        let refused = match self.authorize(tx, actor, organization, scope).await {
            Err(error @ Error::Refused(Refusal::MissingScope { .. })) => error,
            other => return other,
        };
        let Some(user) = actor.signed_in_user() else { return Err(refused) };
        let held = permissions_of(tx, organization, user, Some(project)).await?;
        if held.is_some_and(|held| held.allows(scope)) { Ok(()) } else { Err(refused) }
    }

    /// Admits every signed-in owner and reader to look at members, projects and usage; everyone else needs the scope.
    pub(crate) async fn authorize_reader(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
        scope: Scope,
    ) -> Result<(), Error> {
        if let Some(user) = actor.signed_in_user() {
            let membership = memberships::find(tx, organization, user).await?;
            if membership.is_some_and(|row| row.role != OrganizationRole::None) {
                return self.authorize_member(tx, actor, organization).await;
            }
        }
        self.authorize(tx, actor, organization, scope).await
    }

    /// Admits every member of the organization who holds a role: a phone is needed to make keys, and members make keys.
    pub(crate) async fn authorize_member(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<(), Error> {
        match actor {
            Actor::Key(_) => self.authorize(tx, actor, organization, Scope::ManagementWrite).await,
            Actor::Person(user) | Actor::Session(user, _) => {
                let known = users::find(tx, user).await?.is_some_and(|row| row.deactivated_at.is_none());
                let membership = memberships::find(tx, organization, user).await?;
                let missing = || Error::not_found("organization", organization.as_str());
                let membership = membership.filter(|_| known).ok_or_else(missing)?;
                if membership.role == OrganizationRole::None && !holds_any_role(tx, organization, user).await? {
                    return Err(missing_scope(Scope::ModelRead));
                }
                Ok(())
            }
            Actor::Operator(_) | Actor::Service(_) => {
                self.authorize(tx, actor, organization, Scope::ManagementWrite).await
            }
        }
    }
}
