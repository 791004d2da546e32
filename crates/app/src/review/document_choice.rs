//! Use cases of the person with a link: choosing country and document, requesting prompts, typing the machine-readable
//! zone.

use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentKind;
use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::reviews;

use super::capture::{Holder, PromptView, capital, coded, open_behind, prompt_views, reviewer, served};
use super::capture_files::{place, wipe};
use super::evidence::Place;
use crate::{App, Error};
use keystead_documents::mrz::MrzReport;
use keystead_documents::prompts::{Challenge, drawn};
use keystead_documents::slots::{Slot, wanted};

/// The longest text of a zone that is kept.
const LONGEST_ZONE: usize = 400;
/// How often prompts are drawn for one capture.
const DRAWS: u8 = 5;

/// Characters of a stated name; the longest name in a passport's zone has 39.
const LONGEST_NAME: usize = 100;

impl App {
    /// Chooses another country; pictures of documents of the previous country are wiped.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or the country is not served.
    pub async fn choose_capture_country(&self, holder: &Holder, country: &str) -> Result<(), Error> {
        let reviewer = reviewer(self)?;
        let country = served(reviewer, country)?;
        change_choice(self, holder, move |row| {
            row.country = Some(country.clone());
            row.document = None;
            Ok(())
        })
        .await
    }

    /// Chooses the document; pictures of the previous one are wiped.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or the country does not issue it.
    pub async fn choose_capture_document(&self, holder: &Holder, kind: &str) -> Result<(), Error> {
        let reviewer = reviewer(self)?;
        let unknown = || Error::coded("document", "document_not_taken", "This document is not taken for the country.");
        let kind = DocumentKind::from_name(kind).ok_or_else(unknown)?;
        change_choice(self, holder, move |row| {
            if wanted(&reviewer.documents, row.country.as_deref().unwrap_or_default(), kind).is_empty() {
                return Err(unknown());
            }
            row.document = Some(kind);
            Ok(())
        })
        .await
    }

    /// Draws the prompts for the camera. They are drawn when the camera is open, so that the person cannot prepare
    /// pictures. Another request draws new ones and wipes the pictures of the previous ones.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or prompts were requested too often.
    pub async fn ask_capture_prompts(&self, holder: &Holder) -> Result<Vec<PromptView>, Error> {
        let reviewer = reviewer(self)?;
        let now = self.now();
        let challenge = reviewer.draw(|rng| Challenge::draw(rng, now));
        let write = write_tx!(self.store(), "draw_prompts", |tx| {
            let mut row = open_behind(tx, holder, now).await?.capture;
            if reviewer.wanted(&row).is_empty() {
                return Err(Error::coded("document", "document_not_taken", "Choose a document first."));
            }
            let draws = drawn(row.challenge.as_deref()).map_or(0, |(draws, _)| draws);
            if draws >= DRAWS {
                return Err(coded("picture_taken_too_often", "The prompts were drawn too often."));
            }
            row.challenge = Some(format!("{} {challenge}", draws + 1));
            let gone = forget(tx, &row, |slot| matches!(slot, Slot::Prompt(_))).await?;
            captures::update(tx, &row).await?;
            Ok(gone)
        });
        wipe(reviewer, write?).await?;
        Ok(prompt_views(&challenge))
    }

    /// Saves the two or three lines that a person typed from the document. A text without the shape of a zone is
    /// refused, with a hint where to find the zone.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or the lines do not have the shape of a zone.
    pub async fn type_capture_zone(&self, holder: &Holder, typed: &str) -> Result<(), Error> {
        let reviewer = reviewer(self)?;
        let (now, typed) = (self.now(), typed.trim().to_owned());
        zone_shape(&typed, now)?;
        write_tx!(self.store(), "type_zone", |tx| {
            let mut row = open_behind(tx, holder, now).await?.capture;
            row.zone_sealed = (!typed.is_empty()).then(|| reviewer.seal_zone(&row.id, &typed));
            Ok(captures::update(tx, &row).await?)
        })
    }

    /// Saves the name that the person states, as the document shows it: software compares it, people decide. It cannot
    /// be removed.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or the name is not valid.
    pub async fn state_capture_name(&self, holder: &Holder, typed: &str) -> Result<(), Error> {
        let reviewer = reviewer(self)?;
        let now = self.now();
        let typed = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        if typed.chars().count() > LONGEST_NAME || typed.chars().any(char::is_control) {
            return Err(Error::coded("name", "name_unreadable", "Invalid 'name': at most 100 characters."));
        }
        write_tx!(self.store(), "state_name", |tx| {
            let mut row = open_behind(tx, holder, now).await?.capture;
            row.name_sealed = (!typed.is_empty()).then(|| reviewer.seal_name(&row.id, &typed));
            Ok(captures::update(tx, &row).await?)
        })
    }
}

async fn change_choice(
    app: &App,
    holder: &Holder,
    choose: impl Fn(&mut Capture) -> Result<(), Error> + Send + Sync,
) -> Result<(), Error> {
    let reviewer = reviewer(app)?;
    let now = app.now();
    let write = write_tx!(app.store(), "choose_document", |tx| {
        let mut row = open_behind(tx, holder, now).await?.capture;
        let before = (row.country.clone(), row.document);
        choose(&mut row)?;
        let mut gone = Vec::new();
        if before != (row.country.clone(), row.document) {
            gone = forget(tx, &row, Slot::of_document).await?;
            row.zone_sealed = None;
            captures::update(tx, &row).await?;
        }
        Ok(gone)
    });
    wipe(reviewer, write?).await
}

/// Deletes rows of pictures. Returns the places of their files.
async fn forget(tx: &mut Tx, row: &Capture, which: impl Fn(Slot) -> bool) -> Result<Vec<Place>, Error> {
    let mut gone = Vec::new();
    for picture in reviews::list_evidence(tx, &row.case).await? {
        if which(picture.kind) {
            reviews::delete_evidence(tx, &row.case, picture.number).await?;
            gone.push(place(&row.case, picture.kind, picture.number));
        }
    }
    Ok(gone)
}

/// Whether a typed text has the shape of a zone; an empty text is accepted.
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
