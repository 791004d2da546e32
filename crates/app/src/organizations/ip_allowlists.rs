//! IP allowlists: addresses from which the API of an organization or of one project may be called. When an organization
//! or project has several active lists, an address on any of them is admitted; when both the organization and the
//! project have some, both must admit it. They apply to API keys and never to the dashboard, so that an owner can
//! always correct them.

use std::net::IpAddr;

use keystead_core::id::{IpAllowlistId, OrganizationId, ProjectId};
use keystead_core::network::{AddressList, Networks};
use keystead_core::scope::Scope;
use keystead_store::Tx;
use keystead_store::tables::ip_allowlists;
pub use keystead_store::tables::ip_allowlists::IpAllowlist;
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::projects::open_project;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// Lists that one organization or project may have. Each key in memory carries the combined addresses.
pub const MOST_LISTS: usize = 10;

/// A change of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListChange {
    /// Another name or other addresses; `None` keeps the present value.
    Edit {
        /// The new name.
        name: Option<String>,
        /// The new addresses.
        addresses: Option<AddressList>,
    },
    /// Puts it in force from the next request.
    Activate,
    /// Keeps it without effect.
    Deactivate,
    /// Deletes it.
    Delete,
}

/// The address from which a person changes a list, so that they do not lock themselves out by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerAddress {
    /// Their present address.
    pub address: Option<IpAddr>,
    /// Whether they have confirmed that they want to lock themselves out.
    pub acknowledged: bool,
}

/// The code of the refusal to lock the caller out.
pub const LOCKS_OUT: &str = "ip_allowlist_locks_out";

/// Whether an address may call the API of an organization or project with these lists; inactive lists and those of
/// other projects do not count.
#[must_use]
pub fn admits(lists: &[IpAllowlist], project: Option<&ProjectId>, address: IpAddr) -> bool {
    let in_force = lists.iter().filter(|list| list.active && list.project.as_ref() == project);
    let addresses: Vec<AddressList> = in_force.map(|list| list.addresses.clone()).collect();
    addresses.is_empty() || Networks::of(&addresses).contains(address)
}

impl App {
    /// Lists the allowlists of the organization and of its projects.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn ip_allowlists(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<IpAllowlist>, Error> {
        read_tx!(self.store(), "ip_allowlists", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(ip_allowlists::list(tx, organization).await?)
        })
    }

    /// Creates a list, which is not in force yet.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing or archived, or when it or the organization
    /// has [`MOST_LISTS`].
    pub async fn create_ip_allowlist(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        name: &str,
        addresses: AddressList,
    ) -> Result<IpAllowlist, Error> {
        let now = self.now();
        let list = IpAllowlist {
            id: self.draw(IpAllowlistId::generate),
            organization: organization.clone(),
            project: project.cloned(),
            name: checked_name(name)?,
            addresses,
            active: false,
            created_at: now,
            updated_at: now,
        };
        write_tx!(self.store(), "create_ip_allowlist", |tx| {
            let organization = &list.organization;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = &list.project {
                open_project(tx, organization, project).await?;
            }
            hold_room(tx, "ip_allowlists", organization.as_str()).await?;
            let beside = ip_allowlists::list(tx, organization).await?;
            if beside.iter().filter(|other| other.project == list.project).count() >= MOST_LISTS {
                let message =
                    format!("An organization, and each of its projects, can have at most {MOST_LISTS} lists.");
                return Err(Error::impossible(message));
            }
            ip_allowlists::insert(tx, &list).await?;
            let details = json!({ "name": list.name, "allowed_ips": list.addresses.entries() });
            record_list_change(self, tx, actor, &list, "ip_allowlist.created", details).await?;
            Ok(list.clone())
        })
    }

    /// Changes a list; an active list applies from the next request. Returns the changed list, or the deleted one.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such list, or when the change would lock the caller out
    /// and they have not acknowledged it ([`LOCKS_OUT`]).
    pub async fn change_ip_allowlist(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &IpAllowlistId,
        change: ListChange,
        caller: CallerAddress,
    ) -> Result<IpAllowlist, Error> {
        write_tx!(self.store(), "change_ip_allowlist", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = ip_allowlists::list(tx, organization).await?;
            let found = before.iter().find(|list| list.id == *id);
            let found = found.ok_or_else(|| Error::not_found("IP allowlist", id.as_str()))?;
            let mut list = found.clone();
            list.updated_at = self.now();
            match &change {
                ListChange::Edit { name, addresses } => {
                    if let Some(name) = name {
                        list.name = checked_name(name)?;
                    }
                    if let Some(addresses) = addresses {
                        list.addresses = addresses.clone();
                    }
                }
                ListChange::Activate => list.active = true,
                ListChange::Deactivate => list.active = false,
                ListChange::Delete => {}
            }
            let mut after: Vec<IpAllowlist> = before.iter().filter(|other| other.id != *id).cloned().collect();
            if change != ListChange::Delete {
                after.push(list.clone());
            }
            ensure_not_locked_out(&before, &after, list.project.as_ref(), caller)?;
            if change == ListChange::Delete {
                ip_allowlists::delete(tx, &list, self.now()).await?;
            } else {
                ip_allowlists::update(tx, &list).await?;
            }
            let ips = list.addresses.entries();
            let configs = json!({ "configs": [{ "id": list.id, "name": list.name }] });
            let (action, details) = match &change {
                ListChange::Edit { .. } => ("ip_allowlist.updated", json!({ "allowed_ips": ips })),
                // Activating an active list changes nothing.
                ListChange::Activate if found.active => return Ok(list),
                ListChange::Activate => ("ip_allowlist.config.activated", configs),
                ListChange::Deactivate if !found.active => return Ok(list),
                ListChange::Deactivate => ("ip_allowlist.config.deactivated", configs),
                ListChange::Delete => ("ip_allowlist.deleted", json!({ "name": list.name, "allowed_ips": ips })),
            };
            record_list_change(self, tx, actor, &list, action, details).await?;
            Ok(list)
        })
    }

    /// Finds a list of this organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn ip_allowlist(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &IpAllowlistId,
    ) -> Result<IpAllowlist, Error> {
        let lists = self.ip_allowlists(actor, organization).await?;
        let found = lists.into_iter().find(|list| list.id == *id);
        found.ok_or_else(|| Error::not_found("IP allowlist", id.as_str()))
    }
}

async fn record_list_change(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    list: &IpAllowlist,
    action: &'static str,
    mut details: Value,
) -> Result<(), Error> {
    if let Some(project) = &list.project {
        details["project_id"] = json!(project);
    }
    let (organization, target) = (&list.organization, list.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}

/// Refuses a change that locks the caller out, unless they have confirmed it.
fn ensure_not_locked_out(
    before: &[IpAllowlist],
    after: &[IpAllowlist],
    project: Option<&ProjectId>,
    caller: CallerAddress,
) -> Result<(), Error> {
    let Some(address) = caller.address.filter(|_| !caller.acknowledged) else { return Ok(()) };
    if admits(after, project, address) || !admits(before, project, address) {
        return Ok(());
    }
    let message = format!(
        "Your address now is {address}, and API requests from there would be refused after this change. Add it, or say \
         'force': true if you mean it."
    );
    Err(Error::coded("force", LOCKS_OUT, message))
}
