//! Alerts by mail about what an organization, or one of its projects, has spent in a calendar month (UTC). Each alert is
//! mailed once a month: when usage that passes its threshold is counted.

use keystead_core::budget::{BudgetSubject, MOST_CENTS, Window};
use keystead_core::id::{OrganizationId, ProjectId, SpendAlertId};
use keystead_core::money::Amount;
use keystead_core::scope::Scope;
use keystead_core::text::{email, in_mail, name};
use keystead_core::time::Timestamp;
pub use keystead_store::tables::spend_alerts::SpendAlert;
use keystead_store::tables::spend_alerts::{self, ReachedAlert};
use keystead_store::tables::{organizations, projects, spend_counters};
use keystead_store::{Listing, Page, Tx};
use serde_json::{Value, json};

use crate::audit::AuditEntry;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{Job, MailSpendAlert, Outcome};
use crate::projects::{open_project, project_of};
use crate::verification::limits::{count_alert_mail, hold_room};
use crate::{Actor, App, Error};

/// Alerts of one organization or project.
pub const MOST_ALERTS: i64 = 100;
/// Recipients of one alert.
pub const MOST_RECIPIENTS: usize = 10;
/// Reached alerts of which mails are queued in one transaction.
const AT_ONCE: u32 = 20;

/// Threshold and recipients of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendAlertSettings {
    /// The spend of a month, in cents.
    pub cents: i64,
    /// Addresses that get a mail.
    pub recipients: Vec<String>,
    /// What the subject of the mails begins with.
    pub subject_prefix: Option<String>,
}

impl SpendAlertSettings {
    fn checked(self) -> Result<Self, Error> {
        if !(0..=MOST_CENTS).contains(&self.cents) {
            let message = format!("Invalid 'threshold_amount': must be between 0 and {MOST_CENTS} cents.");
            return Err(Error::invalid("threshold_amount", message));
        }
        let channel = |message: String| Error::invalid("notification_channel", message);
        if !(1..=MOST_RECIPIENTS).contains(&self.recipients.len()) {
            let message = format!("Invalid 'notification_channel': name 1 to {MOST_RECIPIENTS} recipients.");
            return Err(channel(message));
        }
        let mut recipients = Vec::with_capacity(self.recipients.len());
        for recipient in &self.recipients {
            let address = email(recipient)
                .map_err(|fault| channel(format!("Invalid 'notification_channel': {}", fault.message())))?;
            if !recipients.contains(&address) {
                recipients.push(address);
            }
        }
        let prefix = self.subject_prefix.filter(|prefix| !prefix.trim().is_empty());
        let prefix = prefix.map(|prefix| {
            name(&prefix).map_err(|fault| channel(format!("Invalid 'notification_channel': {}", fault.message())))
        });
        Ok(Self { cents: self.cents, recipients, subject_prefix: prefix.transpose()? })
    }

    fn details(&self, project: Option<&ProjectId>) -> Value {
        json!({
            "threshold_amount": self.cents,
            "recipients": self.recipients.len(),
            "project_id": project,
        })
    }
}

