//! Who holds a role, and where it applies.

use std::fmt;

use crate::id::{GroupId, OrganizationId, ProjectId, UserId};

/// The holder of a role: a person or a group of people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A member of the organization.
    User(UserId),
    /// A group of the organization; its members hold the role through it.
    Group(GroupId),
}

impl Principal {
    /// The id on the wire and in the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
        }
    }

    /// The kind on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Group(_) => "group",
        }
    }

    /// Parses an id of either kind.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        id.parse().map(Self::Group).or_else(|_| id.parse().map(Self::User)).ok()
    }
}

/// Where a role applies: a whole organization, or one of its projects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The organization and every project in it.
    Organization(OrganizationId),
    /// One project.
    Project(ProjectId),
}

impl Resource {
    /// The id on the wire and in the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organization(id) => id.as_str(),
            Self::Project(id) => id.as_str(),
        }
    }

    /// The kind on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Organization(_) => "api.organization",
            Self::Project(_) => "api.project",
        }
    }

    /// The project, if it is one.
    #[must_use]
    pub const fn project(&self) -> Option<&ProjectId> {
        match self {
            Self::Organization(_) => None,
            Self::Project(id) => Some(id),
        }
    }

    /// Parses an id of either kind.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        id.parse().map(Self::Organization).or_else(|_| id.parse().map(Self::Project)).ok()
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
