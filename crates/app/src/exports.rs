//! Files of what an organization has: whether one more may be made now.

use keystead_core::id::OrganizationId;
use keystead_core::scope::Scope;
use keystead_core::verification::limits::EXPORT_LIMITS;

use crate::verification::limits::{Subjects, count_within};
use crate::{Actor, App, Error, audit};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// Quantities and costs.
    Usage,
    /// The audit log.
    AuditLog,
    /// The ledger of credit.
    Ledger,
}

impl App {
    /// Counts a file before it is made: reading all of its rows is what it costs.
    ///
    /// # Errors
    /// Without permission, or beyond [`EXPORT_LIMITS`].
    pub async fn begin_export(&self, actor: &Actor, organization: &OrganizationId, file: Export) -> Result<(), Error> {
        write_tx!(self.store(), "begin_export", |tx| {
            match file {
                Export::Usage => self.authorize_reader(tx, actor, organization, Scope::UsageRead).await?,
                Export::AuditLog => self.authorize(tx, actor, organization, Scope::ManagementRead).await?,
                Export::Ledger => self.authorize(tx, actor, organization, Scope::UsageRead).await?,
            }
            let who = Subjects {
                user: actor.user(),
                organization: Some(organization),
                ip: audit::client_address(),
                ..Subjects::default()
            };
            count_within(self, tx, EXPORT_LIMITS, &who).await
        })
    }
}
