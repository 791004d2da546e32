//! The ledger of one organization, locked and brought up to date, so that transactions can be posted to it.

use keystead_core::id::{ActorId, CreditLotId, LedgerTransactionId, OrganizationId};
use keystead_core::ledger::{
    BillingMode, LedgerFault, Lot, PRIORITY, Position, Transaction, TransactionKind, expire, post_usage, unposted,
};
use keystead_core::money::{Amount, Micros};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::credit_accounts::{self, CreditAccount};
use keystead_store::tables::credit_budgets::{self, CreditBudget};
use keystead_store::tables::credit_lots::{self, CreditLot};
use keystead_store::tables::credit_usage::{self, MonthOfUsage};
use keystead_store::tables::ledger::{self, LedgerTransaction};
use keystead_store::tables::{budgets, organizations};
use serde_json::json;

use super::low;
use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// What a transaction is about.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// The name by which it is posted once.
    pub(super) reference: Option<String>,
    /// The payment.
    pub(super) payment: Option<String>,
    /// The month of posted usage.
    pub(super) month: Option<Timestamp>,
    /// Why.
    pub(super) reason: String,
}

/// The rules of a lot that a transaction begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct LotRules {
    pub(super) priority: i64,
    pub(super) expires_at: Option<Timestamp>,
}

impl Default for LotRules {
    fn default() -> Self {
        Self { priority: PRIORITY, expires_at: None }
    }
}

/// The ledger of an organization.
pub(super) struct Book {
    organization: OrganizationId,
    pub(super) account: CreditAccount,
    pub(super) position: Position,
    months: Vec<MonthOfUsage>,
    budget: CreditBudget,
    /// When the transaction happens.
    now: Timestamp,
    /// Whether something else than usage changed the balance.
    changed: bool,
}

