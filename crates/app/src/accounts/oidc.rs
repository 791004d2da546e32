//! Signing in with an identity of an OpenID Connect issuer: "Continue with Google", or any other issuer.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_providers::sign_in::Identity;
use keystead_store::Tx;
use keystead_store::tables::{accounts, passkeys, users};
use serde_json::{Value, json};

use super::browser_state::{open_from_browser, seal_for_browser, spend_browser_state};
use super::mail_kind::MailKind;
use super::mails::queue_mail_to_user;
use super::new_account::{insert_new_user, new_account};
use super::proven::{Proven, sign_in_proven};
use super::second_factor::factor_changed;
use super::sessions::{SessionView, SignedIn, lock_fresh_session, session_is_open};
use super::tokens::CONFIRM;
use super::{Context, dead_link, digest, record_for_user, wrong};
use crate::validate::{checked_email, checked_name};
use crate::{App, Error};

/// Seconds a person may spend on the issuer's sign-in page.
const REDIRECT_LIFETIME: i64 = 600;
const PURPOSE: &str = "sign_in";

/// The redirect to the issuer's sign-in page.
#[derive(Debug)]
pub struct OidcRedirect {
    /// The address the browser is sent to.
    pub url: String,
    /// The cookie that proves on return that it is the browser that left.
    pub cookie: Secret<String>,
}

impl App {
    /// Sends the browser to the issuer's sign-in page ("Continue with Google").
    ///
    /// # Errors
    /// When no issuer is configured, or when it does not answer.
    pub async fn begin_oidc(&self, next: &str) -> Result<OidcRedirect, Error> {
        redirect_to_provider(self, next, None).await
    }

    /// Sends the browser to the issuer's sign-in page to connect an identity with the person's own account.
    ///
    /// # Errors
    /// `reauthentication_needed`, when no issuer is configured, or when it does not answer.
    pub async fn connect_identity(&self, session: &Secret<String>, next: &str) -> Result<OidcRedirect, Error> {
        let view = self.fresh_session(session).await?;
        redirect_to_provider(self, next, Some(&view)).await
    }

    /// Handles the return from the issuer's sign-in page. Returns a session, unless the person connected an identity
    /// within the session they have, and the page they wanted.
    ///
    /// # Errors
    /// When it is not the browser that left, when the issuer has not verified the address or does not answer,
    /// `sign_in_to_connect` when the address has an account with another way to sign in, and `identity_taken` when the
    /// identity is connected with another account.
    pub async fn finish_oidc(
        &self,
        cookie: &Secret<String>,
        state: &str,
        code: &str,
        context: &Context,
    ) -> Result<(Option<SignedIn>, String), Error> {
        let issuer = self.services().sign_in.as_deref().ok_or(Error::Unsupported("other sign-ins"))?;
        let kept = open_from_browser(self, PURPOSE, cookie)?;
        let kept: Value = serde_json::from_str(kept.expose()).map_err(|_| dead_link())?;
        let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("state") != state || state.is_empty() {
            return Err(dead_link());
        }
        let return_url = format!("{}/sign-in/return", self.public_url());
        let (nonce, verifier) = (Secret::new(text("nonce")), Secret::new(text("verifier")));
        let identity = issuer.finish_sign_in(code, &return_url, &nonce, &verifier).await;
        let identity = identity.map_err(|failure| Error::provider("sign-in", &failure))?;
        if !text("joins").is_empty() {
            let user = text("joins").parse().map_err(|_| dead_link())?;
            link_to_own_account(self, user, &text("session"), cookie, identity, context).await?;
            return Ok((None, text("next")));
        }
        let fresh = self.draw(UserId::generate);
        let write = write_tx!(self.store(), "finish_oidc", |tx| {
            spend_browser_state(self, tx, cookie, REDIRECT_LIFETIME).await?;
            let user = user_of_identity(self, tx, &fresh, &identity, context).await?;
            let (issuer, subject) = (identity.issuer.clone(), identity.subject.clone());
            sign_in_proven(self, tx, &user, &Proven::Identity { issuer, subject }, context).await
        });
        Ok((Some(write?), text("next")))
    }
}

/// Starts the redirect. `joins` is the session of the person who connects the identity, if there is one.
async fn redirect_to_provider(app: &App, next: &str, joins: Option<&SessionView>) -> Result<OidcRedirect, Error> {
    let issuer = app.services().sign_in.as_deref().ok_or(Error::Unsupported("other sign-ins"))?;
    let return_url = format!("{}/sign-in/return", app.public_url());
    let request = issuer.begin_sign_in(&return_url).await.map_err(|failure| Error::provider("sign-in", &failure))?;
    let kept = json!({
        "state": request.state.expose(), "nonce": request.nonce.expose(),
        "verifier": request.verifier.expose(), "next": next,
        "joins": joins.map(|view| view.user.as_str()).unwrap_or_default(),
        "session": joins.map(|view| view.id.as_str()).unwrap_or_default(),
    });
    let cookie = seal_for_browser(app, PURPOSE, &kept.to_string(), REDIRECT_LIFETIME)?;
    Ok(OidcRedirect { url: request.url, cookie })
}

