//! What a change in the store is about.

use keystead_core::id::{KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};

/// The subject of a change in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangedSubject {
    /// One key.
    Key(KeyId),
    /// A person.
    User(UserId),
    /// A service account.
    ServiceAccount(ServiceAccountId),
    /// A project.
    Project(ProjectId),
    /// An organization.
    Organization(OrganizationId),
    /// Everything: nothing in memory may be trusted.
    Everything,
}
