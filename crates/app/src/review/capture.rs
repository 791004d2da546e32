//! What the holder of a link does: chooses the document, takes the pictures, hands in. There is no session here: the link
//! belongs to the first device that goes on with it, and says nothing but "this attempt".

use keystead_core::id::ReviewCaseId;
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::countries::COUNTRIES;
use keystead_core::verification::documents::DocumentKind;
use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::identity_attempts::{self, IdentityAttempt};
use keystead_store::tables::organizations;
use keystead_store::tables::reviews::{self, Evidence, ReviewCase};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

use super::Reviewer;
use super::erase::images_until;
use super::evidence::{NONCE, Place};
use super::image::Print;
use super::mrz::{Claim, MrzReport, assess};
use super::prompts::{Challenge, Frame, Prompt};
use super::provider::digest;
use super::slots::{Slot, wanted};
use crate::{App, Error};

/// How long a device may go on with a link, in seconds.
const HELD: i64 = 2 * 3_600;
/// The first picture of a slot and three better ones (verification.md 7).
const TAKES: u8 = 4;
/// The longest text of a zone that is kept.
const LONGEST_ZONE: usize = 400;

/// Whoever holds a link, and what the device was given when it first went on.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The link's token.
    pub token: Secret<String>,
    /// The device's own secret.
    pub device: Option<Secret<String>>,
}

/// How a picture came to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whether the page took it from the camera; otherwise it is a file.
    pub live: bool,
    /// What the page got with the prompt.
    pub echo: String,
    /// When the prompt appeared, in milliseconds since the prompts arrived.
    pub shown: u64,
    /// When the picture was taken, by the same clock.
    pub captured: u64,
}

/// What is kept of a picture beside its bytes.
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

    /// What a better picture would mend, by name.
    pub(super) fn hints(&self) -> Vec<&'static str> {
        let all = [(self.blurred, "blurred"), (self.glare, "glare"), (self.dark, "dark")];
        all.into_iter().filter_map(|(found, name)| found.then_some(name)).collect()
    }
}

/// One place for a picture, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotView {
    /// Which.
    pub slot: Slot,
    /// Whether there is a picture.
    pub taken: bool,
    /// What a better picture would mend: `blurred`, `glare`, `dark`.
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
    /// What the page sends back with the picture.
    pub echo: String,
}

/// What the page behind a link shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureView {
    /// Whose verification, by its label.
    pub organization: String,
    /// The two digits that stand on the first device, too (S3-35).
    pub match_number: String,
    /// The language chosen there.
    pub language: String,
    /// Whether this device holds the link; otherwise it may still begin.
    pub held: bool,
    /// Where the attempt stands, by name.
    pub attempt: String,
    /// Why not, in the names of verification.md 1.10.
    pub reasons: Vec<String>,
    /// Whether pictures can be handed in.
    pub open: bool,
    /// The chosen country.
    pub country: Option<String>,
    /// The chosen document.
    pub document: Option<DocumentKind>,
    /// Countries whose documents are taken.
    pub countries: Vec<&'static str>,
    /// What the chosen country issues and the operator takes.
    pub documents: Vec<DocumentKind>,
    /// Every picture that is asked for.
    pub slots: Vec<SlotView>,
    /// What to do before the camera, once asked for.
    pub prompts: Vec<PromptView>,
    /// Whether the document should have a machine-readable zone.
    pub zone_expected: bool,
    /// Whether one was typed.
    pub zone_typed: bool,
}

impl CaptureView {
    /// Whether everything is there to hand in.
    #[must_use]
    pub fn complete(&self) -> bool {
        !self.slots.is_empty() && self.slots.iter().all(|slot| slot.taken)
    }
}

/// The link was used elsewhere, ran out, or is none.
fn spent() -> Error {
    Error::Invalid {
        param: None,
        code: Some("link_expired"),
        message: "This link was used or ran out. Make a new one on the first device; nothing is lost.".to_owned(),
    }
}

fn coded(code: &'static str, message: &str) -> Error {
    Error::Invalid { param: None, code: Some(code), message: message.to_owned() }
}

