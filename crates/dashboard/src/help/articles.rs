//! The help pages: Markdown files that are compiled in. Their pictures are taken by the browser tests.

use std::sync::LazyLock;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};

use super::pictures::{element, escaped};
use keystead_core::language::Language;
use keystead_locales::HELP;

/// The groups of the index, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Keys and calls.
    Keys,
    /// What new keys and models require.
    Verification,
    /// Errors and what to do about them.
    Errors,
}

impl Group {
    pub(crate) const ALL: [Self; 3] = [Self::Keys, Self::Verification, Self::Errors];

    /// The key of its heading.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Keys => "help-group-keys",
            Self::Verification => "help-group-verification",
            Self::Errors => "help-group-errors",
        }
    }
}

/// One page; its address never changes.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) slug: &'static str,
    pub(crate) group: Group,
}

macro_rules! topics {
    ($($group:ident: $($slug:literal)+;)+) => {
        /// Every page.
        pub(crate) static TOPICS: &[Topic] = &[$($(Topic {
            slug: $slug,
            group: Group::$group,
        },)+)+];
    };
}

topics! {
    Keys:
        "first-call"
        "kinds-of-keys"
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
        "missing-permission"
        "model-not-found"
        "request-not-understood"
        "not-there"
        "rate-limits"
        "too-many-tries"
        "links-and-forms"
        "service-errors";
}

/// A page in one language, ready to show.
#[derive(Debug)]
pub(crate) struct Article {
    pub(crate) title: String,
    /// The first paragraph as text, shown in the index.
    pub(crate) lead: String,
    /// The rest, as HTML.
    body: String,
    /// The whole text in lower case, for the search.
    pub(super) words: String,
}

static ARTICLES: LazyLock<Vec<[Article; 3]>> = LazyLock::new(|| {
    let all = |topic: &Topic| Language::ALL.map(|language| read(topic.source(language), language));
    TOPICS.iter().map(all).collect()
});

const fn place(language: Language) -> usize {
    match language {
        Language::English => 0,
        Language::Polish => 1,
        Language::Japanese => 2,
    }
}

/// The page with this slug.
pub(crate) fn topic(slug: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.slug == slug)
}

impl Topic {
    /// The Markdown in a language; empty only for a page without a file, which a test excludes.
    pub(super) fn source(&self, language: Language) -> &'static str {
        HELP.iter().find(|page| page.slug == self.slug).map_or("", |page| page.source(language))
    }

    /// The page in a language.
    pub(crate) fn article(&self, language: Language) -> &'static Article {
        // Both tables are made from one list, so the position is always found.
        let at = TOPICS.iter().position(|topic| topic.slug == self.slug).unwrap_or_default();
        &ARTICLES[at][place(language)]
    }

    /// The address within the installation.
    pub(crate) fn path(&self) -> String {
        format!("/help/{}", self.slug)
    }
}

/// The page about a call that a gate refused, by the action, the model and the name of the rule.
pub(crate) fn topic_of_refusal(action: &str, model: &str, rule: &str) -> Option<&'static Topic> {
    topic(match action {
        "model.use" if rule.contains("stream") => "stream-needs-verification",
        "model.use" if rule.contains("summar") => "summary-needs-verification",
        "model.use" if model.contains("image") => "image-model-needs-verification",
        "model.use" => "model-needs-verification",
        "organization.verify" => "payment-method",
        _ => "phone-number-requirement",
    })
}

/// The address of a page in a language, so that a link keeps the reader's language.
pub(crate) fn href(topic: &Topic, language: Language) -> String {
    format!("{}?language={}", topic.path(), language.tag())
}

impl Article {
    /// The page's HTML, with the address of this installation filled in.
    pub(crate) fn html(&self, public_url: &str) -> String {
        self.body.replace("{public_url}", &escaped(public_url))
    }
}

/// Reads a page: the first heading is its title, the first paragraph its lead.
fn read(source: &str, language: Language) -> Article {
    let events: Vec<Event<'_>> = Parser::new(source).collect();
    let end = |wanted: TagEnd| {
        let at = events.iter().position(|event| *event == Event::End(wanted));
        at.map_or(0, |at| at + 1)
    };
    let heading = end(TagEnd::Heading(HeadingLevel::H1));
    let lead = end(TagEnd::Paragraph).max(heading);
    let mut body = String::new();
    html::push_html(&mut body, illustrated(&events[lead..], language).into_iter());
    Article {
        title: text(&events[..heading]),
        lead: text(&events[heading..lead]),
        body,
        words: text(&events).to_lowercase(),
    }
}

fn text(events: &[Event<'_>]) -> String {
    let mut all = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => all.push_str(part),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => all.push(' '),
            _ => {}
        }
    }
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Replaces links by links that keep the language, and pictures by `img` elements of this language that have
/// their size, so that the page does not move while they load.
fn illustrated<'e>(events: &[Event<'e>], language: Language) -> Vec<Event<'e>> {
    let mut out = Vec::with_capacity(events.len());
    let mut rest = events.iter();
    while let Some(event) = rest.next() {
        if let Event::Start(Tag::Link { dest_url, link_type, title, id }) = event {
            let dest_url = CowStr::from(match dest_url.starts_with("/help/") {
                true => format!("{dest_url}?language={}", language.tag()),
                false => dest_url.to_string(),
            });
            let (link_type, title, id) = (*link_type, title.clone(), id.clone());
            out.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            continue;
        }
        let Event::Start(Tag::Image { dest_url, .. }) = event else {
            out.push(event.clone());
            continue;
        };
        let inside: Vec<Event<'_>> =
            rest.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Image))).cloned().collect();
        out.push(Event::InlineHtml(CowStr::from(element(dest_url, &text(&inside), language))));
    }
    out
}
