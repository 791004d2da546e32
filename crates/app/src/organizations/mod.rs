//! Organizations: making one, the switcher, and the general settings.

pub mod bootstrap;
pub mod certificate_places;
pub mod certificates;
mod data_retention;
pub(crate) mod deletion;
mod ending;
mod export;
mod invite_mail;
pub mod invites;
pub mod ip_allowlists;
pub mod members;
pub mod second_factor_policy;
pub mod spend_alerts;
pub mod spend_figures;
pub mod spend_limits;
mod tags;

pub use deletion::OrganizationDeletionView;

use keystead_core::gate::OwnedOrganization;
use keystead_core::id::{OrganizationId, ProjectId, UserId};
use keystead_core::role::{OrganizationRole, ProjectRole, effective_permissions};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::account_deletions;
use keystead_store::tables::accounts;
use keystead_store::tables::changes;
use keystead_store::tables::memberships::{self, Membership};
use keystead_store::tables::organization_deletions;
use keystead_store::tables::organizations::{self, Organization};
use keystead_store::tables::policy;
use keystead_store::tables::project_members::{self, ProjectMember};
use keystead_store::tables::projects::{self, Project};
use keystead_store::tables::role_assignments;
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use crate::accounts::deletion::deletion_pending;
use crate::audit::AuditEntry;
use crate::credit;
use crate::entitlements::{entitlements, log_unenforced};
use crate::organizations::second_factor_policy::asks_for_code;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// The name of the project that every organization begins with.
const DEFAULT: &str = "Default project";

/// The accepted answers to "What best describes you?".
pub const DESCRIPTIONS: [&str; 8] =
    ["student", "developer", "data_scientist", "researcher", "founder", "manager", "not_technical", "other"];
/// Organizations that one person may own; for more they must ask the operator.
const MOST_ORGANIZATIONS: usize = 20;

/// One organization in the switcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationChoice {
    /// The id.
    pub id: OrganizationId,
    /// Its label.
    pub name: String,
    /// The person's role in it.
    pub role: OrganizationRole,
    /// What the person's roles permit in the whole organization.
    pub permissions: ScopeSet,
    /// Whether the person holds any role, in the organization or in one of these projects; without one, nothing is shown
    /// to them.
    pub holds_role: bool,
    /// Whether the person's roles permit to see and change its administration.
    pub manages: bool,
    /// The projects the person has access to that are not archived, the Default project first. Owners see all, others
    /// their own and the Default project.
    pub projects: Vec<ProjectChoice>,
    /// Whether the organization requires a second factor that this session lacks; its pages are blocked until the
    /// person sets one up or uses a passkey in the session.
    pub locked: bool,
    /// When the organization will be deleted, if an owner asked for that.
    pub deletion_at: Option<Timestamp>,
}

/// One project in the switcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectChoice {
    /// The id.
    pub id: ProjectId,
    /// Its label.
    pub name: String,
    /// Whether it is the Default project.
    pub is_default: bool,
    /// Whether the person's roles permit to administer it.
    pub administers: bool,
}

