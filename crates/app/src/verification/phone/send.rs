//! Submitting a number, and requesting its code again.

use keystead_core::id::{OrganizationId, PhoneVerificationId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::SEND_LIMITS;
use keystead_core::verification::number::{LineKind, LineVerdict, line_verdict};
use keystead_core::verification::phone::{PhoneAttempt, PhoneEffect, PhoneEvent, PhoneRefusal, PhoneState, PhoneStep};
use keystead_core::verification::phone_requirement::{PhoneStatus, RequirementEvent, Submission};
use keystead_store::Tx;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::tables::phones::{self, PhoneVerification};
use rand::Rng;
use serde_json::json;

use super::delivery::{repeats_code, send_code};
use super::lines::{line_kind, sim_settled};
use super::number_rules::{FULL, count_send, earlier_locks, number_free, number_subjects};
use super::status::{end_phone, phone_requirement, step_phone};
use super::view::VerificationView;
use super::{SIM_CHANGED, begun_by, keep, machine, not_now, own_phone_verification, refused};
use crate::audit::AuditEntry;
use crate::request::Origin;
use crate::services::Codes;
use crate::verification::limits::{Subjects, ensure_country_open, ensure_within};
use crate::verification::number::{self, Number, NumberRefusal};
use crate::verification::signals::record_origin;
use crate::{Actor, App, Error};

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
struct Prepared<'a> {
    number: Number,
    fingerprint: Vec<u8>,
    line: LineKind,
    verdict: LineVerdict,
    subjects: Subjects<'a>,
    language: String,
    signed_in_again: bool,
}

impl From<NumberRefusal> for Error {
    fn from(refusal: NumberRefusal) -> Self {
        Self::coded("phone_number", refusal.code(), refusal.message())
    }
}

impl App {
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
        codes(self)?;
        match prepare_number(self, actor, organization, &phone).await {
            Ok(prepared) => {
                let (row, fresh) = begin_phone(self, actor, organization, prepared).await?;
                if fresh { send_code(self, row).await } else { VerificationView::of(row) }
            }
            Err(error) => {
                record_phone_refusal(self, actor, organization, &error).await?;
                Err(error)
            }
        }
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
        codes(self)?;
        let row = write_tx!(self.store(), "resend_phone_code", |tx| {
            let row = own_phone_verification(self, tx, actor, organization, id).await?;
            let number = self.sealer().open_text(&format!("phone.number:{}", row.id), &row.number_sealed)?;
            let subjects = number_subjects(self, number.expose(), &row.country, actor, organization, origin);
            let before = machine(&row)?;
            let same_code = repeats_code(self, &row);
            let step = before.step(PhoneEvent::Resend { same_code }, self.now()).map_err(refused)?;
            let verdict = line_verdict(row.line_type, &self.settings().lines);
            another_code(self, tx, actor, row, step, (&subjects, verdict)).await
        })?;
        send_code(self, row).await
    }
}

pub(crate) fn codes(app: &App) -> Result<&Codes, Error> {
    app.services().codes.as_ref().ok_or(Error::Unsupported("text messages"))
}

/// Collects and checks everything before a verification is saved.
async fn prepare_number<'a>(
    app: &App,
    actor: &'a Actor,
    organization: &'a OrganizationId,
    phone: &NewPhone,
) -> Result<Prepared<'a>, Error> {
    let number = number::read(phone.number.expose(), phone.country.as_deref())?;
    let served = &app.settings().phone_countries;
    if !served.is_empty() && !served.contains(&number.country) {
        return Err(NumberRefusal::CountryNotServed.into());
    }
    let fingerprint = app.sealer().fingerprint("phone", number.e164.expose());
    let subjects = number_subjects(app, number.e164.expose(), &number.country, actor, organization, phone.origin);
    let change = ensure_may_ask(app, actor, organization, &subjects, &fingerprint, phone.signed_in_again).await?;
    let line = line_kind(app, &number, &fingerprint, &subjects).await?;
    let verdict = line_verdict(line, &app.settings().lines);
    if let LineVerdict::Refuse(code) = verdict {
        return Err(NumberRefusal::from_code(code).into());
    }
    if change {
        sim_settled(app, &number, &subjects).await?;
    }
    let (language, signed_in_again) = (phone.language.clone(), phone.signed_in_again);
    Ok(Prepared { number, fingerprint, line, verdict, subjects, language, signed_in_again })
}

/// Records that a number was refused, with the reason and without the number.
async fn record_phone_refusal(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    error: &Error,
) -> Result<(), Error> {
    let code = match error {
        Error::Invalid { param: Some("phone_number"), code: Some(code), .. } => code,
        Error::Limited { name: SIM_CHANGED, .. } => &SIM_CHANGED,
        _ => return Ok(()),
    };
    let nth = app.draw(|rng| rng.random::<u64>());
    let submission = if *code == FULL { Submission::LimitReached } else { Submission::Refused };
    let code = (*code).to_owned();
    write_tx!(app.store(), "phone_refused", |tx| {
        app.authorize_member(tx, actor, organization).await?;
        let event = submission_event(tx, organization, submission, true).await?;
        if code == SIM_CHANGED {
            // Counted for the operator's `signals`.
            let subject = format!("organization:{organization}");
            let id = format!("{nth:016x}:sim");
            let hit = Hit { id, name: SIM_CHANGED.to_owned(), subject, value: String::new(), at: app.now() };
            limit_hits::insert(tx, &hit).await?;
        }
        step_phone(app, tx, actor, organization, event, json!({ "reason": code })).await.map(|_| ())
    })
}

