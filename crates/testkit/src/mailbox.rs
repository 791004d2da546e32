//! The post office of tests.

use std::sync::{Mutex, PoisonError};

use keystead_providers::mail::{Mail, Mailer};
use keystead_providers::{BoxFuture, Health, ProviderError};

/// Takes mail and keeps it.
#[derive(Default)]
pub struct Mailbox(Mutex<Vec<Mail>>);

impl Mailbox {
    /// Every mail so far, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that came since it was last taken out, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mailer for Mailbox {
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
