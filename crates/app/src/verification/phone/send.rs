//! A number is submitted, or its code asked for again.

use keystead_core::id::{OrganizationId, PhoneVerificationId, UserId};
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{SEND_LIMITS, SENDS};
use keystead_core::verification::phone::{
    LOCK_WAITS, PhoneEvent, PhoneRefusal, PhoneState, PhoneVerification as Machine,
};
use keystead_providers::Failure;
use keystead_providers::phone::LineType;
use keystead_store::Tx;
use keystead_store::tables::phones::{self, PhoneVerification};
use serde_json::{Value, json};

use super::{code, keep, machine, refused};
use crate::audit::Deed;
use crate::outbox::Outcome;
use crate::services::Codes;
use crate::verification::jobs::field;
use crate::verification::limits::{Origin, Subjects};
use crate::verification::number::{self, Number, NumberRefusal};
use crate::verification::payment::settled;
use crate::verification::phone::view::VerificationView;
use crate::{Actor, App, Error};

/// What the carrier said is believed for thirty days (verification.md 2.2).
const LOOKUP_LIFE: i64 = 30 * 86_400;
/// A closed organization's number counts for thirty more days (verification.md 5.1).
const CLOSED_COUNTS: i64 = 30 * 86_400;
/// A number proven longer ago by somebody else has changed hands (verification.md 5.1).
const RECYCLED: i64 = 365 * 86_400;

/// A number somebody wants to prove.
#[derive(Debug, Clone)]
pub struct NewPhone {
    /// As typed.
    pub number: Secret<String>,
    /// The country picked beside it, if one was.
    pub country: Option<String>,
    /// `en`, `pl` or `ja`, for the text message.
    pub language: String,
    /// Where the request came from.
    pub origin: Origin,
}

/// What is known before anything is sent.
#[derive(Clone)]
struct Prepared {
    number: Number,
    print: Vec<u8>,
    line: LineType,
    subjects: Subjects,
    language: String,
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

    /// Sends a code to a number that may stand for this organization.
    ///
    /// # Errors
    /// With a stable code when the number is refused, a limit is reached or the service does not answer; none of them
    /// uses up a try.
    pub async fn start_phone_verification(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        phone: NewPhone,
    ) -> Result<VerificationView, Error> {
        self.codes()?;
        let number = number::read(phone.number.expose(), phone.country.as_deref())?;
        let served = &self.settings().phone_countries;
        if !served.is_empty() && !served.contains(&number.country) {
            return Err(NumberRefusal::CountryNotServed.into());
        }
        let print = self.sealer().fingerprint("phone", number.e164.expose());
        let hex = |bytes: &[u8]| bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        let prefix: String = number.e164.expose().chars().skip(1).take(7).collect();
        let subjects = Subjects {
            number: Some(hex(&print)),
            prefix: Some(hex(&self.sealer().fingerprint("phone_prefix", &prefix))),
            country: Some(number.country.clone()),
            user: actor.user().cloned(),
            organization: Some(organization.clone()),
            ip: phone.origin.ip,
        };
        self.may_ask(actor, organization, &subjects, &print).await?;
        let line = self.line_type(&number, &print).await?;
        let prepared = Prepared { number, print, line, subjects, language: phone.language };
        let (row, fresh) = self.begin_phone(actor, organization, prepared).await?;
        if fresh { self.send_code(row).await } else { VerificationView::of(&row) }
    }

    /// Everything that can be refused before the carrier is asked, which costs money.
    async fn may_ask(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        subjects: &Subjects,
        print: &[u8],
    ) -> Result<(), Error> {
        let (app, actor, organization) = (self.clone(), actor.clone(), organization.clone());
        let (subjects, print) = (subjects.clone(), print.to_vec());
        let read = self.store().read("phone_may_ask", async move |tx: &mut Tx| {
            app.authorize_member(tx, &actor, &organization).await?;
            let value = subjects.number.clone().unwrap_or_default();
            app.within(tx, SEND_LIMITS, &subjects, &value).await?;
            app.country_open(tx, &subjects).await?;
            app.number_free(tx, &print, &organization, actor.user()).await
        });
        read.await
    }

