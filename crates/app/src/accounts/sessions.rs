//! Sessions of people who are signed in.

use keystead_core::id::{SessionId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_store::Tx;
use keystead_store::tables::account_deletions;
use keystead_store::tables::accounts::{self, Account};
use keystead_store::tables::phones;
use keystead_store::tables::sessions::{self, Session};
use keystead_store::tables::users::{self, User};
use serde_json::json;

use super::new_device::mail_about_new_device;
use super::tokens::{CHANGE_EMAIL, NEW_PASSKEY, RESET, WAITING_FOR_CODE};
use super::{Context, digest, draw_secret, record_for_user};
use crate::{App, Error};

/// A session ends after thirty days, used or not, and after seven days unused.
const LIFE: i64 = 30 * 86_400;
pub(crate) const IDLE: i64 = 7 * 86_400;
/// Seconds between two updates of "last seen".
const SEEN_EVERY: i64 = 60;
/// A password or code typed within this many seconds counts as a fresh reauthentication (ASVS 7.5.1).
const FRESH: i64 = 600;
/// Sessions of one person at once; one more ends the one that was unused for longest (ASVS 7.1.2).
const MOST_SESSIONS: usize = 20;

/// A session of a person, or a sign-in that waits for the second factor. The secret belongs in a cookie and in no other
/// place.
#[derive(Debug)]
pub struct SignedIn {
    /// The cookie's value.
    pub session: Secret<String>,
    /// The person.
    pub user: UserId,
    /// When the session ends, used or not; for a sign-in that waits for the code, when the wait ends.
    pub expires_at: Timestamp,
    /// Whether this is not a session yet: [`App::prove_second_factor`] makes it one. Until then it gives no access.
    pub waits_for_code: bool,
}

/// The session of a signed-in person, for pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session's id, which gives no access.
    pub id: SessionId,
    /// The person.
    pub user: UserId,
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The CSRF token that every form of this session must carry.
    pub csrf: String,
    /// `en`, `pl`, `ja`, or empty for the browser's.
    pub language: String,
    /// `light`, `dark`, or empty for the browser's.
    pub theme: String,
    /// An IANA name, or empty for UTC.
    pub time_zone: String,
    /// Whether the password or a code was typed within the last ten minutes.
    pub fresh: bool,
    /// Whether this person runs the installation and may do so in this session: in production, after a second step.
    pub operator: bool,
    /// Whether this person runs the installation but has not taken that second step.
    pub operator_waits: bool,
    /// When the account will be deleted, if its person asked for that.
    pub deletion_at: Option<Timestamp>,
    /// Whether a passkey was used in this session, which is both steps at once.
    pub by_passkey: bool,
}

/// Returns browser and system in a few words; the whole user agent would reveal more than a person recognises.
fn device(user_agent: &str) -> String {
    let find = |names: &[(&str, &str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| (*name).to_owned())
    };
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = find(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => String::new(),
    }
}

/// Whether both steps were taken in a session. A passkey is both at once. With an authenticator app, every session has
/// had its code: setting the app up ends the others.
pub(crate) fn second_step(row: &Session, account: Option<&Account>) -> bool {
    row.by_passkey || account.is_some_and(|row| row.totp_confirmed_at.is_some())
}

fn no_session() -> Error {
    Error::not_found("session", "")
}

fn stale() -> Error {
    Error::Invalid {
        param: None,
        code: Some("reauthentication_needed"),
        message: "Type your password again first; it was longer than ten minutes ago.".to_owned(),
    }
}

impl App {
    /// Returns the session of a cookie, if its person has reauthenticated recently enough for a dangerous act.
    ///
    /// # Errors
    /// `reauthentication_needed` when that was longer ago; [`Error::NotFound`] when the cookie has no session.
    pub async fn fresh_session(&self, secret: &Secret<String>) -> Result<SessionView, Error> {
        let view = self.session(secret).await?.ok_or_else(no_session)?;
        if view.fresh { Ok(view) } else { Err(stale()) }
    }

