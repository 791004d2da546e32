//! Changing the address of an account: requested with a fresh reauthentication, confirmed from the new mailbox,
//! reported to the old one. Answer and effects are the same whether or not the address belongs to another account (ASVS
//! 6.3.8).
//!
//! A person may request an address that is not theirs, and its owner may open the link by mistake. Therefore the mail
//! and the page say which account would get the address, a browser that is signed in to another account refuses, and an
//! operator's address is confirmed only in a session of the account that requested it.

use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::Tx;
use keystead_store::tables::accounts::{self, Token};
use keystead_store::tables::invites;
use keystead_store::tables::users::{self, User};
use serde_json::{Value, json};

use super::mail_kind::MailKind;
use super::mails::{count_mail, queue_mail, queue_mail_about};
use super::sessions::{lock_fresh_session, lock_session, second_step};
use super::tokens::{CHANGE_EMAIL, RESET, one_time_link};
use super::{Context, dead_link, digest, record_for_user};
use crate::jobs::{ChangeEmail, Job, Outcome};
use crate::validate::checked_email;
use crate::{App, Error};

/// How long a confirmation works.
const LIFE: i64 = 86_400;
/// Characters of a name shown in a mail to a stranger.
const LONGEST_NAME: usize = 40;

/// What a link that changes the address would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// The person's name.
    pub name: String,
    /// The account's present address, masked.
    pub present: String,
    /// The address the account would get.
    pub address: String,
}

/// Masks an address to its first letter and the domain: the person of the account recognizes it, a stranger does not
/// learn it.
fn masked(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    format!("{}***@{domain}", local.chars().next().unwrap_or_default())
}

/// Removes from a name what a mail program would turn into a link, for mails to strangers.
fn harmless(name: &str) -> String {
    let letters: Vec<char> = name.chars().take(LONGEST_NAME).collect();
    let keep = |at: usize, c: char| match c {
        '.' => letters.get(at + 1).is_none_or(|next| next.is_whitespace()),
        _ => c.is_alphanumeric() || matches!(c, ' ' | '-' | '\''),
    };
    letters.iter().enumerate().map(|(at, c)| if keep(at, *c) { *c } else { ' ' }).collect::<String>().trim().to_owned()
}

impl App {
    /// Requests another address. Nothing changes until its mailbox confirms it.
    ///
    /// # Errors
    /// `reauthentication_needed`, when the address is not valid, or after too many mails.
    pub async fn request_address(&self, session: &Secret<String>, email: &str, context: &Context) -> Result<(), Error> {
        let (email, key) = (checked_email(email)?, digest(session));
        write_tx!(self.store(), "request_address", |tx| {
            let (_, person, _) = lock_fresh_session(self, tx, &key).await?;
            count_mail(self, tx, context.origin, &email).await?;
            // Only the latest request counts.
            accounts::use_tokens_of(tx, &person.id, CHANGE_EMAIL, self.now()).await?;
            let payload = json!({ "email": email }).to_string();
            let link = one_time_link(self, tx, CHANGE_EMAIL, "confirm-address", &person.id, &payload, LIFE).await?;
            let who = format!("{} ({})", harmless(&person.name), masked(&person.email));
            let (email, language) = (email.clone(), context.language.clone());
            self.enqueue(tx, &Job::ChangeEmail(ChangeEmail { email, language, link, who }), self.now()).await
        })
    }

    /// Describes what a link to a new address would do; `None` when it no longer works. Looking does not use the link
    /// up.
    pub async fn find_email_change(&self, token: &Secret<String>) -> Result<Option<AddressChange>, Error> {
        let key = digest(token);
        read_tx!(self.store(), "find_email_change", |tx| {
            let Some((_, person, address)) = requested_address(self, tx, &key).await? else { return Ok(None) };
            Ok(Some(AddressChange { name: person.name, present: masked(&person.email), address }))
        })
    }

