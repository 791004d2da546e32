//! What people and programs see of purchases.

use keystead_core::id::{OrganizationId, PurchaseId};
use keystead_core::ledger::BillingMode;
use keystead_core::purchase::bounds::{DAY, PurchaseBounds};
use keystead_core::purchase::{PurchaseState, PurchaseWay, ReversalKind, ReversalState};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_store::tables::credit_purchases::{self, Purchase};
use keystead_store::tables::credit_reversals;
use keystead_store::tables::payments;
use keystead_store::{Listing, Page, Tx};

use crate::credit::view::credit_of;
use crate::validate::parse_id;
use crate::verification::payment::MethodView;
use crate::{Actor, App, Error};

/// One purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseView {
    /// The purchase, by its id.
    pub id: PurchaseId,
    /// How it is bought.
    pub way: PurchaseWay,
    /// How much, in cents.
    pub cents: i64,
    /// Its state.
    pub state: PurchaseState,
    /// The class of a refusal.
    pub reason: Option<String>,
    /// Where the owner pays or confirms, while that is awaited.
    pub url: Option<String>,
    /// Where the service shows its receipt.
    pub receipt_url: Option<String>,
    /// What was paid back, in cents.
    pub refunded: i64,
    /// What the bank took back, in cents.
    pub disputed: i64,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it ends without a payment.
    pub expires_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
}

/// What can be bought now, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuyOptions {
    /// How the organization pays; nothing is sold with [`BillingMode::None`].
    pub mode: BillingMode,
    /// Whether the billing is suspended, so that nothing is sold.
    pub suspended: bool,
    /// Whether a service takes payments.
    pub offered: bool,
    /// The card on file.
    pub method: Option<MethodView>,
    /// The least of one purchase, in cents.
    pub least: i64,
    /// The most that can be bought now, in cents.
    pub most: i64,
}

impl PurchaseView {
    /// An order as it was saved, of which nothing has gone back.
    pub(super) fn of_order(row: Purchase) -> Self {
        Self {
            id: row.id,
            way: row.way,
            cents: row.cents,
            state: row.state,
            reason: row.reason,
            url: row.url.filter(|_| row.finished_at.is_none()),
            receipt_url: row.receipt_url,
            refunded: 0,
            disputed: 0,
            created_at: row.created_at,
            expires_at: row.expires_at,
            paid_at: row.paid_at,
        }
    }
}

/// Reads what belongs to a purchase.
pub(super) async fn view_of(tx: &mut Tx, row: Purchase) -> Result<PurchaseView, Error> {
    let reversals = credit_reversals::list(tx, &row.id).await?;
    let gone = |kind: ReversalKind| {
        let of_kind = reversals.iter().filter(|one| one.kind == kind && one.state != ReversalState::Undone);
        of_kind.map(|one| one.cents).sum::<i64>()
    };
    let (refunded, disputed) = (gone(ReversalKind::Refund), gone(ReversalKind::Dispute));
    Ok(PurchaseView { refunded, disputed, ..PurchaseView::of_order(row) })
}

impl App {
    /// Whether a service takes payments for credit.
    #[must_use]
    pub fn takes_payments(&self) -> bool {
        super::purchase_provider(self).is_ok()
    }

    /// Finds one purchase.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn purchase(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<PurchaseView, Error> {
        read_tx!(self.store(), "purchase", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let row = credit_purchases::find(tx, organization, &parse_id("purchase", id)?).await?;
            view_of(tx, row.ok_or_else(|| Error::not_found("purchase", id))?).await
        })
    }

    /// Lists the purchases of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the cursor is unknown.
    pub async fn purchases(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<PurchaseView>, Error> {
        read_tx!(self.store(), "purchases", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let listed = credit_purchases::list(tx, organization, page).await?;
            let mut data = Vec::with_capacity(listed.data.len());
            for row in listed.data {
                data.push(view_of(tx, row).await?);
            }
            Ok(Listing { data, has_more: listed.has_more })
        })
    }

    /// Returns what can be bought now.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn buy_options(&self, actor: &Actor, organization: &OrganizationId) -> Result<BuyOptions, Error> {
        let offered = super::purchase_provider(self).is_ok();
        read_tx!(self.store(), "buy_options", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let credit = credit_of(self, tx, organization).await?;
            let now = self.now();
            let new = PurchaseBounds::is_new(credit_purchases::first_paid_at(tx, organization).await?, now);
            let bought = credit_purchases::sum_since(tx, organization, None, now.plus(-DAY)).await?;
            let bounds = self.settings().purchases;
            let left = bounds.of_day(new).saturating_sub(bought).max(0);
            let method = payments::list_methods(tx, organization).await?.into_iter().find(|row| row.is_default);
            Ok(BuyOptions {
                mode: credit.mode,
                suspended: credit.suspended.is_some(),
                offered,
                method: method.map(MethodView::from),
                least: bounds.least,
                most: bounds.of_one(new).min(left),
            })
        })
    }
}
