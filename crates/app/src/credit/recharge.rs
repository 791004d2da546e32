//! Automatic recharge: when the balance falls below a threshold, credit is bought with the card on file. The settings are
//! kept here; purchases are made where payments are.

use keystead_core::budget::Window;
use keystead_core::id::OrganizationId;
use keystead_core::ledger::{MOST, Recharge};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::bounds::PurchaseBounds;
use keystead_core::scope::Scope;
use keystead_store::tables::{credit_accounts, recharge_pauses};
use serde_json::json;

use super::purchases::{CENT, out_of_bounds};
use super::view::credit_of;
use crate::audit::AuditEntry;
use crate::{Actor, App, Error};

/// An organization for which credit is to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RechargeDue {
    /// The organization.
    pub organization: OrganizationId,
    /// Its settings.
    pub recharge: Recharge,
    /// What it has.
    pub balance: Amount,
}

impl App {
    /// Sets when credit is bought automatically; `None` is never.
    ///
    /// # Errors
    /// When the caller lacks the permission, when an amount is out of range, when the amount is below the least or above the
    /// most of a purchase, or when less than one purchase would fit under the ceiling.
    pub async fn set_recharge(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        recharge: Option<Recharge>,
    ) -> Result<(), Error> {
        if let Some(recharge) = recharge {
            checked(recharge, self.settings().purchases)?;
        }
        write_tx!(self.store(), "set_recharge", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            credit_accounts::lock(tx, organization, self.now()).await?;
            credit_accounts::set_recharge(tx, organization, recharge, self.now()).await?;
            // The owner has looked at it, so what made it pause is over.
            recharge_pauses::delete(tx, organization).await?;
            let text = |micros| Amount::from(micros).to_string();
            let details = match recharge {
                None => json!({ "automatic": false }),
                Some(Recharge { below, amount, ceiling }) => json!({
                    "automatic": true, "below": text(below), "purchase": text(amount), "monthly_ceiling": text(ceiling),
                }),
            };
            let target = organization.as_str();
            let entry = AuditEntry { organization, action: "billing.recharge_changed", target, details };
            self.record(tx, actor, entry).await
        })
    }

    /// Lists the organizations with active automatic purchases and less credit than their threshold. The ceiling of the
    /// month is compared when the purchase is made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recharges_due(&self) -> Result<Vec<RechargeDue>, Error> {
        read_tx!(self.store(), "recharges_due", |tx| {
            let mut due = Vec::new();
            let (configured, month) = (self.settings().billing_mode, Window::month(self.now()).start);
            for organization in credit_accounts::list_to_recharge(tx, configured, month).await? {
                let view = credit_of(self, tx, &organization).await?;
                let Some(recharge) = view.active_recharge() else { continue };
                if view.balance < recharge.below.into() {
                    due.push(RechargeDue { organization, recharge, balance: view.balance });
                }
            }
            Ok(due)
        })
    }
}

/// Refuses an amount that nothing may have.
pub(super) fn in_range(name: &'static str, amount: Micros) -> Result<(), Error> {
    if (1..=MOST.0).contains(&amount.0) {
        return Ok(());
    }
    let message = format!("Invalid '{name}': must be at least 1 cent and at most 1000000000000 cents.");
    Err(Error::invalid(name, message))
}

fn checked(recharge: Recharge, bounds: PurchaseBounds) -> Result<(), Error> {
    let Recharge { below, amount, ceiling } = recharge;
    in_range("below_in_cents", below)?;
    in_range("amount_in_cents", amount)?;
    in_range("monthly_ceiling_in_cents", ceiling)?;
    // What may be bought in a day differs from day to day, and for new organizations; what never fits is refused.
    bounds.check(amount.0 / CENT, 0, false).map_err(out_of_bounds)?;
    if ceiling < amount {
        let message = "Invalid 'monthly_ceiling_in_cents': must be at least 'amount_in_cents'.";
        return Err(Error::invalid("monthly_ceiling_in_cents", message));
    }
    Ok(())
}
