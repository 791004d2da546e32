//! Verifying the audit chain, and chain heads that are kept outside the database.

use keystead_core::hex;
use keystead_core::id::{AuditEventId, OrganizationId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::audit::{self, Head, Walk};

use crate::{Actor, App, Error};

/// The result of verifying a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainCheck {
    /// Rows that are intact, from the first one.
    pub rows: i64,
    /// The time of the last intact row.
    pub until: Option<Timestamp>,
    /// The first row that was edited or moved, or that has lost its predecessor.
    pub broken: Option<AuditEventId>,
}

/// The end of a chain, to be kept in a place that a person with write access to the database cannot change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainHead {
    /// The organization of the chain.
    pub organization: OrganizationId,
    /// The last row's number, from 1.
    pub sequence: i64,
    /// The beginning of its authentication code, 16 hexadecimal digits.
    pub mac: String,
}

impl ChainHead {
    /// The form in which a head is kept.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        Self { organization: head.organization.clone(), sequence: head.sequence, mac: Self::fingerprint(&head.mac) }
    }

    /// The beginning of an authentication code, as heads contain it.
    #[must_use]
    pub fn fingerprint(mac: &[u8]) -> String {
        hex::encode(mac.get(..8).unwrap_or(mac))
    }
}

impl App {
    /// Verifies the chain of an organization. A break is also reported in the service log.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn check_audit_chain(&self, actor: &Actor, organization: &OrganizationId) -> Result<ChainCheck, Error> {
        let Walk { rows, head, broken } = read_tx!(self.store(), "check_audit_chain", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(audit::verify(tx, &self.inner.audit_key, organization).await?)
        })?;
        if let Some(row) = &broken {
            tracing::error!(%organization, event = %row, "the audit log was changed outside Keystead; run keystead audit verify");
        }
        Ok(ChainCheck { rows, until: head.map(|head| head.at), broken })
    }

    /// Returns the heads of all chains, for the service log.
    pub async fn audit_heads(&self) -> Result<Vec<ChainHead>, Error> {
        let heads = read_tx!(self.store(), "audit_heads", |tx| Ok(audit::heads(tx).await?))?;
        Ok(heads.iter().map(ChainHead::of).collect())
    }
}