fn closed() -> Error {
    coded("capture_closed", "Nothing can be handed in here any more.")
}

struct Held {
    capture: Capture,
    attempt: IdentityAttempt,
    /// Whether the device that asks holds the link.
    held: bool,
}

/// What a link leads to, for the device that holds it or, while none does, for anybody.
async fn behind(tx: &mut Tx, holder: &Holder, now: Timestamp) -> Result<Option<Held>, Error> {
    let found = captures::find_link(tx, &digest(holder.token.expose())).await?;
    let Some(link) = found.filter(|link| now < link.expires_at) else { return Ok(None) };
    let held = match (&link.device_print, &holder.device) {
        (None, _) => false,
        (Some(print), Some(device)) if print == &digest(device.expose()) => true,
        (Some(_), _) => return Ok(None),
    };
    let Some(capture) = captures::find(tx, &link.capture).await? else { return Ok(None) };
    let Some(attempt) = identity_attempts::find(tx, &capture.attempt).await? else { return Ok(None) };
    Ok(Some(Held { capture, attempt, held }))
}

/// A capture that is still open, for the device that holds it.
async fn open_behind(tx: &mut Tx, holder: &Holder, now: Timestamp) -> Result<Held, Error> {
    let held = behind(tx, holder, now).await?.filter(|held| held.held).ok_or_else(spent)?;
    if held.capture.state != "open" || held.attempt.finished_at.is_some() || held.capture.key_sealed.is_none() {
        return Err(closed());
    }
    Ok(held)
}

impl App {
    pub(super) fn reviewer(&self) -> Result<Arc<Reviewer>, Error> {
        self.services().review.clone().ok_or(Error::Unsupported("reviews by people"))
    }

    /// What stands behind a link. Looking spends nothing; `None` when it leads nowhere or belongs to another device.
    ///
    /// # Errors
    /// When the store cannot, or no reviewer is configured.
    pub async fn look_at_capture(&self, holder: &Holder) -> Result<Option<CaptureView>, Error> {
        let reviewer = self.reviewer()?;
        let (now, holder) = (self.now(), holder.clone());
        let read = self.store().read("look_at_capture", async move |tx: &mut Tx| {
            let Some(Held { capture, attempt, held }) = behind(tx, &holder, now).await? else { return Ok(None) };
            let label = organizations::find(tx, &attempt.organization).await?.map(|row| row.name);
            let pictures = reviews::list_evidence(tx, &capture.case).await?;
            let challenge = capture.challenge.as_deref().and_then(|text| text.parse::<Challenge>().ok());
            let open = capture.state == "open" && attempt.finished_at.is_none();
            let policy = &reviewer.documents;
            let documents = policy.documents(capture.country.as_deref().unwrap_or_default());
            let kind = capture.document.as_deref().and_then(DocumentKind::from_name);
            let zone_expected = documents.iter().any(|one| Some(one.kind) == kind && one.machine_readable.is_some());
            Ok::<_, Error>(Some(CaptureView {
                organization: label.unwrap_or_default(),
                match_number: attempt.match_number,
                language: attempt.language,
                held,
                attempt: attempt.state,
                reasons: serde_json::from_str(&attempt.reasons).unwrap_or_default(),
                open,
                countries: COUNTRIES.into_iter().filter(|code| !policy.documents(code).is_empty()).collect(),
                documents: documents.iter().map(|document| document.kind).collect(),
                slots: reviewer.wanted(&capture).into_iter().map(|slot| slot_view(slot, &pictures)).collect(),
                prompts: challenge.as_ref().map(prompt_views).unwrap_or_default(),
                zone_expected,
                zone_typed: capture.zone_sealed.is_some(),
                country: capture.country,
                document: kind,
            }))
        });
        read.await
    }

