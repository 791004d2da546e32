//! Submitting a number, and requesting its code again.

use keystead_core::hex;
use keystead_core::id::{OrganizationId, PhoneVerificationId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{DOUBTFUL, DOUBTFUL_LIMITS, SEND_LIMITS, SENDS};
use keystead_core::verification::number::{LineKind, LineVerdict, line_verdict};
use keystead_core::verification::phone::{
    LOCK_WAITS, PhoneEffect, PhoneEvent, PhoneRefusal, PhoneState, PhoneStep, PhoneVerification as Machine,
};
use keystead_core::verification::phone_requirement::{PhoneStatus, RequirementEvent, Submission};
use keystead_core::verification::phone_sharing::{self, Holder, Sharing};
use keystead_store::Tx;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::tables::phones::{self, PhoneVerification};
use rand::Rng;
use serde_json::json;

use super::{SIM_CHANGED, begun_by, keep, machine, not_now, refused};
use crate::audit::AuditEntry;
use crate::request::Origin;
use crate::services::Codes;
use crate::verification::limits::Subjects;
use crate::verification::number::{self, Number, NumberRefusal};
use crate::verification::phone::view::VerificationView;
use crate::{Actor, App, Error};

/// The error code for a number that has its maximum of organizations.
pub(crate) const FULL: &str = "phone_number_limit_reached";

/// A number that a person wants to prove.
#[derive(Debug, Clone)]
pub struct NewPhone {
    /// As typed.
    pub number: Secret<String>,
    /// The chosen country, if there is one.
    pub country: Option<String>,
    /// `en`, `pl` or `ja`, for the text message.
    pub language: String,
    /// Where the request came from.
    pub origin: Origin,
    /// Whether the caller has just reauthenticated; replacing a proven number requires it.
    pub signed_in_again: bool,
}

/// What is known before anything is sent.
#[derive(Clone)]
struct Prepared {
    number: Number,
    fingerprint: Vec<u8>,
    line: LineKind,
    verdict: LineVerdict,
    subjects: Subjects,
    language: String,
    signed_in_again: bool,
}

impl From<NumberRefusal> for Error {
    fn from(refusal: NumberRefusal) -> Self {
        Self::coded("phone_number", refusal.code(), refusal.message())
    }
}

impl App {
    pub(crate) fn codes(&self) -> Result<Codes, Error> {
        self.services().codes.clone().ok_or(Error::Unsupported("text messages"))
    }

    /// Sends a code to a number that is to be proven for this organization.
    ///
    /// # Errors
    /// A stable code when the number is refused, a limit is reached or the service does not answer; none of them counts
    /// as an attempt.
    pub async fn start_phone_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        phone: NewPhone,
    ) -> Result<VerificationView, Error> {
        self.codes()?;
        match self.prepare(actor, organization, &phone).await {
            Ok(prepared) => {
                let (row, fresh) = self.begin_phone(actor, organization, prepared).await?;
                if fresh { self.send_code(row).await } else { VerificationView::of(&row) }
            }
            Err(error) => {
                self.note_phone_refusal(actor, organization, &error).await?;
                Err(error)
            }
        }
    }

    /// Collects and checks everything before a verification is saved.
    async fn prepare(&self, actor: &Actor, organization: &OrganizationId, phone: &NewPhone) -> Result<Prepared, Error> {
        let number = number::read(phone.number.expose(), phone.country.as_deref())?;
        let served = &self.settings().phone_countries;
        if !served.is_empty() && !served.contains(&number.country) {
            return Err(NumberRefusal::CountryNotServed.into());
        }
        let fingerprint = self.sealer().fingerprint("phone", number.e164.expose());
        let subjects = self.number_subjects(number.e164.expose(), &number.country, actor, organization, phone.origin);
        let change = self.may_ask(actor, organization, &subjects, &fingerprint, phone.signed_in_again).await?;
        let line = self.line_kind(&number, &fingerprint, &subjects).await?;
        let verdict = line_verdict(line, &self.settings().lines);
        if let LineVerdict::Refuse(code) = verdict {
            return Err(NumberRefusal::from_code(code).into());
        }
        if change {
            self.sim_settled(&number, &subjects).await?;
        }
        let (language, signed_in_again) = (phone.language.clone(), phone.signed_in_again);
        Ok(Prepared { number, fingerprint, line, verdict, subjects, language, signed_in_again })
    }

    /// Returns the subjects against which a number's codes count.
    fn number_subjects(
        &self,
        e164: &str,
        country: &str,
        actor: &Actor,
        organization: &OrganizationId,
        origin: Origin,
    ) -> Subjects {
        let half = |fingerprint: Vec<u8>| hex::encode(&fingerprint[..16]);
        let prefix: String = e164.chars().skip(1).take(7).collect();
        Subjects {
            number: Some(half(self.sealer().fingerprint("phone", e164))),
            prefix: Some(half(self.sealer().fingerprint("phone_prefix", &prefix))),
            country: Some(country.to_owned()),
            user: actor.user().cloned(),
            organization: Some(organization.clone()),
            ip: origin.ip,
        }
    }

    /// Records that a number was refused, with the reason and without the number.
    async fn note_phone_refusal(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        error: &Error,
    ) -> Result<(), Error> {
        let code = match error {
            Error::Invalid { param: Some("phone_number"), code: Some(code), .. } => code,
            Error::Limited { name: SIM_CHANGED, .. } => &SIM_CHANGED,
            _ => return Ok(()),
        };
        let nth = self.draw(|rng| rng.random::<u64>());
        let submission = if *code == FULL { Submission::LimitReached } else { Submission::Refused };
        let code = (*code).to_owned();
        write_tx!(self.store(), "phone_refused", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let event = self.submission(tx, organization, submission, true).await?;
            if code == SIM_CHANGED {
                // Counted for the operator's `signals`.
                let subject = format!("organization:{organization}");
                let id = format!("{nth:016x}:sim");
                let hit = Hit { id, name: SIM_CHANGED.to_owned(), subject, value: String::new(), at: self.now() };
                limit_hits::insert(tx, &hit).await?;
            }
            self.step_phone(tx, actor, organization, event, json!({ "reason": code })).await.map(|_| ())
        })
    }

    /// Whether a submitted number is the first one, or replaces the proven one.
    async fn submission(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        submission: Submission,
        signed_in_again: bool,
    ) -> Result<RequirementEvent, Error> {
        let (before, _) = self.phone_requirement(tx, organization).await?;
        Ok(match before.status {
            PhoneStatus::Verified | PhoneStatus::PendingNew => {
                RequirementEvent::ChangeStarted { submission, signed_in_again }
            }
            _ => RequirementEvent::Submitted(submission),
        })
    }

    /// Checks everything that can be refused before the carrier is asked, which costs money. Returns whether the number
    /// would replace a proven one.
    async fn may_ask(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        subjects: &Subjects,
        fingerprint: &[u8],
        signed_in_again: bool,
    ) -> Result<bool, Error> {
        read_tx!(self.store(), "phone_may_ask", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            // A dry run: what the status refuses needs no lookup at the carrier.
            let event = self.submission(tx, organization, Submission::Accepted, signed_in_again).await?;
            self.phone_requirement(tx, organization).await?.0.step(event, self.now()).map_err(not_now)?;
            let value = subjects.number.clone().unwrap_or_default();
            self.within(tx, SEND_LIMITS, subjects, &value).await?;
            self.country_open(tx, subjects).await?;
            self.number_free(tx, fingerprint, organization, actor).await?;
            Ok(matches!(event, RequirementEvent::ChangeStarted { .. }))
        })
    }

    /// Checks that the number may verify one more organization; returns those that lose it with the proof. A refusal
    /// tells strangers no more than any other refusal.
    pub(crate) async fn number_free(
        &self,
        tx: &mut Tx,
        fingerprint: &[u8],
        organization: &OrganizationId,
        actor: &Actor,
    ) -> Result<Vec<OrganizationId>, Error> {
        let held = phones::list_by_fingerprint(tx, fingerprint).await?;
        let holder = |(row, closed_at): (phones::PhoneNumber, _)| Holder {
            organization: row.organization,
            user: row.user,
            verified_at: row.verified_at,
            closed_at,
        };
        let holders: Vec<Holder> = held.into_iter().map(holder).collect();
        let most = self.settings().organizations_per_number;
        match phone_sharing::judge(&holders, organization, actor.user(), most, self.now()) {
            Sharing::Free { released } => Ok(released),
            Sharing::Full => {
                let message = "This number cannot be used for another organization. Use another number or ask support.";
                Err(Error::coded("phone_number", FULL, message))
            }
        }
    }

    /// Counts a send, or refuses it beyond the limits, which are lower for an unknown line.
    async fn count_send(&self, tx: &mut Tx, subjects: &Subjects, verdict: LineVerdict, id: &str) -> Result<(), Error> {
        let value = subjects.number.clone().unwrap_or_default();
        self.hold_all(tx, SENDS).await?;
        self.within(tx, SEND_LIMITS, subjects, &value).await?;
        self.country_open(tx, subjects).await?;
        if verdict == LineVerdict::Review {
            self.within(tx, DOUBTFUL_LIMITS, subjects, &value).await?;
            self.count(tx, DOUBTFUL, subjects, id, &value).await?;
        }
        self.count(tx, SENDS, subjects, id, &value).await
    }

    /// Saves the verification before anything is sent. The same number again continues its present verification.
    async fn begin_phone(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        prepared: Prepared,
    ) -> Result<(PhoneVerification, bool), Error> {
        let id = self.draw(PhoneVerificationId::generate).to_string();
        let sealed = self.draw(|rng| {
            self.sealer().seal(rng, &format!("phone.number:{id}"), prepared.number.e164.expose().as_bytes())
        });
        write_tx!(self.store(), "start_phone_verification", |tx| {
            self.authorize_member(tx, actor, organization).await?;
            let now = self.now();
            self.number_free(tx, &prepared.fingerprint, organization, actor).await?;
            let mut rounds = 0;
            for mut live in phones::list_live(tx, organization).await? {
                if live.user.as_ref() != actor.user() {
                    continue;
                }
                let stands = machine(&live)?;
                let alive = matches!(stands.state, PhoneState::CodeSent) && now < stands.expires_at;
                // A code requested in another session becomes invalid: it cannot be confirmed from here.
                if alive && live.number_fingerprint == prepared.fingerprint && begun_by(&live, actor) {
                    // No service is known to have accepted its code: it was lost, and a new one is sent.
                    let lost = live.service.is_none();
                    let Some(step) =
                        lost.then(|| stands.step(PhoneEvent::Resend { same_code: false }, now).ok()).flatten()
                    else {
                        return Ok((live, false));
                    };
                    let row = self.another_code(tx, actor, live, step, (&prepared.subjects, prepared.verdict)).await?;
                    return Ok((row, true));
                }
                if stands.state == PhoneState::Locked && stands.locked_until.is_some_and(|at| now < at) {
                    return Err(refused(PhoneRefusal::Locked { at: stands.locked_until.unwrap_or(now) }));
                }
                rounds = rounds.max(stands.lock_round + u8::from(stands.state == PhoneState::Locked));
                self.end_phone(tx, actor, &mut live).await?;
            }
            self.count_send(tx, &prepared.subjects, prepared.verdict, &format!("{id}:1")).await?;
            let event = self.submission(tx, organization, Submission::Accepted, prepared.signed_in_again).await?;
            self.step_phone(tx, actor, organization, event, json!({})).await?;
            let earlier = self.earlier_locks(tx, &prepared.subjects).await?;
            let (begun, effects, audit) = Machine::begin(now, rounds.max(earlier));
            let mut row = PhoneVerification {
                id: id.clone(),
                organization: organization.clone(),
                user: actor.user().cloned(),
                session: actor.session().map(str::to_owned),
                number_fingerprint: prepared.fingerprint.clone(),
                number_sealed: sealed.clone(),
                number_masked: prepared.number.masked.clone(),
                country: prepared.number.country.clone(),
                line_type: prepared.line,
                language: prepared.language.clone(),
                state: begun.state,
                machine: String::new(),
                service: None,
                provider_reference: None,
                code_fingerprint: None,
                created_at: now,
                finished_at: None,
            };
            keep(&mut row, &begun);
            phones::insert(tx, &row).await?;
            self.note_origin(tx, organization, Origin { ip: prepared.subjects.ip }).await?;
            let review = prepared.verdict == LineVerdict::Review;
            let details =
                json!({ "data": { "country": row.country, "line_type": row.line_type.as_str(), "review": review } });
            self.record(tx, actor, AuditEntry { organization, action: audit, target: &id, details }).await?;
            Ok((row, effects.contains(&PhoneEffect::SendCode)))
        })
    }

    /// Counts how often codes of this person were locked by wrong checks in the last days, so that waits keep growing.
    async fn earlier_locks(&self, tx: &mut Tx, subjects: &Subjects) -> Result<u8, Error> {
        let Some(organization) = &subjects.organization else { return Ok(0) };
        let subject = format!("organization:{organization}");
        let since = self.now().plus(-7 * 86_400);
        let locks = limit_hits::count(tx, "phone_locks", &subject, since).await?.hits;
        Ok(u8::try_from(locks).unwrap_or(u8::MAX).min(LOCK_WAITS.len() as u8))
    }

    /// Ends the present verification, because the person wants another number or it has expired; the organization
    /// returns to its earlier status.
    pub(crate) async fn end_phone(&self, tx: &mut Tx, actor: &Actor, row: &mut PhoneVerification) -> Result<(), Error> {
        self.end_phone_row(tx, actor, row).await?;
        self.phone_attempt_over(tx, actor, &row.organization).await
    }

    /// Ends an attempt alone, for callers that change the organization's status themselves.
    pub(crate) async fn end_phone_row(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        row: &mut PhoneVerification,
    ) -> Result<(), Error> {
        let now = self.now();
        let before = machine(row)?;
        let event = if now >= before.expires_at || before.state == PhoneState::Locked {
            PhoneEvent::Tick
        } else {
            PhoneEvent::Abandon
        };
        let (next, effects, audit) = before.step(event, now).map_err(refused)?;
        keep(row, &next);
        row.finished_at = Some(now);
        phones::update(tx, row).await?;
        if effects.contains(&PhoneEffect::KillCode) {
            self.revoke_code(tx, row).await?;
        }
        let entry = AuditEntry { organization: &row.organization, action: audit, target: &row.id, details: json!({}) };
        self.record(tx, actor, entry).await
    }

    /// Sends the code again, when its wait is over.
    ///
    /// # Errors
    /// When the wait is not over, the maximum of codes or a limit is reached, or the service does not answer.
    pub async fn resend_phone_code(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        origin: Origin,
    ) -> Result<VerificationView, Error> {
        self.phone_verification(actor, organization, id).await?;
        self.codes()?;
        let row = write_tx!(self.store(), "resend_phone_code", |tx| {
            let row = self.own_verification(tx, actor, organization, id).await?;
            let number = self.sealer().open_text(&format!("phone.number:{}", row.id), &row.number_sealed)?;
            let subjects = self.number_subjects(number.expose(), &row.country, actor, organization, origin);
            let before = machine(&row)?;
            let same_code = self.repeats_code(&row);
            let step = before.step(PhoneEvent::Resend { same_code }, self.now()).map_err(refused)?;
            let verdict = line_verdict(row.line_type, &self.settings().lines);
            self.another_code(tx, actor, row, step, (&subjects, verdict)).await
        })?;
        self.send_code(row).await
    }

    /// Counts and saves that another code of a verification is sent.
    async fn another_code(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        mut row: PhoneVerification,
        (next, _, audit): PhoneStep,
        (subjects, verdict): (&Subjects, LineVerdict),
    ) -> Result<PhoneVerification, Error> {
        // The service never sent while it was down, so the same number of sends may occur again.
        let nth = format!("{}:{}:{}", row.id, next.sends, self.now().0);
        self.count_send(tx, subjects, verdict, &nth).await?;
        keep(&mut row, &next);
        phones::update(tx, &row).await?;
        let (organization, target) = (&row.organization, &row.id);
        let entry = AuditEntry { organization, action: audit, target, details: json!({}) };
        self.record(tx, actor, entry).await?;
        Ok(row)
    }
}
