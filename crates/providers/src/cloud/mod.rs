//! Keys and buckets in customers' own cloud accounts. Keystead holds no secret of a customer: it signs in with its own
//! identity, which the operator configured, and the customer's account gives that identity access. Checked fields of a
//! location are the only part of an address that a customer chooses.

mod aws;
mod azure;
mod signature;

use std::time::Duration;

use keystead_core::external::{Checked, Cloud, Fault, KeyPurpose, Location};
use keystead_core::secret::Secret;
use reqwest::RequestBuilder;

use self::aws::Aws;
use self::azure::Azure;
use crate::http::Http;
use crate::{BoxFuture, Clock, ProviderError};

/// The time for one validation with all of its requests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Uses keys and buckets in customers' cloud accounts.
pub trait Clouds: Send + Sync {
    /// Uses a key once as its purpose is. `probe` is what is encrypted: a text that was drawn for this validation.
    fn check_key<'a>(&'a self, location: &'a Location, purpose: KeyPurpose, probe: &'a str) -> BoxFuture<'a, Checked>;

    /// Writes, reads and deletes one object. `probe` is a part of its name and its content: a text of letters, digits and
    /// underscores that was drawn for this validation.
    fn check_storage<'a>(&'a self, location: &'a Location, probe: &'a str) -> BoxFuture<'a, Checked>;
}

/// Keystead's identity at AWS: a user or role that may assume the roles of customers.
#[derive(Debug, Clone)]
pub struct AwsIdentity {
    /// The id of its access key.
    pub access_key_id: String,
    /// The secret of its access key.
    pub secret_access_key: Secret<String>,
    /// Its account, 12 digits, if it is known.
    pub account: Option<String>,
    /// The region of the STS that is used.
    pub region: String,
    /// A server that speaks the protocols of STS, KMS and S3 in place of AWS.
    pub endpoint: Option<String>,
}

/// Keystead's identity at Azure: an application that customers admit to their directories.
#[derive(Debug, Clone)]
pub struct AzureIdentity {
    /// The id of the application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// A server that speaks the protocols of Azure in place of it.
    pub endpoint: Option<String>,
}

/// Calls clouds over HTTP.
#[derive(Debug)]
pub struct HttpClouds {
    aws: Option<Aws>,
    azure: Option<Azure>,
}

impl HttpClouds {
    /// Creates clients for the identities that there are.
    ///
    /// # Errors
    /// When an endpoint is no address, or when TLS cannot be set up.
    pub fn new(aws: Option<AwsIdentity>, azure: Option<AzureIdentity>, clock: &Clock) -> Result<Self, ProviderError> {
        Ok(Self {
            aws: aws.map(|identity| Aws::new(identity, Clock::clone(clock))).transpose()?,
            azure: azure.map(|identity| Azure::new(identity, Clock::clone(clock))).transpose()?,
        })
    }
}

impl Clouds for HttpClouds {
    fn check_key<'a>(&'a self, location: &'a Location, purpose: KeyPurpose, probe: &'a str) -> BoxFuture<'a, Checked> {
        Box::pin(async move {
            let check = async {
                match (location.cloud(), &self.aws, &self.azure) {
                    (Cloud::Aws, Some(aws), _) => aws.check_key(location, purpose, probe).await,
                    (Cloud::Azure, _, Some(azure)) => azure.check_key(location, purpose, probe).await,
                    _ => Err(Fault::NoIdentity),
                }
            };
            let outcome = tokio::time::timeout(PATIENCE, check).await.unwrap_or(Err(Fault::NoAnswer));
            Checked { fault: outcome.err(), region: None }
        })
    }

    fn check_storage<'a>(&'a self, location: &'a Location, probe: &'a str) -> BoxFuture<'a, Checked> {
        Box::pin(async move {
            let check = async {
                match (location.cloud(), &self.aws, &self.azure) {
                    (Cloud::Aws, Some(aws), _) => aws.check_storage(location, probe).await,
                    (Cloud::Azure, _, Some(azure)) => azure.check_storage(location, probe).await,
                    _ => Checked::failed(Fault::NoIdentity),
                }
            };
            tokio::time::timeout(PATIENCE, check).await.unwrap_or(Checked::failed(Fault::NoAnswer))
        })
    }
}

/// A client for the servers of a cloud. Without an endpoint of the operator's choice it connects to public addresses only.
fn client(endpoint: Option<&str>) -> Result<Http, ProviderError> {
    if endpoint.is_some() { Http::new() } else { Http::to_public_addresses() }
}

/// Sends a request, and reads an answer of any status.
async fn send(http: &Http, request: RequestBuilder) -> Result<http::Response<Vec<u8>>, Fault> {
    http.send(request).await.map_err(|_| Fault::NoAnswer)
}

/// The name of the object of a validation.
fn object_name(probe: &str) -> String {
    format!("keystead-validation-{probe}")
}

/// Passes an answer of success on; `refused` is the fault of 401 and 403.
fn passed(answer: http::Response<Vec<u8>>, refused: Fault) -> Result<http::Response<Vec<u8>>, Fault> {
    match Fault::of_status(answer.status().as_u16(), refused) {
        None => Ok(answer),
        Some(fault) => Err(fault),
    }
}

/// What happened to the object of a validation after it was written, by the answers to reading and deleting it.
fn read_back(
    read: Result<http::Response<Vec<u8>>, Fault>,
    deleted: Result<http::Response<Vec<u8>>, Fault>,
    probe: &str,
) -> Result<(), Fault> {
    let read = passed(read?, Fault::ReadRefused)?;
    passed(deleted?, Fault::DeleteRefused)?;
    if read.body() == probe.as_bytes() { Ok(()) } else { Err(Fault::Altered) }
}
