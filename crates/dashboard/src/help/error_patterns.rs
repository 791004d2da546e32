//! How an error is recognised: by parts of its message, by its code, or by the text of a page in any of the three
//! languages. A test goes through the product's messages and codes, so that each new one needs a page.

mod codes;
mod credit;
mod organizations;
mod requests;
mod verification;

use std::sync::LazyLock;

use keystead_core::language::Language;

use codes::CODES;

/// The longest text that is read; error bodies are shorter.
const LONGEST: usize = 4_000;

/// Normalizes a text: lower case, single spaces, plain quotes, no backslashes. A body copied from a log then matches
/// like the message alone.
pub(super) fn plain(text: &str) -> String {
    let small: String = text
        .chars()
        .take(LONGEST)
        .filter(|letter| *letter != '\\')
        .map(|letter| match letter {
            '’' | '‘' => '\'',
            '“' | '”' => '"',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Parts that occur together in a message, in lower case, and the page about it. The longest match wins.
type Pattern = (&'static [&'static str], &'static str);

/// The messages, by subject.
const MESSAGES: [&[Pattern]; 4] =
    [requests::MESSAGES, credit::MESSAGES, organizations::MESSAGES, verification::MESSAGES];

/// The page about an error code, including the codes of the pages' own messages.
pub(crate) fn topic_of_code(code: &str) -> Option<&'static str> {
    let fits = CODES.iter().filter(|(start, _)| code.starts_with(start));
    fits.max_by_key(|(start, _)| start.len()).map(|(_, slug)| *slug)
}

/// The longest constant part of each message of the pages, and its help page.
static SENTENCES: LazyLock<Vec<(String, &'static str)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for language in Language::ALL {
        for line in keystead_locales::sources(language).iter().flat_map(|source| source.lines()) {
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let Some(slug) = topic_of_text(key) else { continue };
            // Spaces at which no line breaks are spaces here.
            let value = value.replace(r#"{ "\u00A0" }"#, " ").replace(r#"{ "\u202F" }"#, " ");
            let whole = value.split("{ $").map(|part| part.split_once('}').map_or(part, |(_, after)| after));
            if let Some(longest) = whole.map(plain).max_by_key(String::len) {
                all.push((longest, slug));
            }
        }
    }
    all
});

/// The help page of a message, by its key: `error-phone-code-wrong`, `reason-face-mismatch`.
pub(super) fn topic_of_text(key: &str) -> Option<&'static str> {
    match key.strip_prefix("error-") {
        Some(code) => topic_of_code(&code.replace('-', "_")),
        None if key.starts_with("reason-") => topic_of_code(&key.replace('-', "_")),
        None => None,
    }
}

/// The shortest part of a sentence, in bytes, that identifies it.
const TELLING: usize = 16;

/// The page of the error that the text contains.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let messages = MESSAGES
        .iter()
        .copied()
        .flatten()
        .filter(|(parts, _)| parts.iter().all(|part| text.contains(part)))
        .map(|(parts, slug)| (parts.iter().map(|part| part.len()).sum::<usize>(), *slug));
    // A code counts more than the same number of letters of a sentence, because it does not occur by chance.
    let codes = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.contains('_'))
        .filter_map(|word| Some((word.len() + 12, topic_of_code(word)?)));
    let sentences = SENTENCES
        .iter()
        .filter(|(sentence, _)| sentence.len() >= TELLING && text.contains(sentence))
        .map(|(sentence, slug)| (sentence.len(), *slug));
    let best = messages.chain(codes).chain(sentences).max_by_key(|(length, _)| *length).map(|(_, slug)| slug);
    best.or_else(|| part_of_one(text))
}

/// The page of a text that is part of a sentence, if only one page has that sentence.
fn part_of_one(text: &str) -> Option<&'static str> {
    if text.len() < TELLING {
        return None;
    }
    let holding = SENTENCES.iter().filter(|(sentence, _)| sentence.contains(text)).map(|(_, slug)| *slug);
    let mut holding: Vec<&str> = holding.collect();
    holding.dedup();
    match holding[..] {
        [slug] => Some(slug),
        _ => None,
    }
}
