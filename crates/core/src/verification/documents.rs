//! The documents that prove a person's identity: by country, with the sides to photograph. A type that a country does
//! not issue is never offered.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::countries::{NO_IDENTITY_CARD, OTHER_PERMITS, OTHER_VISAS, UNINHABITED, UNION_PERMITS, is_country};

/// Minimum age of the verified person, in years.
pub const MIN_AGE: u8 = 18;

/// A type of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A passport.
    Passport,
    /// A national identity card, such as the Polish one.
    IdentityCard,
    /// A driver's licence.
    DriversLicense,
    /// A card that allows a foreigner to live in the country.
    ResidencePermit,
    /// Japan's My Number card.
    MyNumberCard,
    /// A visa.
    Visa,
}

/// A side of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The side with the photo; for a booklet the data page.
    Front,
    /// The other side.
    Back,
}

/// The machine-readable part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MachineReadable {
    /// Three lines of thirty characters, on the back of cards.
    Td1,
    /// Two lines of 44 characters, in passports.
    Td3,
    /// A visa's two lines; they have no check digit over the whole.
    Mrv,
    /// The barcode of North American licences.
    Pdf417,
}

/// A document as it is requested in a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The type.
    pub kind: DocumentKind,
    /// The photographed sides, in order; no other side is ever accepted.
    pub sides: &'static [Side],
    /// The machine-readable part; `None` where only people read it.
    pub machine_readable: Option<MachineReadable>,
    /// The other document that is required, because this one alone is not enough.
    pub needs: Option<DocumentKind>,
}

impl DocumentKind {
    /// Every type, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Passport,
        Self::IdentityCard,
        Self::DriversLicense,
        Self::ResidencePermit,
        Self::MyNumberCard,
        Self::Visa,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity_card",
            Self::DriversLicense => "drivers_license",
            Self::ResidencePermit => "residence_permit",
            Self::MyNumberCard => "my_number_card",
            Self::Visa => "visa",
        }
    }

    /// Parses the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Returns the photographed sides. The back of a My Number card carries a number that may not be collected for this
    /// purpose, so it is never photographed; of a booklet only one page is needed.
    #[must_use]
    pub const fn sides(self) -> &'static [Side] {
        match self {
            Self::Passport | Self::MyNumberCard | Self::Visa => &[Side::Front],
            Self::IdentityCard | Self::DriversLicense | Self::ResidencePermit => &[Side::Front, Side::Back],
        }
    }

    fn issued_in(self, country: &str) -> bool {
        let one_of = |list: &[&str]| list.contains(&country);
        match self {
            Self::Passport => true,
            Self::IdentityCard => !one_of(&NO_IDENTITY_CARD) && !one_of(&UNINHABITED),
            Self::DriversLicense => !one_of(&UNINHABITED),
            Self::ResidencePermit => one_of(&UNION_PERMITS) || one_of(&OTHER_PERMITS),
            Self::MyNumberCard => country == "JP",
            Self::Visa => one_of(&UNION_PERMITS) || one_of(&OTHER_VISAS),
        }
    }

    fn machine_readable_in(self, country: &str) -> Option<MachineReadable> {
        let union = UNION_PERMITS.contains(&country);
        match self {
            Self::Passport => Some(MachineReadable::Td3),
            Self::Visa => Some(MachineReadable::Mrv),
            Self::IdentityCard | Self::ResidencePermit if union => Some(MachineReadable::Td1),
            Self::DriversLicense if matches!(country, "US" | "CA") => Some(MachineReadable::Pdf417),
            Self::IdentityCard | Self::ResidencePermit | Self::DriversLicense | Self::MyNumberCard => None,
        }
    }
}

/// The documents that an operator accepts, a part of those that countries issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentPolicy {
    /// Countries with documents that are not accepted, by code.
    pub countries_off: Vec<String>,
    /// Types that are accepted from no country.
    pub kinds_off: Vec<DocumentKind>,
    /// Minimum age in years.
    pub min_age: u8,
}

impl Default for DocumentPolicy {
    fn default() -> Self {
        Self { countries_off: Vec::new(), kinds_off: Vec::new(), min_age: MIN_AGE }
    }
}

impl DocumentPolicy {
    /// Lists the documents that a person with papers of this country may show; empty for a country that is not served
    /// or does not exist. A type is not offered when the other document it requires is not accepted.
    #[must_use]
    pub fn documents(&self, country: &str) -> Vec<Document> {
        if !is_country(country) || self.countries_off.iter().any(|off| off == country) {
            return Vec::new();
        }
        let taken = |kind: &DocumentKind| !self.kinds_off.contains(kind) && kind.issued_in(country);
        let offered = DocumentKind::ALL.into_iter().filter(taken).map(|kind| Document {
            kind,
            sides: kind.sides(),
            machine_readable: kind.machine_readable_in(country),
            needs: (kind == DocumentKind::Visa).then_some(DocumentKind::Passport),
        });
        offered.filter(|document| document.needs.is_none_or(|kind| !self.kinds_off.contains(&kind))).collect()
    }

    /// Whether the shown documents are enough: one document of this country that is enough alone, or one with the other
    /// document it requires. A visa requires the holder's own passport, of any country.
    #[must_use]
    pub fn suffice(&self, country: &str, shown: &[DocumentKind]) -> bool {
        self.documents(country)
            .iter()
            .any(|document| shown.contains(&document.kind) && document.needs.is_none_or(|kind| shown.contains(&kind)))
    }

    /// Whether a picture of this side may be taken and kept.
    #[must_use]
    pub fn may_photograph(&self, country: &str, kind: DocumentKind, side: Side) -> bool {
        self.documents(country).iter().any(|document| document.kind == kind && document.sides.contains(&side))
    }

    /// Whether a person with this date of birth is old enough on this day.
    #[must_use]
    pub fn old_enough(&self, born: Date, today: Date) -> bool {
        born.checked_add(i16::from(self.min_age).years()).is_ok_and(|birthday| birthday <= today)
    }
}

#[cfg(test)]
mod tests;
