//! Normalizing and validating values that people type.

use std::str::FromStr;

use keystead_core::text::{self, NameFault};

use crate::{Actor, Error};

/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;

/// Normalizes a name; refuses one that is invisible or misleading.
pub(crate) fn checked_name(name: &str) -> Result<String, Error> {
    let refused = |fault: NameFault| Error::coded("name", fault.code(), format!("Invalid 'name': {}", fault.message()));
    text::name(name).map_err(refused)
}

/// Normalizes the name of a person by the rules for names, with fewer characters.
pub(crate) fn checked_person_name(name: &str) -> Result<String, Error> {
    let refused = |fault: NameFault| {
        let code = if matches!(fault, NameFault::TooLong(_)) { "person_name_too_long" } else { fault.code() };
        Error::coded("name", code, format!("Invalid 'name': {}", fault.message()))
    };
    text::person_name(name).map_err(refused)
}

/// Normalizes an address to the form by which accounts are compared; refuses one that cannot receive mail.
pub(crate) fn checked_email(email: &str) -> Result<String, Error> {
    text::email(email)
        .map_err(|fault| Error::coded("email", fault.code(), format!("Invalid 'email': {}", fault.message())))
}

/// Parses an id from a request. A text that is no id of this kind is answered like the id of a missing thing.
pub(crate) fn parse_id<T: FromStr>(kind: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::not_found(kind, text))
}

/// Checks the name that a caller gives to a request, so that it is carried out once.
pub(crate) fn checked_key(key: &str) -> Result<&str, Error> {
    if (1..=LONGEST_KEY).contains(&key.len()) && key.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(key);
    }
    let message = format!("Invalid 'idempotency_key': 1 to {LONGEST_KEY} printable ASCII characters without spaces.");
    Err(Error::invalid("idempotency_key", message))
}

pub(crate) fn operators_only(actor: &Actor) -> Result<(), Error> {
    if matches!(actor, Actor::Operator(_)) {
        return Ok(());
    }
    Err(Error::Forbidden { param: None, message: "Only an operator can do this.".to_owned() })
}

/// Checks that the actor is an operator and the reason has 1 to 500 characters.
pub(crate) fn operators_reason(actor: &Actor, reason: &str) -> Result<String, Error> {
    operators_only(actor)?;
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Error::invalid("reason", "Invalid 'reason': say why in 1 to 500 characters."));
    }
    Ok(reason.to_owned())
}