/// Whether a submitted number is the first one, or replaces the proven one.
async fn submission_event(
    tx: &mut Tx,
    organization: &OrganizationId,
    submission: Submission,
    signed_in_again: bool,
) -> Result<RequirementEvent, Error> {
    let (before, _) = phone_requirement(tx, organization).await?;
    Ok(match before.status {
        PhoneStatus::Verified | PhoneStatus::PendingNew => {
            RequirementEvent::ChangeStarted { submission, signed_in_again }
        }
        _ => RequirementEvent::Submitted(submission),
    })
}

/// Checks everything that can be refused before the carrier is asked, which costs money. Returns whether the number
/// would replace a proven one.
async fn ensure_may_ask(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    subjects: &Subjects<'_>,
    fingerprint: &[u8],
    signed_in_again: bool,
) -> Result<bool, Error> {
    read_tx!(app.store(), "phone_may_ask", |tx| {
        app.authorize_member(tx, actor, organization).await?;
        // A dry run: what the status refuses needs no lookup at the carrier.
        let event = submission_event(tx, organization, Submission::Accepted, signed_in_again).await?;
        phone_requirement(tx, organization).await?.0.step(event, app.now()).map_err(not_now)?;
        let value = subjects.number.clone().unwrap_or_default();
        ensure_within(app, tx, SEND_LIMITS, subjects, &value).await?;
        ensure_country_open(app, tx, subjects).await?;
        number_free(app, tx, fingerprint, organization, actor).await?;
        Ok(matches!(event, RequirementEvent::ChangeStarted { .. }))
    })
}

/// Saves the verification before anything is sent. The same number again continues its present verification.
async fn begin_phone(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    prepared: Prepared<'_>,
) -> Result<(PhoneVerification, bool), Error> {
    let id = app.draw(PhoneVerificationId::generate);
    let sealed =
        app.draw(|rng| app.sealer().seal(rng, &format!("phone.number:{id}"), prepared.number.e164.expose().as_bytes()));
    write_tx!(app.store(), "start_phone_verification", |tx| {
        app.authorize_member(tx, actor, organization).await?;
        let now = app.now();
        number_free(app, tx, &prepared.fingerprint, organization, actor).await?;
        let mut rounds = 0;
        for mut live in phones::list_live(tx, organization).await? {
            if live.user.as_ref() != actor.user() {
                continue;
            }
            let current = machine(&live)?;
            let alive = matches!(current.state, PhoneState::CodeSent) && now < current.expires_at;
            // A code requested in another session becomes invalid: it cannot be confirmed from here.
            if alive && live.number_fingerprint == prepared.fingerprint && begun_by(&live, actor) {
                // No service is known to have accepted its code: it was lost, and a new one is sent.
                let lost = live.service.is_none();
                let Some(step) =
                    lost.then(|| current.step(PhoneEvent::Resend { same_code: false }, now).ok()).flatten()
                else {
                    return Ok((live, false));
                };
                let row = another_code(app, tx, actor, live, step, (&prepared.subjects, prepared.verdict)).await?;
                return Ok((row, true));
            }
            if current.state == PhoneState::Locked && current.locked_until.is_some_and(|at| now < at) {
                return Err(refused(PhoneRefusal::Locked { at: current.locked_until.unwrap_or(now) }));
            }
            rounds = rounds.max(current.lock_round + u8::from(current.state == PhoneState::Locked));
            end_phone(app, tx, actor, &mut live).await?;
        }
        count_send(app, tx, &prepared.subjects, prepared.verdict, &format!("{id}:1")).await?;
        let event = submission_event(tx, organization, Submission::Accepted, prepared.signed_in_again).await?;
        step_phone(app, tx, actor, organization, event, json!({})).await?;
        let earlier = earlier_locks(app, tx, &prepared.subjects).await?;
        let (begun, effects, audit) = PhoneAttempt::begin(now, rounds.max(earlier));
        let mut row = PhoneVerification {
            id: id.clone(),
            organization: organization.clone(),
            user: actor.user().cloned(),
            session: actor.session().cloned(),
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
        record_origin(app, tx, organization, Origin { ip: prepared.subjects.ip }).await?;
        let review = prepared.verdict == LineVerdict::Review;
        let details =
            json!({ "data": { "country": row.country, "line_type": row.line_type.as_str(), "review": review } });
        app.record(tx, actor, AuditEntry { organization, action: audit, target: id.as_str(), details }).await?;
        Ok((row, effects.contains(&PhoneEffect::SendCode)))
    })
}

/// Counts and saves that another code of a verification is sent.
async fn another_code(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    mut row: PhoneVerification,
    (next, _, audit): PhoneStep,
    (subjects, verdict): (&Subjects<'_>, LineVerdict),
) -> Result<PhoneVerification, Error> {
    // The service never sent while it was down, so the same number of sends may occur again.
    let nth = format!("{}:{}:{}", row.id, next.sends, app.now().0);
    count_send(app, tx, subjects, verdict, &nth).await?;
    keep(&mut row, &next);
    phones::update(tx, &row).await?;
    let (organization, target) = (&row.organization, row.id.as_str());
    let entry = AuditEntry { organization, action: audit, target, details: json!({}) };
    app.record(tx, actor, entry).await?;
    Ok(row)
}
