//! The mail about unusual use of a key, or about its pause. Its link opens the page of the key, where a signed-in person
//! resumes it; no link of a mail changes anything.

use keystead_core::anomaly::{CapPeriod, Signal};
use keystead_core::text::in_mail;
use keystead_store::tables::api_keys;
use keystead_store::tables::key_signals::KeySignal;
use keystead_store::tables::{memberships, organizations, users};

use super::described;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{MailKeySignal, Outcome};
use crate::{App, Error};

/// Mails one person.
pub(crate) async fn mail_key_signal(app: &App, job: MailKeySignal) -> Result<Outcome, Error> {
    let Some(signal) = Signal::from_name(&job.signal) else { return Ok(Outcome::Done) };
    let found = read_tx!(app.store(), "key_signal_mail", |tx| {
        let organization = organizations::find(tx, &job.organization).await?;
        let member = memberships::find(tx, &job.organization, &job.to).await?;
        let person = users::find(tx, &job.to).await?.filter(|row| member.is_some() && row.deactivated_at.is_none());
        let key = api_keys::find(tx, &job.key).await?.filter(|key| key.revoked_at.is_none());
        let organization = organization.filter(|row| row.deactivated_at.is_none());
        let (Some(organization), Some(person), Some(key)) = (organization, person, key) else { return Ok(None) };
        let reader = Reader::find(app, tx, &person.email, "").await?;
        Ok(Some((organization, person, key, reader)))
    })?;
    // It was revoked, or the person left, meanwhile.
    let Some((organization, person, key, reader)) = found else { return Ok(Outcome::Done) };
    let (sender, t) = (Sender::of(app), reader.messages);
    let name = key.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| key.redacted.clone());
    let noticed = KeySignal {
        key: job.key,
        organization: job.organization,
        signal,
        value: in_mail(&job.value),
        at: job.at,
        period: CapPeriod::from_name(&job.period),
        figure: job.figure,
        usual: job.usual,
    };
    let lines = vec![
        described(&noticed, t, &reader.format),
        reader.line("mail-line-key", "key", &key.redacted),
        reader.line("mail-line-organization", "organization", &organization.name),
        t.text_with("mail-line-when", "when", reader.time(job.at)),
    ];
    let named = in_mail(&name);
    let arguments = [("operator", sender.operator), ("name", named.as_str())];
    let written = match signal.pauses() {
        Some(_) => t.mail("mail-key-paused", &arguments),
        None => t.mail("mail-key-unusual", &arguments),
    };
    let url = match &key.project {
        Some(project) => format!("{}/api-keys/{}?project={project}", sender.url, key.id),
        None => format!("{}/settings/organization/admin-keys", sender.url),
    };
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-key", url }), help: None };
    Ok(send_mail(app, &compose(sender, t, written, parts).to(&person.email)).await)
}
