//! The exchange of a workload's token for a short-lived key (RFC 8693).
//!
//! Whoever asks has no key yet, so nothing about the configuration is said before the signature of the token holds.

use std::net::IpAddr;

use keystead_core::caller::Owner;
use keystead_core::id::{FederationRuleId, ServiceAccountId, WorkloadIdentityProviderId};
use keystead_core::key::KeyKind;
use keystead_core::secret::Secret;
use keystead_core::text::printable;
use keystead_core::verification::limits::workloads::{EXCHANGE_LIMITS, EXCHANGES};
use keystead_core::workload_identity::{
    Attributes, Claims, Expected, MOST_KEYS_PER_HOUR, SubjectToken, Verification, key_end,
};
use keystead_providers::ProviderError;
use keystead_providers::workload::KeySet;
use keystead_store::Tx;
use keystead_store::tables::federation_rules::FederationRule;
use keystead_store::tables::workload_identity_providers::WorkloadIdentityProvider;
use keystead_store::tables::{api_keys, changes, federation_rules, workload_identity_providers as providers};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey, gate_new_key, mint_key};
use crate::keys::project_keys::owner_still_belongs;
use crate::projects::service_accounts::account_of;
use crate::verification::limits::{Subjects, count_hit, ensure_within};
use crate::{Actor, App, Error};

/// The name of the actor in the audit log.
const ACTOR: &str = "workload_identity";
/// The most characters of a subject in the audit log.
const SHOWN_SUBJECT: usize = 300;

/// The request for a key.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The workload's token.
    pub token: &'a str,
    /// The provider that knows its issuer.
    pub provider: &'a str,
    /// The service account that the workload wants to act as.
    pub service_account: &'a str,
    /// Where the request comes from, for limits.
    pub address: Option<IpAddr>,
}

