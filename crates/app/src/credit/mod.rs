//! Credit of organizations: what they bought or were granted, what of it is left, and how they pay for what they use.
//! `core::ledger` has the rules.

mod book;
mod check;
pub(crate) mod events;
mod low;
mod operator;
mod payments;
mod posting;
pub(crate) mod purchases;
mod recharge;
mod view;

pub use check::{Difference, MoneyCheck, month_name};
pub use operator::{Adjustment, Grant, OrganizationCredit};
pub use payments::{
    Posted, Purchase, TakenBack, paid, record_chargeback, record_purchase, record_refund, reverse_chargeback,
};
pub use purchases::{BuyCredit, BuyOptions, PurchaseView, RefundPurchase};
pub use recharge::RechargeDue;
pub use view::{CreditView, LotView, RechargePause, Suspended, change_of};

pub(crate) use posting::begin;

pub use keystead_store::tables::ledger::LedgerTransaction;
