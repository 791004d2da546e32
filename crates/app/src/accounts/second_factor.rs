//! The second factor: codes from an authenticator app (TOTP), and recovery codes for a lost app.

use keystead_core::id::{JobId, UserId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::accounts::{SECOND_FACTOR, SECOND_FACTOR_LIMITS};
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Account};
use keystead_store::tables::{limit_hits, users};
use rand::RngCore;
use serde_json::json;
use totp_rs::{Algorithm, Builder, Totp};

use super::mail_kind::MailKind;
use super::mails::queue_mail_to_user;
use super::new_account::new_account;
use super::proven::{Proven, ensure_still_proven};
use super::sessions::{
    SignedIn, begin_session, end_other_sessions_and_tokens, lock_fresh_session, renew_session, renew_session_as,
};
use super::tokens::{WAITING_FOR_CODE, is_token_valid};
use super::{Context, dead_link, digest, failure, record_about_user, record_for_user};
use crate::validate::checked_email;
use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_subjects};
use crate::{Actor, App, Error};

/// Seconds one code is valid, and how many codes before and after the present one are accepted, because clocks differ.
const STEP: u64 = 30;
const DRIFT: u16 = 1;
const RECOVERY_CODES: usize = 10;

/// The data for an authenticator app; shown once.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret as people type it.
    pub secret: Secret<String>,
    /// The same as an `otpauth:` address, for a QR code.
    pub url: Secret<String>,
}

fn context(user: &UserId) -> String {
    format!("accounts.totp:{user}")
}

fn totp(secret: &[u8], operator: &str, email: &str) -> Result<Totp, Error> {
    // A colon would end the issuer's name inside the address.
    let clean = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP)
        .with_skew(DRIFT)
        .with_secret(secret.to_vec())
        .with_issuer(Some(clean(operator)))
        .with_account_name(clean(email))
        .build()
        .map_err(|error| Error::Internal(format!("a second factor cannot be made: {error:?}")))
}

fn enrolment(made: &Totp) -> Result<Enrolment, Error> {
    let url = made.to_url().map_err(|error| Error::Internal(format!("no otpauth address: {error:?}")))?;
    Ok(Enrolment { secret: Secret::new(made.secret().to_base32()), url: Secret::new(url) })
}

fn wrong_code() -> Error {
    Error::coded("code", "second_factor_wrong", "The code is not right, or it was used before.")
}

pub(super) fn not_on() -> Error {
    Error::impossible("The second step is not on.")
}

/// Draws a recovery code: 120 bits in groups of characters that are hard to confuse. It has a zero and no letter o.
fn recovery_code(rng: &mut (impl RngCore + ?Sized)) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut bytes = [0_u8; 24];
    rng.fill_bytes(&mut bytes);
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let groups: Vec<String> = letters.chunks(6).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

impl App {
    /// Whether a cookie's sign-in waits for a code.
    pub async fn waits_for_code(&self, waiting: &Secret<String>) -> Result<bool, Error> {
        is_token_valid(self, WAITING_FOR_CODE, waiting).await
    }

    /// Completes a sign-in with a code from the app or a recovery code, and opens a session with a new secret.
    ///
    /// # Errors
    /// `link_expired` when the wait is over, `second_factor_wrong`, [`Error::Limited`] after too many attempts.
    pub async fn prove_second_factor(
        &self,
        waiting: &Secret<String>,
        code: &str,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        let key = digest(waiting);
        write_tx!(self.store(), "prove_second_factor", |tx| {
            let now = self.now();
            let row = accounts::find_token(tx, WAITING_FOR_CODE, &key, now).await?.ok_or_else(dead_link)?;
            let user = row.user.ok_or_else(dead_link)?;
            let proven: Proven = serde_json::from_str(&row.payload).map_err(|_| dead_link())?;
            if !judge_code(self, tx, &user, code, context.origin.ip).await? {
                record_for_user(self, tx, &user, "login.failed", user.as_str(), failure(&wrong_code())).await?;
                return Ok(None);
            }
            if !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            // The proof before the code may have been removed while the code was typed.
            ensure_still_proven(self, tx, &user, &proven).await.map_err(|error| match error {
                Error::Invalid { .. } => dead_link(),
                other => other,
            })?;
            begin_session(self, tx, &user, context, false).await.map(Some)
        })?
        .ok_or_else(wrong_code)
    }

    /// Begins to set up an authenticator app. Nothing changes until its first code is typed.
    ///
    /// # Errors
    /// `reauthentication_needed`, or when it is switched on already.
    pub async fn enrol_second_factor(&self, session: &Secret<String>) -> Result<Enrolment, Error> {
        let view = self.fresh_session(session).await?;
        let mut bytes = [0_u8; 20];
        self.draw(|rng| rng.fill_bytes(&mut bytes));
        let made = totp(&bytes, &self.settings().operator, &view.email)?;
        let sealed = self.draw(|rng| self.sealer().seal(rng, &context(&view.user), &bytes));
        let (user, key) = (view.user, digest(session));
        write_tx!(self.store(), "enrol_second_factor", |tx| {
            let (_, _, known) = lock_fresh_session(self, tx, &key).await?;
            let mut account = known.unwrap_or_else(|| new_account(self, &user, None, &Context::default()));
            if account.totp_confirmed_at.is_some() {
                return Err(Error::Conflict { message: "The second step is on already.".to_owned() });
            }
            account.totp_sealed = Some(sealed.clone());
            account.totp_last_step = 0;
            Ok(accounts::save(tx, &account).await?)
        })?;
        enrolment(&made)
    }

