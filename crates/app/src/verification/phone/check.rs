//! Checking a typed code.

use keystead_core::hex;
use keystead_core::id::OrganizationId;
use keystead_core::secret::Secret;
use keystead_core::verification::limits::{WRONG, WRONG_LIMITS};
use keystead_core::verification::phone::{PhoneEffect, PhoneEvent, PhoneRefusal, PhoneState};
use keystead_core::verification::phone_requirement::RequirementEvent;
use keystead_providers::phone::Check;
use keystead_store::Tx;
use keystead_store::tables::limit_hits::{self, Hit};
use keystead_store::tables::phones::{self, PhoneNumber, PhoneVerification};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::delivery::ask_about_code;
use super::end::revoke_code;
use super::number_rules::number_free;
use super::send::codes;
use super::status::{end_phone, end_phones, step_phone};
use super::view::VerificationView;
use super::{code, keep, machine, own_phone_verification, refused};
use crate::audit::AuditEntry;
use crate::request::Origin;
use crate::verification::limits::{Subjects, count_hit, ensure_within, hold_all_hits, hold_room};
use crate::{Actor, App, Error};

/// The result of a check. A wrong code is a result and not an error, because it must be saved.
enum Checked {
    Right(Box<PhoneVerification>),
    Wrong {
        left: u8,
    },
    Refused(PhoneRefusal),
    /// The number reached its maximum of organizations while the code was being checked.
    Full(Error),
}

impl App {
    /// Checks a code. The right one proves the number for the whole organization.
    ///
    /// # Errors
    /// `phone_code_wrong` with the number of checks left, when the code has expired, after too many wrong codes, or
    /// when the service that checks does not answer (that uses up no check).
    pub async fn check_phone_code(
        &self,
        actor: &Actor,
        organization: &OrganizationId,
        id: &str,
        typed: &Secret<String>,
        origin: Origin,
    ) -> Result<VerificationView, Error> {
        // Access is checked first: a stranger learns nothing from how a code is handled.
        self.phone_verification(actor, organization, id).await?;
        let Some(digits) = code::typed(typed.expose()) else {
            return Err(Error::coded("code", "phone_code_malformed", "Invalid 'code': the code has six digits."));
        };
        codes(self)?;
        let reserved = reserve_check(self, actor, organization, id, origin).await?;
        let asked = ask_about_code(self, &reserved, &digits).await?;
        let fingerprint = self.sealer().fingerprint(&code::purpose(id), digits.expose());
        let write = write_tx!(self.store(), "check_phone_code", |tx| {
            let row = own_phone_verification(self, tx, actor, organization, id).await?;
            let who_counts = Subjects {
                user: actor.user(),
                organization: Some(organization),
                country: Some(row.country.clone()),
                ip: origin.ip,
                ..Subjects::default()
            };
            hold_all_hits(tx, WRONG).await?;
            ensure_within(self, tx, WRONG_LIMITS, &who_counts, "").await?;
            // Another service sent a new code while this one was asked: its answer is about a code that is no longer
            // valid.
            if row.provider_reference != reserved.provider_reference {
                return Ok(Checked::Refused(PhoneRefusal::Expired));
            }
            let event = match asked {
                // Constant time, and the same work with or without a code.
                None => {
                    let kept = row.code_fingerprint.clone().unwrap_or_else(|| vec![0; 32]);
                    if bool::from(kept.ct_eq(&fingerprint)) { PhoneEvent::RightCode } else { PhoneEvent::WrongCode }
                }
                Some(Check::Ok) => PhoneEvent::RightCode,
                Some(Check::Wrong) => PhoneEvent::WrongCode,
                Some(Check::TooMany) => PhoneEvent::Exhausted,
                Some(Check::Expired | Check::Unknown) => return Ok(Checked::Refused(PhoneRefusal::Expired)),
            };
            apply_check(self, tx, actor, row, event, &who_counts).await
        });
        match write? {
            Checked::Right(row) => VerificationView::of(*row),
            Checked::Refused(refusal) => Err(refused(refusal)),
            Checked::Full(error) => Err(error),
            Checked::Wrong { left } => {
                let message = format!("Wrong code. Tries left: {left}.");
                Err(Error::coded("code", "phone_code_wrong", message))
            }
        }
    }
}

/// Reserves a check with our own counter before the service is asked; the service's counter is only the second
/// protection.
async fn reserve_check(
    app: &App,
    actor: &Actor,
    organization: &OrganizationId,
    id: &str,
    origin: Origin,
) -> Result<PhoneVerification, Error> {
    read_tx!(app.store(), "reserve_check", |tx| {
        let row = own_phone_verification(app, tx, actor, organization, id).await?;
        let subjects =
            Subjects { user: actor.user(), organization: Some(organization), ip: origin.ip, ..Subjects::default() };
        ensure_within(app, tx, WRONG_LIMITS, &subjects, "").await?;
        // A dry run, so that what the machine would refuse never reaches the service.
        machine(&row)?.step(PhoneEvent::WrongCode, app.now()).map_err(refused)?;
        Ok(row)
    })
}

