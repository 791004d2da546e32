//! Payment methods on file. Card data never touches Keystead.

pub mod stripe;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;

use crate::webhook::{Headers, Hint, SignatureError};
use crate::{BoxFuture, Health, ProviderError};

/// A set-up the service has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// The service's id of it.
    pub reference: String,
    /// The customer it belongs to, one per organization.
    pub customer: String,
    /// Where the person enters the card, at the service.
    pub url: String,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// How a set-up stands, read back from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupState {
    /// The person has not finished.
    Pending,
    /// A method is on file.
    Succeeded(Method),
    /// The bank said no; the word is a class such as `card_declined`, safe to show. `card` tells cards apart.
    Failed {
        /// The class of the refusal.
        reason: String,
        /// A fingerprint of the card, if the service tells.
        card: Option<String>,
    },
    /// Nobody can finish it any more.
    Expired,
}

/// A method on file. Nothing here can be charged with.
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
    /// Where it was issued, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `credit`, `debit`, `prepaid` or `unknown`.
    pub funding: String,
    /// The same for the same card.
    pub fingerprint: Option<String>,
    /// The customer it belongs to, where the service says so.
    pub customer: Option<String>,
}

/// What a delivery that is about no set-up comes to, read back from the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing that counts here: settled meanwhile, or not so after all.
    Nothing,
    /// A charge on a method is disputed, or its bank warns of fraud.
    Disputed {
        /// The method's id at the service, where it is told.
        method: Option<String>,
        /// Whose it is, where it is told.
        customer: Option<String>,
        /// The class of the dispute, such as `fraudulent`; safe to show.
        reason: String,
    },
    /// The method is on file no longer.
    Detached,
    /// The method has other data now, such as the end of a card that was renewed.
    Renewed(Method),
    /// The customer is gone, and all its methods with it.
    CustomerGone,
}

/// A service that keeps payment methods, such as Stripe.
pub trait PaymentProvider: Send + Sync {
    /// The name shown and stored.
    fn name(&self) -> &'static str;
    /// Begins a set-up. Idempotent by `attempt`, our id. `customer` is the organization's, when it has one already.
    /// The person's browser comes back to `return_url`, which proves nothing.
    fn start<'a>(
        &'a self,
        attempt: &'a str,
        organization: &'a str,
        customer: Option<&'a str>,
        return_url: &'a str,
    ) -> BoxFuture<'a, Result<Setup, ProviderError>>;
    /// How a set-up stands.
    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<SetupState, ProviderError>>;
    /// What a delivery of this name comes to, which is about no set-up; `None` when such a delivery says nothing here.
    fn news<'a>(&'a self, name: &'a str, reference: &'a str) -> BoxFuture<'a, Result<Option<News>, ProviderError>>;
    /// Ends a set-up nobody will finish.
    fn cancel<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// Takes a method off file.
    fn detach<'a>(&'a self, method: &'a str) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// How the last call went.
    fn health(&self) -> Health;
    /// Verifies a delivery's signature and says what it is about; it carries no state. A genuine delivery that is not
    /// for this configuration, as one of the service's test mode, is about nothing.
    ///
    /// # Errors
    /// When the signature is not by an active secret, or not recent.
    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError>;
}

/// What a client of Stripe needs to know.
#[derive(Debug, Clone)]
pub struct StripeOptions {
    /// `https://api.stripe.com`, or the sandbox.
    pub base_url: String,
    /// The secret key.
    pub api_key: Secret<String>,
    /// Webhook secrets in force; two while one is being replaced.
    pub webhook_secrets: Vec<Secret<String>>,
}
