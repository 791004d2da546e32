//! Where the body of an answer ends (RFC 9112, 6 and 7): by length, in chunks, or with the connection. Everything that
//! could be read in two ways is refused, because the next answer on the connection would begin at the wrong place.

use bytes::{Buf, Bytes, BytesMut};

/// Maximum bytes of a chunk's size line; what follows the size has no meaning here.
const LONGEST_SIZE_LINE: usize = 1_024;
/// Pieces up to this length are copied.
const COPIED: usize = 4 << 10;
/// Maximum bytes of all trailers; they are dropped.
const LONGEST_TRAILERS: usize = 16 << 10;

/// The bytes of an answer contradict its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not framed as its head says")]
pub(super) struct Misframed;

/// The rest of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes.
    Length(u64),
    /// Chunks.
    Chunked(Chunk),
    /// Everything until the connection closes.
    UntilClose,
}

/// The position of the reader in the chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chunk {
    /// Before a size line.
    Size,
    /// Within data, with this many bytes left.
    Data(u64),
    /// Before the line break that ends the data.
    Break,
    /// Among the trailers, of which this many bytes are allowed.
    Trailers(usize),
    /// After the last line.
    End,
    /// After bytes that cannot be chunks.
    Broken,
}

/// The result of reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Data(Bytes),
    More,
    End,
}

impl Framing {
    pub(super) const NOTHING: Self = Self::Length(0);
    pub(super) const CHUNKED: Self = Self::Chunked(Chunk::Size);

    /// Whether the body is known to have ended.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }

    /// The number of bytes left, if the length was announced.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Length(left) => Some(*left),
            Self::Chunked(Chunk::End) => Some(0),
            Self::Chunked(_) | Self::UntilClose => None,
        }
    }

    /// Skips what is between the data, so that an end that has arrived is known; a fault is reported with the next
    /// piece.
    pub(super) fn look_ahead(&mut self, input: &mut BytesMut) {
        if let Self::Chunked(chunk) = self {
            chunk.advance(input);
        }
    }

    /// Takes the next piece of the body from the buffer.
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Result<Piece, Misframed> {
        match self {
            Self::Length(left) => Ok(take(left, input)),
            Self::Chunked(chunk) => chunk.next(input),
            Self::UntilClose if input.is_empty() => Ok(Piece::More),
            Self::UntilClose => Ok(Piece::Data(piece(input, input.len()))),
        }
    }
}

/// Takes as much of the rest as is there.
fn take(left: &mut u64, input: &mut BytesMut) -> Piece {
    if *left == 0 {
        return Piece::End;
    }
    if input.is_empty() {
        return Piece::More;
    }
    let most = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    *left = left.saturating_sub(u64::try_from(most).unwrap_or(u64::MAX));
    Piece::Data(piece(input, most))
}

/// Takes this many bytes from the front. A short piece is copied, so that the read buffer is free for the next bytes
/// and a slow client holds no more than the piece.
fn piece(input: &mut BytesMut, length: usize) -> Bytes {
    if length > COPIED {
        return input.split_to(length).freeze();
    }
    let copy = Bytes::copy_from_slice(input.get(..length).unwrap_or_default());
    input.advance(copy.len());
    copy
}

impl Chunk {
    fn next(&mut self, input: &mut BytesMut) -> Result<Piece, Misframed> {
        self.advance(input);
        match self {
            Self::Data(left) => Ok(take(left, input)),
            Self::End => Ok(Piece::End),
            Self::Broken => Err(Misframed),
            Self::Size | Self::Break | Self::Trailers(_) => Ok(Piece::More),
        }
    }

    /// Advances to the next data, as far as the bytes allow.
    fn advance(&mut self, input: &mut BytesMut) {
        loop {
            match self.step(input) {
                Ok(Some(next)) => *self = next,
                Ok(None) => return,
                Err(Misframed) => *self = Self::Broken,
            }
        }
    }

    fn step(&self, input: &mut BytesMut) -> Result<Option<Self>, Misframed> {
        match self {
            Self::Size => {
                let Some(line) = line(input, LONGEST_SIZE_LINE)? else { return Ok(None) };
                let size = size(&line)?;
                Ok(Some(if size == 0 { Self::Trailers(LONGEST_TRAILERS) } else { Self::Data(size) }))
            }
            Self::Data(0) => Ok(Some(Self::Break)),
            Self::Break => {
                let there = input.len().min(2);
                if !b"\r\n".starts_with(&input[..there]) {
                    return Err(Misframed);
                }
                if there < 2 {
                    return Ok(None);
                }
                drop(input.split_to(2));
                Ok(Some(Self::Size))
            }
            Self::Trailers(left) => {
                let Some(line) = line(input, *left)? else { return Ok(None) };
                Ok(Some(if line.is_empty() { Self::End } else { Self::Trailers(left.saturating_sub(line.len())) }))
            }
            Self::Data(_) | Self::End | Self::Broken => Ok(None),
        }
    }
}

