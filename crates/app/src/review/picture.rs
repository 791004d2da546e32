//! Receiving a picture: checked, reduced to its pixels, sealed, written.

use keystead_store::Tx;
use keystead_store::tables::captures::{self, Capture};
use keystead_store::tables::reviews::{self, Evidence};
use rand::{Rng, RngCore};

use super::Reviewer;
use super::capture::{
    Findings, Holder, SlotView, TAKES, Taken, capital, closed, coded, notify_first_device, open_behind, reviewer,
    slot_view,
};
use super::capture_files::{place, wipe};
use super::evidence::{NONCE, Place};
use crate::verification::limits::{Subjects, count_within};
use crate::{App, Error, audit};
use keystead_core::verification::limits::PICTURE_LIMITS;
use keystead_documents::Slot;

impl App {
    /// Receives a picture: it is checked, reduced to its pixels, sealed and written. A poor picture is accepted with
    /// hints.
    ///
    /// # Errors
    /// When the link is not this device's, such a picture is not requested, it was taken too often, it exceeds a limit of
    /// pictures, or there were more than [`PICTURE_LIMITS`].
    pub async fn take_capture_picture(
        &self,
        holder: &Holder,
        slot: Slot,
        bytes: Vec<u8>,
        taken: Taken,
    ) -> Result<SlotView, Error> {
        let reviewer = reviewer(self)?;
        let now = self.now();
        // Counted before it is read, which costs most: also what is refused then counts.
        let row = write_tx!(self.store(), "count_picture", |tx| {
            let row = open_behind(tx, holder, now).await?.capture;
            allowed(tx, reviewer, &row, slot).await?;
            let organization = Some(&row.organization);
            let who = Subjects { organization, ip: audit::client_address(), ..Subjects::default() };
            count_within(self, tx, PICTURE_LIMITS, &who).await?;
            Ok(row)
        })?;
        let key = reviewer.key(&row)?.ok_or_else(closed)?;
        let picture = reviewer.intake.take(bytes, slot.into()).await;
        let picture = picture.map_err(|refusal| coded(refusal.code(), &capital(&refusal.to_string())))?;
        // Each take has a number of its own, so that a late picture never overwrites the file of another row.
        let number = i64::from(reviewer.draw(|rng| rng.random::<u32>()));
        let at_rest = place(&row.case, slot, number);
        let (place, evidence, jpeg) = (at_rest.clone(), reviewer.evidence.clone(), picture.jpeg.clone());
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
            look: format!("{:016x}", picture.fingerprint.look),
            takes: 0,
            live: taken.live,
            echo: taken.echo,
            shown: taken.shown,
            captured: taken.captured,
        };
        let (fingerprint, at) = (picture.fingerprint.sha256.to_vec(), self.now());
        let write = write_tx!(self.store(), "take_picture", |tx| {
            // The time is read again: reading the picture took a while.
            let mut row = open_behind(tx, holder, at).await?.capture;
            let before = allowed(tx, reviewer, &row, slot).await?;
            let takes = before.as_ref().map_or(0, |before| Findings::of(before).takes);
            let findings = Findings { takes: takes + 1, ..findings.clone() };
            let picture = Evidence {
                case: row.case.clone(),
                number,
                kind: slot,
                findings: serde_json::to_string(&findings).unwrap_or_default(),
                original_fingerprint: fingerprint.clone(),
                captured_at: at,
                erased_at: None,
            };
            if let Some(before) = &before {
                reviews::delete_evidence(tx, &row.case, before.number).await?;
            }
            reviews::save_evidence(tx, &picture).await?;
            row.first_captured_at.get_or_insert(at);
            captures::update(tx, &row).await?;
            Ok((slot_view(slot, std::slice::from_ref(&picture)), row.attempt, before))
        });
        let (view, attempt, before) = match write {
            Ok(written) => written,
            Err(error) => {
                wipe(reviewer, vec![at_rest]).await?;
                return Err(error);
            }
        };
        if let Some(before) = before {
            wipe(reviewer, vec![Place { number: before.number, ..at_rest }]).await?;
        }
        if slot.of_document() {
            notify_first_device(self, &attempt).await;
        }
        Ok(view)
    }
}

/// Checks whether (another) picture may be taken for this slot. Returns the present one.
async fn allowed(tx: &mut Tx, reviewer: &Reviewer, row: &Capture, slot: Slot) -> Result<Option<Evidence>, Error> {
    if !reviewer.wanted(row).contains(&slot) {
        return Err(coded("picture_not_asked_for", "No such picture is asked for, and none is kept."));
    }
    if matches!(slot, Slot::Prompt(_)) && row.challenge.is_none() {
        return Err(coded("picture_not_asked_for", "Ask for the prompts first."));
    }
    let pictures = reviews::list_evidence(tx, &row.case).await?;
    let before = pictures.into_iter().find(|picture| picture.kind == slot);
    if before.as_ref().is_some_and(|before| Findings::of(before).takes >= TAKES) {
        return Err(coded("picture_taken_too_often", "This picture was taken four times; the last one stays."));
    }
    Ok(before)
}
