//! The sources of the help pages, in Markdown.

use keystead_core::language::Language;

/// One help page in each language.
#[derive(Debug)]
pub struct HelpPage {
    /// Its name in URLs, which never changes.
    pub slug: &'static str,
    sources: [&'static str; 3],
}

impl HelpPage {
    /// The Markdown in a language.
    #[must_use]
    pub const fn source(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.sources[0],
            Language::Polish => self.sources[1],
            Language::Japanese => self.sources[2],
        }
    }
}

macro_rules! pages {
    ($($slug:literal)+) => {
        /// Every help page.
        pub static HELP: &[HelpPage] = &[$(HelpPage {
            slug: $slug,
            sources: [
                include_str!(concat!("../locales/en/help/", $slug, ".md")),
                include_str!(concat!("../locales/pl/help/", $slug, ".md")),
                include_str!(concat!("../locales/ja/help/", $slug, ".md")),
            ],
        },)+];
    };
}

pages! {
    "first-call"
    "kinds-of-keys"
    "keeping-keys-safe"
    "rotating-and-revoking"
    "people-and-projects"
    "signing-in"
    "phone-number-requirement"
    "phone-codes"
    "payment-method"
    "verification"
    "documents"
    "waiting-and-results"
    "your-data"
    "operating"
    "model-needs-verification"
    "image-model-needs-verification"
    "stream-needs-verification"
    "summary-needs-verification"
    "key-not-accepted"
    "wrong-organization-or-project"
    "addresses-and-countries"
    "missing-permission"
    "model-not-found"
    "request-not-understood"
    "not-there"
    "rate-limits"
    "too-many-tries"
    "links-and-forms"
    "service-errors"
}
