//! The phone status of an organization: the machine decides, this module saves it.

use keystead_core::gate::{Fulfilment, Requirement};
use keystead_core::hex;
use keystead_core::id::{OrganizationId, UserId};
use keystead_core::time::Timestamp;
use keystead_core::verification::phone_requirement::{
    PhoneRequirement, PhoneStatus, RequirementEffect, RequirementEvent, RequirementRefusal,
};
use keystead_store::Tx;
use keystead_store::tables::phones::{self, PhoneVerification};
use keystead_store::tables::requirement_states::{self, RequirementStateRow};
use keystead_store::tables::{operator_approvals, organizations};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::end::end_phone_row;
use super::machine;
use crate::audit::AuditEntry;
use crate::organizations::find_open;
use crate::validate::operators_reason;
use crate::verification::organization::apply::queue_owner_mail;
use crate::{Actor, App, Error};

/// Seconds an operator's approval waits for a second one.
const AGREED: i64 = 86_400;

/// Translates a refusal of the machine into an error.
pub(crate) fn not_now(refusal: RequirementRefusal) -> Error {
    let invalid = |code: &'static str, message: &str| Error::Invalid {
        param: None,
        code: Some(code),
        message: message.to_owned(),
    };
    match refusal {
        RequirementRefusal::AlreadyVerified => invalid("phone_already_verified", "A phone number is already verified."),
        RequirementRefusal::SignInAgain => {
            invalid("sign_in_before_replacing", "Sign in again before you replace the verified phone number.")
        }
        RequirementRefusal::ReasonMissing => Error::invalid("reason", "Invalid 'reason': say why."),
        RequirementRefusal::SecondPersonMissing => Error::Forbidden {
            param: None,
            message: "This many organizations at once need a second operator, who must do the same within a day."
                .to_owned(),
        },
        RequirementRefusal::OperatorOnly => {
            invalid("phone_revoked", "The operator took the phone verification back. Contact support.")
        }
        RequirementRefusal::NotApplicable => {
            invalid("phone_not_possible", "This is not possible in the present state of the phone verification.")
        }
    }
}

impl App {
    /// Revokes the proof of organizations on behalf of an operator; afterwards only new keys need a phone.
    ///
    /// # Errors
    /// When the caller is not an operator, when the reason is missing, when one of them has no proof, or when there are
    /// that many of them that a second operator must approve.
    pub async fn revoke_phones(
        &self,
        actor: &Actor,
        organizations: &[OrganizationId],
        reason: &str,
    ) -> Result<(), Error> {
        let reason = operators_reason(actor, reason)?;
        let mut all = organizations.to_vec();
        all.sort();
        all.dedup();
        let now = self.now();
        let subject = subject_of(&all);
        let agreed = write_tx!(self.store(), "agree_to_revoke", |tx| {
            operator_approvals::save(tx, &subject, actor.id(), now).await?;
            Ok(operator_approvals::list(tx, &subject, now.plus(-AGREED)).await?.len())
        })?;
        // Saved first: a refusal because a second person is missing must keep the first one's approval.
        let people = u8::try_from(agreed).unwrap_or(u8::MAX);
        write_tx!(self.store(), "revoke_phones", |tx| {
            let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
            for organization in &all {
                find_open(tx, organization).await?;
                let event = RequirementEvent::Revoke { reasoned: true, organizations: count, people };
                step_phone(self, tx, actor, organization, event, json!({ "reason": reason })).await?;
            }
            Ok(())
        })
    }
}

/// Returns the status of an organization, with the version that was read.
pub(crate) async fn phone_requirement(
    tx: &mut Tx,
    organization: &OrganizationId,
) -> Result<(PhoneRequirement, i64), Error> {
    if let Some(row) = requirement_states::find(tx, organization, Requirement::Phone).await? {
        let corrupt = |_| Error::Internal(format!("the phone requirement of {organization} is unreadable"));
        return Ok((serde_json::from_str(&row.state).map_err(corrupt)?, row.version));
    }
    // Without a saved status, it follows from the requirement.
    let how = organizations::requirements(tx, organization).await?;
    let status = match how.iter().find(|row| row.requirement == Requirement::Phone) {
        None => PhoneStatus::None,
        Some(row) if row.how == Fulfilment::Waived => PhoneStatus::Waived,
        Some(_) => PhoneStatus::Verified,
    };
    Ok((PhoneRequirement { status, until: None }, 0))
}