    /// Returns the enrolment that was begun and is not confirmed, to show it again on the same page.
    ///
    /// # Errors
    /// `reauthentication_needed`.
    pub async fn begun_second_factor(&self, session: &Secret<String>) -> Result<Option<Enrolment>, Error> {
        let view = self.fresh_session(session).await?;
        let user = &view.user;
        let account = read_tx!(self.store(), "begun_second_factor", |tx| Ok(accounts::find(tx, user).await?))?
            .filter(|row| row.totp_confirmed_at.is_none());
        let Some(sealed) = account.and_then(|row| row.totp_sealed) else { return Ok(None) };
        let bytes = self.sealer().open(&context(&view.user), &sealed)?;
        let made = totp(bytes.expose(), &self.settings().operator, &view.email)?;
        Ok(Some(enrolment(&made)?))
    }

    /// Switches the second factor on with the app's first code. Returns the recovery codes, to be shown once, and the
    /// session with a new secret; other sessions end.
    ///
    /// # Errors
    /// `reauthentication_needed`, `second_factor_wrong`, or when nothing was begun.
    pub async fn confirm_second_factor(
        &self,
        session: &Secret<String>,
        code: &str,
    ) -> Result<(Vec<Secret<String>>, SignedIn), Error> {
        let key = digest(session);
        write_tx!(self.store(), "confirm_second_factor", |tx| {
            let (_, person, account) = lock_fresh_session(self, tx, &key).await?;
            let user = &person.id;
            let mut account = account
                .filter(|row| row.totp_sealed.is_some() && row.totp_confirmed_at.is_none())
                .ok_or_else(|| Error::impossible("Begin by adding the account to an authenticator app."))?;
            account.totp_last_step = time_step_of_code(self, &account, code)?.ok_or_else(wrong_code)?;
            account.totp_confirmed_at = Some(self.now());
            accounts::save(tx, &account).await?;
            let codes = replace_recovery_codes(self, tx, user).await?;
            let signed_in =
                factor_changed(self, tx, &key, user, MailKind::FactorOn, "", json!({ "second_factor": "on" })).await?;
            Ok((codes, signed_in))
        })
    }

    /// Switches the second factor off. It needs a fresh reauthentication, which includes a code. Other sessions end;
    /// this session gets a new secret.
    ///
    /// # Errors
    /// `reauthentication_needed`, or when it is not switched on.
    pub async fn disable_second_factor(&self, session: &Secret<String>) -> Result<SignedIn, Error> {
        let key = digest(session);
        write_tx!(self.store(), "disable_second_factor", |tx| {
            let (_, person, account) = lock_fresh_session(self, tx, &key).await?;
            let user = &person.id;
            let account = account.filter(|row| row.totp_confirmed_at.is_some());
            remove_factor(tx, account.ok_or_else(not_on)?).await?;
            factor_changed(self, tx, &key, user, MailKind::FactorOff, "", json!({ "second_factor": "off" })).await
        })
    }

    /// Switches a person's second factor off from the command line, for a person who lost the app and the recovery
    /// codes and has proven their identity to the operator; a mail alone cannot do it (ASVS 6.4.4). Every session ends,
    /// and the person gets a mail.
    ///
    /// # Errors
    /// When the caller is not an operator, or when no account with this address has it switched on.
    pub async fn reset_second_factor(&self, actor: &Actor, email: &str) -> Result<UserId, Error> {
        if !matches!(actor, Actor::Operator(_)) {
            return Err(Error::Forbidden { param: None, message: "Only an operator can do this.".to_owned() });
        }
        let email = checked_email(email)?;
        write_tx!(self.store(), "reset_second_factor", |tx| {
            let user = users::find_by_email(tx, &email).await?.ok_or_else(|| Error::not_found("user", ""))?.id;
            drop_second_factor(self, tx, actor, &user).await?;
            Ok(user)
        })
    }

    /// Makes new recovery codes, to be shown once; the old ones stop working.
    ///
    /// # Errors
    /// `reauthentication_needed`, or when the second factor is not switched on.
    pub async fn renew_recovery_codes(&self, session: &Secret<String>) -> Result<Vec<Secret<String>>, Error> {
        let key = digest(session);
        write_tx!(self.store(), "renew_recovery_codes", |tx| {
            let (_, person, account) = lock_fresh_session(self, tx, &key).await?;
            account.filter(|row| row.totp_confirmed_at.is_some()).ok_or_else(not_on)?;
            let codes = replace_recovery_codes(self, tx, &person.id).await?;
            queue_mail_to_user(self, tx, &person.id, MailKind::RecoveryCodesMade, "").await?;
            let details = json!({ "changes_requested": { "recovery_codes": "renewed" } });
            record_for_user(self, tx, &person.id, "user.updated", person.id.as_str(), details).await?;
            Ok(codes)
        })
    }
}

