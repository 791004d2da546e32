//! Roles: what a person may do in an organization or a project.

use serde::{Deserialize, Serialize};

/// A person's role in an organization; it applies in every project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Manages everything.
    Owner,
    /// Uses the data plane of projects they belong to; sees groups and roles.
    Reader,
}

impl OrganizationRole {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Reader => "reader",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Reader].into_iter().find(|role| role.as_str() == name)
    }
}

/// A role in one project, of a person or a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectRole {
    /// Uses and administers the project.
    Owner,
    /// Uses the project.
    Member,
    /// Reads, but calls no model.
    Viewer,
    /// A service account without any permission.
    None,
}

impl ProjectRole {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Viewer => "viewer",
            Self::None => "none",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Member, Self::Viewer, Self::None].into_iter().find(|role| role.as_str() == name)
    }
}
