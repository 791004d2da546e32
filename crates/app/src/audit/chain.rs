//! Whether the chain is whole, and heads that are kept elsewhere.

use keystead_core::hex;
use keystead_core::id::{AuditEventId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::audit::{self, Head, Walk};

use crate::{Actor, App, Error};

/// What a walk along the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainCheck {
    /// How many rows are whole, from the first one.
    pub rows: i64,
    /// The time of the last whole row.
    pub until: Option<Timestamp>,
    /// The first row that was edited, moved or whose predecessor is gone.
    pub broken: Option<AuditEventId>,
}

/// The end of a chain, to be written down where the person who can write the database cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// Whose chain.
    pub organization: OrganizationId,
    /// The last row's number, from 1.
    pub sequence: i64,
    /// The beginning of its authentication code, 16 hexadecimal digits.
    pub mac: String,
}

impl ChainHead {
    /// As it is written down.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        Self { organization: head.organization.clone(), sequence: head.sequence, mac: Self::print(&head.mac) }
    }

    /// The beginning of an authentication code, as heads show it.
    #[must_use]
    pub fn print(mac: &[u8]) -> String {
        hex::encode(mac.get(..8).unwrap_or(mac))
    }
}

impl App {
    /// Walks the chain of an organization. A break goes to the service log as well.
    ///
    /// # Errors
    /// Without permission.
    pub async fn check_audit_chain(&self, actor: &Actor, organization: &OrganizationId) -> Result<ChainCheck, Error> {
        let Walk { rows, head, broken } = read_tx!(self.store(), "check_audit_chain", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(audit::verify(tx, &self.inner.audit_key, organization).await?)
        })?;
        if let Some(row) = &broken {
            tracing::error!(%organization, event = %row, "the audit log was changed outside Keystead");
        }
        Ok(ChainCheck { rows, until: head.map(|head| head.at), broken })
    }

    /// The ends of all chains, for the service log.
    pub async fn audit_heads(&self) -> Result<Vec<ChainHead>, Error> {
        let heads = read_tx!(self.store(), "audit_heads", |tx| Ok(audit::heads(tx).await?))?;
        Ok(heads.iter().map(ChainHead::of).collect())
    }
}
