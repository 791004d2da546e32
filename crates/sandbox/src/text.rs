//! Deterministic text and true token counts: the same request always has the same answer.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Counts tokens: a token is a piece of a word of up to four characters, or a punctuation mark.
pub(crate) fn tokens(text: &str) -> i64 {
    let mut count = 0i64;
    let mut run = 0i64;
    for character in text.chars() {
        if character.is_alphanumeric() {
            run += 1;
            continue;
        }
        count += (run + 3) / 4;
        run = 0;
        if !character.is_whitespace() {
            count += 1;
        }
    }
    count + (run + 3) / 4
}

const WORDS: [&str; 32] = [
    "the", "river", "keeps", "its", "own", "time", "while", "stones", "learn", "to", "listen", "and", "a", "quiet",
    "light", "moves", "over", "every", "page", "that", "waits", "for", "morning", "we", "count", "what", "was",
    "given", "then", "return", "home", "again",
];

/// Computes text from the prompt, with as many tokens as requested.
pub(crate) fn words(prompt: &str, model: &str, most: i64) -> String {
    let digest = Sha256::digest(format!("{model}\n{prompt}"));
    let wanted = (12 + i64::from(digest[0] % 20)).min(most.max(0));
    let mut text = String::new();
    for byte in digest.iter().cycle() {
        let word = WORDS[usize::from(*byte) % WORDS.len()];
        let longer = if text.is_empty() { word.to_owned() } else { format!("{text} {word}") };
        if tokens(&longer) > wanted {
            break;
        }
        text = longer;
        if tokens(&text) == wanted {
            break;
        }
    }
    text
}

/// Returns all text of a prompt in any form: strings, messages, parts.
pub(crate) fn prompt(value: &Value) -> String {
    let mut all = String::new();
    collect(value, &mut all);
    all
}

fn collect(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => {
            all.push_str(text);
            all.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, all)),
        Value::Object(members) => {
            for name in ["content", "text", "input_text"] {
                if let Some(member) = members.get(name) {
                    collect(member, all);
                }
            }
        }
        Value::Number(_) => all.push_str("0\n"),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Splits the text into the pieces of a stream: a word and the space before it.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

/// Computes a short id from its seed.
pub(crate) fn id(prefix: &str, seed: &str) -> String {
    let digest = Sha256::digest(seed);
    format!("{prefix}{}", base16ct::lower::encode_string(&digest[..12]))
}
