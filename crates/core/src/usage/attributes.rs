//! What usage of some kinds is divided by, besides its payer, key and model.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Maximum length of the id of a vector store.
const LONGEST_ID: usize = 64;
/// The service tiers that are told apart. A model server cannot add rows with names of its own.
const TIERS: [&str; 8] = ["auto", "default", "fast", "flex", "priority", "scale", "standard", "ultrafast"];

/// How much a web search reads.
pub const CONTEXT_LEVELS: [&str; 3] = ["low", "medium", "high"];

/// The context level of a web search whose request names none.
pub const USUAL_CONTEXT_LEVEL: &str = "medium";

/// Where images come from.
pub const IMAGE_SOURCES: [&str; 3] = ["image.generation", "image.edit", "image.variation"];

/// The attributes of one event. An unknown one is absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Whether it is of lines of a batch.
    pub batch: bool,
    /// The service tier of a completion, the size of images, the context level of a web search, or the vector store of a
    /// file search.
    pub detail: Option<Arc<str>>,
    /// Of images, one of [`IMAGE_SOURCES`].
    pub source: Option<Arc<str>>,
}

impl Attributes {
    /// Attributes with this detail only.
    #[must_use]
    pub fn of_detail(detail: Option<&str>) -> Self {
        Self { detail: detail.map(Arc::from), ..Self::default() }
    }
}

/// Returns a service tier if it is a known one.
#[must_use]
pub fn service_tier(name: &str) -> Option<&'static str> {
    TIERS.into_iter().find(|known| *known == name)
}

/// Returns a context level if it is a known one.
#[must_use]
pub fn context_level(name: &str) -> Option<&'static str> {
    CONTEXT_LEVELS.into_iter().find(|known| *known == name)
}

/// Whether a text is the size of an image, such as `1024x1536`.
#[must_use]
pub fn is_image_size(text: &str) -> bool {
    let figure = |part: &str| (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('x').is_some_and(|(width, height)| figure(width) && figure(height))
}

/// Whether a text has the form of a vector store's id.
#[must_use]
pub fn is_vector_store(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}

/// The source of images that a route makes.
#[must_use]
pub fn image_source(path: &str) -> &'static str {
    let [generation, edit, variation] = IMAGE_SOURCES;
    match path {
        "/v1/images/edits" => edit,
        "/v1/images/variations" => variation,
        _ => generation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_names_are_not_told_apart() {
        for (tier, known) in [("flex", true), ("default", true), ("Flex", false), ("", false), ("gold-1", false)] {
            assert_eq!(service_tier(tier).is_some(), known, "{tier}");
        }
        for (size, known) in [
            ("1024x1024", true),
            ("1x1", true),
            ("99999x1", true),
            ("100000x1", false),
            ("1024", false),
            ("x1024", false),
            ("1024x", false),
            ("1024X1024", false),
            ("-1x5", false),
            ("auto", false),
            ("1x2x3", false),
        ] {
            assert_eq!(is_image_size(size), known, "{size}");
        }
        for (store, known) in [("vs_abc-1", true), ("", false), ("vs a", false), ("vs_é", false)] {
            assert_eq!(is_vector_store(store), known, "{store}");
        }
        assert!(!is_vector_store(&"v".repeat(65)));
        assert_eq!(image_source("/v1/images/edits"), "image.edit");
        assert_eq!(image_source("/v1/responses"), "image.generation");
    }
}