    /// One number stands for three organizations at most. Strangers are told no more than with any other limit.
    async fn number_free(
        &self,
        tx: &mut Tx,
        print: &[u8],
        organization: &OrganizationId,
        user: Option<&UserId>,
    ) -> Result<(), Error> {
        let now = self.now();
        let held = phones::list_by_print(tx, print, now.plus(-CLOSED_COUNTS)).await?;
        let counts = |row: &&phones::PhoneNumber| {
            let recycled = row.user.as_ref() != user && now.since(row.verified_at) > RECYCLED;
            &row.organization != organization && !recycled
        };
        if held.iter().filter(counts).count() >= self.settings().organizations_per_number {
            let message = "This number cannot be used for another organization. Use another number or ask support.";
            return Err(Error::coded("phone_number", "phone_number_limit_reached", message));
        }
        Ok(())
    }

    /// What the carrier says; the plan alone when nobody can be asked (verification.md 2.5).
    async fn line_type(&self, number: &Number, print: &[u8]) -> Result<LineType, Error> {
        let (now, key) = (self.now(), print.to_vec());
        let read = self.store().read("line_type", async move |tx: &mut Tx| {
            Ok::<_, Error>(phones::find_line(tx, &key, now.plus(-LOOKUP_LIFE)).await?)
        });
        let line = match (read.await?.as_deref().and_then(line_from_name), &self.services().lines) {
            (Some(known), _) => known,
            (None, None) => LineType::Unknown,
            (None, Some(lookup)) => match lookup.lookup(number.e164.expose()).await {
                Ok(line) => {
                    let key = print.to_vec();
                    let write = self.store().write("line_type", async move |tx: &mut Tx| {
                        Ok::<_, Error>(phones::save_line(tx, &key, line_name(line), now).await?)
                    });
                    write.await?;
                    line
                }
                // "Lookup down" passes with the limits that hold for everybody (2.5); the code still has to arrive.
                Err(Failure::Unavailable(_)) => LineType::Unknown,
                Err(_) => LineType::Unknown,
            },
        };
        match line {
            LineType::Mobile | LineType::Personal | LineType::Unknown => Ok(line),
            LineType::FixedVoip | LineType::NonFixedVoip if self.settings().allow_voip => Ok(line),
            LineType::FixedVoip | LineType::NonFixedVoip => Err(NumberRefusal::Voip.into()),
            LineType::Landline => Err(NumberRefusal::Landline.into()),
            _ => Err(NumberRefusal::Special.into()),
        }
    }

