//! The three languages, and choosing one for a request.

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Polish.
    Polish,
    /// Japanese.
    Japanese,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::English, Self::Polish, Self::Japanese];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Polish => "pl",
            Self::Japanese => "ja",
        }
    }

    /// The item of this language, from one for each in the order of [`Self::ALL`].
    #[must_use]
    pub const fn pick<T>(self, items: &[T; 3]) -> &T {
        match self {
            Self::English => &items[0],
            Self::Polish => &items[1],
            Self::Japanese => &items[2],
        }
    }

    /// The language's name in that language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Polish => "Polski",
            Self::Japanese => "日本語",
        }
    }

    /// Returns the language of a tag such as `pl` or `pl-PL`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Chooses a language: an explicit choice, or else the best match of `Accept-Language`, or else English.
    #[must_use]
    pub fn choose(chosen: Option<&str>, accept: Option<&str>) -> Self {
        if let Some(language) = chosen.and_then(Self::from_tag) {
            return language;
        }
        let mut best: Option<(u16, Self)> = None;
        for item in accept.unwrap_or_default().split(',').take(32) {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let Some(language) = Self::from_tag(tag.trim()) else { continue };
            let weight = weight(parameters);
            if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::English, |(_, language)| language)
    }
}

/// Parses `q=0.8` in thousandths; 1000 when absent, 0 when unreadable.
fn weight(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else { return 1000 };
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if whole == "1" {
        return 1000;
    }
    let digits: String = fraction.chars().take(3).collect();
    format!("{digits:0<3}").parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_lists() {
        for (chosen, accept, language) in [
            (None, None, Language::English),
            (None, Some("pl-PL,pl;q=0.9,en;q=0.8"), Language::Polish),
            (None, Some("fr, ja;q=0.5, en;q=0.4"), Language::Japanese),
            (None, Some("pl;q=0, en"), Language::English),
            (Some("ja"), Some("pl"), Language::Japanese),
            (Some("xx"), Some("pl"), Language::Polish),
            (None, Some(";;;,,q=,\u{0}"), Language::English),
        ] {
            assert_eq!(Language::choose(chosen, accept), language, "{chosen:?} {accept:?}");
        }
    }
}
