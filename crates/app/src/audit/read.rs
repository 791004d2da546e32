//! Reading the audit log: filters, and names for the ids in its rows.

use std::collections::{BTreeMap, BTreeSet};

use keystead_core::id::{InviteId, KeyId, OrganizationId, ProjectId, ServiceAccountId, UserId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::audit::{self, AuditEvent, Filter, KeyName, PersonName};
use keystead_store::{Listing, Page, Tx};
use serde_json::Value;

use crate::{Actor, App, Error};

/// A filter for rows. Empty fields match everything; a row must match all the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuestion {
    /// At or after this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// One of these actions.
    pub actions: Vec<String>,
    /// By one of these: ids of keys, people or service accounts (the latter two also through their keys), names of
    /// operators or services.
    pub actors: Vec<String>,
    /// By one of the people with these addresses.
    pub emails: Vec<String>,
    /// On one of these things, by id.
    pub targets: Vec<String>,
    /// In, or to, one of these projects.
    pub projects: Vec<String>,
}

/// A name for an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named<'a> {
    /// A person of the organization, present or past.
    Person(&'a PersonName),
    /// A key.
    Key(&'a KeyName),
    /// A project, by its name.
    Project(&'a str),
    /// A service account, by its name.
    ServiceAccount(&'a str),
}

/// Names for the ids in some rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    people: BTreeMap<String, PersonName>,
    keys: BTreeMap<String, KeyName>,
    projects: BTreeMap<String, String>,
    service_accounts: BTreeMap<String, String>,
    invited: BTreeMap<String, String>,
}

impl Names {
    /// The address that an invitation was sent to.
    #[must_use]
    pub fn invited(&self, id: &str) -> Option<&str> {
        self.invited.get(id).map(String::as_str)
    }

    /// The name of an id; `None` when it has none, or none that this organization may see.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Named<'_>> {
        let person = || self.people.get(id).map(Named::Person);
        let key = || self.keys.get(id).map(Named::Key);
        let project = || self.projects.get(id).map(|name| Named::Project(name));
        let account = || self.service_accounts.get(id).map(|name| Named::ServiceAccount(name));
        person().or_else(key).or_else(project).or_else(account)
    }
}

/// Rows of the log with names for their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLog {
    /// The rows.
    pub rows: Listing<AuditEvent>,
    /// Names for the ids in the rows.
    pub names: Names,
}

impl AuditLog {
    fn empty() -> Self {
        Self { rows: Listing { data: Vec::new(), has_more: false }, names: Names::default() }
    }
}

/// Who reads the log. Operators of the installation are known by their addresses, which only operators see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reader {
    operates: bool,
}

impl Reader {
    const fn of(actor: &Actor) -> Self {
        Self { operates: matches!(actor, Actor::Operator(_)) }
    }

    /// Removes the address of an operator.
    fn hide(self, kind: &str, id: &mut String) {
        if !self.operates && kind == "operator" && id.contains('@') {
            id.clear();
        }
    }

    /// Removes addresses from the actors that are asked for, because the number of rows would say whether an operator
    /// has one of them; `false` when no other actor is left.
    fn may_ask_for(self, actors: &mut Vec<String>) -> bool {
        let asked = !actors.is_empty();
        if !self.operates {
            actors.retain(|actor| !actor.contains('@'));
        }
        !asked || !actors.is_empty()
    }
}

/// Filter values for an organization's log: those that occur in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOptions {
    /// Actions.
    pub actions: Vec<String>,
    /// Kinds and ids of actors.
    pub actors: Vec<(String, String)>,
    /// Their names.
    pub names: Names,
}

