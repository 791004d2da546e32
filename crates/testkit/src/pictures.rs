//! Generated pictures.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// Generates a picture like a page of print: rows of dark marks on paper, different for each seed.
#[must_use]
pub fn page(width: u32, height: u32, seed: u32) -> RgbImage {
    let mut drawn = RgbImage::new(width, height);
    for (x, y, pixel) in drawn.enumerate_pixels_mut() {
        let row = (y / 4).wrapping_mul(40_503) ^ seed.wrapping_mul(97);
        let cell = ((x / 4).wrapping_mul(2_654_435_761) ^ row).wrapping_mul(2_246_822_519);
        // Large light and dark areas make pages look different.
        let shade = (((x * 5 / width + y * 4 / height * 3) ^ seed) * 29 % 60).to_le_bytes()[0];
        let mark = (y / 20) % 2 == 0 && cell >> 31 == 1;
        *pixel = Rgb(if mark { [40, 40, 50] } else { [225 - shade, 225 - shade, 215 - shade] });
    }
    drawn
}

/// Generates a page as a camera would send it.
///
/// # Errors
/// When it cannot be encoded.
pub fn jpeg(width: u32, height: u32, seed: u32) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&page(width, height, seed))?;
    Ok(bytes)
}
