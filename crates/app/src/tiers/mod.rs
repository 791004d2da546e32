//! Usage tiers of organizations, as their members and operators see them.

pub(crate) mod evaluate;

use keystead_core::id::OrganizationId;
use keystead_core::money::Amount;
use keystead_core::rate::RateLimits;
use keystead_core::scope::Scope;
use keystead_core::tier::{NextTier, Progress, Tier, TierSource, TierState, TierTable, hold_after};
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::organizations::Organization;
use keystead_store::tables::{changes, models, organization_tiers};
use serde_json::json;

use crate::audit::AuditEntry;
use crate::credit::paid;
use crate::organizations::find_open;
use crate::validate::{operators_only, operators_reason};
use crate::{Actor, App, Error};

/// The limits of an organization, and its tier where the installation has tiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierView {
    /// The tier; `None` where the installation has none.
    pub present: Option<PresentTier>,
    /// What the organization has paid in all.
    pub paid: Amount,
    /// The limits of every served model, by the model's name.
    pub limits: Vec<(String, RateLimits)>,
}

/// The tier of an organization, and what the next one needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentTier {
    /// The tier.
    pub tier: Tier,
    /// Since when.
    pub since: Timestamp,
    /// Who set it.
    pub set_by: TierSource,
    /// Whether the operator set a lower tier, which rises by itself with the next payment only.
    pub held: bool,
    /// The next tier; `None` in the highest one.
    pub next: Option<NextTier>,
    /// The highest tier of the installation.
    pub highest: Tier,
}

impl App {
    /// Returns the tier of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn usage_tier(&self, actor: &Actor, organization: &OrganizationId) -> Result<TierView, Error> {
        read_tx!(self.store(), "usage_tier", |tx| {
            self.authorize_reader(tx, actor, organization, Scope::ManagementRead).await?;
            view(self, tx, organization).await
        })
    }

    /// Returns the tier of any organization.
    ///
    /// # Errors
    /// When the caller is not an operator, or when there is no such organization.
    pub async fn operator_tier(&self, actor: &Actor, organization: &OrganizationId) -> Result<TierView, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "operator_tier", |tx| view(self, tx, organization).await)
    }

    /// Sets the tier of an organization; its limits hold from the next request on. A tier that is lower than the present
    /// one, or than the one that is reached, stays until more is paid.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when the tier is not configured, or when there is
    /// no such organization.
    pub async fn set_tier(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        tier: i64,
        reason: &str,
    ) -> Result<TierView, Error> {
        let reason = operators_reason(actor, reason)?;
        let table = &self.settings().tiers;
        let Some(highest) = table.highest() else {
            let message = "This installation has no usage tiers. Configure [[tier]] first.";
            return Err(Error::Conflict { message: message.to_owned() });
        };
        let wanted = Tier::new(tier).filter(|wanted| *wanted <= highest).ok_or_else(|| {
            Error::invalid("tier", format!("Invalid 'tier': this installation has the tiers 0 to {highest}."))
        })?;
        write_tx!(self.store(), "set_tier", |tx| {
            changes::lock(tx).await?;
            let row = find_open(tx, organization).await?;
            let (before, progress) = state_and_progress(tx, &row, self.now()).await?;
            let held = hold_after(table, &progress, before.tier, wanted);
            organization_tiers::set(tx, organization, wanted, held, self.now()).await?;
            let details = json!({ "data": {
                "tier": wanted.number(), "before": before.tier.number(), "paid": progress.paid.to_string(), "reason": reason,
            } });
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "organization.tier_changed", target, details };
            self.record(tx, actor, entry).await?;
            view(self, tx, organization).await
        })
    }
}

/// The limits that an organization has for a model, in its tier.
pub(crate) struct TierLimits<'t> {
    table: &'t TierTable,
    tier: Tier,
}

impl TierLimits<'_> {
    /// The limits of a model that has these outside of tiers.
    pub(crate) fn of(&self, model: &str, base: RateLimits) -> RateLimits {
        self.table.limits(self.tier, model, base)
    }
}

/// Loads the tier of an organization for [`TierLimits`].
pub(crate) async fn limits_of<'t>(
    app: &'t App,
    tx: &mut Tx,
    organization: &OrganizationId,
) -> Result<TierLimits<'t>, Error> {
    let stored = organization_tiers::find(tx, organization).await?;
    let tier = stored.map(|state| state.tier).unwrap_or_default();
    Ok(TierLimits { table: &app.settings().tiers, tier })
}

/// Loads the tier of an organization, and what decides the next one.
async fn state_and_progress(tx: &mut Tx, row: &Organization, now: Timestamp) -> Result<(TierState, Progress), Error> {
    let stored = organization_tiers::find(tx, &row.id).await?;
    let state = stored.unwrap_or_else(|| TierState::beginning(row.created_at));
    let paid = paid(tx, &row.id).await?;
    Ok((state, Progress { paid, made_at: row.created_at, first_paid_at: state.first_paid_at, now }))
}

async fn view(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<TierView, Error> {
    let row = find_open(tx, organization).await?;
    let table = &app.settings().tiers;
    let (state, progress) = state_and_progress(tx, &row, app.now()).await?;
    let limits = models::list(tx).await?.into_iter().map(|model| {
        let limits = table.limits(state.tier, &model.id, model.rates);
        (model.id, limits)
    });
    let present = table.highest().map(|highest| PresentTier {
        tier: state.tier,
        since: state.since,
        set_by: state.set_by,
        held: state.is_held(progress.paid),
        next: table.next(state.tier, &progress),
        highest,
    });
    Ok(TierView { present, paid: progress.paid, limits: limits.collect() })
}
