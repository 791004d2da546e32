//! What images cost by their quality and size.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::attributes::{image_size, size_text};
use crate::money::Micros;

/// Maximum number of prices of images by quality and size that a price of a model has.
pub const MOST_IMAGE_PRICES: usize = 32;

/// Maximum characters of the name of a quality.
const LONGEST: usize = 16;

/// The name of a quality of images: lower-case letters, digits and dashes. It is as cheap to copy as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageQuality([u8; LONGEST]);

impl ImageQuality {
    /// Reads a name in any case. `auto` names none: it leaves the choice to the model server.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain);
        if !is_name || text.eq_ignore_ascii_case("auto") || image_size(&text.to_ascii_lowercase()).is_some() {
            return None;
        }
        let mut bytes = [0; LONGEST];
        for (place, byte) in bytes.iter_mut().zip(text.bytes()) {
            *place = byte.to_ascii_lowercase();
        }
        Some(Self(bytes))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
        std::str::from_utf8(self.0.get(..end).unwrap_or_default()).unwrap_or_default()
    }
}

impl fmt::Debug for ImageQuality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// The quality and the size of images, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageTraits {
    /// The quality.
    pub quality: Option<ImageQuality>,
    /// Width and height.
    pub size: Option<(u32, u32)>,
}

impl ImageTraits {
    /// Reads a quality and a size; what is neither stays unknown.
    #[must_use]
    pub fn read(quality: Option<&str>, size: Option<&str>) -> Self {
        Self { quality: quality.and_then(ImageQuality::read), size: size.and_then(image_size) }
    }

    /// Reads a key of a price: `quality/size`, `size` or `quality`.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        let parts = match key.split_once('/') {
            Some((quality, size)) => Self::read(Some(quality), Some(size)),
            None => Self::read(Some(key), Some(key)),
        };
        // A key has one form, so that no two rows are about the same images.
        (parts != Self::default() && parts.key() == key).then_some(parts)
    }

    /// The key of its price.
    #[must_use]
    pub fn key(&self) -> String {
        let size = self.size.map(size_text);
        match (&self.quality, size) {
            (Some(quality), Some(size)) => format!("{}/{size}", quality.as_str()),
            (Some(quality), None) => quality.as_str().to_owned(),
            (None, size) => size.unwrap_or_default(),
        }
    }
}

impl From<ImageTraits> for String {
    fn from(images: ImageTraits) -> Self {
        images.key()
    }
}

impl TryFrom<String> for ImageTraits {
    type Error = NoImagePrices;

    /// Reads a key; an empty one says nothing.
    fn try_from(key: String) -> Result<Self, Self::Error> {
        if key.is_empty() { Ok(Self::default()) } else { Self::of_key(&key).ok_or(NoImagePrices) }
    }
}

/// Prices of images by quality and size, for a million of them. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Micros>", into = "BTreeMap<String, Micros>")]
pub struct ImagePrices(BTreeMap<ImageTraits, Micros>);

/// Rows that are no prices of images: none, more than [`MOST_IMAGE_PRICES`], a wrong key, or a key twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoImagePrices;

impl fmt::Display for NoImagePrices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("prices of images are by quality and size")
    }
}

impl ImagePrices {
    /// Builds prices from rows.
    ///
    /// # Errors
    /// When there are none or more than [`MOST_IMAGE_PRICES`], or when a key is repeated or names nothing.
    pub fn new(rows: impl IntoIterator<Item = (ImageTraits, Micros)>) -> Result<Self, NoImagePrices> {
        let mut prices = BTreeMap::new();
        for (traits, micros) in rows {
            if traits == ImageTraits::default() || prices.insert(traits, micros).is_some() {
                return Err(NoImagePrices);
            }
        }
        if (1..=MOST_IMAGE_PRICES).contains(&prices.len()) { Ok(Self(prices)) } else { Err(NoImagePrices) }
    }

