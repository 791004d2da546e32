//! The mail that an alert about a budget was reached.

use keystead_core::budget::{BudgetSubject, BudgetTerms, Measure};
use keystead_core::money::Amount;
use keystead_core::text::in_mail;
use keystead_locales::LocalFormat;
use keystead_store::Tx;
use keystead_store::tables::{api_keys, organizations, projects, users};

use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{MailBudgetAlert, Outcome};
use crate::{App, Error};

/// Seconds until a mail that cannot be sent yet is tried again, because the installation has no mail service.
const NO_MAIL: i64 = 3_600;

/// The subject of a budget, as the mail names it.
struct Named {
    organization: String,
    /// The message of the line about the subject, and its name; `None` for the organization itself.
    line: Option<(&'static str, String)>,
}

/// Mails a recipient that an alert was reached.
pub(crate) async fn mail_budget_alert(app: &App, job: MailBudgetAlert) -> Result<Outcome, Error> {
    if !app.sends_mail() {
        return Ok(Outcome::Again(Some(NO_MAIL)));
    }
    let broken = |what: &str| Error::Internal(format!("a mail of an alert has an unreadable {what}"));
    let terms: BudgetTerms = job.terms.parse().map_err(|_| broken("budget"))?;
    let subject: BudgetSubject = job.subject.parse().map_err(|_| broken("subject"))?;
    let found = read_tx!(app.store(), "budget_alert_mail", |tx| {
        let named = named(tx, &job, &subject).await?;
        Ok(named.zip(Some(Reader::find(app, tx, &job.to, "").await?)))
    })?;
    // It was deleted in the meantime.
    let Some((named, reader)) = found else { return Ok(Outcome::Done) };
    let (sender, t, format) = (Sender::of(app), reader.messages, &reader.format);
    let figure = |amount: Amount| written(format, terms.measure, amount);
    let mut lines = vec![reader.line("mail-line-organization", "organization", &named.organization)];
    if let Some((key, name)) = &named.line {
        lines.push(reader.line(key, "name", name));
    }
    lines.push(t.text_with("mail-line-measure", "measure", terms.measure.as_str()));
    lines.push(t.text_with("mail-line-interval", "interval", terms.interval.as_str()));
    let (used, most) = (figure(job.used), figure(job.most));
    lines.push(t.text_with_all("mail-line-used", &[("used", used.as_str()), ("limit", most.as_str())]));
    if let Some(at) = job.resets_at {
        lines.push(t.text_with("mail-line-resets", "time", reader.time(at)));
    }
    let name = in_mail(named.line.as_ref().map_or(&named.organization, |(_, name)| name));
    let (percent, amount) = (job.percent.map(|percent| percent.to_string()), figure(job.amount));
    let (key, value) = match &percent {
        Some(percent) => ("mail-budget-share", percent.as_str()),
        None => ("mail-budget-amount", amount.as_str()),
    };
    let text = t.mail(key, &[("operator", sender.operator), ("name", name.as_str()), ("value", value)]);
    let url = match &subject {
        BudgetSubject::Project(project) => format!("{}/usage?project={project}", sender.url),
        _ => format!("{}/usage", sender.url),
    };
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-usage", url }), help: None };
    Ok(send_mail(app, &compose(sender, t, text, parts).to(&job.to)).await)
}

/// A figure in the reader's language; the line about the measure names its unit.
fn written(format: &LocalFormat, measure: Measure, amount: Amount) -> String {
    match measure {
        Measure::Money => format.money(&amount),
        Measure::Tokens | Measure::Requests => format.number(&measure.figure(amount)),
    }
}

/// Finds the names; `None` when the organization was deleted.
async fn named(tx: &mut Tx, job: &MailBudgetAlert, subject: &BudgetSubject) -> Result<Option<Named>, Error> {
    let organization = organizations::find(tx, &job.organization).await?;
    let Some(organization) = organization.filter(|row| row.deactivated_at.is_none()) else { return Ok(None) };
    let line = match subject {
        BudgetSubject::Organization(_) => None,
        BudgetSubject::Project(id) => {
            let project = projects::find(tx, &job.organization, id).await?;
            project.map(|project| ("mail-line-budget-project", project.name))
        }
        BudgetSubject::Person(person) => {
            let person = users::find(tx, person.user()).await?;
            person.map(|person| ("mail-line-budget-person", person.name))
        }
        BudgetSubject::Key(id) => {
            let key = api_keys::find(tx, id).await?;
            key.map(|key| ("mail-line-budget-key", key.name.unwrap_or_else(|| id.to_string())))
        }
    };
    Ok(Some(Named { organization: organization.name, line }))
}
