//! Passkeys: an authenticator verifies the person and signs for this site only, so one is a password and a second
//! factor at once, and it cannot be phished (ASVS 6.7).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Token};
use keystead_store::tables::{passkeys, users};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::browser_state::{open_from_browser, seal_for_browser, spend_browser_state};
use super::mail_kind::MailKind;
use super::second_factor::factor_changed;
use super::sessions::{SignedIn, begin_session, lock_fresh_session, lock_session, renew_session_as};
use super::tokens::NEW_PASSKEY;
use super::{Context, dead_link, digest, draw_secret, failure, record_for_user};
use crate::validate::checked_name;
use crate::{App, Error};

/// Seconds an authenticator may take.
const LIFE: i64 = 300;
const ASKED: &str = "passkey_asked";
/// Passkeys one person may have.
const MOST: usize = 20;

/// The challenge that a browser hands to its authenticator.
#[derive(Debug)]
pub struct PasskeyChallenge {
    /// The state that must come back with the answer; it works once, for five minutes.
    pub state: Secret<String>,
    /// The options of `navigator.credentials`.
    pub options: Value,
}

/// One passkey, for the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyView {
    /// The passkey's id.
    pub id: String,
    /// The name the person gave it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

fn refused() -> Error {
    Error::Invalid {
        param: None,
        code: Some("passkey_wrong"),
        message: "The passkey was not accepted. Try again, or use the password.".to_owned(),
    }
}

fn too_many() -> Error {
    Error::impossible(format!("An account can have at most {MOST} passkeys."))
}

fn broken(error: &WebauthnError) -> Error {
    Error::Internal(format!("passkeys: {error:?}"))
}

