//! The audit log: one row per change, in the change's own transaction.

use std::cell::RefCell;
use std::net::IpAddr;

use keystead_core::id::{AuditEventId, OrganizationId, ProjectId};
use keystead_store::Tx;
pub use keystead_store::tables::audit::AuditEvent;
use keystead_store::tables::audit::{self, NewAuditEvent};
use serde_json::Value;

mod actions;
mod chain;
pub mod contract;
mod details;
mod read;

pub use actions::{ACTIONS, Area};
pub use chain::{ChainCheck, ChainHead};
pub use details::{Detail, details};
pub(crate) use read::names_in;
pub use read::{AuditLog, AuditOptions, AuditQuestion, Named, Names};

use crate::{Actor, App, Error};

tokio::task_local! {
    static REQUEST: Request;
}

/// The state of the request that is being served.
struct Request {
    /// The client's address; commands have none.
    address: Option<IpAddr>,
    done: RefCell<Vec<Done>>,
}

/// An audit entry of the present request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    pub(crate) organization: OrganizationId,
    pub(crate) action: &'static str,
    pub(crate) target: String,
}

/// Does the work of one request, so that each audit row has the client's address, and limits on mail can count by
/// network. No permission depends on it.
pub async fn with_client_address<F: Future>(address: IpAddr, work: F) -> F::Output {
    collecting_entries(address, work).await.0
}

/// Does the same and also returns the audit entries. They are meaningful only if the work succeeded: entries of
/// transactions that were rolled back are included. A command has no address.
pub async fn collecting_entries<F: Future>(address: impl Into<Option<IpAddr>>, work: F) -> (F::Output, Vec<Done>) {
    let address = address.into();
    let noted = async {
        let answer = work.await;
        (answer, REQUEST.with(|request| request.done.take()))
    };
    REQUEST.scope(Request { address, done: RefCell::default() }, noted).await
}

/// The client's address of the present request; `None` outside of requests.
pub(crate) fn client_address() -> Option<IpAddr> {
    REQUEST.try_with(|request| request.address).ok().flatten()
}

/// A change, in the form of the audit log.
#[derive(Debug)]
pub(crate) struct AuditEntry<'a> {
    pub(crate) organization: &'a OrganizationId,
    /// The type, such as `api_key.created`; one of [`ACTIONS`].
    pub(crate) action: &'static str,
    pub(crate) target: &'a str,
    pub(crate) details: Value,
}

impl App {
    /// Appends a row to the organization's chain.
    pub(crate) async fn record(&self, tx: &mut Tx, actor: &Actor, entry: AuditEntry<'_>) -> Result<(), Error> {
        let project = project_of_entry(tx, &entry).await?;
        let event = NewAuditEvent {
            id: self.draw(AuditEventId::generate),
            organization: entry.organization.clone(),
            at: self.now(),
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id().to_owned(),
            action: entry.action.to_owned(),
            target_id: entry.target.to_owned(),
            project,
            details: entry.details,
            address: actor.through_the_network().then(client_address).flatten().map(|address| address.to_string()),
        };
        audit::append(tx, &self.inner.audit_key, event).await?;
        collect_for_request(entry.organization, entry.action, entry.target);
        Ok(())
    }
}

/// Collects an entry for [`collecting_entries`]. A transaction that runs again collects the same entry again.
fn collect_for_request(organization: &OrganizationId, action: &'static str, target: &str) {
    let done = Done { organization: organization.clone(), action, target: target.to_owned() };
    // Outside of a request there is nothing to collect.
    let _ = REQUEST.try_with(|request| {
        let mut all = request.done.borrow_mut();
        if !all.contains(&done) {
            all.push(done);
        }
    });
}

/// Finds the project of an entry: the one its details name, or the one its key or service account belongs to.
async fn project_of_entry(tx: &mut Tx, entry: &AuditEntry<'_>) -> Result<Option<ProjectId>, Error> {
    let details = &entry.details;
    let named = details["data"]["project"].as_str().or_else(|| details["project_id"].as_str());
    if let Some(named) = named {
        return Ok(named.parse().ok());
    }
    // Roles name an organization or a project.
    let resources = [&details["resource_id"], &details["changes_requested"]["resource_id"]];
    if let Some(named) = resources.into_iter().find_map(|resource| resource.as_str()) {
        return Ok(named.parse().ok());
    }
    let kinds = [ProjectId::PREFIX, keystead_core::id::KeyId::PREFIX, keystead_core::id::ServiceAccountId::PREFIX];
    if !kinds.iter().any(|kind| entry.target.starts_with(kind)) {
        return Ok(None);
    }
    Ok(audit::project_of(tx, entry.organization, entry.target).await?)
}
