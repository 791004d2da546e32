//! Words: whole sentences in three languages, with named places and plural forms, never glued from parts.

use std::fmt::Display;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use keystead_core::gate::Requirement;

use crate::language::Language;

/// The files of one language, by area.
pub(crate) type Sources = &'static [&'static str];

macro_rules! sources {
    ($tag:literal) => {
        &[
            include_str!(concat!("../locales/", $tag, "/shell.ftl")),
            include_str!(concat!("../locales/", $tag, "/account.ftl")),
            include_str!(concat!("../locales/", $tag, "/security.ftl")),
            include_str!(concat!("../locales/", $tag, "/keys.ftl")),
            include_str!(concat!("../locales/", $tag, "/settings.ftl")),
            include_str!(concat!("../locales/", $tag, "/verification.ftl")),
            include_str!(concat!("../locales/", $tag, "/review.ftl")),
            include_str!(concat!("../locales/", $tag, "/usage.ftl")),
            include_str!(concat!("../locales/", $tag, "/policies.ftl")),
            include_str!(concat!("../locales/", $tag, "/network.ftl")),
            include_str!(concat!("../locales/", $tag, "/audit.ftl")),
            include_str!(concat!("../locales/", $tag, "/help.ftl")),
        ]
    };
}

pub(crate) const fn sources(language: Language) -> Sources {
    match language {
        Language::English => sources!("en"),
        Language::Polish => sources!("pl"),
        Language::Japanese => sources!("ja"),
    }
}

type Bundle = FluentBundle<FluentResource>;

fn bundle(language: Language) -> Bundle {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks would stand in the HTML of every number; all three languages run left to right.
    bundle.set_use_isolating(false);
    for source in sources(language) {
        // What cannot be read is found by the tests; here the rest goes on.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(rest, _)| rest);
        let _ = bundle.add_resource(resource);
    }
    bundle
}

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static POLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Polish));
static JAPANESE: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Japanese));

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text(pub(crate) Language);

impl Text {
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
            tracing::error!(key, language = self.0.tag(), "a text is missing");
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    /// A text.
    pub(crate) fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// A text with one place.
    pub(crate) fn say1(self, key: &str, name: &str, value: impl Display) -> String {
        self.say_with(key, &[&(name, &value.to_string())])
    }

    /// A text with two places.
    pub(crate) fn say2(self, key: &str, one: &(&str, &str), two: &(&str, &str)) -> String {
        self.say_with(key, &[one, two])
    }

    /// A text with three places.
    pub(crate) fn say3(self, key: &str, one: &(&str, &str), two: &(&str, &str), three: &(&str, &str)) -> String {
        self.say_with(key, &[one, two, three])
    }

    fn say_with(self, key: &str, places: &[&(&str, &str)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in places {
            arguments.set((*name).to_owned(), (*value).to_owned());
        }
        self.format(key, Some(&arguments))
    }

    /// What a policy asks for, in words.
    pub(crate) fn requirement(self, requirement: Requirement) -> String {
        self.say(&format!("gate-{}", requirement.as_str().replace('_', "-")))
    }

    /// The Default project is called so in every language; others have the names people gave them.
    pub(crate) fn project(self, is_default: bool, name: &str) -> String {
        if is_default { self.say("default-project") } else { name.to_owned() }
    }

    /// A text about so many things, in the right plural form.
    pub(crate) fn count(self, key: &str, count: &i64) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("count", FluentValue::from(*count));
        self.format(key, Some(&arguments))
    }
}
