//! Signing up: address and password, then a link by mail. When the address already has an account, the mail says so and
//! not the page: the request does the same for every address, and the worker looks the address up.

use keystead_core::hex;
use keystead_core::id::{JobId, UserId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{Counting, Limit, Subject};
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account, Token};
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use super::mail_kind::MailKind;
use super::proven::Proven;
use super::sessions::SignedIn;
use super::tokens::{CONFIRM, CONFIRM_LIFE, RESET, RESET_LIFE};
use super::{Context, acceptable, dead_link, digest, wrong};
use crate::jobs::{Job, Outcome, SignUp};
use crate::request::Origin;
use crate::validate::checked_email;
use crate::verification::limits::Subjects;
use crate::{App, Error};

/// The name under which mails that any stranger can cause are counted.
const MAILS: &str = "account_mails";

const fn times(subject: Subject, window: i64, most: i64) -> Limit {
    Limit { name: MAILS, subject, counting: Counting::Times, window, most }
}

/// Limits on mails by recipient and origin, so that this installation cannot be used to flood a mailbox.
const MAIL_LIMITS: &[Limit] = &[
    times(Subject::Number, 3_600, 5),
    times(Subject::Number, 86_400, 15),
    times(Subject::Ip, 3_600, 30),
    times(Subject::Network, 3_600, 100),
    times(Subject::Network, 86_400, 500),
];

impl App {
    /// Signs a person up. The answer is the same for every address; the mail says what happened.
    ///
    /// # Errors
    /// When the address or the password is refused, or after too many attempts.
    pub async fn sign_up(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<(), Error> {
        let email = checked_email(email)?;
        acceptable(password, &email, &[&self.settings().operator])?;
        write_tx!(self.store(), "sign_up_counted", |tx| self.count_mail(tx, context.origin, &email).await)?;
        let hash = self.hash_password(password).await?;
        let job = Job::SignUp(SignUp { email, password: hash, language: context.language.clone() });
        write_tx!(self.store(), "sign_up", |tx| self.enqueue(tx, &job, self.now()).await)
    }

    /// Makes the account, or mails the address that there is one.
    pub(crate) async fn finish_sign_up(&self, job: SignUp) -> Result<Outcome, Error> {
        let SignUp { email, password: hash, language } = job;
        let fresh = self.draw(UserId::generate);
        write_tx!(self.store(), "settle_sign_up", |tx| {
            let context = Context { language: language.clone(), ..Context::default() };
            let id = match users::find_by_email(tx, &email).await? {
                Some(user) => user.id,
                None => self.newcomer(tx, &fresh, &email, None).await?,
            };
            let known = accounts::lock(tx, &id).await?;
            if known.as_ref().is_some_and(|row| row.confirmed_at.is_some()) {
                self.mail(tx, &email, MailKind::AlreadyRegistered, &language, "").await?;
                return Ok(Outcome::Done);
            }
            // The account was made on the command line, or its address was never confirmed: no password works until the
            // mailbox was opened, and then the password that belongs to the link does.
            let mut account = known.unwrap_or_else(|| self.new_account(&id, None, &context));
            account.password = Some(hash.clone());
            account.password_changed_at = Some(self.now());
            accounts::save(tx, &account).await?;
            self.mail_confirmation(tx, &id, &email, &hash, &language).await?;
            Ok(Outcome::Done)
        })
    }

    /// Mails a new confirmation link for an account that was never confirmed; limited like every mail. The link carries
    /// the password that was just typed, unless it has been replaced meanwhile.
    pub(super) async fn resend_confirmation(&self, user: &User, kept: &str, context: &Context) -> Result<(), Error> {
        write_tx!(self.store(), "resend_confirmation", |tx| {
            self.count_mail(tx, context.origin, &user.email).await?;
            let account = accounts::lock(tx, &user.id).await?;
            let same = |row: &Account| row.confirmed_at.is_none() && row.password.as_deref() == Some(kept);
            account.filter(same).ok_or_else(wrong)?;
            self.mail_confirmation(tx, &user.id, &user.email, kept, &context.language).await
        })
    }

    /// Makes an account for a new person.
    pub(crate) async fn newcomer(
        &self,
        tx: &mut Tx,
        id: &UserId,
        email: &str,
        name: Option<&str>,
    ) -> Result<UserId, Error> {
        let usual = email.split('@').next().unwrap_or(email);
        let user = User {
            id: id.clone(),
            email: email.to_owned(),
            name: name.unwrap_or(usual).to_owned(),
            created_at: self.now(),
            default_organization: None,
            deactivated_at: None,
        };
        users::insert(tx, &user).await?;
        Ok(user.id)
    }

    pub(crate) fn new_account(&self, user: &UserId, password: Option<String>, context: &Context) -> Account {
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

    /// Counts a mail to an address, or refuses it when there were too many.
    pub(crate) async fn count_mail(&self, tx: &mut Tx, origin: Origin, email: &str) -> Result<(), Error> {
        let fingerprint = self.sealer().fingerprint("email", email);
        let number = Some(hex::encode(&fingerprint[..16]));
        let subjects = Subjects { number, ip: origin.ip, ..Subjects::default() };
        self.hold(tx, MAILS, &subjects).await?;
        self.within(tx, MAIL_LIMITS, &subjects, "").await?;
        let id = self.draw(JobId::generate).to_string();
        self.count(tx, MAILS, &subjects, &id, "").await
    }

    /// Mails a link that carries its own password, so that another sign-up with the same address in between does not
    /// change it.
    async fn mail_confirmation(
        &self,
        tx: &mut Tx,
        user: &UserId,
        email: &str,
        hash: &str,
        language: &str,
    ) -> Result<(), Error> {
        let payload = json!({ "password": hash }).to_string();
        let link = self.one_time_link(tx, CONFIRM, "confirm", user, &payload, CONFIRM_LIFE).await?;
        self.mail(tx, email, MailKind::Confirm, language, &link).await
    }

    pub(super) async fn one_time_link(
        &self,
        tx: &mut Tx,
        purpose: &str,
        path: &str,
        user: &UserId,
        payload: &str,
        life: i64,
    ) -> Result<String, Error> {
        let secret = self.fresh_secret();
        let now = self.now();
        let token = Token {
            digest: digest(&secret),
            purpose: purpose.to_owned(),
            user: Some(user.clone()),
            payload: payload.to_owned(),
            created_at: now,
            expires_at: now.plus(life),
            used_at: None,
        };
        accounts::insert_token(tx, &token).await?;
        Ok(format!("{}/{path}?token={}", self.public_url(), secret.expose()))
    }

    /// Whether a confirmation link still works. Looking does not use it up, because mail scanners open links.
    pub async fn confirmation_works(&self, token: &Secret<String>) -> Result<bool, Error> {
        self.token_works(CONFIRM, token).await
    }

    pub(super) async fn token_works(&self, purpose: &str, token: &Secret<String>) -> Result<bool, Error> {
        let (now, key) = (self.now(), digest(token));
        read_tx!(self.store(), "token_works", |tx| {
            Ok(accounts::find_token(tx, purpose, &key, now).await?.is_some())
        })
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
                let link = self.one_time_link(tx, RESET, "reset", &user, "{}", RESET_LIFE).await?;
                self.mail_person(tx, &user, MailKind::ChoosePassword, &link).await?;
            }
            self.let_in(tx, &user, &Proven::Mailbox(person.email), context).await
        })
    }
}
