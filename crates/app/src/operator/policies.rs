//! The rules about who must have proven what, as operators read, preview and change them. Every change is a version
//! with a name and a reason, and applies from the next request. No rule ever disables a key.

use std::collections::BTreeMap;

use keystead_core::gate::{
    Action, ActionUse, Entitlements, Exemption, OrganizationFacts, OwnedOrganization, Policy, Requirement, Rule,
};
use keystead_core::id::OrganizationId;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
pub use keystead_store::tables::policy::PolicyVersion;
use keystead_store::tables::{activity, organizations, policy};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::entitlements::entitlements;
use crate::validate::{operators_only, operators_reason};
use crate::verification::ahead;
use crate::{Actor, App, Error};

/// Seconds that a preview looks back.
pub const LOOKED_BACK: i64 = 30 * 86_400;
/// Exemptions at the same time.
const MOST_EXEMPTIONS: usize = 1_000;
/// Refusals that a preview lists; the sums count all.
const MOST_SHOWN: usize = 200;

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyView {
    /// Its version; a change names the version it is based on.
    pub version: i64,
    /// The rules and exemptions.
    pub policy: Policy,
    /// The versions, newest first.
    pub versions: Vec<PolicyVersion>,
}

/// An action that the new rules would refuse and the present ones do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRow {
    /// The organization.
    pub organization: OrganizationId,
    /// Its label.
    pub name: String,
    /// The action, for models with the name after a colon.
    pub action: String,
    /// How often it was done in the last thirty days.
    pub times: u64,
    /// The requirements that are missing.
    pub missing: Vec<Requirement>,
    /// The rule that would refuse.
    pub rule: String,
}

/// What a set of rules would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPreview {
    /// The moment of the preview: when every rule with a start date is in force.
    pub at: Timestamp,
    /// Number of organizations with at least one refusal.
    pub organizations: usize,
    /// Their calls in the last thirty days that would be refused.
    pub times: u64,
    /// Each refusal, the most frequent first.
    pub refusals: Vec<PreviewRow>,
    /// Organizations and calls if rules in shadow and warn mode were enforced, too.
    pub enforced: (usize, u64),
}

/// What is known of one organization.
struct Known {
    organization: OrganizationId,
    name: String,
    entitlements: Entitlements,
    models: Vec<(String, u64)>,
    streams: Vec<(String, u64)>,
    summaries: Vec<(String, u64)>,
    keys: u64,
    verifications: u64,
    /// The organizations its founder owned when they made it, if that was recent.
    founder: Option<Vec<OwnedOrganization>>,
}

impl Known {
    fn uses(&self) -> Vec<ActionUse<'_>> {
        let of = |(action, times)| ActionUse { action, times };
        let models = self.models.iter().map(|(model, times)| (Action::UseModel(model), *times));
        let streams = self.streams.iter().map(|(model, times)| (Action::StreamModel(model), *times));
        let summaries = self.summaries.iter().map(|(model, times)| (Action::ReasoningSummary(model), *times));
        let rest = [(Action::CreateKey, self.keys), (Action::VerifyOrganization, self.verifications)];
        let rest = rest.into_iter().filter(|(_, times)| *times > 0);
        let founded = self.founder.iter().map(|owned| {
            let owned = u32::try_from(owned.len()).unwrap_or(u32::MAX);
            (Action::CreateOrganization { owned }, 1)
        });
        models.chain(streams).chain(summaries).chain(rest).chain(founded).map(of).collect()
    }
}

fn shown(action: Action<'_>) -> String {
    match action {
        Action::UseModel(model) | Action::StreamModel(model) | Action::ReasoningSummary(model) => {
            format!("{}:{model}", action.as_str())
        }
        Action::CreateKey | Action::VerifyOrganization | Action::CreateOrganization { .. } => {
            action.as_str().to_owned()
        }
    }
}

fn checked(policy: &Policy) -> Result<(), Error> {
    policy.check().map_err(|fault| Error::Invalid {
        param: Some("rules"),
        code: Some("policy_invalid"),
        message: format!("Invalid 'rules': rule '{}': {}.", fault.rule, fault.what),
    })
}