    /// Goes on with a link on this device: from now on it belongs to it. Answers the device's secret.
    ///
    /// # Errors
    /// When the link was used or ran out, or the country is not served.
    pub async fn begin_capture(&self, token: &Secret<String>, country: &str) -> Result<Secret<String>, Error> {
        let reviewer = self.reviewer()?;
        let mut bytes = [0_u8; 32];
        reviewer.draw(|rng| rng.fill_bytes(&mut bytes));
        let device = Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let (now, holder, print) = (self.now(), Holder { token: token.clone(), device: None }, digest(device.expose()));
        let country = served(&reviewer, country)?;
        let write = self.store().write("begin_capture", async move |tx: &mut Tx| {
            let Held { mut capture, attempt, .. } = behind(tx, &holder, now).await?.ok_or_else(spent)?;
            if attempt.finished_at.is_some() || capture.state != "open" {
                return Err(closed());
            }
            let link = digest(holder.token.expose());
            if !captures::bind_link(tx, &link, &print, now.plus(HELD)).await? {
                return Err(spent());
            }
            if capture.country.as_deref() != Some(country.as_str()) {
                capture.country = Some(country.clone());
                capture.document = None;
                captures::update(tx, &capture).await?;
            }
            Ok::<_, Error>(capture.attempt)
        });
        let attempt = write.await?;
        self.told(&attempt).await;
        Ok(device)
    }

    /// The first device sees that something happened. A fault costs only the wait for the next poll.
    async fn told(&self, attempt: &str) {
        if let Err(error) = self.refresh_attempt(attempt, 0).await {
            tracing::warn!(%error, "an attempt's new state waits for the next poll");
        }
    }

    /// Chooses another country; documents of the one before are wiped.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be handed in, or the country is not served.
    pub async fn choose_capture_country(&self, holder: &Holder, country: &str) -> Result<(), Error> {
        let reviewer = self.reviewer()?;
        let country = served(&reviewer, country)?;
        self.rechoose(holder, move |row| {
            row.country = Some(country.clone());
            row.document = None;
            Ok(())
        })
        .await
    }

    /// Chooses the document; pictures of the one before are wiped.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be handed in, or the country does not issue it.
    pub async fn choose_capture_document(&self, holder: &Holder, kind: &str) -> Result<(), Error> {
        let reviewer = self.reviewer()?;
        let unknown = || Error::coded("document", "document_not_taken", "This document is not taken for the country.");
        let kind = DocumentKind::from_name(kind).ok_or_else(unknown)?;
        self.rechoose(holder, move |row| {
            if wanted(&reviewer.documents, row.country.as_deref().unwrap_or_default(), kind).is_empty() {
                return Err(unknown());
            }
            row.document = Some(kind.as_str().to_owned());
            Ok(())
        })
        .await
    }

    async fn rechoose(
        &self,
        holder: &Holder,
        choose: impl Fn(&mut Capture) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let reviewer = self.reviewer()?;
        let (now, holder, choose) = (self.now(), holder.clone(), Arc::new(choose));
        let write = self.store().write("choose_document", async move |tx: &mut Tx| {
            let mut row = open_behind(tx, &holder, now).await?.capture;
            let before = (row.country.clone(), row.document.clone());
            choose(&mut row)?;
            let mut gone = Vec::new();
            if before != (row.country.clone(), row.document.clone()) {
                for picture in reviews::list_evidence(tx, &row.case).await? {
                    let slot = Slot::from_name(&picture.kind).filter(|slot| slot.of_document());
                    if let Some(slot) = slot {
                        reviews::delete_evidence(tx, &row.case, picture.number).await?;
                        gone.push(place(&row.case, slot)?);
                    }
                }
                row.zone_sealed = None;
                captures::update(tx, &row).await?;
            }
            Ok::<_, Error>(gone)
        });
        let gone = write.await?;
        let evidence = reviewer.evidence.clone();
        let wiped = tokio::task::spawn_blocking(move || gone.iter().try_for_each(|place| evidence.remove(place))).await;
        Ok(wiped.map_err(|_| Error::Internal("an erasure was cut off".to_owned()))??)
    }

