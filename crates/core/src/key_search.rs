//! Searching a list of keys: what a person typed, and the filters of the list.

/// How far ahead a key counts as expiring, in seconds: 30 days.
pub const EXPIRING_WITHIN: i64 = 30 * 86_400;
/// How long a key without use counts as unused, in seconds: 90 days. A key that was never used counts from its creation.
pub const UNUSED_FOR: i64 = 90 * 86_400;

/// The characters at the end of a secret that lists show.
const LAST: usize = 4;
/// From this length on, a text that begins like a key is a whole secret, and shorter ones are a part of it.
const SHORTEST_SECRET: usize = 20;
/// From this length on, letters, digits, `-` and `_` without a break are a secret, with any beginning.
const SECRET_LIKE: usize = 40;

/// A search for keys. A key matches when its name contains `name`, or when its secret ends with `last_four`; without
/// either, every key matches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySearch {
    /// A part of the name, as [`folded`] returns it.
    pub name: Option<String>,
    /// The last four characters of the secret, in the same case.
    pub last_four: Option<String>,
}

impl KeySearch {
    /// Reads what a person typed: a part of a name, the last four characters, or a key as lists show it
    /// (`sk-proj-abc…wxyz`). A whole secret is searched by its last four characters.
    #[must_use]
    pub fn of(typed: &str) -> Self {
        let typed = typed.trim();
        if typed.is_empty() {
            return Self::default();
        }
        if let Some(secret) = secret_in(typed) {
            return Self { name: None, last_four: last_four(secret).map(str::to_owned) };
        }
        let dots = |c: char| matches!(c, '…' | '.' | '*' | '•' | '⋯');
        let shown = typed.contains(['…', '*', '•', '⋯']) || typed.contains("...");
        let tail = typed.rsplit(dots).next().unwrap_or_default();
        if shown && tail.len() == LAST && tail.bytes().all(in_secret) {
            return Self { name: None, last_four: Some(tail.to_owned()) };
        }
        let whole = typed.len() == LAST && typed.bytes().all(in_secret);
        Self { name: Some(folded(typed)), last_four: whole.then(|| typed.to_owned()) }
    }

    /// Whether it matches every key.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.last_four.is_none()
    }

    /// Whether it matches a key with this name and this redacted secret.
    #[must_use]
    pub fn matches(&self, name: &str, redacted: &str) -> bool {
        self.is_empty()
            || self.name.as_ref().is_some_and(|part| folded(name).contains(part.as_str()))
            || self.last_four.as_ref().is_some_and(|four| redacted.ends_with(four.as_str()))
    }
}

/// The form of a name in which searches compare it: without case.
#[must_use]
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Finds text that must be treated as a secret in what a person pasted, for example in `OPENAI_API_KEY="sk-…"`. It need
/// not be a key of this installation.
#[must_use]
pub fn secret_in(pasted: &str) -> Option<&str> {
    let runs = pasted.split(|c: char| !c.is_ascii() || !in_secret(c as u8));
    let begins = |run: &&str| run.starts_with("sk-") && run.len() >= SHORTEST_SECRET;
    runs.clone().find(begins).or_else(|| runs.clone().find(|run| run.len() >= SECRET_LIKE))
}

/// Whether secrets can contain this character.
const fn in_secret(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn last_four(secret: &str) -> Option<&str> {
    secret.get(secret.len().checked_sub(LAST)?..)
}

/// The filters of a list of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyFilter {
    /// Not revoked and not expired.
    Active,
    /// Active, and expires within 30 days.
    Expiring,
    /// Active, and not used for 90 days.
    Unused,
    /// Expired and not revoked.
    Expired,
    /// Revoked.
    Revoked,
    /// Every key that is not revoked.
    Unrevoked,
    /// Every key.
    All,
}

impl KeyFilter {
    /// Every filter.
    pub const ALL: [Self; 7] =
        [Self::Active, Self::Expiring, Self::Unused, Self::Expired, Self::Revoked, Self::Unrevoked, Self::All];

    /// The name in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Unused => "unused",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Unrevoked => "unrevoked",
            Self::All => "all",
        }
    }

    /// Parses the name in addresses.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(name: Option<&str>, last_four: Option<&str>) -> KeySearch {
        KeySearch { name: name.map(str::to_owned), last_four: last_four.map(str::to_owned) }
    }

    #[test]
    fn a_name_or_the_last_four() {
        assert_eq!(KeySearch::of("  "), search(None, None));
        assert_eq!(KeySearch::of(" Kasa Łódź "), search(Some("kasa łódź"), None));
        assert_eq!(KeySearch::of("a9Qx"), search(Some("a9qx"), Some("a9Qx")));
        assert_eq!(KeySearch::of("łódź"), search(Some("łódź"), None));
        for shown in ["sk-proj-abc…a9Qx", "sk-proj-abc...a9Qx", "…a9Qx", "sk-****a9Qx"] {
            assert_eq!(KeySearch::of(shown), search(None, Some("a9Qx")), "{shown}");
        }
        assert_eq!(KeySearch::of("v1.2"), search(Some("v1.2"), None));
        assert_eq!(KeySearch::of("build...7"), search(Some("build...7"), None));
    }

    #[test]
    fn whole_secrets_are_recognized() {
        let secret = format!("sk-proj-{}a9Qx", "x".repeat(60));
        assert_eq!(KeySearch::of(&secret), search(None, Some("a9Qx")));
        let pasted = format!("export OPENAI_API_KEY=\"{secret}\"\n");
        assert_eq!(secret_in(&pasted), Some(secret.as_str()));
        let stranger = "y".repeat(40);
        assert_eq!(secret_in(&format!("token: {stranger}")), Some(stranger.as_str()));
        for none in ["", "sk-proj-abc…a9Qx", "a shop", "sk-short", "łódź"] {
            assert_eq!(secret_in(none), None, "{none}");
        }
    }

    #[test]
    fn searches_ignore_the_case_of_names_only() {
        assert!(KeySearch::of("SHOP").matches("The shop", "sk-abc...wxyz"));
        assert!(KeySearch::of("wxyz").matches("till", "sk-abc...wxyz"));
        assert!(!KeySearch::of("WXYZ").matches("till", "sk-abc...wxyz"));
        assert!(KeySearch::default().matches("", ""));
    }

    #[test]
    fn filters_have_names() {
        for filter in KeyFilter::ALL {
            assert_eq!(KeyFilter::from_name(filter.as_str()), Some(filter));
        }
        assert_eq!(KeyFilter::from_name("none"), None);
    }
}
