//! The content of a machine-readable zone, field by field, and which of its check digits are right.

use std::fmt;

use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;
use mrz::{MrzData, ParseOptions};

use super::format::{Format, PERSONAL_NUMBER, Place};
use super::refusal::MrzRefusal;
use super::{country, lines};
use crate::day::{self, Day};

/// Which check digits are right. A right digit shows that a line was copied without an error, not that the document is
/// genuine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// Of the document's number.
    pub document_number: bool,
    /// Of the day of birth.
    pub birth: bool,
    /// Of the day of expiry.
    pub expiry: bool,
    /// Of a passport's optional field.
    pub personal_number: Option<bool>,
    /// Over the whole; visas have none.
    pub composite: Option<bool>,
}

impl Digits {
    /// Whether every check digit of the format is right.
    #[must_use]
    pub fn all_agree(&self) -> bool {
        let mut printed = [self.personal_number, self.composite].into_iter().flatten();
        self.document_number && self.birth && self.expiry && printed.all(|agrees| agrees)
    }
}

/// The content of a zone. `Debug` shows only format and digits, so that personal data stays out of logs.
#[derive(Clone)]
pub struct MrzReport {
    /// Its format.
    pub format: Format,
    /// The first two characters without filler: `P`, `ID`, `V`, ….
    pub document_code: String,
    /// Which check digits are right.
    pub digits: Digits,
    /// The whole number, also for cards on which it continues in the optional field. Only its keyed HMAC may be kept.
    pub document_number: Secret<String>,
    /// The last day of validity; `None` if it is not a day.
    pub expiry: Option<Day>,
    /// The day of birth, or the last possible one if the document leaves parts open.
    pub birth: Option<Day>,
    /// The issuer as printed: usually three letters.
    pub issuer: String,
    /// ISO 3166-1 alpha-2 of the issuer, if it is a country.
    pub issuing_country: Option<&'static str>,
    /// The holder's nationality, as printed; it may differ from the issuer.
    pub nationality: String,
    /// The primary identifier, parts separated by spaces.
    pub surname: Secret<String>,
    /// The secondary identifier; may be empty.
    pub given_names: Secret<String>,
    /// Whether the names fill their field completely, so that the rest may have been cut off.
    pub names_may_be_cut: bool,
}

impl fmt::Debug for MrzReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = (&self.format, &self.digits);
        f.debug_struct("MrzReport").field("format", shown.0).field("digits", shown.1).finish_non_exhaustive()
    }
}

impl MrzReport {
    /// Parses the two or three lines that a person typed or corrected. Blanks, small letters and full-width characters
    /// are accepted; missing fillers at the end of a line are added.
    ///
    /// # Errors
    /// When the lines do not have the shape of a zone. Wrong check digits are not an error but part of the report.
    pub fn read(typed: &str, now: Timestamp) -> Result<Self, MrzRefusal> {
        let zone = lines::read(typed)?;
        let options = ParseOptions::default();
        let lines: Vec<&str> = zone.lines.iter().map(String::as_str).collect();
        let parsed = match (zone.format, lines.as_slice()) {
            (Format::Td1, [one, two, three]) => mrz::parse_td1_with(one, two, three, &options),
            (Format::Td2, [one, two]) => mrz::parse_td2_with(one, two, &options),
            (Format::Td3, [one, two]) => mrz::parse_td3_with(one, two, &options),
            (Format::MrvA, [one, two]) => mrz::parse_mrv_a_with(one, two, &options),
            (Format::MrvB, [one, two]) => mrz::parse_mrv_b_with(one, two, &options),
            _ => return Err(MrzRefusal::NotAZone),
        };
        // Shape and characters are valid: the only remaining error is a number that begins with a filler.
        let data = parsed.map_err(|_| MrzRefusal::NotAZone)?;
        Ok(Self::of(zone.format, &lines, &data, Day::of(now)))
    }

    fn of(format: Format, lines: &[&str], data: &MrzData, today: Day) -> Self {
        let places = format.places();
        // A filler counts as zero. In the place of a digit it would hide that the digit was not copied.
        let is_digit = |(line, column): Place| {
            lines.get(line).and_then(|line| line.as_bytes().get(column)).is_some_and(u8::is_ascii_digit)
        };
        let agrees = |check: Option<bool>, place: Place| check == Some(true) && is_digit(place);
        let number_goes_on = data.document_number_full.is_some();
        let has_personal_number = data.optional_data_1.is_some();
        let digits = Digits {
            // The eight-character form is an error of old software, not of an issuer.
            document_number: match number_goes_on {
                true => data.checks.document_number == Some(true) && !data.document_number_legacy_encoding,
                false => agrees(data.checks.document_number, places.number),
            },
            birth: agrees(data.checks.date_of_birth, places.birth),
            expiry: agrees(data.checks.date_of_expiry, places.expiry),
            personal_number: data
                .checks
                .personal_number
                .map(|ok| ok && (!has_personal_number || is_digit(PERSONAL_NUMBER))),
            composite: places.composite.map(|place| agrees(data.checks.composite, place)),
        };
        let names = if format == Format::Td1 { lines.get(2) } else { lines.first() };
        Self {
            format,
            document_code: data.document_type.clone(),
            digits,
            document_number: Secret::new(data.full_document_number().to_owned()),
            expiry: day::expiry(data.date_of_expiry, today),
            birth: day::birth(data.date_of_birth, today),
            issuer: data.issuing_country.clone(),
            issuing_country: country::alpha2(&data.issuing_country),
            nationality: data.nationality.clone(),
            surname: Secret::new(data.surname.clone()),
            given_names: Secret::new(data.given_names.clone()),
            names_may_be_cut: names.is_some_and(|line| !line.ends_with('<')),
        }
    }
}
