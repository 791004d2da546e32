//! Reads an answer of an upstream from bytes that arrive in pieces, for the fuzz target and the test of its seeds.

use bytes::BytesMut;

use super::framing::{Framing, Piece};
use super::head::{self, Head};

/// The content of an answer: `None` while its head is incomplete, or the status, the body until now, and whether it is
/// complete. `Err` when the bytes are refused, with the part of the body that has been passed on by then.
type Said = Result<Option<(u16, Vec<u8>, bool)>, Vec<u8>>;

/// Reads an answer that arrives in pieces of `step` bytes.
pub(crate) fn answer(data: &[u8], step: usize) -> Said {
    let (mut input, mut read, mut body) = (BytesMut::new(), None::<Head>, Vec::new());
    for piece in data.chunks(step) {
        input.extend_from_slice(piece);
        if read.is_none() {
            read = head::read(&mut input).map_err(|_| Vec::new())?;
        }
        if let Some(head) = &mut read {
            take(&mut head.framing, &mut input, &mut body)?;
        }
    }
    Ok(read.map(|head| (head.status.as_u16(), body, head.framing.is_over())))
}

/// Moves the available part of a body.
fn take(framing: &mut Framing, input: &mut BytesMut, body: &mut Vec<u8>) -> Result<(), Vec<u8>> {
    loop {
        match framing.next(input) {
            Ok(Piece::Data(data)) => body.extend_from_slice(&data),
            Ok(Piece::More | Piece::End) => {
                framing.look_ahead(input);
                return Ok(());
            }
            Err(_) => return Err(std::mem::take(body)),
        }
    }
}