impl App {
    /// Lists the alerts of the organization or of one of its projects.
    ///
    /// # Errors
    /// When the caller lacks the permission, when there is no such project, or when the cursor is unknown.
    pub async fn spend_alerts(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        page: &Page,
    ) -> Result<Listing<SpendAlert>, Error> {
        let subject = BudgetSubject::of(organization, project);
        read_tx!(self.store(), "spend_alerts", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            known_project(tx, organization, project).await?;
            Ok(spend_alerts::list(tx, &subject, page).await?)
        })
    }

    /// Finds an alert of the organization itself or of one of its projects.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project or alert does not exist.
    pub async fn spend_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        id: &SpendAlertId,
    ) -> Result<SpendAlert, Error> {
        let subject = BudgetSubject::of(organization, project);
        read_tx!(self.store(), "spend_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementRead).await?;
            known_project(tx, organization, project).await?;
            alert_of(tx, &subject, id).await
        })
    }

    /// Creates an alert. One with a threshold that is passed already is mailed from the next month on.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project is missing or archived, when the settings are not valid, or
    /// when there are [`MOST_ALERTS`].
    pub async fn create_spend_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        settings: SpendAlertSettings,
    ) -> Result<SpendAlert, Error> {
        let settings = settings.checked()?;
        let subject = BudgetSubject::of(organization, project);
        let alert = SpendAlert {
            id: self.draw(SpendAlertId::generate),
            organization: organization.clone(),
            subject,
            cents: settings.cents,
            recipients: settings.recipients.clone(),
            subject_prefix: settings.subject_prefix.clone(),
            created_at: self.now(),
        };
        write_tx!(self.store(), "create_spend_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            if let Some(project) = project {
                open_project(tx, organization, project).await?;
            }
            hold_room(tx, "spend_alerts", alert.subject.as_str()).await?;
            if spend_alerts::count(tx, &alert.subject).await? >= MOST_ALERTS {
                let message =
                    format!("An organization, and each of its projects, can have at most {MOST_ALERTS} spend alerts.");
                return Err(Error::impossible(message));
            }
            let passed = passed(self, tx, &alert).await?;
            spend_alerts::insert(tx, &alert, passed).await?;
            let (target, details) = (alert.id.as_str(), settings.details(project));
            let entry = AuditEntry { organization, action: "spend_alert.created", target, details };
            self.record(tx, actor, entry).await?;
            Ok(alert.clone())
        })
    }

    /// Replaces threshold and recipients of an alert.
    ///
    /// # Errors
    /// When the caller lacks the permission, when the project or alert does not exist, or when the settings are not valid.
    pub async fn update_spend_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        id: &SpendAlertId,
        settings: SpendAlertSettings,
    ) -> Result<SpendAlert, Error> {
        let settings = settings.checked()?;
        let subject = BudgetSubject::of(organization, project);
        write_tx!(self.store(), "update_spend_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            known_project(tx, organization, project).await?;
            let SpendAlertSettings { cents, recipients, subject_prefix } = settings.clone();
            let alert = SpendAlert { cents, recipients, subject_prefix, ..alert_of(tx, &subject, id).await? };
            let passed = passed(self, tx, &alert).await?;
            spend_alerts::update(tx, &alert, passed).await?;
            let details = json!({ "changes_requested": settings.details(project), "project_id": project });
            let entry = AuditEntry { organization, action: "spend_alert.updated", target: id.as_str(), details };
            self.record(tx, actor, entry).await?;
            Ok(alert)
        })
    }

    /// Deletes an alert.
    ///
    /// # Errors
    /// When the caller lacks the permission, or when the project or alert does not exist.
    pub async fn delete_spend_alert(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        project: Option<&ProjectId>,
        id: &SpendAlertId,
    ) -> Result<(), Error> {
        let subject = BudgetSubject::of(organization, project);
        write_tx!(self.store(), "delete_spend_alert", |tx| {
            self.authorize(tx, actor, organization, Scope::ManagementWrite).await?;
            known_project(tx, organization, project).await?;
            let alert = alert_of(tx, &subject, id).await?;
            spend_alerts::delete(tx, &alert, self.now()).await?;
            let details = json!({ "project_id": project });
            let entry = AuditEntry { organization, action: "spend_alert.deleted", target: id.as_str(), details };
            self.record(tx, actor, entry).await
        })
    }

    /// Queues the mails of alerts that were reached. The worker calls it every second, on every node.
    ///
    /// # Errors
    /// When the store fails; the next call continues.
    pub async fn queue_spend_alerts(&self) -> Result<(), Error> {
        if !self.sends_mail() {
            return Ok(());
        }
        let now = self.now();
        let due = read_tx!(self.store(), "due_spend_alerts", |tx| Ok(spend_alerts::has_reached(tx).await?))?;
        if !due {
            return Ok(());
        }
        write_tx!(self.store(), "queue_spend_alerts", |tx| {
            for ReachedAlert { alert, window, spent, .. } in spend_alerts::claim_reached(tx, now, AT_ONCE).await? {
                let project = match &alert.subject {
                    BudgetSubject::Project(project) => Some(project.clone()),
                    BudgetSubject::Organization(_) | BudgetSubject::Person(_) | BudgetSubject::Key(_) => None,
                };
                // One job each, so that an address that refuses mail does not keep the others from theirs.
                for to in alert.recipients {
                    if !count_alert_mail(self, tx, &alert.organization, "of a spend alert").await? {
                        break;
                    }
                    let mail = MailSpendAlert {
                        to,
                        organization: alert.organization.clone(),
                        project: project.clone(),
                        cents: alert.cents,
                        spent,
                        window,
                        subject_prefix: alert.subject_prefix.clone().unwrap_or_default(),
                    };
                    self.enqueue(tx, &Job::MailSpendAlert(mail), now).await?;
                }
            }
            Ok(())
        })
    }
}