/// Connects an identity with the account of the person who started it in a session, if that session still exists.
/// Ending the session ends this, too.
async fn link_to_own_account(
    app: &App,
    user: UserId,
    session: &str,
    cookie: &Secret<String>,
    identity: Identity,
    context: &Context,
) -> Result<(), Error> {
    write_tx!(app.store(), "link_own_account", |tx| {
        accounts::lock(tx, &user).await?;
        if !session_is_open(app, tx, &user, session).await? {
            return Err(dead_link());
        }
        spend_browser_state(app, tx, cookie, REDIRECT_LIFETIME).await?;
        match accounts::find_identity(tx, &identity.issuer, &identity.subject).await? {
            Some(known) if known == user => Ok(()),
            Some(_) => Err(identity_taken()),
            None => {
                let alive = users::find(tx, &user).await?.is_some_and(|row| row.deactivated_at.is_none());
                if alive { link_identity(app, tx, &user, &identity, context).await } else { Err(wrong()) }
            }
        }
    })
}

/// Finds the person of an identity. A matching address alone does not connect the identity to an account that has
/// another way to sign in: its person must sign in and connect the identity.
async fn user_of_identity(
    app: &App,
    tx: &mut Tx,
    fresh: &UserId,
    identity: &Identity,
    context: &Context,
) -> Result<UserId, Error> {
    if let Some(user) = accounts::find_identity(tx, &identity.issuer, &identity.subject).await? {
        let alive = users::find(tx, &user).await?.is_some_and(|row| row.deactivated_at.is_none());
        return if alive { Ok(user) } else { Err(wrong()) };
    }
    if !identity.email_verified {
        return Err(not_vouched_for());
    }
    let email = checked_email(&identity.email)?;
    let user = match users::find_by_email(tx, &email).await? {
        Some(user) if user.deactivated_at.is_some() => return Err(wrong()),
        Some(user) => {
            accounts::lock(tx, &user.id).await?;
            if account_can_be_opened(tx, &user.id).await? {
                return Err(sign_in_to_connect());
            }
            user.id
        }
        None => {
            let name = identity.name.as_deref().and_then(|name| checked_name(name).ok());
            insert_new_user(app, tx, fresh, &email, name.as_deref()).await?
        }
    };
    link_identity(app, tx, &user, identity, context).await?;
    Ok(user)
}

/// Whether the account has any way to sign in.
async fn account_can_be_opened(tx: &mut Tx, user: &UserId) -> Result<bool, Error> {
    let account = accounts::find(tx, user).await?.filter(|account| account.confirmed_at.is_some());
    let Some(account) = account else { return Ok(false) };
    Ok(account.password.is_some()
        || !passkeys::list_of_user(tx, user).await?.is_empty()
        || !accounts::list_identities(tx, user).await?.is_empty())
}

async fn link_identity(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    identity: &Identity,
    context: &Context,
) -> Result<(), Error> {
    let now = app.now();
    let known = accounts::lock(tx, user).await?;
    let mut account = known.unwrap_or_else(|| new_account(app, user, None, context));
    if account.confirmed_at.is_some() {
        queue_mail_to_user(app, tx, user, MailKind::IdentityJoined, &identity.issuer).await?;
    } else {
        // A stranger may have typed a password here before the address was confirmed; it must not remain a way in.
        account.password = None;
        account.confirmed_at = Some(now);
        accounts::use_tokens_of(tx, user, CONFIRM, now).await?;
        accounts::save(tx, &account).await?;
    }
    accounts::save_identity(tx, &identity.issuer, &identity.subject, user, now).await?;
    let details = json!({ "changes_requested": { "identity": identity.issuer } });
    record_for_user(app, tx, user, "user.updated", user.as_str(), details).await
}

impl App {
    /// Disconnects an identity from the account. Other sessions end, as after every change of a person's ways to sign
    /// in.
    ///
    /// # Errors
    /// `reauthentication_needed`, `only_way_in` when no password and no passkey would be left, or when no such identity
    /// is connected.
    pub async fn unlink_identity(&self, session: &Secret<String>, issuer: &str) -> Result<SignedIn, Error> {
        let key = digest(session);
        write_tx!(self.store(), "unlink_identity", |tx| {
            let (_, person, account) = lock_fresh_session(self, tx, &key).await?;
            let (user, password) = (&person.id, account.and_then(|account| account.password));
            if password.is_none() && passkeys::list_of_user(tx, user).await?.is_empty() {
                return Err(only_way_in());
            }
            if accounts::delete_identities(tx, user, issuer).await? == 0 {
                return Err(Error::not_found("identity", ""));
            }
            factor_changed(self, tx, &key, user, MailKind::IdentityUnlinked, issuer, json!({ "identity": "removed" }))
                .await
        })
    }
}

fn sign_in_to_connect() -> Error {
    Error::Invalid {
        param: None,
        code: Some("sign_in_to_connect"),
        message: "This address has an account. Sign in to it, then connect the other account in the security settings."
            .to_owned(),
    }
}

fn identity_taken() -> Error {
    Error::Invalid {
        param: None,
        code: Some("identity_taken"),
        message: "The other account is connected to another person already.".to_owned(),
    }
}

fn only_way_in() -> Error {
    Error::Invalid {
        param: None,
        code: Some("only_way_in"),
        message: "Choose a password or add a passkey first: nothing else would open this account.".to_owned(),
    }
}

fn not_vouched_for() -> Error {
    Error::Invalid {
        param: None,
        code: Some("email_not_vouched_for"),
        message: "The other account's e-mail address is not confirmed there. Sign up with a password instead."
            .to_owned(),
    }
}
