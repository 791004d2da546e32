//! Resetting a forgotten password: a link by mail, then a new password. A second factor is still required afterwards
//! (ASVS 6.4.3).

use keystead_core::secret::Secret;
use keystead_store::tables::{accounts, users};
use serde_json::json;

use super::mail_kind::MailKind;
use super::mails::{count_mail, queue_mail};
use super::new_account::new_account;
use super::password::hash_password;
use super::proven::{password_proven, sign_in_proven};
use super::sessions::{SignedIn, end_other_sessions_and_tokens};
use super::tokens::{CONFIRM, RESET, RESET_LIFE, is_token_valid, one_time_link};
use super::{Context, acceptable, dead_link, digest, record_for_user};
use crate::jobs::{Job, Outcome, ResetPassword};
use crate::validate::checked_email;
use crate::{App, Error};

impl App {
    /// Mails a link to choose a new password, if the address has an account. Answer and work are the same for every
    /// address; the worker looks the address up.
    ///
    /// # Errors
    /// When the address is not valid, after too many attempts, or where no mail can be sent.
    pub async fn request_reset(&self, email: &str, context: &Context) -> Result<(), Error> {
        let email = checked_email(email)?;
        self.ensure_mail("reset_password")?;
        write_tx!(self.store(), "request_reset", |tx| {
            count_mail(self, tx, context.origin, &email).await?;
            let (email, language) = (email.clone(), context.language.clone());
            self.enqueue(tx, &Job::ResetPassword(ResetPassword { email, language }), self.now()).await
        })
    }

    /// Whether a reset link still works. Looking does not use it up.
    pub async fn reset_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        is_token_valid(self, RESET, token).await
    }

    /// Chooses a new password with a link from a mail, and signs the person in. Every other session ends, links mailed
    /// before stop working, and the address counts as confirmed.
    ///
    /// # Errors
    /// When the link was used or has expired, or when the password is refused; the link stays valid then.
    pub async fn reset_password(
        &self,
        token: &Secret<String>,
        password: &Secret<String>,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        let (now, key) = (self.now(), digest(token));
        // A password is hashed only for a link that works.
        let person = read_tx!(self.store(), "reset_of", |tx| {
            let row = accounts::find_token(tx, RESET, &key, now).await?.ok_or_else(dead_link)?;
            let user = users::find(tx, &row.user.ok_or_else(dead_link)?).await?;
            user.filter(|row| row.deactivated_at.is_none()).ok_or_else(dead_link)
        })?;
        acceptable(password, &person.email, &[&self.settings().operator])?;
        let hash = hash_password(self, password).await?;
        write_tx!(self.store(), "reset_password", |tx| {
            let now = self.now();
            // Checked again: the account may have been closed, or its address changed, while the password was hashed.
            let person = users::find(tx, &person.id).await?.filter(|row| row.deactivated_at.is_none());
            let person = person.ok_or_else(dead_link)?;
            let user = &person.id;
            if !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            let known = accounts::lock(tx, user).await?;
            let mut account = known.unwrap_or_else(|| new_account(self, user, None, context));
            account.password = Some(hash.clone());
            account.password_changed_at = Some(now);
            account.confirmed_at.get_or_insert(now);
            accounts::save(tx, &account).await?;
            accounts::use_tokens_of(tx, user, CONFIRM, now).await?;
            end_other_sessions_and_tokens(self, tx, user, &[]).await?;
            queue_mail(self, tx, &person.email, MailKind::PasswordChanged, &context.language, "").await?;
            let details = json!({ "changes_requested": { "password": "reset" } });
            record_for_user(self, tx, user, "user.updated", user.as_str(), details).await?;
            sign_in_proven(self, tx, user, &password_proven(self, &hash), context).await
        })
    }
}

/// Mails the link, if the address has an account.
pub(crate) async fn mail_reset_link(app: &App, job: ResetPassword) -> Result<Outcome, Error> {
    let ResetPassword { email, language } = job;
    write_tx!(app.store(), "settle_reset", |tx| {
        let user = users::find_by_email(tx, &email).await?.filter(|row| row.deactivated_at.is_none());
        if let Some(user) = user {
            let link = one_time_link(app, tx, RESET, "reset", &user.id, "{}", RESET_LIFE).await?;
            queue_mail(app, tx, &user.email, MailKind::Reset, &language, &link).await?;
        }
        Ok(Outcome::Done)
    })
}
