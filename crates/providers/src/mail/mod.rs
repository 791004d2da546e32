//! Mail over SMTP, in plain text and in HTML.

mod content;

use std::time::Duration;

use keystead_core::secret::Secret;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::response::Category;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::http::LastOutcome;
use crate::{BoxFuture, Health, ProviderError};

/// How long one step of the SMTP conversation may take.
const STEP: Duration = Duration::from_secs(15);
/// How long all of it may take: a very slow server must not block the job queue.
const TOTAL: Duration = Duration::from_secs(60);

pub use content::{MailContent, Paragraph};

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text, for programs that do not show HTML.
    pub text: String,
    /// The same as an HTML document.
    pub html: String,
}

/// A service that sends mail.
pub trait Mailer: Send + Sync {
    /// Connects to the service and signs in, without a mail; no outcome for [`Mailer::health`].
    fn check(&self) -> BoxFuture<'_, Result<(), ProviderError>>;
    /// Passes a mail to the service.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), ProviderError>>;
    /// The outcome of the last mail.
    fn health(&self) -> Health;
}

/// The configuration of an SMTP client.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// `smtp://host:port` in clear (the sandbox), `smtps://host:port` with TLS, `smtp+starttls://host:port`.
    pub url: String,
    /// The account, if one is needed.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret<String>>,
    /// The sender, `Keystead <no-reply@example.com>`.
    pub from: String,
}

/// Writes a sender, [`SmtpOptions::from`], with quotation marks around the name where it needs them; `None` when the
/// address is not one.
#[must_use]
pub fn sender(name: &str, address: &str) -> Option<String> {
    Some(Mailbox::new(Some(name.to_owned()), address.parse().ok()?).to_string())
}

/// The client.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    last_outcome: LastOutcome,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    /// Creates a client.
    ///
    /// # Errors
    /// When the address of the server or of the sender is not valid; the text says which.
    pub fn new(options: &SmtpOptions) -> Result<Self, ProviderError> {
        let wrong = |what: &str| ProviderError::Refused(what.to_owned());
        let from = options.from.parse().map_err(|_| wrong("mail.from is not an address"))?;
        let url = url::Url::parse(&options.url).map_err(|_| wrong("mail.url cannot be read"))?;
        let host = url.host_str().ok_or_else(|| wrong("mail.url has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("mail.url must not contain a user; mail.username and mail.password name the account"));
        }
        // IPv6 addresses have brackets only in URLs.
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let secured = || TlsParameters::new(host.clone()).map_err(|_| wrong("TLS cannot be set up"));
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(secured()?), 465),
            "smtp+starttls" => (Tls::Required(secured()?), 587),
            "smtp" => (Tls::None, 25),
            // A typing error must not send mail unencrypted.
            _ => return Err(wrong("mail.url must begin with smtp://, smtps:// or smtp+starttls://")),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(STEP));
        if let Some(user) = &options.username {
            let password = options.password.as_ref().map(|secret| secret.expose().clone()).unwrap_or_default();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self { transport: builder.build(), from, last_outcome: LastOutcome::default() })
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), ProviderError> {
        let to: Mailbox = mail.to.parse().map_err(|_| ProviderError::Refused("an address that is none".to_owned()))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()));
        let message = message.map_err(|_| ProviderError::Refused("a mail that cannot be written".to_owned()))?;
        let sent = tokio::time::timeout(TOTAL, self.transport.send(message)).await;
        match sent.map_err(|_| ProviderError::Unavailable("the mail server is too slow".to_owned()))? {
            Ok(_) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    /// The error is for the operator.
    async fn connect(&self) -> Result<(), ProviderError> {
        let slow = |_| ProviderError::Unavailable("the mail server is too slow".to_owned());
        let connected = tokio::time::timeout(TOTAL, self.transport.test_connection()).await.map_err(slow)?;
        match connected {
            Ok(true) => Ok(()),
            Ok(false) => Err(ProviderError::Refused("the mail server ends the connection".to_owned())),
            Err(error) => Err(cannot_connect(&error)),
        }
    }
}

/// Explains why no mail server answers. There is no recipient yet that the server could quote.
fn cannot_connect(error: &smtp::Error) -> ProviderError {
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
    match error.status().map(u16::from) {
        Some(code @ (530 | 534 | 535)) => {
            ProviderError::Refused(format!("the mail server refuses the user name or the password ({code})"))
        }
        Some(code) => ProviderError::Refused(format!("the mail server refuses the connection ({code})")),
        None if error.is_timeout() => ProviderError::Unavailable("the mail server does not answer in time".to_owned()),
        None if error.is_tls() => ProviderError::Unavailable(format!("TLS with the mail server fails{cause}")),
        None => ProviderError::Unavailable(format!("no connection to the mail server{cause}")),
    }
}

/// Translates an error. Its own text may quote the server, and the server may quote the address.
fn failure(error: &smtp::Error) -> ProviderError {
    // x3x is about the server and our account there, never about the mail (RFC 5321, 4.2.1).
    let about_us = error.status().is_some_and(|code| code.category == Category::Unspecified3);
    if error.is_permanent() && !about_us {
        ProviderError::Refused("the mail server refused the mail".to_owned())
    } else {
        ProviderError::Unavailable("the mail server does not take the mail".to_owned())
    }
}

impl Mailer for Smtp {
    fn check(&self) -> BoxFuture<'_, Result<(), ProviderError>> {
        Box::pin(self.connect())
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.last_outcome.record(self.deliver(mail).await) })
    }

    fn health(&self) -> Health {
        self.last_outcome.health()
    }
}
