//! Use cases of the person with a capture link: choosing the document, taking the pictures, submitting them. There is
//! no session: the link belongs to the first device that continues with it, and identifies only the attempt.

use keystead_core::hex;
use keystead_core::id::VerificationAttemptId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::countries::COUNTRIES;
use keystead_core::verification::documents::DocumentKind;
use keystead_core::verification::review::CaptureState;
use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organizations;
use keystead_store::tables::reviews::{self, Evidence};
use rand::RngCore;
use serde::{Deserialize, Serialize};

use super::Reviewer;
use super::provider::digest;
use crate::verification::organization::refresh::refresh_attempt;
use crate::verification::organization::{ending_path, still_open};
use crate::{App, Error};
use keystead_documents::Slot;
use keystead_documents::prompts::{Challenge, Prompt, drawn};

/// Seconds a device may use a link.
const HELD: i64 = 2 * 3_600;
/// Takes per slot: the first picture and three better ones.
pub(super) const TAKES: u8 = 4;

/// A client with a link, and the secret its device got when it first continued with it.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The link's token.
    pub token: Secret<String>,
    /// The device's own secret.
    pub device: Option<Secret<String>>,
}

/// The circumstances of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whether the page took it from the camera; otherwise it is a file.
    pub live: bool,
    /// The value that the page got with the prompt.
    pub echo: String,
    /// When the prompt appeared, in milliseconds since the prompts arrived.
    pub shown: u64,
    /// When the picture was taken, by the same clock.
    pub captured: u64,
}

/// What is kept about a picture besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Findings {
    pub(super) blurred: bool,
    pub(super) glare: bool,
    pub(super) dark: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) look: String,
    pub(super) takes: u8,
    pub(super) live: bool,
    pub(super) echo: String,
    pub(super) shown: u64,
    pub(super) captured: u64,
}

impl Findings {
    pub(super) fn of(row: &Evidence) -> Self {
        serde_json::from_str(&row.findings).unwrap_or_default()
    }

    /// What a better picture would fix, by name.
    pub(super) fn hints(&self) -> Vec<&'static str> {
        let all = [(self.blurred, "blurred"), (self.glare, "glare"), (self.dark, "dark")];
        all.into_iter().filter_map(|(found, name)| found.then_some(name)).collect()
    }
}

/// One slot for a picture, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotView {
    /// The slot.
    pub slot: Slot,
    /// Whether there is a picture.
    pub taken: bool,
    /// What a better picture would fix: `blurred`, `glare`, `dark`.
    pub hints: Vec<&'static str>,
    /// How many more times it may be taken.
    pub takes_left: u8,
}

/// One prompt, as the page gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptView {
    /// Its slot.
    pub slot: Slot,
    /// What to do.
    pub prompt: Prompt,
    /// The value that the page sends back with the picture.
    pub echo: String,
}

/// What the page behind a link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureView {
    /// The organization under verification, by its label.
    pub organization: String,
    /// The two digits that the first device shows, too.
    pub match_number: String,
    /// The language chosen on the first device.
    pub language: String,
    /// Whether this device holds the link; otherwise it may still begin.
    pub held: bool,
    /// The state of the attempt, by name.
    pub attempt: String,
    /// Whether pictures can be submitted.
    pub open: bool,
    /// The chosen country.
    pub country: Option<String>,
    /// The chosen document.
    pub document: Option<DocumentKind>,
    /// Countries that can be chosen.
    pub countries: Vec<&'static str>,
    /// Documents that the chosen country issues and the operator accepts.
    pub documents: Vec<DocumentKind>,
    /// Every requested picture.
    pub slots: Vec<SlotView>,
    /// The prompts for the camera, once they were requested.
    pub prompts: Vec<PromptView>,
    /// Whether the document should have a machine-readable zone.
    pub zone_expected: bool,
    /// Whether one was typed.
    pub zone_typed: bool,
    /// Whether the person stated their name.
    pub name_stated: bool,
    /// The path of the last page, which shows the state of the attempt.
    pub ending: String,
}

impl CaptureView {
    /// Whether everything needed for submitting is there.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| slot.taken)
    }
}

/// The error for a link that was used on another device, has expired or does not exist.
fn spent() -> Error {
    Error::Invalid {
        param: None,
        code: Some("link_expired"),
        message: "This link was used or ran out. Make a new one on the first device; nothing is lost.".to_owned(),
    }
}

pub(super) fn coded(code: &'static str, message: &str) -> Error {
    Error::Invalid { param: None, code: Some(code), message: message.to_owned() }
}

pub(super) fn closed() -> Error {
    coded("capture_closed", "Nothing can be handed in here any more.")
}

pub(super) struct Held {
    pub(super) capture: Capture,
    attempt: IdentityAttempt,
    /// Whether this device holds the link.
    held: bool,
}

/// Finds the capture of a link, for the device that holds it or, while none does, for any device.
async fn behind(tx: &mut Tx, holder: &Holder, now: Timestamp) -> Result<Option<Held>, Error> {
    let found = captures::find_link(tx, &digest(holder.token.expose())).await?;
    let Some(link) = found.filter(|link| now < link.expires_at) else { return Ok(None) };
    let held = match (&link.device_fingerprint, &holder.device) {
        (None, _) => false,
        (Some(fingerprint), Some(device)) if fingerprint == &digest(device.expose()) => true,
        (Some(_), _) => return Ok(None),
    };
    let Some(capture) = captures::find(tx, &link.capture).await? else { return Ok(None) };
    let Some(attempt) = identity_attempts::find(tx, &capture.attempt).await? else { return Ok(None) };
    Ok(Some(Held { capture, attempt, held }))
}