impl Book {
    /// Locks the ledger and brings it up to date: usage that was counted is posted, what has expired is taken, and the
    /// mode that holds is applied. Nothing of the transaction may be written before.
    pub(super) async fn lock(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<Self, Error> {
        let now = app.now();
        let budget = credit_budgets::lock(tx, organization).await?;
        let account = credit_accounts::lock(tx, organization, now).await?;
        let months = credit_usage::lock(tx, organization).await?;
        let lots = credit_lots::list(tx, organization).await?;
        let position = position(tx, organization, &lots).await?;
        let organization = organization.clone();
        let mut book = Self { organization, account, position, months, budget, now, changed: false };
        book.post_usage(app, tx).await?;
        book.note_low(app, tx).await?;
        let mode = mode_of(app, Some(&book.account));
        if mode != book.account.applied {
            book.apply(tx, book.account.chosen, mode).await?;
        }
        let due = |lot: &&CreditLot| lot.closed_at.is_none() && lot.expires_at.is_some_and(|at| at <= now);
        for lot in lots.iter().filter(due) {
            book.expire(app, tx, &lot.id).await?;
        }
        Ok(book)
    }

    /// What the organization has: its lots without what it owes and what is not posted yet.
    pub(super) fn balance(&self) -> Amount {
        balance(&self.position, &self.months, &self.account)
    }

    /// Posts the usage that is counted, by month.
    async fn post_usage(&mut self, app: &App, tx: &mut Tx) -> Result<(), Error> {
        let clock = Actor::service("clock");
        for place in 0..self.months.len() {
            let Some(month) = self.months.get(place) else { continue };
            let (start, micros) = (month.month, unposted(month.counted, month.posted));
            if micros.0 == 0 {
                continue;
            }
            let posted = Micros(month.posted.0.saturating_add(micros.0));
            let made = post_usage(&self.position, micros, self.account.applied).map_err(fault)?;
            let about = About { month: Some(start), ..About::default() };
            self.post(app, tx, &clock.actor_id(), made, about, None).await?;
            credit_usage::set_posted(tx, &self.organization, start, posted).await?;
            if let Some(month) = self.months.get_mut(place) {
                month.posted = posted;
            }
        }
        self.changed = false;
        Ok(())
    }

    /// Takes what is left of a lot that has expired.
    async fn expire(&mut self, app: &App, tx: &mut Tx, lot: &CreditLotId) -> Result<(), Error> {
        if let Some(made) = expire(&self.position, lot) {
            let clock = Actor::service("clock");
            let lost = made.change().0.saturating_neg();
            let about = About { reference: Some(format!("expiry/{lot}")), ..About::default() };
            let posted = self.post(app, tx, &clock.actor_id(), made, about, None).await?;
            let details = json!({ "lot": lot, "change": Amount::from(Micros(lost)).to_string() });
            let organization = self.organization.clone();
            let entry = AuditEntry {
                organization: &organization,
                action: "credit.expired",
                target: posted.id.as_str(),
                details,
            };
            app.record(tx, &clock, entry).await?;
        }
        Ok(credit_lots::close(tx, lot, self.now).await?)
    }

    /// Changes the mode by which usage is posted from now on. What was used below a micro while nothing was charged stays
    /// uncharged.
    pub(super) async fn apply(
        &mut self,
        tx: &mut Tx,
        chosen: Option<BillingMode>,
        mode: BillingMode,
    ) -> Result<(), Error> {
        if self.account.applied == BillingMode::None && mode != BillingMode::None {
            self.account.waived = self.account.waived.plus(self.remainder_of_all());
        }
        self.account.chosen = chosen;
        self.account.applied = mode;
        self.changed = true;
        let account = &self.account;
        Ok(credit_accounts::set_mode(tx, &self.organization, (chosen, mode), account.waived, self.now).await?)
    }

    fn remainder_of_all(&self) -> Amount {
        counted_without_posted(&self.months).minus(self.account.waived)
    }

    /// Posts a transaction. `lot` has the rules of the lot that it begins, with its id.
    pub(super) async fn post(
        &mut self,
        app: &App,
        tx: &mut Tx,
        by: &ActorId,
        made: Transaction,
        about: About,
        lot: Option<(CreditLotId, LotRules)>,
    ) -> Result<LedgerTransaction, Error> {
        let new = lot.as_ref().map(|(id, rules)| Lot {
            id: id.clone(),
            left: Micros(0),
            priority: rules.priority,
            expires_at: rules.expires_at,
            made_at: self.now,
        });
        self.position = self.position.after(&made.entries, new.as_ref()).map_err(fault)?;
        if let Some((id, rules)) = &lot {
            let row = CreditLot {
                id: id.clone(),
                organization: self.organization.clone(),
                kind: made.kind,
                micros: made.change(),
                priority: rules.priority,
                expires_at: rules.expires_at,
                created_at: self.now,
                closed_at: None,
            };
            credit_lots::insert(tx, &row).await?;
        }
        let row = LedgerTransaction {
            id: app.draw(LedgerTransactionId::generate),
            organization: self.organization.clone(),
            kind: made.kind,
            created_at: self.now,
            reference: about.reference,
            payment: about.payment,
            lot: lot.map(|(id, _)| id),
            month: about.month,
            made_by: by.clone(),
            reason: about.reason,
            entries: made.entries,
        };
        if !ledger::insert(tx, &row).await? {
            return Err(Error::Conflict { message: "This was posted to another ledger already.".to_owned() });
        }
        self.changed = true;
        Ok(row)
    }

    /// Sets the budget by which requests are refused, after the last transaction. A deleted organization has none.
    pub(super) async fn finish(mut self, app: &App, tx: &mut Tx) -> Result<Amount, Error> {
        let balance = self.balance();
        let closed = |row: organizations::Organization| row.deactivated_at.is_some();
        if organizations::find(tx, &self.organization).await?.is_none_or(closed) {
            return Ok(balance);
        }
        match self.account.applied {
            BillingMode::Prepaid => {
                let most = balance.plus(self.budget.spent);
                if self.budget.most != Some(most) {
                    budgets::set_credit(tx, &self.organization, most, self.now).await?;
                    self.note_end(tx, most).await?;
                }
                self.note_low(app, tx).await?;
            }
            BillingMode::None | BillingMode::Postpaid => {
                if self.budget.most.is_some() {
                    budgets::remove_credit(tx, &self.organization, self.now).await?;
                }
            }
        }
        Ok(balance)
    }

    /// Notes whether the balance crossed the mark for little credit: after usage is posted and after each change, so
    /// that it is noted also when more was bought since.
    async fn note_low(&mut self, app: &App, tx: &mut Tx) -> Result<(), Error> {
        let balance = self.balance();
        low::note(app, tx, &mut self.account, (balance, self.now)).await
    }

    /// Notes that the ledger took what was left of the credit, or that there is credit again. What usage takes is noted
    /// where it is counted.
    async fn note_end(&self, tx: &mut Tx, most: Amount) -> Result<(), Error> {
        let (was_left, is_left) = (self.budget.left() > Some(Amount::ZERO), most > self.budget.spent);
        match (was_left, is_left) {
            (true, false) => {
                let set = CreditBudget { most: Some(most), spent: self.budget.spent };
                credit_budgets::note_exhausted(tx, &self.organization, set, self.now).await?;
            }
            (false, true) => credit_budgets::reopen(tx, &self.organization).await?,
            _ => {}
        }
        Ok(())
    }
}

/// The mode that holds for an organization: the one chosen for it, or that of the configuration.
pub(super) fn mode_of(app: &App, account: Option<&CreditAccount>) -> BillingMode {
    account.and_then(|account| account.chosen).unwrap_or(app.settings().billing_mode)
}

fn counted_without_posted(months: &[MonthOfUsage]) -> Amount {
    months.iter().fold(Amount::ZERO, |sum, month| sum.plus(month.counted).minus(month.posted.into()))
}

/// What of the usage is counted and not posted, exactly; zero while nothing is charged.
pub(super) fn remainder(months: &[MonthOfUsage], account: &CreditAccount) -> Amount {
    match account.applied {
        BillingMode::None => Amount::ZERO,
        BillingMode::Prepaid | BillingMode::Postpaid => counted_without_posted(months).minus(account.waived),
    }
}

/// What an organization has, exactly.
pub(super) fn balance(position: &Position, months: &[MonthOfUsage], account: &CreditAccount) -> Amount {
    Amount::from(position.balance()).minus(remainder(months, account))
}

/// What an organization has and owes, by the sums of the entries.
pub(super) async fn position(
    tx: &mut Tx,
    organization: &OrganizationId,
    lots: &[CreditLot],
) -> Result<Position, Error> {
    use keystead_core::ledger::Account;

    let sums = ledger::sums(tx, organization).await?;
    let sum = |account: &Account| sums.get(account).copied().unwrap_or(Micros(0));
    let lot = |lot: &CreditLot| Lot {
        id: lot.id.clone(),
        left: sum(&Account::Credit(lot.id.clone())),
        priority: lot.priority,
        expires_at: lot.expires_at,
        made_at: lot.created_at,
    };
    Ok(Position::new(lots.iter().map(lot).collect(), sum(&Account::Receivable)))
}

/// The error for what the rules of the ledger refuse.
pub(super) fn fault(fault: LedgerFault) -> Error {
    match fault {
        LedgerFault::Amount => Error::invalid(
            "amount_in_cents",
            "Invalid 'amount_in_cents': must be at least 1 cent and at most 1000000000000 cents.",
        ),
        LedgerFault::MoreThanPaid => Error::impossible("More would be paid back than was paid."),
        LedgerFault::Range => Error::impossible("The balance would be out of range."),
    }
}

/// The name of a transaction's kind in the audit log.
pub(super) const fn action_of(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Purchase => "credit.purchased",
        TransactionKind::Grant => "credit.granted",
        TransactionKind::Adjustment | TransactionKind::Usage => "credit.adjusted",
        TransactionKind::Refund => "credit.refunded",
        TransactionKind::Chargeback => "credit.charged_back",
        TransactionKind::ChargebackReversed => "credit.chargeback_reversed",
        TransactionKind::Expiry => "credit.expired",
    }
}
