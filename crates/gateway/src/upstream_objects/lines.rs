//! The lines of a file of a batch.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::upstream::UpstreamBody;

/// Any object.
type Object = BTreeMap<String, serde::de::IgnoredAny>;

/// Why a file of lines cannot be read further.
pub(super) enum Broken {
    Off,
    LongLine,
}

/// The lines of a body, as they arrive; empty ones are skipped.
pub(super) struct Lines {
    body: UpstreamBody,
    held: BytesMut,
    /// Bytes of `held` without an end of line.
    searched: usize,
    longest: usize,
    ended: bool,
}

impl Lines {
    pub(super) fn new(body: UpstreamBody, longest: usize) -> Self {
        Self { body, held: BytesMut::new(), searched: 0, longest, ended: false }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.held[self.searched..]) {
                let line = self.held.split_to(self.searched + end + 1).freeze();
                self.searched = 0;
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
                continue;
            }
            self.searched = self.held.len();
            if self.held.len() > self.longest {
                return Err(Broken::LongLine);
            }
            if self.ended {
                let line = std::mem::take(&mut self.held).freeze();
                self.searched = 0;
                return Ok((!line.trim_ascii().is_empty()).then_some(line));
            }
            match self.body.frame().await {
                None => self.ended = true,
                Some(Err(_)) => return Err(Broken::Off),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.held.extend_from_slice(&data);
                    }
                }
            }
        }
    }
}

/// Whether a reader that also ends lines at other characters would find a request in a part of this line.
pub(super) fn several(line: &[u8]) -> bool {
    const ENDS: [&[u8]; 4] = [b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9"];
    let text = line.trim_ascii();
    if ENDS.iter().all(|end| memchr::memmem::find(text, end).is_none()) {
        return false;
    }
    let text = String::from_utf8_lossy(text);
    let parts = text.split(['\r', '\u{85}', '\u{2028}', '\u{2029}']);
    parts.into_iter().any(|part| part.len() < text.len() && serde_json::from_str::<Object>(part.trim()).is_ok())
}
