//! Tests of the outside services that an operator starts: each does the real thing once, past every queue, and reports how
//! long it took and what went wrong.

use futures_util::future::join_all;
use keystead_core::id::JobId;
use keystead_core::verification::limits::SETUP_TEST_LIMITS;
use keystead_providers::identity::Attempt;
use keystead_providers::model_server::ModelServer;
use keystead_providers::{Fault, ProviderError};

use crate::jobs::mail::{Parts, Reader, Sender, compose};
use crate::validate::operators_only;
use crate::verification::limits::{Subjects, count_within};
use crate::verification::number;
use crate::{Actor, App, Codes, Error};

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupTest {
    /// Which one of several services: its name in the configuration.
    pub service: Option<String>,
    /// How long it took.
    pub milliseconds: i64,
    /// The number of models of a model server.
    pub models: Option<i64>,
    /// What went wrong.
    pub failure: Option<SetupFailure>,
}

/// Why a test failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupFailure {
    /// What is wrong.
    pub fault: Fault,
    /// What the service or its client says.
    pub reason: String,
}

impl SetupTest {
    async fn of<T>(service: Option<String>, work: impl Future<Output = Result<T, ProviderError>>) -> (Self, Option<T>) {
        let began = tokio::time::Instant::now();
        let (value, failure) = match work.await {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(SetupFailure { fault: error.fault(), reason: error.reason().to_owned() })),
        };
        let milliseconds = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        (Self { service, milliseconds, models: None, failure }, value)
    }
}

impl App {
    /// Refuses others than operators, and too many tests.
    async fn begin_test(&self, actor: &Actor, of: &'static str) -> Result<(), Error> {
        operators_only(actor)?;
        tracing::info!(operator = actor.id(), service = of, "an operator tests a service");
        let who = Subjects { reviewer: Some(actor.id().to_owned()), ..Subjects::default() };
        write_tx!(self.store(), "begin_setup_test", |tx| count_within(self, tx, SETUP_TEST_LIMITS, &who).await)
    }

    /// Sends a mail to an operator.
    ///
    /// # Errors
    /// When the caller is not an operator, when the address is not that of an operator, or where no mail can be sent.
    pub async fn test_mail(&self, actor: &Actor, to: &str, subject: String, text: String) -> Result<SetupTest, Error> {
        operators_only(actor)?;
        if !self.settings().is_operator(to) {
            return Err(Error::not_found("operator", to));
        }
        let mailer = self.services().mail.as_ref().ok_or(Error::Unsupported("mails"))?;
        self.begin_test(actor, "mail").await?;
        let reader = read_tx!(self.store(), "test_mail", |tx| Reader::find(self, tx, to, "").await)?;
        let mail = compose(Sender::of(self), reader.messages, (subject, text), Parts::default()).to(to);
        let work = async {
            // A wrong password is told apart from a server that does not take this mail.
            mailer.check().await?;
            mailer.send(&mail).await
        };
        Ok(SetupTest::of(None, work).await.0)
    }

    /// Sends a text message to a number: this text, or a code where the service makes the codes. Where there is a second
    /// service, both are tested.
    ///
    /// # Errors
    /// When the caller is not an operator, when the number is not one, or where no text messages can be sent.
    pub async fn test_text_message(
        &self,
        actor: &Actor,
        to: &str,
        locale: &str,
        text: &str,
    ) -> Result<Vec<SetupTest>, Error> {
        operators_only(actor)?;
        let services = self.services();
        let first = services.codes.as_ref().ok_or(Error::Unsupported("text messages"))?;
        let number = number::read(to, None)?;
        self.begin_test(actor, "text_messages").await?;
        let second = services.codes_fallback.as_ref().map(|codes| ("sms_fallback", codes));
        let mut tests = Vec::new();
        for (name, codes) in [Some(("sms", first)), second].into_iter().flatten() {
            let service = second.map(|_| name.to_owned());
            tests.push(SetupTest::of(service, send(codes, number.e164.expose(), locale, text)).await.0);
        }
        Ok(tests)
    }

    /// Begins a check at the identity service, and cancels it.
    ///
    /// # Errors
    /// When the caller is not an operator, or where no outside service verifies organizations.
    pub async fn test_identity(&self, actor: &Actor, locale: &str) -> Result<SetupTest, Error> {
        operators_only(actor)?;
        let provider = self.services().identity.as_ref().filter(|provider| provider.name() != "review");
        let provider = provider.ok_or(Error::Unsupported("organization verification"))?;
        self.begin_test(actor, "identity").await?;
        let id = format!("setup-{}", self.draw(JobId::generate));
        let attempt = Attempt { id: &id, organization: "setup-test", locale, return_url: self.public_url() };
        let work = async {
            let started = provider.start(attempt).await?;
            provider.cancel(&started.reference).await
        };
        Ok(SetupTest::of(None, work).await.0)
    }

    /// Begins the set-up of a payment method at the payment service, and cancels it.
    ///
    /// # Errors
    /// When the caller is not an operator, or where no payment service is configured.
    pub async fn test_payment(&self, actor: &Actor) -> Result<SetupTest, Error> {
        operators_only(actor)?;
        let provider = self.services().payment.as_ref().ok_or(Error::Unsupported("payment methods"))?;
        self.begin_test(actor, "payment").await?;
        let id = format!("setup-{}", self.draw(JobId::generate));
        let work = async {
            let started = provider.start(&id, "setup-test", None, self.public_url()).await?;
            provider.cancel(&started.reference).await
        };
        Ok(SetupTest::of(None, work).await.0)
    }

    /// Requests the models of each model server.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn test_model_servers(&self, actor: &Actor) -> Result<Vec<SetupTest>, Error> {
        operators_only(actor)?;
        self.begin_test(actor, "upstreams").await?;
        Ok(join_all(self.services().model_servers.iter().map(|server| count(&**server))).await)
    }
}

async fn count(server: &dyn ModelServer) -> SetupTest {
    let (test, models) = SetupTest::of(Some(server.name().to_owned()), server.count_models()).await;
    SetupTest { models: models.and_then(|count| i64::try_from(count).ok()), ..test }
}

/// Sends the text, or a code that is cancelled at once.
async fn send(codes: &Codes, e164: &str, locale: &str, text: &str) -> Result<(), ProviderError> {
    match codes {
        Codes::Sms(sender) => sender.send(e164, text).await.map(drop),
        Codes::Verifier(verifier) => {
            let started = verifier.start(e164, locale).await?;
            verifier.cancel(&started.reference).await
        }
    }
}
