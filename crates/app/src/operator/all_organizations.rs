//! The organizations of the installation, for commands that name one of them.

use keystead_core::id::OrganizationId;
use keystead_store::tables::organizations;

use crate::validate::operators_only;
use crate::{Actor, App, Error};

/// One organization of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownOrganization {
    /// The id.
    pub id: OrganizationId,
    /// Its label.
    pub name: String,
    /// Whether it was deleted.
    pub deleted: bool,
}

impl App {
    /// Lists every organization that ever existed, oldest first.
    ///
    /// # Errors
    /// When the actor is not an operator.
    pub async fn all_organizations(&self, actor: &Actor) -> Result<Vec<KnownOrganization>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "all_organizations", |tx| {
            let rows = organizations::list(tx).await?.into_iter();
            let known =
                rows.map(|row| KnownOrganization { id: row.id, name: row.name, deleted: row.deactivated_at.is_some() });
            Ok(known.collect())
        })
    }
}