/// A key for a workload.
#[derive(Debug)]
pub struct IssuedKey {
    /// The whole secret, to be shown once.
    pub secret: Secret<String>,
    /// Seconds until it ends.
    pub expires_in: i64,
    /// The scopes it is restricted to; empty leaves the permissions of the service account.
    pub scopes: Vec<String>,
}

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRefusal {
    /// The token is refused, or no rule lets it in. The text is for the person who set the workload up.
    #[error("{0}")]
    Token(String),
    /// The organization may not have new keys now.
    #[error("{0}")]
    Forbidden(String),
    /// Too many requests; possible again after some seconds.
    #[error("Too many exchanges. Try again later.")]
    Limited(i64),
    /// The issuer or the store does not answer.
    #[error("{0}")]
    Unavailable(&'static str),
    /// An internal fault. The text is for logs.
    #[error("internal: {0}")]
    Internal(String),
}

impl ExchangeRefusal {
    fn token(why: impl std::fmt::Display) -> Self {
        Self::Token(format!("The subject token is not accepted: {why}."))
    }

    fn of(app: &App, error: Error) -> Self {
        match error {
            Error::RequirementMissing { organization, action, missing, .. } => {
                Self::Forbidden(Error::requirement_text(&organization, action, &missing, app.public_url()))
            }
            Error::Refused(_) => Self::Forbidden("The organization of the service account is closed.".to_owned()),
            Error::NotFound { .. } | Error::Invalid { .. } => Self::changed(),
            Error::Limited { retry_at, .. } => Self::Limited(retry_at.since(app.now()).max(1)),
            Error::Unavailable => {
                Self::Unavailable("The service is temporarily unavailable. Please try again shortly.")
            }
            other => Self::Internal(other.to_string()),
        }
    }

    fn changed() -> Self {
        Self::Token("The service account is deleted, its project is archived, or the rules were changed.".to_owned())
    }

    /// Whether it counts against the limit on refused exchanges.
    const fn counts(&self) -> bool {
        matches!(self, Self::Token(_))
    }
}

/// What an accepted token comes to.
struct Accepted {
    provider: WorkloadIdentityProvider,
    rule: FederationRule,
    claims: Claims,
}

impl App {
    /// Exchanges a workload's token for a key of a service account. The same token may be exchanged again until it ends:
    /// the pods of a deployment share one. No key outlives the token it was issued for.
    ///
    /// # Errors
    /// When the token is refused, when no rule lets it in, when the organization may not have new keys, when there are
    /// too many requests, or when the issuer or the store does not answer.
    pub async fn exchange_workload_token(&self, asked: &Exchange<'_>) -> Result<IssuedKey, ExchangeRefusal> {
        let who = Subjects { ip: asked.address, ..Subjects::default() };
        let within = read_tx!(self.store(), "exchange_limits", |tx| {
            ensure_within(self, tx, EXCHANGE_LIMITS, &who, "").await
        });
        within.map_err(|error| ExchangeRefusal::of(self, error))?;
        let issued = match self.accept_workload_token(asked).await {
            Ok(accepted) => self.issue_workload_key(&accepted).await,
            Err(refusal) => Err(refusal),
        };
        if issued.as_ref().is_err_and(ExchangeRefusal::counts) {
            let id = self.draw(keystead_core::id::JobId::generate).to_string();
            let counted = write_tx!(self.store(), "exchange_refused", |tx| {
                count_hit(self, tx, EXCHANGES, &who, &id, "").await
            });
            if let Err(error) = counted {
                tracing::warn!(%error, "a refused exchange of a workload's token could not be counted");
            }
        }
        issued
    }

    /// Checks a token: its form, its signature, its claims, and which rule lets it in.
    async fn accept_workload_token(&self, asked: &Exchange<'_>) -> Result<Accepted, ExchangeRefusal> {
        let token = SubjectToken::parse(asked.token).map_err(ExchangeRefusal::token)?;
        let provider: Option<WorkloadIdentityProviderId> = asked.provider.parse().ok();
        let account: Option<ServiceAccountId> = asked.service_account.parse().ok();
        let unknown = || ExchangeRefusal::Token("No such identity provider, or it is switched off.".to_owned());
        let provider = provider.ok_or_else(unknown)?;
        let found = read_tx!(self.store(), "exchange_provider", |tx| {
            let found = providers::find(tx, &provider).await?;
            Ok((found, federation_rules::list_of_provider(tx, &provider).await?))
        });
        let (provider, rules) = found.map_err(|error| ExchangeRefusal::of(self, error))?;
        let provider = provider.filter(|provider| provider.enabled).ok_or_else(unknown)?;
        let signed = match &provider.verification {
            // Tokens of other issuers are not worth a fetch.
            Verification::Discovery { .. }
                if token.claims.get("iss").and_then(|issuer| issuer.as_str()) != Some(&provider.issuer) =>
            {
                false
            }
            Verification::Discovery { discovery_url } => {
                let issuers = self.services().token_issuers.as_ref();
                let issuers = issuers.ok_or(ExchangeRefusal::Unavailable("Issuers cannot be reached."))?;
                let keys = issuers.keys(&provider.issuer, discovery_url.as_deref(), &token.key_id).await;
                let keys = keys.map_err(|error| no_keys(&provider, &error))?;
                holds(&token, &keys)
            }
            Verification::UploadedJwks { jwks } => holds(&token, &KeySet::uploaded(jwks).unwrap_or_default()),
        };
        if !signed {
            let why = "its issuer or signature is not that of the identity provider";
            return Err(ExchangeRefusal::token(why));
        }
        let expected = Expected { issuer: &provider.issuer, audience: &provider.audience, now: self.now() };
        let claims = Claims::check(&token.claims, expected).map_err(ExchangeRefusal::token)?;
        let attributes = Attributes::new(&token.claims, &provider.transformations);
        let lets_in = |rule: &FederationRule| {
            rule.enabled && Some(&rule.service_account) == account.as_ref() && rule.matchers.match_all(&attributes)
        };
        let rule = rules.into_iter().find(lets_in).ok_or_else(|| {
            let account = printable(asked.service_account);
            ExchangeRefusal::Token(format!("No federation rule lets this token act as service account {account}."))
        })?;
        Ok(Accepted { provider, rule, claims })
    }

    /// Issues a key if everything that the token was checked against still holds.
    async fn issue_workload_key(&self, accepted: &Accepted) -> Result<IssuedKey, ExchangeRefusal> {
        let Accepted { provider, rule, claims } = accepted;
        let expires_in = key_end(self.now(), claims.expires_at).since(self.now());
        let target = KeyTarget {
            kind: KeyKind::ServiceAccount,
            organization: Some(rule.organization.clone()),
            project: Some(rule.project.clone()),
            owner: Owner::ServiceAccount(rule.service_account.clone()),
        };
        let asked = NewKey {
            name: Some(rule.name.clone().unwrap_or_else(|| provider.name.clone())),
            scopes: rule.restriction.0.clone(),
            expires_in_seconds: Some(expires_in),
        };
        let minted = mint_key(self, target, &asked).map_err(|error| ExchangeRefusal::of(self, error))?;
        let saved =
            write_tx!(self.store(), "issue_workload_key", |tx| save_issued_key(self, tx, accepted, &minted).await);
        match saved.map_err(|error| ExchangeRefusal::of(self, error))? {
            true => Ok(IssuedKey { secret: minted.secret, expires_in, scopes: rule.restriction.0.clone() }),
            false => Err(ExchangeRefusal::changed()),
        }
    }
}

fn holds(token: &SubjectToken<'_>, keys: &KeySet) -> bool {
    keys.verify(&token.key_id, token.algorithm, token.message.as_bytes(), &token.signature)
}

fn no_keys(provider: &WorkloadIdentityProvider, error: &ProviderError) -> ExchangeRefusal {
    tracing::warn!(provider = %provider.id, %error, "the keys of a workload's issuer cannot be fetched");
    match error {
        ProviderError::Unavailable(_) => {
            ExchangeRefusal::Unavailable("The keys of the issuer cannot be fetched now. Please try again shortly.")
        }
        // The reasons are ours; they do not quote the issuer.
        ProviderError::Refused(why) | ProviderError::Gone(why) => {
            ExchangeRefusal::Token(format!("The keys of the issuer cannot be used: {why}."))
        }
    }
}

/// Saves a key with its audit row; `false` when provider or rule have changed since the token was checked.
async fn save_issued_key(app: &App, tx: &mut Tx, accepted: &Accepted, minted: &MintedKey) -> Result<bool, Error> {
    let Accepted { provider, rule, claims } = accepted;
    // Whoever changes or deletes the provider, the rule or the service account holds this lock, and ends the keys that
    // exist then. What is read after it cannot change before the key exists.
    changes::lock(tx).await?;
    let same = providers::find(tx, &provider.id).await?.as_ref() == Some(provider)
        && federation_rules::find(tx, &provider.id, &rule.id).await?.as_ref() == Some(rule);
    if !same {
        return Ok(false);
    }
    account_of(tx, &rule.organization, &rule.project, &rule.service_account).await?;
    ensure_few_keys(app, tx, &rule.id).await?;
    gate_new_key(app, tx, &rule.organization).await?;
    api_keys::insert_issued(tx, &minted.key, &rule.id).await?;
    owner_still_belongs(tx, &rule.organization, &minted.key).await?;
    let subject: String = claims.subject.chars().filter(|c| !c.is_control()).take(SHOWN_SUBJECT).collect();
    let details = json!({
        "identity_provider_id": provider.id,
        "mapping_id": rule.id,
        "project_id": rule.project,
        "service_account_id": rule.service_account,
        "subject": subject,
        "expires_at": minted.key.expires_at,
    });
    let (organization, target) = (&rule.organization, minted.key.id.as_str());
    let entry = AuditEntry { organization, action: "workload_identity.token_issued", target, details };
    app.record(tx, &Actor::service(ACTOR), entry).await?;
    Ok(true)
}

/// Refuses more keys of one rule than [`MOST_KEYS_PER_HOUR`].
async fn ensure_few_keys(app: &App, tx: &mut Tx, rule: &FederationRuleId) -> Result<(), Error> {
    let now = app.now();
    if api_keys::count_issued(tx, rule, now.plus(-3_600)).await? >= MOST_KEYS_PER_HOUR {
        return Err(Error::limited("workload_keys", now.plus(60)));
    }
    Ok(())
}
