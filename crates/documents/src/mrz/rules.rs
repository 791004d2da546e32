//! Findings about a zone in a case. The reviewer sees them; none of them decides.

use keystead_core::time::Timestamp;
use keystead_core::verification::documents::DocumentKind;

use super::names::{self, NameComparison};
use super::{MrzReport, country};
use crate::Day;

/// Days by which the issuer's date may differ from ours.
const TOLERANCE_DAYS: i64 = 1;

/// Whether a document of this kind can have these first two characters. Cards and permits share codes.
fn allows(document: DocumentKind, document_code: &str) -> bool {
    let first = document_code.chars().next();
    match document {
        DocumentKind::Passport => first == Some('P'),
        DocumentKind::Visa => first == Some('V'),
        DocumentKind::IdentityCard | DocumentKind::ResidencePermit => matches!(first, Some('A' | 'C' | 'I')),
        DocumentKind::DriversLicense | DocumentKind::MyNumberCard => false,
    }
}

/// What the person stated before the lines were parsed, and what the operator requires.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The chosen document.
    pub document: DocumentKind,
    /// The chosen country, ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// The typed name, if it was requested.
    pub name: Option<&'a str>,
    /// The operator's minimum age for the country, in years.
    pub min_age: u8,
    /// Whether the case also has a passport with a zone without findings.
    pub passport_at_hand: bool,
}

/// A finding about a zone, for the reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MrzFinding {
    /// A check digit is wrong: copied incorrectly, or invented.
    DigitsDisagree,
    /// The document is of another type than chosen.
    OtherDocument,
    /// Issued by another country than chosen.
    OtherIssuer,
    /// No longer valid.
    Expired,
    /// No day of expiry: some cards have none, and copies often lose it.
    ExpiryUnknown,
    /// Below the minimum age.
    UnderAge,
    /// No year of birth.
    BirthUnknown,
    /// The typed name is not in the zone.
    NameDiffers,
    /// The typed name cannot be compared by rule.
    NameUnclear,
    /// A visa is never enough alone: it has no check digit over the whole and is a part of a passport.
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

    /// The reason that a reviewer would give if they agree.
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
        // In our date, without tolerance: no person is admitted too early, and some people wait a few hours.
        (age.is_some_and(|years| years < i32::from(claim.min_age)), MrzFinding::UnderAge),
        (age.is_none(), MrzFinding::BirthUnknown),
        (name == Some(NameComparison::Differs), MrzFinding::NameDiffers),
        (name == Some(NameComparison::CannotTell), MrzFinding::NameUnclear),
        (report.format.is_visa() && !claim.passport_at_hand, MrzFinding::VisaNeedsPassport),
    ];
    checks.into_iter().filter_map(|(found, finding)| found.then_some(finding)).collect()
}

#[cfg(test)]
mod tests;