impl App {
    /// Makes an organization with its Default project; the person becomes its owner.
    ///
    /// # Errors
    /// When the name or the description is not valid, when the person owns too many, when their account will be deleted, or while a rule requires something
    /// that none of their organizations has proven.
    pub async fn create_organization(
        &self,
        user: &UserId,
        name: &str,
        describes: Option<&str>,
    ) -> Result<(OrganizationId, ProjectId), Error> {
        let name = checked_name(name)?;
        if describes.is_some_and(|word| !DESCRIPTIONS.contains(&word)) {
            return Err(Error::invalid("describes", "Invalid 'describes': choose one of the list."));
        }
        let ids = self.draw(|rng| (OrganizationId::generate(rng), ProjectId::generate(rng)));
        let describes = describes.map(str::to_owned);
        write_tx!(self.store(), "create_organization", |tx| {
            // First, so that the deletion of the account is seen when it is requested or done at the same time.
            changes::lock(tx).await?;
            let (organization, project) = &ids;
            let person = users::find(tx, user).await?.filter(|row| row.deactivated_at.is_none());
            let person = person.ok_or_else(|| Error::not_found("user", user.as_str()))?;
            hold_room(tx, "organizations", user.as_str()).await?;
            if account_deletions::find(tx, user).await?.is_some() {
                return Err(deletion_pending());
            }
            let memberships = memberships::list_of_user(tx, user).await?;
            if memberships.iter().filter(|row| row.role == OrganizationRole::Owner).count() >= MOST_ORGANIZATIONS {
                return Err(Error::impossible(format!(
                    "One person can own at most {MOST_ORGANIZATIONS} organizations."
                )));
            }
            ensure_may_create(self, tx, &person).await?;
            insert_organization(tx, user, organization, project, (&name, self.now())).await?;
            record_organization(self, tx, user, organization, project).await?;
            credit::begin(self, tx, organization).await?;
            if person.default_organization.is_none() {
                users::update_default_organization(tx, user, organization, self.now()).await?;
            }
            if let Some(mut account) = accounts::lock(tx, user).await?.filter(|_| describes.is_some()) {
                account.describes = describes.clone();
                accounts::save(tx, &account).await?;
            }
            Ok(ids.clone())
        })
    }

    /// Lists the organizations of a person with their projects, for the switcher.
    pub async fn organizations_of(&self, user: &UserId) -> Result<Vec<OrganizationChoice>, Error> {
        read_tx!(self.store(), "organizations_of", |tx| {
            let mut choices = Vec::new();
            let reached = projects::list_of_user(tx, user).await?;
            let permitted = role_assignments::permitted_to_user(tx, user).await?;
            let safe = asks_for_code(tx, user).await?;
            let deletions = organization_deletions::list_of_user(tx, user).await?;
            for membership in memberships::list_of_user(tx, user).await? {
                let Some(row) = organizations::find(tx, &membership.organization).await? else { continue };
                if row.deactivated_at.is_some() {
                    continue;
                }
                let assigned = permitted.in_organization(&row.id);
                let may = |project: Option<(Option<ProjectRole>, Option<ScopeSet>)>, scope: Scope| {
                    effective_permissions(Some(membership.role), assigned, project).is_some_and(|may| may.allows(scope))
                };
                let own = reached.iter().filter(|reached| reached.project.organization == row.id);
                let mut in_projects = own.clone();
                let holds_role = membership.role != OrganizationRole::None
                    || permitted.holds_in_organization(&row.id)
                    || in_projects.any(|one| one.role.is_some() || permitted.in_project(&one.project.id).is_some());
                let projects = own.map(|reached| ProjectChoice {
                    id: reached.project.id.clone(),
                    name: reached.project.name.clone(),
                    is_default: reached.project.is_default,
                    administers: may(
                        Some((reached.role, permitted.in_project(&reached.project.id))),
                        Scope::ManagementWrite,
                    ),
                });
                let projects = projects.collect();
                let manages = may(None, Scope::ManagementRead) && may(None, Scope::ManagementWrite);
                let held = effective_permissions(Some(membership.role), assigned, None).unwrap_or_default();
                let locked = !safe && organizations::second_factor_since(tx, &row.id).await?.is_some();
                let deletion = deletions.iter().find(|deletion| deletion.organization == row.id);
                choices.push(OrganizationChoice {
                    deletion_at: deletion.map(|deletion| deletion.due_at),
                    id: row.id,
                    name: row.name,
                    role: membership.role,
                    permissions: held,
                    holds_role,
                    manages,
                    projects,
                    locked,
                });
            }
            Ok(choices)
        })
    }

    /// Changes the label of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the name is not valid.
    pub async fn rename_organization(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        name: &str,
    ) -> Result<(), Error> {
        let name = checked_name(name)?;
        write_tx!(self.store(), "rename_organization", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            organizations::rename(tx, organization, &name).await?;
            let entry = AuditEntry {
                organization,
                action: "organization.updated",
                target: organization.as_str(),
                details: json!({ "changes_requested": { "name": name, "title": name } }),
            };
            self.record(tx, actor, entry).await
        })
    }
}

