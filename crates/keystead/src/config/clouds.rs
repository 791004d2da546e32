//! Keystead's own identities in clouds, for the validation of external keys and external storage.

use keystead_providers::cloud::{AwsIdentity, AzureIdentity};
use serde::Deserialize;

use super::ConfigError;
use super::services::{Hidden, text};
use super::url::checked_url;

/// `[aws]`: the identity at AWS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AwsSection {
    access_key_id: Option<String>,
    secret_access_key: Hidden,
    /// The account of the identity; only a server in place of AWS may have none.
    account_id: Option<String>,
    region: Option<String>,
    /// A server that speaks the protocols of STS, KMS and S3; absent is AWS.
    endpoint: Option<String>,
}

/// `[azure]`: the identity at Azure.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AzureSection {
    client_id: Option<String>,
    client_secret: Hidden,
    /// A server that speaks the protocols of Azure; absent is Azure.
    endpoint: Option<String>,
}

impl AwsSection {
    pub(super) fn validate(&self) -> Result<Option<AwsIdentity>, ConfigError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let access_key_id = text("aws.access_key_id", self.access_key_id.as_ref())?;
        let region = text("aws.region", self.region.as_ref())?;
        // It becomes a part of a host's name.
        if !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(ConfigError::Value(format!("aws.region: {region:?} is not a region such as eu-west-1")));
        }
        Ok(Some(AwsIdentity {
            access_key_id,
            secret_access_key: self.secret_access_key.required("aws.secret_access_key")?,
            account: self.account()?,
            region,
            endpoint: self.endpoint.as_ref().map(|url| checked_url("aws.endpoint", url)).transpose()?,
        }))
    }

    fn account(&self) -> Result<Option<String>, ConfigError> {
        if self.account_id.is_none() && self.endpoint.is_some() {
            return Ok(None);
        }
        let account = text("aws.account_id", self.account_id.as_ref())?;
        if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Some(account));
        }
        Err(ConfigError::Value("aws.account_id must be the 12 digits of the identity's account".to_owned()))
    }
}

impl AzureSection {
    pub(super) fn validate(&self) -> Result<Option<AzureIdentity>, ConfigError> {
        if *self == Self::default() {
            return Ok(None);
        }
        Ok(Some(AzureIdentity {
            client_id: text("azure.client_id", self.client_id.as_ref())?,
            client_secret: self.client_secret.required("azure.client_secret")?,
            endpoint: self.endpoint.as_ref().map(|url| checked_url("azure.endpoint", url)).transpose()?,
        }))
    }
}
