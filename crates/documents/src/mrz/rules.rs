//! What a zone means for a case. Findings go to the reviewer; none of them decides.

use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentKind;

use super::names::{self, NameComparison};
use super::{MrzReport, country};
use crate::Day;

/// Days by which the issuer's today may differ from ours.
const TOLERANCE_DAYS: i64 = 1;

/// Whether a zone with these first two characters can stand on a document of this kind. Cards and permits share codes.
fn allows(document: DocumentKind, document_code: &str) -> bool {
    let first = document_code.chars().next();
    match document {
        DocumentKind::Passport => first == Some('P'),
        DocumentKind::Visa => first == Some('V'),
        DocumentKind::IdentityCard | DocumentKind::ResidencePermit => matches!(first, Some('A' | 'C' | 'I')),
        DocumentKind::DriversLicense | DocumentKind::MyNumberCard => false,
    }
}

/// What the person said before the lines were read, and what the operator asks for.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The chosen document.
    pub document: DocumentKind,
    /// The chosen country, ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// The typed name, if one was asked for.
    pub name: Option<&'a str>,
    /// The operator's rule for the country, in years.
    pub min_age: u8,
    /// Whether the case also holds a passport whose zone has no findings.
    pub passport_at_hand: bool,
}

/// What the reviewer should know of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MrzFinding {
    /// A check digit disagrees: copied wrongly, or made up.
    DigitsDisagree,
    /// The document is of another type than chosen.
    OtherDocument,
    /// Issued by another country than chosen.
    OtherIssuer,
    /// No longer valid.
    Expired,
    /// No day of expiry: some cards have none, copies often lose it.
    ExpiryUnknown,
    /// Younger than asked for.
    UnderAge,
    /// No year of birth.
    BirthUnknown,
    /// The typed name stands nowhere in the zone.
    NameDiffers,
    /// The typed name cannot be compared by rule.
    NameUnclear,
    /// A visa never suffices alone: it has no digit over all and lives in a passport.
    VisaNeedsPassport,
}

impl MrzFinding {
    /// The stable name, for storage and translations.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DigitsDisagree => "mrz_digits_disagree",
            Self::OtherDocument => "mrz_other_document",
            Self::OtherIssuer => "mrz_other_issuer",
            Self::Expired => "mrz_expired",
            Self::ExpiryUnknown => "mrz_expiry_unknown",
            Self::UnderAge => "mrz_under_age",
            Self::BirthUnknown => "mrz_birth_unknown",
            Self::NameDiffers => "mrz_name_differs",
            Self::NameUnclear => "mrz_name_unclear",
            Self::VisaNeedsPassport => "mrz_visa_needs_passport",
        }
    }

    /// The reason a reviewer would give if they agree.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::DigitsDisagree | Self::ExpiryUnknown | Self::BirthUnknown => "document_unreadable",
            Self::OtherDocument | Self::VisaNeedsPassport => "document_type_unsupported",
            Self::OtherIssuer => "country_unsupported",
            Self::Expired => "document_expired",
            Self::UnderAge => "under_age",
            Self::NameDiffers | Self::NameUnclear => "name_mismatch",
        }
    }
}

/// Compares a zone with the claim and the calendar.
#[must_use]
pub fn assess(report: &MrzReport, claim: &Claim<'_>, now: Timestamp) -> Vec<MrzFinding> {
    let today = Day::of(now);
    let name = claim.name.map(|name| names::compare(name, report));
    let age = report.birth.map(|birth| birth.years_until(today));
    let checks = [
        (!report.digits.all_agree(), MrzFinding::DigitsDisagree),
        (!allows(claim.document, &report.document_code), MrzFinding::OtherDocument),
        (!country::issued_by(&report.issuer, claim.country), MrzFinding::OtherIssuer),
        (report.expiry.is_some_and(|day| day.plus(TOLERANCE_DAYS) < today), MrzFinding::Expired),
        (report.expiry.is_none(), MrzFinding::ExpiryUnknown),
        // In our day, without tolerance: nobody is let in too early, and some wait a few hours.
        (age.is_some_and(|years| years < i32::from(claim.min_age)), MrzFinding::UnderAge),
        (age.is_none(), MrzFinding::BirthUnknown),
        (name == Some(NameComparison::Differs), MrzFinding::NameDiffers),
        (name == Some(NameComparison::CannotTell), MrzFinding::NameUnclear),
        (report.format.is_visa() && !claim.passport_at_hand, MrzFinding::VisaNeedsPassport),
    ];
    checks.into_iter().filter_map(|(found, finding)| found.then_some(finding)).collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
