//! Alerts about budgets: by a share or by an amount, by mail and by webhook, each once in a period.

use keystead_core::budget::{
    BudgetKind, MOST_ALERT_RECIPIENTS, MOST_ALERTS_OF_BUDGET, MOST_CENTS, Measure, OWNERS_SHARES, SHARES, Threshold,
};
use keystead_core::id::{BudgetAlertId, BudgetId, OrganizationId, WebhookEndpointId};
use keystead_core::money::Amount;
use keystead_core::scope::Scope;
use keystead_core::text::email;
use keystead_core::time::Timestamp;
use keystead_core::webhook::MOST_ENDPOINTS;
pub use keystead_store::tables::budget_alerts::BudgetAlert;
use keystead_store::tables::budgets::BudgetRow;
use keystead_store::tables::{budget_alerts, spend_counters, webhook_endpoints};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use super::budget_of;
use crate::audit::AuditEntry;
use crate::verification::limits::hold_room;
use crate::{Actor, App, Error};

/// What must be used for an alert to be reached, as a request names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewThreshold {
    /// A share of the budget, in percent.
    Percent(i64),
    /// Cents, tokens or requests.
    Amount(i64),
}

/// Threshold and channels of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetAlertSettings {
    /// What must be used.
    pub threshold: NewThreshold,
    /// Addresses that get a mail.
    pub recipients: Vec<String>,
    /// Whether the owners get a mail.
    pub owners: bool,
    /// The webhooks that get an event; `None` is every one that is subscribed.
    pub webhooks: Option<Vec<WebhookEndpointId>>,
}

/// An alert with its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetAlertView {
    /// The alert.
    pub alert: BudgetAlert,
    /// What the budget measures, for the figures of the alert.
    pub measure: Measure,
}

impl BudgetAlertSettings {
    /// Checks what can be checked without the budget; addresses are kept once each.
    fn checked(self) -> Result<Self, Error> {
        let invalid = |what: String| Error::invalid("recipients", format!("Invalid 'recipients': {what}"));
        if self.recipients.len() > MOST_ALERT_RECIPIENTS {
            return Err(invalid(format!("name at most {MOST_ALERT_RECIPIENTS}.")));
        }
        let mut recipients = Vec::with_capacity(self.recipients.len());
        for recipient in &self.recipients {
            let address = email(recipient).map_err(|fault| invalid(fault.message().to_owned()))?;
            if !recipients.contains(&address) {
                recipients.push(address);
            }
        }
        let mut webhooks = self.webhooks;
        if let Some(ids) = &mut webhooks {
            ids.sort();
            ids.dedup();
            if i64::try_from(ids.len()).unwrap_or(i64::MAX) > MOST_ENDPOINTS {
                let message = format!("Invalid 'webhook_ids': name at most {MOST_ENDPOINTS}.");
                return Err(Error::invalid("webhook_ids", message));
            }
        }
        if recipients.is_empty() && !self.owners && webhooks.as_ref().is_some_and(Vec::is_empty) {
            let message = "Invalid 'recipients': name who gets a mail, or a webhook that gets an event.";
            return Err(Error::invalid("recipients", message));
        }
        Ok(Self { recipients, webhooks, ..self })
    }

    /// The threshold of a budget of this measure.
    fn threshold(&self, measure: Measure) -> Result<Threshold, Error> {
        match self.threshold {
            NewThreshold::Percent(percent) if SHARES.contains(&percent) => Ok(Threshold::Share(percent)),
            NewThreshold::Percent(_) => {
                let (least, most) = (SHARES.start(), SHARES.end());
                let message = format!("Invalid 'percent': must be between {least} and {most}.");
                Err(Error::invalid("percent", message))
            }
            NewThreshold::Amount(amount) if (1..=MOST_CENTS).contains(&amount) => {
                Ok(Threshold::Amount(measure.amount(amount)))
            }
            NewThreshold::Amount(_) => {
                let unit = if measure == Measure::Money { "cents" } else { measure.as_str() };
                let message = format!("Invalid 'amount': must be between 1 and {MOST_CENTS} {unit}.");
                Err(Error::invalid("amount", message))
            }
        }
    }
}

