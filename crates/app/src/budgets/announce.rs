//! Queueing mails and webhooks of alerts that were reached, and of budgets and credit of which all is used.

mod forecast;

use keystead_core::budget::{BudgetScope, BudgetSubject, BudgetTerms, Measure, Threshold, Window};
use keystead_core::id::OrganizationId;
use keystead_core::money::{Amount, CURRENCY};
use keystead_core::time::Timestamp;
use keystead_core::webhook::EventType;
use keystead_store::Tx;
use keystead_store::tables::budget_alerts::{self, BudgetAlert, ReachedThreshold};
use keystead_store::tables::budgets::{self, BudgetRow};
use keystead_store::tables::spend_alerts::{self, ReachedAlert};
use keystead_store::tables::{memberships, users};
use serde_json::{Value, json};

use self::forecast::forecast;
use crate::credit::events::emit_exhausted;
use crate::credit::purchases::mails::mail_exhausted;
use crate::jobs::{Job, MailBudgetAlert};
use crate::verification::limits::count_alert_mail;
use crate::webhooks::Event;
use crate::{App, Error};

/// What is handled in one transaction.
const AT_ONCE: u32 = 20;

impl App {
    /// Queues mails and events of what was reached. The worker calls it every second, on every node.
    ///
    /// # Errors
    /// When the store fails; the next call continues.
    pub async fn announce_budgets(&self) -> Result<(), Error> {
        let (reached, spend) = read_tx!(self.store(), "due_announcements", |tx| {
            Ok((budget_alerts::has_reached(tx).await?, spend_alerts::has_unannounced(tx).await?))
        })?;
        if reached {
            write_tx!(self.store(), "announce_budgets", |tx| {
                for one in budget_alerts::claim_reached(tx, self.now(), AT_ONCE).await? {
                    announce(self, tx, &one).await?;
                }
                Ok(())
            })?;
        }
        if spend {
            write_tx!(self.store(), "announce_spend_alerts", |tx| {
                for one in spend_alerts::claim_unannounced(tx, self.now(), AT_ONCE).await? {
                    announce_spend(self, tx, &one).await?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

async fn announce(app: &App, tx: &mut Tx, reached: &ReachedThreshold) -> Result<(), Error> {
    // It was removed in the meantime.
    let Some(row) = budgets::find_by_id(tx, &reached.organization, &reached.budget).await? else { return Ok(()) };
    if row.budget.scope.terms == BudgetTerms::CREDIT {
        let left = (reached.most.minus(reached.used), reached.at);
        emit_exhausted(app, tx, &reached.organization, left).await?;
        return mail_exhausted(app, tx, &reached.organization).await;
    }
    let data = data(app, tx, &row, reached).await?;
    let Some(alert) = &reached.alert else {
        let event = Event { of_type: EventType::BudgetExhausted, at: reached.at, data };
        return app.emit(tx, &reached.organization, &event, None).await.map(|_| ());
    };
    let event = Event { of_type: EventType::BudgetThresholdReached, at: reached.at, data };
    app.emit(tx, &reached.organization, &event, alert.webhooks.as_deref()).await?;
    for to in recipients(tx, alert).await? {
        if !count_alert_mail(app, tx, &reached.organization, "of an alert").await? {
            break;
        }
        let mail = mail(&row, reached, to);
        app.enqueue(tx, &Job::MailBudgetAlert(mail), app.now()).await?;
    }
    Ok(())
}

/// The addresses that get a mail, each once.
async fn recipients(tx: &mut Tx, alert: &BudgetAlert) -> Result<Vec<String>, Error> {
    let mut all = alert.recipients.clone();
    if alert.owners {
        for owner in memberships::list_owners(tx, &alert.organization).await? {
            let person = users::find(tx, &owner).await?.filter(|person| person.deactivated_at.is_none());
            all.extend(person.map(|person| person.email).filter(|address| !alert.recipients.contains(address)));
        }
    }
    Ok(all)
}

fn mail(row: &BudgetRow, reached: &ReachedThreshold, to: String) -> MailBudgetAlert {
    let (scope, window) = (&row.budget.scope, row.budget.window(reached.window));
    let (percent, amount) = match reached.threshold {
        Threshold::Share(percent) => (Some(percent), Amount::ZERO),
        Threshold::Amount(amount) => (None, amount),
    };
    MailBudgetAlert {
        to,
        organization: reached.organization.clone(),
        subject: scope.subject.as_str().to_owned(),
        terms: scope.terms.to_string(),
        percent,
        amount,
        used: reached.used,
        most: reached.most,
        resets_at: window.resets_at(),
    }
}

/// What receivers learn. Amounts are whole cents, tokens or requests.
async fn data(app: &App, tx: &mut Tx, row: &BudgetRow, reached: &ReachedThreshold) -> Result<Value, Error> {
    let window = row.budget.window(reached.window);
    let place = (&row.organization, &row.budget.scope);
    let mut data = common(app, tx, place, (window, reached.used)).await?;
    let measure = row.budget.scope.terms.measure;
    let threshold = match reached.threshold {
        Threshold::Share(percent) => json!({ "type": "percent", "percent": percent }),
        Threshold::Amount(amount) => json!({ "type": "amount", "amount": measure.figure(amount) }),
    };
    if let Value::Object(members) = &mut data {
        members.insert("alert_id".to_owned(), json!(reached.alert.as_ref().map(|alert| &alert.id)));
        members.insert("budget_id".to_owned(), json!(reached.budget));
        members.insert("threshold".to_owned(), threshold);
        members.insert("limit".to_owned(), json!(measure.figure(reached.most)));
    }
    Ok(data)
}

async fn common(
    app: &App,
    tx: &mut Tx,
    (organization, scope): (&OrganizationId, &BudgetScope),
    (window, used): (Window, Amount),
) -> Result<Value, Error> {
    let measure = scope.terms.measure;
    let forecast = forecast(app, tx, (organization, scope), (window, used)).await?;
    Ok(json!({
        "organization_id": organization,
        "subject": { "type": scope.subject.kind().as_str(), "id": scope.subject.id() },
        "measure": measure.as_str(),
        "interval": scope.terms.interval.as_str(),
        "unit": if measure == Measure::Money { "cents" } else { measure.as_str() },
        "currency": (measure == Measure::Money).then_some(CURRENCY),
        "period_start": window.start,
        "period_end": window.resets_at(),
        "used": measure.figure(used),
        "forecast": forecast,
    }))
}

/// An alert of the Administration API, which is about the spend of a month and has no budget.
async fn announce_spend(app: &App, tx: &mut Tx, reached: &ReachedAlert) -> Result<(), Error> {
    let ReachedAlert { alert, window, spent, at } = reached;
    let data = spend_data(app, tx, alert, (*window, *spent)).await?;
    let event = Event { of_type: EventType::BudgetThresholdReached, at: *at, data };
    app.emit(tx, &alert.organization, &event, None).await.map(|_| ())
}

async fn spend_data(
    app: &App,
    tx: &mut Tx,
    alert: &spend_alerts::SpendAlert,
    (window, spent): (Timestamp, Amount),
) -> Result<Value, Error> {
    let subject: BudgetSubject = alert.subject.clone();
    let scope = BudgetScope { subject, terms: BudgetTerms::SPEND_LIMIT };
    let mut data = common(app, tx, (&alert.organization, &scope), (Window::month(window), spent)).await?;
    if let Value::Object(members) = &mut data {
        members.insert("alert_id".to_owned(), json!(alert.id));
        members.insert("budget_id".to_owned(), Value::Null);
        members.insert("threshold".to_owned(), json!({ "type": "amount", "amount": alert.cents }));
        members.insert("limit".to_owned(), Value::Null);
    }
    Ok(data)
}
