//! Workload identity as pages show it: providers with the state of their issuers' keys, rules with their service
//! accounts, and the keys that were issued. What may be changed, and how, is in [`crate::workload_identity`].

use std::collections::BTreeMap;

use keystead_core::id::{OrganizationId, ProjectId, WorkloadIdentityProviderId};
use keystead_core::role::ProjectRole;
use keystead_core::scope::Scope;
use keystead_core::workload_identity::{MOST_PROVIDERS, Verification};
use keystead_providers::workload::{KeySet, KeySetFault};
pub use keystead_store::tables::api_keys::IssuedKey;
use keystead_store::tables::workload_identity_providers as providers;
use keystead_store::tables::{api_keys, federation_rules, projects, service_accounts};
use keystead_store::{Listing, Page};
use serde_json::{Map, Value};

use crate::issuer_states::LastFetch;
use crate::projects::project_of;
use crate::workload_identity::{FederationRule, WorkloadIdentityProvider};
use crate::{Actor, App, Error};

/// The keys by which the tokens of a provider are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerKeys {
    /// The ids of the uploaded keys.
    Uploaded(Vec<String>),
    /// What the last fetch of this node came to; `None` before the first.
    Discovered(Option<LastFetch>),
}

/// A provider in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSummary {
    /// The provider.
    pub provider: WorkloadIdentityProvider,
    /// The keys of its issuer.
    pub keys: IssuerKeys,
    /// How many rules it has.
    pub rules: usize,
    /// How many of them issue keys.
    pub enabled_rules: usize,
}

/// A rule with what its ids mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSummary {
    /// The rule.
    pub rule: FederationRule,
    /// The name of the project, and whether it is the Default project.
    pub project: (String, bool),
    /// Whether the project is archived.
    pub archived: bool,
    /// The name and the role of the service account; `None` if it was deleted.
    pub account: Option<(String, ProjectRole)>,
    /// How many keys that it issued work now.
    pub live_keys: i64,
}

/// A provider with its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOverview {
    /// The provider.
    pub provider: WorkloadIdentityProvider,
    /// The keys of its issuer.
    pub keys: IssuerKeys,
    /// Its rules, oldest first: the order in which an exchange tries them.
    pub rules: Vec<RuleSummary>,
}

/// How many keys were issued in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedCounts {
    /// Keys that work now.
    pub live: i64,
    /// Whether any is listed: ended ones are listed for a week.
    pub listed: bool,
}

/// What is wrong with an uploaded key set, by a stable name.
#[must_use]
pub fn key_set_fault(jwks: &Map<String, Value>) -> Option<&'static str> {
    KeySet::uploaded(jwks).err().map(|fault| match fault {
        KeySetFault::Form => "form",
        KeySetFault::Repeated => "repeated",
        KeySetFault::Number => "number",
        KeySetFault::Private => "private",
        KeySetFault::Unusable => "unusable",
    })
}

impl App {
    fn issuer_keys(&self, provider: &WorkloadIdentityProvider) -> IssuerKeys {
        match &provider.verification {
            Verification::UploadedJwks { jwks } => {
                let keys = KeySet::uploaded(jwks).unwrap_or_default();
                IssuerKeys::Uploaded(keys.ids().map(str::to_owned).collect())
            }
            Verification::Discovery { discovery_url } => {
                let states = &self.services().issuer_states;
                IssuerKeys::Discovered(states.find(&provider.issuer, discovery_url.as_deref()))
            }
        }
    }

