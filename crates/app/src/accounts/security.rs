//! How a signed-in person protects their account: reauthentication and changing the password.

use keystead_core::id::{SessionId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::tables::{accounts, passkeys, sessions};
use serde_json::json;

use super::attempt_limits::check_own_password;
use super::mail_kind::MailKind;
use super::mails::queue_mail_to_user;
use super::passkeys::PasskeyView;
use super::password::hash_password;
use super::second_factor::check_own_code;
use super::sessions::{SignedIn, end_other_sessions_and_tokens, lock_session, renew_session};
use super::{acceptable, digest, record_for_user, wrong_password};
use crate::{App, Error};

/// How an account is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityView {
    /// Whether there is a password; people who sign in through an issuer may have none.
    pub has_password: bool,
    /// When it was last changed.
    pub password_changed_at: Option<Timestamp>,
    /// Since when the second factor is on.
    pub second_factor_since: Option<Timestamp>,
    /// Recovery codes that are left.
    pub recovery_codes: i64,
    /// Connected identities: the issuer and since when.
    pub identities: Vec<(String, Timestamp)>,
    /// The account's passkeys.
    pub passkeys: Vec<PasskeyView>,
}

fn shown(row: passkeys::Passkey) -> PasskeyView {
    PasskeyView { id: row.id, name: row.name, created_at: row.created_at, used_at: row.used_at }
}

impl App {
    /// Describes how a person's account is protected.
    pub async fn security(&self, user: &UserId) -> Result<SecurityView, Error> {
        read_tx!(self.store(), "security", |tx| {
            let account = accounts::find(tx, user).await?;
            Ok(SecurityView {
                has_password: account.as_ref().is_some_and(|row| row.password.is_some()),
                password_changed_at: account.as_ref().and_then(|row| row.password_changed_at),
                second_factor_since: account.as_ref().and_then(|row| row.totp_confirmed_at),
                recovery_codes: accounts::count_recovery_codes(tx, user).await?,
                identities: accounts::list_identities(tx, user).await?,
                passkeys: passkeys::list_of_user(tx, user).await?.into_iter().map(shown).collect(),
            })
        })
    }

    /// Reauthenticates a person before a dangerous act: with the password if there is one, and with a code if the
    /// second factor is on. The session gets a new secret.
    ///
    /// # Errors
    /// `wrong_password`; `second_factor_wrong`; `sign_in_again` for people who have neither and sign in through an
    /// issuer; [`Error::Limited`] after too many attempts.
    pub async fn reauthenticate(
        &self,
        session: &Secret<String>,
        password: &Secret<String>,
        code: &str,
    ) -> Result<SignedIn, Error> {
        let view = self.session(session).await?.ok_or_else(|| Error::not_found("session", ""))?;
        let (kept, network) = password_and_network(self, &view.user, &view.id).await?;
        let with_code = self.security(&view.user).await?.second_factor_since.is_some();
        if kept.is_none() && !with_code {
            return Err(Error::Invalid {
                param: None,
                code: Some("sign_in_again"),
                message: "This account has no password: sign out and in again.".to_owned(),
            });
        }
        if kept.is_some() {
            check_own_password(self, &view.email, &network, password, kept.clone()).await?;
        }
        if with_code {
            check_own_code(self, &view.user, code).await?;
        }
        let key = digest(session);
        write_tx!(self.store(), "reauthenticate", |tx| {
            let (_, _, account) = lock_session(self, tx, &key).await?;
            // The password or the second factor was changed while this password was checked, so it proves nothing any
            // more.
            let same = |row: &accounts::Account| row.password == kept && row.totp_confirmed_at.is_some() == with_code;
            account.filter(same).ok_or_else(wrong_password)?;
            renew_session(self, tx, &key).await
        })
    }

    /// Changes the password with the old one. Other sessions and reset links end; this session gets a new secret, and
    /// the person gets a mail.
    ///
    /// # Errors
    /// `wrong_password`, `no_password` for people without a password, or when the new one is refused.
    pub async fn change_password(
        &self,
        session: &Secret<String>,
        old: &Secret<String>,
        new: &Secret<String>,
    ) -> Result<SignedIn, Error> {
        let view = self.session(session).await?.ok_or_else(|| Error::not_found("session", ""))?;
        acceptable(new, &view.email, &[&self.settings().operator])?;
        let (kept, network) = password_and_network(self, &view.user, &view.id).await?;
        let Some(kept) = kept else {
            let message = "This account has no password. Ask for a link to choose one on the sign-in page.";
            return Err(Error::coded("password", "no_password", message));
        };
        check_own_password(self, &view.email, &network, old, Some(kept.clone())).await?;
        let hash = hash_password(self, new).await?;
        let key = digest(session);
        write_tx!(self.store(), "change_password", |tx| {
            let (now, user) = (self.now(), &view.user);
            // Changed by another request in between: the password that was checked is no longer the account's.
            let (_, _, account) = lock_session(self, tx, &key).await?;
            let account = account.filter(|row| row.password.as_ref() == Some(&kept));
            let mut account = account.ok_or_else(wrong_password)?;
            account.password = Some(hash.clone());
            account.password_changed_at = Some(now);
            accounts::save(tx, &account).await?;
            end_other_sessions_and_tokens(self, tx, user, &key).await?;
            let signed_in = renew_session(self, tx, &key).await?;
            queue_mail_to_user(self, tx, user, MailKind::PasswordChanged, "").await?;
            let details = json!({ "changes_requested": { "password": "changed" } });
            record_for_user(self, tx, user, "user.updated", user.as_str(), details).await?;
            Ok(signed_in)
        })
    }
}

/// Returns the password's hash, and the network a session came from.
async fn password_and_network(
    app: &App,
    user: &UserId,
    session: &SessionId,
) -> Result<(Option<String>, String), Error> {
    let now = app.now();
    read_tx!(app.store(), "guard", |tx| {
        let kept = accounts::find(tx, user).await?.and_then(|row| row.password);
        let here = sessions::list(tx, user, now).await?.into_iter().find(|row| row.id == *session);
        Ok((kept, here.map(|row| row.network).unwrap_or_default()))
    })
}