async fn known_project(tx: &mut Tx, organization: &OrganizationId, project: Option<&ProjectId>) -> Result<(), Error> {
    match project {
        Some(project) => project_of(tx, organization, project).await.map(|_| ()),
        None => Ok(()),
    }
}

async fn alert_of(tx: &mut Tx, subject: &BudgetSubject, id: &SpendAlertId) -> Result<SpendAlert, Error> {
    spend_alerts::find(tx, subject, id).await?.ok_or_else(|| Error::not_found("spend alert", id.as_str()))
}

/// The present month, if the alert's threshold is passed in it already.
async fn passed(app: &App, tx: &mut Tx, alert: &SpendAlert) -> Result<Option<Timestamp>, Error> {
    let spent = spend_counters::spent(tx, &alert.subject, app.now()).await?;
    let is_passed = spent > Amount::ZERO && spent >= Amount::of_cents(alert.cents);
    Ok(is_passed.then(|| Window::month(app.now()).start))
}

/// Mails a recipient that an alert was reached.
pub(crate) async fn mail_spend_alert(app: &App, job: MailSpendAlert) -> Result<Outcome, Error> {
    let (reader, organization, project) = read_tx!(app.store(), "spend_alert_mail", |tx| {
        let organization = organizations::find(tx, &job.organization).await?;
        let project = match &job.project {
            Some(project) => projects::find(tx, &job.organization, project).await?,
            None => None,
        };
        Ok((Reader::find(app, tx, &job.to, "").await?, organization, project))
    })?;
    // It was deleted meanwhile.
    let Some(organization) = organization.filter(|organization| organization.deactivated_at.is_none()) else {
        return Ok(Outcome::Done);
    };
    let (sender, t) = (Sender::of(app), reader.messages);
    let money = |amount: Amount| reader.format.money(&amount);
    let mut lines = vec![reader.line("mail-line-organization", "organization", &organization.name)];
    if let Some(project) = &project {
        lines.push(reader.line("mail-line-project", "project", &project.name));
    }
    lines.push(reader.line("mail-line-spent", "amount", &money(job.spent)));
    let name = project.as_ref().map_or(&organization.name, |project| &project.name);
    let (name, threshold) = (in_mail(name), money(Amount::of_cents(job.cents)));
    let arguments = [("operator", sender.operator), ("name", name.as_str()), ("amount", &threshold)];
    let (mut subject, text) = t.mail("mail-spend-alert", &arguments);
    if !job.subject_prefix.is_empty() {
        subject = format!("{} {subject}", in_mail(&job.subject_prefix));
    }
    let url = match &job.project {
        Some(project) => format!("{}/usage?project={project}", sender.url),
        None => format!("{}/usage", sender.url),
    };
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-usage", url }), help: None };
    Ok(send_mail(app, &compose(sender, t, (subject, text), parts).to(&job.to)).await)
}
