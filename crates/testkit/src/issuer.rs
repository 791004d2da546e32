//! An OpenID Connect issuer for "Continue with"; the test chooses its answer.

use std::sync::{Mutex, PoisonError};

use keystead_core::secret::Secret;
use keystead_providers::sign_in::{AuthorizationRequest, Identity, SignIn};
use keystead_providers::{BoxFuture, ProviderError};

/// Returns the identity that the test chose, and is unavailable before one was chosen. The browser is sent there with the
/// state `state-1` and returns with the code `c0de`.
#[derive(Debug, Default)]
pub struct Issuer(Mutex<Option<Identity>>);

impl Issuer {
    /// From now on it returns this identity, or is unavailable.
    pub fn answer(&self, identity: Option<Identity>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// From now on it returns a person with this confirmed address.
    pub fn vouch_for(&self, email: &str) {
        self.answer(Some(Identity {
            issuer: "https://issuer.test".to_owned(),
            subject: format!("subject of {email}"),
            email: email.to_owned(),
            email_verified: true,
            name: None,
        }));
    }
}

impl SignIn for Issuer {
    fn label(&self) -> &str {
        "Google"
    }

    fn begin_sign_in<'a>(&'a self, return_url: &'a str) -> BoxFuture<'a, Result<AuthorizationRequest, ProviderError>> {
        let secret = |text: &str| Secret::new(text.to_owned());
        let url = format!("https://issuer.test/?to={return_url}");
        Box::pin(async move {
            Ok(AuthorizationRequest {
                url,
                state: secret("state-1"),
                nonce: secret("nonce-1"),
                verifier: secret("verifier-1"),
            })
        })
    }

    fn finish_sign_in<'a>(
        &'a self,
        code: &'a str,
        _: &'a str,
        nonce: &'a Secret<String>,
        verifier: &'a Secret<String>,
    ) -> BoxFuture<'a, Result<Identity, ProviderError>> {
        assert_eq!((code, nonce.expose().as_str(), verifier.expose().as_str()), ("c0de", "nonce-1", "verifier-1"));
        let identity = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(
            async move { identity.ok_or_else(|| ProviderError::Unavailable("the issuer is unavailable".to_owned())) },
        )
    }
}
