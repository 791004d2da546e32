//! The exchange of a workload's token for a short-lived key (RFC 8693).
//!
//! The client has no key yet, so nothing about the configuration is said before the signature of the token holds.

use std::fmt;
use std::net::IpAddr;

use keystead_core::caller::Owner;
use keystead_core::id::ServiceAccountId;
use keystead_core::key::KeyKind;
use keystead_core::secret::Secret;
use keystead_core::text::printable;
use keystead_core::workload_identity::{
    Attributes, Claims, Expected, SubjectToken, Verification, key_end, tells_workloads_apart,
};
use keystead_providers::workload::KeySet;
use keystead_store::Tx;
use keystead_store::tables::federation_rules::FederationRule;
use keystead_store::tables::workload_identity_providers::WorkloadIdentityProvider;
use keystead_store::tables::{api_keys, changes, federation_rules, workload_identity_providers as providers};
use serde_json::json;

use super::attempts::{ExchangeAttempt, count_attempt, forgive_attempt};
use super::caps::ensure_few_keys;
use super::refusal::ExchangeRefusal;
use crate::audit::AuditEntry;
use crate::keys::minting::{KeyTarget, MintedKey, NewKey, gate_new_key, mint_key};
use crate::keys::project_keys::owner_still_belongs;
use crate::projects::service_accounts::account_of;
use crate::{Actor, App, Error};

/// The name of the actor in the audit log.
const ACTOR: &str = "workload_identity";
/// The most characters of a subject in the audit log.
const SHOWN_SUBJECT: usize = 300;

/// The request for a key.
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

/// Without the token, which is a secret until it ends.
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("provider", &self.provider).finish_non_exhaustive()
    }
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
        let counted = count_attempt(self, asked).await;
        let (attempt, provider) = counted.map_err(|error| ExchangeRefusal::of(self, error))?;
        let issued = match self.accept_workload_token(asked, provider).await {
            Ok(accepted) => self.issue_workload_key(&accepted, &attempt).await,
            Err(refusal) => Err(refusal),
        };
        if issued.as_ref().is_err_and(|refusal| !refusal.counts()) {
            let forgiven = write_tx!(self.store(), "forgive_exchange", |tx| forgive_attempt(self, tx, &attempt).await);
            if let Err(error) = forgiven {
                tracing::debug!(%error, "an exchange of a workload's token could not be taken back from the count");
            }
        }
        issued
    }

    /// Checks a token: its form, its signature, its claims, and which rule lets it in.
    async fn accept_workload_token(
        &self,
        asked: &Exchange<'_>,
        provider: Option<WorkloadIdentityProvider>,
    ) -> Result<Accepted, ExchangeRefusal> {
        let token = SubjectToken::parse(asked.token).map_err(ExchangeRefusal::token)?;
        let provider = provider.filter(|provider| provider.enabled).ok_or_else(ExchangeRefusal::unsigned)?;
        if !self.is_signed(&provider, &token).await? {
            return Err(ExchangeRefusal::unsigned());
        }
        let expected = Expected { issuer: &provider.issuer, audience: &provider.audience, now: self.now() };
        let claims = Claims::check(&token.claims, expected).map_err(ExchangeRefusal::token)?;
        let rules = read_tx!(self.store(), "exchange_rules", |tx| {
            Ok(federation_rules::list_of_provider(tx, &provider.id).await?)
        });
        let rules = rules.map_err(|error| ExchangeRefusal::of(self, error))?;
        let account: Option<ServiceAccountId> = asked.service_account.parse().ok();
        let attributes = Attributes::new(&token.claims, &provider.transformations);
        let lets_in = |rule: &FederationRule| {
            rule.enabled
                && Some(&rule.service_account) == account.as_ref()
                && tells_workloads_apart(&rule.matchers, &provider.transformations, &provider.issuer)
                && rule.matchers.match_all(&attributes)
        };
        let rule = rules.into_iter().find(lets_in).ok_or_else(|| {
            let account = printable(asked.service_account);
            ExchangeRefusal::Token(format!("No federation rule lets this token act as service account {account}."))
        })?;
        Ok(Accepted { provider, rule, claims })
    }

    /// Whether a key of the provider's issuer signed the token.
    async fn is_signed(
        &self,
        provider: &WorkloadIdentityProvider,
        token: &SubjectToken<'_>,
    ) -> Result<bool, ExchangeRefusal> {
        match &provider.verification {
            Verification::UploadedJwks { jwks } => Ok(holds(token, &KeySet::uploaded(jwks).unwrap_or_default())),
            Verification::Discovery { discovery_url } => {
                // Tokens of other issuers are not worth a fetch.
                if token.claims.get("iss").and_then(|issuer| issuer.as_str()) != Some(&provider.issuer) {
                    return Ok(false);
                }
                let issuers = self.services().token_issuers.as_ref();
                let issuers = issuers.ok_or(ExchangeRefusal::Unavailable("Issuers cannot be reached."))?;
                let keys = issuers.keys(&provider.issuer, discovery_url.as_deref(), &token.key_id).await;
                // Strangers get one text for all reasons, so that they cannot explore the addresses that customers
                // name. The log has the reason.
                let none = ExchangeRefusal::Unavailable(
                    "The keys of the issuer cannot be fetched now. Please try again shortly.",
                );
                keys.map(|keys| holds(token, &keys)).map_err(|_| none)
            }
        }
    }

    /// Issues a key if everything that the token was checked against still holds.
    async fn issue_workload_key(
        &self,
        accepted: &Accepted,
        attempt: &ExchangeAttempt,
    ) -> Result<IssuedKey, ExchangeRefusal> {
        let Accepted { provider, rule, claims } = accepted;
        let target = KeyTarget {
            kind: KeyKind::ServiceAccount,
            organization: Some(rule.organization.clone()),
            project: Some(rule.project.clone()),
            owner: Owner::ServiceAccount(rule.service_account.clone()),
        };
        let asked = NewKey {
            name: Some(rule.name.clone().unwrap_or_else(|| provider.name.clone())),
            scopes: rule.restriction.0.clone(),
            expires_in_seconds: None,
        };
        let mut minted = mint_key(self, target, &asked).map_err(|error| ExchangeRefusal::of(self, error))?;
        let end = key_end(minted.key.created_at, claims.expires_at);
        minted.key.expires_at = Some(end);
        minted.key.federation_rule = Some(rule.id.clone());
        // All changes of callers wait for the lock of the second transaction, so what is refused is refused before it: a
        // workload that is refused again and again does not delay other organizations.
        let may = read_tx!(self.store(), "may_issue_workload_key", |tx| may_issue(self, tx, accepted).await);
        let saved = match may {
            Ok(true) => {
                write_tx!(self.store(), "issue_workload_key", |tx| {
                    save_issued_key(self, tx, accepted, &minted, attempt).await
                })
            }
            refused => refused,
        };
        match saved.map_err(|error| ExchangeRefusal::of(self, error))? {
            true => {
                let expires_in = end.since(self.now()).max(0);
                Ok(IssuedKey { secret: minted.secret, expires_in, scopes: rule.restriction.0.clone() })
            }
            false => Err(ExchangeRefusal::changed()),
        }
    }
}

