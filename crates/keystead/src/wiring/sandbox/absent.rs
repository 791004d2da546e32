//! A build without the sandbox: the configuration that asks for one was refused, so none ever runs.

use std::net::SocketAddr;

use keystead_providers::cloud::{AwsIdentity, AzureIdentity};

use crate::cli_error::CliError;
use crate::config::{Identity, Mail, Payment, SignIn, Sms, Validated};

/// A running sandbox, of which this build has none.
#[derive(Clone, Copy)]
pub(crate) enum Running {}

impl Running {
    pub(crate) fn url(&self) -> &str {
        match *self {}
    }

    pub(crate) fn models(&self) -> String {
        match *self {}
    }

    pub(crate) fn announce_to(&self, _: SocketAddr) {
        match *self {}
    }

    pub(crate) fn sms(&self) -> Sms {
        match *self {}
    }

    pub(crate) fn payment(&self) -> Payment {
        match *self {}
    }

    pub(crate) fn identity(&self) -> Identity {
        match *self {}
    }

    pub(crate) fn mail(&self) -> Mail {
        match *self {}
    }

    pub(crate) fn sign_in(&self) -> SignIn {
        match *self {}
    }

    pub(crate) fn aws(&self) -> AwsIdentity {
        match *self {}
    }

    pub(crate) fn azure(&self) -> AzureIdentity {
        match *self {}
    }
}

/// Starts nothing.
pub(crate) async fn start(_: &Validated) -> Result<Option<Running>, CliError> {
    Ok(None)
}
