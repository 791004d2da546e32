//! Which countries, regions and territories the API serves: an installation's rule, not an organization's.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::addresses::of_no_country;
use crate::verification::countries::COUNTRIES;

/// Kosovo has no code in the standard; this is the one that IP databases use.
const KOSOVO: &str = "XK";

/// An ISO 3166-1 alpha-2 code that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

impl Country {
    /// The code, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The error for text that is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 3166-1 alpha-2 code such as PL or JP")]
pub struct InvalidCountry;

impl FromStr for Country {
    type Err = InvalidCountry;

    /// Parses a code in capitals or small letters. The placeholders of IP databases for addresses without a country
    /// (`XX`, `T1`) are not countries.
    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        let mut all = COUNTRIES.into_iter().chain([KOSOVO]);
        all.find(|code| code.eq_ignore_ascii_case(text)).map(Self).ok_or(InvalidCountry)
    }
}

/// The countries from which the API may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountryRule {
    /// Only these.
    Allowed(Vec<Country>),
    /// All except these.
    Refused(Vec<Country>),
}

impl CountryRule {
    /// Whether a client is served. An address of this machine or of a private network belongs to no country and is
    /// served; any other with an unknown country is served unless the rule lists allowed countries.
    #[must_use]
    pub fn serves(&self, address: IpAddr, country: Option<Country>) -> bool {
        match (self, country) {
            (Self::Allowed(list), Some(country)) => list.contains(&country),
            (Self::Refused(list), Some(country)) => !list.contains(&country),
            (Self::Allowed(_), None) => of_no_country(address),
            (Self::Refused(_), None) => true,
        }
    }

    /// The countries the rule names.
    #[must_use]
    pub fn countries(&self) -> &[Country] {
        match self {
            Self::Allowed(list) | Self::Refused(list) => list,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        assert_eq!("pl".parse::<Country>().map(Country::as_str), Ok("PL"));
        assert_eq!("XK".parse::<Country>().map(Country::as_str), Ok("XK"));
        for none in ["", "XX", "T1", "POL", "P", "P\u{142}", "ZZ", "UK", "EU"] {
            assert_eq!(none.parse::<Country>(), Err(InvalidCountry), "{none}");
        }
    }

    #[test]
    fn who_is_served() {
        let of = |code: &str| code.parse::<Country>().unwrap();
        let (public, local): (IpAddr, IpAddr) = ("203.0.113.9".parse().unwrap(), "192.168.1.4".parse().unwrap());
        let only = CountryRule::Allowed(vec![of("PL"), of("JP")]);
        let but = CountryRule::Refused(vec![of("US")]);
        assert!(only.serves(public, Some(of("JP"))));
        assert!(!only.serves(public, Some(of("US"))));
        assert!(!only.serves(public, None), "an unknown country is none of those named");
        assert!(only.serves(local, None));
        assert!(!only.serves(local, Some(of("US"))), "a proxy's word on the country counts for any address");
        assert!(but.serves(public, Some(of("PL"))));
        assert!(!but.serves(public, Some(of("US"))));
        assert!(but.serves(public, None));
    }
}
