//! Mails to the operators: about cases that wait for a decision, and before the pictures of one are erased.
//!
//! A case is announced once. Cases that are opened soon after one another share a mail.

use keystead_core::id::ReviewCaseId;
use keystead_core::notification::Notification;
use keystead_core::text::in_mail;
use keystead_core::time::Timestamp;
use keystead_providers::mail::MailContent;
use keystead_store::Tx;
use keystead_store::tables::reviews::{self, ReviewCase};
use keystead_store::tables::{accounts, organizations, users};

use crate::accounts::MailKind;
use crate::accounts::mails::queue_case_mail;
use crate::accounts::notifications::wants_mail;
use crate::jobs::mail::{MailLink, Parts, Reader, Sender, compose, send_mail};
use crate::jobs::{Job, MailCases, MailReviewers, Outcome};
use crate::{App, Error};

const DAY: i64 = 86_400;
/// Seconds between two announcements: cases opened in between wait for the second one.
const APART: i64 = 600;
/// The most cases that one mail lists.
const LISTED: usize = 20;

/// Whether the operators get mails about cases.
fn operators_get_mail(app: &App) -> bool {
    app.sends_mail() && app.settings().case_mails && !app.settings().operator_emails.is_empty()
}

/// Queues the announcement of a case that this transaction opens.
pub(crate) async fn queue_announcement(app: &App, tx: &mut Tx) -> Result<(), Error> {
    if !operators_get_mail(app) {
        return Ok(());
    }
    app.enqueue(tx, &Job::AnnounceCases {}, app.now()).await
}

/// Queues a mail to each operator about every undecided case that has not been announced.
pub(crate) async fn announce_cases(app: &App) -> Result<Outcome, Error> {
    let now = app.now();
    write_tx!(app.store(), "announce_cases", |tx| {
        let before = reviews::last_announced(tx).await?;
        if let Some(wait) = before.map(|at| APART - now.since(at)).filter(|wait| *wait > 0) {
            return Ok(Outcome::Again(Some(wait)));
        }
        let cases = reviews::announce(tx, now).await?;
        if cases.is_empty() {
            return Ok(Outcome::Done);
        }
        for to in &app.settings().operator_emails {
            if !operator_wants_mail(tx, to).await? {
                continue;
            }
            let mail = MailCases { to: to.clone(), cases: cases.clone() };
            app.enqueue(tx, &Job::MailCases(mail), now).await?;
        }
        Ok(Outcome::Done)
    })
}

/// Mails an operator about these cases; cases that were decided meanwhile are left out.
pub(crate) async fn mail_cases(app: &App, job: MailCases) -> Result<Outcome, Error> {
    let MailCases { to, cases } = job;
    let (reader, cases) = read_tx!(app.store(), "case_mail", |tx| {
        let mut open = Vec::new();
        for id in &cases {
            if let Some(case) = reviews::find(tx, id).await?.filter(|case| case.decided_at.is_none()) {
                let name = organizations::find(tx, &case.organization).await?.map(|row| row.name);
                open.push((case, name.unwrap_or_default()));
            }
        }
        Ok((Reader::find(app, tx, &to, "").await?, open))
    })?;
    let content = match cases.as_slice() {
        [] => return Ok(Outcome::Done),
        [(case, name)] => about_case(Sender::of(app), &reader, case, name),
        several => about_cases(Sender::of(app), &reader, several),
    };
    Ok(send_mail(app, &content.to(&to)).await)
}

/// The mail about one case.
pub(crate) fn about_case(sender: Sender<'_>, reader: &Reader, case: &ReviewCase, organization: &str) -> MailContent {
    let mut lines = vec![
        reader.line("mail-line-organization", "organization", organization),
        reader.line("mail-line-opened", "time", &reader.time(case.opened_at)),
    ];
    lines.extend(case.images_until.map(|at| reader.line("mail-line-photos", "time", &reader.time(at))));
    let name = in_mail(organization);
    let arguments = [("operator", sender.operator), ("kind", case.kind.as_str()), ("organization", &name)];
    let url = format!("{}/operator/reviews/{}", sender.url, case.id);
    let parts = Parts { lines, link: Some(MailLink { button: "mail-button-case", url }), help: None };
    compose(sender, reader.messages, reader.messages.mail("mail-case-waiting", &arguments), parts)
}

