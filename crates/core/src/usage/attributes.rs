//! What usage of some kinds is divided by, besides its payer, key and model.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::images::ImageTraits;

/// Maximum length of the id of a vector store.
const LONGEST_ID: usize = 64;
/// The service tiers that are told apart. A model server cannot add rows with names of its own.
const TIERS: [&str; 8] = ["auto", "default", "fast", "flex", "priority", "scale", "standard", "ultrafast"];

/// The qualities of images that model servers usually have.
const QUALITIES: [&str; 5] = ["hd", "high", "low", "medium", "standard"];

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
    /// The quality of images. Earlier versions do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Arc<str>>,
}

impl Attributes {
    /// Attributes with this detail only.
    #[must_use]
    pub fn of_detail(detail: Option<&str>) -> Self {
        Self { detail: detail.map(Arc::from), ..Self::default() }
    }

    /// The quality and the size of images.
    #[must_use]
    pub fn of_images(&self) -> ImageTraits {
        ImageTraits::read(self.quality.as_deref(), self.detail.as_deref())
    }

    /// The same attributes of images of this quality and size.
    #[must_use]
    pub fn with_images(self, ImageTraits { quality, size }: ImageTraits) -> Self {
        let quality = quality.map(|quality| quality.as_str().into());
        Self { detail: size.map(|size| size_text(size).into()), quality, ..self }
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

/// Whether a quality of images is kept also where no price names it. A client cannot add rows with names of its own.
#[must_use]
pub fn is_usual_quality(name: &str) -> bool {
    QUALITIES.contains(&name)
}

/// Parses the size of an image, such as `1024x1536`.
#[must_use]
pub fn image_size(text: &str) -> Option<(u32, u32)> {
    let figure = |part: &str| {
        let plain = (1..=5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| plain)
    };
    let (width, height) = text.split_once('x')?;
    Some((figure(width)?, figure(height)?))
}

/// Writes the size of an image.
#[must_use]
pub fn size_text((width, height): (u32, u32)) -> String {
    format!("{width}x{height}")
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
            assert_eq!(image_size(size).is_some(), known, "{size}");
        }
        let images = ImageTraits::read(Some("HD"), Some("1024x1536"));
        let attributes = Attributes::default().with_images(images);
        assert_eq!((attributes.detail.as_deref(), attributes.quality.as_deref()), (Some("1024x1536"), Some("hd")));
        assert_eq!(attributes.of_images(), images);
        assert_eq!((is_usual_quality("hd"), is_usual_quality("gold")), (true, false));
        for (store, known) in [("vs_abc-1", true), ("", false), ("vs a", false), ("vs_é", false)] {
            assert_eq!(is_vector_store(store), known, "{store}");
        }
        assert!(!is_vector_store(&"v".repeat(65)));
        assert_eq!(image_source("/v1/images/edits"), "image.edit");
        assert_eq!(image_source("/v1/responses"), "image.generation");
    }
}
