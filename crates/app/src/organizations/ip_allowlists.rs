//! Lists of addresses from which an organization's API may be called, or one project's. Where several lists of
//! one place are in force, each lets in; where an organization and a project have some, both must. They hold for API
//! keys and never for the dashboard, so that an owner can always mend them.

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
use crate::{Actor, App, Error};

/// Lists of one place at most. Each key in memory carries what its lists come to.
pub const MOST_LISTS: usize = 10;

/// What is to become of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListChange {
    /// Another name or other addresses; what is not said stays.
    Edit {
        /// The new name.
        name: Option<String>,
        /// The new addresses.
        addresses: Option<AddressList>,
    },
    /// It is in force from the next request on.
    Activate,
    /// It is kept, and lets nobody in or out.
    Deactivate,
    /// It is gone.
    Delete,
}

/// From where somebody changes a list, so that they do not shut themselves out unawares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standpoint {
    /// His address now.
    pub address: Option<IpAddr>,
    /// Whether they were told and want it nevertheless.
    pub acknowledged: bool,
}

/// The stable name of the refusal to shut oneself out.
pub const LOCKS_OUT: &str = "ip_allowlist_locks_out";

/// Whether an address may call the API of a place with these lists; lists of other places and those that are switched
/// off do not count.
#[must_use]
pub fn admits(lists: &[IpAllowlist], project: Option<&ProjectId>, address: IpAddr) -> bool {
    let in_force = lists.iter().filter(|list| list.active && list.project.as_ref() == project);
    let addresses: Vec<AddressList> = in_force.map(|list| list.addresses.clone()).collect();
    addresses.is_empty() || Networks::of(&addresses).contains(address)
}

impl App {
    /// The organization's lists, those of its projects among them.
    ///
    /// # Errors
    /// Without permission.
    pub async fn ip_allowlists(&self, actor: &Actor, organization: &OrganizationId) -> Result<Vec<IpAllowlist>, Error> {
        read_tx!(self.store(), "ip_allowlists", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(ip_allowlists::list(tx, organization).await?)
        })
    }

    /// Writes a new list, which is not in force yet.
    ///
    /// # Errors
    /// Without permission, for a project that is missing or archived, or when the place has [`MOST_LISTS`].
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
            self.hold_room(tx, "ip_allowlists", organization.as_str()).await?;
            let beside = ip_allowlists::list(tx, organization).await?;
            if beside.iter().filter(|other| other.project == list.project).count() >= MOST_LISTS {
                let message =
                    format!("An organization, and each of its projects, can have at most {MOST_LISTS} lists.");
                return Err(Error::impossible(message));
            }
            ip_allowlists::insert(tx, &list).await?;
            let details = json!({ "name": list.name, "allowed_ips": list.addresses.entries() });
            self.note_list(tx, actor, &list, "ip_allowlist.created", details).await?;
            Ok(list.clone())
        })
    }

    /// Changes a list; what is in force holds from the next request on. Answers the list as it is then, or as it was
    /// when it is deleted.
    ///
    /// # Errors
    /// Without permission, when there is no such list, or when whoever changes it would shut themselves out and has not
    /// acknowledged it ([`LOCKS_OUT`]).
    pub async fn change_ip_allowlist(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &IpAllowlistId,
        change: ListChange,
        standpoint: Standpoint,
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
            keep_in(&before, &after, list.project.as_ref(), standpoint)?;
            if change == ListChange::Delete {
                ip_allowlists::delete(tx, &list, self.now()).await?;
            } else {
                ip_allowlists::update(tx, &list).await?;
            }
            let ips = list.addresses.entries();
            let configs = json!({ "configs": [{ "id": list.id, "name": list.name }] });
            let (action, details) = match &change {
                ListChange::Edit { .. } => ("ip_allowlist.updated", json!({ "allowed_ips": ips })),
                // Switching on what is on is nothing new.
                ListChange::Activate if found.active => return Ok(list),
                ListChange::Activate => ("ip_allowlist.config.activated", configs),
                ListChange::Deactivate if !found.active => return Ok(list),
                ListChange::Deactivate => ("ip_allowlist.config.deactivated", configs),
                ListChange::Delete => ("ip_allowlist.deleted", json!({ "name": list.name, "allowed_ips": ips })),
            };
            self.note_list(tx, actor, &list, action, details).await?;
            Ok(list)
        })
    }

    /// A list of this organization.
    ///
    /// # Errors
    /// Without permission, or when there is none.
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

    async fn note_list(
        &self,
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
        self.record(tx, actor, AuditEntry { organization, action, target, details }).await
    }
}

/// Nobody shuts themselves out without saying that they mean it.
fn keep_in(
    before: &[IpAllowlist],
    after: &[IpAllowlist],
    project: Option<&ProjectId>,
    standpoint: Standpoint,
) -> Result<(), Error> {
    let Some(address) = standpoint.address.filter(|_| !standpoint.acknowledged) else { return Ok(()) };
    if admits(after, project, address) || !admits(before, project, address) {
        return Ok(());
    }
    let message = format!(
        "Your address now is {address}, and API requests from there would be refused after this change. Add it, or say \
         'force': true if you mean it."
    );
    Err(Error::coded("force", LOCKS_OUT, message))
}