/// The mail about several cases.
pub(crate) fn about_cases(sender: Sender<'_>, reader: &Reader, cases: &[(ReviewCase, String)]) -> MailContent {
    let t = reader.messages;
    let line = |(case, name): &(ReviewCase, String)| {
        let name = in_mail(name);
        let known = [("kind", case.kind.as_str()), ("organization", name.as_str())];
        match case.images_until.map(|at| reader.time(at)) {
            Some(time) => t.text_with_all("mail-line-case-until", &[known[0], known[1], ("time", &time)]),
            None => t.text_with_all("mail-line-case", &known),
        }
    };
    let operator = [("operator", sender.operator)];
    let count = i64::try_from(cases.len()).unwrap_or(i64::MAX);
    let subject = t.count_with("mail-cases-waiting-subject", count, &operator);
    let text = t.text("mail-cases-waiting-text");
    let url = format!("{}/operator/reviews", sender.url);
    let link = Some(MailLink { button: "mail-button-queue", url });
    let lines = cases.iter().take(LISTED).map(line).collect();
    compose(sender, t, (subject, text), Parts { lines, link, help: None })
}

/// Queues the mail to reviewers that a case is about to lose its pictures, for a day before the deadline.
pub(crate) async fn remind_reviewers(
    app: &App,
    tx: &mut Tx,
    case: &ReviewCaseId,
    until: Timestamp,
) -> Result<(), Error> {
    if !operators_get_mail(app) || until <= app.now() {
        return Ok(());
    }
    let mail = Job::MailReviewers(MailReviewers { case: case.clone(), until: Some(until) });
    app.enqueue(tx, &mail, until.plus(-DAY).max(app.now())).await
}

/// Mails every operator that a case is undecided and is about to lose its pictures; does nothing when it was
/// decided or its deadline has moved.
pub(crate) async fn mail_reviewers(app: &App, job: MailReviewers) -> Result<Outcome, Error> {
    let MailReviewers { case: id, until } = job;
    write_tx!(app.store(), "tell_reviewers", |tx| {
        let case = reviews::find(tx, &id).await?;
        let Some(case) = case.filter(|case| case.decided_at.is_none() && case.images_until == until) else {
            return Ok(());
        };
        let organization = organizations::find(tx, &case.organization).await?.map(|row| row.name).unwrap_or_default();
        let page = format!("{}/operator/reviews/{id}", app.public_url());
        queue_for_operators(app, tx, MailKind::PicturesGo, &page, &organization).await
    })?;
    Ok(Outcome::Done)
}

/// Queues a mail to each operator that an owner asks for a waiver.
pub(crate) async fn mail_waiver_request(app: &App, tx: &mut Tx, organization: &str) -> Result<(), Error> {
    if !operators_get_mail(app) {
        return Ok(());
    }
    let page = format!("{}/operator/exemptions#waivers", app.public_url());
    queue_for_operators(app, tx, MailKind::WaiverAsked, &page, organization).await
}

/// Whether the operator with this address has not switched mails about cases off. One without an account gets them.
async fn operator_wants_mail(tx: &mut Tx, email: &str) -> Result<bool, Error> {
    match users::find_by_email(tx, email).await? {
        Some(person) => wants_mail(tx, &person.id, Some(Notification::Review)).await,
        None => Ok(true),
    }
}

/// Queues a mail to each operator, in the language of their account.
async fn queue_for_operators(
    app: &App,
    tx: &mut Tx,
    kind: MailKind,
    page: &str,
    organization: &str,
) -> Result<(), Error> {
    for email in &app.settings().operator_emails {
        if !operator_wants_mail(tx, email).await? {
            continue;
        }
        let language = match users::find_by_email(tx, email).await? {
            Some(person) => accounts::find(tx, &person.id).await?.map(|account| account.language),
            None => None,
        };
        // One job each, so that an address that refuses mail does not keep the others from theirs.
        queue_case_mail(app, tx, email, kind, &language.unwrap_or_default(), page, organization).await?;
    }
    Ok(())
}