/// Finds a capture that is still open, for the device that holds it.
pub(super) async fn open_behind(tx: &mut Tx, holder: &Holder, now: Timestamp) -> Result<Held, Error> {
    let held = behind(tx, holder, now).await?.filter(|held| held.held).ok_or_else(spent)?;
    if held.capture.state != CaptureState::Open || !still_open(&held.attempt, now) || held.capture.key_sealed.is_none()
    {
        return Err(closed());
    }
    Ok(held)
}

impl App {
    /// Returns the capture of a link. Looking does not use the link up; `None` when it leads nowhere or belongs to
    /// another device.
    ///
    /// # Errors
    /// When no reviewer is configured.
    pub async fn find_capture(&self, holder: &Holder) -> Result<Option<CaptureView>, Error> {
        let reviewer = reviewer(self)?;
        let now = self.now();
        read_tx!(self.store(), "find_capture", |tx| {
            let Some(Held { capture, attempt, held }) = behind(tx, holder, now).await? else { return Ok(None) };
            let label = organizations::find(tx, &attempt.organization).await?.map(|row| row.name);
            let pictures = reviews::list_evidence(tx, &capture.case).await?;
            let challenge = drawn(capture.challenge.as_deref()).map(|(_, challenge)| challenge);
            let open = capture.state == CaptureState::Open && still_open(&attempt, now);
            let policy = &reviewer.documents;
            let documents = policy.documents(capture.country.as_deref().unwrap_or_default());
            let kind = capture.document;
            let zone_expected = documents.iter().any(|one| Some(one.kind) == kind && one.machine_readable.is_some());
            Ok(Some(CaptureView {
                organization: label.unwrap_or_default(),
                match_number: attempt.match_number,
                language: attempt.language,
                held,
                attempt: attempt.state.as_str().to_owned(),
                open,
                countries: COUNTRIES.into_iter().filter(|code| !policy.documents(code).is_empty()).collect(),
                documents: documents.iter().map(|document| document.kind).collect(),
                slots: reviewer.wanted(&capture).into_iter().map(|slot| slot_view(slot, &pictures)).collect(),
                prompts: challenge.as_ref().map(prompt_views).unwrap_or_default(),
                zone_expected,
                zone_typed: capture.zone_sealed.is_some(),
                name_stated: capture.name_sealed.is_some(),
                ending: ending_path(self, &attempt.id),
                country: capture.country,
                document: kind,
            }))
        })
    }

    /// Binds a link to this device, which continues with it. Returns the device's secret.
    ///
    /// # Errors
    /// When the link was used or has expired, or the country is not served.
    pub async fn begin_capture(&self, token: &Secret<String>, country: &str) -> Result<Secret<String>, Error> {
        let reviewer = reviewer(self)?;
        let mut bytes = [0_u8; 32];
        reviewer.draw(|rng| rng.fill_bytes(&mut bytes));
        let device = Secret::new(hex::encode(&bytes));
        let (now, holder, fingerprint) =
            (self.now(), Holder { token: token.clone(), device: None }, digest(device.expose()));
        let country = served(reviewer, country)?;
        let attempt = write_tx!(self.store(), "begin_capture", |tx| {
            let Held { mut capture, attempt, .. } = behind(tx, &holder, now).await?.ok_or_else(spent)?;
            if !still_open(&attempt, now) || capture.state != CaptureState::Open {
                return Err(closed());
            }
            let link = digest(holder.token.expose());
            if !captures::bind_link(tx, &link, &fingerprint, now.plus(HELD)).await? {
                return Err(spent());
            }
            if capture.country.as_deref() != Some(country.as_str()) {
                capture.country = Some(country.clone());
                capture.document = None;
                captures::update(tx, &capture).await?;
            }
            Ok(capture.attempt)
        })?;
        notify_first_device(self, &attempt).await;
        Ok(device)
    }
}

pub(super) fn reviewer(app: &App) -> Result<&Reviewer, Error> {
    app.services().review.as_deref().ok_or(Error::Unsupported("reviews by people"))
}

/// Notifies the first device that something happened. If this fails, that device only waits for its next poll.
pub(super) async fn notify_first_device(app: &App, attempt: &VerificationAttemptId) {
    if let Err(error) = refresh_attempt(app, attempt, 0).await {
        tracing::warn!(%error, "the new state of an attempt could not be saved; it is saved at the next poll");
    }
}

pub(super) fn slot_view(slot: Slot, pictures: &[Evidence]) -> SlotView {
    let found = pictures.iter().find(|picture| picture.kind == slot).map(Findings::of);
    SlotView {
        slot,
        taken: found.is_some(),
        hints: found.as_ref().map(Findings::hints).unwrap_or_default(),
        takes_left: TAKES.saturating_sub(found.map_or(0, |found| found.takes)),
    }
}

pub(super) fn prompt_views(challenge: &Challenge) -> Vec<PromptView> {
    let view = |(at, prompt): (usize, &Prompt)| PromptView {
        slot: Slot::Prompt(at),
        prompt: *prompt,
        echo: challenge.echo(at).unwrap_or_default(),
    };
    challenge.prompts.iter().enumerate().map(view).collect()
}

/// Makes a refusal's text a sentence with a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

pub(super) fn served(reviewer: &Reviewer, country: &str) -> Result<String, Error> {
    if reviewer.documents.documents(country).is_empty() {
        return Err(Error::coded("country", "country_not_served", "Documents of this country are not taken."));
    }
    Ok(country.to_owned())
}
