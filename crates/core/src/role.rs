//! Roles: what a person, a group or a service account may do in an organization or a project.
//!
//! Preset roles are the same everywhere. Custom roles are made in an organization or a project, and are sets of
//! permissions with a name.

mod permission;
mod preset;
mod principal;

pub use permission::{UnknownPermission, checked_permissions};
pub use preset::{PresetRole, RoleRef, strongest};
pub use principal::{Principal, Resource};

use serde::{Deserialize, Serialize};

use crate::scope::{Scope, ScopeSet};

/// A person's role in an organization; it applies in every project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationRole {
    /// Manages everything.
    Owner,
    /// Uses the data plane of projects they belong to; sees groups and roles.
    Reader,
    /// A member who may do only what their other roles and groups permit.
    None,
}

impl OrganizationRole {
    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Reader => "reader",
            Self::None => "none",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Owner, Self::Reader, Self::None].into_iter().find(|role| role.as_str() == name)
    }

    /// What it permits in the organization and in every project.
    #[must_use]
    pub fn permissions(self) -> ScopeSet {
        match self {
            Self::Owner => ScopeSet::all(),
            Self::Reader => ProjectRole::Member.permissions(),
            Self::None => ScopeSet::NONE,
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
    /// Reads, but calls no model.
    Viewer,
    /// A service account without any permission, or a person who may do only what their other roles permit.
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

    /// What it permits in its project.
    #[must_use]
    pub fn permissions(self) -> ScopeSet {
        let see = ScopeSet::of(&[Scope::GroupsRead, Scope::RolesRead]);
        let manage =
            ScopeSet::of(&[Scope::ManagementRead, Scope::ManagementWrite, Scope::GroupsWrite, Scope::RolesWrite]);
        let data = ScopeSet::of(&Scope::DATA_PLANE);
        match self {
            Self::Owner => data.union(see).union(manage),
            Self::Member => data.union(see),
            Self::Viewer => ScopeSet::of(&[Scope::ModelRead, Scope::FilesRead, Scope::BatchRead]).union(see),
            Self::None => ScopeSet::NONE,
        }
    }
}

/// Everything a principal may do: the union of the preset role in the organization, the other roles there, and the same
/// in the project. Every decision of the data plane, the Administration API and the pages uses this function.
///
/// `None` without any role: the principal does not belong here. Service accounts have no role in the organization. For a
/// person, the store returns roles in projects only while they are members of the organization.
#[must_use]
pub fn effective_permissions(
    member: Option<OrganizationRole>,
    assigned: ScopeSet,
    project: Option<(Option<ProjectRole>, Option<ScopeSet>)>,
) -> Option<ScopeSet> {
    let (role, more) = project.unwrap_or_default();
    let sets = [member.map(|role| role.permissions().union(assigned)), role.map(ProjectRole::permissions), more];
    sets.into_iter().flatten().reduce(ScopeSet::union)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_cannot_call_models() {
        assert!(!ProjectRole::Viewer.permissions().allows(Scope::ModelRequest));
        assert!(OrganizationRole::Reader.permissions().allows(Scope::ModelRequest));
    }

    #[test]
    fn a_stronger_role_permits_all_that_a_weaker_one_does() {
        let project = [ProjectRole::Owner, ProjectRole::Member, ProjectRole::Viewer, ProjectRole::None];
        assert!(project.windows(2).all(|pair| pair[0].permissions().contains(pair[1].permissions())));
        let organization = [OrganizationRole::Owner, OrganizationRole::Reader, OrganizationRole::None];
        assert!(organization.windows(2).all(|pair| pair[0].permissions().contains(pair[1].permissions())));
    }

    #[test]
    fn only_administrators_change_anything_but_data() {
        let changes = [Scope::ManagementWrite, Scope::GroupsWrite, Scope::RolesWrite];
        let weak = [ProjectRole::Member, ProjectRole::Viewer, ProjectRole::None];
        assert!(weak.iter().all(|role| changes.iter().all(|scope| !role.permissions().allows(*scope))));
        assert!(changes.iter().all(|scope| !OrganizationRole::Reader.permissions().allows(*scope)));
    }

    #[test]
    fn permissions_are_united_and_denied_by_default() {
        let usage = ScopeSet::of(&[Scope::UsageRead]);
        assert_eq!(effective_permissions(None, ScopeSet::NONE, None), None);
        assert_eq!(effective_permissions(None, usage, Some((None, None))), None, "no member holds nothing");
        assert_eq!(effective_permissions(Some(OrganizationRole::None), usage, None), Some(usage));
        let viewer = effective_permissions(None, usage, Some((Some(ProjectRole::Viewer), None)));
        assert_eq!(viewer, Some(ProjectRole::Viewer.permissions()));
        let both = effective_permissions(Some(OrganizationRole::Reader), usage, Some((None, Some(ScopeSet::all()))));
        assert_eq!(both, Some(ScopeSet::all()));
        let none = effective_permissions(Some(OrganizationRole::None), ScopeSet::NONE, Some((None, None)));
        assert_eq!(none, Some(ScopeSet::NONE), "a member without roles is known, and may do nothing");
    }

    #[test]
    fn the_documented_table_is_true() {
        let text = include_str!("../../../docs/roles.md");
        let rows: Vec<Vec<&str>> = text
            .lines()
            .filter(|line| line.starts_with("| `api."))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let presets = PresetRole::OF_ORGANIZATION.into_iter().chain(PresetRole::OF_PROJECT).collect::<Vec<_>>();
        assert_eq!(rows.len(), Scope::ALL.len());
        for (row, scope) in rows.iter().zip(Scope::ALL) {
            let says = presets.iter().map(|role| if role.permissions().allows(scope) { "yes" } else { "no" });
            assert_eq!(row[0].trim_matches('`'), scope.as_str());
            assert_eq!(row[2..], says.collect::<Vec<_>>(), "{}", row[0]);
        }
    }
}