fn recovery_digest(app: &App, user: &UserId, code: &str) -> Vec<u8> {
    let bare: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    app.sealer().fingerprint("recovery_code", &format!("{user} {}", bare.replace('o', "0")))
}

/// Checks a code. A right one is used up, a wrong one is counted as an attempt. The caller commits in both cases.
async fn judge_code(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    code: &str,
    ip: Option<std::net::IpAddr>,
) -> Result<bool, Error> {
    let subjects = Subjects { user: Some(user), ip, ..Subjects::default() };
    hold_subjects(app, tx, SECOND_FACTOR, &subjects).await?;
    ensure_within(app, tx, SECOND_FACTOR_LIMITS, &subjects, "").await?;
    let account = accounts::lock(tx, user).await?.filter(|row| row.totp_confirmed_at.is_some());
    let account = account.ok_or_else(not_on)?;
    let by_app = match time_step_of_code(app, &account, code)? {
        Some(step) => accounts::use_totp_step(tx, user, step).await?,
        None => false,
    };
    if by_app || accounts::use_recovery_code(tx, user, &recovery_digest(app, user, code)).await? {
        limit_hits::delete(tx, SECOND_FACTOR, &format!("user:{user}")).await?;
        return Ok(true);
    }
    let id = app.draw(JobId::generate).to_string();
    count_hit(app, tx, SECOND_FACTOR, &subjects, &id, "").await?;
    Ok(false)
}

/// Does what [`judge_code`] does, for a person who is signed in.
pub(super) async fn check_own_code(app: &App, user: &UserId, code: &str) -> Result<(), Error> {
    let write = write_tx!(app.store(), "own_code", |tx| judge_code(app, tx, user, code, None).await);
    if write? { Ok(()) } else { Err(wrong_code()) }
}

/// Returns the time step of a code from the app, if it is near enough to now.
fn time_step_of_code(app: &App, account: &Account, code: &str) -> Result<Option<i64>, Error> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(sealed) = account.totp_sealed.as_deref().filter(|_| digits.len() == 6) else { return Ok(None) };
    let secret = app.sealer().open(&context(&account.user), sealed)?;
    let now = u64::try_from(app.now().0).unwrap_or_default();
    let step = totp(secret.expose(), "", "")?.check(&digits, now);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// Switches off a person's second factor on behalf of an operator, ends every session, mails the person, and
/// records it in their organizations.
pub(super) async fn drop_second_factor(app: &App, tx: &mut Tx, actor: &Actor, user: &UserId) -> Result<(), Error> {
    let account = accounts::lock(tx, user).await?.filter(|row| row.totp_confirmed_at.is_some());
    remove_factor(tx, account.ok_or_else(not_on)?).await?;
    end_other_sessions_and_tokens(app, tx, user, &[]).await?;
    queue_mail_to_user(app, tx, user, MailKind::FactorOff, "").await?;
    let details = json!({ "changes_requested": { "second_factor": "reset" } });
    record_about_user(app, tx, actor, user, "user.updated", user.as_str(), details).await
}

async fn remove_factor(tx: &mut Tx, mut account: Account) -> Result<(), Error> {
    account.totp_sealed = None;
    account.totp_confirmed_at = None;
    account.totp_last_step = 0;
    accounts::save(tx, &account).await?;
    accounts::replace_recovery_codes(tx, &account.user, &[]).await?;
    Ok(())
}

async fn replace_recovery_codes(app: &App, tx: &mut Tx, user: &UserId) -> Result<Vec<Secret<String>>, Error> {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| app.draw(recovery_code)).collect();
    let digests: Vec<Vec<u8>> = codes.iter().map(|code| recovery_digest(app, user, code)).collect();
    accounts::replace_recovery_codes(tx, user, &digests).await?;
    Ok(codes.into_iter().map(Secret::new).collect())
}

/// The effects of every change of a factor: other sessions end, this session gets a new secret, the person gets a
/// mail, and it is recorded.
pub(super) async fn factor_changed(
    app: &App,
    tx: &mut Tx,
    session: &[u8],
    user: &UserId,
    kind: MailKind,
    detail: &str,
    data: serde_json::Value,
) -> Result<SignedIn, Error> {
    end_other_sessions_and_tokens(app, tx, user, session).await?;
    let signed_in = match kind {
        MailKind::PasskeyAdded => renew_session_as(app, tx, session, Some(true)).await?,
        // The removed passkey may be the one of this session.
        MailKind::PasskeyRemoved => renew_session_as(app, tx, session, Some(false)).await?,
        _ => renew_session(app, tx, session).await?,
    };
    queue_mail_to_user(app, tx, user, kind, detail).await?;
    record_for_user(app, tx, user, "user.updated", user.as_str(), json!({ "changes_requested": data })).await?;
    Ok(signed_in)
}
