//! OpenID Connect: authorization code with PKCE, and an identity token with a checked signature, issuer, audience, time
//! and nonce.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken,
    CoreIdTokenClaims, CoreJsonWebKey, CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata, CoreTokenResponse,
    CoreUserInfoClaims,
};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl,
    JsonWebKeySet, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse,
};
use rand::RngCore;
use url::Url;

use super::{AuthorizationRequest, Identity, OidcOptions, SignIn};
use crate::http::{Http, unavailable};
use crate::{BoxFuture, Clock, Health, ProviderError};

/// Seconds for which an issuer's metadata and keys are cached.
const METADATA_LIFETIME: i64 = 3_600;
/// Accepted algorithms: only key pairs of the issuer, never a shared secret, never "none".
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];
/// The length of the modulus of an RSA key of 2048 bits in JSON; shorter keys are refused.
const SHORTEST_MODULUS: usize = 342;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A client of one issuer.
pub struct Oidc {
    transport: Transport,
    options: OidcOptions,
    issuer: IssuerUrl,
    clock: Clock,
    rng: Mutex<Box<dyn RngCore + Send>>,
    known: tokio::sync::Mutex<Option<(Timestamp, Arc<CoreProviderMetadata>)>>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oidc").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Oidc {
    /// Creates a client. The generator must be cryptographically strong: its values protect a person's sign-in against
    /// others. The issuer is not contacted yet.
    ///
    /// # Errors
    /// When the issuer is not a valid address, or when TLS cannot be set up.
    pub fn new(options: OidcOptions, clock: Clock, rng: Box<dyn RngCore + Send>) -> Result<Self, ProviderError> {
        let issuer = IssuerUrl::new(options.issuer.clone());
        let issuer = issuer.map_err(|_| ProviderError::Refused("an issuer that is no address".to_owned()))?;
        let transport = Transport { http: Http::new()?, tls: issuer.url().scheme() == "https" };
        Ok(Self { transport, options, issuer, clock, rng: Mutex::new(rng), known: tokio::sync::Mutex::new(None) })
    }

    /// The outcome of the last call.
    #[must_use]
    pub fn health(&self) -> Health {
        self.transport.http.health()
    }

    /// Draws 256 random bits, as 43 letters.
    fn random_token(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the issuer's metadata and keys; they are loaded again when they are an hour old, or when `reload` is
    /// requested.
    async fn metadata(&self, reload: bool) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let mut known = self.known.lock().await;
        let now = (self.clock)();
        if let Some((at, metadata)) = known.as_ref().filter(|_| !reload)
            && (0..METADATA_LIFETIME).contains(&now.since(*at))
        {
            return Ok(Arc::clone(metadata));
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.transport)
            .await
            .map_err(discovery_error)?;
        self.transport.ensure_tls(found.authorization_endpoint().url())?;
        let keys = found.jwks().keys().iter().filter(|key| is_long_enough(key)).cloned().collect();
        let metadata = Arc::new(found.set_jwks(JsonWebKeySet::new(keys)));
        *known = Some((now, Arc::clone(&metadata)));
        Ok(metadata)
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        let id = ClientId::new(self.options.client_id.clone());
        let secret = ClientSecret::new(self.options.client_secret.expose().clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret));
        let ways = metadata.token_endpoint_auth_methods_supported();
        let speaks = |way| ways.is_some_and(|ways| ways.contains(&way));
        let in_body =
            speaks(CoreClientAuthMethod::ClientSecretPost) && !speaks(CoreClientAuthMethod::ClientSecretBasic);
        client.set_auth_type(if in_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    async fn authorization_request(&self, return_url: &str) -> Result<AuthorizationRequest, ProviderError> {
        let client = self.client(&*self.metadata(false).await?);
        let (state, nonce, verifier) = (self.random_token(), self.random_token(), self.random_token());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (sent_state, sent_nonce) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let client = client.set_redirect_uri(redirect(return_url)?);
        let request =
            client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || sent_state, move || sent_nonce);
        let scopes = ["email", "profile"].map(|name| Scope::new(name.to_owned()));
        // A person with several accounts at the issuer chooses one, instead of being signed in with any of them.
        let request =
            request.add_scopes(scopes).add_prompt(CoreAuthPrompt::SelectAccount).set_pkce_challenge(challenge);
        let (url, ..) = request.url();
        let [state, nonce, verifier] = [state, nonce, verifier].map(Secret::new);
        Ok(AuthorizationRequest { url: url.into(), state, nonce, verifier })
    }

