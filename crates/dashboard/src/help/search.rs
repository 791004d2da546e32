//! Which page answers what somebody typed or pasted: the sign of an error first, then words.

use super::articles::{TOPICS, Topic, topic};
use super::error_patterns::{of, plain};
use crate::language::Language;

/// What was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// The text of an error, and the one page about it.
    Error(&'static Topic),
    /// Pages with these words, best first; may be empty.
    Pages(Vec<&'static Topic>),
}

/// Finds the page of an error, or pages by their words in this language.
pub(crate) fn find(language: Language, asked: &str) -> Found {
    let asked = plain(asked);
    match of(&asked).and_then(topic) {
        Some(topic) => Found::Error(topic),
        None => Found::Pages(by_words(language, &asked)),
    }
}

fn by_words(language: Language, asked: &str) -> Vec<&'static Topic> {
    let words: Vec<&str> = asked
        .split(|letter: char| letter.is_whitespace() || ",.;:!?\"()、。「」？".contains(letter))
        .filter(|word| word.chars().count() > 1)
        .collect();
    let hits = |text: &str| words.iter().filter(|word| text.contains(**word)).count();
    let mut scored = Vec::new();
    for topic in TOPICS {
        let article = topic.article(language);
        // A word in the title says more than one in the text.
        scored.push((hits(&article.words), hits(&article.title.to_lowercase()), topic));
    }
    let most = scored.iter().map(|(held, _, _)| *held).max().unwrap_or_default();
    scored.retain(|(held, _, _)| *held > 0 && *held == most);
    scored.sort_by_key(|(_, titled, _)| std::cmp::Reverse(*titled));
    scored.into_iter().map(|(_, _, topic)| topic).collect()
}

/// The page about what a message says.
pub(crate) fn topic_of_message(message: &str) -> Option<&'static Topic> {
    of(&plain(message)).and_then(topic)
}
