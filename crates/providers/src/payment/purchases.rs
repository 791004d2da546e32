//! Payments of an amount. Each is requested under our own id, so that a repeated request charges once.

use keystead_core::purchase::{PaymentStatus, Reversal};
use keystead_core::time::Timestamp;

use crate::{BoxFuture, ProviderError};

/// What a payment is for, and who pays.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Our id of the purchase, which is the key under which it is requested.
    pub purchase: &'a str,
    /// The organization that pays.
    pub organization: &'a str,
    /// The amount, in cents of the installation's currency.
    pub cents: i64,
    /// What is bought, as the service's page and receipt name it.
    pub description: &'a str,
}

/// A payment with a card on file.
#[derive(Debug, Clone, Copy)]
pub struct CardOrder<'a> {
    /// What for.
    pub order: Order<'a>,
    /// The organization's customer.
    pub customer: &'a str,
    /// The card, by the service's id.
    pub method: &'a str,
    /// Where the owner's browser returns to when the bank asks for a confirmation; `None` when no person is present.
    pub return_url: Option<&'a str>,
}

/// A payment on a page of the service.
#[derive(Debug, Clone, Copy)]
pub struct PageOrder<'a> {
    /// What for.
    pub order: Order<'a>,
    /// The organization's customer, if it has one already.
    pub customer: Option<&'a str>,
    /// Where the browser returns to, which proves nothing.
    pub return_url: &'a str,
    /// When the page stops working.
    pub expires_at: Timestamp,
}

/// How the service finds a payment.
#[derive(Debug, Clone, Copy)]
pub struct PaymentAt<'a> {
    /// Our id of the purchase.
    pub purchase: &'a str,
    /// The service's id of its page.
    pub session: Option<&'a str>,
    /// The service's id of the payment.
    pub payment: Option<&'a str>,
    /// The organization's customer.
    pub customer: Option<&'a str>,
    /// When it was requested.
    pub since: Timestamp,
}

/// A payment, as the service reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its status.
    pub status: PaymentStatus,
    /// The class of the last refusal, safe to show.
    pub reason: Option<String>,
    /// A fingerprint of the card that was refused.
    pub card: Option<String>,
    /// The service's id of its page.
    pub session: Option<String>,
    /// The service's id of the payment.
    pub payment: Option<String>,
    /// The service's id of the charge.
    pub charge: Option<String>,
    /// Where the service shows its receipt.
    pub receipt_url: Option<String>,
    /// Where the owner pays or confirms.
    pub url: Option<String>,
    /// The customer that pays.
    pub customer: Option<String>,
    /// What was paid, in cents.
    pub cents: i64,
    /// The currency of the amount, in lower case.
    pub currency: String,
    /// Refunds and disputes.
    pub reversals: Vec<Reversal>,
}

/// A refund to request.
#[derive(Debug, Clone, Copy)]
pub struct RefundOrder<'a> {
    /// Our id of the refund, which is the key under which it is requested.
    pub reversal: &'a str,
    /// The service's id of the payment.
    pub payment: &'a str,
    /// How much, in cents.
    pub cents: i64,
}

/// A service that takes payments.
pub trait PurchaseProvider: Send + Sync {
    /// Charges a card on file. A refusal by the bank is an answer; an error that is not final leaves it open whether the
    /// card was charged, and the same request may be repeated.
    fn charge<'a>(&'a self, order: CardOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>>;
    /// Opens a page on which the owner pays.
    fn open_page<'a>(&'a self, order: PageOrder<'a>) -> BoxFuture<'a, Result<Payment, ProviderError>>;
    /// Reads a payment; `None` when the service has none for this purchase.
    fn payment<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<Option<Payment>, ProviderError>>;
    /// Ends a payment that was not made.
    fn end<'a>(&'a self, at: PaymentAt<'a>) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Gives money back.
    fn refund<'a>(&'a self, order: RefundOrder<'a>) -> BoxFuture<'a, Result<Reversal, ProviderError>>;
    /// Returns the payment that a delivery about a dispute is about.
    fn disputed_payment<'a>(&'a self, dispute: &'a str) -> BoxFuture<'a, Result<Option<String>, ProviderError>>;
}
