//! Automatic purchases: when the balance falls below the threshold that owners set, the amount is bought with the card on
//! file, one at a time and at most the monthly ceiling. They pause after a refusal, until an owner acts.

use keystead_core::budget::Window;
use keystead_core::id::{OrganizationId, PurchaseId};
use keystead_core::purchase::PurchaseWay;
use keystead_core::purchase::recharge::{Pause, RechargeDecision, RechargeFigures, decide};
use keystead_core::scope::Scope;
use keystead_core::verification::limits::PURCHASE_FAILURE_LIMITS;
use keystead_store::Tx;
use keystead_store::tables::{credit_purchases, recharge_pauses};
use serde_json::json;

use super::mails::PurchaseNotice;
use super::order::{request_payment, save_order, within_bounds};
use super::{MailPurchase, purchase_provider};
use crate::audit::AuditEntry;
use crate::credit::events::emit_recharge_paused;
use crate::credit::view::credit_of;
use crate::jobs::Job;
use crate::verification::limits::{Subjects, ensure_within, hold_room};
use crate::{Actor, App, Error};

impl App {
    /// Resumes automatic purchases that pause.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn resume_recharge(&self, actor: &Actor, organization: &OrganizationId) -> Result<(), Error> {
        write_tx!(self.store(), "resume_recharge", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if !recharge_pauses::delete(tx, organization).await? {
                return Ok(());
            }
            let (action, target) = ("credit.recharge_resumed", organization.as_str());
            self.record(tx, actor, AuditEntry { organization, action, target, details: json!({}) }).await
        })
    }

    /// Buys credit for every organization with a balance below its threshold. The worker calls it on every node; a row in
    /// the store keeps an organization from two purchases at a time.
    ///
    /// # Errors
    /// When it fails for an organization, after the others had their turn; the next run continues.
    pub async fn run_recharges(&self) -> Result<(), Error> {
        if purchase_provider(self).is_err() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for due in self.recharges_due().await? {
            let organization = &due.organization;
            match self.recharge_one(organization).await {
                Ok(()) => {}
                Err(Error::Unavailable) => return Err(Error::Unavailable),
                // What fails for one organization does not keep the others from credit.
                Err(error) => {
                    tracing::warn!(%organization, %error, "an automatic purchase failed; it is tried again");
                    outcome = outcome.and(Err(error));
                }
            }
        }
        outcome
    }

    async fn recharge_one(&self, organization: &OrganizationId) -> Result<(), Error> {
        let id = self.draw(PurchaseId::generate);
        let begun = write_tx!(self.store(), "recharge_one", |tx| {
            hold_room(tx, "credit_purchases", organization.as_str()).await?;
            let Some(cents) = due(self, tx, organization).await? else { return Ok(None) };
            if let Some(pause) = refused_by(self, tx, organization, cents).await? {
                pause_recharge(self, tx, organization, pause, cents).await?;
                return Ok(None);
            }
            let row = match self.new_purchase(tx, organization, &id, PurchaseWay::Recharge, cents).await {
                Ok(row) => row,
                Err(Error::Invalid { .. }) => {
                    pause_recharge(self, tx, organization, Pause::NoCard, cents).await?;
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            save_order(self, tx, &Actor::service("clock"), &row).await?;
            Ok(Some(row))
        })?;
        match begun {
            None => Ok(()),
            // Its result is in the row; what the service does not answer is asked again by the job.
            Some(row) => request_payment(self, &row).await,
        }
    }
}

/// Returns how much is to be bought now, in cents.
async fn due(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<Option<i64>, Error> {
    let credit = credit_of(app, tx, organization).await?;
    let Some(set) = credit.active_recharge() else { return Ok(None) };
    // Of an earlier month.
    recharge_pauses::delete(tx, organization).await?;
    let (now, month) = (app.now(), Window::month(app.now()).start);
    let first_paid = credit_purchases::first_paid_at(tx, organization).await?;
    let figures = RechargeFigures {
        balance: credit.balance,
        bought: credit_purchases::sum_since(tx, organization, Some(PurchaseWay::Recharge), month).await?,
        most: app.settings().purchases.of_recharge_month(first_paid, now),
        runs: credit_purchases::find_running_recharge(tx, organization).await?.is_some(),
    };
    match decide(&set, figures) {
        RechargeDecision::Nothing => Ok(None),
        RechargeDecision::Buy(cents) => Ok(Some(cents)),
        RechargeDecision::Ceiling => {
            pause_recharge(app, tx, organization, Pause::Ceiling, figures.bought).await?;
            Ok(None)
        }
        RechargeDecision::Bounds(cents) => {
            pause_recharge(app, tx, organization, Pause::Bounds, cents).await?;
            Ok(None)
        }
    }
}

/// Returns the pause that follows where the limits of purchases refuse this amount.
async fn refused_by(app: &App, tx: &mut Tx, organization: &OrganizationId, cents: i64) -> Result<Option<Pause>, Error> {
    let who = Subjects { organization: Some(organization), ..Subjects::default() };
    match ensure_within(app, tx, PURCHASE_FAILURE_LIMITS, &who, "").await {
        // Strangers could otherwise test a card by saving the settings after each refusal, which ends the pause.
        Err(Error::Limited { .. }) => return Ok(Some(Pause::Declined)),
        other => other?,
    }
    match within_bounds(app, tx, organization, cents).await {
        Err(Error::Invalid { .. }) => Ok(Some(Pause::Bounds)),
        other => other.map(|()| None),
    }
}

/// Pauses automatic purchases, and tells the owners once.
pub(super) async fn pause_recharge(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    pause: Pause,
    cents: i64,
) -> Result<(), Error> {
    if !recharge_pauses::insert(tx, organization, pause, app.now()).await? {
        return Ok(());
    }
    let details = json!({ "reason": pause.as_str() });
    let (action, target) = ("credit.recharge_paused", organization.as_str());
    let entry = AuditEntry { organization, action, target, details };
    app.record(tx, &Actor::service("clock"), entry).await?;
    emit_recharge_paused(app, tx, organization, pause).await?;
    if !app.sends_mail() {
        return Ok(());
    }
    let notice = PurchaseNotice::Paused(pause.into());
    let mail = MailPurchase { cents, ..MailPurchase::without_purchase(organization, notice) };
    app.enqueue(tx, &Job::MailPurchase(mail), app.now()).await
}
