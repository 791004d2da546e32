//! The outside services as clients: the configured ones, or the sandbox's where nothing is configured in development.

use std::sync::Arc;

use keystead_app::review::{EvidenceStore, Intake, Reviewer, ReviewerOptions, TIME_LIMIT};
use keystead_app::{Codes, Services};
use keystead_core::secret::Secret;
use keystead_core::verification::documents::DocumentPolicy;
use keystead_providers::ProviderError as Outside;
use keystead_providers::cloud::HttpClouds;
use keystead_providers::identity::PersonaOptions;
use keystead_providers::identity::persona::Persona;
use keystead_providers::mail::{Smtp, SmtpOptions};
use keystead_providers::outgoing_webhook::HttpWebhooks;
use keystead_providers::payment::StripeOptions;
use keystead_providers::payment::stripe::Stripe;
use keystead_providers::phone::LineLookup;
use keystead_providers::phone::sms_http::HttpSms;
use keystead_providers::phone::twilio::{Twilio, TwilioOptions};
use keystead_providers::sign_in::Oidc;
use keystead_providers::sign_in::OidcOptions;
use keystead_providers::workload::HttpIssuers;
use keystead_store::Store;

use crate::cli_error::CliError;
use crate::config::{Environment, Identity, Sms, Validated};
use crate::secrets::Secrets;
use crate::wiring;
use crate::wiring::sandbox::Running;

/// Builds every service the use cases may call. What is neither configured nor in a sandbox is off.
pub(crate) fn services(config: &Validated, beside: Option<&Running>) -> Result<Services, CliError> {
    let mut services = Services::default();
    phone(&mut services, config, beside)?;
    payment(&mut services, config, beside)?;
    identity(&mut services, config, beside)?;
    mail(&mut services, config, beside)?;
    sign_in(&mut services, config, beside)?;
    let sandbox = beside.map(|running| running.url().to_owned());
    let issuers = HttpIssuers::new(sandbox, wiring::clock()).map_err(failed("token issuer"))?;
    services.token_issuers = Some(Arc::new(issuers));
    let aws = config.aws.clone().or_else(|| beside.map(Running::aws));
    let azure = config.azure.clone().or_else(|| beside.map(Running::azure));
    let clouds = HttpClouds::new(aws, azure, &wiring::clock()).map_err(failed("cloud"))?;
    services.clouds = Some(Arc::new(clouds));
    let webhooks = HttpWebhooks::new(config.environment == Environment::Development).map_err(failed("webhook"))?;
    services.webhooks = Some(Arc::new(webhooks));
    Ok(services)
}

/// Builds the services of a command. It only queues mails, which a running node sends, and asks for refunds, which a running
/// node asks for again.
pub(crate) fn of_commands(config: &Validated) -> Result<Services, CliError> {
    let mut services = Services::default();
    mail(&mut services, config, None)?;
    payment(&mut services, config, None)?;
    if services.payment.is_none() && config.sandbox.is_some() {
        // Only the node that runs the sandbox knows its address, and requests the refund there.
        let base_url = "http://127.0.0.1:9".to_owned();
        let (api_key, webhook_secrets) = (Secret::new("sandbox".to_owned()), Vec::new());
        let stripe = Stripe::new(StripeOptions { base_url, api_key, webhook_secrets }).map_err(failed("payment"))?;
        services.payment = Some(Arc::new(stripe));
    }
    if services.mail.is_none() && config.sandbox.is_some() {
        // Only the node that runs the sandbox knows its address.
        let (url, from) = ("smtp://127.0.0.1:25".to_owned(), "Keystead <no-reply@keystead.invalid>".to_owned());
        let options = SmtpOptions { url, username: None, password: None, from };
        services.mail = Some(Arc::new(Smtp::new(&options).map_err(failed("mail"))?));
    }
    Ok(services)
}

/// Lists the origins to which forms of the pages may redirect: browsers follow a redirect after a form only to named
/// origins.
pub(crate) fn form_targets(config: &Validated, beside: Option<&Running>) -> Vec<String> {
    let mut targets = Vec::new();
    targets.extend(beside.map(|running| running.url().to_owned()));
    if config.payment.is_some() {
        targets.push("https://checkout.stripe.com".to_owned());
    }
    if matches!(config.identity, Some(Identity::Persona { .. })) {
        targets.extend(["https://withpersona.com".to_owned(), "https://*.withpersona.com".to_owned()]);
    }
    if let Some(issuer) = &config.sign_in {
        let origin: Vec<&str> = issuer.issuer.splitn(4, '/').take(3).collect();
        targets.push(origin.join("/"));
    }
    targets
}

fn failed(service: &str) -> impl Fn(Outside) -> CliError {
    move |error| CliError::Other(format!("the {service} service cannot be set up: {error}"))
}

