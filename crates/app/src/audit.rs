//! The audit log: one row per change, in the change's own transaction.

use std::net::IpAddr;

use keystead_core::id::{AuditEventId, OrganizationId, ProjectId};
use keystead_store::Tx;
pub use keystead_store::tables::audit::AuditEvent;
use keystead_store::tables::audit::{self, NewAuditEvent};
use serde_json::Value;

mod actions;
mod chain;
mod details;
mod read;

pub use actions::{ACTIONS, Area};
pub use chain::{ChainCheck, ChainHead};
pub use details::{Detail, details};
pub use read::{AuditLog, AuditOptions, AuditQuestion, Named, Names};

use crate::{Actor, App, Error};

tokio::task_local! {
    static FROM: IpAddr;
}

/// Does the work of one request, so that the audit log says from which address each of its changes came, and limits on
/// mail can count by network. No permission depends on it.
pub async fn seen_from<F: Future>(address: IpAddr, work: F) -> F::Output {
    FROM.scope(address, work).await
}

/// The client's address of the request that is being answered; `None` outside of one.
pub(crate) fn client_address() -> Option<IpAddr> {
    FROM.try_with(|address| *address).ok()
}

/// A change, in the words of the audit log.
#[derive(Debug)]
pub(crate) struct Deed<'a> {
    pub(crate) organization: &'a OrganizationId,
    /// The type, such as `api_key.created` (contract 1.6); one of [`ACTIONS`].
    pub(crate) action: &'static str,
    pub(crate) target: &'a str,
    pub(crate) details: Value,
}

impl App {
    /// Appends a row to the organization's chain.
    pub(crate) async fn record(&self, tx: &mut Tx, actor: &Actor, deed: Deed<'_>) -> Result<(), Error> {
        let event = NewAuditEvent {
            id: self.draw(AuditEventId::generate),
            organization: deed.organization.clone(),
            at: self.now(),
            actor_kind: actor.kind().to_owned(),
            actor_id: actor.id().to_owned(),
            action: deed.action.to_owned(),
            target_id: deed.target.to_owned(),
            project: place(tx, &deed).await?,
            details: deed.details,
            address: actor.through_the_network().then(client_address).flatten().map(|address| address.to_string()),
        };
        audit::append(tx, &self.inner.audit_key, event).await?;
        Ok(())
    }
}

/// In which project a deed was done: the one its details name, or the one its key or service account belongs to.
async fn place(tx: &mut Tx, deed: &Deed<'_>) -> Result<Option<ProjectId>, Error> {
    let named = deed.details["data"]["project"].as_str().or_else(|| deed.details["project_id"].as_str());
    if let Some(named) = named {
        return Ok(named.parse().ok());
    }
    let kinds = [ProjectId::PREFIX, keystead_core::id::KeyId::PREFIX, keystead_core::id::ServiceAccountId::PREFIX];
    if !kinds.iter().any(|kind| deed.target.starts_with(kind)) {
        return Ok(None);
    }
    Ok(audit::project_of(tx, deed.organization, deed.target).await?)
}
