//! Checking the fields of providers and rules.

use keystead_core::text::{self, NameFault};
use keystead_core::workload_identity::issuer::{LONGEST_AUDIENCE, check_address, check_called_address};
use keystead_core::workload_identity::{Matchers, Verification, tells_workloads_apart};
use keystead_providers::workload::KeySet;
use keystead_store::tables::workload_identity_providers::WorkloadIdentityProvider;
use serde_json::Value;

use crate::validate::checked_name;
use crate::{App, Error};

/// The most characters of a description.
const LONGEST_DESCRIPTION: usize = 1_000;
/// The most bytes of an uploaded key set.
const LARGEST_KEY_SET: usize = 32 * 1024;

/// Checks a name that may be missing.
pub(super) fn checked_optional_name(name: Option<&str>) -> Result<Option<String>, Error> {
    name.map(checked_name).transpose()
}

/// Checks a description; an empty one is none.
pub(super) fn checked_description(text: Option<&str>) -> Result<Option<String>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    // The rules for names keep invisible characters out of logs and pages; a description may be longer.
    let fault = text.split_inclusive([' ', '\n']).find_map(|part| match text::name(part) {
        Err(fault @ NameFault::Invisible(_)) => Some(fault.message()),
        _ => None,
    });
    let fault = match fault {
        None if text.chars().count() > LONGEST_DESCRIPTION => {
            Some(format!("must have at most {LONGEST_DESCRIPTION} characters."))
        }
        other => other,
    };
    match fault {
        Some(fault) => Err(Error::invalid("description", format!("Invalid 'description': {fault}"))),
        None => Ok(Some(text.to_owned())),
    }
}

/// Checks the audience that tokens must name.
pub(super) fn checked_audience(audience: &str) -> Result<String, Error> {
    let length = audience.chars().count();
    if (1..=LONGEST_AUDIENCE).contains(&length) && !audience.chars().any(char::is_control) {
        return Ok(audience.to_owned());
    }
    let message = format!("Invalid 'audience': must have 1 to {LONGEST_AUDIENCE} visible characters.");
    Err(Error::invalid("audience", message))
}

/// Checks the name of an issuer. It is called when its description is at the usual place.
pub(super) fn checked_issuer(app: &App, issuer: &str, verification: &Verification) -> Result<(), Error> {
    let sandbox = sandbox(app);
    let checked = match verification {
        Verification::Discovery { discovery_url: None } => check_called_address(issuer, sandbox),
        Verification::Discovery { discovery_url: Some(_) } | Verification::UploadedJwks { .. } => {
            check_address(issuer, sandbox)
        }
    };
    checked.map_err(|fault| Error::invalid("issuer", format!("Invalid 'issuer': {fault}.")))
}

fn sandbox(app: &App) -> Option<&str> {
    app.services().token_issuers.as_ref().and_then(|issuers| issuers.sandbox())
}

/// Checks where the keys of an issuer are known from.
pub(super) fn checked_verification(app: &App, value: &Value) -> Result<Verification, Error> {
    let invalid = |why: String| Error::invalid("verification", format!("Invalid 'verification': {why}."));
    let read: Verification = serde_json::from_value(value.clone()).map_err(|_| {
        invalid(
            "must be {\"type\": \"discovery\", \"discovery_url\": …} or {\"type\": \"uploaded_jwks\", \"jwks\": …}"
                .into(),
        )
    })?;
    match &read {
        Verification::Discovery { discovery_url: None } => {}
        Verification::Discovery { discovery_url: Some(url) } => {
            check_called_address(url, sandbox(app)).map_err(|fault| invalid(fault.to_string()))?;
        }
        Verification::UploadedJwks { jwks } => {
            if value.to_string().len() > LARGEST_KEY_SET {
                return Err(invalid(format!("the key set must have at most {LARGEST_KEY_SET} bytes")));
            }
            KeySet::uploaded(jwks).map_err(|fault| invalid(fault.to_string()))?;
        }
    }
    Ok(read)
}

/// Refuses conditions that every token of the issuer meets. `param` is the field that would make them so.
pub(super) fn ensure_tells_apart(
    matchers: &Matchers,
    of: &WorkloadIdentityProvider,
    param: &'static str,
) -> Result<(), Error> {
    if tells_workloads_apart(matchers, &of.transformations, &of.issuer) {
        return Ok(());
    }
    let message = format!(
        "Invalid '{param}': a federation rule must name at least one attribute that differs between workloads, such as \
         'sub' or 'repository'. Claims like 'iss' and 'aud', derived attributes without a claim, and with an issuer that \
         everyone uses the names of branches and environments, would let in everyone for whom the issuer vouches."
    );
    Err(Error::invalid(param, message))
}