fn holds(token: &SubjectToken<'_>, keys: &KeySet) -> bool {
    keys.verify(&token.key_id, token.algorithm, token.message.as_bytes(), &token.signature)
}

/// Whether a key may be issued; `false` when provider or rule have changed since the token was checked.
async fn may_issue(app: &App, tx: &mut Tx, accepted: &Accepted) -> Result<bool, Error> {
    let Accepted { provider, rule, .. } = accepted;
    let same = providers::find(tx, &provider.id).await?.as_ref() == Some(provider)
        && federation_rules::find(tx, &provider.id, &rule.id).await?.as_ref() == Some(rule);
    if !same {
        return Ok(false);
    }
    account_of(tx, &rule.organization, &rule.project, &rule.service_account).await?;
    gate_new_key(app, tx, &rule.organization).await?;
    ensure_few_keys(app, tx, rule).await?;
    Ok(true)
}

/// Saves a key with its audit row; `false` when provider or rule have changed since the token was checked.
async fn save_issued_key(
    app: &App,
    tx: &mut Tx,
    accepted: &Accepted,
    minted: &MintedKey,
    attempt: &ExchangeAttempt,
) -> Result<bool, Error> {
    let Accepted { provider, rule, claims } = accepted;
    // Every change of the provider, the rule or the service account holds this lock, and ends the keys that exist then. What is read after it cannot change before the key exists.
    changes::lock(tx).await?;
    if !may_issue(app, tx, accepted).await? {
        return Ok(false);
    }
    api_keys::insert_issued(tx, &minted.key).await?;
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
    forgive_attempt(app, tx, attempt).await?;
    Ok(true)
}
