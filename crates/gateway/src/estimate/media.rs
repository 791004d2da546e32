//! Tokens of pictures and sounds in a request, by their size and duration, which are in their first bytes, and never by
//! the length of their text.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::estimate::sound::SoundMeter;

/// Tokens of a picture with only an address or id: one of 1024 by 1024.
pub(crate) const UNKNOWN_PICTURE: u64 = 765;
/// Tokens of a picture at low detail, and the base of every other.
pub(crate) const LOW_DETAIL: u64 = 85;
/// Tokens of one tile of 512 by 512 at high detail.
const TILE: u64 = 170;
/// Tokens of a second of sound.
const SECOND: u64 = 10;
/// Bytes per token for other files.
const FILE_BYTES: u64 = 64;
/// Bytes searched for the dimensions: first the small number, then the large one, because photographs can have long
/// metadata before their size.
const HEADS: [usize; 2] = [1 << 10, 512 << 10];

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The estimate for something encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    /// A picture, at high detail.
    Picture(u64),
    Tokens(u64),
}

/// Tokens of a picture at high detail: it is scaled to fit into 2048 by 2048 and its shorter side to at most 768, and
/// each tile of 512 by 512 counts.
pub(crate) fn picture(width: u64, height: u64) -> u64 {
    let fit = |(width, height): (u64, u64), from: u64, to: u64| {
        if from <= to { (width, height) } else { (width * to / from, height * to / from) }
    };
    let (width, height) = (width.clamp(1, 1 << 30), height.clamp(1, 1 << 30));
    let size = fit((width, height), width.max(height), 2_048);
    let (width, height) = fit(size, size.0.min(size.1), 768);
    LOW_DETAIL + TILE * width.div_ceil(512).max(1) * height.div_ceil(512).max(1)
}

/// Estimates a `data:` address.
pub(crate) fn of_address(text: &str) -> Option<Worth> {
    let rest = text.strip_prefix("data:")?;
    let (kind, data) = rest.split_once(',').unwrap_or((rest, ""));
    let kind = kind.to_ascii_lowercase();
    if kind.starts_with("image/") {
        return Some(Worth::Picture(picture_of(data).unwrap_or(UNKNOWN_PICTURE)));
    }
    if kind.starts_with("text/") {
        // Four letters of base64 are three of text, and four of these are a token.
        return Some(Worth::Tokens(length(data) * 3 / 16));
    }
    Some(Worth::Tokens(of_sound(data).unwrap_or_else(|| of_file(data))))
}

/// Estimates base64 without a type, if it is a picture or a sound.
pub(crate) fn of_encoded(data: &str) -> Option<Worth> {
    picture_of(data).map(Worth::Picture).or_else(|| of_sound(data).map(Worth::Tokens))
}

/// Estimates the tokens of something declared as sound.
pub(crate) fn of_any_sound(data: &str) -> u64 {
    of_sound(data).unwrap_or_else(|| {
        let mut sound = SoundMeter::default();
        sound.skip(length(data) * 3 / 4);
        seconds(&sound)
    })
}

fn picture_of(data: &str) -> Option<u64> {
    let size = HEADS.into_iter().find_map(|most| imagesize::blob_size(&decoded(data, 0, most)).ok())?;
    let side = |side: usize| u64::try_from(side).unwrap_or(u64::MAX);
    Some(picture(side(size.width), side(size.height)))
}

fn of_sound(data: &str) -> Option<u64> {
    const PIECE: usize = 96 << 10;
    let mut sound = SoundMeter::default();
    sound.feed(&decoded(data, 0, PIECE));
    if !sound.is_sound() {
        return None;
    }
    let rest = data.len().saturating_sub(PIECE);
    if rest > 0 {
        // Some formats state their duration at the end; the start must not divide a group of four letters.
        let from = data.len().saturating_sub(PIECE).max(PIECE).next_multiple_of(4);
        sound.skip(length(data.get(PIECE..from).unwrap_or_default()) * 3 / 4);
        sound.feed(&decoded(data, from, PIECE));
    }
    Some(seconds(&sound))
}

fn seconds(sound: &SoundMeter) -> u64 {
    sound.seconds().0.unsigned_abs().saturating_mul(SECOND)
}

