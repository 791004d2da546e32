//! From the PC to the phone: a link of our own that works once, by QR code or mail.
//!
//! The phone gets no session: the link only permits it to continue with this attempt. Opening the link does not use it
//! up, because mail scanners open links, too; continuing does.

use keystead_core::hex;
use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::handoff::Channel;
use keystead_core::verification::limits::{HANDOFF_LIMITS, MAIL_LIMITS, MAILS};
use keystead_providers::identity::Link;
use keystead_store::Tx;
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::privacy::{self, Handoff};
use keystead_store::tables::{accounts, organizations, users};
use rand::Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::start::{fresh_link, subjects_of};
use super::state::owned_attempt;
use super::still_open;
use crate::audit::AuditEntry;
use crate::jobs::{Job, MailLink};
use crate::verification::limits::{Subjects, count_hit, count_within, ensure_within, hold_subjects};
use crate::{Actor, App, Error};

/// A link of ours.
#[derive(Debug, Clone)]
pub struct HandoffLink {
    /// The address the phone opens.
    pub url: Secret<String>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// What the phone shows before the person continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffView {
    /// The organization under verification, by its label.
    pub organization: String,
    /// The two digits that the PC shows, too.
    pub match_number: String,
    /// The language chosen on the PC.
    pub language: String,
    /// The service's name.
    pub provider: String,
    /// Whether the link still works.
    pub usable: bool,
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

impl App {
    /// Makes a link for another device, and mails it to the owner for [`Channel::Mail`].
    ///
    /// # Errors
    /// When the caller is not an owner, when no attempt is live, or beyond [`HANDOFF_LIMITS`] and [`MAIL_LIMITS`].
    pub async fn hand_off_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        channel: Channel,
    ) -> Result<HandoffLink, Error> {
        let attempt = owned_attempt(self, actor, organization, id).await?;
        if !still_open(&attempt, self.now()) {
            return Err(super::refused(keystead_core::verification::organization::Refusal::NotApplicable));
        }
        // 128 bits and more, in characters that survive any mail program.
        let token = self.draw(|rng| {
            let letters = b"abcdefghijkmnpqrstuvwxyz23456789";
            (0..32).map(|_| char::from(letters[rng.random_range(0..letters.len())])).collect::<String>()
        });
        let expires_at = self.now().plus(channel.life());
        let url = format!("{}/verify/{token}", self.public_url());
        let row = Handoff {
            digest: digest(&token),
            attempt: attempt.id.clone(),
            channel,
            created_at: self.now(),
            expires_at,
            used_at: None,
        };
        let who = subjects_of(organization, Some(actor));
        write_tx!(self.store(), "hand_off", |tx| {
            count_within(self, tx, HANDOFF_LIMITS, &who).await?;
            if channel == Channel::Mail {
                mail_link(self, tx, actor, &attempt, &url, &row).await?;
            }
            privacy::insert_handoff(tx, &row).await?;
            let details = json!({ "data": { "channel": channel.as_str() } });
            let entry = AuditEntry {
                organization: &attempt.organization,
                action: "orgv.link_made",
                target: attempt.id.as_str(),
                details,
            };
            self.record(tx, actor, entry).await
        })?;
        Ok(HandoffLink { url: Secret::new(url), expires_at })
    }

    /// Returns the attempt of a link. Looking does not use the link up.
    pub async fn find_handoff(&self, token: &Secret<String>) -> Result<Option<HandoffView>, Error> {
        let (now, digest) = (self.now(), digest(token.expose()));
        read_tx!(self.store(), "find_handoff", |tx| {
            let Some(row) = privacy::find_handoff(tx, &digest).await? else { return Ok(None) };
            let Some(attempt) = identity_attempts::find(tx, &row.attempt).await? else { return Ok(None) };
            let label = organizations::find(tx, &attempt.organization).await?.map(|row| row.name);
            let usable = row.used_at.is_none() && now < row.expires_at && still_open(&attempt, now);
            Ok(Some(HandoffView {
                organization: label.unwrap_or_default(),
                match_number: attempt.match_number,
                language: attempt.language,
                provider: attempt.provider,
                usable,
            }))
        })
    }

    /// Continues the attempt on this device: uses the link up and returns the service's link.
    ///
    /// # Errors
    /// When the link was used or has expired, or when the service does not answer (the link stays valid then).
    pub async fn use_handoff(&self, token: &Secret<String>) -> Result<Link, Error> {
        let spent = || Error::Invalid {
            param: None,
            code: Some("link_expired"),
            message: "This link was used or ran out. Make a new one on the first device; nothing is lost.".to_owned(),
        };
        let key = digest(token.expose());
        let (row, attempt) = read_tx!(self.store(), "handoff", |tx| {
            let Some(row) = privacy::find_handoff(tx, &key).await? else { return Ok(None) };
            Ok(identity_attempts::find(tx, &row.attempt).await?.map(|attempt| (row, attempt)))
        })?
        .ok_or_else(spent)?;
        if row.used_at.is_some() || self.now() >= row.expires_at || !still_open(&attempt, self.now()) {
            return Err(spent());
        }
        let link = fresh_link(self, &attempt, None).await?;
        let now = self.now();
        let write = write_tx!(self.store(), "use_handoff", |tx| {
            // Checked again: the attempt may have been cancelled while the service made its link.
            let live = identity_attempts::find(tx, &attempt.id).await?.is_some_and(|row| still_open(&row, now));
            Ok(live && privacy::use_handoff(tx, &key, now).await?)
        });
        if write? { Ok(link) } else { Err(spent()) }
    }
}

async fn mail_link(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    attempt: &IdentityAttempt,
    url: &str,
    row: &Handoff,
) -> Result<(), Error> {
    if app.services().mail.is_none() {
        return Err(Error::Unsupported("mails"));
    }
    let subjects = Subjects { organization: Some(&attempt.organization), ..Subjects::default() };
    hold_subjects(app, tx, MAILS, &subjects).await?;
    ensure_within(app, tx, MAIL_LIMITS, &subjects, "").await?;
    let link = hex::encode(row.digest.get(..8).unwrap_or(&row.digest));
    count_hit(app, tx, MAILS, &subjects, &link, "").await?;
    let user = actor.user().ok_or_else(|| Error::impossible("A key without a person has no address."))?;
    let person = users::find(tx, user).await?.ok_or_else(|| Error::not_found("user", user.as_str()))?;
    let chosen = accounts::find(tx, user).await?.map(|account| account.language).filter(|tag| !tag.is_empty());
    let organization = organizations::find(tx, &attempt.organization).await?.map(|row| row.name).unwrap_or_default();
    let mail = MailLink {
        to: person.email,
        url: url.to_owned(),
        language: chosen.unwrap_or_else(|| attempt.language.clone()),
        match_number: attempt.match_number.clone(),
        organization,
    };
    app.enqueue(tx, &Job::MailLink(mail), app.now()).await
}