    /// Lists all providers of an organization, newest first, with the state of their keys.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn provider_summaries(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
    ) -> Result<Vec<ProviderSummary>, Error> {
        let limit = u32::try_from(MOST_PROVIDERS).unwrap_or(u32::MAX);
        let page = Page { after: None, limit, ascending: false };
        read_tx!(self.store(), "provider_summaries", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let mut all = Vec::new();
            for provider in providers::list(tx, organization, &page).await?.data {
                let rules = federation_rules::list_of_provider(tx, &provider.id).await?;
                let enabled_rules = rules.iter().filter(|rule| rule.enabled).count();
                let keys = self.issuer_keys(&provider);
                all.push(ProviderSummary { provider, keys, rules: rules.len(), enabled_rules });
            }
            Ok(all)
        })
    }

    /// Finds one provider with its rules.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn provider_overview(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WorkloadIdentityProviderId,
    ) -> Result<ProviderOverview, Error> {
        read_tx!(self.store(), "provider_overview", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let found = providers::find(tx, id).await?.filter(|provider| provider.organization == *organization);
            let provider = found.ok_or_else(|| Error::not_found("workload identity provider", id.as_str()))?;
            let issued = api_keys::count_issued_of_provider(tx, id, self.now()).await?;
            let issued: BTreeMap<_, _> = issued.into_iter().collect();
            let mut rules = Vec::new();
            for rule in federation_rules::list_of_provider(tx, id).await? {
                let project = projects::find(tx, organization, &rule.project).await?;
                let account = service_accounts::find(tx, &rule.project, &rule.service_account).await?;
                rules.push(RuleSummary {
                    archived: project.as_ref().is_none_or(|project| project.archived_at.is_some()),
                    project: project.map(|project| (project.name, project.is_default)).unwrap_or_default(),
                    account: account.filter(|row| row.deleted_at.is_none()).map(|row| (row.name, row.role)),
                    live_keys: issued.get(&rule.id).copied().unwrap_or_default(),
                    rule,
                });
            }
            Ok(ProviderOverview { keys: self.issuer_keys(&provider), provider, rules })
        })
    }

    /// Fetches the keys of a provider's issuer, at most once in a minute, so that people see whether it can be used
    /// before a workload depends on it. The result is part of [`App::provider_overview`].
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the provider does not exist.
    pub async fn fetch_issuer_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &WorkloadIdentityProviderId,
    ) -> Result<(), Error> {
        let provider = read_tx!(self.store(), "fetch_issuer_keys", |tx| {
            // Reading is not enough: this calls an address that the organization named.
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let found = providers::find(tx, id).await?.filter(|provider| provider.organization == *organization);
            found.ok_or_else(|| Error::not_found("workload identity provider", id.as_str()))
        })?;
        if let (Verification::Discovery { discovery_url }, Some(issuers)) =
            (&provider.verification, &self.services().token_issuers)
        {
            // No key has an empty id, so that keys in memory are not enough. A failure is noted with the others.
            if let Err(error) = issuers.keys(&provider.issuer, discovery_url.as_deref(), "").await {
                tracing::info!(provider = %provider.id, %error, "the keys of a workload's issuer cannot be fetched");
            }
        }
        Ok(())
    }

    /// Lists the keys that were issued to workloads in a project, newest first.
    ///
    /// # Errors
    /// When the caller does not administer the project, when it is missing, or when `after` is unknown.
    pub async fn issued_keys(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        page: Page,
    ) -> Result<Listing<IssuedKey>, Error> {
        read_tx!(self.store(), "issued_keys", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            Ok(api_keys::list_issued(tx, project, &page).await?)
        })
    }

    /// Counts the keys that were issued to workloads in a project.
    ///
    /// # Errors
    /// When the caller does not administer the project, or when it is missing.
    pub async fn issued_key_counts(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
    ) -> Result<IssuedCounts, Error> {
        read_tx!(self.store(), "issued_key_counts", |tx| {
            self.authorize_in_project(tx, actor, (organization, project), Scope::ManagementRead).await?;
            project_of(tx, organization, project).await?;
            let live = api_keys::count_issued_live(tx, project, self.now()).await?;
            Ok(IssuedCounts { live, listed: live > 0 || api_keys::has_issued(tx, project).await? })
        })
    }
}
