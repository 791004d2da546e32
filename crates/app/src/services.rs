//! The outside services in use. A missing one is switched off, and use cases report that.

use std::fmt;
use std::sync::Arc;

use keystead_providers::Health;
use keystead_providers::cloud::Clouds;
use keystead_providers::identity::IdentityProvider;
use keystead_providers::mail::Mailer;
use keystead_providers::model_server::ModelServer;
use keystead_providers::outgoing_webhook::WebhookSender;
use keystead_providers::payment::PaymentProvider;
use keystead_providers::phone::{LineLookup, PhoneVerifier, SmsSender};
use keystead_providers::sign_in::SignIn;
use keystead_providers::workload::TokenIssuers;

use crate::context::Clock;
use crate::issuer_states::{IssuerStates, ObservedIssuers};
use crate::review::Reviewer;

/// The service that makes and checks codes sent to phones.
#[derive(Clone)]
pub enum Codes {
    /// The service does both, such as Twilio Verify.
    Verifier(Arc<dyn PhoneVerifier>),
    /// Keystead does, and the service only delivers the text message.
    Sms(Arc<dyn SmsSender>),
}

/// Every outside service the use cases may call.
#[derive(Clone, Default)]
pub struct Services {
    /// Codes to phones.
    pub codes: Option<Codes>,
    /// The service for codes when the first one does not answer.
    pub codes_fallback: Option<Codes>,
    /// The service that looks up line types.
    pub lines: Option<Arc<dyn LineLookup>>,
    /// Payment methods.
    pub payment: Option<Arc<dyn PaymentProvider>>,
    /// Documents and faces.
    pub identity: Option<Arc<dyn IdentityProvider>>,
    /// The built-in reviewer that serves the pages of captures and cases. It is the same as `identity` while the
    /// operator's people decide; beside another service it only erases in time what was submitted before.
    pub review: Option<Arc<Reviewer>>,
    /// Mail.
    pub mail: Option<Arc<dyn Mailer>>,
    /// Signing in through an issuer.
    pub sign_in: Option<Arc<dyn SignIn>>,
    /// The keys of issuers that vouch for workloads.
    pub token_issuers: Option<Arc<dyn TokenIssuers>>,
    /// Keys and buckets in customers' cloud accounts; without it Keystead has no identity in any cloud.
    pub clouds: Option<Arc<dyn Clouds>>,
    /// Events to endpoints of customers; without it they wait for a node that sends them.
    pub webhooks: Option<Arc<dyn WebhookSender>>,
    /// What the last fetch of their keys came to, on this node.
    pub issuer_states: Arc<IssuerStates>,
    /// The model servers, for the operator's tests only: the gateway has its own clients.
    pub model_servers: Vec<Arc<dyn ModelServer>>,
}

impl Services {
    /// Notes from now on what each fetch of an issuer's keys comes to.
    pub(crate) fn observed(mut self, clock: &Clock) -> Self {
        let states = Arc::clone(&self.issuer_states);
        let observe = |issuers| {
            let observed: Arc<dyn TokenIssuers> =
                Arc::new(ObservedIssuers { issuers, states, clock: Arc::clone(clock) });
            observed
        };
        self.token_issuers = self.token_issuers.map(observe);
        self
    }
}

impl Codes {
    /// The health according to the last call.
    #[must_use]
    pub fn health(&self) -> Health {
        match self {
            Self::Verifier(service) => service.health(),
            Self::Sms(service) => service.health(),
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("codes", &self.codes.is_some())
            .field("codes_fallback", &self.codes_fallback.is_some())
            .field("lines", &self.lines.is_some())
            .field("payment", &self.payment.is_some())
            .field("identity", &self.identity.is_some())
            .field("review", &self.review.is_some())
            .field("mail", &self.mail.is_some())
            .field("sign_in", &self.sign_in.is_some())
            .field("token_issuers", &self.token_issuers.is_some())
            .field("clouds", &self.clouds.is_some())
            .field("webhooks", &self.webhooks.is_some())
            .field("issuer_states", &self.issuer_states)
            .field("model_servers", &self.model_servers.len())
            .finish()
    }
}
