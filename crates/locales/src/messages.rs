//! The messages of pages, mails and text messages: whole sentences in three languages, with named arguments and plural
//! forms. Sentences are never joined from parts, because word order differs between languages.

use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use keystead_core::gate::Requirement;
use keystead_core::language::Language;

use crate::format::grouped;

macro_rules! sources {
    ($tag:literal) => {
        &[
            include_str!(concat!("../locales/", $tag, "/layout.ftl")),
            include_str!(concat!("../locales/", $tag, "/format.ftl")),
            include_str!(concat!("../locales/", $tag, "/landing.ftl")),
            include_str!(concat!("../locales/", $tag, "/installation.ftl")),
            include_str!(concat!("../locales/", $tag, "/account.ftl")),
            include_str!(concat!("../locales/", $tag, "/security.ftl")),
            include_str!(concat!("../locales/", $tag, "/keys.ftl")),
            include_str!(concat!("../locales/", $tag, "/settings.ftl")),
            include_str!(concat!("../locales/", $tag, "/verification.ftl")),
            include_str!(concat!("../locales/", $tag, "/review.ftl")),
            include_str!(concat!("../locales/", $tag, "/playground.ftl")),
            include_str!(concat!("../locales/", $tag, "/usage.ftl")),
            include_str!(concat!("../locales/", $tag, "/spend.ftl")),
            include_str!(concat!("../locales/", $tag, "/budgets.ftl")),
            include_str!(concat!("../locales/", $tag, "/anomalies.ftl")),
            include_str!(concat!("../locales/", $tag, "/prices.ftl")),
            include_str!(concat!("../locales/", $tag, "/purchases.ftl")),
            include_str!(concat!("../locales/", $tag, "/credit.ftl")),
            include_str!(concat!("../locales/", $tag, "/policies.ftl")),
            include_str!(concat!("../locales/", $tag, "/network.ftl")),
            include_str!(concat!("../locales/", $tag, "/roles.ftl")),
            include_str!(concat!("../locales/", $tag, "/certificates.ftl")),
            include_str!(concat!("../locales/", $tag, "/workloads.ftl")),
            include_str!(concat!("../locales/", $tag, "/webhooks.ftl")),
            include_str!(concat!("../locales/", $tag, "/budget_alerts.ftl")),
            include_str!(concat!("../locales/", $tag, "/audit.ftl")),
            include_str!(concat!("../locales/", $tag, "/help.ftl")),
            include_str!(concat!("../locales/", $tag, "/reference.ftl")),
            include_str!(concat!("../locales/", $tag, "/mail.ftl")),
            include_str!(concat!("../locales/", $tag, "/sms.ftl")),
            include_str!(concat!("../locales/", $tag, "/consent.ftl")),
        ]
    };
}

/// The Fluent files of a language.
#[must_use]
pub const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => sources!("en"),
        Language::Polish => sources!("pl"),
        Language::Japanese => sources!("ja"),
    }
}

type Bundle = FluentBundle<FluentResource>;

/// Writes a whole number in groups of three digits, as in 128,007; other values are left to Fluent.
fn grouped_count(value: &FluentValue<'_>, language: Language) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    number.as_string().parse().ok().map(|number: i64| grouped(number, language))
}

fn bundle(language: Language) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks would appear around every argument in the HTML; all three languages run left to right.
    bundle.set_use_isolating(false);
    match language {
        Language::Polish => bundle.set_formatter(Some(polish_count)),
        Language::English | Language::Japanese => bundle.set_formatter(Some(english_count)),
    }
    for source in sources(language) {
        // Tests find messages that cannot be parsed; at run time the other messages are used.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(rest, _)| rest);
        let _ = bundle.add_resource(resource);
    }
    bundle
}

fn english_count<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    grouped_count(value, Language::English)
}

fn polish_count<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    grouped_count(value, Language::Polish)
}

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static POLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Polish));
static JAPANESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Japanese));

/// The messages of one language.
#[derive(Debug, Clone, Copy)]
pub struct Messages(pub Language);

impl Messages {
    /// The messages of a language tag, in English for an unknown one.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        Self(Language::choose(Some(tag), None))
    }

    fn bundle(self) -> &'static Bundle {
        match self.0 {
            Language::English => &ENGLISH,
            Language::Polish => &POLISH,
            Language::Japanese => &JAPANESE,
        }
    }

    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = self.0.tag(), "a message text is missing");
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    /// The message with this key.
    #[must_use]
    pub fn text(self, key: &str) -> String {
        self.format(key, None)
    }

    /// Whether there is a message with this key.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }

    /// The message with one argument.
    #[must_use]
    pub fn text_with(self, key: &str, name: &str, value: impl Display) -> String {
        self.text_with_all(key, &[(name, &value.to_string())])
    }

    /// The message with several arguments.
    #[must_use]
    pub fn text_with_all(self, key: &str, arguments: &[(&str, &str)]) -> String {
        let mut all = FluentArgs::new();
        for (name, value) in arguments {
            all.set((*name).to_owned(), (*value).to_owned());
        }
        self.format(key, Some(&all))
    }

    /// The subject and the text of a mail: the messages `KEY-subject` and `KEY-text`.
    #[must_use]
    pub fn mail(self, key: &str, arguments: &[(&str, &str)]) -> (String, String) {
        let part = |name: &str| self.text_with_all(&format!("{key}-{name}"), arguments);
        (part("subject"), part("text"))
    }

    /// The name of a requirement of the policy.
    #[must_use]
    pub fn requirement(self, requirement: Requirement) -> String {
        self.text(&format!("gate-{}", requirement.as_str().replace('_', "-")))
    }

    /// The name of a project. The default project's name is translated.
    #[must_use]
    pub fn project(self, is_default: bool, name: &str) -> String {
        if is_default { self.text("default-project") } else { name.to_owned() }
    }

    /// The message with a count and further arguments, in the right plural form.
    #[must_use]
    pub fn count_with(self, key: &str, count: i64, arguments: &[(&str, &str)]) -> String {
        let mut all = FluentArgs::new();
        for (name, value) in arguments {
            all.set((*name).to_owned(), (*value).to_owned());
        }
        all.set("count", FluentValue::from(count));
        self.format(key, Some(&all))
    }

    /// The message with a count, in the right plural form.
    #[must_use]
    pub fn count(self, key: &str, count: &i64) -> String {
        self.count_with(key, *count, &[])
    }
}
