//! Azure: Keystead's application signs in to the customer's directory, and then uses the key or the container.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_core::external::{Checked, Fault, KeyPurpose, Location};
use keystead_core::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{AzureIdentity, client, object_name, passed, read_back, send};
use crate::http::{Base, Http};
use crate::{Clock, ProviderError};

/// The version of the protocol of keys.
const KEYS_VERSION: &str = "7.4";
/// The version of the protocol of blobs.
const BLOBS_VERSION: &str = "2021-08-06";
/// How keys are wrapped: every RSA key of a vault can.
const ALGORITHM: &str = "RSA-OAEP-256";

/// A client with Keystead's identity.
pub(super) struct Azure {
    http: Http,
    client_id: String,
    client_secret: Secret<String>,
    endpoint: Option<Base>,
    clock: Clock,
}

impl fmt::Debug for Azure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Azure").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Azure {
    pub(super) fn new(identity: AzureIdentity, clock: Clock) -> Result<Self, ProviderError> {
        Ok(Self {
            http: client(identity.endpoint.as_deref())?,
            client_id: identity.client_id,
            client_secret: identity.client_secret,
            endpoint: identity.endpoint.as_deref().map(Base::parse).transpose()?,
            clock,
        })
    }

    /// Uses a key once: wraps and unwraps, or only unwraps.
    pub(super) async fn check_key(&self, location: &Location, purpose: KeyPurpose, probe: &str) -> Result<(), Fault> {
        let host = location.get("vault_uri").trim_start_matches("https://").trim_end_matches('/');
        let service = if host.ends_with(".managedhsm.azure.net") { "managedhsm.azure.net" } else { "vault.azure.net" };
        let token = self.token(location, service).await?;
        let plain = URL_SAFE_NO_PAD.encode(probe);
        if purpose == KeyPurpose::PspDecryption {
            // Nothing was wrapped for this key, so that it is asked is shown by its refusal of the text itself.
            let answer = self.key(&token, location, (host, "unwrapkey"), &plain).await;
            return match answer {
                Err(Fault::Altered) | Ok(_) => Ok(()),
                Err(fault) => Err(fault),
            };
        }
        let wrapped = self.key(&token, location, (host, "wrapkey"), &plain).await?;
        let unwrapped = self.key(&token, location, (host, "unwrapkey"), &wrapped).await?;
        if unwrapped == plain { Ok(()) } else { Err(Fault::Altered) }
    }

    /// Writes, reads and deletes one blob. Azure does not say in which region it is.
    pub(super) async fn check_storage(&self, location: &Location, probe: &str) -> Checked {
        Checked { fault: self.store_once(location, probe).await.err(), region: None }
    }

    async fn store_once(&self, location: &Location, probe: &str) -> Result<(), Fault> {
        let token = self.token(location, "storage.azure.com").await?;
        let name = object_name(probe);
        let written = self.blob(&token, location, (Method::PUT, &name), Some(probe)).await?;
        passed(written, Fault::WriteRefused)?;
        let read = self.blob(&token, location, (Method::GET, &name), None).await;
        // Also when it could not be read.
        let deleted = self.blob(&token, location, (Method::DELETE, &name), None).await;
        read_back(read, deleted, probe)
    }

    /// Signs in to the customer's directory for one service.
    async fn token(&self, location: &Location, service: &str) -> Result<Secret<String>, Fault> {
        let path = [location.get("tenant_id"), "oauth2", "v2.0", "token"];
        let url = self.url("login.microsoftonline.com", "login", &path)?;
        let scope = format!("https://{service}/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose().as_str()),
            ("scope", scope.as_str()),
        ];
        let answer = send(&self.http, self.http.post(url).form(&form)).await?;
        match answer.status().as_u16() {
            200 => {}
            429 | 500.. => return Err(Fault::Busy),
            // An unknown directory, a directory that did not admit the application, or a wrong secret.
            400 | 401 | 403 | 404 => return Err(Fault::IdentityRefused),
            _ => return Err(Fault::Unexpected),
        }
        let content: Value = serde_json::from_slice(answer.body()).map_err(|_| Fault::Unexpected)?;
        let token = content.get("access_token").and_then(Value::as_str).ok_or(Fault::Unexpected)?;
        Ok(Secret::new(token.to_owned()))
    }

    /// Wraps or unwraps with the key of a location. Without a version it is the current one.
    async fn key(
        &self,
        token: &Secret<String>,
        location: &Location,
        (host, verb): (&str, &str),
        value: &str,
    ) -> Result<String, Fault> {
        let version = Some(location.get("key_version")).filter(|version| !version.is_empty());
        let path: Vec<&str> = ["keys", location.get("key_name")].into_iter().chain(version).chain([verb]).collect();
        let mut url = self.url(host, &format!("vault/{host}"), &path)?;
        url.query_pairs_mut().append_pair("api-version", KEYS_VERSION);
        let body = json!({ "alg": ALGORITHM, "value": value });
        let request = self.http.post(url).bearer_auth(token.expose()).json(&body);
        let answer = send(&self.http, request).await?;
        let content: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        let inner = |name: &str| content.pointer(&format!("/error/{name}")).and_then(Value::as_str);
        match answer.status().as_u16() {
            // The text is none that the key wrapped.
            400 if verb == "unwrapkey" && inner("code") == Some("BadParameter") => return Err(Fault::Altered),
            403 if content.pointer("/error/innererror/code").and_then(Value::as_str) == Some("KeyDisabled") => {
                return Err(Fault::Disabled);
            }
            status => {
                if let Some(fault) = Fault::of_status(status, Fault::UseRefused) {
                    return Err(fault);
                }
            }
        }
        content.get("value").and_then(Value::as_str).map(str::to_owned).ok_or(Fault::Unexpected)
    }

    /// Writes a blob with a content, or reads or deletes one.
    async fn blob(
        &self,
        token: &Secret<String>,
        location: &Location,
        (method, name): (Method, &str),
        content: Option<&str>,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        let account = location.get("account_name");
        let host = format!("{account}.blob.core.windows.net");
        let url = self.url(&host, &format!("blob/{account}"), &[location.get("container"), name])?;
        let at = jiff::Timestamp::from_second((self.clock)().0).map_err(|_| Fault::Unexpected)?;
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(token.expose())
            .header("x-ms-version", BLOBS_VERSION)
            .header("x-ms-date", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
        if let Some(content) = content {
            request = request.header("x-ms-blob-type", "BlockBlob").body(content.to_owned());
        }
        send(&self.http, request).await
    }

    /// The address of a service: at its host, or below the endpoint at `place`.
    fn url(&self, host: &str, place: &str, path: &[&str]) -> Result<Url, Fault> {
        if let Some(endpoint) = &self.endpoint {
            let segments: Vec<&str> = place.split('/').chain(path.iter().copied()).collect();
            return Ok(endpoint.at(&segments));
        }
        let base = Base::parse(&format!("https://{host}")).map_err(|_| Fault::Unexpected)?;
        Ok(base.at(path))
    }
}
