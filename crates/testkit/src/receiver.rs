//! An endpoint of webhooks; the test chooses what it answers, and reads what it was sent.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keystead_core::webhook::DeliveryFault;
use keystead_providers::BoxFuture;
use keystead_providers::outgoing_webhook::{Attempt, OutgoingWebhook, WebhookSender};

/// One delivery as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The address.
    pub url: String,
    /// The header `webhook-id`.
    pub id: String,
    /// The header `webhook-timestamp`.
    pub at: i64,
    /// The header `webhook-signature`.
    pub signatures: String,
    /// The body.
    pub body: String,
}

/// Takes every delivery with 204 until the test says otherwise.
#[derive(Debug, Default)]
pub struct Receiver {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Attempt>>,
    always: Mutex<Option<Attempt>>,
}

fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that took 7 milliseconds.
const fn answer(answer: Result<u16, DeliveryFault>, retry_after: Option<i64>) -> Attempt {
    Attempt { answer, duration_ms: 7, retry_after }
}

impl Receiver {
    /// The next delivery is answered like this; later ones as before.
    pub fn answer_once(&self, with: Result<u16, DeliveryFault>, retry_after: Option<i64>) {
        hold(&self.answers).push_back(answer(with, retry_after));
    }

    /// Every delivery is answered like this from now on.
    pub fn answer_always(&self, with: Result<u16, DeliveryFault>) {
        *hold(&self.always) = Some(answer(with, None));
    }

    /// What arrived since the last call.
    pub fn received(&self) -> Vec<Received> {
        std::mem::take(&mut *hold(&self.received))
    }
}

impl WebhookSender for Receiver {
    fn send<'a>(&'a self, webhook: OutgoingWebhook<'a>) -> BoxFuture<'a, Attempt> {
        Box::pin(async move {
            hold(&self.received).push(Received {
                url: webhook.url.to_owned(),
                id: webhook.id.to_owned(),
                at: webhook.at.0,
                signatures: webhook.signatures.to_owned(),
                body: webhook.body.to_owned(),
            });
            let once = hold(&self.answers).pop_front();
            once.or_else(|| *hold(&self.always)).unwrap_or_else(|| answer(Ok(204), None))
        })
    }
}
