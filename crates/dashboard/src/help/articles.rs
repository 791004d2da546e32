//! The help pages, read from Markdown once. Their pictures are taken by the browser tests.

use std::sync::LazyLock;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Parser, Tag, TagEnd, html};

use super::pictures::{element, escaped};
use keystead_core::language::Language;
use keystead_locales::{HELP, HelpPage};

/// One page with its articles; its address never changes.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) page: &'static HelpPage,
    articles: [Article; 3],
}

/// Every page, in the order of the index.
pub(crate) static TOPICS: LazyLock<Vec<Topic>> = LazyLock::new(|| {
    let articles = |page: &HelpPage| Language::ALL.map(|language| read(page.source(language), language));
    HELP.iter().map(|page| Topic { page, articles: articles(page) }).collect()
});

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

/// The page with this slug.
pub(crate) fn topic(slug: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.page.slug == slug)
}

impl Topic {
    /// The page in a language.
    pub(crate) const fn article(&self, language: Language) -> &Article {
        language.pick(&self.articles)
    }

    /// The address within the installation.
    pub(crate) fn path(&self) -> String {
        format!("/help/{}", self.page.slug)
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

/// The page where the problem of a help page is solved: the key of its name, and its address.
pub(crate) fn page_to_act(topic: &Topic) -> Option<(&'static str, &'static str)> {
    Some(match topic.page.slug {
        "model-needs-verification"
        | "image-model-needs-verification"
        | "stream-needs-verification"
        | "summary-needs-verification"
        | "verification" => ("nav-general", "/settings/organization/general"),
        "rate-limits" => ("nav-limits", "/limits"),
        "spend-limits" => ("nav-spend", "/settings/organization/spend"),
        "credit" => ("nav-billing", "/settings/organization/billing"),
        "key-not-accepted" | "phone-number-requirement" => ("nav-api-keys", "/api-keys"),
        "payment-method" => ("nav-billing", "/settings/organization/billing/payment-methods"),
        _ => return None,
    })
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