    /// Every row, by quality and size.
    pub fn rows(&self) -> impl Iterator<Item = (ImageTraits, Micros)> + '_ {
        self.0.iter().map(|(traits, micros)| (*traits, *micros))
    }

    /// The price of images: that of their quality and size, else of their size, else of their quality, else the usual one.
    #[must_use]
    pub fn price(&self, ImageTraits { quality, size }: ImageTraits, usual: Micros) -> Micros {
        let of = |quality, size| self.0.get(&ImageTraits { quality, size });
        let found = of(quality, size).or_else(|| of(None, size)).or_else(|| of(quality, None));
        found.copied().unwrap_or(usual)
    }

    /// The highest price of images of which only this much is stated. What no row names counts as not stated, because a model
    /// server may ignore it.
    #[must_use]
    pub fn highest(&self, stated: ImageTraits, usual: Micros) -> Micros {
        self.price(self.dearest(stated, usual), usual)
    }

    /// The images of the highest price of which only this much is stated.
    #[must_use]
    pub fn dearest(&self, stated: ImageTraits, usual: Micros) -> ImageTraits {
        let mut dearest = self.named(stated);
        let ImageTraits { quality, size } = dearest;
        let mut highest = self.price(dearest, usual);
        // Of what is not stated, every value that a row names, and one that none names.
        let qualities: BTreeSet<_> = self.0.keys().map(|row| quality.or(row.quality)).chain([quality]).collect();
        let sizes: BTreeSet<_> = self.0.keys().map(|row| size.or(row.size)).chain([size]).collect();
        for quality in qualities {
            for size in &sizes {
                let images = ImageTraits { quality, size: *size };
                let price = self.price(images, usual);
                if price > highest {
                    (dearest, highest) = (images, price);
                }
            }
        }
        dearest
    }

    /// What of these any row names.
    #[must_use]
    pub fn named(&self, ImageTraits { quality, size }: ImageTraits) -> ImageTraits {
        ImageTraits {
            quality: quality.filter(|quality| self.0.keys().any(|row| row.quality == Some(*quality))),
            size: size.filter(|size| self.0.keys().any(|row| row.size == Some(*size))),
        }
    }
}

impl TryFrom<BTreeMap<String, Micros>> for ImagePrices {
    type Error = NoImagePrices;

    fn try_from(rows: BTreeMap<String, Micros>) -> Result<Self, Self::Error> {
        let read = |(key, micros): (String, Micros)| Ok((ImageTraits::of_key(&key).ok_or(NoImagePrices)?, micros));
        Self::new(rows.into_iter().map(read).collect::<Result<Vec<_>, NoImagePrices>>()?)
    }
}

impl From<ImagePrices> for BTreeMap<String, Micros> {
    fn from(prices: ImagePrices) -> Self {
        prices.rows().map(|(traits, micros)| (traits.key(), micros)).collect()
    }
}

/// Values for tests of images.
#[cfg(test)]
pub(super) mod examples {
    use std::sync::Arc;

    use super::{ImagePrices, ImageTraits, Micros};
    use crate::usage::Price;

    pub(crate) fn traits(quality: &str, size: &str) -> ImageTraits {
        ImageTraits::read(Some(quality), Some(size))
    }

    pub(crate) fn prices(rows: &[(&str, i64)]) -> ImagePrices {
        ImagePrices::new(rows.iter().map(|(key, micros)| (ImageTraits::of_key(key).unwrap(), Micros(*micros)))).unwrap()
    }

