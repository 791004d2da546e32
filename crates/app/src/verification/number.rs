//! Parsing a typed phone number and judging it before anything is sent.

use keystead_core::secret::Secret;
use keystead_core::text;
use keystead_core::verification::number::{mask, refused_calling_code};
use rlibphonenumber::enums::{PhoneNumberFormat, PhoneNumberType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber};

/// Maximum characters of a typed number, including everything between its digits.
const LONGEST: usize = 128;

/// A number to which a code can be sent.
#[derive(Debug, Clone)]
pub struct Number {
    /// E.164: `+`, country code, subscriber; at most 15 digits.
    pub e164: Secret<String>,
    /// ISO 3166-1 alpha-2 of the country it belongs to.
    pub country: String,
    /// The country's calling code.
    pub calling_code: u32,
    /// The masked form that may be shown: `+48 ••• ••• 678`.
    pub masked: String,
    /// What the number plan alone says about the line; carriers know more.
    pub plan: Plan,
}

/// The line type according to the number plan. It does not recognize voice over IP in +1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// A mobile number.
    Mobile,
    /// A mobile or a fixed number: the plan does not distinguish them.
    Either,
    /// The plan does not know.
    Unknown,
}

/// Why a number cannot be used. The name is stable: codes and translations depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberRefusal {
    /// Not a number, or not one that exists in its country's plan.
    Invalid,
    /// Letters: it is unclear which digits they mean.
    Letters,
    /// An extension: a text message cannot reach it.
    Extension,
    /// From another country than the chosen one.
    CountryMismatch,
    /// The operator does not send to this country.
    CountryNotServed,
    /// A fixed line.
    Landline,
    /// Voice over IP.
    Voip,
    /// Free to call, premium rate, shared cost, a mailbox, a pager, a satellite: never a person's mobile.
    Special,
}

impl NumberRefusal {
    /// Every refusal.
    pub const ALL: [Self; 8] = [
        Self::Invalid,
        Self::Letters,
        Self::Extension,
        Self::CountryMismatch,
        Self::CountryNotServed,
        Self::Landline,
        Self::Voip,
        Self::Special,
    ];

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Invalid => "phone_number_invalid",
            Self::Letters => "phone_number_has_letters",
            Self::Extension => "phone_number_has_extension",
            Self::CountryMismatch => "phone_country_mismatch",
            Self::CountryNotServed => "phone_country_not_supported",
            Self::Landline => "phone_landline_not_supported",
            Self::Voip => "phone_voip_not_supported",
            Self::Special => "phone_type_not_supported",
        }
    }

    /// Returns the refusal with this code; an unknown code is a kind of number that is not accepted.
    #[must_use]
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code).unwrap_or(Self::Special)
    }

    /// What to change, for the developer who reads the response; pages have their own texts.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid 'phone_number': use the international form, such as +48 512 345 678.",
            Self::Letters => "Invalid 'phone_number': write digits instead of letters.",
            Self::Extension => "Invalid 'phone_number': a text message cannot reach an extension.",
            Self::CountryMismatch => {
                "Invalid 'phone_number': the number belongs to another country than the one given."
            }
            Self::CountryNotServed => "Codes are not sent to numbers of this country.",
            Self::Landline => "Landlines cannot receive the code. Use a mobile number.",
            Self::Voip => "Internet telephone (VoIP) numbers are not accepted. Use a mobile number.",
            Self::Special => "This kind of number is not accepted. Use a mobile number.",
        }
    }
}

/// Parses a number as people type it, in any digits and spacing. `country` is what they picked, if they did.
///
/// # Errors
/// The reason, when nothing may be sent to the number.
pub fn read(typed: &str, country: Option<&str>) -> Result<Number, NumberRefusal> {
    if typed.chars().count() > LONGEST {
        return Err(NumberRefusal::Invalid);
    }
    let typed = text::phone(typed);
    if typed.is_empty() {
        return Err(NumberRefusal::Invalid);
    }
    let region = match country {
        None => None,
        Some(code) => Some(code.parse::<Region>().map_err(|_| NumberRefusal::CountryMismatch)?),
    };
    // The library would turn vanity letters into digits; "ext", "x" and "доб" mark an extension, which it keeps
    // separately.
    let number = PHONE_NUMBER_UTIL.parse(&typed, region).map_err(|_| NumberRefusal::Invalid)?;
    if number.extension.as_ref().is_some_and(|extension| !extension.is_empty()) {
        return Err(NumberRefusal::Extension);
    }
    if typed.chars().any(char::is_alphabetic) {
        return Err(NumberRefusal::Letters);
    }
    let calling_code = u32::try_from(number.country_code).map_err(|_| NumberRefusal::Invalid)?;
    if refused_calling_code(calling_code) {
        return Err(NumberRefusal::Special);
    }
    if !number.is_valid() {
        return Err(NumberRefusal::Invalid);
    }
    // Calling codes are compared and not regions, because some countries share them (GB and GG, US and CA).
    if region.is_some_and(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region) != Some(number.country_code)) {
        return Err(NumberRefusal::CountryMismatch);
    }
    let plan = plan(&number)?;
    let own = number.get_region_code().map(|region| region.as_region_str().as_str().to_owned());
    let country = match (own, country) {
        (Some(own), _) => own,
        (None, Some(picked)) => picked.to_ascii_uppercase(),
        (None, None) => return Err(NumberRefusal::Invalid),
    };
    let e164 = number.format_as(PhoneNumberFormat::E164).into_owned();
    Ok(Number { masked: mask(&e164, calling_code), e164: Secret::new(e164), country, calling_code, plan })
}

fn plan(number: &PhoneNumber) -> Result<Plan, NumberRefusal> {
    match number.get_type() {
        PhoneNumberType::Mobile => Ok(Plan::Mobile),
        PhoneNumberType::FixedLineOrMobile => Ok(Plan::Either),
        PhoneNumberType::Unknown => Ok(Plan::Unknown),
        PhoneNumberType::FixedLine => Err(NumberRefusal::Landline),
        PhoneNumberType::VoIP => Err(NumberRefusal::Voip),
        _ => Err(NumberRefusal::Special),
    }
}

#[cfg(test)]
mod tests;
