//! Resetting a forgotten password: a link by mail, then a new password. A second factor is still required afterwards
//! (ASVS 6.4.3).

use keystead_core::secret::Secret;
use keystead_store::tables::{accounts, users};
use serde_json::json;

use super::mail_kind::MailKind;
use super::sessions::SignedIn;
use super::tokens::{CONFIRM, RESET, RESET_LIFE};
use super::{Context, acceptable, dead_link, digest};
use crate::jobs::{Job, Outcome, ResetPassword};
use crate::validate::checked_email;
use crate::{App, Error};

impl App {
    /// Mails a link to choose a new password, if the address has an account. Answer and work are the same for every
    /// address; the worker looks the address up.
    ///
    /// # Errors
    /// When the address is not valid, or after too many attempts.
    pub async fn request_reset(&self, email: &str, context: &Context) -> Result<(), Error> {
        let email = checked_email(email)?;
        write_tx!(self.store(), "request_reset", |tx| {
            self.count_mail(tx, context.origin, &email).await?;
            let (email, language) = (email.clone(), context.language.clone());
            self.enqueue(tx, &Job::ResetPassword(ResetPassword { email, language }), self.now()).await
        })
    }

    /// Mails the link, if the address has an account.
    pub(crate) async fn mail_reset_link(&self, job: ResetPassword) -> Result<Outcome, Error> {
        let ResetPassword { email, language } = job;
        write_tx!(self.store(), "settle_reset", |tx| {
            let user = users::find_by_email(tx, &email).await?.filter(|row| row.deactivated_at.is_none());
            if let Some(user) = user {
                let link = self.one_time_link(tx, RESET, "reset", &user.id, "{}", RESET_LIFE).await?;
                self.mail(tx, &user.email, MailKind::Reset, &language, &link).await?;
            }
            Ok(Outcome::Done)
        })
    }

    /// Whether a reset link still works. Looking does not use it up.
    pub async fn reset_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        self.token_works(RESET, token).await
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
        let hash = self.hash_password(password).await?;
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
            let mut account = known.unwrap_or_else(|| self.new_account(user, None, context));
            account.password = Some(hash.clone());
            account.password_changed_at = Some(now);
            account.confirmed_at.get_or_insert(now);
            accounts::save(tx, &account).await?;
            accounts::use_tokens_of(tx, user, CONFIRM, now).await?;
            self.end_other_ways_in(tx, user, &[]).await?;
            self.mail(tx, &person.email, MailKind::PasswordChanged, &context.language, "").await?;
            let details = json!({ "data": { "password": "reset" } });
            self.record_for(tx, user, "user.updated", user.as_str(), details).await?;
            self.let_in(tx, user, &self.password_proven(&hash), context).await
        })
    }
}
