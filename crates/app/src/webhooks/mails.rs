//! The mail to owners about an endpoint that was switched off.

use keystead_core::role::OrganizationRole;
use keystead_core::text::in_mail;
use keystead_core::webhook::DisabledReason;
use keystead_store::tables::{memberships, organizations, users, webhook_endpoints};

use super::fields::host;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{Job, MailWebhookOff, Outcome};
use crate::{App, Error};

/// Mails the owners that an endpoint was switched off; one job for each of them.
pub(crate) async fn mail_webhook_off(app: &App, job: MailWebhookOff) -> Result<Outcome, Error> {
    if job.to.is_some() {
        return mail_owner(app, job).await;
    }
    write_tx!(app.store(), "webhook_owners", |tx| {
        for owner in memberships::list_owners(tx, &job.organization).await? {
            let mail = MailWebhookOff { to: Some(owner), ..job.clone() };
            app.enqueue(tx, &Job::MailWebhookOff(mail), app.now()).await?;
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

async fn mail_owner(app: &App, job: MailWebhookOff) -> Result<Outcome, Error> {
    let found = read_tx!(app.store(), "webhook_owner", |tx| {
        let Some(to) = &job.to else { return Ok(None) };
        let owner = memberships::find(tx, &job.organization, to).await?;
        let owner = owner.filter(|row| row.role == OrganizationRole::Owner);
        let person = users::find(tx, to).await?.filter(|row| owner.is_some() && row.deactivated_at.is_none());
        let organization = organizations::find(tx, &job.organization).await?;
        let endpoint = webhook_endpoints::find(tx, &job.organization, &job.webhook).await?;
        let (Some(person), Some(organization), Some(endpoint)) = (person, organization, endpoint) else {
            return Ok(None);
        };
        let reader = Reader::find(app, tx, &person.email, "").await?;
        Ok(Some((person.email, organization, endpoint, reader)))
    })?;
    // Also when it was switched on again, or deleted, in the meantime.
    let Some((email, organization, endpoint, reader)) = found else { return Ok(Outcome::Done) };
    let key = match endpoint.disabled {
        Some(DisabledReason::Gone) => "mail-webhook-gone",
        Some(DisabledReason::Failing) => "mail-webhook-failing",
        Some(DisabledReason::Owner) | None => return Ok(Outcome::Done),
    };
    let sender = Sender::of(app);
    let name = in_mail(&organization.name);
    let arguments = [("operator", sender.operator), ("name", name.as_str())];
    let lines = vec![
        reader.line("mail-line-organization", "organization", &organization.name),
        reader.line("mail-line-webhook", "host", host(&endpoint.url)),
    ];
    let url = format!("{}/settings/organization/webhooks/{}", sender.url, endpoint.id);
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-webhook", url }), help: None };
    let text = reader.messages.mail(key, &arguments);
    Ok(send_mail(app, &compose(sender, reader.messages, text, parts).to(&email)).await)
}