async fn apply_check(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    mut row: PhoneVerification,
    event: PhoneEvent,
    subjects: &Subjects<'_>,
) -> Result<Checked, Error> {
    let now = app.now();
    let before = machine(&row)?;
    let (next, effects, audit) = match before.step(event, now) {
        Ok(step) => step,
        Err(refusal) => return Ok(Checked::Refused(refusal)),
    };
    let mut released = Vec::new();
    let proven = effects.contains(&PhoneEffect::BindNumber);
    if proven {
        // Two proofs of one number at once: the second one sees what the first has bound.
        let fingerprint = hex::encode(&row.number_fingerprint);
        hold_room(tx, "phone_numbers", &fingerprint).await?;
        match number_free(app, tx, &row.number_fingerprint, &row.organization, actor).await {
            Ok(yielding) => released = yielding,
            Err(full @ Error::Invalid { .. }) => {
                end_phone(app, tx, actor, &mut row).await?;
                return Ok(Checked::Full(full));
            }
            Err(error) => return Err(error),
        }
    }
    keep(&mut row, &next);
    if next.state.is_final() {
        row.finished_at = Some(now);
    }
    // Two checks at once read the same counter: the second to write finds a changed row and starts again.
    phones::update_checked(tx, &row, &serde_json::to_string(&before).unwrap_or_default()).await?;
    let entry =
        AuditEntry { organization: &row.organization, action: audit, target: row.id.as_str(), details: json!({}) };
    app.record(tx, actor, entry).await?;
    if proven {
        end_phones(app, tx, actor, &row.organization, Some(row.id.as_str())).await?;
        step_phone(app, tx, actor, &row.organization, RequirementEvent::Proven, json!({})).await?;
        bind_number(app, tx, actor, &row).await?;
        release_numbers(app, tx, actor, &released).await?;
        return Ok(Checked::Right(Box::new(row)));
    }
    if effects.contains(&PhoneEffect::RevokeCode) {
        revoke_code(app, tx, &row).await?;
    }
    let nth = format!("{}:{}:{}", row.id, next.sends, next.checks);
    count_hit(app, tx, WRONG, subjects, &nth, "").await?;
    if next.state == PhoneState::Locked {
        let subject = format!("organization:{}", row.organization);
        let id = format!("{}:lock:{}", row.id, next.sends);
        let lock = Hit { id, name: "phone_locks".to_owned(), subject, value: String::new(), at: now };
        limit_hits::insert(tx, &lock).await?;
        return Ok(Checked::Refused(PhoneRefusal::Locked { at: next.locked_until.unwrap_or(now) }));
    }
    Ok(Checked::Wrong { left: next.checks_left() })
}

/// Binds the number to the organization, and continues what waited for it.
async fn bind_number(app: &App, tx: &mut Tx, actor: &Actor, row: &PhoneVerification) -> Result<(), Error> {
    let now = app.now();
    let organization = &row.organization;
    let number = app.sealer().open_text(&format!("phone.number:{}", row.id), &row.number_sealed)?;
    let context = format!("phone_numbers.number:{organization}");
    let sealed = app.draw(|rng| app.sealer().seal(rng, &context, number.expose().as_bytes()));
    let proven = PhoneNumber {
        organization: organization.clone(),
        user: actor.user().cloned(),
        number_fingerprint: row.number_fingerprint.clone(),
        number_sealed: sealed,
        number_masked: row.number_masked.clone(),
        country: row.country.clone(),
        line_type: row.line_type,
        verified_at: now,
    };
    phones::save_number(tx, &proven).await?;
    // A success resets the count of wrong codes, and shows that codes to this country arrive.
    if let Some(user) = actor.user() {
        limit_hits::delete(tx, WRONG, &format!("user:{user}")).await?;
    }
    let subject = format!("country:{}", row.country);
    let id = format!("{}:proven", row.id);
    let hit = Hit { id, name: "phone_proven".to_owned(), subject, value: String::new(), at: now };
    Ok(limit_hits::insert(tx, &hit).await?)
}

/// Ends the proof of organizations that had this number before it was assigned to another subscriber; their
/// verification stays.
async fn release_numbers(app: &App, tx: &mut Tx, actor: &Actor, organizations: &[OrganizationId]) -> Result<(), Error> {
    for organization in organizations {
        step_phone(app, tx, actor, organization, RequirementEvent::ProvenForAnother, json!({})).await?;
        phones::delete_number(tx, organization).await?;
    }
    Ok(())
}
