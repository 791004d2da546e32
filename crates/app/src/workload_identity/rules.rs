//! Federation rules: which tokens of a provider become keys of which service account.

use keystead_core::id::{FederationRuleId, OrganizationId, ProjectId, ServiceAccountId, WorkloadIdentityProviderId};
use keystead_core::scope::{Restriction, Scope, ScopeSet};
use keystead_core::workload_identity::{MOST_RULES, Matchers};
use keystead_store::tables::federation_rules::{self, FederationRule};
use keystead_store::tables::{api_keys, changes, service_accounts};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::fields::{checked_description, checked_optional_name, ensure_tells_apart};
use super::providers::provider_of;
use crate::audit::AuditEntry;
use crate::keys::grants::may_grant;
use crate::keys::minting::{gate_new_key, restriction};
use crate::projects::service_accounts::account_of;
use crate::roles::Place;
use crate::roles::effective::ensure_may_give;
use crate::{Actor, App, Error};

/// The request for a new rule.
#[derive(Debug, Clone)]
pub struct NewRule {
    /// The conditions for a token.
    pub matchers: Matchers,
    /// The project of the service account.
    pub project: ProjectId,
    /// The owner of the keys.
    pub service_account: ServiceAccountId,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The scopes of the keys; empty leaves the permissions of the service account.
    pub scopes: Vec<String>,
    /// Whether it issues keys.
    pub enabled: bool,
}

/// A change of a rule; `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct RuleChange {
    /// The new conditions.
    pub matchers: Option<Matchers>,
    /// The new name; `Some(None)` removes it.
    pub name: Option<Option<String>>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
    /// The new scopes; empty leaves the permissions of the service account.
    pub scopes: Option<Vec<String>>,
    /// Whether it issues keys.
    pub enabled: Option<bool>,
}

impl App {
    /// Lists the rules of a provider, for one service account if one is given.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the provider does not exist, or when `after` is unknown.
    pub async fn federation_rules(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        provider: &WorkloadIdentityProviderId,
        account: Option<&str>,
        page: Page,
    ) -> Result<Listing<FederationRule>, Error> {
        read_tx!(self.store(), "federation_rules", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            provider_of(tx, organization, provider).await?;
            Ok(federation_rules::list(tx, provider, account, &page).await?)
        })
    }

    /// Finds one rule.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn federation_rule(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        provider: &WorkloadIdentityProviderId,
        id: &FederationRuleId,
    ) -> Result<FederationRule, Error> {
        read_tx!(self.store(), "federation_rule", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            rule_of(tx, organization, provider, id).await
        })
    }

    /// Makes a rule. What is required before a new key is required before it.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the gate refuses, when the provider or the service account does not
    /// exist, when the project is archived, or when the provider has [`MOST_RULES`].
    pub async fn create_federation_rule(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        provider: &WorkloadIdentityProviderId,
        asked: NewRule,
    ) -> Result<FederationRule, Error> {
        let now = self.now();
        let rule = FederationRule {
            id: self.draw(FederationRuleId::generate),
            organization: organization.clone(),
            provider: provider.clone(),
            project: asked.project,
            service_account: asked.service_account,
            name: checked_optional_name(asked.name.as_deref())?,
            description: checked_description(asked.description.as_deref())?,
            matchers: asked.matchers,
            restriction: restriction(&asked.scopes)?,
            enabled: asked.enabled,
            created_at: now,
            updated_at: now,
        };
        may_grant(actor, "permissions", rule.restriction.scopes(), ScopeSet::NONE)?;
        write_tx!(self.store(), "create_federation_rule", |tx| {
            // Before anything is read: a change of the provider beside this one sees the rule, or is seen.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let of = provider_of(tx, organization, provider).await?;
            ensure_tells_apart(&rule.matchers, &of, "attribute_matchers")?;
            account_of(tx, organization, &rule.project, &rule.service_account).await?;
            ensure_may_let_act(tx, actor, &rule).await?;
            gate_new_key(self, tx, organization).await?;
            let beside = federation_rules::list_of_provider(tx, provider).await?;
            if i64::try_from(beside.len()).unwrap_or(i64::MAX) >= MOST_RULES {
                let message = format!("A workload identity provider can have at most {MOST_RULES} federation rules.");
                return Err(Error::impossible(message));
            }
            federation_rules::insert(tx, &rule).await?;
            let mut data = described(&rule);
            data["service_account_id"] = json!(rule.service_account);
            let details = json!({ "data": data });
            record(self, tx, actor, &rule, "workload_identity_provider_mapping.created", details).await?;
            Ok(rule.clone())
        })
    }

    /// Changes a rule. The keys that it issued end when its conditions or scopes change, or when it is switched off.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when a field is impossible.
    pub async fn update_federation_rule(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        provider: &WorkloadIdentityProviderId,
        id: &FederationRuleId,
        change: &RuleChange,
    ) -> Result<FederationRule, Error> {
        let optional = |field: &Option<Option<String>>, check: fn(Option<&str>) -> Result<Option<String>, Error>| {
            field.as_ref().map(|text| check(text.as_deref())).transpose()
        };
        let name = optional(&change.name, checked_optional_name)?;
        let description = optional(&change.description, checked_description)?;
        let scopes = change.scopes.as_deref().map(restriction).transpose()?;
        write_tx!(self.store(), "update_federation_rule", |tx| {
            // Exchanges wait for this lock, and read the rule again after it.
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = rule_of(tx, organization, provider, id).await?;
            if let Some(matchers) = &change.matchers {
                let of = provider_of(tx, organization, provider).await?;
                ensure_tells_apart(matchers, &of, "attribute_matchers")?;
            }
            let mut after = FederationRule {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                description: description.clone().unwrap_or_else(|| before.description.clone()),
                matchers: change.matchers.clone().unwrap_or_else(|| before.matchers.clone()),
                restriction: scopes.clone().unwrap_or_else(|| before.restriction.clone()),
                enabled: change.enabled.unwrap_or(before.enabled),
                ..before.clone()
            };
            if after == before {
                return Ok(before);
            }
            after.updated_at = self.now();
            let terms = |rule: &FederationRule| (rule.matchers.clone(), rule.restriction.clone(), rule.enabled);
            if terms(&after) != terms(&before) {
                // Also while it is switched off, because an owner may switch it on later.
                if after.enabled || (&after.matchers, &after.restriction) != (&before.matchers, &before.restriction) {
                    may_grant(actor, "permissions", after.restriction.scopes(), ScopeSet::NONE)?;
                    ensure_may_let_act(tx, actor, &after).await?;
                }
                end_keys(self, tx, actor, &before, "federation rule changed").await?;
            }
            federation_rules::update(tx, &after).await?;
            let details = json!({ "changes_requested": changed(&before, &after) });
            record(self, tx, actor, &after, "workload_identity_provider_mapping.updated", details).await?;
            Ok(after)
        })
    }

    /// Deletes a rule, and ends the keys that it issued.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn delete_federation_rule(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        provider: &WorkloadIdentityProviderId,
        id: &FederationRuleId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_federation_rule", |tx| {
            changes::lock(tx).await?;
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let rule = rule_of(tx, organization, provider, id).await?;
            end_keys(self, tx, actor, &rule, "federation rule deleted").await?;
            federation_rules::delete(tx, &rule, self.now()).await?;
            let details = json!({ "service_account_id": rule.service_account });
            record(self, tx, actor, &rule, "workload_identity_provider_mapping.deleted", details).await
        })
    }
}

