//! The mails about purchases, the end of credit and suspended billing, to the owners, in their language.

use keystead_core::id::{OrganizationId, UserId};
use keystead_core::money::{Amount, Micros};
use keystead_core::purchase::recharge::Pause;
use keystead_core::role::OrganizationRole;
use keystead_providers::mail::MailContent;
use keystead_store::Tx;
use keystead_store::tables::{credit_purchases, memberships, organizations, users};
use serde::{Deserialize, Serialize};

use super::MailPurchase;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{Job, Outcome};
use crate::verification::limits::count_alert_mail;
use crate::{App, Error};

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PurchaseNotice {
    /// A purchase is paid.
    Paid,
    /// A part of it, or all, is paid back.
    Refunded,
    /// The bank refused a refund.
    RefundFailed,
    /// The cardholder disputes the charge.
    Disputed,
    /// The dispute is won.
    DisputeWon,
    /// Automatic purchases pause.
    Paused(PausedBy),
    /// The balance fell below the mark that owners set.
    Low,
    /// No prepaid credit is left.
    Exhausted,
    /// An operator suspended billing.
    Suspended,
    /// An operator ended the suspension of billing.
    Resumed,
}

/// Why automatic purchases pause, in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PausedBy {
    Declined,
    NoCard,
    Ceiling,
    Bounds,
}

impl From<Pause> for PausedBy {
    fn from(pause: Pause) -> Self {
        match pause {
            Pause::Declined => Self::Declined,
            Pause::NoCard => Self::NoCard,
            Pause::Ceiling => Self::Ceiling,
            Pause::Bounds => Self::Bounds,
        }
    }
}

impl PurchaseNotice {
    /// Every notice, for tests of the mails.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 13] = [
        Self::Paid,
        Self::Refunded,
        Self::RefundFailed,
        Self::Disputed,
        Self::DisputeWon,
        Self::Paused(PausedBy::Declined),
        Self::Paused(PausedBy::NoCard),
        Self::Paused(PausedBy::Ceiling),
        Self::Paused(PausedBy::Bounds),
        Self::Low,
        Self::Exhausted,
        Self::Suspended,
        Self::Resumed,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Paid => "mail-credit-bought",
            Self::Refunded => "mail-credit-refunded",
            Self::RefundFailed => "mail-credit-refund-failed",
            Self::Disputed => "mail-credit-disputed",
            Self::DisputeWon => "mail-credit-dispute-won",
            Self::Paused(PausedBy::Declined) => "mail-recharge-declined",
            Self::Paused(PausedBy::NoCard) => "mail-recharge-no-card",
            Self::Paused(PausedBy::Ceiling) => "mail-recharge-ceiling",
            Self::Paused(PausedBy::Bounds) => "mail-recharge-bounds",
            Self::Low => "mail-credit-low",
            Self::Exhausted => "mail-credit-exhausted",
            Self::Suspended => "mail-billing-suspended",
            Self::Resumed => "mail-billing-resumed",
        }
    }

    /// Whether the mail has a line with an amount: the text of one about a mark says it.
    const fn has_amount(self) -> bool {
        !matches!(self, Self::Low | Self::Exhausted | Self::Suspended | Self::Resumed)
    }
}

/// What a mail says of a purchase.
#[derive(Debug, Clone, Default)]
pub(crate) struct AboutPurchase {
    pub(crate) organization: String,
    pub(crate) cents: i64,
    /// Where the service shows its receipt.
    pub(crate) receipt_url: Option<String>,
    /// What the operator says about it.
    pub(crate) reason: Option<String>,
}

/// The mail that reports a notice to an owner.
pub(crate) fn about_purchase(
    sender: Sender<'_>,
    reader: &Reader,
    notice: PurchaseNotice,
    about: &AboutPurchase,
) -> MailContent {
    let amount = reader.format.money(&Amount::of_cents(about.cents));
    let mut lines = vec![reader.line("mail-line-organization", "organization", &about.organization)];
    if notice.has_amount() {
        lines.push(reader.line("mail-line-amount", "amount", &amount));
    }
    if let Some(reason) = &about.reason {
        lines.push(reader.line("mail-line-reason", "reason", reason));
    }
    if let Some(url) = &about.receipt_url {
        lines.push(reader.line("mail-line-receipt", "url", url));
    }
    let text = reader.messages.mail(notice.key(), &[("operator", sender.operator), ("amount", &amount)]);
    let url = format!("{}/settings/organization/billing", sender.url);
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-credit", url }), help: None };
    compose(sender, reader.messages, text, parts)
}

