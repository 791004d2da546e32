//! A mail service for tests.

use std::sync::{Mutex, PoisonError};

use keystead_providers::mail::{Mail, Mailer};
use keystead_providers::{BoxFuture, Health, ProviderError};

/// Accepts mail and keeps it.
#[derive(Default)]
pub struct Mailbox(Mutex<Vec<Mail>>);

impl Mailbox {
    /// Returns every mail, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns everything since the last call, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mailer for Mailbox {
    fn check(&self) -> BoxFuture<'_, Result<(), ProviderError>> {
        Box::pin(async { Ok(()) })
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
            Ok(())
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }
}
