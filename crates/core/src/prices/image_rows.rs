//! Prices of images by quality and size, as people and files write them: a key and a price for a million images.

use std::sync::Arc;

use serde_json::Value;

use super::figure::{HIGHEST, micros_of_json, micros_of_toml};
use super::{PriceFault, micros};
use crate::money::Micros;
use crate::usage::{ImagePrices, ImageTraits, Price};

/// The name of the prices of images by quality and size in files, objects and forms.
pub const IMAGES: &str = "images";

/// Prices of images, unless there are none.
pub type SharedImages = Option<Arc<ImagePrices>>;

/// Builds prices of images from keys and prices.
///
/// # Errors
/// When a key is wrong or repeated, when a price is, or when there are too many.
pub fn images_of<K: AsRef<str>>(
    rows: impl IntoIterator<Item = (K, Result<Micros, PriceFault>)>,
) -> Result<SharedImages, PriceFault> {
    let row = |(key, micros): (K, Result<Micros, PriceFault>)| {
        Ok((ImageTraits::of_key(key.as_ref()).ok_or(PriceFault::Images)?, micros?))
    };
    let rows = rows.into_iter().map(row).collect::<Result<Vec<_>, PriceFault>>()?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(Arc::new(ImagePrices::new(rows).map_err(|_| PriceFault::Images)?)))
}

/// Reads prices of images in JSON: an object by key.
///
/// # Errors
/// As [`images_of`].
pub fn images_of_json(value: &Value) -> Result<SharedImages, PriceFault> {
    let Value::Object(rows) = value else { return Err(PriceFault::Images) };
    images_of(rows.iter().map(|(key, price)| (key, micros_of_json(price))))
}

/// Reads prices of images in TOML: a table by key.
pub(super) fn images_of_toml(value: &toml::Value) -> Result<SharedImages, PriceFault> {
    let toml::Value::Table(rows) = value else { return Err(PriceFault::Images) };
    images_of(rows.iter().map(|(key, price)| (key, micros_of_toml(price))))
}

/// Reads prices of images in lines such as `hd/1024x1792 = 120000`. Empty lines count for nothing.
///
/// # Errors
/// As [`images_of`].
pub fn images_of_lines(text: &str) -> Result<SharedImages, PriceFault> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    images_of(lines.map(|line| {
        let (key, price) = line.split_once('=').unwrap_or((line, ""));
        (key.trim(), micros(price))
    }))
}

/// Checks that every price of images is possible.
///
/// # Errors
/// When one is negative or higher than [`HIGHEST`].
pub fn checked_images(price: &Price) -> Result<(), PriceFault> {
    for (_, micros) in price.images.iter().flat_map(|images| images.rows()) {
        match micros.0 {
            ..0 => return Err(PriceFault::Negative),
            _ if micros > HIGHEST => return Err(PriceFault::TooHigh),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_in_json_and_in_lines() {
        let expected = images_of([("hd/1024x1792", Ok(Micros(120_000_000_000))), ("hd", Ok(Micros(500_000)))]);
        let json = json!({ "hd": 0.5, "hd/1024x1792": "120000" });
        assert_eq!(images_of_json(&json), expected);
        assert_eq!(images_of_lines("hd/1024x1792 = 120000\n\n  hd=$0.50 \r\n"), expected);
        assert_eq!((images_of_json(&json!({})), images_of_lines(" \n")), (Ok(None), Ok(None)));
        use PriceFault::{Empty, Images, Negative, NotANumber, TooManyDigits};
        for (value, fault) in [
            (json!(null), Images),
            (json!([1]), Images),
            (json!({ "HD": 1 }), Images),
            (json!({ "auto": 1 }), Images),
            (json!({ "hd/2x": 1 }), Images),
            (json!({ "hd": -1 }), Negative),
            (json!({ "hd": "0.0000001" }), TooManyDigits),
            (json!({ "hd": true }), NotANumber),
        ] {
            assert_eq!(images_of_json(&value), Err(fault), "{value}");
        }
        for (text, fault) in [("hd", Empty), ("hd = 1\nhd = 2", Images), ("= 1", Images), ("hd = -1", Negative)] {
            assert_eq!(images_of_lines(text), Err(fault), "{text}");
        }
        let many = (1..=33).map(|size| (format!("{size}x1"), Ok(Micros(1))));
        assert_eq!(images_of(many), Err(Images));
    }

    #[test]
    fn impossible_rows_are_found() {
        let price = |micros| Price { images: images_of([("hd", Ok(Micros(micros)))]).unwrap(), ..Price::default() };
        assert_eq!(checked_images(&Price::default()), Ok(()));
        assert_eq!(checked_images(&price(HIGHEST.0)), Ok(()));
        assert_eq!(checked_images(&price(HIGHEST.0 + 1)), Err(PriceFault::TooHigh));
        assert_eq!(checked_images(&price(-1)), Err(PriceFault::Negative));
    }
}
