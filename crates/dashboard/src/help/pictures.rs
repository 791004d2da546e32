//! The pictures of the help pages. `cargo xtask pictures` takes them again from the running product.

use std::fmt::Write;

use keystead_core::language::Language;

/// A picture in three languages.
struct Picture {
    name: &'static str,
    /// English, Polish, Japanese.
    files: [&'static [u8]; 3],
}

macro_rules! pictures {
    ($($name:literal)*) => {
        static PICTURES: &[Picture] = &[$(Picture {
            name: $name,
            files: [
                include_bytes!(concat!("../../static/help/en-", $name, ".png")),
                include_bytes!(concat!("../../static/help/pl-", $name, ".png")),
                include_bytes!(concat!("../../static/help/ja-", $name, ".png")),
            ],
        },)*];
    };
}

pictures! { "key-made" "key-revoke" "phone" "billing" "verify" "refusals" }

/// The bytes of `en-keys.png` and the like.
pub(crate) fn picture(file: &str) -> Option<&'static [u8]> {
    let (tag, name) = file.strip_suffix(".png")?.split_once('-')?;
    let at = Language::ALL.iter().position(|language| language.tag() == tag)?;
    PICTURES.iter().find(|picture| picture.name == name).map(|picture| picture.files[at])
}

/// The `img` element of a picture, with its size and alternative text.
pub(super) fn element(name: &str, words: &str, language: Language) -> String {
    let file = format!("{}-{name}.png", language.tag());
    let mut out = String::new();
    if let Some((width, height)) = picture(&file).and_then(size) {
        let words = escaped(words);
        // Pictures have two pixels for each pixel of the page. Writing into a string cannot fail.
        let _ = write!(
            out,
            "<img class=\"shot\" src=\"/static/help/{file}\" alt=\"{words}\" width=\"{}\" height=\"{}\" loading=\"lazy\">",
            width / 2,
            height / 2
        );
    }
    out
}

/// Escapes a text for HTML.
pub(super) fn escaped(text: &str) -> String {
    let Ok(safe) = askama::filters::escape(text, askama::filters::Html);
    safe.to_string()
}

/// Width and height, from the header of a PNG.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    PICTURES.iter().map(|picture| picture.name).collect()
}

#[cfg(test)]
pub(super) fn weight() -> usize {
    PICTURES.iter().flat_map(|picture| picture.files).map(<[u8]>::len).sum()
}