    /// Writes the verification down before anything is sent. The same number again is its present verification.
    async fn begin_phone(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        prepared: Prepared,
    ) -> Result<(PhoneVerification, bool), Error> {
        let (app, actor, organization) = (self.clone(), actor.clone(), organization.clone());
        let id = self.draw(PhoneVerificationId::generate).to_string();
        let sealed = self.draw(|rng| {
            self.sealer().seal(rng, &format!("phone.number:{id}"), prepared.number.e164.expose().as_bytes())
        });
        let write = self.store().write("start_phone_verification", async move |tx: &mut Tx| {
            app.authorize_member(tx, &actor, &organization).await?;
            let now = app.now();
            let value = prepared.subjects.number.clone().unwrap_or_default();
            let mut rounds = 0;
            for mut live in phones::list_live(tx, &organization).await? {
                if live.user.as_ref() != actor.user() {
                    continue;
                }
                let stands = machine(&live)?;
                let alive = matches!(stands.state, PhoneState::CodeSent) && now < stands.expires_at;
                if alive && live.number_print == prepared.print {
                    return Ok((live, false));
                }
                if stands.state == PhoneState::Locked && stands.locked_until.is_some_and(|at| now < at) {
                    return Err(refused(PhoneRefusal::Locked { at: stands.locked_until.unwrap_or(now) }));
                }
                rounds = rounds.max(stands.lock_round + u8::from(stands.state == PhoneState::Locked));
                app.end_phone(tx, &actor, &mut live).await?;
            }
            app.within(tx, SEND_LIMITS, &prepared.subjects, &value).await?;
            let earlier = app.earlier_locks(tx, &prepared.subjects).await?;
            let (begun, _, audit) = Machine::begin(now, rounds.max(earlier));
            let mut row = PhoneVerification {
                id: id.clone(),
                organization: organization.clone(),
                user: actor.user().cloned(),
                number_print: prepared.print.clone(),
                number_sealed: sealed.clone(),
                number_masked: prepared.number.masked.clone(),
                country: prepared.number.country.clone(),
                line_type: line_name(prepared.line).to_owned(),
                language: prepared.language.clone(),
                state: String::new(),
                machine: String::new(),
                provider_reference: None,
                code_print: None,
                created_at: now,
                finished_at: None,
            };
            keep(&mut row, &begun);
            phones::insert(tx, &row).await?;
            app.count(tx, SENDS, &prepared.subjects, &format!("{id}:1"), &value).await?;
            let details = json!({ "data": { "country": row.country, "line_type": row.line_type } });
            app.record(tx, &actor, Deed { organization: &organization, action: audit, target: &id, details }).await?;
            Ok((row, true))
        });
        write.await
    }

    /// How often codes of this person died of wrong checks in the last days, so that waits go on growing.
    async fn earlier_locks(&self, tx: &mut Tx, subjects: &Subjects) -> Result<u8, Error> {
        let Some(organization) = &subjects.organization else { return Ok(0) };
        let subject = format!("organization:{organization}");
        let since = self.now().plus(-7 * 86_400);
        let locks = keystead_store::tables::limit_hits::count(tx, "phone_locks", &subject, since).await?.hits;
        Ok(u8::try_from(locks).unwrap_or(u8::MAX).min(LOCK_WAITS.len() as u8))
    }

    /// Ends what goes on, because the person wants another number or the time is over.
    pub(crate) async fn end_phone(&self, tx: &mut Tx, actor: &Actor, row: &mut PhoneVerification) -> Result<(), Error> {
        let now = self.now();
        let before = machine(row)?;
        let event = if now >= before.expires_at || before.state == PhoneState::Locked {
            PhoneEvent::Tick
        } else {
            PhoneEvent::Abandon
        };
        let (next, _, audit) = before.step(event, now).map_err(refused)?;
        keep(row, &next);
        row.finished_at = Some(now);
        phones::update(tx, row).await?;
        if let Some(reference) = &row.provider_reference {
            let work = json!({ "reference": reference });
            self.enqueue(tx, crate::verification::jobs::PHONE_CANCEL, &work, now).await?;
        }
        let deed = Deed { organization: &row.organization, action: audit, target: &row.id, details: json!({}) };
        self.record(tx, actor, deed).await
    }

    /// Sends the code of a verification that is written down.
    pub(crate) async fn send_code(&self, mut row: PhoneVerification) -> Result<VerificationView, Error> {
        let number = self.sealer().open_text(&format!("phone.number:{}", row.id), &row.number_sealed)?;
        let sent = match self.codes()? {
            Codes::Verifier(service) => service
                .start(number.expose(), &row.language)
                .await
                .map(|begun| row.provider_reference = Some(begun.reference)),
            Codes::Sms(service) => {
                let digits = self.draw(code::draw);
                let text = code::message(&self.settings().operator, &digits, &row.language, self.host());
                row.code_print = Some(self.sealer().fingerprint(&code::purpose(&row.id), digits.expose()));
                service.send(number.expose(), &text).await.map(|_| ())
            }
        };
        let failure = sent.err();
        if failure.is_some() {
            let (down, ..) = machine(&row)?.step(PhoneEvent::ProviderDown, self.now()).map_err(refused)?;
            keep(&mut row, &down);
        }
        let kept = row.clone();
        let write =
            self.store().write("code_sent", async move |tx: &mut Tx| Ok::<_, Error>(phones::update(tx, &kept).await?));
        write.await?;
        match failure {
            None => VerificationView::of(&row),
            Some(Failure::Refused(_)) => Err(NumberRefusal::Special.into()),
            Some(failure) => Err(Error::provider("text message", &failure)),
        }
    }

