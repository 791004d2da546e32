//! Starts the sandbox, and says where its services are and with which credentials they are called.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use keystead_core::secret::Secret;
use keystead_providers::cloud::{AwsIdentity, AzureIdentity};
use keystead_sandbox as served;
use tokio::sync::oneshot;

use crate::cli_error::CliError;
use crate::config::{Identity, Mail, Payment, SignIn, Sms, Validated};
use crate::serve::listener;
use crate::wiring;

/// A running sandbox; it stops when this is dropped.
pub(crate) struct Running {
    url: String,
    smtp: SocketAddr,
    sandbox: served::Sandbox,
    _stop: oneshot::Sender<()>,
}

impl Running {
    /// Its address, for people.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The base address of its model server.
    pub(crate) fn models(&self) -> String {
        format!("{}/v1", self.url)
    }

    /// Where its deliveries go: the product's own address.
    pub(crate) fn announce_to(&self, listen: SocketAddr) {
        self.sandbox.announce_to(format!("http://{}", reachable(listen)));
    }

    pub(crate) fn sms(&self) -> Sms {
        Sms::Twilio {
            verify: format!("{}/twilio", self.url),
            lookup: format!("{}/twilio", self.url),
            account_sid: served::TWILIO_ACCOUNT_SID.to_owned(),
            auth_token: secret(served::TWILIO_AUTH_TOKEN),
            service_sid: served::TWILIO_SERVICE_SID.to_owned(),
        }
    }

    pub(crate) fn payment(&self) -> Payment {
        Payment {
            base_url: format!("{}/stripe", self.url),
            api_key: secret(served::STRIPE_API_KEY),
            webhook_secrets: vec![secret(served::STRIPE_WEBHOOK_SECRET)],
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::Persona {
            base_url: format!("{}/persona/api/v1", self.url),
            api_key: secret(served::PERSONA_API_KEY),
            template: served::PERSONA_TEMPLATE.to_owned(),
            webhook_secrets: vec![secret(served::PERSONA_WEBHOOK_SECRET)],
            environment: None,
            completed_approves: false,
        }
    }

    pub(crate) fn mail(&self) -> Mail {
        Mail {
            url: format!("smtp://{}", self.smtp),
            username: None,
            password: None,
            from: "Keystead <no-reply@keystead.invalid>".to_owned(),
        }
    }

    pub(crate) fn sign_in(&self) -> SignIn {
        SignIn {
            label: "Google (sandbox)".to_owned(),
            issuer: format!("{}/oidc", self.url),
            client_id: served::OIDC_CLIENT_ID.to_owned(),
            client_secret: secret(served::OIDC_CLIENT_SECRET),
        }
    }

    pub(crate) fn aws(&self) -> AwsIdentity {
        AwsIdentity {
            access_key_id: served::AWS_ACCESS_KEY_ID.to_owned(),
            secret_access_key: secret(served::AWS_SECRET_ACCESS_KEY),
            account: None,
            region: "eu-west-1".to_owned(),
            endpoint: Some(format!("{}/aws", self.url)),
        }
    }

    pub(crate) fn azure(&self) -> AzureIdentity {
        AzureIdentity {
            client_id: served::AZURE_CLIENT_ID.to_owned(),
            client_secret: secret(served::AZURE_CLIENT_SECRET),
            endpoint: Some(format!("{}/azure", self.url)),
        }
    }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// An address that listens everywhere is reached on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    if !listen.ip().is_unspecified() {
        return listen;
    }
    let loopback = if listen.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(Ipv6Addr::LOCALHOST) };
    SocketAddr::new(loopback, listen.port())
}

/// Starts it where the configuration wants one.
pub(crate) async fn start(config: &Validated) -> Result<Option<Running>, CliError> {
    let Some(section) = config.sandbox.as_ref() else { return Ok(None) };
    // Mail needs no fixed port: the product is told the one it got.
    let smtp = section.smtp_listen.unwrap_or_else(|| SocketAddr::new(section.listen.ip(), 0));
    let mail = listener::bind(smtp, "KEYSTEAD_SANDBOX__SMTP_LISTEN").await?;
    let smtp = mail.local_addr()?;
    let listener = listener::bind(section.listen, "KEYSTEAD_SANDBOX__LISTEN").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let sandbox = served::Sandbox::new(Arc::new(|| wiring::now().0));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = sandbox.clone();
    // Ends with the process: a mail half taken at the end is lost.
    tokio::spawn(sandbox.clone().serve_smtp(mail, std::future::pending()));
    tokio::spawn(async move {
        let until = async {
            // Dropping the sender is the signal; nothing is ever sent.
            let _ = stopped.await;
        };
        if let Err(error) = served::serve(listener, serving, until).await {
            tracing::error!(%error, "the sandbox stopped");
        }
    });
    Ok(Some(Running { url, smtp, sandbox, _stop: stop }))
}