fn phone(services: &mut Services, config: &Validated, beside: Option<&Running>) -> Result<(), CliError> {
    let Some(first) = config.sms.clone().or_else(|| beside.map(Running::sms)) else { return Ok(()) };
    let (codes, lines) = carrier(first, "sms")?;
    (services.codes, services.lines) = (Some(codes), lines);
    if let Some(second) = &config.sms_fallback {
        // Only the first one is asked about lines: what it cannot tell passes with lower limits.
        services.codes_fallback = Some(carrier(second.clone(), "sms_fallback")?.0);
    }
    Ok(())
}

/// Builds one service that sends codes, and the look-up of lines that comes with it.
fn carrier(sms: Sms, name: &str) -> Result<(Codes, Option<Arc<dyn LineLookup>>), CliError> {
    match sms {
        Sms::Http { url, token } => {
            let client = HttpSms::new(url, token).map_err(failed(name))?;
            Ok((Codes::Sms(Arc::new(client)), None))
        }
        Sms::Twilio { verify, lookup, account_sid, auth_token, service_sid } => {
            let options = TwilioOptions {
                verify_base_url: verify,
                lookup_base_url: lookup,
                account_sid,
                auth_token,
                service_sid,
            };
            let client = Arc::new(Twilio::new(options).map_err(failed(name))?);
            let lines: Arc<dyn LineLookup> = Arc::<Twilio>::clone(&client);
            Ok((Codes::Verifier(client), Some(lines)))
        }
    }
}

fn payment(services: &mut Services, config: &Validated, beside: Option<&Running>) -> Result<(), CliError> {
    let Some(payment) = config.payment.clone().or_else(|| beside.map(Running::payment)) else { return Ok(()) };
    let options = StripeOptions {
        base_url: payment.base_url,
        api_key: payment.api_key,
        webhook_secrets: payment.webhook_secrets,
    };
    services.payment = Some(Arc::new(Stripe::new(options).map_err(failed("payment"))?));
    Ok(())
}

fn identity(services: &mut Services, config: &Validated, beside: Option<&Running>) -> Result<(), CliError> {
    let options = match config.identity.clone().or_else(|| beside.map(Running::identity)) {
        Some(Identity::Persona { base_url, api_key, template, webhook_secrets, environment, completed_approves }) => {
            PersonaOptions { base_url, api_key, template, webhook_secrets, environment, completed_approves }
        }
        // The built-in reviewer needs the store: [`review`].
        Some(Identity::Review) | None => return Ok(()),
    };
    let client = Persona::new(options, wiring::clock()).map_err(failed("identity"))?;
    services.identity = Some(Arc::new(client));
    Ok(())
}

/// Builds the built-in reviewer: it keeps captures in the store and pictures in a folder.
pub(crate) fn review(
    services: &mut Services,
    config: &Validated,
    store: &Store,
    secrets: &Secrets,
    public_url: &str,
) -> Result<(), CliError> {
    let folder = config.server.data_dir.join("evidence");
    let decides = matches!(config.identity, Some(Identity::Review));
    // After a change to another service, what was submitted before must still be erased in time.
    if !decides && !folder.exists() {
        return Ok(());
    }
    let evidence = EvidenceStore::open(&folder)
        .map_err(|error| CliError::Other(format!("the folder of evidence {}: {error}", folder.display())))?;
    // Unoptimised code reads pictures ten times slower.
    let patience = if cfg!(debug_assertions) { 12 } else { 1 };
    let reviewer = Arc::new(Reviewer::new(ReviewerOptions {
        store: store.clone(),
        sealer: wiring::sealer(secrets),
        clock: wiring::clock(),
        rng: Box::new(wiring::rng()),
        public_url: public_url.to_owned(),
        privacy_policy_url: config.operator.privacy_policy_url.clone().unwrap_or_default(),
        evidence,
        intake: Intake::new(2, TIME_LIMIT * patience),
        documents: DocumentPolicy::default(),
    }));
    if decides {
        services.identity = Some(Arc::<Reviewer>::clone(&reviewer));
    }
    services.review = Some(reviewer);
    Ok(())
}

fn mail(services: &mut Services, config: &Validated, beside: Option<&Running>) -> Result<(), CliError> {
    let Some(mail) = config.mail.clone().or_else(|| beside.map(Running::mail)) else { return Ok(()) };
    let options = SmtpOptions { url: mail.url, username: mail.username, password: mail.password, from: mail.from };
    services.mail = Some(Arc::new(Smtp::new(&options).map_err(failed("mail"))?));
    Ok(())
}

fn sign_in(services: &mut Services, config: &Validated, beside: Option<&Running>) -> Result<(), CliError> {
    let Some(issuer) = config.sign_in.clone().or_else(|| beside.map(Running::sign_in)) else { return Ok(()) };
    let options = OidcOptions {
        label: issuer.label,
        issuer: issuer.issuer,
        client_id: issuer.client_id,
        client_secret: issuer.client_secret,
    };
    let client = Oidc::new(options, wiring::clock(), Box::new(wiring::rng())).map_err(failed("sign-in"))?;
    services.sign_in = Some(Arc::new(client));
    Ok(())
}
