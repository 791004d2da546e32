//! Which documents prove who somebody is: by country, with the sides to photograph.
//! A type that a country does not issue is never offered.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::countries::{NO_IDENTITY_CARD, OTHER_PERMITS, OTHER_VISAS, UNINHABITED, UNION_PERMITS, is_country};

/// Whoever is verified is at least so old, in years.
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
    /// The side with the photo; the data page of a booklet.
    Front,
    /// The other side.
    Back,
}

/// What a machine can read on a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MachineReadable {
    /// Three lines of thirty characters, on the back of cards.
    Td1,
    /// Two lines of 44 characters, in passports.
    Td3,
    /// A visa's two lines; they carry no digit over the whole.
    Mrv,
    /// The barcode of North American licences.
    Pdf417,
}

/// A document as it is asked for in a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// The type.
    pub kind: DocumentKind,
    /// What is photographed, in order; no other side is ever taken.
    pub sides: &'static [Side],
    /// What a machine should find; `None` where people read it.
    pub machine_readable: Option<MachineReadable>,
    /// What must be shown beside it, because it does not suffice alone.
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

    /// Reads the name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What is photographed. The back of a My Number card carries a number that may not be collected for this purpose,
    /// so it is never taken; a booklet has one page that counts.
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

/// What the operator takes, narrower than what countries issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentPolicy {
    /// Countries whose documents are not taken, by code.
    pub countries_off: Vec<String>,
    /// Types that are taken nowhere.
    pub kinds_off: Vec<DocumentKind>,
    /// How old people must be, in years.
    pub min_age: u8,
}

impl Default for DocumentPolicy {
    fn default() -> Self {
        Self { countries_off: Vec::new(), kinds_off: Vec::new(), min_age: MIN_AGE }
    }
}

impl DocumentPolicy {
    /// What may be shown by somebody with papers of this country; empty for a country that is not served or no country.
    /// A type is not offered where what it needs beside it is not taken.
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

    /// Whether what was shown suffices: one document of this country that stands alone, or one with what it needs beside
    /// it. What is needed beside a visa is the holder's own passport, of whatever country.
    #[must_use]
    pub fn suffice(&self, country: &str, shown: &[DocumentKind]) -> bool {
        self.documents(country)
            .iter()
            .any(|document| shown.contains(&document.kind) && document.needs.is_none_or(|kind| shown.contains(&kind)))
    }

    /// Whether a picture of this side may be taken and kept at all.
    #[must_use]
    pub fn may_photograph(&self, country: &str, kind: DocumentKind, side: Side) -> bool {
        self.documents(country).iter().any(|document| document.kind == kind && document.sides.contains(&side))
    }

    /// Whether somebody born then is old enough on this day.
    #[must_use]
    pub fn old_enough(&self, born: Date, today: Date) -> bool {
        born.checked_add(i16::from(self.min_age).years()).is_ok_and(|birthday| birthday <= today)
    }
}

#[cfg(test)]
#[path = "documents_tests.rs"]
mod tests;
