//! Somebody new: address and password, then a link by mail. A known address is told so in its mailbox, not on screen.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account, Token};
use keystead_store::tables::sessions;
use keystead_store::tables::users::{self, User};
use serde_json::json;

use super::mails::{self, Kind};
use super::password::acceptable;
use super::{Context, digest};
use crate::bootstrap::checked_email;
use crate::verification::limits::Subjects;
use crate::{App, Error};

/// How long a confirmation works.
const CONFIRM_LIFE: i64 = 86_400;
/// How long a reset works.
const RESET_LIFE: i64 = 3_600;
pub(super) const CONFIRM: &str = "confirm_email";
pub(super) const RESET: &str = "reset_password";

impl App {
    /// Signs somebody up. The answer is the same for every address; the mailbox is told what happened.
    ///
    /// # Errors
    /// When the address or the password cannot be used, or after too many tries.
    pub async fn sign_up(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<(), Error> {
        let email = checked_email(email)?;
        acceptable(password, &email)?;
        // The same work for known and unknown addresses.
        let hash = self.hash_password(password).await?;
        let (app, context) = (self.clone(), context.clone());
        let id = self.draw(UserId::generate);
        let write = self.store().write("sign_up", async move |tx: &mut Tx| {
            app.count_mail(tx, &context, &email).await?;
            match users::find_by_email(tx, &email).await? {
                None => {
                    let user = User {
                        id: id.clone(),
                        email: email.clone(),
                        name: email.split('@').next().unwrap_or(&email).to_owned(),
                        created_at: app.now(),
                        default_organization: None,
                        deactivated_at: None,
                    };
                    users::insert(tx, &user).await?;
                    accounts::save(tx, &app.new_account(&id, Some(hash.clone()), &context)).await?;
                    app.mail_confirmation(tx, &user, &context.language).await
                }
                Some(user) => {
                    let known = accounts::find(tx, &user.id).await?;
                    if known.as_ref().is_some_and(|row| row.confirmed_at.is_some()) {
                        return app.mail(tx, &user.email, Kind::AlreadyRegistered, &context.language, "").await;
                    }
                    // Made at the command line, or signed up and never confirmed: whoever opens the mailbox owns it,
                    // with the password typed last. Until then no password opens anything.
                    let mut account = known.unwrap_or_else(|| app.new_account(&user.id, None, &context));
                    account.password = Some(hash.clone());
                    account.password_changed_at = Some(app.now());
                    accounts::save(tx, &account).await?;
                    accounts::use_tokens_of(tx, &user.id, CONFIRM, app.now()).await?;
                    app.mail_confirmation(tx, &user, &context.language).await
                }
            }
        });
        write.await
    }

    /// A new confirmation link for an account that was never confirmed; limited like every mail.
    pub(super) async fn resend_confirmation(&self, user: &User, context: &Context) -> Result<(), Error> {
        let (app, user, context) = (self.clone(), user.clone(), context.clone());
        let write = self.store().write("resend_confirmation", async move |tx: &mut Tx| {
            app.count_mail(tx, &context, &user.email).await?;
            app.mail_confirmation(tx, &user, &context.language).await
        });
        write.await
    }

    pub(super) fn new_account(&self, user: &UserId, password: Option<String>, context: &Context) -> Account {
        Account {
            user: user.clone(),
            password_changed_at: password.as_ref().map(|_| self.now()),
            password,
            confirmed_at: None,
            language: context.language.clone(),
            theme: String::new(),
            time_zone: String::new(),
            describes: None,
            totp_sealed: None,
            totp_confirmed_at: None,
            totp_last_step: 0,
        }
    }

    /// Mails are limited by address and origin, so that nobody can fill a mailbox from here.
    async fn count_mail(&self, tx: &mut Tx, context: &Context, email: &str) -> Result<(), Error> {
        use keystead_core::verification::limits::{Counting, Limit, Subject};
        const NAME: &str = "account_mails";
        const fn times(subject: Subject, window: i64, most: i64) -> Limit {
            Limit { name: NAME, subject, counting: Counting::Times, window, most }
        }
        const LIMITS: &[Limit] = &[times(Subject::Number, 3_600, 5), times(Subject::Ip, 3_600, 30)];
        let print = self.sealer().fingerprint("email", email);
        let subjects = Subjects {
            number: Some(print.iter().take(16).map(|byte| format!("{byte:02x}")).collect()),
            ip: context.origin.ip,
            ..Subjects::default()
        };
        self.within(tx, LIMITS, &subjects, "").await?;
        let id = self.draw(keystead_core::id::JobId::generate).to_string();
        self.count(tx, NAME, &subjects, &id, "").await
    }

    async fn mail_confirmation(&self, tx: &mut Tx, user: &User, language: &str) -> Result<(), Error> {
        let link = self.one_time_link(tx, CONFIRM, "confirm", &user.id, CONFIRM_LIFE).await?;
        self.mail(tx, &user.email, Kind::Confirm, language, &link).await
    }

    async fn one_time_link(
        &self,
        tx: &mut Tx,
        purpose: &str,
        path: &str,
        user: &UserId,
        life: i64,
    ) -> Result<String, Error> {
        let secret = self.fresh_secret();
        let now = self.now();
        let token = Token {
            digest: digest(&secret),
            purpose: purpose.to_owned(),
            user: Some(user.clone()),
            payload: "{}".to_owned(),
            created_at: now,
            expires_at: now.plus(life),
            used_at: None,
        };
        accounts::insert_token(tx, &token).await?;
        Ok(format!("{}/{path}?token={}", self.public_url(), secret.expose()))
    }

    /// Mails an invitation.
    pub(crate) async fn mail_invite(&self, tx: &mut Tx, to: &str, language: &str, link: &str) -> Result<(), Error> {
        self.mail(tx, to, Kind::Invite, language, link).await
    }

    pub(super) async fn mail(
        &self,
        tx: &mut Tx,
        to: &str,
        kind: Kind,
        language: &str,
        link: &str,
    ) -> Result<(), Error> {
        let work = json!({ "to": to, "kind": kind.as_str(), "language": language, "link": link });
        self.enqueue(tx, mails::JOB, &work, self.now()).await
    }

    /// Whether a confirmation link still works. Looking spends nothing: mail scanners look.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn confirmation_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        self.token_works(CONFIRM, token).await
    }

