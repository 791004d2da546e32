//! Generated pictures, so that each rule meets one that violates it and one that just does not.

use image::{ExtendedColorType, ImageEncoder, Rgb};
pub(crate) use keystead_testkit::pictures::page;
use proptest::prelude::*;

use super::super::quality::BLURRED_BELOW;
use super::*;

pub(crate) fn jpeg(pixels: &RgbImage) -> Vec<u8> {
    encode(pixels).unwrap().expose().clone()
}

fn png(pixels: &RgbImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn webp(pixels: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut bytes);
    encoder.write_image(pixels, pixels.width(), pixels.height(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

fn front(bytes: &[u8]) -> Result<Picture, ImageRefusal> {
    intake(bytes, PictureKind::DocumentFront)
}

/// A JPEG with EXIF: rotated by 90°, with a place in Warsaw.
fn with_metadata(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend(b"\0\0\0\0GPS 52.2297N 21.0122E Pixel 9 Pro");
    let length = u16::try_from(tiff.len() + 8).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

#[test]
fn three_formats_by_content() {
    let pixels = page(1200, 600, 1);
    for (name, bytes) in [("jpeg", jpeg(&pixels)), ("png", png(&pixels)), ("webp", webp(&pixels))] {
        let picture = front(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        assert_eq!((picture.width, picture.height), (1200, 600), "{name}");
        assert!(picture.jpeg.expose().starts_with(&[0xff, 0xd8, 0xff]), "{name} is kept as JPEG");
        assert_eq!(picture.fingerprint.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)), "{name}: of the original");
    }
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;".to_vec();
    let drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    for bytes in [gif, drawing, b"%PDF-1.7".to_vec(), b"BM".to_vec(), Vec::new(), vec![0; 64]] {
        assert_eq!(front(&bytes).err(), Some(ImageRefusal::NotAPicture));
    }
}

/// A PNG of a few hundred bytes with these sides in its header.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(&page(8, 8, 1));
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// The header decides, before pixels are allocated. Pictures within the limits fail here later, because their pixels
/// are missing.
#[test]
fn sizes_at_their_limits() {
    let within = ImageRefusal::Unreadable;
    for (width, height, refusal) in [
        (1200, 600, within),
        (600, 1200, within),
        (8000, 5000, within),
        (1199, 1100, ImageRefusal::TooSmall),
        (1200, 599, ImageRefusal::TooSmall),
        (599, 2000, ImageRefusal::TooSmall),
        (8000, 5001, ImageRefusal::TooManyPixels),
        (65_536, 610, ImageRefusal::TooManyPixels),
        (0x7fff_ffff, 0x7fff_ffff, ImageRefusal::TooManyPixels),
    ] {
        assert_eq!(front(&claiming(width, height)).err(), Some(refusal), "{width}×{height}");
    }
}

#[test]
fn large_files_and_claims_of_jpeg() {
    let mut bytes = jpeg(&page(1200, 600, 1));
    let frame = bytes.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    bytes.resize(MAX_BYTES, 0);
    assert!(front(&bytes).is_ok(), "what follows the picture is not the picture");
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert_eq!(front(&bytes).err(), Some(ImageRefusal::TooManyPixels));
    bytes.push(0);
    assert_eq!(front(&bytes).err(), Some(ImageRefusal::FileTooLarge));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Metadata of a phone is removed, after its orientation was applied (S3-32).
#[test]
fn nothing_but_pixels_is_kept() {
    let bytes = with_metadata(&jpeg(&page(1200, 600, 3)), 6);
    let picture = front(&bytes).unwrap();
    assert_eq!((picture.width, picture.height), (600, 1200), "turned upright");
    let kept = picture.jpeg.expose();
    for word in [&b"Exif"[..], b"GPS", b"Pixel 9", b"52.2297"] {
        assert!(bytes.windows(word.len()).any(|part| part == word));
        assert!(!kept.windows(word.len()).any(|part| part == word));
    }
    let upright = page(1200, 600, 3);
    let turned = image::load_from_memory(kept).unwrap().into_rgb8();
    let differ = |a: u8, b: u8| i32::from(a).abs_diff(i32::from(b));
    let corner = differ(turned.get_pixel(590, 10).0[0], upright.get_pixel(10, 9).0[0]);
    assert!(corner < 60, "the left top corner is now at the right: {corner}");
}

/// The thresholds, for pictures that a person would classify the same way (S3-26: retry hints).
#[test]
fn poor_pictures_are_told_apart() {
    let document = |pixels: &RgbImage| {
        let measures = Measures::of(&luma(pixels));
        (measures.findings(PictureKind::DocumentFront), measures)
    };
    let sharp = page(1200, 600, 4);
    let (findings, measures) = document(&sharp);
    assert!(!findings.any() && measures.sharpness > 10.0 * BLURRED_BELOW, "{measures:?}");
    let kept = front(&jpeg(&sharp)).unwrap();
    assert!(!kept.findings.any() && kept.measures.sharpness > 5.0 * BLURRED_BELOW, "{:?}", kept.measures);

    let (findings, measures) = document(&imageops::fast_blur(&sharp, 1.0));
    assert!(!findings.blurred, "a little soft is still readable: {measures:?}");
    let (findings, measures) = document(&imageops::fast_blur(&sharp, 4.0));
    assert_eq!(findings, Findings { blurred: true, ..Findings::default() }, "{measures:?}");

    let dim = |percent: u32| {
        let less = |p: &Rgb<u8>| Rgb(p.0.map(|v| (u32::from(v) * percent / 100) as u8));
        RgbImage::from_fn(1200, 600, |x, y| less(sharp.get_pixel(x, y)))
    };
    let (findings, measures) = document(&dim(50));
    assert!(!findings.any(), "an evening: {measures:?}");
    assert!(document(&dim(15)).0.dark, "a night");

    let lamp = |radius: f32| {
        let inside = |x: u32, y: u32| (x as f32 - 500.0).hypot(y as f32 - 300.0) < radius;
        RgbImage::from_fn(1200, 600, |x, y| if inside(x, y) { Rgb([255; 3]) } else { *sharp.get_pixel(x, y) })
    };
    assert!(!document(&lamp(60.0)).0.glare, "a spark");
    let (findings, measures) = document(&lamp(220.0));
    assert_eq!(findings, Findings { glare: true, ..Findings::default() }, "{measures:?}");
    assert!(!measures.findings(PictureKind::Selfie).glare, "a window behind a face");
}

/// A card on a plain table is sharp where the card is.
#[test]
fn plain_surroundings_do_not_blur_a_document() {
    let card = page(500, 320, 5);
    let table = RgbImage::from_fn(1400, 1000, |x, y| match (x.checked_sub(450), y.checked_sub(340)) {
        (Some(x), Some(y)) if x < 500 && y < 320 => *card.get_pixel(x, y),
        _ => Rgb([150, 140, 130]),
    });
    let blurred = |pixels: &RgbImage| Measures::of(&luma(pixels)).findings(PictureKind::DocumentFront).blurred;
    assert!(!blurred(&table));
    assert!(blurred(&RgbImage::from_pixel(1200, 600, Rgb([150, 140, 130]))), "nothing is on it");
}

/// The same picture for front, back and selfie, or in another case, is recognised.
#[test]
fn the_same_picture_is_known_again() {
    let one = page(1200, 600, 6);
    let sent = jpeg(&one);
    let fingerprint = |bytes: &[u8]| front(bytes).unwrap().fingerprint;
    let first = fingerprint(&sent);
    assert_eq!(first, fingerprint(&sent));
    let larger = imageops::thumbnail(&one, 1240, 620);
    for again in [fingerprint(&jpeg(&larger)), fingerprint(&with_metadata(&sent, 1))] {
        assert_ne!(first.sha256, again.sha256);
        assert!(first.same_picture(&again), "{} bits", (first.look ^ again.look).count_ones());
    }
    for seed in 7..10 {
        let other = look(&luma(&page(1200, 600, seed)));
        let other = PictureFingerprint { sha256: [0; 32], look: other };
        assert!(!first.same_picture(&other), "{seed}: {} bits", (first.look ^ other.look).count_ones());
    }
}

#[test]
fn names_are_stable() {
    for kind in PictureKind::ALL {
        assert_eq!(PictureKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!(PictureKind::parse("document"), None);
    assert!(ImageRefusal::TooSmall.code().starts_with("picture_"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic(head in 0..3_usize, tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let starts: [&[u8]; 3] = [&[0xff, 0xd8, 0xff, 0xe0], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF\x90\0\0\0WEBPVP8 "];
        prop_assert!(front(&[starts[head], &tail].concat()).is_err());
    }
}
