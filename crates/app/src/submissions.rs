//! Submitted forms: each runs once, and its answer is kept for a moment.
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

use crate::request::{Origin, site};
use crate::{App, Error};

/// Seconds that an answer is kept.
const KEPT: i64 = 600;
/// Seconds for which the same form is taken for a button that was pressed twice. Later it is sent on purpose.
const PRESSED_TWICE: i64 = 60;
/// The number of answers that are kept for one person, or for the strangers at one address.
const MOST: i64 = 40;

/// A submitted form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubmissionId([u8; 16]);

impl SubmissionId {
    /// Parses an id from an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode_array(text).map(Self)
    }

    fn context(self) -> String {
        format!("form_submissions.answer_sealed:{self}")
    }
}

impl std::fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

/// The sender of a form.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The person, if they are signed in.
    pub user: Option<&'a UserId>,
    /// The client.
    pub origin: Origin,
}

/// What is known of a submitted form.
#[derive(Debug, PartialEq, Eq)]
pub enum Submission {
    /// It was not submitted before: it must run now.
    New,
    /// It runs at this moment.
    Running,
    /// It has run, with this answer.
    Answered(Box<FormAnswer>),
}

/// The answer to a form. It is stored encrypted: addresses, cookies and pages may contain secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAnswer {
    /// The address to which the form leads.
    pub location: String,
    /// The cookies it sets, as header values.
    pub cookies: Vec<String>,
    /// The page to show there, once.
    pub page: Option<KeptPage>,
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
    /// The HTML.
    pub html: String,
}

/// What is behind the address of a form's answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// The page, which is shown this once.
    Page(KeptPage),
    /// The form leads to another address.
    Moved(Box<FormAnswer>),
    /// The form still runs.
    Running,
    /// Nothing for this sender, or nothing any more.
    Nothing,
}

impl App {
    /// Draws a token for the forms of one page.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.random_submission().to_string()
    }

    /// Draws an id for a form without a token.
    #[must_use]
    pub fn random_submission(&self) -> SubmissionId {
        let mut id = [0; 16];
        self.draw(|rng| rng.fill_bytes(&mut id));
        SubmissionId(id)
    }

    /// Derives the id of a form from the sender's session, its address and its fields. The fields contain the token of the
    /// page, so the same form on another page is another submission.
    #[must_use]
    pub fn submission_of(&self, session: Option<&Secret<String>>, address: &str, fields: &str) -> SubmissionId {
        let session = session.map_or("", |secret| secret.expose().as_str());
        let value = format!("{}:{session}{}:{address}{fields}", session.len(), address.len());
        let mut id = [0; 16];
        let digest = self.sealer().fingerprint("form_submissions.id", &value);
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        SubmissionId(id)
    }

    fn sender(&self, sender: Sender<'_>) -> Vec<u8> {
        let text = match (sender.user, sender.origin.ip) {
            (Some(user), _) => user.to_string(),
            (None, Some(ip)) => site(ip),
            (None, None) => "unknown".to_owned(),
        };
        self.sealer().fingerprint("form_submissions.sender", &text)
    }

    /// Begins a submission, unless the same form was submitted a moment ago.
    ///
    /// # Errors
    /// When the store fails; then the form must not run.
    pub async fn begin_submission(&self, id: SubmissionId, sender: Sender<'_>) -> Result<Submission, Error> {
        let (now, sender) = (self.now(), self.sender(sender));
        let row = FormSubmission {
            id: id.0.to_vec(),
            sender,
            answer: None,
            opened_at: None,
            created_at: now,
            expires_at: now.plus(KEPT),
        };
        let known = write_tx!(self.store(), "begin_submission", |tx| {
            form_submissions::delete_expired(tx, now).await?;
            if let Some(known) = form_submissions::find(tx, &id.0, now).await? {
                if known.answer.is_none() || now.since(known.created_at) < PRESSED_TWICE {
                    form_submissions::close(tx, &id.0).await?;
                    return Ok(Some(known));
                }
                form_submissions::delete(tx, &id.0).await?;
            }
            if !form_submissions::insert(tx, &row).await? {
                return Ok(Some(row.clone()));
            }
            form_submissions::delete_beyond(tx, &row.sender, MOST).await?;
            Ok(None)
        })?;
        self.submission(id, known)
    }

    /// Looks at a submission that was running.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn poll_submission(&self, id: SubmissionId) -> Result<Submission, Error> {
        let now = self.now();
        let known = read_tx!(self.store(), "poll_submission", |tx| Ok(form_submissions::find(tx, &id.0, now).await?))?;
        self.submission(id, known)
    }

    fn submission(&self, id: SubmissionId, known: Option<FormSubmission>) -> Result<Submission, Error> {
        match known {
            None => Ok(Submission::New),
            Some(FormSubmission { answer: None, .. }) => Ok(Submission::Running),
            Some(FormSubmission { answer: Some(sealed), .. }) => {
                Ok(Submission::Answered(Box::new(self.open_answer(id, &sealed)?)))
            }
        }
    }

    fn open_answer(&self, id: SubmissionId, sealed: &[u8]) -> Result<FormAnswer, Error> {
        let plain = self.sealer().open(&id.context(), sealed)?;
        serde_json::from_slice(plain.expose()).map_err(|error| Error::Internal(error.to_string()))
    }

    /// Saves the answer of a form; `false` when the form was forgotten meanwhile.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn finish_submission(&self, id: SubmissionId, answer: &FormAnswer) -> Result<bool, Error> {
        let plain = serde_json::to_vec(answer).map_err(|error| Error::Internal(error.to_string()))?;
        let sealed = self.draw(|rng| self.sealer().seal(rng, &id.context(), &plain));
        write_tx!(self.store(), "finish_submission", |tx| Ok(form_submissions::finish(tx, &id.0, &sealed).await?))
    }

    /// Forgets a submission that did not end, so that the same form may run again.
    ///
    /// # Errors
    /// When the store fails; it is forgotten some minutes later.
    pub async fn forget_submission(&self, id: SubmissionId) -> Result<(), Error> {
        write_tx!(self.store(), "forget_submission", |tx| Ok(form_submissions::delete(tx, &id.0).await?))
    }

    /// Opens the answer to a form, only for its sender, and its page only once. A form that was refused may be sent again
    /// after that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open_answer_of(&self, id: SubmissionId, sender: Sender<'_>) -> Result<Kept, Error> {
        let (now, sender) = (self.now(), self.sender(sender));
        let known = read_tx!(self.store(), "find_page", |tx| Ok(form_submissions::find(tx, &id.0, now).await?))?;
        let Some(known) = known.filter(|known| known.sender == sender) else { return Ok(Kept::Nothing) };
        let Some(sealed) = known.answer else { return Ok(Kept::Running) };
        let answer = self.open_answer(id, &sealed)?;
        let Some(page) = answer.page.clone() else { return Ok(Kept::Moved(Box::new(answer))) };
        if known.opened_at.is_some() {
            return Ok(Kept::Nothing);
        }
        let opened = write_tx!(self.store(), "open_page", |tx| {
            let opened = form_submissions::open(tx, &id.0, now).await?;
            if opened && page.status >= 400 {
                form_submissions::delete(tx, &id.0).await?;
            }
            Ok(opened)
        })?;
        Ok(if opened { Kept::Page(page) } else { Kept::Nothing })
    }
}
