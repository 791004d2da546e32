//! Somebody known: by password, or by an identity elsewhere.

use keystead_core::id::{JobId, UserId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::limits::{Counting, Limit, Subject};
use keystead_providers::sign_in::Identity;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Token};
use keystead_store::tables::limit_hits;
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use super::sign_up::dead_link;
use super::{Context, digest};
use crate::bootstrap::checked_email;
use crate::verification::limits::Subjects;
use crate::{App, Error};

/// What failures are counted under.
const FAILED: &str = "sign_in";
const fn times(subject: Subject, window: i64, most: i64) -> Limit {
    Limit { name: FAILED, subject, counting: Counting::Times, window, most }
}
/// Failures of one account and of one place: a spray over many accounts meets the second.
const LIMITS: &[Limit] = &[
    times(Subject::Number, 900, 10),
    times(Subject::Number, 86_400, 50),
    times(Subject::Ip, 900, 50),
    times(Subject::Network, 3_600, 500),
];
/// How long somebody may take at another's sign-in page.
const DEPARTED_LIFE: i64 = 600;

/// Somebody is signed in. The secret belongs into a cookie and nowhere else.
#[derive(Debug)]
pub struct SignedIn {
    /// The cookie's value.
    pub session: Secret<String>,
    /// Who.
    pub user: UserId,
    /// When the session ends, used or not.
    pub expires_at: Timestamp,
}

/// Somebody has left for another's sign-in page.
#[derive(Debug)]
pub struct Departed {
    /// Where the browser goes.
    pub url: String,
    /// What the browser keeps until it comes back; proves that who comes back is who left.
    pub cookie: Secret<String>,
}

fn wrong() -> Error {
    Error::Invalid {
        param: None,
        code: Some("wrong_credentials"),
        message: "The e-mail address or the password is not right.".to_owned(),
    }
}

impl App {
    fn sign_in_subjects(&self, email: &str, context: &Context) -> Subjects {
        let print = self.sealer().fingerprint("email", email);
        Subjects {
            number: Some(print.iter().take(16).map(|byte| format!("{byte:02x}")).collect()),
            ip: context.origin.ip,
            ..Subjects::default()
        }
    }

    /// Signs in by address and password. A wrong address and a wrong password are told in the same words and time.
    ///
    /// # Errors
    /// `wrong_credentials`; `email_unconfirmed` for whoever knew the password; [`Error::Limited`] after too many tries.
    pub async fn sign_in(&self, email: &str, password: &Secret<String>, context: &Context) -> Result<SignedIn, Error> {
        let email = checked_email(email).map_err(|_| wrong())?;
        let subjects = self.sign_in_subjects(&email, context);
        let (app, address, who) = (self.clone(), email.clone(), subjects.clone());
        let read = self.store().read("sign_in", async move |tx: &mut Tx| {
            app.within(tx, LIMITS, &who, "").await?;
            let Some(user) = users::find_by_email(tx, &address).await?.filter(|row| row.deactivated_at.is_none())
            else {
                return Ok(None);
            };
            let account = accounts::find(tx, &user.id).await?;
            Ok::<_, Error>(account.map(|account| (user, account)))
        });
        let known = read.await?;
        let kept = known.as_ref().and_then(|(_, account)| account.password.clone());
        let right = self.password_matches(password, kept).await?;
        match known.filter(|_| right) {
            None => {
                self.count_failure(subjects).await?;
                Err(wrong())
            }
            Some((user, account)) if account.confirmed_at.is_none() => {
                self.sign_up_again(&user, context).await?;
                Err(Error::Invalid {
                    param: None,
                    code: Some("email_unconfirmed"),
                    message: "Confirm your address first: a new link is on its way.".to_owned(),
                })
            }
            Some((user, _)) => {
                let print = subjects.number.unwrap_or_default();
                let write = self.store().write("sign_in_ok", async move |tx: &mut Tx| {
                    Ok::<_, Error>(limit_hits::delete(tx, FAILED, &format!("number:{print}")).await?)
                });
                write.await?;
                self.open_session(&user.id, context).await
            }
        }
    }

    async fn count_failure(&self, subjects: Subjects) -> Result<(), Error> {
        let id = self.draw(JobId::generate).to_string();
        let app = self.clone();
        let write = self
            .store()
            .write("sign_in_failed", async move |tx: &mut Tx| app.count(tx, FAILED, &subjects, &id, "").await);
        write.await
    }

