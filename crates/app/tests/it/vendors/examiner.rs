//! A service that checks identities.

use std::collections::HashMap;
use std::sync::Mutex;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_providers::identity::{Attempt, IdentityProvider, Link, Snapshot, Started, State, our_reference};
use keystead_providers::webhook::{Headers, Hint, SignatureError};
use keystead_providers::{BoxFuture, Health, ProviderError};

use super::{Line, read};

/// Checks documents and faces.
#[derive(Default)]
pub(crate) struct Examiner {
    pub(crate) line: Line,
    pub(crate) checks: Mutex<HashMap<String, Snapshot>>,
}

impl Examiner {
    /// Sets what the examiner reports about a check from now on.
    pub(crate) fn say(&self, reference: &str, state: State, document: Option<&str>, as_of: i64) {
        let mut checks = self.checks.lock().unwrap();
        let check = checks.get_mut(reference).unwrap();
        check.state = state;
        check.as_of = Timestamp(as_of);
        check.document_number = document.map(|number| Secret::new(number.to_owned()));
    }
}

impl IdentityProvider for Examiner {
    fn name(&self) -> &'static str {
        "examiner"
    }

    fn privacy_policy_url(&self) -> &str {
        "https://examiner.test/privacy"
    }

    fn start<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Started, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let reference = format!("inq_{}", attempt.id);
            let snapshot = Snapshot {
                reference: reference.clone(),
                our_reference: our_reference(attempt.organization, attempt.id),
                state: State::Waiting,
                step: 0,
                reasons: Vec::new(),
                document_type: None,
                issuing_country: None,
                document_number: None,
                as_of: Timestamp(1),
                redacted: false,
            };
            self.checks.lock().unwrap().insert(reference.clone(), snapshot);
            let link = Link { url: format!("https://examiner.test/{reference}"), expires_at: Timestamp(i64::MAX) };
            Ok(Started { reference, link })
        })
    }

    fn reissue_link<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Link, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            Ok(Link { url: format!("https://examiner.test/{reference}"), expires_at: Timestamp(i64::MAX) })
        })
    }

    fn fetch<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Snapshot, ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            let found = self.checks.lock().unwrap().get(reference).cloned();
            found.ok_or_else(|| ProviderError::Gone("no such check".to_owned()))
        })
    }

    fn find<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Snapshot>, ProviderError>> {
        Box::pin(async move { self.line.up().map(|()| None) })
    }

    fn cancel<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move { self.line.up() })
    }

    fn redact<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.line.up()?;
            if let Some(check) = self.checks.lock().unwrap().get_mut(reference) {
                check.redacted = true;
            }
            Ok(())
        })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn hints(&self, headers: Headers<'_>, body: &[u8], now: Timestamp) -> Result<Vec<Hint>, SignatureError> {
        read(headers, body, now)
    }
}