/// Returns the next line without its line break. A line feed alone does not end one: other readers would read on.
fn line(input: &mut BytesMut, longest: usize) -> Result<Option<BytesMut>, Misframed> {
    let Some(end) = memchr::memchr(b'\n', input) else {
        return if input.len() > longest { Err(Misframed) } else { Ok(None) };
    };
    let mut line = input.split_to(end + 1);
    if !line.ends_with(b"\r\n") || line.len() > longest {
        return Err(Misframed);
    }
    line.truncate(line.len() - 2);
    if line.contains(&b'\r') { Err(Misframed) } else { Ok(Some(line)) }
}

/// Parses a chunk's size: hexadecimal digits, then possibly an extension.
fn size(line: &[u8]) -> Result<u64, Misframed> {
    let end = line.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t')).unwrap_or(line.len());
    let (digits, rest) = line.split_at(end);
    let rest = rest.trim_ascii_start();
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if !plain || !(rest.is_empty() || rest.starts_with(b";")) {
        return Err(Misframed);
    }
    let digits = std::str::from_utf8(digits).map_err(|_| Misframed)?;
    u64::from_str_radix(digits, 16).map_err(|_| Misframed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a body that arrives in the given pieces; returns it with what was left.
    fn read(mut framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, bool, Vec<u8>), Misframed> {
        let (mut input, mut body) = (BytesMut::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            while let Piece::Data(data) = framing.next(&mut input)? {
                body.extend_from_slice(&data);
            }
        }
        Ok((body, framing.is_over(), input.to_vec()))
    }

    #[test]
    fn bodies_end_where_they_say() {
        let ended = |framing, bytes: &str| {
            read(framing, &[bytes.as_bytes()])
                .map(|(body, over, left)| (String::from_utf8(body).unwrap(), over, String::from_utf8(left).unwrap()))
        };
        let is = |body: &str, over, left: &str| Ok((body.to_owned(), over, left.to_owned()));
        assert_eq!(ended(Framing::Length(3), "abcHTTP"), is("abc", true, "HTTP"));
        assert_eq!(ended(Framing::Length(3), "ab"), is("ab", false, ""));
        assert_eq!(ended(Framing::UntilClose, "abc"), is("abc", false, ""));
        assert_eq!(
            ended(Framing::CHUNKED, "3\r\nabc\r\nA ; x=\"y\"\r\n0123456789\r\n0\r\n\r\nHTTP"),
            is("abc0123456789", true, "HTTP")
        );
        assert_eq!(ended(Framing::CHUNKED, "3\r\nabc\r\n000\r\nx: y\r\nz: 1\r\n\r\n"), is("abc", true, ""));
        assert_eq!(ended(Framing::CHUNKED, "3\r\nabc\r\n0\r\nx: y\r\n"), is("abc", false, ""));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for bytes in [
            "\r\n",
            "x\r\n",
            "-1\r\n",
            "+1\r\n",
            "0x1\r\n",
            "1 2\r\n",
            "3\nabc",
            "3\r\r\n",
            "3\r\nabcd",
            "3\r\nabc\n0\r\n",
            "10000000000000000\r\n",
            "0\r\nx\ny: z\r\n\r\n",
            "1;\rx\r\n",
        ] {
            assert_eq!(read(Framing::CHUNKED, &[bytes.as_bytes()]), Err(Misframed), "{bytes:?}");
        }
        let long = format!("1;{}", "x".repeat(LONGEST_SIZE_LINE));
        assert_eq!(read(Framing::CHUNKED, &[long.as_bytes()]), Err(Misframed));
        let trailers = format!("0\r\n{}", "x: y\r\n".repeat(LONGEST_TRAILERS));
        assert_eq!(read(Framing::CHUNKED, &[trailers.as_bytes()]), Err(Misframed));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn chunks_are_the_same_however_they_arrive(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..8), cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12)) {
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\nrest");
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            at.push(bytes.len());
            at.sort_unstable();
            let mut start = 0;
            let pieces: Vec<&[u8]> = at.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect();
            let (body, over, left) = read(Framing::CHUNKED, &pieces).unwrap();
            prop_assert_eq!(body, chunks.concat());
            prop_assert!(over);
            prop_assert_eq!(left, b"rest");
        }

        #[test]
        fn no_bytes_break_the_reading(pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b"\r\n0123abcdef;".to_vec())], 0..30), 0..6)) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let all: usize = pieces.iter().map(|piece| piece.len()).sum();
            for framing in [Framing::CHUNKED, Framing::Length(20), Framing::UntilClose] {
                if let Ok((body, _, left)) = read(framing, &pieces) {
                    prop_assert!(body.len() + left.len() <= all);
                }
            }
        }
    }
}
