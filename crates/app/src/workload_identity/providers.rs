//! Providers: issuers that an organization trusts to vouch for its workloads.

use keystead_core::id::{OrganizationId, WorkloadIdentityProviderId};
use keystead_core::scope::{Scope, ScopeSet};
use keystead_core::workload_identity::{MOST_PROVIDERS, Transformations, Verification};
use keystead_providers::workload::KeySet;
use keystead_store::tables::workload_identity_providers::{self as providers, WorkloadIdentityProvider};
use keystead_store::tables::{api_keys, changes, federation_rules};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::fields::{checked_audience, checked_description, checked_issuer, checked_verification, ensure_tells_apart};
use super::rules::ensure_may_let_act;
use crate::audit::AuditEntry;
use crate::keys::grants::may_grant;
use crate::validate::checked_name;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// The request for a new provider.
#[derive(Debug, Clone)]
pub struct NewProvider {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The issuer, as tokens name it.
    pub issuer: String,
    /// The audience that tokens must name.
    pub audience: String,
    /// Where the keys of the issuer are known from; without it they are discovered at the usual place.
    pub verification: Option<Value>,
    /// The attributes that are derived from a token.
    pub transformations: Transformations,
    /// Whether its tokens are exchanged.
    pub enabled: bool,
}

/// A change of a provider; `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct ProviderChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new issuer.
    pub issuer: Option<String>,
    /// The new audience.
    pub audience: Option<String>,
    /// Where the keys are known from.
    pub verification: Option<Value>,
    /// The new transformations.
    pub transformations: Option<Transformations>,
    /// Whether its tokens are exchanged.
    pub enabled: Option<bool>,
}

impl App {
    /// Lists the providers of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when `after` is unknown.
    pub async fn workload_identity_providers(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: Page,
    ) -> Result<Listing<WorkloadIdentityProvider>, Error> {
        read_tx!(self.store(), "workload_identity_providers", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            Ok(providers::list(tx, organization, &page).await?)
        })
    }

    /// Finds one provider.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn workload_identity_provider(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WorkloadIdentityProviderId,
    ) -> Result<WorkloadIdentityProvider, Error> {
        read_tx!(self.store(), "workload_identity_provider", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            provider_of(tx, organization, id).await
        })
    }

    /// Makes a provider. Its tokens are worth nothing until there is a rule for them.
    ///
    /// # Errors
    /// When the caller lacks the permission, when a field is impossible, or when the organization has
    /// [`MOST_PROVIDERS`].
    pub async fn create_workload_identity_provider(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        asked: NewProvider,
    ) -> Result<WorkloadIdentityProvider, Error> {
        let verification = match &asked.verification {
            Some(value) => checked_verification(self, value)?,
            None => Verification::Discovery { discovery_url: None },
        };
        checked_issuer(self, &asked.issuer, &verification)?;
        let now = self.now();
        let provider = WorkloadIdentityProvider {
            id: self.draw(WorkloadIdentityProviderId::generate),
            organization: organization.clone(),
            name: checked_name(&asked.name)?,
            description: checked_description(asked.description.as_deref())?,
            issuer: asked.issuer,
            audience: checked_audience(&asked.audience)?,
            verification,
            transformations: asked.transformations,
            enabled: asked.enabled,
            created_at: now,
            updated_at: now,
        };
        write_tx!(self.store(), "create_workload_identity_provider", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            hold_room(tx, "workload_identity_providers", organization.as_str()).await?;
            if providers::count(tx, organization).await? >= MOST_PROVIDERS {
                let message = format!("An organization can have at most {MOST_PROVIDERS} workload identity providers.");
                return Err(Error::impossible(message));
            }
            providers::insert(tx, &provider).await?;
            let details = json!({ "data": described(&provider) });
            record(self, tx, actor, &provider, "workload_identity_provider.created", details).await?;
            Ok(provider.clone())
        })
    }

    /// Changes a provider. Every key that its rules issued ends when the change is about whom it vouches for, or when it
    /// is switched off.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when a field is impossible.
    pub async fn update_workload_identity_provider(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WorkloadIdentityProviderId,
        change: &ProviderChange,
    ) -> Result<WorkloadIdentityProvider, Error> {
        let verification = change.verification.as_ref().map(|value| checked_verification(self, value)).transpose()?;
        let name = change.name.as_deref().map(checked_name).transpose()?;
        let audience = change.audience.as_deref().map(checked_audience).transpose()?;
        let description = match &change.description {
            Some(text) => Some(checked_description(text.as_deref())?),
            None => None,
        };
        write_tx!(self.store(), "update_workload_identity_provider", |tx| {
            // Exchanges wait for this lock, and read the provider again after it.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = provider_of(tx, organization, id).await?;
            let mut after = WorkloadIdentityProvider {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                description: description.clone().unwrap_or_else(|| before.description.clone()),
                issuer: change.issuer.clone().unwrap_or_else(|| before.issuer.clone()),
                audience: audience.clone().unwrap_or_else(|| before.audience.clone()),
                verification: verification.clone().unwrap_or_else(|| before.verification.clone()),
                transformations: change.transformations.clone().unwrap_or_else(|| before.transformations.clone()),
                enabled: change.enabled.unwrap_or(before.enabled),
                ..before.clone()
            };
            if after == before {
                return Ok(before);
            }
            checked_issuer(self, &after.issuer, &after.verification)?;
            after.updated_at = self.now();
            let vouches_for_others = (&after.issuer, &after.audience, &after.verification, &after.transformations)
                != (&before.issuer, &before.audience, &before.verification, &before.transformations);
            if vouches_for_others || after.enabled != before.enabled {
                for rule in federation_rules::list_of_provider(tx, id).await? {
                    // Also while it is switched off, because an owner may switch it on later.
                    if after.enabled || vouches_for_others {
                        let param = if after.issuer == before.issuer { "attribute_transformations" } else { "issuer" };
                        ensure_tells_apart(&rule.matchers, &after, param)?;
                        may_grant(actor, "issuer", rule.restriction.scopes(), ScopeSet::NONE)?;
                        ensure_may_let_act(tx, actor, &rule).await?;
                    }
                    let (of, by) = ((&rule.id, &rule.service_account), actor.actor_ref());
                    api_keys::revoke_of_rule(tx, of, &by, "workload identity provider changed", self.now()).await?;
                }
            }
            providers::update(tx, &after).await?;
            let details = json!({ "changes_requested": changed(&before, &after) });
            record(self, tx, actor, &after, "workload_identity_provider.updated", details).await?;
            Ok(after)
        })
    }

    /// Deletes a provider that has no rules any more.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or while it has rules.
    pub async fn delete_workload_identity_provider(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WorkloadIdentityProviderId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_workload_identity_provider", |tx| {
            // Two transactions cannot delete the provider and add a rule to it.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let provider = provider_of(tx, organization, id).await?;
            if !federation_rules::list_of_provider(tx, id).await?.is_empty() {
                let message = format!("Provider {id} has federation rules. Delete them first.");
                return Err(Error::Conflict { message });
            }
            providers::delete(tx, &provider, self.now()).await?;
            let details = json!({ "name": provider.name });
            record(self, tx, actor, &provider, "workload_identity_provider.deleted", details).await
        })
    }
}