    async fn exchange_code(
        &self,
        code: &str,
        return_url: &str,
        nonce: &Secret<String>,
        verifier: &Secret<String>,
    ) -> Result<Identity, ProviderError> {
        let client = self.client(&*self.metadata(false).await?).set_redirect_uri(redirect(return_url)?);
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let exchange = exchange.map_err(|_| unavailable("the issuer names no token address"))?;
        let verifier = PkceCodeVerifier::new(verifier.expose().clone());
        let answer: CoreTokenResponse =
            exchange.set_pkce_verifier(verifier).request_async(&self.transport).await.map_err(exchange_error)?;
        let token = answer.id_token().ok_or_else(|| refused("no identity token"))?;
        let nonce = Nonce::new(nonce.expose().clone());
        let claims = match self.verify_token(&*self.metadata(false).await?, token, &nonce) {
            // The issuer may have changed its keys since the last load.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                self.verify_token(&*self.metadata(true).await?, token, &nonce)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| refused(claims_error(&error)))?;
        if claims.email().is_some() {
            return self.identity(&claims, None);
        }
        // Some issuers leave the address out of the token.
        let more = self.fetch_userinfo(&client, answer.access_token(), &claims).await?;
        self.identity(&claims, Some(&more))
    }

    /// Returns the claims of a token if all checks pass.
    fn verify_token(
        &self,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let client = self.client(metadata);
        let offered = metadata.id_token_signing_alg_values_supported().iter();
        let allowed: Vec<_> = offered.filter(|algorithm| ALGORITHMS.contains(algorithm)).cloned().collect();
        let now = u64::try_from((self.clock)().0).unwrap_or_default();
        let time = move || (SystemTime::UNIX_EPOCH + Duration::from_secs(now)).into();
        let verifier = client.id_token_verifier().set_allowed_algs(allowed).set_time_fn(time);
        token.claims(&verifier, nonce).cloned()
    }

    async fn fetch_userinfo(
        &self,
        client: &Client,
        access: &AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<CoreUserInfoClaims, ProviderError> {
        let request = client.user_info(access.clone(), Some(claims.subject().clone()));
        let request = request.map_err(|_| refused("no e-mail address"))?;
        request.request_async(&self.transport).await.map_err(|error| match error {
            openidconnect::UserInfoError::Request(failure) => failure,
            _ => refused("an unreadable description of the person"),
        })
    }

    fn identity(
        &self,
        claims: &CoreIdTokenClaims,
        more: Option<&CoreUserInfoClaims>,
    ) -> Result<Identity, ProviderError> {
        // Both values must come from the same source and be about the same address.
        let (email, verified) = match more {
            None => (claims.email(), claims.email_verified()),
            Some(more) => (more.email(), more.email_verified()),
        };
        let email = email.ok_or_else(|| refused("no e-mail address"))?;
        let names = claims.name().or_else(|| more.and_then(|more| more.name()));
        Ok(Identity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email: email.to_string(),
            email_verified: verified.unwrap_or(false),
            name: names.and_then(|names| names.get(None)).map(|name| name.to_string()),
        })
    }
}

impl SignIn for Oidc {
    fn label(&self) -> &str {
        &self.options.label
    }

    fn begin_sign_in<'a>(&'a self, return_url: &'a str) -> BoxFuture<'a, Result<AuthorizationRequest, ProviderError>> {
        Box::pin(async move { self.transport.http.record(self.authorization_request(return_url).await) })
    }

