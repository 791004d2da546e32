//! The frame around every page of the reference.

use keystead_core::language::Language;
use keystead_locales::Messages;
use keystead_reference::{GROUPS, Group, Operation};

use crate::state::DashboardState;
use crate::web::extract::Visitor;

/// A part of a text; code is shown as such.
pub(super) struct Piece {
    pub(super) code: bool,
    pub(super) text: String,
}

/// Splits a text at its backticks.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, text)| Piece { code: at % 2 == 1, text: text.to_owned() })
        .filter(|one| !one.text.is_empty())
        .collect()
}

/// One line that leads to an operation.
pub(super) struct Entry {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) href: String,
}

impl Entry {
    /// The path in parts between which a line may end.
    pub(super) fn parts(&self) -> Vec<&'static str> {
        self.path.split_inclusive('/').collect()
    }
}

/// One entry of the navigation.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) current: bool,
    /// Whether the name is in English in every language.
    pub(super) english: bool,
}

pub(super) struct Frame {
    pub(super) t: Messages,
    pub(super) language: Language,
    pub(super) languages: [Language; 3],
    pub(super) operator: String,
    pub(super) theme: String,
    pub(super) title: String,
    /// The base URL of the installation, for examples.
    pub(super) base_url: String,
    pub(super) choices: Vec<Choice>,
    /// The operations of the open group.
    pub(super) entries: Vec<Entry>,
    /// The words that were searched for.
    pub(super) query: String,
    /// The open page; `None` for the index.
    pub(super) slug: Option<&'static str>,
}

impl Frame {
    pub(super) fn new(state: &DashboardState, visitor: &Visitor, slug: Option<&'static str>, title: &str) -> Self {
        let t = visitor.messages;
        let choice = |name: &str, own: &str, english| Choice {
            name: name.to_owned(),
            href: address(Some(own), t.0),
            current: slug == Some(own),
            english,
        };
        let mut choices: Vec<Choice> = GROUPS.iter().map(|group| choice(group.name, group.slug, true)).collect();
        choices.push(choice(&t.text("reference-errors"), super::ERRORS, false));
        Self {
            t,
            language: t.0,
            languages: Language::ALL,
            operator: state.app.settings().operator.clone(),
            theme: visitor.session.as_ref().map(|(session, _)| session.theme.clone()).unwrap_or_default(),
            title: title.to_owned(),
            base_url: format!("{}/v1", state.public_url),
            choices,
            entries: Vec::new(),
            query: String::new(),
            slug,
        }
    }

    /// The address of a page in the reader's language.
    pub(super) fn href(&self, slug: &str) -> String {
        address(Some(slug), self.language)
    }

    /// The line that leads to an operation of a group.
    pub(super) fn entry(&self, group: &Group, operation: &Operation) -> Entry {
        let page = if self.slug == Some(group.slug) { String::new() } else { self.href(group.slug) };
        let href = format!("{page}#{}", operation.id);
        Entry { method: operation.method, path: operation.path, title: operation.title, href }
    }

    /// Whether this is the index without a search.
    pub(super) fn is_index(&self) -> bool {
        self.slug.is_none() && self.query.is_empty()
    }

    /// The address of the index.
    pub(super) fn index(&self) -> String {
        address(None, self.language)
    }

    /// The address of this page in another language.
    pub(super) fn in_language(&self, language: Language) -> String {
        address(self.slug, language)
    }
}

fn address(slug: Option<&str>, language: Language) -> String {
    let page = slug.map(|slug| format!("/{slug}")).unwrap_or_default();
    format!("/docs/api{page}?language={}", language.tag())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_text() {
        let parts = |text: &str| pieces(text).into_iter().map(|one| (one.code, one.text)).collect::<Vec<_>>();
        let of = |code, text: &str| (code, text.to_owned());
        assert_eq!(parts("Name `x` in `y`"), [of(false, "Name "), of(true, "x"), of(false, " in "), of(true, "y")]);
        assert_eq!(parts(""), []);
    }
}