impl App {
    /// Returns the policy in force, with its history.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn policy(&self, actor: &Actor) -> Result<PolicyView, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "policy", |tx| {
            let (version, policy) = policy::find(tx).await?;
            Ok(PolicyView { version, policy, versions: policy::list(tx).await? })
        })
    }

    /// Replaces the rules of version `before`; exemptions stay. Returns the new version.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the rules are not valid, or when another
    /// operator saved since.
    pub async fn save_policy(&self, actor: &Actor, rules: Vec<Rule>, before: i64, reason: &str) -> Result<i64, Error> {
        let reason = operators_reason(actor, reason)?;
        let next = Policy { rules, ..Policy::default() };
        checked(&next)?;
        write_tx!(self.store(), "save_policy", |tx| {
            let (version, present) = policy::find(tx).await?;
            if version != before {
                return Err(outdated());
            }
            let next = Policy { rules: next.rules.clone(), ..present };
            put_policy(self, tx, actor, &next, before, &reason).await
        })
    }

    /// Returns which organizations new rules would refuse that are not refused now, based on their calls in the last
    /// thirty days. Streams and reasoning summaries are counted separately, by model and whole days.
    ///
    /// # Errors
    /// When the caller is not an operator, or when the rules are not valid.
    pub async fn preview_policy(&self, actor: &Actor, rules: Vec<Rule>) -> Result<PolicyPreview, Error> {
        operators_only(actor)?;
        let mut proposed = Policy { rules, ..Policy::default() };
        checked(&proposed)?;
        let now = self.now();
        let (present, all) = read_tx!(self.store(), "preview_policy", |tx| {
            let (_, present) = policy::find(tx).await?;
            Ok((present, known(tx, now.plus(-LOOKED_BACK)).await?))
        })?;
        proposed = Policy { rules: proposed.rules, ..present.clone() };
        let uses: Vec<Vec<ActionUse<'_>>> = all.iter().map(Known::uses).collect();
        let fact = |(known, uses)| {
            let known: &Known = known;
            let uses: &Vec<_> = uses;
            let (organization, entitlements) = (&known.organization, &known.entitlements);
            OrganizationFacts { organization, entitlements, uses, founder: known.founder.as_deref() }
        };
        let facts: Vec<OrganizationFacts<'_>> = all.iter().zip(&uses).map(fact).collect();
        let at = proposed.all_effective_at(now);
        let preview = proposed.preview(&present, &facts, at);
        let enforced = proposed.enforced().preview(&present, &facts, at);
        let names: BTreeMap<&OrganizationId, &str> =
            all.iter().map(|known| (&known.organization, known.name.as_str())).collect();
        let (organizations, times) = (preview.organizations(), preview.times());
        let mut refusals: Vec<PreviewRow> = preview
            .refusals
            .into_iter()
            .map(|refusal| PreviewRow {
                organization: refusal.organization.clone(),
                name: names.get(refusal.organization).copied().unwrap_or_default().to_owned(),
                action: shown(refusal.action),
                times: refusal.times,
                missing: refusal.missing,
                rule: refusal.rule,
            })
            .collect();
        refusals.sort_by_key(|row| std::cmp::Reverse(row.times));
        refusals.truncate(MOST_SHOWN);
        Ok(PolicyPreview { at, organizations, times, refusals, enforced: (enforced.organizations(), enforced.times()) })
    }

    /// Exempts an organization from all rules until a date; this replaces an earlier exemption.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the date is in the past, or when there is
    /// no such organization.
    pub async fn exempt_from_rules(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        let until = ahead(until, self.now())?;
        let by = actor.id().to_owned();
        let exemption = Exemption { organization: organization.clone(), until, reason: reason.clone(), by };
        change_exemptions(self, actor, organization, Some(exemption), reason).await
    }

    /// Ends an organization's exemption now.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, or when it does not exist.
    pub async fn end_exemption(&self, actor: &Actor, organization: &OrganizationId, reason: &str) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        change_exemptions(self, actor, organization, None, reason).await
    }
}

/// Saves a policy as the version after `before`.
pub(crate) async fn put_policy(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    next: &Policy,
    before: i64,
    reason: &str,
) -> Result<i64, Error> {
    match policy::save(tx, next, before, actor.id(), reason, app.now()).await {
        Err(keystead_store::Error::Conflict(_)) => Err(outdated()),
        other => Ok(other?),
    }
}