    /// Sends the code again, when its wait is over.
    ///
    /// # Errors
    /// When the wait is not over, no codes are left, a limit is reached, or the service does not answer.
    pub async fn resend_phone_code(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        origin: Origin,
    ) -> Result<VerificationView, Error> {
        self.phone_verification(actor, organization, id).await?;
        let same_code = matches!(self.codes()?, Codes::Verifier(_));
        let (app, actor, organization, id) = (self.clone(), actor.clone(), organization.clone(), id.to_owned());
        let write = self.store().write("resend_phone_code", async move |tx: &mut Tx| {
            let mut row = app.own_verification(tx, &actor, &organization, &id).await?;
            let hex: String = row.number_print.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let subjects = Subjects {
                number: Some(hex.clone()),
                prefix: None,
                country: Some(row.country.clone()),
                user: actor.user().cloned(),
                organization: Some(organization.clone()),
                ip: origin.ip,
            };
            let before = machine(&row)?;
            let (next, _, audit) = before.step(PhoneEvent::Resend { same_code }, app.now()).map_err(refused)?;
            app.within(tx, SEND_LIMITS, &subjects, &hex).await?;
            app.country_open(tx, &subjects).await?;
            app.count(tx, SENDS, &subjects, &format!("{id}:{}", next.sends), &hex).await?;
            keep(&mut row, &next);
            phones::update(tx, &row).await?;
            let deed = Deed { organization: &organization, action: audit, target: &id, details: json!({}) };
            app.record(tx, &actor, deed).await?;
            Ok::<_, Error>(row)
        });
        let row = write.await?;
        self.send_code(row).await
    }

    /// What the outbox does about phones: a verification that ended here ends at the service.
    pub(crate) async fn phone_job(&self, _name: &str, payload: &Value) -> Result<Outcome, Error> {
        let Codes::Verifier(service) = self.codes()? else { return Ok(Outcome::Done) };
        settled(service.cancel(field(payload, "reference")?).await)
    }

    /// The host people see, for the line that lets phones fill codes in.
    fn host(&self) -> &str {
        let after = self.public_url().split("://").nth(1).unwrap_or_default();
        after.split(['/', ':']).next().unwrap_or_default()
    }
}

const fn line_name(line: LineType) -> &'static str {
    match line {
        LineType::Mobile => "mobile",
        LineType::Landline => "landline",
        LineType::FixedVoip => "fixed_voip",
        LineType::NonFixedVoip => "non_fixed_voip",
        LineType::Personal => "personal",
        LineType::TollFree => "toll_free",
        LineType::Premium => "premium",
        LineType::SharedCost => "shared_cost",
        LineType::Uan => "uan",
        LineType::Voicemail => "voicemail",
        LineType::Pager => "pager",
        LineType::Unknown => "unknown",
    }
}

fn line_from_name(name: &str) -> Option<LineType> {
    const ALL: [LineType; 12] = [
        LineType::Mobile,
        LineType::Landline,
        LineType::FixedVoip,
        LineType::NonFixedVoip,
        LineType::Personal,
        LineType::TollFree,
        LineType::Premium,
        LineType::SharedCost,
        LineType::Uan,
        LineType::Voicemail,
        LineType::Pager,
        LineType::Unknown,
    ];
    ALL.into_iter().find(|line| line_name(*line) == name)
}
