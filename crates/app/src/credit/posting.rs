//! What happens to ledgers by themselves: usage is posted, lots expire, and a mode that was configured is applied.

use std::collections::BTreeSet;

use keystead_core::id::OrganizationId;
use keystead_core::ledger::BillingMode;
use keystead_store::Tx;
use keystead_store::tables::{credit_accounts, credit_lots, credit_usage};

use super::book::Book;
use crate::{App, Error};

/// Organizations of one run; the next run continues.
const AT_ONCE: u32 = 500;

impl App {
    /// Brings the ledgers up to date, each in a transaction of its own. It may run at any time and on every node.
    ///
    /// # Errors
    /// When the store fails; the next run continues.
    pub async fn post_ledgers(&self) -> Result<(), Error> {
        let configured = self.settings().billing_mode;
        let due: Result<BTreeSet<OrganizationId>, Error> = read_tx!(self.store(), "ledgers_due", |tx| {
            let mut due: BTreeSet<_> = credit_usage::list_unposted(tx, AT_ONCE).await?.into_iter().collect();
            due.extend(credit_lots::list_due(tx, self.now(), AT_ONCE).await?);
            due.extend(credit_accounts::list_to_apply(tx, configured, AT_ONCE).await?);
            Ok(due)
        });
        let mut outcome = Ok(());
        for organization in due? {
            match self.post_ledger(&organization).await {
                Ok(()) => {}
                Err(Error::Unavailable) => return Err(Error::Unavailable),
                // What is wrong with one ledger does not keep the others from theirs.
                Err(error) => {
                    tracing::warn!(%organization, %error, "the ledger of an organization was not brought up to date");
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome
    }

    async fn post_ledger(&self, organization: &OrganizationId) -> Result<(), Error> {
        write_tx!(self.store(), "post_ledger", |tx| {
            let book = Book::lock(self, tx, organization).await?;
            book.finish(self, tx).await?;
            Ok(())
        })
    }
}

/// Begins the ledger of a new organization, so that nothing is free for it before the next run.
pub(crate) async fn begin(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    if app.settings().billing_mode == BillingMode::None {
        return Ok(());
    }
    let book = Book::lock(app, tx, organization).await?;
    book.finish(app, tx).await.map(|_| ())
}