    /// What to do before the camera: drawn when it is open, so that nothing can be prepared. Asking again draws anew and
    /// wipes what was taken for the ones before.
    ///
    /// # Errors
    /// When the link is not this device's or nothing can be handed in.
    pub async fn ask_capture_prompts(&self, holder: &Holder) -> Result<Vec<PromptView>, Error> {
        let reviewer = self.reviewer()?;
        let (now, holder) = (self.now(), holder.clone());
        let challenge = reviewer.draw(|rng| Challenge::draw(rng, now));
        let drawn = challenge.clone();
        let write = self.store().write("draw_prompts", async move |tx: &mut Tx| {
            let mut row = open_behind(tx, &holder, now).await?.capture;
            if reviewer.wanted(&row).is_empty() {
                return Err(Error::coded("document", "document_not_taken", "Choose a document first."));
            }
            row.challenge = Some(drawn.to_string());
            captures::update(tx, &row).await?;
            Ok::<_, Error>(())
        });
        write.await?;
        Ok(prompt_views(&challenge))
    }

    /// Takes a picture in: checked, freed of everything but pixels, sealed, written. A poor one is taken with hints.
    ///
    /// # Errors
    /// When the link is not this device's, no such picture is asked for, it was taken too often, or it breaks a limit.
    pub async fn take_capture_picture(
        &self,
        holder: &Holder,
        slot: Slot,
        bytes: Vec<u8>,
        taken: Taken,
    ) -> Result<SlotView, Error> {
        let reviewer = self.reviewer()?;
        let (now, who, by) = (self.now(), holder.clone(), Arc::clone(&reviewer));
        let read = self.store().read("capture", async move |tx: &mut Tx| {
            let row = open_behind(tx, &who, now).await?.capture;
            allowed(tx, &by, &row, slot).await?;
            Ok::<_, Error>(row)
        });
        let row = read.await?;
        let key = reviewer.key(&row)?.ok_or_else(closed)?;
        let picture = reviewer.intake.take(bytes, slot.picture()).await;
        let picture = picture.map_err(|refusal| coded(refusal.code(), &capital(&refusal.to_string())))?;
        let (place, evidence, jpeg) = (place(&row.case, slot)?, reviewer.evidence.clone(), picture.jpeg.clone());
        let mut nonce = [0_u8; NONCE];
        reviewer.draw(|rng| rng.fill_bytes(&mut nonce));
        let put = tokio::task::spawn_blocking(move || evidence.put(&place, &key, nonce, jpeg.expose())).await;
        put.map_err(|_| Error::Internal("a picture was cut off".to_owned()))??;
        let findings = Findings {
            blurred: picture.findings.blurred,
            glare: picture.findings.glare,
            dark: picture.findings.dark,
            width: picture.width,
            height: picture.height,
            look: format!("{:016x}", picture.print.look),
            takes: 0,
            live: taken.live,
            echo: taken.echo,
            shown: taken.shown,
            captured: taken.captured,
        };
        let (holder, print, at) = (holder.clone(), picture.print.sha256.to_vec(), self.now());
        let write = self.store().write("take_picture", async move |tx: &mut Tx| {
            let mut row = open_behind(tx, &holder, now).await?.capture;
            let takes = allowed(tx, &reviewer, &row, slot).await?;
            let findings = Findings { takes: takes + 1, ..findings.clone() };
            let picture = Evidence {
                case: row.case.clone(),
                number: slot.number(),
                kind: slot.as_str().to_owned(),
                findings: serde_json::to_string(&findings).unwrap_or_default(),
                original_print: print.clone(),
                captured_at: at,
                erased_at: None,
            };
            reviews::save_evidence(tx, &picture).await?;
            row.first_captured_at.get_or_insert(at);
            captures::update(tx, &row).await?;
            Ok::<_, Error>((slot_view(slot, std::slice::from_ref(&picture)), row.attempt))
        });
        let (view, attempt) = write.await?;
        if slot.of_document() {
            self.told(&attempt).await;
        }
        Ok(view)
    }

