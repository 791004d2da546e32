//! Mails about accounts.

use keystead_core::hex;
use keystead_core::id::{JobId, UserId};
use keystead_core::text::in_mail;
use keystead_core::verification::limits::accounts::{MAIL_LIMITS, MAILS};
use keystead_providers::mail::Mail;
use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::users::{self, User};

use super::mail_kind::MailKind;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{AccountMail, Job, Outcome};
use crate::request::Origin;
use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_subjects};
use crate::{App, Error};

/// Queues a mail in this transaction. `detail` is its link, or the value that the text names.
pub(crate) async fn queue_mail(
    app: &App,
    tx: &mut Tx,
    to: &str,
    kind: MailKind,
    language: &str,
    detail: &str,
) -> Result<(), Error> {
    app.enqueue(tx, &Job::SendMail(mail_to(to, kind, language, detail)), app.now()).await
}

/// Queues a mail that also names the account it is about.
pub(super) async fn queue_mail_about(
    app: &App,
    tx: &mut Tx,
    to: &str,
    kind: MailKind,
    language: &str,
    detail: &str,
    who: &str,
) -> Result<(), Error> {
    let mail = AccountMail { who: who.to_owned(), ..mail_to(to, kind, language, detail) };
    app.enqueue(tx, &Job::SendMail(mail), app.now()).await
}

/// Queues the mail of an invitation to an organization, which names the person who invites.
pub(crate) async fn queue_invite_mail(
    app: &App,
    tx: &mut Tx,
    to: &str,
    language: &str,
    link: &str,
    (organization, inviter): (String, String),
) -> Result<(), Error> {
    let mail = AccountMail { organization, inviter, ..mail_to(to, MailKind::Invite, language, link) };
    app.enqueue(tx, &Job::SendMail(mail), app.now()).await
}

/// Queues a mail to an operator that leads to a page of the console and names an organization.
pub(crate) async fn queue_case_mail(
    app: &App,
    tx: &mut Tx,
    to: &str,
    kind: MailKind,
    language: &str,
    page: &str,
    organization: &str,
) -> Result<(), Error> {
    let mail = AccountMail { organization: organization.to_owned(), ..mail_to(to, kind, language, page) };
    app.enqueue(tx, &Job::SendMail(mail), app.now()).await
}

/// A mail that names neither an account nor an organization.
pub(crate) fn mail_to(to: &str, kind: MailKind, language: &str, detail: &str) -> AccountMail {
    AccountMail {
        to: to.to_owned(),
        kind,
        language: language.to_owned(),
        detail: detail.to_owned(),
        who: String::new(),
        organization: String::new(),
        inviter: String::new(),
        project: String::new(),
        after: None,
    }
}

/// Queues a mail to a person about an organization, in the language of their account. `mail` says what it is about; its
/// recipient and language are replaced.
pub(crate) async fn queue_organization_mail(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    mail: AccountMail,
) -> Result<(), Error> {
    let Some(User { email, .. }) = users::find(tx, user).await? else { return Ok(()) };
    let language = accounts::find(tx, user).await?.map(|row| row.language).unwrap_or_default();
    app.enqueue(tx, &Job::SendMail(AccountMail { to: email, language, ..mail }), app.now()).await
}

/// Queues a mail to a known person, in the language of the account.
pub(super) async fn queue_mail_to_user(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    kind: MailKind,
    detail: &str,
) -> Result<(), Error> {
    let Some(User { email, .. }) = users::find(tx, user).await? else { return Ok(()) };
    let language = accounts::find(tx, user).await?.map(|row| row.language).unwrap_or_default();
    queue_mail(app, tx, &email, kind, &language, detail).await
}

/// Sends a mail about an account, after the nodes have applied what it says.
pub(crate) async fn send_account_mail(app: &App, job: AccountMail) -> Outcome {
    if let Some(revision) = job.after {
        app.wait_for_nodes(revision).await;
    }
    let reader = Reader::of_language(app, &job.language);
    send_mail(app, &account_mail(Sender::of(app), &reader, &job)).await
}

/// Writes a mail about an account.
pub(crate) fn account_mail(sender: Sender<'_>, reader: &Reader, job: &AccountMail) -> Mail {
    let button = job.kind.button();
    // The address of a link is ours; every other value may come from a stranger.
    let detail = if job.kind.detail_is_link() { job.detail.clone() } else { in_mail(&job.detail) };
    let [account, organization, inviter] = [&job.who, &job.organization, &job.inviter].map(|value| in_mail(value));
    let arguments = [
        ("operator", sender.operator),
        ("detail", &detail),
        ("account", &account),
        ("organization", &organization),
        ("inviter", &inviter),
    ];
    let link = match job.kind.page() {
        _ if job.kind.detail_is_link() => Some(job.detail.clone()),
        page => page.map(|page| match job.project.as_str() {
            "" => format!("{}{page}", sender.url),
            project => format!("{}{page}?project={project}", sender.url),
        }),
    };
    let lines =
        if job.kind.names_account() { vec![reader.line("mail-line-account", "account", &job.to)] } else { Vec::new() };
    let parts = Parts { lines, link: link.zip(button).map(|(url, button)| MailLink { button, url }), help: None };
    compose(sender, reader.messages, reader.messages.mail(job.kind.key(), &arguments), parts).to(&job.to)
}

/// Counts a mail to an address, or refuses it when there were too many.
pub(crate) async fn count_mail(app: &App, tx: &mut Tx, origin: Origin, email: &str) -> Result<(), Error> {
    let fingerprint = app.sealer().fingerprint("email", email);
    let number = Some(hex::encode(&fingerprint[..16]));
    let subjects = Subjects { number, ip: origin.ip, ..Subjects::default() };
    hold_subjects(app, tx, MAILS, &subjects).await?;
    ensure_within(app, tx, MAIL_LIMITS, &subjects, "").await?;
    let id = app.draw(JobId::generate).to_string();
    count_hit(app, tx, MAILS, &subjects, &id, "").await
}
