//! The transactions of each kind. Each is computed from what the organization has and owes, and changes nothing itself.

use super::{Account, BillingMode, Entry, LedgerFault, MOST, Position, Transaction, TransactionKind};
use crate::id::CreditLotId;
use crate::money::Micros;

/// An amount of a transaction: more than nothing, and at most [`MOST`].
fn amount(micros: Micros) -> Result<i64, LedgerFault> {
    if (1..=MOST.0).contains(&micros.0) { Ok(micros.0) } else { Err(LedgerFault::Amount) }
}

/// Adds the other side to entries of the organization.
fn against(kind: TransactionKind, mut entries: Vec<Entry>, account: Account) -> Result<Transaction, LedgerFault> {
    let sum = entries.iter().try_fold(0_i64, |sum, entry| sum.checked_add(entry.micros.0)).ok_or(LedgerFault::Range)?;
    entries.push(Entry { account, micros: Micros(sum.checked_neg().ok_or(LedgerFault::Range)?) });
    Ok(Transaction { kind, entries })
}

/// Credit was bought: it settles what is owed, and the rest begins a lot.
///
/// # Errors
/// When the amount is out of range.
pub fn purchase(position: &Position, lot: &CreditLotId, micros: Micros) -> Result<Transaction, LedgerFault> {
    against(TransactionKind::Purchase, position.give(amount(micros)?, lot), Account::Payments)
}

/// Credit was granted: it settles what is owed, and the rest begins a lot.
///
/// # Errors
/// When the amount is out of range.
pub fn grant(position: &Position, lot: &CreditLotId, micros: Micros) -> Result<Transaction, LedgerFault> {
    against(TransactionKind::Grant, position.give(amount(micros)?, lot), Account::Granted)
}

/// A correction. What is added settles what is owed and begins a lot; what is taken comes from the lots in their order,
/// and is owed beyond that.
///
/// # Errors
/// When the amount is zero or out of range.
pub fn adjust(position: &Position, lot: &CreditLotId, micros: Micros) -> Result<Transaction, LedgerFault> {
    let size = amount(Micros(micros.0.checked_abs().ok_or(LedgerFault::Amount)?))?;
    let entries = match micros.0 {
        1.. => position.give(size, lot),
        _ => position.take(size, None, BillingMode::Postpaid),
    };
    against(TransactionKind::Adjustment, entries, Account::Adjustments)
}

/// Usage in whole micros: from the lots in their order, and from what the mode says beyond that.
///
/// # Errors
/// When there is nothing to post.
pub fn post_usage(position: &Position, micros: Micros, mode: BillingMode) -> Result<Transaction, LedgerFault> {
    // What is posted is what was counted, which no limit of this ledger bounds.
    if micros.0 <= 0 {
        return Err(LedgerFault::Amount);
    }
    against(TransactionKind::Usage, position.take(micros.0, None, mode), Account::Usage)
}

/// What of a payment can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfPayment {
    /// What is not taken back yet.
    pub open: Micros,
    /// What of its credit has expired, without what was taken back of that.
    pub expired: Micros,
}

/// A part of a payment was paid back. It comes from the lot that the payment began, then from what of it has expired,
/// then from the other lots, and is owed beyond that.
///
/// # Errors
/// When the amount is out of range, or more than is left of the payment.
pub fn refund(
    position: &Position,
    lot: &CreditLotId,
    micros: Micros,
    of: OfPayment,
) -> Result<Transaction, LedgerFault> {
    take_back(TransactionKind::Refund, position, lot, (micros, of), Account::Refunds)
}

/// A bank took a payment back, as [`refund`] does.
///
/// # Errors
/// When the amount is out of range, or more than is left of the payment.
pub fn charge_back(
    position: &Position,
    lot: &CreditLotId,
    micros: Micros,
    of: OfPayment,
) -> Result<Transaction, LedgerFault> {
    take_back(TransactionKind::Chargeback, position, lot, (micros, of), Account::Disputed)
}

fn take_back(
    kind: TransactionKind,
    position: &Position,
    lot: &CreditLotId,
    (micros, OfPayment { open, expired }): (Micros, OfPayment),
    account: Account,
) -> Result<Transaction, LedgerFault> {
    let micros = amount(micros)?;
    if micros > open.0 {
        return Err(LedgerFault::MoreThanPaid);
    }
    // The organization has lost what expired. It must not lose that a second time.
    let lost = expired.0.clamp(0, micros - position.left_of(lot).0.min(micros));
    let mut entries = position.take(micros - lost, Some(lot), BillingMode::Postpaid);
    if lost > 0 {
        entries.push(Entry { account: Account::Expired, micros: Micros(-lost) });
    }
    against(kind, entries, account)
}

/// The bank returned a payment: it settles what is owed, and the rest begins a lot of its own. `expired` is what was
/// taken back of expired credit, which is expired again.
///
/// # Errors
/// When the amount is out of range.
pub fn reverse_charge_back(
    position: &Position,
    lot: &CreditLotId,
    (micros, expired): (Micros, Micros),
) -> Result<Transaction, LedgerFault> {
    bring_back(TransactionKind::ChargebackReversed, position, lot, (micros, expired), Account::Disputed)
}

/// A refund failed, and the money stays, as [`reverse_charge_back`] does.
///
/// # Errors
/// When the amount is out of range.
pub fn reverse_refund(
    position: &Position,
    lot: &CreditLotId,
    (micros, expired): (Micros, Micros),
) -> Result<Transaction, LedgerFault> {
    bring_back(TransactionKind::Adjustment, position, lot, (micros, expired), Account::Refunds)
}

fn bring_back(
    kind: TransactionKind,
    position: &Position,
    lot: &CreditLotId,
    (micros, expired): (Micros, Micros),
    account: Account,
) -> Result<Transaction, LedgerFault> {
    let micros = amount(micros)?;
    let lost = expired.0.clamp(0, micros);
    let mut entries = position.give(micros - lost, lot);
    if lost > 0 {
        entries.push(Entry { account: Account::Expired, micros: Micros(lost) });
    }
    against(kind, entries, account)
}

/// What is left of a lot expires. `None` when nothing is left.
#[must_use]
pub fn expire(position: &Position, lot: &CreditLotId) -> Option<Transaction> {
    let left = position.left_of(lot);
    let entries = vec![
        Entry { account: Account::Credit(lot.clone()), micros: Micros(-left.0) },
        Entry { account: Account::Expired, micros: left },
    ];
    (left.0 > 0).then_some(Transaction { kind: TransactionKind::Expiry, entries })
}
