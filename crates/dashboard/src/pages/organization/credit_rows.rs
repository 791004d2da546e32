//! Lots and transactions of credit as pages and files show them.

use keystead_app::credit::{LedgerTransaction, LotView, change_of};
use keystead_core::ledger::TransactionKind;
use keystead_core::money::Amount;
use keystead_locales::{LocalFormat, Messages};

/// A lot.
pub(crate) struct LotRow {
    pub(crate) kind: String,
    pub(crate) made: String,
    pub(crate) amount: String,
    pub(crate) left: String,
    /// When it expires; empty for never.
    pub(crate) expires: String,
}

impl LotRow {
    pub(crate) fn of(format: &LocalFormat, view: &LotView) -> Self {
        Self {
            kind: kind_name(format.messages, view.lot.kind),
            made: format.date(&view.lot.created_at),
            amount: format.amount(&view.lot.micros.into()),
            left: format.amount(&view.left.into()),
            expires: view.lot.expires_at.map(|at| format.exact(&at)).unwrap_or_default(),
        }
    }
}

/// A transaction.
pub(crate) struct LedgerRow {
    pub(crate) at: String,
    pub(crate) kind: String,
    /// Why, or which month or payment it is about.
    pub(crate) detail: String,
    /// What it changes, with its sign.
    pub(crate) change: String,
}

impl LedgerRow {
    pub(crate) fn of(format: &LocalFormat, row: &LedgerTransaction) -> Self {
        let change = change_of(&row.entries);
        let sign = if change > Amount::ZERO { "+" } else { "" };
        let size = if change < Amount::ZERO { Amount::ZERO.minus(change) } else { change };
        let minus = if change < Amount::ZERO { "−" } else { sign };
        let detail = match (&row.month, row.reason.is_empty()) {
            (_, false) => row.reason.clone(),
            (Some(month), true) => format.month(month),
            (None, true) => row.payment.clone().unwrap_or_default(),
        };
        Self {
            at: format.exact(&row.created_at),
            kind: kind_name(format.messages, row.kind),
            detail,
            change: format!("{minus}{}", format.amount(&size)),
        }
    }
}

/// What a transaction is, in words.
pub(crate) fn kind_name(t: Messages, kind: TransactionKind) -> String {
    t.text(match kind {
        TransactionKind::Purchase => "credit-kind-purchase",
        TransactionKind::Grant => "credit-kind-grant",
        TransactionKind::Usage => "credit-kind-usage",
        TransactionKind::Adjustment => "credit-kind-adjustment",
        TransactionKind::Refund => "credit-kind-refund",
        TransactionKind::Chargeback => "credit-kind-chargeback",
        TransactionKind::ChargebackReversed => "credit-kind-chargeback-reversed",
        TransactionKind::Expiry => "credit-kind-expiry",
    })
}
