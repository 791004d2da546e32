//! AWS: the customer's role is assumed with its external id, and then the key or the bucket is used in its name.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keystead_core::external::{Checked, Fault, KeyPurpose, Location, is_region};
use keystead_core::secret::Secret;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use super::signature::{Credentials, Signed, digest, sign};
use super::{AwsIdentity, client, object_name, passed, read_back, send};
use crate::http::{Base, Http};
use crate::{Clock, ProviderError};

/// Seconds for which the role is assumed: the least that AWS allows.
const SESSION: &str = "900";

/// A client with Keystead's identity.
pub(super) struct Aws {
    http: Http,
    identity: Credentials,
    account: Option<String>,
    region: String,
    endpoint: Option<Base>,
    clock: Clock,
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.region).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// One request.
struct Call<'a> {
    method: Method,
    url: Url,
    region: &'a str,
    service: &'a str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Aws {
    pub(super) fn new(identity: AwsIdentity, clock: Clock) -> Result<Self, ProviderError> {
        Ok(Self {
            http: client(identity.endpoint.as_deref())?,
            identity: Credentials {
                access_key_id: identity.access_key_id,
                secret_access_key: identity.secret_access_key,
                session_token: None,
            },
            account: identity.account,
            region: identity.region,
            endpoint: identity.endpoint.as_deref().map(Base::parse).transpose()?,
            clock,
        })
    }

    /// Uses a key once: encrypts and decrypts, or only decrypts.
    pub(super) async fn check_key(&self, location: &Location, purpose: KeyPurpose, probe: &str) -> Result<(), Fault> {
        let role = self.assume(location).await?;
        let plain = STANDARD.encode(probe);
        if purpose == KeyPurpose::PspDecryption {
            // Nothing was encrypted for this key, so that it is asked is shown by its refusal of the text itself.
            let answer = self.kms(&role, location, "Decrypt", &json!({ "CiphertextBlob": plain })).await;
            return match answer {
                Err(Fault::Altered) | Ok(_) => Ok(()),
                Err(fault) => Err(fault),
            };
        }
        let encrypted = self.kms(&role, location, "Encrypt", &json!({ "Plaintext": plain })).await?;
        let blob = encrypted.get("CiphertextBlob").and_then(Value::as_str).ok_or(Fault::Unexpected)?;
        let decrypted = self.kms(&role, location, "Decrypt", &json!({ "CiphertextBlob": blob })).await?;
        if decrypted.get("Plaintext").and_then(Value::as_str) == Some(&plain) { Ok(()) } else { Err(Fault::Altered) }
    }

    /// Finds the region of a bucket, and writes, reads and deletes one object in it.
    pub(super) async fn check_storage(&self, location: &Location, probe: &str) -> Checked {
        let role = match self.assume(location).await {
            Ok(role) => role,
            Err(fault) => return Checked::failed(fault),
        };
        let found = self.s3(&role, location, (Method::HEAD, &self.region, None), "").await;
        let region = match found {
            // Every answer about an existing bucket names its region, also one of 301 or 403.
            Ok(answer) if answer.status().as_u16() == 404 => return Checked::failed(Fault::NotFound),
            Ok(answer) => named_region(&answer),
            Err(fault) => return Checked::failed(fault),
        };
        let place = region.as_deref().unwrap_or(&self.region);
        let fault = self.store_once(&role, location, place, probe).await.err();
        Checked { fault, region }
    }

    async fn store_once(
        &self,
        role: &Credentials,
        location: &Location,
        region: &str,
        probe: &str,
    ) -> Result<(), Fault> {
        let name = object_name(probe);
        let object = |method| (method, region, Some(name.as_str()));
        passed(self.s3(role, location, object(Method::PUT), probe).await?, Fault::WriteRefused)?;
        let read = self.s3(role, location, object(Method::GET), "").await;
        // Also when it could not be read.
        let deleted = self.s3(role, location, object(Method::DELETE), "").await;
        read_back(read, deleted, probe)
    }

    /// Assumes the customer's role. AWS checks that the role names Keystead's identity and this external id.
    async fn assume(&self, location: &Location) -> Result<Credentials, Fault> {
        // AWS in China has identities of its own, and neither part knows those of the other.
        if location.is_in_china() != self.region.starts_with("cn-") {
            return Err(Fault::IdentityRefused);
        }
        // A role of the own account may trust all of it, without an external id, and would act for any organization.
        if self.account.as_deref() == Some(location.account()) {
            return Err(Fault::IdentityRefused);
        }
        let body = Serializer::new(String::new())
            .append_pair("Action", "AssumeRole")
            .append_pair("Version", "2011-06-15")
            .append_pair("RoleArn", location.get("role_arn"))
            .append_pair("RoleSessionName", "keystead")
            .append_pair("ExternalId", location.get("external_id"))
            .append_pair("DurationSeconds", SESSION)
            .finish();
        let call = Call {
            method: Method::POST,
            url: self.url(location, "sts", &self.region, &[])?,
            region: &self.region,
            service: "sts",
            headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
            body: body.into_bytes(),
        };
        let answer = self.call(&self.identity, call).await?;
        let text = String::from_utf8_lossy(answer.body());
        match answer.status().as_u16() {
            200 => {}
            429 | 500.. => return Err(Fault::Busy),
            400 if text.contains("Throttling") => return Err(Fault::Busy),
            400..=403 => return Err(Fault::IdentityRefused),
            _ => return Err(Fault::Unexpected),
        }
        let element = |name: &str| element(&text, name).ok_or(Fault::Unexpected);
        Ok(Credentials {
            access_key_id: element("AccessKeyId")?.to_owned(),
            secret_access_key: Secret::new(element("SecretAccessKey")?.to_owned()),
            session_token: Some(Secret::new(element("SessionToken")?.to_owned())),
        })
    }

    /// Calls KMS about the key of a location.
    async fn kms(&self, role: &Credentials, location: &Location, verb: &str, body: &Value) -> Result<Value, Fault> {
        let mut body = body.clone();
        body["KeyId"] = location.get("kms_arn").into();
        let region = location.region().ok_or(Fault::Unexpected)?;
        let call = Call {
            method: Method::POST,
            url: self.url(location, "kms", region, &[])?,
            region,
            service: "kms",
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("TrentService.{verb}")),
            ],
            body: body.to_string().into_bytes(),
        };
        let answer = self.call(role, call).await?;
        let content: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        match answer.status().as_u16() {
            200 => Ok(content),
            429 | 500.. => Err(Fault::Busy),
            _ => Err(kms_fault(content.get("__type").and_then(Value::as_str).unwrap_or_default())),
        }
    }

    /// Calls S3 about a bucket, or about one object in it.
    async fn s3(
        &self,
        role: &Credentials,
        location: &Location,
        (method, region, object): (Method, &str, Option<&str>),
        body: &str,
    ) -> Result<http::Response<Vec<u8>>, Fault> {
        let segments: Vec<&str> = [location.get("bucket")].into_iter().chain(object).collect();
        let call = Call {
            method,
            url: self.url(location, "s3", region, &segments)?,
            region,
            service: "s3",
            headers: vec![("x-amz-content-sha256", digest(body.as_bytes()))],
            body: body.as_bytes().to_vec(),
        };
        self.call(role, call).await
    }

    /// The address of a service. `region` is of the form of regions.
    fn url(&self, location: &Location, service: &str, region: &str, segments: &[&str]) -> Result<Url, Fault> {
        if let Some(endpoint) = &self.endpoint {
            return Ok(endpoint.at(segments));
        }
        let domain = if location.is_in_china() { "amazonaws.com.cn" } else { "amazonaws.com" };
        let base = Base::parse(&format!("https://{service}.{region}.{domain}")).map_err(|_| Fault::Unexpected)?;
        Ok(base.at(segments))
    }

    async fn call(&self, with: &Credentials, call: Call<'_>) -> Result<http::Response<Vec<u8>>, Fault> {
        let signed = Signed {
            method: call.method.as_str(),
            url: &call.url,
            region: call.region,
            service: call.service,
            headers: &call.headers,
            body: &call.body,
            at: (self.clock)(),
        };
        let headers = sign(&signed, with).ok_or(Fault::Unexpected)?;
        let mut request = self.http.request(call.method, call.url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if !call.body.is_empty() {
            request = request.body(call.body);
        }
        send(&self.http, request).await
    }
}

/// The fault of an error of KMS, which always has the status 400.
fn kms_fault(kind: &str) -> Fault {
    // Some servers write a namespace before the name.
    match kind.rsplit('#').next().unwrap_or_default() {
        "AccessDeniedException" => Fault::UseRefused,
        "NotFoundException" => Fault::NotFound,
        "DisabledException" | "KMSInvalidStateException" => Fault::Disabled,
        "InvalidCiphertextException" | "IncorrectKeyException" => Fault::Altered,
        "ThrottlingException" | "LimitExceededException" | "KeyUnavailableException" => Fault::Busy,
        "UnrecognizedClientException" | "InvalidClientTokenId" | "ExpiredTokenException" => Fault::IdentityRefused,
        _ => Fault::Unexpected,
    }
}

/// The region that an answer of S3 names, if it has the form of one.
fn named_region(answer: &http::Response<Vec<u8>>) -> Option<String> {
    let region = answer.headers().get("x-amz-bucket-region")?.to_str().ok()?;
    is_region(region).then(|| region.to_owned())
}

/// The content of the first element of this name. What is read so has no character that XML escapes.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
}
