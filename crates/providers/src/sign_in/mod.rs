//! Signing in by an OpenID Connect issuer: "Continue with Google", or any other.

mod oidc;

use keystead_core::secret::Secret;

pub use oidc::Oidc;

use crate::{BoxFuture, ProviderError};

/// Where the browser goes, and what must be kept in its session until it comes back.
#[derive(Debug, Clone)]
pub struct Departure {
    /// The issuer's page.
    pub url: String,
    /// Comes back in the query; compare before anything else.
    pub state: Secret<String>,
    /// Must stand in the identity token.
    pub nonce: Secret<String>,
    /// Proves that who comes back is who left (PKCE).
    pub verifier: Secret<String>,
}

/// Who came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The issuer.
    pub issuer: String,
    /// The person there; stable for ever.
    pub subject: String,
    /// The address.
    pub email: String,
    /// Whether the issuer vouches for the address; an account is never joined by one it does not vouch for.
    pub email_verified: bool,
    /// The name, if told.
    pub name: Option<String>,
}

/// An issuer people can sign in with.
pub trait SignIn: Send + Sync {
    /// What the button says after "Continue with".
    fn label(&self) -> &str;
    /// Makes the redirect; the three random values are the caller's to keep.
    fn depart<'a>(&'a self, return_url: &'a str) -> BoxFuture<'a, Result<Departure, ProviderError>>;
    /// Changes the code for a checked identity.
    fn arrive<'a>(
        &'a self,
        code: &'a str,
        return_url: &'a str,
        nonce: &'a Secret<String>,
        verifier: &'a Secret<String>,
    ) -> BoxFuture<'a, Result<Identity, ProviderError>>;
}

/// What an OIDC client needs to know.
#[derive(Debug, Clone)]
pub struct OidcOptions {
    /// What the button says after "Continue with".
    pub label: String,
    /// The issuer's address, where `/.well-known/openid-configuration` stands.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our client secret there.
    pub client_secret: Secret<String>,
}