/// The handle that authenticators keep instead of our user id: it is the same for all passkeys of one person and
/// reveals nothing about them.
fn handle(user: &UserId) -> Uuid {
    let digest = Sha256::digest(format!("keystead passkey {user}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}

fn to_value(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(|error| Error::Internal(format!("passkeys: {error}")))
}

fn to_text(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(format!("passkeys: {error}")))
}

impl App {
    /// Returns the host name that passkeys are bound to: that of the public address. Authenticators accept names only,
    /// so a loopback address becomes `localhost`; with any other IP address there are no passkeys.
    #[must_use]
    pub fn passkey_site(&self) -> Option<String> {
        passkey_origin(self).and_then(|origin| origin.domain().map(str::to_owned))
    }

    /// Begins to add a passkey to the person's own account.
    ///
    /// # Errors
    /// `reauthentication_needed`, when the person has too many passkeys, or when the public address does not allow
    /// passkeys.
    pub async fn begin_passkey(&self, session: &Secret<String>) -> Result<PasskeyChallenge, Error> {
        let site = webauthn_site(self)?;
        let view = self.fresh_session(session).await?;
        let (user, key) = (&view.user, digest(session));
        write_tx!(self.store(), "begin_passkey", |tx| {
            lock_fresh_session(self, tx, &key).await?;
            let known = passkeys::list_of_user(tx, user).await?;
            if known.len() >= MOST {
                return Err(too_many());
            }
            let ids = known.iter().filter_map(|row| URL_SAFE_NO_PAD.decode(&row.id).ok()).collect();
            let started = site.start_passkey_registration(handle(user), &view.email, &view.name, Some(ids));
            let (options, kept) = started.map_err(|error| broken(&error))?;
            let state = store_challenge(self, tx, NEW_PASSKEY, Some(user), &to_text(&kept)?).await?;
            Ok(PasskeyChallenge { state, options: discoverable(to_value(&options)?) })
        })
    }

    /// Adds the passkey that an authenticator made. Other sessions end, this session gets a new secret, and the person
    /// gets a mail.
    ///
    /// # Errors
    /// `reauthentication_needed`, `passkey_wrong`, `link_expired` after five minutes, or when the name is not valid.
    pub async fn add_passkey(
        &self,
        session: &Secret<String>,
        state: &Secret<String>,
        name: &str,
        answer: &str,
    ) -> Result<SignedIn, Error> {
        let (site, name) = (webauthn_site(self)?, checked_name(name)?);
        let view = self.fresh_session(session).await?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| refused())?;
        let (user, kept) = take_challenge::<PasskeyRegistration>(self, NEW_PASSKEY, state).await?;
        let user = user.filter(|user| *user == view.user).ok_or_else(dead_link)?;
        let made = site.finish_passkey_registration(&answer, &kept).map_err(|_| refused())?;
        let row = passkeys::Passkey {
            id: URL_SAFE_NO_PAD.encode(made.cred_id()),
            user,
            name,
            credential: to_text(&made)?,
            created_at: self.now(),
            used_at: None,
        };
        let key = digest(session);
        write_tx!(self.store(), "add_passkey", |tx| {
            lock_fresh_session(self, tx, &key).await?;
            // Checked again while the account is locked, so that two added at once cannot exceed the limit.
            if passkeys::list_of_user(tx, &row.user).await?.len() >= MOST {
                return Err(too_many());
            }
            passkeys::insert(tx, &row).await.map_err(|error| match error {
                keystead_store::Error::Conflict(_) => refused(),
                other => other.into(),
            })?;
            factor_changed(self, tx, &key, &row.user, MailKind::PasskeyAdded, "", json!({ "passkey": "added" })).await
        })
    }

    /// Removes a passkey. Other sessions end, as after every change of a person's ways to sign in.
    ///
    /// # Errors
    /// `reauthentication_needed`, or when there is no passkey with this id.
    pub async fn remove_passkey(&self, session: &Secret<String>, id: &str) -> Result<SignedIn, Error> {
        let key = digest(session);
        write_tx!(self.store(), "remove_passkey", |tx| {
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            if !passkeys::delete(tx, &person.id, id).await? {
                return Err(Error::not_found("passkey", ""));
            }
            factor_changed(self, tx, &key, &person.id, MailKind::PasskeyRemoved, "", json!({ "passkey": "removed" }))
                .await
        })
    }

    /// Creates a challenge for a passkey of any account. Nothing is stored for it.
    ///
    /// # Errors
    /// When the public address does not allow passkeys.
    pub fn begin_passkey_sign_in(&self) -> Result<PasskeyChallenge, Error> {
        let (options, kept) =
            webauthn_site(self)?.start_discoverable_authentication().map_err(|error| broken(&error))?;
        let (options, kept) = (to_value(&options)?, to_text(&kept)?);
        Ok(PasskeyChallenge { state: seal_for_browser(self, ASKED, &kept, LIFE)?, options })
    }

    /// Signs in with a passkey. It is both factors at once, so no code is asked for. A passkey that is refused is recorded
    /// in the logs of its owner's organizations.
    ///
    /// # Errors
    /// `passkey_wrong`, or `link_expired` after five minutes.
    pub async fn sign_in_with_passkey(
        &self,
        state: &Secret<String>,
        answer: &str,
        context: &Context,
    ) -> Result<SignedIn, Error> {
        let answered = read_answer(self, state, answer)?;
        write_tx!(self.store(), "sign_in_with_passkey", |tx| {
            match judge_passkey(self, tx, &answered).await? {
                Judged::Proven(user) => begin_session(self, tx, &user, context, true).await.map(Some),
                Judged::Refused(owner) => {
                    record_for_user(self, tx, &owner, "login.failed", owner.as_str(), failure(&refused())).await?;
                    Ok(None)
                }
                Judged::Unknown => Ok(None),
            }
        })?
        .ok_or_else(refused)
    }

    /// Reauthenticates a person with one of their own passkeys ([`App::reauthenticate`]).
    ///
    /// # Errors
    /// `passkey_wrong`, also for a passkey of another person, or `link_expired` after five minutes.
    pub async fn reauthenticate_with_passkey(
        &self,
        session: &Secret<String>,
        state: &Secret<String>,
        answer: &str,
    ) -> Result<SignedIn, Error> {
        let answered = read_answer(self, state, answer)?;
        let key = digest(session);
        write_tx!(self.store(), "reauthenticate_with_passkey", |tx| {
            let (_, person, _) = lock_session(self, tx, &key).await?;
            if !matches!(judge_passkey(self, tx, &answered).await?, Judged::Proven(user) if user == person.id) {
                return Err(refused());
            }
            renew_session_as(self, tx, &key, Some(true)).await
        })
    }
}

fn passkey_origin(app: &App) -> Option<Url> {
    let mut origin: Url = app.public_url().parse().ok()?;
    if origin.domain().is_none() {
        let loopback = origin.host_str() == Some("127.0.0.1") || origin.host_str() == Some("[::1]");
        origin.set_host(Some("localhost")).ok().filter(|()| loopback)?;
    }
    Some(origin)
}

fn webauthn_site(app: &App) -> Result<Webauthn, Error> {
    let origin = passkey_origin(app).ok_or(Error::Unsupported("passkeys"))?;
    let site = origin.domain().unwrap_or_default();
    let builder = WebauthnBuilder::new(site, &origin).map_err(|error| broken(&error))?;
    builder.rp_name(&app.settings().operator).build().map_err(|error| broken(&error))
}

/// Keeps the state of a challenge until the authenticator answers.
async fn store_challenge(
    app: &App,
    tx: &mut Tx,
    purpose: &'static str,
    user: Option<&UserId>,
    kept: &str,
) -> Result<Secret<String>, Error> {
    let (now, state) = (app.now(), draw_secret(app));
    let sealed = app.draw(|rng| app.sealer().seal(rng, "tokens.payload:passkey", kept.as_bytes()));
    let token = Token {
        digest: digest(&state),
        purpose: purpose.to_owned(),
        user: user.cloned(),
        payload: URL_SAFE_NO_PAD.encode(sealed),
        created_at: now,
        expires_at: now.plus(LIFE),
        used_at: None,
    };
    accounts::insert_token(tx, &token).await?;
    Ok(state)
}

/// Takes the kept state of a challenge; it works once.
async fn take_challenge<T: DeserializeOwned>(
    app: &App,
    purpose: &'static str,
    state: &Secret<String>,
) -> Result<(Option<UserId>, T), Error> {
    let (key, now) = (digest(state), app.now());
    let row = write_tx!(app.store(), "take_challenge", |tx| {
        let row = accounts::find_token(tx, purpose, &key, now).await?.ok_or_else(dead_link)?;
        if accounts::use_token(tx, &key, now).await? { Ok(row) } else { Err(dead_link()) }
    })?;
    let sealed = URL_SAFE_NO_PAD.decode(&row.payload).map_err(|_| dead_link())?;
    let kept = app.sealer().open("tokens.payload:passkey", &sealed)?;
    let kept = serde_json::from_slice(kept.expose()).map_err(|_| dead_link())?;
    Ok((row.user, kept))
}

/// Parses an authenticator's answer together with the challenge it belongs to.
fn read_answer(app: &App, state: &Secret<String>, answer: &str) -> Result<PasskeyAnswer, Error> {
    let site = webauthn_site(app)?;
    let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| refused())?;
    let kept = open_from_browser(app, ASKED, state)?;
    let kept = serde_json::from_str(kept.expose()).map_err(|_| dead_link())?;
    let (user_handle, id) = site.identify_discoverable_authentication(&answer).map_err(|_| refused())?;
    let id = URL_SAFE_NO_PAD.encode(id);
    Ok(PasskeyAnswer { site, answer, kept, user_handle, id, state: state.clone() })
}

