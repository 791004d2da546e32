//! The countries of ISO 3166-1, and what their authorities issue, as data. An operator's
//! [`super::documents::DocumentPolicy`] narrows it; this module does not decide which countries an operator serves.

/// Every officially assigned alpha-2 code, in order.
pub const COUNTRIES: [&str; 249] = [
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD",
    "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA",
    "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE",
    "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA",
    "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK",
    "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT",
    "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS",
    "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ",
    "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS",
    "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST",
    "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW",
    "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA",
    "ZM", "ZW",
];

/// Territories without permanent inhabitants: they issue no documents of their own.
pub(crate) const UNINHABITED: [&str; 7] = ["AQ", "BV", "GS", "HM", "IO", "TF", "UM"];

/// Countries that issue no identity card to citizens. Japan's My Number card is a separate type.
pub(crate) const NO_IDENTITY_CARD: [&str; 45] = [
    "AI", "AS", "AU", "BM", "BS", "CA", "CC", "CK", "CX", "DK", "FJ", "FK", "FM", "FO", "GB", "GG", "GL", "GU", "IE",
    "IM", "JE", "JP", "KI", "KY", "MH", "MP", "MS", "NF", "NR", "NU", "NZ", "PN", "PR", "PW", "SB", "SH", "TC", "TK",
    "TO", "TV", "US", "VG", "VI", "VU", "WS",
];

/// Countries that use the European Union's common format of residence permits (TD1), including the neighbours that
/// share it.
pub(crate) const UNION_PERMITS: [&str; 31] = [
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI",
    "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Other countries that issue residence cards to foreigners.
pub(crate) const OTHER_PERMITS: [&str; 9] = ["BR", "CA", "CN", "JP", "KR", "MX", "TR", "TW", "US"];

/// Countries that put their own visa into a passport, besides those with the Union's format.
pub(crate) const OTHER_VISAS: [&str; 16] =
    ["AE", "BR", "CA", "CN", "GB", "ID", "IN", "JP", "KR", "MX", "PH", "RU", "TH", "TW", "US", "ZA"];

/// Whether this is an assigned code, in capitals.
#[must_use]
pub fn is_country(code: &str) -> bool {
    COUNTRIES.binary_search(&code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_assigned_sorted_and_whole() {
        // S0-06.
        assert!(COUNTRIES.is_sorted_by(|a, b| a < b));
        assert!(COUNTRIES.iter().all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())));
        for list in [&UNINHABITED[..], &NO_IDENTITY_CARD[..], &UNION_PERMITS[..], &OTHER_PERMITS[..], &OTHER_VISAS[..]]
        {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
            assert!(list.iter().all(|code| is_country(code)), "{list:?}");
        }
        for code in ["PL", "JP", "US", "GB", "TW", "SX", "SS", "ZW", "AD"] {
            assert!(is_country(code), "{code}");
        }
        for code in ["", "pl", "UK", "EU", "AN", "SU", "YU", "XK", "ZZ", "POL"] {
            assert!(!is_country(code), "{code}");
        }
    }
}