    fn finish_sign_in<'a>(
        &'a self,
        code: &'a str,
        return_url: &'a str,
        nonce: &'a Secret<String>,
        verifier: &'a Secret<String>,
    ) -> BoxFuture<'a, Result<Identity, ProviderError>> {
        Box::pin(async move { self.transport.http.record(self.exchange_code(code, return_url, nonce, verifier).await) })
    }
}

/// Sends the requests that the library builds.
#[derive(Debug)]
struct Transport {
    http: Http,
    /// Whether the issuer uses TLS.
    tls: bool,
}

impl Transport {
    /// Checks an address that the issuer named: an issuer with TLS may not name one without it.
    fn ensure_tls(&self, url: &Url) -> Result<(), ProviderError> {
        let safe = url.scheme() == "https" || url.scheme() == "http" && !self.tls;
        if safe { Ok(()) } else { Err(unavailable("the issuer names an address without TLS")) }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| unavailable("the issuer names no address"))?;
        self.ensure_tls(&url)?;
        let answer = self.http.send(self.http.request(head.method, url).headers(head.headers).body(body)).await?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(ProviderError::Unavailable(format!("issuer {}", status.as_u16())));
        }
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Transport {
    type Error = ProviderError;
    type Future = BoxFuture<'c, Result<HttpResponse, ProviderError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

fn redirect(url: &str) -> Result<RedirectUrl, ProviderError> {
    RedirectUrl::new(url.to_owned()).map_err(|_| ProviderError::Refused("a way back that is no address".to_owned()))
}

/// Whether a key is long enough (checked for RSA, the only kind with several lengths).
fn is_long_enough(key: &CoreJsonWebKey) -> bool {
    let key = serde_json::to_value(key).unwrap_or_default();
    key.get("n").and_then(serde_json::Value::as_str).is_none_or(|modulus| modulus.len() >= SHORTEST_MODULUS)
}

/// The error for an unexpected answer of the issuer. The answer is not quoted, because it may name the person.
fn refused(what: &str) -> ProviderError {
    ProviderError::Refused(format!("issuer: {what}"))
}

fn discovery_error(error: DiscoveryError<ProviderError>) -> ProviderError {
    match error {
        DiscoveryError::Request(failure) => failure,
        DiscoveryError::Validation(_) => unavailable("the issuer calls itself by another name"),
        _ => unavailable("the issuer's metadata or keys cannot be read"),
    }
}

fn exchange_error(
    error: RequestTokenError<ProviderError, openidconnect::StandardErrorResponse<CoreErrorResponseType>>,
) -> ProviderError {
    match error {
        RequestTokenError::Request(failure) => failure,
        // The code was used before, is too old, or was issued to another client.
        RequestTokenError::ServerResponse(response) if *response.error() == CoreErrorResponseType::InvalidGrant => {
            refused("the code does not hold")
        }
        // Our client is unknown there, or misconfigured: the operator's fault.
        RequestTokenError::ServerResponse(_) => unavailable("the issuer does not accept this client"),
        _ => unavailable("the issuer's answer cannot be read"),
    }
}

fn claims_error(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "a token that has expired",
        ClaimsVerificationError::InvalidAudience(_) => "a token for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "a token of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "a token of another sign-in",
        ClaimsVerificationError::SignatureVerification(_) => "a token whose signature does not hold",
        _ => "a token that does not hold",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_not_given_up_half_way() {
        let (plain, secure) = (Url::parse("http://issuer.test/keys"), Url::parse("https://issuer.test/keys"));
        let (plain, secure) = (plain.unwrap(), secure.unwrap());
        let over_tls = Transport { http: Http::new().unwrap(), tls: true };
        assert!(over_tls.ensure_tls(&secure).is_ok());
        assert!(over_tls.ensure_tls(&plain).is_err());
        assert!(over_tls.ensure_tls(&Url::parse("file:///etc/passwd").unwrap()).is_err());
        let sandbox = Transport { http: Http::new().unwrap(), tls: false };
        assert!(sandbox.ensure_tls(&plain).is_ok() && sandbox.ensure_tls(&secure).is_ok());
    }
}
