//! The help pages: their groups and order, and their sources in Markdown.

use keystead_core::language::Language;

/// The groups of the index, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HelpGroup {
    /// Keys and calls.
    Keys,
    /// What new keys and models require.
    Verification,
    /// Errors and what to do about them.
    Errors,
}

impl HelpGroup {
    /// All groups.
    pub const ALL: [Self; 3] = [Self::Keys, Self::Verification, Self::Errors];

    /// The key of its heading.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Keys => "help-group-keys",
            Self::Verification => "help-group-verification",
            Self::Errors => "help-group-errors",
        }
    }
}

/// One help page in each language.
#[derive(Debug)]
pub struct HelpPage {
    /// Its name in URLs, which never changes.
    pub slug: &'static str,
    /// Its group in the index.
    pub group: HelpGroup,
    sources: [&'static str; 3],
}

impl HelpPage {
    /// The Markdown in a language.
    #[must_use]
    pub const fn source(&self, language: Language) -> &'static str {
        let &source = language.pick(&self.sources);
        source
    }
}

macro_rules! pages {
    ($($group:ident: $($slug:literal)+;)+) => {
        /// Every help page, in the order of the index.
        pub static HELP: &[HelpPage] = &[$($(HelpPage {
            slug: $slug,
            group: HelpGroup::$group,
            sources: [
                include_str!(concat!("../locales/en/help/", $slug, ".md")),
                include_str!(concat!("../locales/pl/help/", $slug, ".md")),
                include_str!(concat!("../locales/ja/help/", $slug, ".md")),
            ],
        },)+)+];
    };
}

pages! {
    Keys:
        "first-call"
        "playground"
        "kinds-of-keys"
        "workload-identity"
        "external-keys"
        "keeping-keys-safe"
        "rotating-and-revoking"
        "people-and-projects"
        "signing-in";
    Verification:
        "phone-number-requirement"
        "phone-codes"
        "payment-method"
        "verification"
        "documents"
        "waiting-and-results"
        "your-data"
        "operating";
    Errors:
        "model-needs-verification"
        "image-model-needs-verification"
        "stream-needs-verification"
        "summary-needs-verification"
        "key-not-accepted"
        "wrong-organization-or-project"
        "addresses-and-countries"
        "client-certificate"
        "missing-permission"
        "model-not-found"
        "request-not-understood"
        "not-there"
        "rate-limits"
        "spend-limits"
        "credit"
        "too-many-tries"
        "links-and-forms"
        "service-errors";
}
