//! The reviewer's view: the queue, a case with the findings of software, and its pictures with the reviewer's name
//! burned in.

use keystead_core::id::{ActorId, EvidenceViewId};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentKind;
use keystead_core::verification::legal_hold::AGREED_WITHIN;
use keystead_core::verification::limits::VIEW_LIMITS;
use keystead_core::verification::organization::people_needed;
use keystead_core::verification::review::{CaseKind, ViewReason};
use keystead_store::tables::captures;
use keystead_store::tables::legal_holds::{self, LegalHold};
use keystead_store::tables::reviews::{self, EvidenceView, ReviewCase};
use keystead_store::tables::{identity_attempts, organizations};
use serde_json::{Value, json};

use super::capture::{Findings, reviewer};
use super::document_choice::zone_shape;
use super::evidence::Place;
use super::load::capture_of;
use super::own_organization::is_member;
use super::submit::zone_flags;
use super::zone_view::{ZoneView, stated_name, zone_view};
use crate::audit::AuditEntry;
use crate::validate::{operators_only, parse_id};
use crate::verification::limits::{Subjects, count_within};
use crate::verification::organization::apply::read_statement;
use crate::verification::organization::state::{document_free_at, live_attempt, load_verification};
use crate::{Actor, App, Error};
use keystead_documents::Slot;
use keystead_documents::image::watermark;
use keystead_documents::mrz::MrzReport;
use keystead_documents::prompts::{Prompt, drawn};

/// Reasons for viewing a picture, for the log that the owners read.
pub const VIEW_REASONS: [&str; 3] =
    [ViewReason::Review.as_str(), ViewReason::Appeal.as_str(), ViewReason::Audit.as_str()];

/// One case in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRow {
    /// `case_…`.
    pub id: String,
    /// The organization, by label.
    pub organization_name: String,
    /// Why it was opened.
    pub kind: CaseKind,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When its pictures are erased, decided or not.
    pub images_until: Option<Timestamp>,
    /// The number of findings by software.
    pub flags: usize,
    /// Who has already proposed to approve, when two are needed.
    pub proposed_by: Option<ActorId>,
}

/// One picture of a case; its bytes are loaded separately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureView {
    /// Its number in the case.
    pub number: i64,
    /// What it shows.
    pub slot: Slot,
    /// The prompt it answers, if it is the picture of a prompt.
    pub prompt: Option<Prompt>,
    /// Findings by software: `blurred`, `glare`, `dark`.
    pub hints: Vec<&'static str>,
    /// Whether the page took it from the camera.
    pub live: bool,
    /// When it was taken.
    pub captured_at: Timestamp,
    /// Whether its bytes are erased.
    pub erased: bool,
}

/// Everything about a case.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case as it is kept.
    pub case: ReviewCase,
    /// The organization, by label.
    pub organization_name: String,
    /// What the owner wrote.
    pub statement: Option<String>,
    /// The chosen country.
    pub country: Option<String>,
    /// The chosen document.
    pub document: Option<DocumentKind>,
    /// Findings by software, by name.
    pub flags: Vec<String>,
    /// Whether the document has recently verified as many other organizations as it may: approving then needs two
    /// people.
    pub duplicate: bool,
    /// The typed zone.
    pub zone: Option<ZoneView>,
    /// The name the person stated.
    pub name: Option<Secret<String>>,
    /// Its pictures, in order.
    pub pictures: Vec<PictureView>,
    /// Who viewed them.
    pub views: Vec<EvidenceView>,
    /// Legal holds on its pictures that are in force or proposed, the newest first.
    pub holds: Vec<LegalHold>,
    /// Why it was declined, by name.
    pub reasons: Vec<String>,
    /// Whether the reviewer belongs to the organization and so may not decide.
    pub own: bool,
    /// How many people must agree before the organization is approved.
    pub people_to_approve: u8,
    /// The other cases of the organization, the newest first.
    pub history: Vec<ReviewCase>,
}