    /// The two or three lines a person typed off the document. What has no shape of a zone is refused with where to look.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be handed in, or these are no such lines.
    pub async fn type_capture_zone(&self, holder: &Holder, typed: &str) -> Result<(), Error> {
        let reviewer = self.reviewer()?;
        let (now, holder, typed) = (self.now(), holder.clone(), typed.trim().to_owned());
        zone_shape(&typed, now)?;
        let write = self.store().write("type_zone", async move |tx: &mut Tx| {
            let mut row = open_behind(tx, &holder, now).await?.capture;
            row.zone_sealed = (!typed.is_empty()).then(|| reviewer.seal_zone(&row.id, &typed));
            Ok::<_, Error>(captures::update(tx, &row).await?)
        });
        write.await
    }

    /// Hands everything in: software's findings are written down, and a case is opened for people.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be handed in, or a picture is missing.
    pub async fn hand_in_capture(&self, holder: &Holder) -> Result<(), Error> {
        let reviewer = self.reviewer()?;
        let (app, now, holder) = (self.clone(), self.now(), holder.clone());
        let write = self.store().write("hand_in", async move |tx: &mut Tx| {
            let mut row = open_behind(tx, &holder, now).await?.capture;
            let pictures = reviews::list_evidence(tx, &row.case).await?;
            let wanted = reviewer.wanted(&row);
            let there = |slot: &Slot| pictures.iter().any(|picture| picture.number == slot.number());
            if wanted.is_empty() || !wanted.iter().all(there) {
                return Err(coded("picture_missing", "A picture is still missing."));
            }
            let flags = flags(tx, &reviewer, &row, &pictures, now).await?;
            let case = ReviewCase {
                id: row.case.clone(),
                organization: row.organization.clone(),
                attempt: Some(row.attempt.clone()),
                kind: "review".to_owned(),
                state: "open".to_owned(),
                statement_sealed: None,
                findings: json!({ "flags": flags }).to_string(),
                opened_at: now,
                images_until: row.first_captured_at.map(|at| images_until(at, app.settings().biometrics_days)),
                proposal: None,
                proposed_by: None,
                decision: None,
                reasons: "[]".to_owned(),
                note: None,
                decided_by: None,
                decided_at: None,
            };
            reviews::insert(tx, &case).await?;
            row.state = "submitted".to_owned();
            row.submitted_at = Some(now);
            captures::update(tx, &row).await?;
            Ok::<_, Error>(row.attempt)
        });
        let attempt = write.await?;
        self.told(&attempt).await;
        Ok(())
    }
}

fn served(reviewer: &Reviewer, country: &str) -> Result<String, Error> {
    if reviewer.documents.documents(country).is_empty() {
        return Err(Error::coded("country", "country_not_served", "Documents of this country are not taken."));
    }
    Ok(country.to_owned())
}

/// Whether a picture may be taken for this slot (once more). Answers how often it was.
async fn allowed(tx: &mut Tx, reviewer: &Reviewer, row: &Capture, slot: Slot) -> Result<u8, Error> {
    if !reviewer.wanted(row).contains(&slot) {
        return Err(coded("picture_not_asked_for", "No such picture is asked for, and none is kept."));
    }
    if matches!(slot, Slot::Prompt(_)) && row.challenge.is_none() {
        return Err(coded("picture_not_asked_for", "Ask for the prompts first."));
    }
    let pictures = reviews::list_evidence(tx, &row.case).await?;
    let takes = pictures.iter().find(|one| one.number == slot.number()).map_or(0, |one| Findings::of(one).takes);
    if takes >= TAKES {
        return Err(coded("picture_taken_too_often", "This picture was taken four times; the last one stays."));
    }
    Ok(takes)
}

fn place(case: &str, slot: Slot) -> Result<Place, Error> {
    let case: ReviewCaseId = case.parse().map_err(|_| Error::Internal("a case without id".to_owned()))?;
    Ok(Place { case, number: slot.number(), kind: slot.as_str() })
}

fn slot_view(slot: Slot, pictures: &[Evidence]) -> SlotView {
    let found = pictures.iter().find(|picture| picture.number == slot.number()).map(Findings::of);
    SlotView {
        slot,
        taken: found.is_some(),
        hints: found.as_ref().map(Findings::hints).unwrap_or_default(),
        takes_left: TAKES.saturating_sub(found.map_or(0, |found| found.takes)),
    }
}

