//! Preset roles: they have fixed ids, cannot be changed, and need no row.

use std::collections::BTreeSet;
use std::fmt;

use super::{OrganizationRole, ProjectRole, Resource};
use crate::id::RoleId;
use crate::scope::ScopeSet;

/// A preset role. The order is from strong to weak within one kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PresetRole {
    /// Owner of an organization.
    OrganizationOwner,
    /// Reader of an organization.
    OrganizationReader,
    /// Owner of a project.
    ProjectOwner,
    /// Member of a project.
    ProjectMember,
    /// Viewer of a project.
    ProjectViewer,
}

impl PresetRole {
    /// The roles of an organization.
    pub const OF_ORGANIZATION: [Self; 2] = [Self::OrganizationOwner, Self::OrganizationReader];
    /// The roles of a project.
    pub const OF_PROJECT: [Self; 3] = [Self::ProjectOwner, Self::ProjectMember, Self::ProjectViewer];

    /// The id on the wire and in the store.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::OrganizationOwner => "role-api-organization-owner",
            Self::OrganizationReader => "role-api-organization-reader",
            Self::ProjectOwner => "role-api-project-owner",
            Self::ProjectMember => "role-api-project-member",
            Self::ProjectViewer => "role-api-project-viewer",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrganizationOwner | Self::ProjectOwner => "owner",
            Self::OrganizationReader => "reader",
            Self::ProjectMember => "member",
            Self::ProjectViewer => "viewer",
        }
    }

    /// What it permits.
    #[must_use]
    pub fn permissions(self) -> ScopeSet {
        match self {
            Self::OrganizationOwner => OrganizationRole::Owner.permissions(),
            Self::OrganizationReader => OrganizationRole::Reader.permissions(),
            Self::ProjectOwner => ProjectRole::Owner.permissions(),
            Self::ProjectMember => ProjectRole::Member.permissions(),
            Self::ProjectViewer => ProjectRole::Viewer.permissions(),
        }
    }

    /// The role of a membership in an organization that is this assignment.
    #[must_use]
    pub const fn of_membership(role: OrganizationRole) -> Option<Self> {
        match role {
            OrganizationRole::Owner => Some(Self::OrganizationOwner),
            OrganizationRole::Reader => Some(Self::OrganizationReader),
            OrganizationRole::None => None,
        }
    }

    /// The role of a membership in a project that is this assignment.
    #[must_use]
    pub const fn of_project_member(role: ProjectRole) -> Option<Self> {
        match role {
            ProjectRole::Owner => Some(Self::ProjectOwner),
            ProjectRole::Member => Some(Self::ProjectMember),
            ProjectRole::Viewer => Some(Self::ProjectViewer),
            ProjectRole::None => None,
        }
    }

    /// The role in an organization of a member with this strongest preset role.
    #[must_use]
    pub const fn membership(strongest: Option<Self>) -> OrganizationRole {
        match strongest {
            Some(Self::OrganizationOwner) => OrganizationRole::Owner,
            Some(Self::OrganizationReader) => OrganizationRole::Reader,
            _ => OrganizationRole::None,
        }
    }

    /// The role in a project of a member with this strongest preset role.
    #[must_use]
    pub const fn project_member(strongest: Option<Self>) -> ProjectRole {
        match strongest {
            Some(Self::ProjectOwner) => ProjectRole::Owner,
            Some(Self::ProjectMember) => ProjectRole::Member,
            Some(Self::ProjectViewer) => ProjectRole::Viewer,
            _ => ProjectRole::None,
        }
    }

    /// Whether it is a role of this kind of resource.
    #[must_use]
    pub fn applies_to(self, resource: &Resource) -> bool {
        match resource {
            Resource::Organization(_) => Self::OF_ORGANIZATION.contains(&self),
            Resource::Project(_) => Self::OF_PROJECT.contains(&self),
        }
    }

    /// Returns the role with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::OF_ORGANIZATION.into_iter().chain(Self::OF_PROJECT).find(|role| role.id() == id)
    }
}

/// Divides the preset roles a person holds directly: the strongest one is the role of their membership, the others are
/// assignments beside it.
#[must_use]
pub fn strongest(held: &BTreeSet<PresetRole>) -> (Option<PresetRole>, Vec<PresetRole>) {
    let mut held = held.iter().copied();
    (held.next(), held.collect())
}

/// A role by its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleRef {
    /// A preset role.
    Preset(PresetRole),
    /// A custom role.
    Custom(RoleId),
}

impl RoleRef {
    /// The id on the wire and in the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Preset(role) => role.id(),
            Self::Custom(id) => id.as_str(),
        }
    }

    /// Reads an id. Clients know preset roles under two ids, of which the longer one ends with the id of the
    /// organization or project: `role-api-organization-owner__api-organization__org-…`.
    #[must_use]
    pub fn parse(text: &str, resource: &str) -> Option<Self> {
        if let Some((short, suffix)) = text.split_once("__") {
            let role = PresetRole::from_id(short)?;
            let kind = if PresetRole::OF_ORGANIZATION.contains(&role) { "api-organization" } else { "api-project" };
            return (suffix.split_once("__") == Some((kind, resource))).then_some(Self::Preset(role));
        }
        if text.starts_with("role-api-") {
            return PresetRole::from_id(text).map(Self::Preset);
        }
        text.parse().ok().map(Self::Custom)
    }
}

impl fmt::Display for RoleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_preset_roles() {
        for role in PresetRole::OF_ORGANIZATION {
            let long = format!("{}__api-organization__org-one", role.id());
            assert_eq!(RoleRef::parse(role.id(), "org-one"), Some(RoleRef::Preset(role)));
            assert_eq!(RoleRef::parse(&long, "org-one"), Some(RoleRef::Preset(role)));
            assert_eq!(RoleRef::parse(&long, "org-two"), None, "the id of another organization");
            let project = format!("{}__api-project__org-one", role.id());
            assert_eq!(RoleRef::parse(&project, "org-one"), None);
        }
        for role in PresetRole::OF_PROJECT {
            let long = format!("{}__api-project__proj_a", role.id());
            assert_eq!(RoleRef::parse(role.id(), "proj_a"), Some(RoleRef::Preset(role)));
            assert_eq!(RoleRef::parse(&long, "proj_a"), Some(RoleRef::Preset(role)));
        }
        for unknown in ["role-api-project-king", "role-", "role_a", "", "__", "role-api-project-owner__", "owner"] {
            assert_eq!(RoleRef::parse(unknown, "proj_a"), None, "{unknown}");
        }
        let custom = RoleRef::parse("role-Abc123", "org-one");
        assert_eq!(custom.as_ref().map(RoleRef::as_str), Some("role-Abc123"));
    }

    #[test]
    fn the_strongest_role_is_the_membership() {
        let held = BTreeSet::from([PresetRole::ProjectViewer, PresetRole::ProjectOwner]);
        assert_eq!(strongest(&held), (Some(PresetRole::ProjectOwner), vec![PresetRole::ProjectViewer]));
        assert_eq!(strongest(&BTreeSet::new()), (None, Vec::new()));
        for role in [OrganizationRole::Owner, OrganizationRole::Reader, OrganizationRole::None] {
            assert_eq!(PresetRole::membership(PresetRole::of_membership(role)), role);
        }
        for role in [ProjectRole::Owner, ProjectRole::Member, ProjectRole::Viewer, ProjectRole::None] {
            assert_eq!(PresetRole::project_member(PresetRole::of_project_member(role)), role);
        }
    }
}