fn of_file(data: &str) -> u64 {
    (length(data) * 3 / 4 / FILE_BYTES).max(UNKNOWN_PICTURE)
}

fn length(data: &str) -> u64 {
    u64::try_from(data.len()).unwrap_or(u64::MAX / 4)
}

/// Decodes at most this many letters from a position on, as far as they can be decoded.
fn decoded(data: &str, from: usize, most: usize) -> Vec<u8> {
    let letters = data.as_bytes().get(from..).unwrap_or_default();
    let letters = letters.get(..most).unwrap_or(letters);
    let whole = letters.get(..letters.len() / 4 * 4).unwrap_or_default();
    ENGINE.decode(whole).or_else(|_| ENGINE.decode(letters)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend_from_slice(&width.to_be_bytes());
        bytes.extend_from_slice(&height.to_be_bytes());
        bytes.extend_from_slice(&[8, 6, 0, 0, 0]);
        bytes
    }

    fn address(kind: &str, bytes: &[u8]) -> String {
        format!("data:{kind};base64,{}", ENGINE.encode(bytes))
    }

    #[test]
    fn pictures_are_worth_their_tiles() {
        for (width, height, tokens) in [
            (1, 1, 255),
            (512, 512, 255),
            (513, 512, 425),
            (1_024, 1_024, 765),
            (2_048, 4_096, 1_105),
            (4_096, 2_048, 1_105),
            (100_000, 1, 85 + 170 * 4),
            (0, 0, 255),
            (u64::MAX, u64::MAX, 765),
        ] {
            assert_eq!(picture(width, height), tokens, "{width} by {height}");
        }
    }

    #[test]
    fn a_picture_is_measured_by_its_head_whatever_its_length() {
        let mut bytes = png(1_024, 1_024);
        assert_eq!(of_address(&address("image/png", &bytes)), Some(Worth::Picture(765)));
        bytes.resize(1 << 20, 7);
        assert_eq!(of_address(&address("image/png", &bytes)), Some(Worth::Picture(765)));
        assert_eq!(of_encoded(&ENGINE.encode(&bytes)), Some(Worth::Picture(765)));
        let gif = b"GIF89a\x00\x02\x00\x02\x00\x00\x00";
        assert_eq!(of_address(&address("image/gif", gif)), Some(Worth::Picture(255)));
        // A photograph with long metadata before its size.
        let mut jpeg = b"\xFF\xD8".to_vec();
        for _ in 0..4 {
            jpeg.extend_from_slice(b"\xFF\xE1\xFF\xFF");
            jpeg.extend(std::iter::repeat_n(1, 0xFFFF - 2));
        }
        jpeg.extend_from_slice(b"\xFF\xC0\x00\x11\x08\x08\x00\x10\x00\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01");
        jpeg.resize(jpeg.len() + 100, 0);
        assert_eq!(of_address(&address("image/jpeg", &jpeg)), Some(Worth::Picture(picture(4_096, 2_048))));
        for strange in ["data:image/png;base64,", "data:image/png;base64,!!!!", "data:image/png", "data:IMAGE/x,AAAA"] {
            assert_eq!(of_address(strange), Some(Worth::Picture(UNKNOWN_PICTURE)), "{strange}");
        }
    }

    #[test]
    fn sounds_and_files() {
        // Ten seconds, 8 000 samples of one byte each.
        let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data".to_vec();
        wav.extend_from_slice(&80_000u32.to_le_bytes());
        wav.resize(80_044, 128);
        assert_eq!(of_any_sound(&ENGINE.encode(&wav)), 100);
        assert_eq!(of_address(&address("audio/wav", &wav)), Some(Worth::Tokens(100)));
        assert_eq!(of_encoded(&ENGINE.encode(&wav)), Some(Worth::Tokens(100)));
        assert!(of_any_sound("AAAA") >= SECOND);
        assert_eq!(of_address(&address("application/pdf", &[b'%'; 640_000])), Some(Worth::Tokens(10_000)));
        assert_eq!(of_address("data:text/plain;base64,QUFBQUFBQUFBQUFB"), Some(Worth::Tokens(3)));
        assert_eq!(of_encoded("QUFBQUFBQUFBQUFB"), None);
        assert_eq!(of_address("https://example.com/a.png"), None);
    }
}