/// Refuses a rule with keys that may do more in their project than the actor. Nothing is refused for an account that was
/// deleted: it gets no keys.
pub(super) async fn ensure_may_let_act(tx: &mut Tx, actor: &Actor, rule: &FederationRule) -> Result<(), Error> {
    let account = service_accounts::find(tx, &rule.project, &rule.service_account).await?;
    let Some(account) = account.filter(|account| account.deleted_at.is_none()) else { return Ok(()) };
    let place = Place { organization: &rule.organization, project: Some(&rule.project) };
    let usable = account.role.permissions().intersection(ScopeSet::of(&Scope::DATA_PLANE));
    ensure_may_give(tx, actor, place, "permissions", usable.intersection(rule.restriction.scopes())).await
}

async fn rule_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    provider: &WorkloadIdentityProviderId,
    id: &FederationRuleId,
) -> Result<FederationRule, Error> {
    provider_of(tx, organization, provider).await?;
    let found = federation_rules::find(tx, provider, id).await?;
    found.ok_or_else(|| Error::not_found("federation rule", id.as_str()))
}

async fn end_keys(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    rule: &FederationRule,
    reason: &'static str,
) -> Result<(), Error> {
    let of = (&rule.id, &rule.service_account);
    api_keys::revoke_of_rule(tx, of, &actor.actor_ref(), reason, app.now()).await?;
    Ok(())
}

async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    rule: &FederationRule,
    action: &'static str,
    mut details: Value,
) -> Result<(), Error> {
    details["identity_provider_id"] = json!(rule.provider);
    details["project_id"] = json!(rule.project);
    let (organization, target) = (&rule.organization, rule.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}

/// The fields of a rule in the audit log.
fn described(rule: &FederationRule) -> Value {
    json!({
        "name": rule.name,
        "description": rule.description,
        "attribute_matchers": rule.matchers,
        "scopes": scopes(&rule.restriction),
        "enabled": rule.enabled,
    })
}

/// The scopes; null leaves the permissions of the service account.
fn scopes(restriction: &Restriction) -> Value {
    if restriction.0.is_empty() { Value::Null } else { json!(restriction.0) }
}

/// The fields that differ, with their new values.
fn changed(before: &FederationRule, after: &FederationRule) -> Value {
    let (before, mut after) = (described(before), described(after));
    if let Value::Object(fields) = &mut after {
        fields.retain(|name, value| before[name.as_str()] != *value);
    }
    after
}