async fn change_exemptions(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    exemption: Option<Exemption>,
    reason: String,
) -> Result<(), Error> {
    write_tx!(app.store(), "change_exemptions", |tx| {
        // The exemption of a deleted organization can be ended, and no new one can be granted.
        let known = organizations::find(tx, organization).await?;
        let known = known.filter(|row| exemption.is_none() || row.deactivated_at.is_none());
        known.ok_or_else(|| Error::not_found("organization", organization.as_str()))?;
        let (version, mut present) = policy::find(tx).await?;
        let count = present.exemptions.len();
        let now = app.now();
        // Expired exemptions are dropped with the next change.
        present.exemptions.retain(|one| one.until.is_none_or(|until| now < until) || one.organization == *organization);
        present.exemptions.retain(|one| one.organization != *organization);
        if exemption.is_none() && present.exemptions.len() == count {
            return Err(Error::not_found("exemption", organization.as_str()));
        }
        if present.exemptions.len() >= MOST_EXEMPTIONS {
            return Err(Error::impossible("There are too many exemptions; change the rules instead."));
        }
        let (action, until, why) = match exemption.clone() {
            Some(granted) => {
                let approval = (granted.until, granted.reason.clone());
                present.exemptions.push(granted);
                ("organization.exempted", approval.0, approval.1)
            }
            None => ("organization.exemption_ended", None, reason.clone()),
        };
        put_policy(app, tx, actor, &present, version, &format!("{action} {organization}")).await?;
        let details = json!({ "data": { "until": until, "reason": why } });
        let target = organization.as_str();
        app.record(tx, actor, AuditEntry { organization, action, target, details }).await
    })
}

/// Drops the exemption of an organization that is deleted, if it has one.
///
/// # Errors
/// When another change of the rules was saved at the same time.
pub(crate) async fn drop_exemption(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<(), Error> {
    let (version, mut present) = policy::find(tx).await?;
    let count = present.exemptions.len();
    present.exemptions.retain(|one| one.organization != *organization);
    if present.exemptions.len() == count {
        return Ok(());
    }
    let action = "organization.exemption_ended";
    put_policy(app, tx, actor, &present, version, &format!("{action} {organization}")).await?;
    let (target, details) = (organization.as_str(), json!({}));
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}

fn outdated() -> Error {
    Error::Conflict { message: "The rules were changed by another person since. Look at them again.".to_owned() }
}

/// Loads what organizations have proven, and what they did since a moment.
async fn known(tx: &mut Tx, since: Timestamp) -> Result<Vec<Known>, Error> {
    let mut all: BTreeMap<OrganizationId, Known> = BTreeMap::new();
    for row in organizations::list(tx).await? {
        if row.deactivated_at.is_some() {
            continue;
        }
        let known = Known {
            organization: row.id.clone(),
            name: row.name,
            entitlements: entitlements(tx, &row.id).await?,
            models: Vec::new(),
            streams: Vec::new(),
            summaries: Vec::new(),
            keys: 0,
            verifications: 0,
            founder: None,
        };
        all.insert(row.id, known);
    }
    let count = |times: i64| u64::try_from(times).unwrap_or_default();
    for (organization, model, times) in activity::list_models(tx, since).await? {
        if let Some(known) = all.get_mut(&organization) {
            known.models.push((model, count(times)));
        }
    }
    for used in activity::list_features(tx, since).await? {
        let Some(known) = all.get_mut(&used.organization) else { continue };
        let list = match used.action.as_str() {
            "feature.stream" => &mut known.streams,
            _ => &mut known.summaries,
        };
        list.push((used.model, count(used.times)));
    }
    for (organization, times) in activity::list_keys(tx, since).await? {
        if let Some(known) = all.get_mut(&organization) {
            known.keys = count(times);
        }
    }
    for (organization, times) in activity::list_verifications(tx, since).await? {
        if let Some(known) = all.get_mut(&organization) {
            known.verifications = count(times);
        }
    }
    for (organization, user, at) in activity::list_founded(tx, since).await? {
        let before = crate::organizations::owned(tx, &user).await?;
        let before = before
            .into_iter()
            .filter(|one| one.organization != organization && one.entitlements.organization_created_at < at);
        let before: Vec<OwnedOrganization> = before.collect();
        if let Some(known) = all.get_mut(&organization) {
            known.founder = Some(before);
        }
    }
    Ok(all.into_values().collect())
}
