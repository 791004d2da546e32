//! Everything about one key: its state, what it was used for, what was refused, and what was changed.

use std::collections::BTreeMap;

use keystead_core::caller::Owner;
use keystead_core::id::{FederationRuleId, KeyId, OrganizationId, ProjectId};
use keystead_core::money::Amount;
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::anomaly_settings::{self, AnomalySettings};
use keystead_store::tables::api_keys::{self, KeyWithOwner};
use keystead_store::tables::audit::{self, AuditEvent, Filter};
use keystead_store::tables::federation_rules::{self, FederationRule};
use keystead_store::tables::key_addresses::{self, KeyAddress};
use keystead_store::tables::key_caps::{self, KeyCapRow};
use keystead_store::tables::key_signals::{self, KeySignal};
use keystead_store::tables::refusals::{self, RefusedCall};
use keystead_store::tables::usage::{self, GroupKey, MinuteOfKey, UsageQuery};
use keystead_store::tables::workload_identity_providers;
use keystead_store::{Page, Tx};

use super::KeyState;
use crate::audit::{AuditLog, names_in};
use crate::projects::project_of;
use crate::usage::ONE_BUCKET;
use crate::{Actor, App, Error};

/// The time that usage and refusals are shown for, in seconds: 30 days.
const SHOWN: i64 = 30 * 86_400;
/// The number of changes that are shown.
const CHANGES: u32 = 20;
/// The number of signals that are shown.
const SIGNALS: u32 = 10;

/// The usage of one model with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOfKey {
    /// The model.
    pub model: String,
    /// The number of requests.
    pub requests: i64,
    /// The exact cost.
    pub cost: Amount,
}

/// The rule that issued a key to a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedBy {
    /// Its id.
    pub rule: FederationRuleId,
    /// Its name or that of its provider, while it exists.
    pub name: Option<String>,
}

/// One key with its use and its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOverview {
    /// The key and its owner.
    pub found: KeyWithOwner,
    /// The rule that issued it to a workload, if one did.
    pub issued_by: Option<IssuedBy>,
    /// Its state now.
    pub state: KeyState,
    /// Whether the person may change and revoke it.
    pub changeable: bool,
    /// The entry about its creation, if there is one.
    pub created: Option<AuditEvent>,
    /// Usage of the last 30 days by model, most expensive first.
    pub models: Vec<ModelOfKey>,
    /// The last minutes with requests, newest first.
    pub recent: Vec<MinuteOfKey>,
    /// The addresses that it was used from, latest use first.
    pub addresses: Vec<KeyAddress>,
    /// Its velocity cap and its pause.
    pub cap: KeyCapRow,
    /// The settings of its organization about unusual use.
    pub settings: AnomalySettings,
    /// Whether the person may change its cap.
    pub may_cap: bool,
    /// What was noticed about it, latest first.
    pub signals: Vec<KeySignal>,
    /// The last requests that a rule refused, newest first.
    pub refusals: Vec<RefusedCall>,
    /// Entries of the audit log about the key, newest first, with names also for who created and revoked it.
    pub changes: AuditLog,
}

impl App {
    /// Returns everything about one key of a project, revoked or not. Owners see every key, others their own.
    ///
    /// # Errors
    /// When there is no such key that this person may see.
    pub async fn key_overview(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: &ProjectId,
        id: &KeyId,
    ) -> Result<KeyOverview, Error> {
        let now = self.now();
        let since = now.plus(-SHOWN);
        read_tx!(self.store(), "key_overview", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            project_of(tx, organization, project).await?;
            let missing = || Error::not_found("API key", id.as_str());
            let found = api_keys::find_of_project(tx, project, id).await?.ok_or_else(missing)?;
            let own = matches!(&found.key.owner, Owner::User(user) if Some(user) == actor.user());
            let place = (organization, project);
            if !own && self.authorize_in_project(tx, actor, place, Scope::ManagementRead).await.is_err() {
                return Err(missing());
            }
            let may_manage = self.authorize_in_project(tx, actor, place, Scope::ManagementWrite).await.is_ok();
            let may = own || may_manage;
            let (created, changes) = history(tx, organization, &found).await?;
            let issued_by = match &found.key.federation_rule {
                Some(rule) => Some(issued_by(tx, organization, rule).await?),
                None => None,
            };
            Ok(KeyOverview {
                issued_by,
                state: KeyState::of(&found.key, now),
                changeable: may && found.key.revoked_at.is_none(),
                cap: key_caps::find(tx, organization, id).await?.ok_or_else(missing)?,
                settings: anomaly_settings::find(tx, organization).await?,
                may_cap: may_manage && found.key.revoked_at.is_none() && found.key.federation_rule.is_none(),
                signals: key_signals::list(tx, organization, Some(id), SIGNALS).await?,
                created,
                models: models_of(tx, organization, id, since, now).await?,
                recent: usage::recent_of_key(tx, organization, id, since).await?,
                addresses: key_addresses::list(tx, id).await?,
                refusals: refusals::list_of_key(tx, organization, id, since).await?,
                changes,
                found,
            })
        })
    }
}

/// Names the rule that issued a key, which may be deleted.
async fn issued_by(tx: &mut Tx, organization: &OrganizationId, id: &FederationRuleId) -> Result<IssuedBy, Error> {
    let name = match federation_rules::find_in_organization(tx, organization, id).await? {
        Some(FederationRule { name: Some(name), .. }) => Some(name),
        Some(rule) => workload_identity_providers::find(tx, &rule.provider).await?.map(|provider| provider.name),
        None => None,
    };
    Ok(IssuedBy { rule: id.clone(), name })
}

/// The entry about the creation of a key, and its last entries with names.
async fn history(
    tx: &mut Tx,
    organization: &OrganizationId,
    found: &KeyWithOwner,
) -> Result<(Option<AuditEvent>, AuditLog), Error> {
    let targets = vec![found.key.id.to_string()];
    let about = Filter { targets, ..Filter::default() };
    let page = Page { after: None, limit: CHANGES, ascending: false };
    let rows = audit::list(tx, organization, &about, &page).await?;
    let creation = Filter { actions: vec!["api_key.created".to_owned()], ..about };
    let created = audit::list(tx, organization, &creation, &Page { limit: 1, ..page }).await?.data.pop();
    let creator = created.as_ref().map_or("", |event| event.actor_id.as_str());
    // Such as `person:user-…`.
    let revoker = found.key.revoked_by.as_deref().and_then(|by| by.split_once(':')).map_or("", |(_, id)| id);
    let more = [creator, revoker];
    let names = names_in(tx, organization, &rows.data, &more).await?;
    Ok((created, AuditLog { rows, names }))
}

/// The usage of a key by model, most expensive first.
async fn models_of(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &KeyId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<ModelOfKey>, Error> {
    let query = UsageQuery {
        group_by: vec![GroupKey::Model],
        keys: vec![id.clone()],
        ..UsageQuery::all(organization, (since, now.plus(60)), ONE_BUCKET)
    };
    let mut sums: BTreeMap<String, (i64, Amount)> = BTreeMap::new();
    for row in usage::query(tx, &query).await? {
        let sum = sums.entry(row.model.unwrap_or_default()).or_default();
        *sum = (sum.0.saturating_add(row.used.requests), sum.1.plus(row.cost));
    }
    let mut models: Vec<ModelOfKey> =
        sums.into_iter().map(|(model, (requests, cost))| ModelOfKey { model, requests, cost }).collect();
    models.sort_by(|a, b| b.cost.cmp(&a.cost).then(b.requests.cmp(&a.requests)));
    Ok(models)
}
