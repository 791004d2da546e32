//! Signing up: address and password, then a link by mail. When the address already has an account, the mail says so and
//! not the page: the request does the same for every address, and the worker looks the address up.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account};
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use super::mail_kind::MailKind;
use super::mails::{count_mail, queue_mail, queue_mail_to_user};
use super::new_account::{insert_new_user, new_account};
use super::password::hash_password;
use super::proven::{Proven, sign_in_proven};
use super::sessions::SignedIn;
use super::tokens::{CONFIRM, CONFIRM_LIFE, RESET, RESET_LIFE, is_token_valid, one_time_link};
use super::{Context, acceptable, dead_link, digest, wrong};
use crate::jobs::{Job, Outcome, SignUp};
use crate::validate::checked_email;
use crate::{App, Error};

impl App {
    /// Signs a person up. The answer is the same for every address; the mail says what happened.
    ///
    /// # Errors
    /// When the address or the password is refused, after too many attempts, or where no mail can be sent.
    pub async fn sign_up(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<(), Error> {
        self.ensure_mail("sign_up")?;
        let email = checked_email(email)?;
        acceptable(password, &email, &[&self.settings().operator])?;
        write_tx!(self.store(), "sign_up_counted", |tx| count_mail(self, tx, context.origin, &email).await)?;
        let hash = hash_password(self, password).await?;
        let job = Job::SignUp(SignUp { email, password: hash, language: context.language.clone() });
        write_tx!(self.store(), "sign_up", |tx| self.enqueue(tx, &job, self.now()).await)
    }

    /// Whether a confirmation link still works. Looking does not use it up, because mail scanners open links.
    pub async fn confirmation_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        is_token_valid(self, CONFIRM, token).await
    }

    /// Confirms an address with the password that was typed when its link was made, and signs the person in.
    ///
    /// When other links with other passwords are open, it is unknown which password the owner of the mailbox typed:
    /// then none of them counts, and a link to choose a password is mailed. The same is done in production for an
    /// operator's address: only a person who has opened the mailbox chooses its password.
    ///
    /// # Errors
    /// When the link was used or has expired.
    pub async fn confirm_email(&self, token: &Secret<String>, context: &Context) -> Result<SignedIn, Error> {
        let key = digest(token);
        write_tx!(self.store(), "confirm_email", |tx| {
            let now = self.now();
            let row = accounts::find_token(tx, CONFIRM, &key, now).await?.ok_or_else(dead_link)?;
            let user = row.user.ok_or_else(dead_link)?;
            let account = accounts::lock(tx, &user).await?.filter(|account| account.confirmed_at.is_none());
            let mut account = account.ok_or_else(dead_link)?;
            let rivals = accounts::list_tokens_of(tx, &user, CONFIRM, now).await?;
            let person = users::find(tx, &user).await?.ok_or_else(dead_link)?;
            // A stranger may sign up with an operator's address, and the operator may open the link: the password that
            // the stranger typed must not become the operator's.
            let operates = !self.settings().development && self.settings().is_operator(&person.email);
            let contested = operates || rivals.iter().any(|rival| rival.payload != row.payload);
            if !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            accounts::use_tokens_of(tx, &user, CONFIRM, now).await?;
            let kept: Value = serde_json::from_str(&row.payload).map_err(|_| dead_link())?;
            let password = kept.get("password").and_then(Value::as_str).filter(|hash| !hash.is_empty());
            account.password = password.filter(|_| !contested).map(str::to_owned);
            account.password_changed_at = Some(now);
            account.confirmed_at = Some(now);
            accounts::save(tx, &account).await?;
            if contested {
                let link = one_time_link(self, tx, RESET, "reset", &user, "{}", RESET_LIFE).await?;
                queue_mail_to_user(self, tx, &user, MailKind::ChoosePassword, &link).await?;
            }
            sign_in_proven(self, tx, &user, &Proven::Mailbox(person.email), context).await
        })
    }
}

/// Makes the account, or mails the address that there is one.
pub(crate) async fn finish_sign_up(app: &App, job: SignUp) -> Result<Outcome, Error> {
    let SignUp { email, password: hash, language } = job;
    let fresh = app.draw(UserId::generate);
    write_tx!(app.store(), "settle_sign_up", |tx| {
        let context = Context { language: language.clone(), ..Context::default() };
        let id = match users::find_by_email(tx, &email).await? {
            Some(user) => user.id,
            None => insert_new_user(app, tx, &fresh, &email, None).await?,
        };
        let known = accounts::lock(tx, &id).await?;
        if known.as_ref().is_some_and(|row| row.confirmed_at.is_some()) {
            queue_mail(app, tx, &email, MailKind::AlreadyRegistered, &language, "").await?;
            return Ok(Outcome::Done);
        }
        // The account was made on the command line, or its address was never confirmed: no password works until the
        // mailbox was opened, and then the password that belongs to the link does.
        let mut account = known.unwrap_or_else(|| new_account(app, &id, None, &context));
        account.password = Some(hash.clone());
        account.password_changed_at = Some(app.now());
        accounts::save(tx, &account).await?;
        mail_confirmation(app, tx, &id, &email, &hash, &language).await?;
        Ok(Outcome::Done)
    })
}

/// Mails a new confirmation link for an account that was never confirmed; limited like every mail. The link carries
/// the password that was just typed, unless it has been replaced meanwhile.
pub(super) async fn resend_confirmation(app: &App, user: &User, kept: &str, context: &Context) -> Result<(), Error> {
    write_tx!(app.store(), "resend_confirmation", |tx| {
        count_mail(app, tx, context.origin, &user.email).await?;
        let account = accounts::lock(tx, &user.id).await?;
        let same = |row: &Account| row.confirmed_at.is_none() && row.password.as_deref() == Some(kept);
        account.filter(same).ok_or_else(wrong)?;
        mail_confirmation(app, tx, &user.id, &user.email, kept, &context.language).await
    })
}

/// Mails a link that carries its own password, so that another sign-up with the same address in between does not
/// change it.
async fn mail_confirmation(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    email: &str,
    hash: &str,
    language: &str,
) -> Result<(), Error> {
    let payload = json!({ "password": hash }).to_string();
    let link = one_time_link(app, tx, CONFIRM, "confirm", user, &payload, CONFIRM_LIFE).await?;
    queue_mail(app, tx, email, MailKind::Confirm, language, &link).await
}