/// Queues a mail to the owners that no credit is left.
pub(crate) async fn mail_exhausted(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    mail_credit(app, tx, organization, (PurchaseNotice::Exhausted, 0), "about the end of credit").await
}

/// Queues a mail to the owners that the balance is below their mark.
pub(crate) async fn mail_low(app: &App, tx: &mut Tx, organization: &OrganizationId, mark: Micros) -> Result<(), Error> {
    let cents = Amount::from(mark).rounded_to(100);
    mail_credit(app, tx, organization, (PurchaseNotice::Low, cents), "about little credit").await
}

/// Queues a mail to the owners about what is left of the credit. Such mails count as those of alerts.
async fn mail_credit(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    (notice, cents): (PurchaseNotice, i64),
    about: &str,
) -> Result<(), Error> {
    if !app.sends_mail() || !count_alert_mail(app, tx, organization, about).await? {
        return Ok(());
    }
    let mail = MailPurchase { cents, ..MailPurchase::without_purchase(organization, notice) };
    app.enqueue(tx, &Job::MailPurchase(mail), app.now()).await
}

/// Queues a mail to the owners that an operator suspended billing, with the reason that the organization sees on its
/// page and in webhooks too; or that an operator resumed it, for `None`.
pub(crate) async fn mail_suspension(
    app: &App,
    tx: &mut Tx,
    organization: &OrganizationId,
    suspended: Option<&str>,
) -> Result<(), Error> {
    if !app.sends_mail() {
        return Ok(());
    }
    let notice = if suspended.is_some() { PurchaseNotice::Suspended } else { PurchaseNotice::Resumed };
    let reason = suspended.map(str::to_owned);
    let mail = MailPurchase { reason, ..MailPurchase::without_purchase(organization, notice) };
    app.enqueue(tx, &Job::MailPurchase(mail), app.now()).await
}

/// Queues a mail for each owner.
pub(super) async fn mail_all(app: &App, job: MailPurchase) -> Result<Outcome, Error> {
    write_tx!(app.store(), "mail_owners_of_purchase", |tx| {
        for owner in memberships::list_owners(tx, &job.organization).await? {
            // One job each, so that an address that refuses mail does not keep the others from theirs.
            let mail = MailPurchase { to: Some(owner), ..job.clone() };
            app.enqueue(tx, &Job::MailPurchase(mail), app.now()).await?;
        }
        Ok(())
    })?;
    Ok(Outcome::Done)
}

/// Mails one owner.
pub(super) async fn mail_one(app: &App, job: MailPurchase, to: UserId) -> Result<Outcome, Error> {
    let MailPurchase { organization, purchase, notice, cents, reason, .. } = job;
    let found = read_tx!(app.store(), "owner_of_purchase", |tx| {
        let owner = memberships::find(tx, &organization, &to).await?.filter(|row| row.role == OrganizationRole::Owner);
        let person = users::find(tx, &to).await?.filter(|row| owner.is_some() && row.deactivated_at.is_none());
        let Some(person) = person else { return Ok(None) };
        let name = organizations::find(tx, &organization).await?.map(|row| row.name).unwrap_or_default();
        let bought = match &purchase {
            Some(id) => credit_purchases::find(tx, &organization, id).await?,
            None => None,
        };
        let receipt_url = bought.and_then(|row| row.receipt_url);
        let reader = Reader::find(app, tx, &person.email, "").await?;
        let about = AboutPurchase { organization: name, cents, receipt_url, reason: reason.clone() };
        Ok(Some((person.email, reader, about)))
    })?;
    let Some((email, reader, about)) = found else { return Ok(Outcome::Done) };
    Ok(send_mail(app, &about_purchase(Sender::of(app), &reader, notice, &about).to(&email)).await)
}
