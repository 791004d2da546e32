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
            expires: view.lot.expires_at.map(|at| format.exact_in_zone(&at)).unwrap_or_default(),
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
            (Some(month), true) => format.month_of_utc(month),
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

#[cfg(test)]
mod tests {
    use keystead_core::id::ActorId;
    use keystead_core::language::Language;
    use keystead_core::time::Timestamp;

    use super::*;

    // For a reader west of Greenwich, the month began on the last day of October.
    #[test]
    fn usage_names_its_month_of_utc_and_the_year() {
        let month = Timestamp(1_793_491_200);
        let row = LedgerTransaction {
            id: "ltxn_000000000000000000000001".parse().unwrap(),
            organization: "org-000000000000000000000001".parse().unwrap(),
            kind: TransactionKind::Usage,
            created_at: month.plus(60),
            reference: None,
            payment: None,
            lot: None,
            month: Some(month),
            made_by: ActorId::from("keystead"),
            reason: String::new(),
            entries: Vec::new(),
        };
        let format = LocalFormat::in_zone(Messages(Language::English), month.plus(60), "America/New_York");
        let shown = LedgerRow::of(&format, &row);
        assert_eq!((shown.kind.as_str(), shown.detail.as_str()), ("Usage", "November 2026"));
        assert!(shown.at.starts_with("31\u{a0}October 2026"), "{}", shown.at);
    }
}
