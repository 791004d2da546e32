//! Mails about accounts.

use keystead_core::id::UserId;
use keystead_locales::Messages;
use keystead_providers::mail::Mail;
use keystead_store::Tx;
use keystead_store::tables::accounts;
use keystead_store::tables::users::{self, User};

use super::mail_kind::MailKind;
use crate::jobs::{AccountMail, Job, Outcome};
use crate::{App, Error};

impl App {
    /// Queues a mail in this transaction. `detail` is its link, or the value that the text names.
    pub(crate) async fn mail(
        &self,
        tx: &mut Tx,
        to: &str,
        kind: MailKind,
        language: &str,
        detail: &str,
    ) -> Result<(), Error> {
        self.mail_about(tx, to, kind, language, detail, "").await
    }

    /// Queues a mail that also names the account it is about.
    pub(super) async fn mail_about(
        &self,
        tx: &mut Tx,
        to: &str,
        kind: MailKind,
        language: &str,
        detail: &str,
        who: &str,
    ) -> Result<(), Error> {
        let mail = AccountMail {
            to: to.to_owned(),
            kind,
            language: language.to_owned(),
            detail: detail.to_owned(),
            who: who.to_owned(),
        };
        self.enqueue(tx, &Job::SendMail(mail), self.now()).await
    }

    /// Queues a mail to a known person, in the language of the account.
    pub(super) async fn mail_person(
        &self,
        tx: &mut Tx,
        user: &UserId,
        kind: MailKind,
        detail: &str,
    ) -> Result<(), Error> {
        let Some(User { email, .. }) = users::find(tx, user).await? else { return Ok(()) };
        let language = accounts::find(tx, user).await?.map(|row| row.language).unwrap_or_default();
        self.mail(tx, &email, kind, &language, detail).await
    }

    /// Sends a mail about an account.
    pub(crate) async fn send_account_mail(&self, job: AccountMail) -> Outcome {
        let arguments =
            [("operator", self.settings().operator.as_str()), ("detail", &job.detail), ("account", &job.who)];
        let (subject, text) = Messages::of(&job.language).mail(job.kind.key(), &arguments);
        let mail = Mail { to: job.to, subject, text: format!("{text}\n\n{}\n", self.public_url()) };
        self.send_mail(&mail).await
    }
}