/// Finds an organization that was not deleted.
///
/// # Errors
/// When there is none with this id, or when it was deleted.
pub(crate) async fn find_open(tx: &mut Tx, organization: &OrganizationId) -> Result<Organization, Error> {
    let row = find_unless_deleted(tx, organization).await?;
    row.ok_or_else(|| Error::not_found("organization", organization.as_str()))
}

/// Finds an organization, unless it was deleted.
async fn find_unless_deleted(tx: &mut Tx, organization: &OrganizationId) -> Result<Option<Organization>, Error> {
    Ok(organizations::find(tx, organization).await?.filter(|row| row.deactivated_at.is_none()))
}

/// Refuses another organization while a rule requires something that none of the person's organizations has proven.
async fn ensure_may_create(app: &App, tx: &mut Tx, person: &User) -> Result<(), Error> {
    let owned = owned(tx, &person.id).await?;
    let (_, policy) = policy::find(tx).await?;
    let verdict = policy.judge_organization_creation(&owned, app.now());
    // The refusal names the organization they work in as the one in which to prove it.
    let preferred = owned.iter().find(|one| Some(&one.organization) == person.default_organization.as_ref());
    let Some(one) = preferred.or(owned.first()) else { return Ok(()) };
    log_unenforced(&one.organization, "organization.create", &verdict);
    if verdict.allowed() {
        return Ok(());
    }
    Err(Error::RequirementMissing {
        organization: one.organization.clone(),
        action: "organization.create",
        missing: verdict.missing,
        rule: verdict.rule.unwrap_or_default(),
    })
}

/// Inserts an organization with its Default project and its first owner.
async fn insert_organization(
    tx: &mut Tx,
    user: &UserId,
    organization: &OrganizationId,
    project: &ProjectId,
    (name, at): (&str, Timestamp),
) -> Result<(), Error> {
    let row = Organization {
        id: organization.clone(),
        name: name.to_owned(),
        created_at: at,
        deactivated_at: None,
        entitlement_version: 0,
        tags: Vec::new(),
    };
    organizations::insert(tx, &row).await?;
    let (user, role) = (user.clone(), OrganizationRole::Owner);
    let membership = Membership { organization: row.id, user, role, created_at: at };
    memberships::insert(tx, &membership).await?;
    let default = Project {
        id: project.clone(),
        organization: membership.organization,
        name: DEFAULT.to_owned(),
        created_at: at,
        archived_at: None,
        is_default: true,
    };
    projects::insert(tx, &default).await?;
    let (user, role) = (membership.user, ProjectRole::Owner);
    let member = ProjectMember { project: default.id, user, role, created_at: at };
    Ok(project_members::insert(tx, &member).await?)
}

/// The entries with which the log of an organization begins.
fn first_entries<'i>(
    user: &'i UserId,
    organization: &'i OrganizationId,
    project: &'i ProjectId,
) -> [(&'static str, &'i str, Value); 3] {
    [
        ("organization.created", organization.as_str(), json!({})),
        ("project.created", project.as_str(), json!({ "data": { "name": DEFAULT, "title": DEFAULT } })),
        ("user.added", user.as_str(), json!({ "data": { "role": OrganizationRole::Owner.as_str() } })),
    ]
}

/// Records who made an organization.
async fn record_organization(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    organization: &OrganizationId,
    project: &ProjectId,
) -> Result<(), Error> {
    let actor = Actor::Person(user.clone());
    for (action, target, details) in first_entries(user, organization, project) {
        app.record(tx, &actor, AuditEntry { organization, action, target, details }).await?;
    }
    Ok(())
}

/// Lists the organizations a person owns that are not closed, the oldest membership first.
pub(crate) async fn owned(tx: &mut Tx, user: &UserId) -> Result<Vec<OwnedOrganization>, Error> {
    let mut owned = Vec::new();
    for membership in memberships::list_of_user(tx, user).await? {
        let organization = membership.organization;
        let open = organizations::find(tx, &organization).await?.is_some_and(|row| row.deactivated_at.is_none());
        if open && membership.role == OrganizationRole::Owner {
            let entitlements = entitlements(tx, &organization).await?;
            owned.push(OwnedOrganization { organization, entitlements });
        }
    }
    Ok(owned)
}