    /// The price of a model by which an image without a row costs `image` micros.
    pub(crate) fn price(rows: &[(&str, i64)], image: i64) -> Price {
        Price { image: Micros(image), images: Some(Arc::new(prices(rows))), ..Price::default() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::examples::{prices, traits};
    use super::*;

    #[test]
    fn keys_have_one_form() {
        for key in ["hd/1024x1792", "1024x1024", "hd", "low", "50-steps/512x512", "4k"] {
            assert_eq!(ImageTraits::of_key(key).unwrap().key(), key);
        }
        for key in [
            "",
            "/",
            "auto",
            "auto/1024x1024",
            "hd/auto",
            "hd/",
            "/1024x1024",
            "HD",
            " hd",
            "hd/01024x1024",
            "1024X1024",
            "1024x1024/hd",
            "hd/1024x1024/x",
            "high_quality",
            "a-name-of-17-char",
            "hd/100000x1",
            "ładny",
        ] {
            assert_eq!(ImageTraits::of_key(key), None, "{key:?}");
        }
        assert_eq!(traits(" HD ", "01024x1024"), traits("hd", "1024x1024"));
        assert_eq!(traits("auto", "auto"), ImageTraits::default());
    }

    #[test]
    fn the_most_specific_row_is_the_price() {
        let table = prices(&[("hd/1024x1792", 5), ("1024x1792", 4), ("hd", 3), ("1024x1024", 2)]);
        for (quality, size, expected) in [
            ("hd", "1024x1792", 5),
            ("low", "1024x1792", 4),
            ("auto", "1024x1792", 4),
            ("hd", "1024x1024", 2),
            ("hd", "auto", 3),
            ("hd", "512x512", 3),
            ("low", "512x512", 1),
            ("", "", 1),
        ] {
            assert_eq!(table.price(traits(quality, size), Micros(1)), Micros(expected), "{quality} {size}");
        }
        for (quality, size, highest) in [
            ("hd", "1024x1792", 5),
            ("", "", 5),
            ("auto", "1024x1024", 2),
            ("hd", "auto", 5),
            // No row names it, so the model server may take another one.
            ("low", "1024x1792", 5),
            ("hd", "512x512", 5),
        ] {
            assert_eq!(table.highest(traits(quality, size), Micros(1)), Micros(highest), "{quality} {size}");
        }
        // The usual price is the dearest one.
        assert_eq!(table.highest(traits("hd", ""), Micros(9)), Micros(5), "a row is about every image of it");
        assert_eq!(table.highest(ImageTraits::default(), Micros(9)), Micros(9));
    }

    #[test]
    fn rows_are_bounded_and_differ() {
        let row = |number: u32| (ImageTraits { quality: None, size: Some((number, 1)) }, Micros(1));
        assert!(ImagePrices::new((1..=32).map(row)).is_ok());
        assert_eq!(ImagePrices::new((1..=33).map(row)), Err(NoImagePrices));
        assert_eq!(ImagePrices::new([row(1), row(1)]), Err(NoImagePrices));
        assert_eq!(ImagePrices::new([]), Err(NoImagePrices));
        assert_eq!(ImagePrices::new([(ImageTraits::default(), Micros(1))]), Err(NoImagePrices));
        let table = prices(&[("hd/1024x1792", 5), ("hd", 3)]);
        let text = serde_json::to_string(&table).unwrap();
        assert_eq!(text, r#"{"hd":3,"hd/1024x1792":5}"#);
        assert_eq!(serde_json::from_str::<ImagePrices>(&text).unwrap(), table);
        for wrong in [r#"{"HD":3}"#, r#"{"auto":3}"#, "{}"] {
            assert!(serde_json::from_str::<ImagePrices>(wrong).is_err(), "{wrong}");
        }
    }

    fn drawn() -> impl Strategy<Value = ImageTraits> {
        let quality = prop::sample::select(vec!["", "low", "high", "hd"]);
        let size = prop::sample::select(vec!["", "1x1", "2x2", "3x3"]);
        (quality, size).prop_map(|(quality, size)| traits(quality, size))
    }

    proptest! {
        /// The model server chooses what is not stated, and what no row names.
        #[test]
        fn no_image_costs_more_than_the_highest_price(
            rows in prop::collection::btree_map(drawn(), 0..100_i64, 1..16),
            usual in 0..100_i64,
            stated in drawn(),
            chosen in drawn(),
        ) {
            let rows = rows.into_iter().filter(|(traits, _)| *traits != ImageTraits::default());
            let Ok(table) = ImagePrices::new(rows.map(|(traits, micros)| (traits, Micros(micros)))) else {
                return Ok(());
            };
            let named = table.named(stated);
            let drawn = ImageTraits {
                quality: named.quality.or(chosen.quality),
                size: named.size.or(chosen.size),
            };
            let most = table.highest(stated, Micros(usual));
            prop_assert!(table.price(drawn, Micros(usual)) <= most);
            prop_assert!(table.price(stated, Micros(usual)) <= most);
        }
    }
}
