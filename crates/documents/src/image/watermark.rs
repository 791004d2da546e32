//! The watermark: every shown picture contains the viewer and the time in its pixels, over all of it, so that a photo
//! of the screen shows which reviewer took it.

use image::{ImageFormat, Rgb, RgbImage};
use keystead_core::secret::Secret;
use keystead_core::time::Timestamp;

use super::decode::encode;
use super::font::{HEIGHT, WIDTH, glyph};
use crate::Day;

/// Opacity of the mark, of 256: readable, and the picture below it stays readable, too.
const STRENGTH: u16 = 110;

/// Formats the time for the watermark.
#[must_use]
pub fn time(at: Timestamp) -> String {
    let seconds = at.0.rem_euclid(86_400);
    format!("{} {:02}:{:02}:{:02} UTC", Day::of(at), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Burns a text into one of our pictures and encodes it again; `None` if the picture cannot be decoded.
#[must_use]
pub fn burn(jpeg: &Secret<Vec<u8>>, text: &str) -> Option<Secret<Vec<u8>>> {
    let read = image::load_from_memory_with_format(jpeg.expose(), ImageFormat::Jpeg).ok()?;
    let mut pixels = read.into_rgb8();
    mark(&mut pixels, text);
    encode(&pixels)
}

/// Draws lines of the text over the whole picture, each a little further to the right than the one above.
fn mark(pixels: &mut RgbImage, text: &str) {
    let scale = (pixels.width().min(pixels.height()) / 300).clamp(2, 8);
    let line: Vec<[u8; 5]> = text.chars().map(glyph).collect();
    let letter = (WIDTH + 1) * scale;
    let length = letter * u32::try_from(line.len()).unwrap_or_default() + 6 * letter;
    let pitch = (HEIGHT + 9) * scale;
    for (row, top) in (0..pixels.height()).step_by(pitch.max(1) as usize).enumerate() {
        let shift = u32::try_from(row % 5).unwrap_or_default() * length / 5;
        let mut left = 0;
        while left < pixels.width() + length {
            for (at, columns) in (0_u32..).zip(&line) {
                let x = left + at * letter;
                // The shift may reach beyond the left edge: nothing is drawn there.
                if let Some(x) = x.checked_sub(shift) {
                    stamp(pixels, columns, x, top, scale);
                }
            }
            left += length;
        }
    }
}

fn stamp(pixels: &mut RgbImage, columns: &[u8; 5], left: u32, top: u32, scale: u32) {
    for (x, column) in (0_u32..).zip(columns) {
        for y in (0..HEIGHT).filter(|y| column >> y & 1 == 1) {
            for (dx, dy) in (0..scale).flat_map(|dx| (0..scale).map(move |dy| (dx, dy))) {
                let (px, py) = (left + x * scale + dx, top + y * scale + dy);
                if px < pixels.width() && py < pixels.height() {
                    blend(pixels.get_pixel_mut(px, py));
                }
            }
        }
    }
}

/// Makes a pixel lighter on dark and darker on light, so that the mark is visible everywhere.
fn blend(pixel: &mut Rgb<u8>) {
    let luma = (u16::from(pixel.0[0]) + 2 * u16::from(pixel.0[1]) + u16::from(pixel.0[2])) / 4;
    let towards = if luma < 128 { 255 } else { 0 };
    for channel in &mut pixel.0 {
        let mixed = (u16::from(*channel) * (256 - STRENGTH) + towards * STRENGTH) / 256;
        *channel = u8::try_from(mixed).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Viewer and time are in the pixels, over the whole picture, dark or light.
    #[test]
    fn every_part_of_a_picture_is_marked() {
        for shade in [0_u8, 90, 160, 255] {
            let plain = RgbImage::from_pixel(1200, 800, Rgb([shade; 3]));
            let mut marked = plain.clone();
            mark(&mut marked, "ann@example.com 2027-01-15 08:00:00 UTC");
            for (left, top) in [(0, 0), (900, 0), (0, 600), (900, 600), (450, 300)] {
                let changed = (left..left + 300)
                    .flat_map(|x| (top..top + 200).map(move |y| (x, y)))
                    .filter(|(x, y)| marked.get_pixel(*x, *y) != plain.get_pixel(*x, *y))
                    .count();
                assert!((1_000..30_000).contains(&changed), "{shade} at {left},{top}: {changed}");
            }
        }
        let mut other = RgbImage::from_pixel(1200, 800, Rgb([90; 3]));
        let mut one = other.clone();
        mark(&mut one, "ann@example.com");
        mark(&mut other, "bob@example.com");
        assert_ne!(one, other, "the name is in it");
    }

    #[test]
    fn moments_as_they_are_burned_in() {
        assert_eq!(time(Timestamp(1_800_000_000)), "2027-01-15 08:00:00 UTC");
    }

    #[test]
    fn small_pictures_and_strange_names_do_no_harm() {
        for (width, height) in [(1, 1), (7, 3), (600, 1200)] {
            let mut pixels = RgbImage::new(width, height);
            mark(&mut pixels, "żółć@例え.jp");
            mark(&mut pixels, "");
        }
    }
}
