//! Payment methods on file. Card data never touches Keystead.

mod purchases;
pub mod stripe;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;

use crate::webhook::{Headers, Hint, SignatureError};
use crate::{BoxFuture, Health, ProviderError};

pub use purchases::{CardOrder, Order, PageOrder, Payment, PaymentAt, PurchaseProvider, RefundOrder};

/// A set-up the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The service's id for it.
    pub reference: String,
    /// The customer it belongs to, one per organization.
    pub customer: String,
    /// Where the person enters the card, at the service.
    pub url: String,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// The state of a set-up, read from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupState {
    /// The person has not finished.
    Pending,
    /// A method is on file.
    Succeeded(Method),
    /// The bank refused; the reason is a class such as `card_declined`, safe to show. `card` identifies the card.
    Failed {
        /// The class of the refusal.
        reason: String,
        /// A fingerprint of the card, if the service reports one.
        card: Option<String>,
    },
    /// It has expired.
    Expired,
}

/// A method on file. None of these values allows a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The service's id, `pm_…`.
    pub reference: String,
    /// The card's brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
    /// 1 to 12.
    pub expires_month: i64,
    /// Four digits.
    pub expires_year: i64,
    /// The country that issued it, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `credit`, `debit`, `prepaid` or `unknown`.
    pub funding: String,
    /// A fingerprint: equal for the same card.
    pub fingerprint: Option<String>,
    /// The customer it belongs to, if the service reports it.
    pub customer: Option<String>,
}

/// The content of a delivery that is not about a set-up, read from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MethodEvent {
    /// Nothing that matters here: settled meanwhile, or not the case any more.
    Nothing,
    /// A charge on a method is disputed, or its bank warns of fraud.
    Disputed {
        /// The method's id at the service, if reported.
        method: Option<String>,
        /// The customer, if reported.
        customer: Option<String>,
        /// The class of the dispute, such as `fraudulent`; safe to show.
        reason: String,
    },
    /// The method was removed.
    Detached,
    /// The method has new data, such as the expiry of a renewed card.
    Renewed(Method),
    /// The customer was deleted, with all its methods.
    CustomerGone,
}

/// A service that keeps payment methods, such as Stripe.
pub trait PaymentProvider: Send + Sync {
    /// The name shown and stored.
    fn name(&self) -> &'static str;
    /// Begins a set-up. Idempotent by `attempt`, our id. `customer` is the organization's, if it has one already. The
    /// person's browser returns to `return_url`, which proves nothing.
    fn start<'a>(
        &'a self,
        attempt: &'a str,
        organization: &'a str,
        customer: Option<&'a str>,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<Setup, ProviderError>>;
    /// Reads the state of a set-up.
    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, ProviderError>>;
    /// Reads what a delivery of this name is about, if it is not about a set-up; `None` when such a delivery does not
    /// matter here.
    fn method_event<'a>(
        &'a self,
        name: &'a str,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<MethodEvent>, ProviderError>>;
    /// Ends a set-up.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Removes a method.
    fn detach<'a>(&'a self, method: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// The payments of this service, if it takes any.
    fn purchases(&self) -> Option<&dyn PurchaseProvider> {
        None
    }
    /// The outcome of the last call.
    fn health(&self) -> Health;
    /// Verifies a delivery's signature and returns what it is about, without any state. A genuine delivery that is not
    /// for this configuration, such as one of the service's test mode, gives no hints.
    ///
    /// # Errors
    /// When the signature is not by an active secret, or not recent.
    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError>;
}

/// The configuration of a Stripe client.
#[derive(Debug, Clone)]
pub struct StripeOptions {
    /// `https://api.stripe.com`, or the sandbox.
    pub base_url: String,
    /// The secret key.
    pub api_key: Secret<String>,
    /// Webhook secrets in force; two while one is being replaced.
    pub webhook_secrets: Vec<Secret<String>>,
}
