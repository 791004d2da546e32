//! Proving a phone number: the person submits a number, gets a code and types it.

mod check;
mod code;
pub(crate) mod delivery;
pub(crate) mod end;
mod lines;
mod number_rules;
mod send;
pub(crate) mod status;
mod view;

use keystead_core::id::OrganizationId;
use keystead_core::verification::phone::{PhoneAttempt, PhoneRefusal, PhoneState};
use keystead_store::Tx;
use keystead_store::tables::phones::{self, PhoneVerification};

use crate::validate::parse_id;
use crate::{Actor, App, Error};

pub(crate) use lines::SIM_CHANGED;
pub use send::NewPhone;
pub(crate) use status::{ahead, not_now};
pub use view::{PhoneCountry, PhoneView, VerificationView};

/// Builds the machine from a row.
pub(crate) fn machine(row: &PhoneVerification) -> Result<PhoneAttempt, Error> {
    let corrupt = |_| Error::Internal(format!("phone verification {} has an unreadable state", row.id));
    serde_json::from_str(&row.machine).map_err(corrupt)
}

/// Whether this person began a verification, in their present session.
pub(crate) fn begun_by(row: &PhoneVerification, actor: &Actor) -> bool {
    row.user.as_ref() == actor.user() && row.session.as_ref() == actor.session()
}

/// Saves the machine's state into the row.
pub(crate) fn keep(row: &mut PhoneVerification, next: &PhoneAttempt) {
    row.state = next.state;
    row.machine = serde_json::to_string(next).unwrap_or_default();
    if next.state != PhoneState::CodeSent {
        row.code_fingerprint = None;
    }
}

/// Translates a refusal of the machine into an error.
pub(crate) fn refused(refusal: PhoneRefusal) -> Error {
    match refusal {
        PhoneRefusal::TooSoon { at } => Error::limited("phone_resend_too_soon", at),
        PhoneRefusal::Locked { at } => Error::limited("phone_locked", at),
        PhoneRefusal::NoSendsLeft => Error::Invalid {
            param: None,
            code: Some("phone_no_codes_left"),
            message: "All codes of this verification were sent. Wait until it ends and begin again.".to_owned(),
        },
        PhoneRefusal::Expired | PhoneRefusal::Ended => Error::Invalid {
            param: None,
            code: Some("phone_code_expired"),
            message: "This code is not valid any more. Ask for a new one.".to_owned(),
        },
    }
}

/// Finds the verification with this id, if this person began it in this organization and in this session; by API,
/// with any of their keys.
pub(crate) async fn own_phone_verification(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    organization: &OrganizationId,
    id: &str,
) -> Result<PhoneVerification, Error> {
    app.authorize_member(tx, actor, organization).await?;
    let verification = parse_id("phone verification", id)?;
    let row = phones::find(tx, organization, &verification).await?.filter(|row| begun_by(row, actor));
    row.ok_or_else(|| Error::not_found("phone verification", id))
}