    /// Returns the session of a cookie, if there is one.
    pub async fn session(&self, secret: &Secret<String>) -> Result<Option<SessionView>, Error> {
        let (key, now) = (digest(secret), self.now());
        let read = read_tx!(self.store(), "session", |tx| {
            let Some(row) = sessions::find(tx, &key, now, now.plus(-IDLE)).await? else { return Ok(None) };
            let Some(user) = users::find(tx, &row.user).await?.filter(|row| row.deactivated_at.is_none()) else {
                return Ok(None);
            };
            let account = accounts::find(tx, &row.user).await?;
            let (seen_at, deletion) = (row.seen_at, account_deletions::find(tx, &row.user).await?);
            let deletion_at = deletion.map(|deletion| deletion.due_at);
            Ok(Some((SessionView { deletion_at, ..session_view(self, row, user, account) }, seen_at)))
        })?;
        let Some((view, seen_at)) = read else { return Ok(None) };
        if now.since(seen_at) >= SEEN_EVERY {
            write_tx!(self.store(), "touch_session", |tx| Ok(sessions::touch(tx, &key, now).await?))?;
        }
        Ok(Some(view))
    }

    /// Ends the session of a cookie.
    pub async fn sign_out(&self, secret: &Secret<String>) -> Result<(), Error> {
        let Some(view) = self.session(secret).await? else { return Ok(()) };
        self.end_session(&view.user, view.id.as_str()).await.map(|_| ())
    }
}

/// Opens a session when nothing is left to prove.
pub(super) async fn begin_session(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    context: &Context,
    by_passkey: bool,
) -> Result<SignedIn, Error> {
    let now = app.now();
    let session = draw_secret(app);
    let row = Session {
        digest: digest(&session),
        id: app.draw(SessionId::generate),
        user: user.clone(),
        csrf: draw_secret(app).expose().clone(),
        created_at: now,
        seen_at: now,
        expires_at: now.plus(LIFE),
        reauthenticated_at: now,
        device: device(&context.user_agent),
        network: context.origin.network().unwrap_or_default(),
        revoked_at: None,
        by_passkey,
    };
    mail_about_new_device(app, tx, &row).await?;
    sessions::insert(tx, &row).await?;
    let others = sessions::list(tx, user, now).await?.into_iter().filter(|old| old.id != row.id);
    for old in others.skip(MOST_SESSIONS - 1) {
        sessions::revoke(tx, user, &old.id, now).await?;
    }
    record_for_user(app, tx, user, "login.succeeded", row.id.as_str(), json!({})).await?;
    Ok(SignedIn { session, user: user.clone(), expires_at: row.expires_at, waits_for_code: false })
}

/// Gives the session a new secret after its person has reauthenticated or changed a way to sign in (ASVS 7.2.4).
/// The time at which it ends stays.
pub(super) async fn renew_session(app: &App, tx: &mut Tx, old: &[u8]) -> Result<SignedIn, Error> {
    renew_session_as(app, tx, old, None).await
}

/// Does the same, and sets whether a passkey counts as used in the session.
pub(super) async fn renew_session_as(
    app: &App,
    tx: &mut Tx,
    old: &[u8],
    by_passkey: Option<bool>,
) -> Result<SignedIn, Error> {
    let now = app.now();
    let row = sessions::find(tx, old, now, now.plus(-IDLE)).await?;
    let row = row.ok_or_else(no_session)?;
    // The session was ended by another request in between.
    if !sessions::revoke(tx, &row.user, &row.id, now).await? {
        return Err(no_session());
    }
    let session = draw_secret(app);
    let fresh = Session {
        digest: digest(&session),
        id: app.draw(SessionId::generate),
        csrf: draw_secret(app).expose().clone(),
        seen_at: now,
        reauthenticated_at: now,
        by_passkey: by_passkey.unwrap_or(row.by_passkey),
        ..row.clone()
    };
    sessions::insert(tx, &fresh).await?;
    // A phone verification that was begun in the session continues in it.
    phones::move_session(tx, &row.id, &fresh.id).await?;
    Ok(SignedIn { session, user: fresh.user, expires_at: fresh.expires_at, waits_for_code: false })
}

