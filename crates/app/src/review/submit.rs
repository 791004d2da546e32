//! Submitting a capture: the findings of software are saved, and people are asked to decide.

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::documents::MIN_AGE;
use keystead_core::verification::review::{CaptureState, CaseKind};
use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::reviews::{self, Evidence, ReviewCase};
use serde_json::json;

use super::Reviewer;
use super::capture::{Findings, Holder, coded, notify_first_device, open_behind, reviewer};
use super::retention::images_until;
use crate::case_mails::{queue_announcement, remind_reviewers};
use crate::{App, Error};
use keystead_documents::Slot;
use keystead_documents::image::PictureFingerprint;
use keystead_documents::mrz::{Claim, MrzReport, assess};
use keystead_documents::prompts::{Frame, drawn};

impl App {
    /// Submits a capture: the findings of software are saved, and a case is opened for people to decide.
    ///
    /// # Errors
    /// When the link is not this device's, nothing can be submitted, or a picture is missing.
    pub async fn submit_capture(&self, holder: &Holder) -> Result<(), Error> {
        let reviewer = reviewer(self)?;
        let now = self.now();
        let attempt = write_tx!(self.store(), "hand_in", |tx| {
            let mut row = open_behind(tx, holder, now).await?.capture;
            let pictures = reviews::list_evidence(tx, &row.case).await?;
            let wanted = reviewer.wanted(&row);
            let there = |slot: &Slot| pictures.iter().any(|picture| picture.kind == *slot);
            if wanted.is_empty() || !wanted.iter().all(there) {
                return Err(coded("picture_missing", "A picture is still missing."));
            }
            let flags = flags(tx, reviewer, &row, &pictures, now).await?;
            let case = ReviewCase {
                findings: json!({ "flags": flags }).to_string(),
                images_until: row.first_captured_at.map(|at| images_until(at, self.settings().biometrics_days)),
                ..ReviewCase::opened(&row.case, &row.organization, Some(row.attempt.clone()), CaseKind::Review, now)
            };
            reviews::insert(tx, &case).await?;
            queue_announcement(self, tx).await?;
            if let Some(until) = case.images_until {
                remind_reviewers(self, tx, &case.id, until).await?;
            }
            row.state = CaptureState::Submitted;
            row.submitted_at = Some(now);
            captures::update(tx, &row).await?;
            Ok(row.attempt)
        })?;
        notify_first_device(self, &attempt).await;
        Ok(())
    }
}

/// Computes the findings by name, for the reviewer; they decide nothing.
async fn flags(
    tx: &mut Tx,
    reviewer: &Reviewer,
    row: &Capture,
    pictures: &[Evidence],
    now: Timestamp,
) -> Result<Vec<&'static str>, Error> {
    let mut flags = Vec::new();
    let fingerprint = |picture: &Evidence| {
        let look = u64::from_str_radix(&Findings::of(picture).look, 16).unwrap_or_default();
        (
            picture.kind.of_document(),
            PictureFingerprint { sha256: picture.original_fingerprint.as_slice().try_into().unwrap_or_default(), look },
        )
    };
    let fingerprints: Vec<(bool, PictureFingerprint)> = pictures.iter().map(fingerprint).collect();
    // Frames of one face before one wall look alike; among them only an identical file is suspicious.
    let same = |one: &(bool, PictureFingerprint), two: &(bool, PictureFingerprint)| match one.0 || two.0 {
        true => one.1.same_picture(&two.1),
        false => one.1.sha256 == two.1.sha256,
    };
    if fingerprints.iter().enumerate().any(|(at, one)| fingerprints.iter().skip(at + 1).any(|two| same(one, two))) {
        flags.push("same_picture");
    }
    for picture in pictures {
        if reviews::count_same_picture(tx, &picture.original_fingerprint, &row.case).await? > 0 {
            flags.push("seen_elsewhere");
            break;
        }
    }
    if let Some((_, challenge)) = drawn(row.challenge.as_deref()) {
        let frames: Vec<Frame> = Slot::ALL
            .into_iter()
            .filter(|slot| matches!(slot, Slot::Prompt(_)))
            .filter_map(|slot| pictures.iter().find(|picture| picture.kind == slot))
            .map(Findings::of)
            .map(|found| Frame { echo: found.echo, shown: found.shown, captured: found.captured, live: found.live })
            .collect();
        let from_file = frames.iter().any(|frame| !frame.live);
        // The time of pictures that were sent as files is unknown.
        let found = challenge.check(&frames, now);
        flags.extend(found.into_iter().map(|one| one.code()).filter(|code| !from_file || *code == "uploaded_not_live"));
    }
    if let Some(zone) = reviewer.zone(row)? {
        let name = reviewer.name(row)?;
        flags.extend(zone_flags(row, zone.expose(), name.as_ref(), now));
    }
    Ok(flags)
}

/// Computes the findings about the typed zone.
pub(super) fn zone_flags(
    row: &Capture,
    zone: &str,
    name: Option<&Secret<String>>,
    now: Timestamp,
) -> Vec<&'static str> {
    let (Some(document), Some(country)) = (row.document, row.country.as_deref()) else { return Vec::new() };
    // The passport of a visa holder is a picture here: a person compares it.
    let name = name.map(|name| name.expose().as_str());
    let claim = Claim { document, country, name, min_age: MIN_AGE, passport_at_hand: true };
    match MrzReport::read(zone, now) {
        Ok(report) => assess(&report, &claim, now).into_iter().map(|finding| finding.code()).collect(),
        Err(_) => vec!["mrz_unreadable"],
    }
}
