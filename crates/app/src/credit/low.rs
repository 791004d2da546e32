//! Little credit: owners set a mark, and are told once when the balance falls below it.

use keystead_core::id::OrganizationId;
use keystead_core::ledger::{BillingMode, LowMark};
use keystead_core::money::{Amount, Micros};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::credit_accounts::{self, CreditAccount};
use serde_json::json;

use super::book::Book;
use super::events::emit_low;
use super::purchases::mails::mail_low;
use super::recharge::in_range;
use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

impl App {
    /// Sets below which balance the owners are told; `None` is never. Of a mark above the balance they are told when the
    /// balance falls below it once more.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the amount is out of range.
    pub async fn set_low_mark(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        below: Option<Micros>,
    ) -> Result<(), Error> {
        if let Some(below) = below {
            in_range("below_in_cents", below)?;
        }
        write_tx!(self.store(), "set_low_mark", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            // What was used before counts for the mark before.
            let mut book = Book::lock(self, tx, organization).await?;
            let mark = below.map(|below| LowMark::new(below, book.balance()));
            credit_accounts::set_low_mark(tx, organization, mark, self.now()).await?;
            book.account.low_mark = mark;
            book.finish(self, tx).await?;
            let details = match below {
                None => json!({ "enabled": false }),
                Some(below) => json!({ "enabled": true, "below": Amount::from(below).to_string() }),
            };
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "billing.low_mark_changed", target, details };
            self.record(tx, actor, entry).await
        })
    }
}

/// Notes that the balance crossed the mark of the account, and tells the owners when it fell below it. Only credit that is
/// paid in advance can be low.
pub(super) async fn note(
    app: &App,
    tx: &mut Tx,
    account: &mut CreditAccount,
    (balance, at): (Amount, Timestamp),
) -> Result<(), Error> {
    if account.applied != BillingMode::Prepaid {
        return Ok(());
    }
    let Some(mark) = account.low_mark.and_then(|mark| mark.crossed(balance)) else { return Ok(()) };
    let organization = &account.organization;
    credit_accounts::set_low_mark(tx, organization, Some(mark), at).await?;
    if mark.passed {
        emit_low(app, tx, organization, (balance, mark.below, at)).await?;
        mail_low(app, tx, organization, mark.below).await?;
    }
    account.low_mark = Some(mark);
    Ok(())
}