fn flags_of(case: &ReviewCase) -> Vec<String> {
    let findings: Value = serde_json::from_str(&case.findings).unwrap_or_default();
    let flags = findings.get("flags").and_then(Value::as_array).into_iter().flatten();
    flags.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Sorts pictures in the order in which they were requested; their numbers are random.
fn in_order(mut pictures: Vec<PictureView>) -> Vec<PictureView> {
    pictures.sort_by_key(|picture| Slot::ALL.iter().position(|slot| *slot == picture.slot));
    pictures
}

impl App {
    /// Lists cases that people must decide; the one with the earliest deadline comes first.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn review_queue(&self, actor: &Actor) -> Result<Vec<QueueRow>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "review_queue", |tx| {
            let mut rows = Vec::new();
            for case in reviews::list_open(tx).await? {
                let label = organizations::find(tx, &case.organization).await?.map(|row| row.name);
                rows.push(QueueRow {
                    flags: flags_of(&case).len(),
                    id: case.id.to_string(),
                    organization_name: label.unwrap_or_default(),
                    kind: case.kind,
                    opened_at: case.opened_at,
                    images_until: case.images_until,
                    proposed_by: case.proposed_by,
                });
            }
            Ok(rows)
        })
    }

    /// Returns the case that was decided last, with the organization's name.
    ///
    /// # Errors
    /// When the caller is not an operator.
    pub async fn last_decision(&self, actor: &Actor) -> Result<Option<(String, ReviewCase)>, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "last_decision", |tx| {
            let Some(case) = reviews::last_decided(tx).await? else { return Ok(None) };
            let label = organizations::find(tx, &case.organization).await?.map(|row| row.name);
            Ok(Some((label.unwrap_or_default(), case)))
        })
    }

    /// Returns a case with everything except the pictures' bytes.
    ///
    /// # Errors
    /// When the caller is not an operator, or when there is no such case.
    pub async fn review_case(&self, actor: &Actor, id: &str) -> Result<CaseView, Error> {
        operators_only(actor)?;
        read_tx!(self.store(), "review_case", |tx| {
            let case = reviews::find(tx, &parse_id("case", id)?).await?.ok_or_else(|| Error::not_found("case", id))?;
            let capture = capture_of(tx, &case).await?;
            let label = organizations::find(tx, &case.organization).await?.map(|row| row.name);
            let attempt = match &case.attempt {
                Some(attempt) => identity_attempts::find(tx, attempt).await?,
                None => None,
            };
            let duplicate = match attempt.as_ref().and_then(|attempt| attempt.document_fingerprint.as_deref()) {
                Some(fingerprint) => document_free_at(self, tx, &case.organization, fingerprint).await?.is_some(),
                None => false,
            };
            let pictures = match &capture {
                Some(capture) => reviews::list_evidence(tx, &capture.case).await?,
                None => Vec::new(),
            };
            let challenge = drawn(capture.as_ref().and_then(|capture| capture.challenge.as_deref()));
            let picture = |row: &reviews::Evidence| {
                let slot = row.kind;
                let found = Findings::of(row);
                let prompt = match slot {
                    Slot::Prompt(at) => challenge.as_ref().and_then(|(_, drawn)| drawn.prompts.get(at).copied()),
                    _ => None,
                };
                PictureView {
                    number: row.number,
                    slot,
                    prompt,
                    hints: found.hints(),
                    live: found.live,
                    captured_at: row.captured_at,
                    erased: row.erased_at.is_some(),
                }
            };
            let people_to_approve = match case.kind {
                CaseKind::Review => 1 + u8::from(duplicate),
                CaseKind::Appeal | CaseKind::Duplicate => {
                    let status = load_verification(tx, &case.organization).await?.status;
                    let live = live_attempt(tx, &case.organization).await?.map(|row| row.state);
                    people_needed(status, live, true)
                }
            };
            let mut history = reviews::list(tx, &case.organization).await?;
            history.retain(|other| other.id != case.id);
            let holds = match &capture {
                Some(capture) => legal_holds::list_open(tx, &capture.case).await?,
                None => Vec::new(),
            };
            let now = self.now();
            let in_force = |hold: &LegalHold| match hold.granted_at {
                Some(_) => now < hold.until,
                None => now.since(hold.proposed_at) < AGREED_WITHIN,
            };
            let views = reviews::list_views(tx, &case.organization).await?;
            let of_case = |view: &EvidenceView| {
                view.case == case.id || capture.as_ref().is_some_and(|capture| capture.case == view.case)
            };
            Ok(CaseView {
                organization_name: label.unwrap_or_default(),
                statement: read_statement(self, &case)?,
                country: capture.as_ref().and_then(|capture| capture.country.clone()),
                document: capture.as_ref().and_then(|capture| capture.document),
                flags: flags_of(&case),
                duplicate,
                zone: zone_view(self, capture.as_ref())?,
                name: stated_name(self, capture.as_ref())?,
                pictures: in_order(pictures.iter().map(picture).collect()),
                views: views.into_iter().filter(of_case).collect(),
                holds: holds.into_iter().filter(in_force).collect(),
                reasons: serde_json::from_str(&case.reasons).unwrap_or_default(),
                own: is_member(tx, actor, &case.organization).await?,
                people_to_approve,
                history,
                case,
            })
        })
    }

    /// Saves the zone that the reviewer read from the picture, or their correction of the typed one; its findings are
    /// computed again.
    ///
    /// # Errors
    /// When the caller is not an operator, when the case was decided, when the pictures are erased, or the lines do not
    /// have the shape of a zone.
    pub async fn read_review_zone(&self, actor: &Actor, id: &str, typed: &str) -> Result<(), Error> {
        operators_only(actor)?;
        let reviewer = reviewer(self)?;
        let (now, typed) = (self.now(), typed.trim().to_owned());
        zone_shape(&typed, now)?;
        write_tx!(self.store(), "read_zone", |tx| {
            let missing = || Error::not_found("case", id);
            let found = reviews::find(tx, &parse_id("case", id)?).await?;
            let mut case = found.filter(|case| case.kind == CaseKind::Review).ok_or_else(missing)?;
            let mut row = capture_of(tx, &case).await?.ok_or_else(missing)?;
            if case.decided_at.is_some() || row.erased_at.is_some() {
                return Err(Error::Conflict { message: "This case was decided before.".to_owned() });
            }
            row.zone_sealed = (!typed.is_empty()).then(|| reviewer.seal_zone(&row.id, &typed));
            captures::update(tx, &row).await?;
            let mut flags: Vec<String> = flags_of(&case).into_iter().filter(|flag| !flag.starts_with("mrz_")).collect();
            if !typed.is_empty() {
                let name = reviewer.name(&row)?;
                flags.extend(zone_flags(&row, &typed, name.as_ref(), now).into_iter().map(str::to_owned));
            }
            case.findings = json!({ "flags": flags }).to_string();
            reviews::update(tx, &case).await?;
            if let Some(mut attempt) = identity_attempts::find(tx, &row.attempt).await? {
                let report = MrzReport::read(&typed, now).ok().filter(|report| report.digits.document_number);
                let number = report.map(|report| format!("{}:{}", report.issuer, report.document_number.expose()));
                attempt.document_fingerprint = number.map(|number| self.sealer().fingerprint("document", &number));
                identity_attempts::update(tx, &attempt).await?;
            }
            Ok(())
        })
    }

    /// Returns one picture for a reviewer, with their name and the time burned in; the view is recorded for the owners
    /// to read.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is unknown, when the picture is erased, or beyond
    /// [`VIEW_LIMITS`].
    pub async fn review_picture(
        &self,
        actor: &Actor,
        id: &str,
        number: i64,
        reason: &str,
    ) -> Result<Secret<Vec<u8>>, Error> {
        operators_only(actor)?;
        let reviewer = reviewer(self)?;
        let reason = ViewReason::from_name(reason)
            .ok_or_else(|| Error::invalid("reason", "Invalid 'reason': say why the picture is looked at."))?;
        let now = self.now();
        let write = write_tx!(self.store(), "view_picture", |tx| {
            let missing = || Error::not_found("picture", id);
            let case = reviews::find(tx, &parse_id("picture", id)?).await?.ok_or_else(missing)?;
            let row = capture_of(tx, &case).await?.ok_or_else(missing)?;
            let pictures = reviews::list_evidence(tx, &row.case).await?;
            let picture = pictures.into_iter().find(|picture| picture.number == number && picture.erased_at.is_none());
            let picture = picture.ok_or_else(missing)?;
            let slot = picture.kind;
            let view = EvidenceView {
                id: self.draw(EvidenceViewId::generate),
                organization: case.organization.clone(),
                case: row.case.clone(),
                number,
                viewer: actor.actor_id(),
                reason,
                at: now,
            };
            let who = Subjects { reviewer: Some(actor.id().to_lowercase()), ..Subjects::default() };
            count_within(self, tx, VIEW_LIMITS, &who).await?;
            reviews::insert_view(tx, &view).await?;
            let details = json!({ "data": { "picture": slot.as_str(), "reason": reason.as_str() } });
            let entry = AuditEntry {
                organization: &case.organization,
                action: "review.picture_viewed",
                target: row.case.as_str(),
                details,
            };
            self.record(tx, actor, entry).await?;
            Ok((case, row, slot))
        });
        // The row is written before the picture is opened, so that no view is missing in the record.
        let (case, row, slot) = write?;
        let key = reviewer.key(&row)?.ok_or_else(|| Error::not_found("picture", row.case.as_str()))?;
        let place = Place { case: row.case, number, kind: slot.as_str() };
        let mark = format!("{} {} {}", actor.id(), watermark::time(now), case.id);
        let evidence = reviewer.evidence.clone();
        let opened = reviewer.intake.beside(move || {
            let kept = evidence.get(&place, &key)?;
            watermark::burn(&kept, &mark).ok_or_else(|| Error::Internal("a kept picture cannot be read".to_owned()))
        });
        opened.await?
    }
}
