//! Answers that are compressed although only `identity` was accepted. They are unpacked as they pass, if possible,
//! because usage must be read and the client did not request compression.

use std::io::Write;

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};

use super::failure::BrokenAnswer;

/// How much is unpacked at a time. Compression makes a piece at most about a thousand times longer, which limits the
/// memory.
const PIECE: usize = 512;

enum Decoder {
    Gzip(MultiGzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
}

/// Unpacks a body piece by piece.
pub(super) struct Unpacker {
    decoder: Decoder,
    packed: Bytes,
    /// Whether any bytes were added.
    begun: bool,
}

impl Unpacker {
    /// Returns a decoder for a content encoding, if it is supported.
    pub(super) fn of(encoding: &[u8]) -> Option<Self> {
        let is = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
        let decoder = if is("gzip") || is("x-gzip") {
            Decoder::Gzip(MultiGzDecoder::new(Vec::new()))
        } else if is("deflate") {
            Decoder::Deflate(ZlibDecoder::new(Vec::new()))
        } else {
            return None;
        };
        Some(Self { decoder, packed: Bytes::new(), begun: false })
    }

    /// Adds compressed bytes. All of the last piece must have been taken out before.
    pub(super) fn push(&mut self, packed: Bytes) {
        self.begun |= !packed.is_empty();
        self.packed = packed;
    }

    /// Returns the next unpacked bytes; `None` when more must be added.
    pub(super) fn next(&mut self) -> Option<Result<Bytes, BrokenAnswer>> {
        while !self.packed.is_empty() {
            let piece = self.packed.split_to(PIECE.min(self.packed.len()));
            let unpacked = match &mut self.decoder {
                Decoder::Gzip(decoder) => unpack(decoder, &piece, |decoder| std::mem::take(decoder.get_mut())),
                Decoder::Deflate(decoder) => unpack(decoder, &piece, |decoder| std::mem::take(decoder.get_mut())),
            };
            match unpacked {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Some(Ok(bytes.into())),
                Err(_) => return Some(Err(BrokenAnswer::Unreadable)),
            }
        }
        None
    }

    /// Returns the rest when the last byte was added; an error when the compressed data is incomplete.
    pub(super) fn finish(&mut self) -> Result<Bytes, BrokenAnswer> {
        if !self.begun {
            return Ok(Bytes::new());
        }
        let (ended, rest) = match &mut self.decoder {
            Decoder::Gzip(decoder) => (decoder.try_finish(), std::mem::take(decoder.get_mut())),
            Decoder::Deflate(decoder) => (decoder.try_finish(), std::mem::take(decoder.get_mut())),
        };
        ended.map(|()| rest.into()).map_err(|_| BrokenAnswer::Unreadable)
    }
}

/// Flushed each time, so that an event of a stream does not wait for the next one.
fn unpack<D: Write>(decoder: &mut D, piece: &[u8], take: fn(&mut D) -> Vec<u8>) -> std::io::Result<Vec<u8>> {
    decoder.write_all(piece)?;
    decoder.flush()?;
    Ok(take(decoder))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn through(encoding: &str, packed: &[u8], step: usize) -> Result<Vec<u8>, BrokenAnswer> {
        let mut unpacker = Unpacker::of(encoding.as_bytes()).unwrap();
        let mut out = Vec::new();
        for piece in packed.chunks(step) {
            unpacker.push(Bytes::copy_from_slice(piece));
            while let Some(unpacked) = unpacker.next() {
                out.extend_from_slice(&unpacked?);
            }
        }
        out.extend_from_slice(&unpacker.finish()?);
        Ok(out)
    }

    #[test]
    fn what_was_packed_comes_out_again() {
        let text = "data: {\"choices\":[]}\n\n".repeat(500).into_bytes();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&text).unwrap();
        deflate.write_all(&text).unwrap();
        let (gzip, deflate) = (gzip.finish().unwrap(), deflate.finish().unwrap());
        for step in [1, 7, 100_000] {
            assert_eq!(through("GZIP", &gzip, step).as_ref(), Ok(&text));
            assert_eq!(through("deflate", &deflate, step).as_ref(), Ok(&text));
            let two = through("gzip", &[&gzip[..], &gzip[..]].concat(), step);
            assert_eq!(two.unwrap().len(), 2 * text.len());
            assert_eq!(through("gzip", &gzip[..gzip.len() / 2], step), Err(BrokenAnswer::Unreadable));
            assert_eq!(through("gzip", b"{\"plain\":true} and more of it", step), Err(BrokenAnswer::Unreadable));
        }
        assert!(Unpacker::of(b"br").is_none() && Unpacker::of(b"gzip, gzip").is_none());
    }

    #[test]
    fn events_come_out_as_they_go_in() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let mut unpacker = Unpacker::of(b"gzip").unwrap();
        for number in 0..3 {
            let event = format!("data: {number}\n\n");
            gzip.write_all(event.as_bytes()).unwrap();
            gzip.flush().unwrap();
            unpacker.push(std::mem::take(gzip.get_mut()).into());
            let mut got = Vec::new();
            while let Some(unpacked) = unpacker.next() {
                got.extend_from_slice(&unpacked.unwrap());
            }
            assert_eq!(got, event.as_bytes());
        }
    }

    #[test]
    fn a_small_body_cannot_become_a_huge_piece() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&vec![0; 8 << 20]).unwrap();
        let mut unpacker = Unpacker::of(b"gzip").unwrap();
        unpacker.push(gzip.finish().unwrap().into());
        let mut all = 0;
        while let Some(unpacked) = unpacker.next() {
            let length = unpacked.unwrap().len();
            assert!(length <= 2 << 20, "{length}");
            all += length;
        }
        assert_eq!(all, 8 << 20);
    }
}