/// Returns the session of a digest, its person and their account, locked until the transaction ends. A concurrent
/// transaction that ends sessions or changes ways to sign in waits for this one, or has committed before and is
/// seen.
pub(super) async fn lock_session(
    app: &App,
    tx: &mut Tx,
    key: &[u8],
) -> Result<(Session, User, Option<Account>), Error> {
    let (now, idle_since) = (app.now(), app.now().plus(-IDLE));
    let user = sessions::find(tx, key, now, idle_since).await?.ok_or_else(no_session)?.user;
    let account = accounts::lock(tx, &user).await?;
    // Read again, because this transaction may have waited for the account.
    let row = sessions::find(tx, key, now, idle_since).await?.ok_or_else(no_session)?;
    let user = users::find(tx, &user).await?.filter(|row| row.deactivated_at.is_none()).ok_or_else(no_session)?;
    Ok((row, user, account))
}

/// Does the same, if the person has reauthenticated recently enough for a dangerous act ([`App::fresh_session`]).
pub(crate) async fn lock_fresh_session(
    app: &App,
    tx: &mut Tx,
    key: &[u8],
) -> Result<(Session, User, Option<Account>), Error> {
    let held = lock_session(app, tx, key).await?;
    if app.now().since(held.0.reauthenticated_at) < FRESH { Ok(held) } else { Err(stale()) }
}

/// Whether the session of this id is still open.
pub(crate) async fn session_is_open(app: &App, tx: &mut Tx, user: &UserId, id: &str) -> Result<bool, Error> {
    let Ok(id) = id.parse() else { return Ok(false) };
    let row = sessions::find_live(tx, &id, app.now(), app.now().plus(-IDLE)).await?;
    Ok(row.is_some_and(|row| row.user == *user))
}

fn session_view(app: &App, row: Session, user: User, account: Option<Account>) -> SessionView {
    let text = |pick: fn(&Account) -> &String| account.as_ref().map(|row| pick(row).clone()).unwrap_or_default();
    // An address counts as the operator's only when it is confirmed.
    let confirmed = account.as_ref().is_some_and(|row| row.confirmed_at.is_some());
    let operates = confirmed && app.settings().is_operator(&user.email);
    let proven = app.settings().development || second_step(&row, account.as_ref());
    SessionView {
        id: row.id,
        user: row.user,
        operator: operates && proven,
        operator_waits: operates && !proven,
        email: user.email,
        name: user.name,
        csrf: row.csrf,
        language: text(|row| &row.language),
        theme: text(|row| &row.theme),
        time_zone: text(|row| &row.time_zone),
        fresh: app.now().since(row.reauthenticated_at) < FRESH,
        deletion_at: None,
        by_passkey: row.by_passkey,
    }
}

/// Ends all other sessions of the person, and everything begun before that could still sign in to the account or
/// move it: sign-ins that wait for a code, links to choose a password, links to another address, passkeys that are
/// being added. Every change of a person's ways to sign in does this. `but` is the digest of the session that
/// stays.
pub(super) async fn end_other_sessions_and_tokens(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    but: &[u8],
) -> Result<(), Error> {
    let now = app.now();
    sessions::revoke_others(tx, user, but, now).await?;
    for purpose in [RESET, WAITING_FOR_CODE, CHANGE_EMAIL, NEW_PASSKEY] {
        accounts::use_tokens_of(tx, user, purpose, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_in_a_few_words() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1";
        assert_eq!(device(firefox), "Firefox, Linux");
        assert_eq!(device(phone), "Safari, iPhone");
        assert_eq!(device("<script>"), "");
    }
}