/// What an authenticator's answer proves.
enum Judged {
    /// It signed for this person.
    Proven(UserId),
    /// It named a passkey of this person, and did not prove it.
    Refused(UserId),
    /// It named no passkey of a person who can sign in.
    Unknown,
}

/// Finds the person of the passkey that answered, and locks the account until the transaction ends. The challenge
/// is used up.
async fn judge_passkey(app: &App, tx: &mut Tx, answered: &PasskeyAnswer) -> Result<Judged, Error> {
    let PasskeyAnswer { site, answer, kept, user_handle, id, state } = answered;
    spend_browser_state(app, tx, state, LIFE).await?;
    let mine = |row: &passkeys::Passkey| handle(&row.user) == *user_handle;
    let Some(user) = passkeys::find(tx, id).await?.filter(mine).map(|row| row.user) else { return Ok(Judged::Unknown) };
    let confirmed = accounts::lock(tx, &user).await?.is_some_and(|account| account.confirmed_at.is_some());
    let alive = users::find(tx, &user).await?.is_some_and(|user| user.deactivated_at.is_none());
    // Checked again: the passkey may have been removed while this transaction waited for the account.
    let row = passkeys::find(tx, id).await?.filter(|row| row.user == user && alive && confirmed);
    let Some(row) = row else { return Ok(Judged::Unknown) };
    let mut passkey: Passkey = serde_json::from_str(&row.credential)
        .map_err(|error| Error::Internal(format!("a kept passkey cannot be read: {error}")))?;
    let Ok(proven) = site.finish_discoverable_authentication_v2(answer, kept.clone(), &passkey) else {
        return Ok(Judged::Refused(user));
    };
    passkey.update_credential(&proven);
    passkeys::update_used(tx, id, &to_text(&passkey)?, app.now()).await?;
    Ok(Judged::Proven(user))
}

/// An authenticator's answer before it is verified.
struct PasskeyAnswer {
    site: Webauthn,
    answer: PublicKeyCredential,
    kept: DiscoverableAuthentication,
    /// The handle that the authenticator keeps for the person.
    user_handle: Uuid,
    /// The passkey's id.
    id: String,
    /// The state that the browser returned; it works once.
    state: Secret<String>,
}

/// Makes the authenticator store the passkey with the person's handle, so that signing in needs no address.
fn discoverable(mut options: Value) -> Value {
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("required");
    options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = json!(true);
    options
}