/// Finds a provider of this organization; one of another organization is answered like a missing one.
pub(super) async fn provider_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &WorkloadIdentityProviderId,
) -> Result<WorkloadIdentityProvider, Error> {
    let found = providers::find(tx, id).await?.filter(|provider| provider.organization == *organization);
    found.ok_or_else(|| Error::not_found("workload identity provider", id.as_str()))
}

async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    provider: &WorkloadIdentityProvider,
    action: &'static str,
    details: Value,
) -> Result<(), Error> {
    let (organization, target) = (&provider.organization, provider.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}

/// The fields of a provider in the audit log. Of a key set only the ids of its keys are kept.
fn described(provider: &WorkloadIdentityProvider) -> Value {
    json!({
        "name": provider.name,
        "description": provider.description,
        "issuer": provider.issuer,
        "audience": provider.audience,
        "verification": verification(&provider.verification),
        "attribute_transformations": provider.transformations,
        "enabled": provider.enabled,
    })
}

fn verification(of: &Verification) -> Value {
    match of {
        Verification::Discovery { discovery_url } => json!({ "type": "discovery", "discovery_url": discovery_url }),
        Verification::UploadedJwks { jwks } => {
            let keys = KeySet::uploaded(jwks).unwrap_or_default();
            json!({ "type": "uploaded_jwks", "key_ids": keys.ids().collect::<Vec<_>>() })
        }
    }
}

/// The fields that differ, with their new values.
fn changed(before: &WorkloadIdentityProvider, after: &WorkloadIdentityProvider) -> Value {
    let (before, mut after) = (described(before), described(after));
    if let Value::Object(fields) = &mut after {
        fields.retain(|name, value| before[name.as_str()] != *value);
    }
    after
}
