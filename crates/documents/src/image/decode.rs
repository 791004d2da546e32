//! Making pictures from phones safe: decoded within limits, measured, and encoded again with only their pixels.

use std::io::Cursor;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, imageops};
use keystead_core::secret::Secret;
use sha2::{Digest, Sha256};

use super::kind::PictureKind;
use super::quality::{Findings, Measures};

/// Maximum bytes of a file.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Maximum number of decoded pixels.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Minimum pixels of the shorter side.
pub const MIN_SIDE: u32 = 600;
/// Minimum pixels of the longer side.
pub const MIN_LONGER_SIDE: u32 = 1200;
/// Maximum pixels of a side: JPEG allows no more.
const MAX_SIDE: u32 = 65_535;
/// Bytes a decoder may allocate: forty million pixels of four bytes, and half as much for its work.
const MAX_ALLOCATION: u64 = 240_000_000;
/// JPEG quality of the kept picture: print stays readable, and files stay smaller than the original.
const QUALITY: u8 = 88;
/// Fingerprints that differ in at most this many of 64 bits are of the same picture.
const SAME_PICTURE_BITS: u32 = 5;
/// How long one picture may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(5);
/// How long a picture waits for a permit before the person is asked to send it again.
pub const QUEUE_LIMIT: Duration = Duration::from_secs(15);

/// Why a picture is refused. The name is stable: codes and translations depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefusal {
    /// More than [`MAX_BYTES`].
    #[error("the file is larger than 10 MiB")]
    FileTooLarge,
    /// Neither JPEG nor PNG nor WebP, for any file name.
    #[error("the file is not a JPEG, PNG or WebP picture")]
    NotAPicture,
    /// More than [`MAX_PIXELS`].
    #[error("the picture has more than 40 million pixels")]
    TooManyPixels,
    /// Below [`MIN_SIDE`] or [`MIN_LONGER_SIDE`].
    #[error("the picture is smaller than 1200 by 600 pixels")]
    TooSmall,
    /// Cut off or broken.
    #[error("the picture cannot be read")]
    Unreadable,
    /// Reading it took too long.
    #[error("reading the picture took too long")]
    TooSlow,
    /// Too many pictures at once; the same one may be sent again.
    #[error("too many pictures at once")]
    Busy,
}

impl ImageRefusal {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FileTooLarge => "picture_file_too_large",
            Self::NotAPicture => "picture_format_unsupported",
            Self::TooManyPixels => "picture_too_many_pixels",
            Self::TooSmall => "picture_too_small",
            Self::Unreadable => "picture_unreadable",
            Self::TooSlow => "picture_too_slow",
            Self::Busy => "picture_busy",
        }
    }
}

/// The fingerprint of a picture. Both parts are erased with their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFingerprint {
    /// SHA-256 of the file as it was sent.
    pub sha256: [u8; 32],
    /// A perceptual hash (difference hash): it survives scaling and compressing.
    pub look: u64,
}

impl PictureFingerprint {
    /// Whether both are of the same picture: the same file, or one that looks the same.
    #[must_use]
    pub fn same_picture(&self, other: &Self) -> bool {
        self.sha256 == other.sha256 || (self.look ^ other.look).count_ones() <= SAME_PICTURE_BITS
    }
}

/// An accepted picture.
#[derive(Debug, Clone)]
pub struct Picture {
    /// What it shows.
    pub kind: PictureKind,
    /// The picture, encoded again: only pixels, upright, without place, time or device.
    pub jpeg: Secret<Vec<u8>>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Its fingerprint.
    pub fingerprint: PictureFingerprint,
    /// The measurements.
    pub measures: Measures,
    /// The findings from the measurements.
    pub findings: Findings,
}

/// Accepts a picture. This may take seconds of one processor, so a server calls it on a separate thread.
///
/// # Errors
/// When the picture exceeds a limit or cannot be read. A poor picture is accepted, with [`Findings`].
pub fn intake(bytes: &[u8], kind: PictureKind) -> Result<Picture, ImageRefusal> {
    if bytes.len() > MAX_BYTES {
        return Err(ImageRefusal::FileTooLarge);
    }
    let pixels = decode(bytes)?;
    let luma = luma(&pixels);
    let measures = Measures::of(&luma);
    let fingerprint = PictureFingerprint { sha256: Sha256::digest(bytes).into(), look: look(&luma) };
    let (width, height) = pixels.dimensions();
    let jpeg = encode(&pixels).ok_or(ImageRefusal::Unreadable)?;
    Ok(Picture { kind, jpeg, width, height, fingerprint, measures, findings: measures.findings(kind) })
}

/// Decodes the pixels, upright. The header is checked before anything large is allocated.
fn decode(bytes: &[u8]) -> Result<RgbImage, ImageRefusal> {
    let format = image::guess_format(bytes).map_err(|_| ImageRefusal::NotAPicture)?;
    if !matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        return Err(ImageRefusal::NotAPicture);
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let refused = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => ImageRefusal::TooManyPixels,
        _ => ImageRefusal::Unreadable,
    };
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || decoder.total_bytes() > MAX_ALLOCATION {
        return Err(ImageRefusal::TooManyPixels);
    }
    if width.min(height) < MIN_SIDE || width.max(height) < MIN_LONGER_SIDE {
        return Err(ImageRefusal::TooSmall);
    }
    // Phones store pictures unrotated and note in the metadata how to turn them; without turning, they would stay
    // rotated.
    let upright = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(upright);
    Ok(picture.into_rgb8())
}

/// Encodes pixels as JPEG, without metadata.
pub(super) fn encode(pixels: &RgbImage) -> Option<Secret<Vec<u8>>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(pixels).ok()?;
    Some(Secret::new(jpeg))
}

/// Computes the brightness of each pixel, 0 to 255 (Rec. 709 weights in 256ths).
pub(super) fn luma(pixels: &RgbImage) -> GrayImage {
    let (width, height) = pixels.dimensions();
    let weigh = |p: &[u8]| ((54 * u32::from(p[0]) + 183 * u32::from(p[1]) + 19 * u32::from(p[2])) >> 8) as u8;
    let raw = pixels.as_raw().chunks_exact(3).map(weigh).collect();
    GrayImage::from_raw(width, height, raw).unwrap_or_default()
}

/// Computes the difference hash: whether each of 8 by 8 fields is brighter than its right neighbour.
fn look(luma: &GrayImage) -> u64 {
    let small = imageops::thumbnail(luma, 9, 8);
    let brighter = |x: u32, y: u32| small.get_pixel(x, y).0[0] > small.get_pixel(x + 1, y).0[0];
    (0..64).fold(0, |bits, at| bits << 1 | u64::from(brighter(at % 8, at / 8)))
}

#[cfg(test)]
mod tests;
