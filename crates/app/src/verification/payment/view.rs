//! The views of payment methods.

use keystead_core::gate::Requirement;
use keystead_core::id::{OrganizationId, PaymentMethodId, PaymentSetupId};
use keystead_core::scope::Scope;
use keystead_core::time::Timestamp;
use keystead_core::verification::payment::{PaymentEvent, PaymentState, SetupStatus};
use keystead_store::Tx;
use keystead_store::tables::organizations;
use keystead_store::tables::payments::{self, PaymentMethod, PaymentSetup};
use serde_json::json;

use super::status::{payment_requirement, step_payment};
use crate::audit::AuditEntry;
use crate::entitlements::excused;
use crate::jobs::{DetachMethod, Job};
use crate::validate::parse_id;
use crate::{Actor, App, Error};

/// The view of a set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupView {
    /// The set-up, by its id.
    pub id: PaymentSetupId,
    /// Its state.
    pub status: SetupStatus,
    /// The class of the bank's refusal, when there was one.
    pub reason: Option<String>,
    /// The address where the card is entered.
    pub url: Option<String>,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

impl SetupView {
    pub(crate) fn of(row: PaymentSetup) -> Self {
        Self {
            id: row.id,
            status: row.state,
            reason: row.reason,
            url: row.url.filter(|_| row.finished_at.is_none()),
            expires_at: row.expires_at,
        }
    }
}

/// The view of a method on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodView {
    /// The method, by its id.
    pub id: PaymentMethodId,
    /// The card's brand.
    pub brand: String,
    /// Its last four digits.
    pub last4: String,
    /// 1 to 12.
    pub expires_month: i64,
    /// Four digits.
    pub expires_year: i64,
    /// Whether it is the default.
    pub is_default: bool,
    /// When it was put on file.
    pub created_at: Timestamp,
}

impl From<PaymentMethod> for MethodView {
    fn from(row: PaymentMethod) -> Self {
        Self {
            id: row.id,
            brand: row.brand,
            last4: row.last4,
            expires_month: row.expires_month,
            expires_year: row.expires_year,
            is_default: row.is_default,
            created_at: row.created_at,
        }
    }
}

/// Everything about an organization's payment methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentView {
    /// Methods on file, newest first.
    pub methods: Vec<MethodView>,
    /// The last set-up, live or not.
    pub setup: Option<SetupView>,
    /// Whether the operator waived the requirement.
    pub waived: bool,
    /// The state of the organization's machine.
    pub state: PaymentState,
    /// Until when no set-up may begin, after too many failed.
    pub blocked_until: Option<Timestamp>,
    /// The end of a grace period or an exemption, until which what needs a payment method stays open.
    pub until: Option<Timestamp>,
    /// The service's name, absent when none is configured.
    pub provider: Option<&'static str>,
}

impl App {
    /// Returns the payment methods of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission.
    pub async fn payment_methods(&self, actor: &Actor, organization: &OrganizationId) -> Result<PaymentView, Error> {
        read_tx!(self.store(), "payment_methods", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let how = organizations::requirements(tx, organization).await?;
            let (payment, _) = payment_requirement(tx, organization).await?;
            Ok(PaymentView {
                state: payment.state,
                blocked_until: payment.blocked_until.filter(|at| self.now() < *at),
                until: payment.until,
                methods: payments::list_methods(tx, organization).await?.into_iter().map(MethodView::from).collect(),
                setup: payments::find_newest(tx, organization).await?.map(SetupView::of),
                waived: how.iter().any(|row| excused(row, Requirement::PaymentMethod, self.now())),
                provider: self.services().payment.as_ref().map(|provider| provider.name()),
            })
        })
    }

    /// Finds one set-up.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn payment_setup(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<SetupView, Error> {
        read_tx!(self.store(), "payment_setup", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let row = payments::find(tx, organization, &parse_id("payment set-up", id)?).await?;
            row.map(SetupView::of).ok_or_else(|| Error::not_found("payment set-up", id))
        })
    }

    /// Removes a method. Keys keep working; what needs a payment method is closed.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn remove_payment_method(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "remove_payment_method", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let methods = payments::list_methods(tx, organization).await?;
            let method = methods.into_iter().find(|row| row.id.as_str() == id);
            let method = method.ok_or_else(|| Error::not_found("payment method", id))?;
            method_removed(self, tx, actor, method.clone()).await?;
            let job = Job::DetachMethod(DetachMethod { method: method.reference });
            self.enqueue(tx, &job, self.now()).await
        })
    }

    /// Makes another method on file the default.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn prefer_payment_method(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "prefer_payment_method", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let methods = payments::list_methods(tx, organization).await?;
            let method = methods.into_iter().find(|row| row.id.as_str() == id);
            let mut method = method.ok_or_else(|| Error::not_found("payment method", id))?;
            if method.is_default {
                return Ok(());
            }
            payments::clear_default(tx, organization).await?;
            method.is_default = true;
            payments::save_method(tx, &method).await?;
            step_payment(self, tx, actor, organization, PaymentEvent::Replaced, id, json!({})).await.map(|_| ())
        })
    }
}

/// Handles a removed method: another one becomes the default, or the requirement is no longer met.
pub(crate) async fn method_removed(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    mut method: PaymentMethod,
) -> Result<(), Error> {
    let organization = method.organization.clone();
    let was_default = method.is_default;
    method.removed_at = Some(app.now());
    method.is_default = false;
    payments::save_method(tx, &method).await?;
    let (payment, _) = payment_requirement(tx, &organization).await?;
    if !was_default || !payment.method {
        let (action, target) = ("payment.method_removed", method.id.as_str());
        let entry = AuditEntry { organization: &organization, action, target, details: json!({}) };
        return app.record(tx, actor, entry).await;
    }
    let next = payments::list_methods(tx, &organization).await?.into_iter().next();
    let other = next.is_some();
    if let Some(mut next) = next {
        next.is_default = true;
        payments::save_method(tx, &next).await?;
    }
    let event = PaymentEvent::Removed { other };
    step_payment(app, tx, actor, &organization, event, method.id.as_str(), json!({})).await.map(|_| ())
}