impl App {
    /// Lists the audit log of an organization, unfiltered and without names.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn audit_log(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<AuditEvent>, Error> {
        let found = self.search_audit_log(actor, organization, AuditQuestion::default(), page).await?;
        Ok(found.rows)
    }

    /// Lists the rows that match, with names for their ids.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn search_audit_log(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        question: AuditQuestion,
        page: Page,
    ) -> Result<AuditLog, Error> {
        read_tx!(self.store(), "audit_log", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let mut asked = question.clone();
            let reader = Reader::of(actor);
            if !reader.may_ask_for(&mut asked.actors) {
                return Ok(AuditLog::empty());
            }
            let people = match asked.emails.is_empty() {
                true => Vec::new(),
                false => audit::people_by_email(tx, organization, &asked.emails).await?,
            };
            // An address without a person matches no row.
            if people.is_empty() && !asked.emails.is_empty() {
                return Ok(AuditLog::empty());
            }
            let filter = Filter {
                from: asked.from,
                until: asked.until,
                actions: asked.actions,
                actors: asked.actors,
                people: people.into_iter().map(|person| person.id).collect(),
                targets: asked.targets,
                projects: asked.projects,
            };
            let mut rows = audit::list(tx, organization, &filter, &page).await?;
            rows.data.iter_mut().for_each(|row| reader.hide(&row.actor_kind, &mut row.actor_id));
            let names = names_in(tx, organization, &rows.data, &[]).await?;
            Ok(AuditLog { rows, names })
        })
    }

    /// Lists the values that occur in the log, for filters.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn audit_options(&self, actor: &Actor, organization: &OrganizationId) -> Result<AuditOptions, Error> {
        read_tx!(self.store(), "audit_options", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let actions = audit::actions(tx, organization).await?;
            let mut actors = audit::actors(tx, organization).await?;
            actors.iter_mut().for_each(|(kind, id)| Reader::of(actor).hide(kind, id));
            actors.retain(|(_, id)| !id.is_empty());
            let mut ids = Ids::default();
            actors.iter().for_each(|(_, id)| ids.add(id));
            let names = ids.names(tx, organization).await?;
            Ok(AuditOptions { actions, actors, names })
        })
    }

    /// Returns names for the keys, projects and people in the organization's usage.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn names_in_usage(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        ids: BTreeSet<String>,
    ) -> Result<Names, Error> {
        read_tx!(self.store(), "names_in_usage", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?;
            let mut wanted = Ids::default();
            ids.iter().for_each(|id| wanted.add(id));
            wanted.names(tx, organization).await
        })
    }
}

/// Loads names for the ids in these rows, and for some more ids.
pub(crate) async fn names_in(
    tx: &mut Tx,
    organization: &OrganizationId,
    rows: &[AuditEvent],
    more: &[&str],
) -> Result<Names, Error> {
    let mut ids = Ids::default();
    for row in rows {
        ids.add(&row.actor_id);
        ids.add(&row.target_id);
        row.project.iter().for_each(|project| ids.add(project.as_str()));
        ids.add_all(&row.details);
    }
    more.iter().for_each(|id| ids.add(id));
    ids.names(tx, organization).await
}

/// Ids that need a name, by kind.
#[derive(Debug, Default)]
struct Ids {
    people: BTreeSet<String>,
    keys: BTreeSet<String>,
    projects: BTreeSet<String>,
    service_accounts: BTreeSet<String>,
    invites: BTreeSet<String>,
}

impl Ids {
    fn add(&mut self, id: &str) {
        let kinds = [
            (UserId::PREFIX, &mut self.people),
            (KeyId::PREFIX, &mut self.keys),
            (ProjectId::PREFIX, &mut self.projects),
            (ServiceAccountId::PREFIX, &mut self.service_accounts),
            (InviteId::PREFIX, &mut self.invites),
        ];
        for (prefix, ids) in kinds {
            if id.starts_with(prefix) {
                ids.insert(id.to_owned());
            }
        }
    }

    /// Collects every id in the details of a row.
    fn add_all(&mut self, details: &Value) {
        match details {
            Value::String(text) => self.add(text),
            Value::Array(items) => items.iter().for_each(|item| self.add_all(item)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_all(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Loads the names with one query for each kind, and one more for the owners of the keys.
    async fn names(mut self, tx: &mut Tx, organization: &OrganizationId) -> Result<Names, Error> {
        let list = |ids: &BTreeSet<String>| ids.iter().cloned().collect::<Vec<_>>();
        let keys = audit::key_names(tx, organization, &list(&self.keys)).await?;
        for key in &keys {
            self.people.extend(key.user.clone());
            self.service_accounts.extend(key.service_account.clone());
        }
        let people = audit::people(tx, organization, &list(&self.people)).await?;
        let accounts = audit::service_account_names(tx, organization, &list(&self.service_accounts)).await?;
        let projects = audit::project_names(tx, organization, &list(&self.projects)).await?;
        let invited = audit::invited_addresses(tx, organization, &list(&self.invites)).await?;
        Ok(Names {
            people: people.into_iter().map(|person| (person.id.clone(), person)).collect(),
            keys: keys.into_iter().map(|key| (key.id.clone(), key)).collect(),
            projects: projects.into_iter().collect(),
            service_accounts: accounts.into_iter().collect(),
            invited: invited.into_iter().collect(),
        })
    }
}
