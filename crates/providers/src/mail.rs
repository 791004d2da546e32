//! Mail over SMTP.

use keystead_core::secret::Secret;

use crate::{BoxFuture, Failure};

/// A mail in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// A service that carries mail.
pub trait Mailer: Send + Sync {
    /// Hands a mail over.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), Failure>>;
}

/// What an SMTP client needs to know.
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
