//! The caller: everything the access decision needs to know about a key, in one value that fits a cache.

use std::net::IpAddr;
use std::sync::Arc;

use crate::budget::Budget;
use crate::client_certificate::TrustedCertificates;
use crate::gate::Entitlements;
use crate::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use crate::key::{KeyDigest, KeyKind};
use crate::model_access::ModelAccess;
use crate::network::Networks;
use crate::project_features::ProjectFeatures;
use crate::rate::ProjectLimits;
use crate::role::{OrganizationRole, ProjectRole, effective_permissions};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// Who owns a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A person.
    User(UserId),
    /// A service account of one project.
    ServiceAccount(ServiceAccountId),
}

impl Owner {
    /// The id to which usage is attributed: `user_id` of usage results is either kind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::ServiceAccount(id) => id.as_str(),
        }
    }

    /// The same, shared.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::User(id) => id.text(),
            Self::ServiceAccount(id) => id.text(),
        }
    }
}

/// A project as a caller reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachableProject {
    /// The project.
    pub id: ProjectId,
    /// Whether it is archived; its keys then have no access.
    pub archived: bool,
    /// Whether it is the organization's Default project.
    pub is_default: bool,
    /// The owner's own role in it; `None` without one.
    pub role: Option<ProjectRole>,
    /// What roles that are assigned to the owner or to their groups permit in it; `None` without such a role.
    pub assigned: Option<ScopeSet>,
    /// The models it may use; `None` is every served model.
    pub models: Option<ModelAccess>,
    /// The tools and tiers it may use; `None` is all of them.
    pub features: Option<Box<ProjectFeatures>>,
    /// The addresses from which it may be called, by its own active lists; `None` is every address.
    pub addresses: Option<Networks>,
    /// The active certificates, its own and those of its organization; clients then need one that these accept. `None`
    /// is that clients need none.
    pub certificates: Option<Arc<TrustedCertificates>>,
    /// Its own rate limits; `None` leaves those of its organization.
    pub rates: Option<Box<ProjectLimits>>,
    /// Its own budgets, the shortest period first.
    pub budgets: Vec<Budget>,
}

impl ReachableProject {
    /// Whether the project's own lists admit this address.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        self.addresses.as_ref().is_none_or(|networks| networks.contains(address))
    }
}

/// An organization as a caller reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachableOrganization {
    /// The organization.
    pub id: OrganizationId,
    /// Whether the operator closed it.
    pub deactivated: bool,
    /// Whether its billing is suspended; requests for models are then refused.
    pub billing_suspended: bool,
    /// The owner's role in the organization; service accounts and removed people have none.
    pub role: Option<OrganizationRole>,
    /// What roles of the organization that are assigned to the owner or to their groups permit.
    pub assigned: ScopeSet,
    /// The requirements the organization meets, and the version of that knowledge.
    pub entitlements: Entitlements,
    /// Projects the key may name; for a bound key exactly its own.
    pub projects: Vec<ReachableProject>,
    /// The addresses from which it may be called, by its active lists; `None` is every address. A project's lists apply
    /// in addition.
    pub addresses: Option<Networks>,
    /// Its own budgets, the credit first, then the shortest period. A project's budgets apply in addition.
    pub budgets: Vec<Budget>,
    /// The budgets of the owner in this organization, and then those of the key; each with the shortest period first.
    pub caller_budgets: Vec<Budget>,
}

impl ReachableOrganization {
    /// What the owner may do in the organization, and in one of its projects if one is given.
    #[must_use]
    pub fn permissions(&self, project: Option<&ReachableProject>) -> Option<ScopeSet> {
        effective_permissions(self.role, self.assigned, project.map(|project| (project.role, project.assigned)))
    }

    /// Whether the organization's lists admit this address.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        self.addresses.as_ref().is_none_or(|networks| networks.contains(address))
    }
}

/// A live key with its owner and everything it reaches. The store builds it, the directory keeps it, and
/// [`crate::access`] judges it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's id, for attribution; never its secret.
    pub key: KeyId,
    /// The key's digest, compared whole on every use.
    pub digest: KeyDigest,
    /// The kind of key.
    pub kind: KeyKind,
    /// The owner.
    pub owner: Owner,
    /// Whether the owner's account is open.
    pub owner_active: bool,
    /// When the key stops working; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// The scopes to which the key itself is restricted.
    pub scopes: ScopeSet,
    /// The organizations the key reaches; the owner's default organization first.
    pub organizations: Vec<ReachableOrganization>,
    /// The revision of `changes` at which this was read: older state never replaces newer.
    pub revision: i64,
}

/// A caller shared between requests.
pub type SharedCaller = Arc<Caller>;
