//! Signing in by an OpenID Connect issuer: "Continue with Google", or any other.

mod oidc;

use keystead_core::secret::Secret;

pub use oidc::Oidc;

use crate::{BoxFuture, ProviderError};

/// The redirect of the browser, and the values to keep in its session until it returns.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// The issuer's page.
    pub url: String,
    /// Returned in the query; it must be compared first.
    pub state: Secret<String>,
    /// Must be in the identity token.
    pub nonce: Secret<String>,
    /// Proves that it is the browser that left (PKCE).
    pub verifier: Secret<String>,
}

/// The identity of the person who returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// The person's id at the issuer; it never changes.
    pub subject: String,
    /// The address.
    pub email: String,
    /// Whether the issuer has verified the address; an account is never connected through an unverified one.
    pub email_verified: bool,
    /// The name, if reported.
    pub name: Option<String>,
}

/// An issuer people can sign in with.
pub trait SignIn: Send + Sync {
    /// What the button says after "Continue with".
    fn label(&self) -> &str;
    /// Builds the redirect; the caller keeps the three random values.
    fn begin_sign_in<'a>(&'a self, return_url: &'a str) -> BoxFuture<'a, Result<AuthorizationRequest, ProviderError>>;
    /// Exchanges the code for a verified identity.
    fn finish_sign_in<'a>(
        &'a self,
        code: &'a str,
        return_url: &'a str,
        nonce: &'a Secret<String>,
        verifier: &'a Secret<String>,
    ) -> BoxFuture<'a, Result<Identity, ProviderError>>;
}

/// The configuration of an OIDC client.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// What the button says after "Continue with".
    pub label: String,
    /// The issuer's address, before `/.well-known/openid-configuration`.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our client secret there.
    pub client_secret: Secret<String>,
}
