//! Checking the fields of an endpoint.

use keystead_core::text::{self, NameFault};
use keystead_core::webhook::{EventType, LONGEST_DESCRIPTION, check_url};

use crate::{App, Error};

/// Checks the address of an endpoint.
pub(super) fn checked_url(app: &App, url: &str) -> Result<String, Error> {
    let url = url.trim();
    match check_url(url, app.settings().development) {
        Ok(()) => Ok(url.to_owned()),
        Err(fault) => Err(Error::invalid("url", format!("Invalid 'url': {fault}."))),
    }
}

/// Checks a description; an empty one is none.
pub(super) fn checked_description(description: Option<&str>) -> Result<Option<String>, Error> {
    let Some(description) = description.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let invalid = |why: String| Error::invalid("description", format!("Invalid 'description': {why}"));
    if description.chars().count() > LONGEST_DESCRIPTION {
        return Err(invalid(format!("must have at most {LONGEST_DESCRIPTION} characters.")));
    }
    // The rules for names keep invisible characters out of pages; a description may be longer.
    for part in description.split_inclusive([' ', '\n']) {
        if let Err(fault @ NameFault::Invisible(_)) = text::name(part) {
            return Err(invalid(fault.message()));
        }
    }
    Ok(Some(description.to_owned()))
}

/// Checks types of events: at least one, each that is offered. They are kept once each, in the order of all types.
pub(super) fn checked_types(names: &[String]) -> Result<Vec<EventType>, Error> {
    let invalid = |why: String| Error::invalid("event_types", format!("Invalid 'event_types': {why}"));
    let offered = || EventType::OFFERED.map(EventType::as_str).join(", ");
    let mut types = Vec::new();
    for name in names {
        let Some(one) = EventType::offered(name) else {
            let shown: String = name.chars().take(64).collect();
            return Err(invalid(format!("'{shown}' is not one of {}.", offered())));
        };
        if !types.contains(&one) {
            types.push(one);
        }
    }
    if types.is_empty() {
        return Err(invalid(format!("name at least one of {}.", offered())));
    }
    types.sort();
    Ok(types)
}

/// The host of an address, for the audit log: path and query may hold a secret.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_names_the_host_only() {
        assert_eq!(host("https://hooks.example.com/T0/secret?token=1"), "hooks.example.com");
        assert_eq!(host("https://hooks.example.com?token=1"), "hooks.example.com");
        assert_eq!(host("http://127.0.0.1:9000/hook"), "127.0.0.1:9000");
    }

    #[test]
    fn types_are_kept_once_in_order() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let read =
            checked_types(&names(&["budget.exhausted", "budget.threshold_reached", "budget.exhausted"])).unwrap();
        assert_eq!(read, [EventType::BudgetThresholdReached, EventType::BudgetExhausted]);
        for wrong in [&[][..], &["credit"], &["endpoint.test"], &["budget.exhausted", "x"]] {
            assert!(checked_types(&names(wrong)).is_err(), "{wrong:?}");
        }
    }
}
