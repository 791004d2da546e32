//! What nodes still hold that have not been heard of for longer than a lease, as operators see and release it.

pub use keystead_store::tables::spend_leases::EndedLease;
use keystead_store::tables::{budgets, spend_leases};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

impl App {
    /// Lists what nodes hold that are taken as gone, the one that was silent longest first.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn ended_leases(&self, actor: &Actor) -> Result<Vec<EndedLease>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "ended_leases", |tx| Ok(spend_leases::list_ended(tx, self.now()).await?))
    }

    /// Releases what a node holds that is taken as gone: its data directory is lost. If its usage is counted after all, it
    /// may exceed a budget. Returns what was released.
    ///
    /// # Errors
    /// When the actor is not an operator, or when the node holds nothing, or is not taken as gone.
    pub async fn release_leases(&self, actor: &Actor, holder: &str, reason: &str) -> Result<Vec<EndedLease>, Error> {
        let reason = operators_reason(actor, reason)?;
        write_tx!(self.store(), "release_leases", |tx| {
            let mut ended = spend_leases::list_ended(tx, self.now()).await?;
            ended.retain(|lease| lease.holder == holder);
            if ended.is_empty() {
                return Err(Error::not_found("lease that has ended", holder));
            }
            spend_leases::release_ended(tx, holder, self.now()).await?;
            for lease in &ended {
                let Some(row) = budgets::find(tx, &lease.scope).await? else { continue };
                let held = lease.scope.terms.measure.figure(lease.held);
                let details = json!({ "node": holder, "held": held, "reason": reason });
                let (organization, target) = (&row.organization, row.budget.id.as_str());
                let entry = AuditEntry { organization, action: "budget.lease_released", target, details };
                self.record(tx, actor, entry).await?;
            }
            Ok(ended)
        })
    }
}