    /// Makes the new address the account's. Links mailed to the old mailbox stop working, and that mailbox gets a
    /// notice. `session` is the one of the browser that opened the link, if it has one.
    ///
    /// # Errors
    /// When the link was used or has expired, or when the address has another account meanwhile; `other_account` in a
    /// browser that is signed in to another account; `operator_address` for an operator's address, unless the account
    /// itself is signed in there, in production with a second step.
    pub async fn confirm_address(&self, token: &Secret<String>, session: Option<&Secret<String>>) -> Result<(), Error> {
        let (key, session) = (digest(token), session.map(digest));
        write_tx!(self.store(), "confirm_address", |tx| {
            let now = self.now();
            let (_, person, email) = requested_address(self, tx, &key).await?.ok_or_else(dead_link)?;
            accounts::lock(tx, &person.id).await?;
            ensure_may_confirm(self, tx, &person.id, &email, session.as_deref()).await?;
            if users::find_by_email(tx, &email).await?.is_some() || !accounts::use_token(tx, &key, now).await? {
                return Err(dead_link());
            }
            let language = accounts::find(tx, &person.id).await?.map(|row| row.language).unwrap_or_default();
            users::update_email(tx, &person.id, &email).await.map_err(|error| match error {
                // Another account took the address at the same moment.
                keystead_store::Error::Conflict(_) => dead_link(),
                other => other.into(),
            })?;
            invites::update_email(tx, &person.email, &email).await?;
            accounts::use_tokens_of(tx, &person.id, RESET, now).await?;
            queue_mail(self, tx, &person.email, MailKind::AddressChanged, &language, "").await?;
            let details = json!({ "changes_requested": { "email": "changed" } });
            record_for_user(self, tx, &person.id, "user.updated", person.id.as_str(), details).await
        })
    }
}

/// Mails the link to the new mailbox, or a notice when the address already has an account.
pub(crate) async fn mail_email_change(app: &App, job: ChangeEmail) -> Result<Outcome, Error> {
    let ChangeEmail { email, language, link, who } = job;
    let token = link.split_once("token=").map(|(_, token)| Secret::new(token.to_owned()));
    let key = digest(&token.ok_or_else(|| Error::Internal("a link without a token".to_owned()))?);
    write_tx!(app.store(), "mail_email_change", |tx| {
        if users::find_by_email(tx, &email).await?.is_some() {
            accounts::use_token(tx, &key, app.now()).await?;
            queue_mail(app, tx, &email, MailKind::AddressTaken, &language, "").await?;
        } else if accounts::find_token(tx, CHANGE_EMAIL, &key, app.now()).await?.is_some() {
            queue_mail_about(app, tx, &email, MailKind::ConfirmAddress, &language, &link, &who).await?;
        }
        Ok(Outcome::Done)
    })
}

/// Finds the token of a link that still works, the person of its account, and the requested address.
async fn requested_address(app: &App, tx: &mut Tx, key: &[u8]) -> Result<Option<(Token, User, String)>, Error> {
    let Some(row) = accounts::find_token(tx, CHANGE_EMAIL, key, app.now()).await? else { return Ok(None) };
    let Some(user) = row.user.clone() else { return Ok(None) };
    let person = users::find(tx, &user).await?.filter(|row| row.deactivated_at.is_none());
    let kept: Value = serde_json::from_str(&row.payload).map_err(|_| dead_link())?;
    let email = kept.get("email").and_then(Value::as_str).ok_or_else(dead_link)?.to_owned();
    Ok(person.map(|person| (row, person, email)))
}

/// Whether this browser may confirm the address for this account.
async fn ensure_may_confirm(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    email: &str,
    session: Option<&[u8]>,
) -> Result<(), Error> {
    let held = match session {
        Some(key) => match lock_session(app, tx, key).await {
            Ok(held) => Some(held),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    if held.as_ref().is_some_and(|(_, person, _)| person.id != *user) {
        return Err(other_account());
    }
    let proven =
        held.is_some_and(|(row, _, account)| app.settings().development || second_step(&row, account.as_ref()));
    if app.settings().is_operator(email) && !proven { Err(operator_address()) } else { Ok(()) }
}

fn other_account() -> Error {
    Error::Invalid {
        param: None,
        code: Some("other_account"),
        message:
            "This link is for another account than the one signed in here. If you asked for it, sign out and open \
                  it again; if not, nothing needs to be done."
                .to_owned(),
    }
}

fn operator_address() -> Error {
    Error::Invalid {
        param: None,
        code: Some("operator_address"),
        message: "This is the address of an operator of this installation. Open the link in a browser where the account that asked for it is \
                  signed in, with a second step."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{harmless, masked};

    #[test]
    fn strangers_read_little_and_find_no_link() {
        assert_eq!(masked("ann.summers@example.com"), "a***@example.com");
        assert_eq!(masked("nonsense"), "n***@");
        assert_eq!(harmless("J. R. O'Neil-Łęcka"), "J. R. O'Neil-Łęcka");
        assert_eq!(harmless("see https://evil.test/x now"), "see https   evil test x now");
        assert_eq!(harmless("a\r\nBcc: b@c.d {}"), "a  Bcc  b c d");
        assert_eq!(harmless(&"x".repeat(99)).len(), 40);
    }
}