fn prompt_views(challenge: &Challenge) -> Vec<PromptView> {
    let view = |(at, prompt): (usize, &Prompt)| PromptView {
        slot: Slot::Prompt(at),
        prompt: *prompt,
        echo: challenge.echo(at).unwrap_or_default(),
    };
    challenge.prompts.iter().enumerate().map(view).collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

/// Whether a typed text has the shape of a zone; nothing typed is fine.
pub(super) fn zone_shape(typed: &str, now: Timestamp) -> Result<(), Error> {
    if typed.is_empty() {
        return Ok(());
    }
    if typed.len() > LONGEST_ZONE {
        return Err(Error::coded("zone", "zone_unreadable", "These are not the lines of a machine-readable zone."));
    }
    let read = MrzReport::read(typed, now).map(drop);
    read.map_err(|refusal| Error::coded("zone", "zone_unreadable", capital(&refusal.to_string())))
}

/// What software found, by name, for the reviewer's eyes; nothing here decides (verification.md 4.4).
async fn flags(
    tx: &mut Tx,
    reviewer: &Reviewer,
    row: &Capture,
    pictures: &[Evidence],
    now: Timestamp,
) -> Result<Vec<&'static str>, Error> {
    let mut flags = Vec::new();
    let print = |picture: &Evidence| {
        let look = u64::from_str_radix(&Findings::of(picture).look, 16).unwrap_or_default();
        let document = Slot::from_name(&picture.kind).is_some_and(Slot::of_document);
        (document, Print { sha256: picture.original_print.as_slice().try_into().unwrap_or_default(), look })
    };
    let prints: Vec<(bool, Print)> = pictures.iter().map(print).collect();
    // One face before one wall looks alike from frame to frame; there only the same file is suspicious.
    let same = |one: &(bool, Print), two: &(bool, Print)| match one.0 || two.0 {
        true => one.1.same_picture(&two.1),
        false => one.1.sha256 == two.1.sha256,
    };
    if prints.iter().enumerate().any(|(at, one)| prints.iter().skip(at + 1).any(|two| same(one, two))) {
        flags.push("same_picture");
    }
    for picture in pictures {
        if reviews::count_same_picture(tx, &picture.original_print, &row.case).await? > 0 {
            flags.push("seen_elsewhere");
            break;
        }
    }
    let challenge = row.challenge.as_deref().and_then(|text| text.parse::<Challenge>().ok());
    if let Some(challenge) = challenge {
        let frames: Vec<Frame> = Slot::ALL
            .into_iter()
            .filter(|slot| matches!(slot, Slot::Prompt(_)))
            .filter_map(|slot| pictures.iter().find(|picture| picture.number == slot.number()))
            .map(Findings::of)
            .map(|found| Frame { echo: found.echo, shown: found.shown, captured: found.captured, live: found.live })
            .collect();
        let from_file = frames.iter().any(|frame| !frame.live);
        // Of pictures that were sent as files there is nothing to say about time.
        let found = challenge.check(&frames, now);
        flags.extend(found.into_iter().map(|one| one.code()).filter(|code| !from_file || *code == "uploaded_not_live"));
    }
    if let Some(zone) = reviewer.zone(row)? {
        flags.extend(zone_flags(row, zone.expose(), now));
    }
    Ok(flags)
}

/// What the typed zone means for this case.
pub(super) fn zone_flags(row: &Capture, zone: &str, now: Timestamp) -> Vec<&'static str> {
    let kind = row.document.as_deref().and_then(DocumentKind::from_name);
    let (Some(document), Some(country)) = (kind, row.country.as_deref()) else { return Vec::new() };
    let min_age = keystead_core::verification::documents::MIN_AGE;
    // The passport beside a visa is a picture here: a person compares it.
    let claim = Claim { document, country, name: None, min_age, passport_at_hand: true };
    match MrzReport::read(zone, now) {
        Ok(report) => assess(&report, &claim, now).into_iter().map(|finding| finding.code()).collect(),
        Err(_) => vec!["mrz_unreadable"],
    }
}