    /// A new confirmation link for somebody who knew the password; limited like every mail.
    async fn sign_up_again(&self, user: &User, context: &Context) -> Result<(), Error> {
        match self.resend_confirmation(user, context).await {
            // The last link is on its way already.
            Ok(()) | Err(Error::Limited { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Leaves for another's sign-in page ("Continue with Google", S3-04).
    ///
    /// # Errors
    /// When none is configured, or when it does not answer.
    pub async fn depart(&self, next: &str) -> Result<Departed, Error> {
        let issuer = self.services().sign_in.clone().ok_or(Error::Unsupported("other sign-ins"))?;
        let return_url = format!("{}/sign-in/return", self.public_url());
        let departure = issuer.depart(&return_url).await.map_err(|failure| Error::provider("sign-in", &failure))?;
        let cookie = self.fresh_secret();
        let kept = json!({
            "state": departure.state.expose(), "nonce": departure.nonce.expose(),
            "verifier": departure.verifier.expose(), "next": next,
        });
        let now = self.now();
        let sealed = self.draw(|rng| self.sealer().seal(rng, "tokens.payload:sign_in", kept.to_string().as_bytes()));
        let token = Token {
            digest: digest(&cookie),
            purpose: "sign_in".to_owned(),
            user: None,
            payload: sealed.iter().map(|byte| format!("{byte:02x}")).collect(),
            created_at: now,
            expires_at: now.plus(DEPARTED_LIFE),
            used_at: None,
        };
        let write = self
            .store()
            .write("depart", async move |tx: &mut Tx| Ok::<_, Error>(accounts::insert_token(tx, &token).await?));
        write.await?;
        Ok(Departed { url: departure.url, cookie })
    }

    /// Comes back from another's sign-in page. Answers the session and where the person wanted to go.
    ///
    /// # Errors
    /// When the browser is not the one that left, when the issuer does not vouch for the address, or when it does not
    /// answer.
    pub async fn arrive(
        &self,
        cookie: &Secret<String>,
        state: &str,
        code: &str,
        context: &Context,
    ) -> Result<(SignedIn, String), Error> {
        let issuer = self.services().sign_in.clone().ok_or(Error::Unsupported("other sign-ins"))?;
        let (now, key) = (self.now(), digest(cookie));
        let write = self.store().write("arrive", async move |tx: &mut Tx| {
            let row = accounts::find_token(tx, "sign_in", &key, now).await?.ok_or_else(dead_link)?;
            if accounts::use_token(tx, &key, now).await? { Ok(row) } else { Err(dead_link()) }
        });
        let row = write.await?;
        let pairs: Vec<u8> = (0..row.payload.len())
            .step_by(2)
            .filter_map(|at| u8::from_str_radix(row.payload.get(at..at + 2)?, 16).ok())
            .collect();
        let kept = self.sealer().open("tokens.payload:sign_in", &pairs)?;
        let kept: Value = serde_json::from_slice(kept.expose()).map_err(|_| dead_link())?;
        let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("state") != state || state.is_empty() {
            return Err(dead_link());
        }
        let return_url = format!("{}/sign-in/return", self.public_url());
        let (nonce, verifier) = (Secret::new(text("nonce")), Secret::new(text("verifier")));
        let identity = issuer.arrive(code, &return_url, &nonce, &verifier).await;
        let identity = identity.map_err(|failure| Error::provider("sign-in", &failure))?;
        let user = self.person_of(identity, context).await?;
        Ok((self.open_session(&user, context).await?, text("next")))
    }

    /// Who an identity is here. An address joins an account only when the issuer vouches for it.
    async fn person_of(&self, identity: Identity, context: &Context) -> Result<UserId, Error> {
        let fresh = self.draw(UserId::generate);
        let (app, context) = (self.clone(), context.clone());
        let write = self.store().write("person_of", async move |tx: &mut Tx| {
            let now = app.now();
            let identity = identity.clone();
            if let Some(user) = accounts::find_identity(tx, &identity.issuer, &identity.subject).await? {
                let alive = users::find(tx, &user).await?.is_some_and(|row| row.deactivated_at.is_none());
                return if alive { Ok(user) } else { Err(wrong()) };
            }
            if !identity.email_verified {
                return Err(Error::Invalid {
                    param: None,
                    code: Some("email_not_vouched_for"),
                    message:
                        "The other account's e-mail address is not confirmed there. Sign up with a password instead."
                            .to_owned(),
                });
            }
            let email = checked_email(&identity.email)?;
            let user = match users::find_by_email(tx, &email).await? {
                Some(user) if user.deactivated_at.is_some() => return Err(wrong()),
                Some(user) => user.id,
                None => {
                    let usual = email.split('@').next().unwrap_or(&email).to_owned();
                    let user = User {
                        id: fresh.clone(),
                        name: identity.name.clone().unwrap_or(usual),
                        email,
                        created_at: now,
                        default_organization: None,
                        deactivated_at: None,
                    };
                    users::insert(tx, &user).await?;
                    user.id
                }
            };
            let known = accounts::find(tx, &user).await?;
            let mut account = known.unwrap_or_else(|| app.new_account(&user, None, &context));
            if account.confirmed_at.is_none() {
                // Whoever typed a password here before the address was theirs must not keep a way in.
                account.password = None;
                account.confirmed_at = Some(now);
            }
            accounts::save(tx, &account).await?;
            accounts::save_identity(tx, &identity.issuer, &identity.subject, &user, now).await?;
            Ok(user)
        });
        write.await
    }
}