impl App {
    /// Lists the alerts about budgets of an organization.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the cursor is unknown.
    pub async fn budget_alerts(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        page: &Page,
    ) -> Result<Listing<BudgetAlertView>, Error> {
        read_tx!(self.store(), "budget_alerts", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let listed = budget_alerts::list(tx, organization, page).await?;
            let mut data = Vec::with_capacity(listed.data.len());
            for alert in listed.data {
                data.push(view(tx, alert).await?);
            }
            Ok(Listing { data, has_more: listed.has_more })
        })
    }

    /// Finds an alert about a budget.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn budget_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetAlertId,
    ) -> Result<BudgetAlertView, Error> {
        read_tx!(self.store(), "budget_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            let alert = alert_of(tx, organization, id).await?;
            view(tx, alert).await
        })
    }

    /// Creates an alert. One with a threshold that is passed already is reached from the next period on.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the budget does not exist or is prepaid credit, when the settings are not
    /// valid, or when the budget has [`MOST_ALERTS_OF_BUDGET`].
    pub async fn create_budget_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        budget: &BudgetId,
        settings: BudgetAlertSettings,
    ) -> Result<BudgetAlertView, Error> {
        let settings = settings.checked()?;
        let id = self.draw(BudgetAlertId::generate);
        write_tx!(self.store(), "create_budget_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let row = limit_of(tx, organization, budget).await?;
            create(self, tx, actor, &row, (&id, &settings)).await
        })
    }

    /// Replaces threshold and channels of an alert. With another threshold it can be reached again in the same period.
    ///
    /// # Errors
    /// When the caller lacks the permission, when it does not exist, or when the settings are not valid.
    pub async fn update_budget_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetAlertId,
        settings: BudgetAlertSettings,
    ) -> Result<BudgetAlertView, Error> {
        let settings = settings.checked()?;
        write_tx!(self.store(), "update_budget_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let before = alert_of(tx, organization, id).await?;
            let row = limit_of(tx, organization, &before.budget).await?;
            let measure = row.budget.scope.terms.measure;
            ensure_webhooks(tx, organization, settings.webhooks.as_deref()).await?;
            let alert = BudgetAlert {
                threshold: settings.threshold(measure)?,
                recipients: settings.recipients.clone(),
                owners: settings.owners,
                webhooks: settings.webhooks.clone(),
                ..before
            };
            let passed = passed(self, tx, &row, alert.threshold).await?;
            budget_alerts::update(tx, &alert, passed).await?;
            let details = json!({ "changes_requested": described(&alert, measure), "budget_id": alert.budget });
            record(self, tx, actor, &alert, "budget_alert.updated", details).await?;
            let alert = alert_of(tx, organization, id).await?;
            view(tx, alert).await
        })
    }

    /// Deletes an alert.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when it does not exist.
    pub async fn delete_budget_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &BudgetAlertId,
    ) -> Result<(), Error> {
        write_tx!(self.store(), "delete_budget_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let alert = alert_of(tx, organization, id).await?;
            remove(self, tx, actor, &alert).await
        })
    }

    /// Sets whether the owners get a mail when 80 % and when all of a budget is used: two alerts to the owners and to no one
    /// else. Alerts with other channels stay as they are.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the budget does not exist or is prepaid credit, or when it has
    /// [`MOST_ALERTS_OF_BUDGET`].
    pub async fn mail_owners_about_budget(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        budget: &BudgetId,
        wanted: bool,
    ) -> Result<(), Error> {
        let ids = OWNERS_SHARES.map(|_| self.draw(BudgetAlertId::generate));
        write_tx!(self.store(), "mail_owners_about_budget", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            let row = limit_of(tx, organization, budget).await?;
            let known = budget_alerts::list_of_budget(tx, budget).await?;
            for (percent, id) in OWNERS_SHARES.into_iter().zip(&ids) {
                let of_owners = known.iter().find(|alert| is_of_owners(alert, percent));
                match of_owners {
                    Some(alert) if !wanted => remove(self, tx, actor, alert).await?,
                    None if wanted => {
                        let threshold = NewThreshold::Percent(percent);
                        let (recipients, webhooks) = (Vec::new(), Some(Vec::new()));
                        let settings = BudgetAlertSettings { threshold, recipients, owners: true, webhooks };
                        create(self, tx, actor, &row, (id, &settings)).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        })
    }
}

/// Whether an alert is one of those that [`App::mail_owners_about_budget`] sets.
#[must_use]
pub fn is_of_owners(alert: &BudgetAlert, percent: i64) -> bool {
    let alone = alert.recipients.is_empty() && alert.webhooks.as_ref().is_some_and(Vec::is_empty);
    alert.owners && alone && alert.threshold == Threshold::Share(percent)
}

async fn create(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    row: &BudgetRow,
    (id, settings): (&BudgetAlertId, &BudgetAlertSettings),
) -> Result<BudgetAlertView, Error> {
    let (organization, measure) = (&row.organization, row.budget.scope.terms.measure);
    let alert = BudgetAlert {
        id: id.clone(),
        organization: organization.clone(),
        budget: row.budget.id.clone(),
        threshold: settings.threshold(measure)?,
        recipients: settings.recipients.clone(),
        owners: settings.owners,
        webhooks: settings.webhooks.clone(),
        created_at: app.now(),
        last_reached: None,
    };
    ensure_webhooks(tx, organization, alert.webhooks.as_deref()).await?;
    hold_room(tx, "budget_alerts", alert.budget.as_str()).await?;
    if budget_alerts::count(tx, &alert.budget).await? >= MOST_ALERTS_OF_BUDGET {
        return Err(Error::impossible(format!("A budget can have at most {MOST_ALERTS_OF_BUDGET} alerts.")));
    }
    let passed = passed(app, tx, row, alert.threshold).await?;
    budget_alerts::insert(tx, &alert, passed).await?;
    let details = json!({ "data": described(&alert, measure), "budget_id": alert.budget });
    record(app, tx, actor, &alert, "budget_alert.created", details).await?;
    Ok(BudgetAlertView { alert, measure })
}

async fn remove(app: &App, tx: &mut Tx, actor: &Actor, alert: &BudgetAlert) -> Result<(), Error> {
    budget_alerts::delete(tx, alert, app.now()).await?;
    record(app, tx, actor, alert, "budget_alert.deleted", json!({ "budget_id": alert.budget })).await
}

async fn alert_of(tx: &mut Tx, organization: &OrganizationId, id: &BudgetAlertId) -> Result<BudgetAlert, Error> {
    budget_alerts::find(tx, organization, id).await?.ok_or_else(|| Error::not_found("alert", id.as_str()))
}

async fn view(tx: &mut Tx, alert: BudgetAlert) -> Result<BudgetAlertView, Error> {
    let row = budget_of(tx, &alert.organization, &alert.budget).await?;
    Ok(BudgetAlertView { alert, measure: row.budget.scope.terms.measure })
}

/// Finds a budget that can have alerts.
async fn limit_of(tx: &mut Tx, organization: &OrganizationId, id: &BudgetId) -> Result<BudgetRow, Error> {
    let row = budget_of(tx, organization, id).await?;
    if row.budget.scope.terms.kind == BudgetKind::Credit {
        let message = "Invalid 'budget_id': prepaid credit has no alerts of this kind.";
        return Err(Error::invalid("budget_id", message));
    }
    Ok(row)
}

/// Refuses webhooks that the organization does not have.
async fn ensure_webhooks(
    tx: &mut Tx,
    organization: &OrganizationId,
    ids: Option<&[WebhookEndpointId]>,
) -> Result<(), Error> {
    for id in ids.into_iter().flatten() {
        if webhook_endpoints::find(tx, organization, id).await?.is_none() {
            return Err(Error::not_found("webhook", id.as_str()));
        }
    }
    Ok(())
}

/// The running period with the budget, if the threshold is passed in it already.
async fn passed(
    app: &App,
    tx: &mut Tx,
    row: &BudgetRow,
    threshold: Threshold,
) -> Result<Option<(Timestamp, Amount)>, Error> {
    let (budget, window) = (&row.budget, row.budget.window(app.now()));
    let used = spend_counters::used(tx, &budget.scope, window).await?;
    Ok(threshold.is_reached(used, budget.most).then_some((window.start, budget.most)))
}

/// An alert in the audit log, without addresses.
fn described(alert: &BudgetAlert, measure: Measure) -> Value {
    let (percent, amount) = match alert.threshold {
        Threshold::Share(percent) => (Some(percent), None),
        Threshold::Amount(amount) => (None, Some(measure.figure(amount))),
    };
    json!({
        "percent": percent,
        "amount": amount,
        "recipients": alert.recipients.len(),
        "mail_owners": alert.owners,
        "webhook_ids": alert.webhooks,
    })
}

async fn record(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    alert: &BudgetAlert,
    action: &'static str,
    details: Value,
) -> Result<(), Error> {
    let (organization, target) = (&alert.organization, alert.id.as_str());
    app.record(tx, actor, AuditEntry { organization, action, target, details }).await
}
