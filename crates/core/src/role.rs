//! Roles: what a person may do in an organization or a project (contract 4.3).

use serde::{Deserialize, Serialize};

/// A person's role in an organization; it reaches into every project (contract 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Manages everything.
    Owner,
    /// Uses the data plane of projects he belongs to; sees groups and roles.
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

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Reader].into_iter().find(|role| role.as_str() == name)
    }
}

/// What a member may look at in the pages. Acting is never among it: that is asked of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Who belongs to the organization.
    Members,
    /// Its projects.
    Projects,
    /// What was used, and what it cost.
    Usage,
    /// Who did what.
    AuditLog,
    /// Cards on file.
    Billing,
    /// Members, projects and invitations one by one, to be changed.
    Administration,
}

impl Sight {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Members, Self::Projects, Self::Usage, Self::AuditLog, Self::Billing, Self::Administration];
}

impl OrganizationRole {
    /// Whether somebody with this role may look at it. What is not named for readers is for owners alone.
    #[must_use]
    pub const fn sees(self, sight: Sight) -> bool {
        match self {
            Self::Owner => true,
            Self::Reader => matches!(sight, Sight::Members | Sight::Projects | Sight::Usage),
        }
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
    /// Looks, but calls no model.
    Viewer,
    /// A service account that was made without any right (contract 1.4).
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

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Member, Self::Viewer, Self::None].into_iter().find(|role| role.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_look_at_three_things() {
        let seen = Sight::ALL.map(|sight| OrganizationRole::Reader.sees(sight));
        assert_eq!(seen, [true, true, true, false, false, false]);
        assert!(Sight::ALL.iter().all(|sight| OrganizationRole::Owner.sees(*sight)));
    }
}
