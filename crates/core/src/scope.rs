//! Scopes: what routes require, keys are restricted to and roles permit.

use serde::{Deserialize, Serialize};

/// Read everything (`["api.all.read"]` is the console's "Read only").
pub const ALL_READ: &str = "api.all.read";

/// One permission that a route requires. Error bodies name the text as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// List and see models.
    ModelRead,
    /// Send requests to a model.
    ModelRequest,
    /// Read responses.
    ResponsesRead,
    /// Make and cancel responses.
    ResponsesWrite,
    /// Read files.
    FilesRead,
    /// Write files and uploads.
    FilesWrite,
    /// Read batches.
    BatchRead,
    /// Make and cancel batches.
    BatchWrite,
    /// Read usage and costs.
    UsageRead,
    /// Read the organization's administration.
    ManagementRead,
    /// Change the organization's administration.
    ManagementWrite,
    /// Read groups and who is in them.
    GroupsRead,
    /// Change groups and who is in them.
    GroupsWrite,
    /// Read roles and who holds them.
    RolesRead,
    /// Change roles and who holds them.
    RolesWrite,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 15] = [
        Self::ModelRead,
        Self::ModelRequest,
        Self::ResponsesRead,
        Self::ResponsesWrite,
        Self::FilesRead,
        Self::FilesWrite,
        Self::BatchRead,
        Self::BatchWrite,
        Self::UsageRead,
        Self::ManagementRead,
        Self::ManagementWrite,
        Self::GroupsRead,
        Self::GroupsWrite,
        Self::RolesRead,
        Self::RolesWrite,
    ];

    /// The scopes that routes of the data plane need. Keys of projects and service accounts use no others.
    pub const DATA_PLANE: [Self; 8] = [
        Self::ModelRead,
        Self::ModelRequest,
        Self::ResponsesRead,
        Self::ResponsesWrite,
        Self::FilesRead,
        Self::FilesWrite,
        Self::BatchRead,
        Self::BatchWrite,
    ];

    /// The canonical literal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ModelRead => "api.model.read",
            Self::ModelRequest => "api.model.request",
            Self::ResponsesRead => "api.responses.read",
            Self::ResponsesWrite => "api.responses.write",
            Self::FilesRead => "api.files.read",
            Self::FilesWrite => "api.files.write",
            Self::BatchRead => "api.batch.read",
            Self::BatchWrite => "api.batch.write",
            Self::UsageRead => "api.usage.read",
            Self::ManagementRead => "api.management.read",
            Self::ManagementWrite => "api.management.write",
            Self::GroupsRead => "api.groups.read",
            Self::GroupsWrite => "api.groups.write",
            Self::RolesRead => "api.roles.read",
            Self::RolesWrite => "api.roles.write",
        }
    }

    /// The literal that error bodies contain: the legacy form for model requests.
    #[must_use]
    pub const fn error_name(self) -> &'static str {
        match self {
            Self::ModelRequest => "model.request",
            other => other.as_str(),
        }
    }

    /// Parses a literal or one of its legacy aliases.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "model.read" => Some(Self::ModelRead),
            "model.request" => Some(Self::ModelRequest),
            _ => Self::ALL.into_iter().find(|scope| scope.as_str() == name),
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }

    const fn is_read(self) -> bool {
        matches!(
            self,
            Self::ModelRead
                | Self::ResponsesRead
                | Self::FilesRead
                | Self::BatchRead
                | Self::UsageRead
                | Self::ManagementRead
                | Self::GroupsRead
                | Self::RolesRead
        )
    }
}

/// A set of permissions, small enough to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ScopeSet(u32);

impl ScopeSet {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set of these scopes.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        Self::of(&Scope::ALL)
    }

    /// Whether the set holds this scope.
    #[must_use]
    pub const fn allows(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Returns the union of both sets: organization and project roles are united first.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the intersection of both sets: key scopes ∩ role permissions.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what the literals of a key's restriction allow. An empty list restricts nothing; unknown literals allow
    /// nothing.
    #[must_use]
    pub fn of_restriction(literals: &[String]) -> Self {
        if literals.is_empty() {
            return Self::all();
        }
        literals.iter().fold(Self::NONE, |set, literal| {
            if literal == ALL_READ {
                let reads: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scope.is_read()).collect();
                return set.union(Self::of(&reads));
            }
            Scope::from_name(literal).map_or(set, |scope| set.union(Self::of(&[scope])))
        })
    }

    /// Returns what this set holds and the other one does not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set holds everything that the other one holds.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The scopes of the set, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.allows(*scope))
    }

    /// Returns what the permissions of a role allow. Unlike a restriction, an empty list allows nothing.
    #[must_use]
    pub fn of_permissions(literals: &[String]) -> Self {
        if literals.is_empty() { Self::NONE } else { Self::of_restriction(literals) }
    }
}

/// Scope literals as a key stores them; canonical, without repeats.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Restriction(pub Vec<String>);

impl Restriction {
    /// Makes literals canonical (`model.request` becomes `api.model.request`), without repeats, in the order in which
    /// they first appear.
    #[must_use]
    pub fn canonical(literals: &[String]) -> Self {
        let mut seen: Vec<String> = Vec::new();
        for literal in literals {
            let name = Scope::from_name(literal).map_or(literal.as_str(), |scope| scope.as_str());
            if !seen.iter().any(|known| known == name) {
                seen.push(name.to_owned());
            }
        }
        Self(seen)
    }

    /// The scopes the literals allow.
    #[must_use]
    pub fn scopes(&self) -> ScopeSet {
        ScopeSet::of_restriction(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_read_only() {
        let legacy = Restriction::canonical(&["model.request".to_owned(), "api.model.request".to_owned()]);
        assert_eq!(legacy.0, ["api.model.request"]);
        let reads = ScopeSet::of_restriction(&[ALL_READ.to_owned()]);
        assert!(reads.allows(Scope::ModelRead) && !reads.allows(Scope::ModelRequest));
        assert_eq!(ScopeSet::of_restriction(&[]), ScopeSet::all());
        assert_eq!(ScopeSet::of_restriction(&["made.up".to_owned()]), ScopeSet::NONE);
    }

    #[test]
    fn write_implies_nothing() {
        let write = ScopeSet::of_restriction(&["api.files.write".to_owned()]);
        assert!(!write.allows(Scope::FilesRead));
    }

    #[test]
    fn a_role_without_permissions_allows_nothing() {
        assert_eq!(ScopeSet::of_permissions(&[]), ScopeSet::NONE);
        let read = ScopeSet::of_permissions(&[ALL_READ.to_owned()]);
        assert!(read.iter().all(Scope::is_read) && read.allows(Scope::RolesRead));
        assert!(ScopeSet::all().contains(read) && !read.contains(ScopeSet::all()));
    }
}
