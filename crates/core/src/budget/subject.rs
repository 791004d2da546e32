//! What has a budget or an alert.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::id::{InvalidId, KeyId, OrganizationId, ProjectId, UserId};
use crate::usage::UsageEvent;

/// A person as a member of one organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// Both ids, joined with a slash.
    text: Arc<str>,
    organization: OrganizationId,
    user: UserId,
}

impl Person {
    /// The person in this organization.
    #[must_use]
    pub fn new(organization: OrganizationId, user: UserId) -> Self {
        Self { text: format!("{organization}/{user}").into(), organization, user }
    }

    /// The organization.
    #[must_use]
    pub const fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The account.
    #[must_use]
    pub const fn user(&self) -> &UserId {
        &self.user
    }
}

/// What has a budget or an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetSubject {
    /// All of an organization.
    Organization(OrganizationId),
    /// One project.
    Project(ProjectId),
    /// What one person uses in one organization, with all their keys and in the playground.
    Person(Person),
    /// One key.
    Key(KeyId),
}

/// The kind of subject, in the order in which budgets refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// An organization.
    Organization,
    /// A project.
    Project,
    /// A person.
    Person,
    /// A key.
    Key,
}

impl SubjectKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Organization, Self::Project, Self::Person, Self::Key];

    /// The name in the API. A person is a user there.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Project => "project",
            Self::Person => "user",
            Self::Key => "api_key",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl BudgetSubject {
    /// The id, in the store. Ids of different kinds differ in their prefix or contain a slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Organization(id) => id.as_str(),
            Self::Project(id) => id.as_str(),
            Self::Person(person) => &person.text,
            Self::Key(id) => id.as_str(),
        }
    }

    /// The id in the API: that of a person's account, which has a budget in each organization.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Person(person) => person.user.as_str(),
            other => other.as_str(),
        }
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Organization(_) => SubjectKind::Organization,
            Self::Project(_) => SubjectKind::Project,
            Self::Person(_) => SubjectKind::Person,
            Self::Key(_) => SubjectKind::Key,
        }
    }

    /// The organization, or one of its projects.
    #[must_use]
    pub fn of(organization: &OrganizationId, project: Option<&ProjectId>) -> Self {
        project.map_or_else(|| Self::Organization(organization.clone()), |project| Self::Project(project.clone()))
    }

    /// A person in one organization.
    #[must_use]
    pub fn person(organization: &OrganizationId, user: &UserId) -> Self {
        Self::Person(Person::new(organization.clone(), user.clone()))
    }

    /// Appends to `text` the id of what an event counts for, as in the store; `false` where it counts for no such
    /// subject: a service account is no person.
    pub fn write_of_event(text: &mut String, kind: SubjectKind, event: &UsageEvent) -> bool {
        match kind {
            SubjectKind::Organization => text.push_str(event.organization.as_str()),
            SubjectKind::Project => text.push_str(event.project.as_str()),
            SubjectKind::Person if event.owner.starts_with(UserId::PREFIX) => {
                text.push_str(event.organization.as_str());
                text.push('/');
                text.push_str(&event.owner);
            }
            SubjectKind::Person => return false,
            SubjectKind::Key => text.push_str(event.key.as_str()),
        }
        true
    }
}

impl fmt::Display for BudgetSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for BudgetSubject {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if let Some((organization, user)) = text.split_once('/') {
            return Ok(Self::Person(Person::new(organization.parse()?, user.parse()?)));
        }
        let id = text.parse().map(Self::Organization).or_else(|_| text.parse().map(Self::Project));
        id.or_else(|_| text.parse().map(Self::Key))
    }
}
