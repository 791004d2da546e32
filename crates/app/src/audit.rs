//! The audit log: one row per change, in the change's own transaction.

use std::net::IpAddr;

use keystead_core::id::{AuditEventId, OrganizationId};
use keystead_core::scope::Scope;
pub use keystead_store::tables::audit::AuditEvent;
use keystead_store::tables::audit::{self, NewAuditEvent};
use keystead_store::{Listing, Page, Tx};
use serde_json::Value;

use crate::{Actor, App, Error};

tokio::task_local! {
    static FROM: IpAddr;
}

/// Does the work of one request, so that the audit log says from which address each of its changes came. The address goes
/// beside the use cases and not through them: they decide nothing by it.
pub async fn seen_from<F: Future>(address: IpAddr, work: F) -> F::Output {
    FROM.scope(address, work).await
}

/// A change, in the words of the audit log.
#[derive(Debug)]
pub(crate) struct Deed<'a> {
    pub(crate) organization: &'a OrganizationId,
    /// The type, such as `api_key.created` (contract 1.6).
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
            details: deed.details,
            address: actor.through_the_network().then(|| FROM.try_with(IpAddr::to_string).ok()).flatten(),
        };
        audit::append(tx, &self.inner.audit_key, event).await?;
        Ok(())
    }

    /// The audit log of an organization.
    ///
    /// # Errors
    /// Without permission, or when `after` names nothing.
    pub async fn audit_log(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<AuditEvent>, Error> {
        let app = self.clone();
        let (actor, organization, page) = (actor.clone(), organization.clone(), page.clone());
        let read = self.store().read("audit_log", async move |tx: &mut Tx| {
            let (actor, organization, page) = (&actor, &organization, &page);
            app.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(audit::list(tx, organization, page).await?)
        });
        read.await
    }
}
