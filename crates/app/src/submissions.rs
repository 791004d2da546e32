//! Submitted forms: each runs once, and the page that answers it is kept until its sender has opened it.
//!
//! A browser sends a form again when its button is pressed twice, or when a page that answers a form is reloaded.
//! Therefore every page gives its forms a token, a form with a known token leads where the first one led, and the answer
//! to a form is a redirect to a page that can be reloaded.

use keystead_core::hex;
use keystead_core::id::UserId;
use keystead_core::secret::Secret;
use keystead_store::tables::form_submissions::{self, FormSubmission};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::request::{Origin, host};
use crate::{App, Error};

/// Seconds that a submission and its page are kept.
const KEPT: i64 = 600;
/// The number of submissions that are kept for the clients at one address, besides those that run.
const MOST: i64 = 40;

/// A submitted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionId([u8; 16]);

impl SubmissionId {
    /// Derives the id of a form from the sender's session, its address and its fields. The fields contain the token of the
    /// page, so the same form on another page is another submission.
    #[must_use]
    pub fn of(session: Option<&Secret<String>>, address: &str, fields: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [session.map_or(&b""[..], |secret| secret.expose().as_bytes()), address.as_bytes(), fields] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }

    /// Parses an id from an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    fn context(self) -> String {
        format!("form_submissions.page_sealed:{self}")
    }
}

impl std::fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// What is known of a submitted form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submission {
    /// It was not submitted before: it must run now.
    New,
    /// It runs at this moment.
    Running,
    /// It has run and led to this address.
    Finished(String),
}

/// A page that answers a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPage {
    /// The HTTP status.
    pub status: u16,
    /// The language, as a tag.
    pub language: String,
    /// When the request may be tried again, in seconds since 1970.
    pub retry_at: Option<i64>,
    /// The HTML. It may contain a secret that is shown once.
    pub html: String,
}

impl App {
    /// Draws a token for the forms of one page.
    #[must_use]
    pub fn form_token(&self) -> String {
        let mut token = [0; 16];
        self.draw(|rng| rng.fill_bytes(&mut token));
        hex::encode(&token)
    }

    /// Draws an id for a form without a token.
    #[must_use]
    pub fn submission_id(&self) -> SubmissionId {
        let mut id = [0; 16];
        self.draw(|rng| rng.fill_bytes(&mut id));
        SubmissionId(id)
    }

    /// Begins a submission, unless the same form was submitted before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin_submission(
        &self,
        id: SubmissionId,
        user: Option<&UserId>,
        origin: Origin,
    ) -> Result<Submission, Error> {
        let now = self.now();
        let client = origin.ip.map_or_else(|| "unknown".to_owned(), host);
        let row = FormSubmission {
            id: id.0.to_vec(),
            user: user.cloned(),
            client: self.sealer().fingerprint("form_submissions.client", &client),
            created_at: now,
            expires_at: now.plus(KEPT),
        };
        write_tx!(self.store(), "begin_submission", |tx| {
            form_submissions::delete_expired(tx, now).await?;
            if form_submissions::insert(tx, &row).await? {
                form_submissions::delete_beyond(tx, &row.client, MOST).await?;
                return Ok(Submission::New);
            }
            let known = form_submissions::find(tx, &row.id).await?.flatten();
            Ok(known.map_or(Submission::Running, Submission::Finished))
        })
    }

    /// Saves where a form led, and the page that answers it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish_submission(
        &self,
        id: SubmissionId,
        location: &str,
        page: Option<&KeptPage>,
    ) -> Result<(), Error> {
        let sealed = page.map(|page| {
            let plain = serde_json::to_vec(page).map_err(|error| Error::Internal(error.to_string()))?;
            Ok::<_, Error>(self.draw(|rng| self.sealer().seal(rng, &id.context(), &plain)))
        });
        let sealed = sealed.transpose()?;
        write_tx!(self.store(), "finish_submission", |tx| {
            Ok(form_submissions::finish(tx, &id.0, location, sealed.as_deref()).await?)
        })
        .map(|_: bool| ())
    }

    /// Forgets a submission that did not end, so that the same form may run again.
    ///
    /// # Errors
    /// When the store fails; it is forgotten some minutes later.
    pub async fn forget_submission(&self, id: SubmissionId) -> Result<(), Error> {
        write_tx!(self.store(), "forget_submission", |tx| Ok(form_submissions::delete(tx, &id.0).await?))
    }

    /// Takes the page that answers a form. It can be taken once, and only by the person who sent the form.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_page(&self, id: SubmissionId, user: Option<&UserId>) -> Result<Option<KeptPage>, Error> {
        let now = self.now();
        let sealed = write_tx!(self.store(), "take_page", |tx| {
            let Some(sealed) = form_submissions::page(tx, &id.0, user, now).await? else { return Ok(None) };
            Ok(form_submissions::erase_page(tx, &id.0).await?.then_some(sealed))
        });
        let Some(sealed) = sealed? else { return Ok(None) };
        let plain = self.sealer().open(&id.context(), &sealed)?;
        serde_json::from_slice(plain.expose()).map(Some).map_err(|error| Error::Internal(error.to_string()))
    }
}
