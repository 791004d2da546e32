//! Finds help pages for a text that was typed or pasted: first as an error, then by words.

use super::articles::{TOPICS, Topic, topic};
use super::error_patterns::{of, plain};
use keystead_core::language::Language;

/// The result of a search.
#[derive(Debug)]
pub(crate) enum Found {
    /// The text is an error, and this is the page about it.
    Error(&'static Topic),
    /// Pages that contain the words, best first; may be empty.
    Pages(Vec<&'static Topic>),
}

/// Finds the page of an error, or pages by words in this language.
pub(crate) fn find(language: Language, text: &str) -> Found {
    let text = plain(text);
    match of(&text).and_then(topic) {
        Some(topic) => Found::Error(topic),
        None => Found::Pages(by_words(language, &text)),
    }
}

fn by_words(language: Language, text: &str) -> Vec<&'static Topic> {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || ",.;:!?\"()、。「」？".contains(letter))
        .filter(|word| word.chars().count() > 1)
        .collect();
    let hits = |text: &str| words.iter().filter(|word| text.contains(**word)).count();
    let mut scored = Vec::new();
    for topic in TOPICS.iter() {
        let article = topic.article(language);
        // A word in the title counts more than one in the text.
        scored.push((hits(&article.words), hits(&article.title.to_lowercase()), topic));
    }
    let most = scored.iter().map(|(held, _, _)| *held).max().unwrap_or_default();
    scored.retain(|(held, _, _)| *held > 0 && *held == most);
    scored.sort_by_key(|(_, titled, _)| std::cmp::Reverse(*titled));
    scored.into_iter().map(|(_, _, topic)| topic).collect()
}

/// The page about an error message.
pub(crate) fn topic_of_message(message: &str) -> Option<&'static Topic> {
    of(&plain(message)).and_then(topic)
}