/// Applies an event to an organization's status, with the effects on the requirement and its owners. Returns the
/// effects on attempts and numbers, for callers that have those rows.
pub(crate) async fn step_phone(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    event: RequirementEvent,
    details: Value,
) -> Result<Vec<RequirementEffect>, Error> {
    let now = app.now();
    let (before, version) = phone_requirement(tx, organization).await?;
    let (next, effects, audit) = before.step(event, now).map_err(not_now)?;
    if next != before {
        let row = RequirementStateRow {
            organization: organization.clone(),
            requirement: Requirement::Phone,
            state: serde_json::to_string(&next).unwrap_or_default(),
            due_at: next.until,
            version,
        };
        requirement_states::save(tx, &row).await?;
    }
    for effect in &effects {
        match effect {
            RequirementEffect::Open => {
                let how = if next.status == PhoneStatus::Waived { Fulfilment::Waived } else { Fulfilment::Verified };
                let reason = details.get("reason").and_then(Value::as_str);
                organizations::set_requirement(tx, organization, Requirement::Phone, how, reason, now).await?;
            }
            RequirementEffect::Close => {
                organizations::clear_requirement(tx, organization, Requirement::Phone, now).await?;
            }
            RequirementEffect::NotifyOwners => queue_owner_mail(app, tx, organization, audit).await?,
            RequirementEffect::EndAttempt => end_phones(app, tx, actor, organization, None).await?,
            RequirementEffect::BeginAttempt | RequirementEffect::ReportReason | RequirementEffect::BindNumber => {}
        }
    }
    // The gate compares this date with the clock; no job need have ended the waiver by then.
    if next.status == PhoneStatus::Waived && (next != before || effects.contains(&RequirementEffect::Open)) {
        organizations::set_requirement_end(tx, organization, Requirement::Phone, next.until, now).await?;
    }
    // The attempt's own machine records what concerns the attempt.
    let told = matches!(audit, "" | "phone.code_sent" | "phone.verified");
    if !told {
        let details = json!({ "data": details });
        app.record(tx, actor, AuditEntry { organization, action: audit, target: organization.as_str(), details })
            .await?;
    }
    Ok(effects)
}

/// Ends the live attempts of an organization except the named one; a lock stays, so that ending is no way around
/// it.
pub(crate) async fn end_phones(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    but: Option<&str>,
) -> Result<(), Error> {
    for mut live in phones::list_live(tx, organization).await? {
        let locked = machine(&live)?.locked_until.is_some_and(|at| app.now() < at);
        if but != Some(live.id.as_str()) && !locked {
            end_phone_row(app, tx, actor, &mut live).await?;
        }
    }
    Ok(())
}

/// Ends the live attempts of a person who leaves an organization; a lock stays.
pub(crate) async fn end_phones_of(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    user: &UserId,
) -> Result<(), Error> {
    for mut live in phones::list_live(tx, organization).await? {
        let locked = machine(&live)?.locked_until.is_some_and(|at| app.now() < at);
        if live.user.as_ref() == Some(user) && !locked {
            end_phone(app, tx, actor, &mut live).await?;
        }
    }
    Ok(())
}

/// Handles the end of an attempt; when it was the last, the organization returns to its earlier status.
pub(crate) async fn phone_attempt_over(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
) -> Result<(), Error> {
    let (phone, _) = phone_requirement(tx, organization).await?;
    let proving = matches!(phone.status, PhoneStatus::Proving | PhoneStatus::PendingNew);
    if proving && phones::list_live(tx, organization).await?.is_empty() {
        step_phone(app, tx, actor, organization, RequirementEvent::AttemptEnded, json!({})).await?;
    }
    Ok(())
}

/// Applies what only the clock decides: a waiver ends on its date.
pub(crate) async fn tick_phone(app: &App, tx: &mut Tx, organization: &OrganizationId) -> Result<(), Error> {
    let actor = Actor::Service("clock".to_owned());
    step_phone(app, tx, &actor, organization, RequirementEvent::DateReached, json!({})).await.map(|_| ())
}

/// Ends attempts that were never finished, so that organizations do not stay in an intermediate status.
pub(crate) async fn end_stale_phones(app: &App, tx: &mut Tx) -> Result<(), Error> {
    let now = app.now();
    let actor = Actor::Service("clock".to_owned());
    for mut row in phones::list_unfinished(tx, now.plus(-keystead_core::verification::phone::CODE_LIFE)).await? {
        let current = machine(&row)?;
        let over = match current.locked_until {
            Some(until) => now >= until,
            None => now >= current.expires_at,
        };
        if over {
            end_phone(app, tx, &actor, &mut row).await?;
        }
    }
    Ok(())
}

/// The subject of an approval: the same organizations, in any order.
fn subject_of(organizations: &[OrganizationId]) -> String {
    let mut digest = Sha256::new();
    for organization in organizations {
        digest.update(organization.as_str());
        digest.update([0]);
    }
    format!("phone.revoke:{}", hex::encode(&digest.finalize()))
}

/// Checks the end of a waiver, if it has one; it must be in the future.
pub(crate) fn ahead(until: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    match until {
        Some(at) if at <= now => Err(Error::invalid("until", "Invalid 'until': must lie in the future.")),
        other => Ok(other),
    }
}

/// Ends the present verification, because the person wants another number or it has expired; the organization
/// returns to its earlier status.
pub(crate) async fn end_phone(app: &App, tx: &mut Tx, actor: &Actor, row: &mut PhoneVerification) -> Result<(), Error> {
    end_phone_row(app, tx, actor, row).await?;
    phone_attempt_over(app, tx, actor, &row.organization).await
}
