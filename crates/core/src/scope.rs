//! Scopes: the restrictions of keys and the permissions of roles.

use serde::{Deserialize, Serialize};

use crate::role::{OrganizationRole, ProjectRole};

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
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 11] = [
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

    /// The permissions of a project role.
    #[must_use]
    pub fn of_project_role(role: ProjectRole) -> Self {
        const DATA: [Scope; 8] = [
            Scope::ModelRead,
            Scope::ModelRequest,
            Scope::ResponsesRead,
            Scope::ResponsesWrite,
            Scope::FilesRead,
            Scope::FilesWrite,
            Scope::BatchRead,
            Scope::BatchWrite,
        ];
        match role {
            ProjectRole::Owner | ProjectRole::Member => Self::of(&DATA),
            ProjectRole::Viewer => Self::of(&[Scope::ModelRead, Scope::FilesRead, Scope::BatchRead]),
            ProjectRole::None => Self::NONE,
        }
    }

    /// The permissions of an organization role in every project.
    #[must_use]
    pub fn of_organization_role(role: OrganizationRole) -> Self {
        match role {
            OrganizationRole::Owner => Self::all(),
            OrganizationRole::Reader => Self::of_project_role(ProjectRole::Member),
        }
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
    fn viewers_cannot_call_models() {
        assert!(!ScopeSet::of_project_role(ProjectRole::Viewer).allows(Scope::ModelRequest));
        assert!(ScopeSet::of_organization_role(OrganizationRole::Reader).allows(Scope::ModelRequest));
    }
}
