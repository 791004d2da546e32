//! Values that people type, in their one form, and what is refused.

use keystead_core::text::{self, NameFault};

use crate::{Actor, Error};

/// A name in its one form; what shows nothing or deceives the reader is refused.
pub(crate) fn checked_name(name: &str) -> Result<String, Error> {
    let refused = |fault: NameFault| Error::coded("name", fault.code(), format!("Invalid 'name': {}", fault.message()));
    text::name(name).map_err(refused)
}

/// An address in the form accounts are compared by; one that cannot be mailed is refused.
pub(crate) fn checked_email(email: &str) -> Result<String, Error> {
    text::email(email)
        .map_err(|fault| Error::coded("email", fault.code(), format!("Invalid 'email': {}", fault.message())))
}

pub(crate) fn operators_only(actor: &Actor) -> Result<(), Error> {
    if matches!(actor, Actor::Operator(_)) {
        return Ok(());
    }
    Err(Error::Forbidden { param: None, message: "Only an operator can do this.".to_owned() })
}

/// Why an operator does something, in 1 to 500 characters; for nobody else.
pub(crate) fn operators_reason(actor: &Actor, reason: &str) -> Result<String, Error> {
    operators_only(actor)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Error::invalid("reason", "Invalid 'reason': say why in 1 to 500 characters."));
    }
    Ok(reason.to_owned())
}