    /// Whether a reset link still works.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn reset_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        self.token_works(RESET, token).await
    }

    async fn token_works(&self, purpose: &'static str, token: &Secret<String>) -> Result<bool, Error> {
        let (now, key, confirm) = (self.now(), digest(token), purpose == CONFIRM);
        let read = self.store().read("token_works", async move |tx: &mut Tx| {
            let purpose = if confirm { CONFIRM } else { RESET };
            Ok::<_, Error>(accounts::find_token(tx, purpose, &key, now).await?.is_some())
        });
        read.await
    }

    /// Confirms an address. Answers whose, so that the page can sign the person in.
    ///
    /// # Errors
    /// When the link was used or ran out.
    pub async fn confirm_email(&self, token: &Secret<String>) -> Result<UserId, Error> {
        let (app, key) = (self.clone(), digest(token));
        let write = self.store().write("confirm_email", async move |tx: &mut Tx| {
            let now = app.now();
            let row = accounts::find_token(tx, CONFIRM, &key, now).await?.ok_or_else(dead_link)?;
            let user = row.user.ok_or_else(dead_link)?;
            if !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            let mut account = accounts::find(tx, &user).await?.ok_or_else(dead_link)?;
            account.confirmed_at.get_or_insert(now);
            accounts::save(tx, &account).await?;
            Ok(user)
        });
        write.await
    }

    /// Mails a link to choose a new password, if somebody is known by this address. The answer is always the same.
    ///
    /// # Errors
    /// When this is no address, or after too many tries.
    pub async fn request_reset(&self, email: &str, context: &Context) -> Result<(), Error> {
        let email = checked_email(email)?;
        let (app, context) = (self.clone(), context.clone());
        let write = self.store().write("request_reset", async move |tx: &mut Tx| {
            app.count_mail(tx, &context, &email).await?;
            let Some(user) = users::find_by_email(tx, &email).await?.filter(|row| row.deactivated_at.is_none()) else {
                return Ok(());
            };
            let link = app.one_time_link(tx, RESET, "reset", &user.id, RESET_LIFE).await?;
            app.mail(tx, &user.email, Kind::Reset, &context.language, &link).await
        });
        write.await
    }

    /// Chooses a new password with a link from a mail. Every session ends, and the address is confirmed by it.
    ///
    /// # Errors
    /// When the link was used or ran out, or when the password cannot be used.
    pub async fn reset_password(
        &self,
        token: &Secret<String>,
        password: &Secret<String>,
        context: &Context,
    ) -> Result<UserId, Error> {
        acceptable(password, "")?;
        let hash = self.hash_password(password).await?;
        let (app, key, context) = (self.clone(), digest(token), context.clone());
        let write = self.store().write("reset_password", async move |tx: &mut Tx| {
            let now = app.now();
            let row = accounts::find_token(tx, RESET, &key, now).await?.ok_or_else(dead_link)?;
            let user = row.user.ok_or_else(dead_link)?;
            if !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            let person = users::find(tx, &user).await?.ok_or_else(dead_link)?;
            let known = accounts::find(tx, &user).await?;
            let mut account = known.unwrap_or_else(|| app.new_account(&user, None, &context));
            account.password = Some(hash.clone());
            account.password_changed_at = Some(now);
            account.confirmed_at.get_or_insert(now);
            accounts::save(tx, &account).await?;
            accounts::use_tokens_of(tx, &user, RESET, now).await?;
            sessions::revoke_others(tx, &user, &[], now).await?;
            app.mail(tx, &person.email, Kind::PasswordChanged, &context.language, "").await?;
            Ok(user)
        });
        write.await
    }
}

pub(super) fn dead_link() -> Error {
    Error::Invalid {
        param: None,
        code: Some("link_expired"),
        message: "This link was used or ran out. Ask for a new one.".to_owned(),
    }
}
