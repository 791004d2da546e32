//! Finding the parts `model` and `stream` of a multipart body, and the number, quality and size of images, while it is
//! forwarded (RFC 7578): nothing is decoded, nothing rewritten.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use http::HeaderValue;
use keystead_core::usage::ImageTraits;

use crate::decide::spend_limit::IMAGES_OF_A_FORM;
use crate::request::content_type::Media;
use crate::request::figures::figure;
use crate::request::form_progress::FormProgress;
use crate::request::json_walk::is_variant;

/// Maximum bytes of the headers of one part.
const MOST_HEADERS: usize = 16 * 1024;
/// Line breaks before the first part.
const MOST_BREAKS: usize = 8;
/// Maximum bytes of a model's name.
const MOST_NAME: usize = 256;

/// Why a form cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// No usable boundary in the content type.
    Boundary,
    /// Parts that do not end, or that two readers could read in two ways.
    Part(&'static str),
    /// Two parts have this name.
    Twice(&'static str),
    /// A part with a name that some readers take for this one.
    Near(String, &'static str),
}

/// Returns the boundary of a multipart content type.
pub(crate) fn boundary(content_type: &HeaderValue) -> Result<String, Malformed> {
    let media = Media::read(content_type.as_bytes()).ok_or(Malformed::Boundary)?;
    media.boundary().map(str::to_owned).ok_or(Malformed::Boundary)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Before the first part, where only line breaks are allowed.
    Preamble,
    /// In a part's content; looking for the delimiter.
    Content,
    /// AdmittedRequest after a delimiter: headers until an empty line, or the end of the form.
    Headers,
    /// After the last delimiter, where only white space is allowed.
    End,
}

/// The relevant headers of a part.
#[derive(Debug, Default)]
struct Head {
    name: String,
    /// Whether it has a file name.
    file: bool,
    /// Whether it declares another charset than UTF-8.
    charset: bool,
}

/// A part with content on which the gate or the price depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    Model,
    Stream,
    Count,
    Quality,
    Size,
}

impl Watched {
    /// Whether only the price of images depends on it: what is no quality or size is then not stated.
    const fn is_of_images(self) -> bool {
        matches!(self, Self::Count | Self::Quality | Self::Size)
    }
}

/// Parses a form as it passes.
#[derive(Debug)]
pub(crate) struct FormScan {
    delimiter: Vec<u8>,
    place: Where,
    /// Bytes that may be part of a delimiter or of headers.
    held: Vec<u8>,
    /// The kind of the content being read, if the gate or the price depends on it.
    watched: Option<Watched>,
    value: Vec<u8>,
    /// Whether it declares another charset than UTF-8.
    charset: bool,
    model: Option<String>,
    stream: Option<bool>,
    /// Whether a number, a quality and a size of images were read.
    count: bool,
    quality: bool,
    size: bool,
    /// Receives the sound of the part `file`, and the quality and size of images.
    listener: Option<Arc<FormProgress>>,
    /// Whether that part is being read, and whether its content has begun.
    file: Option<bool>,
}

impl FormScan {
    pub(crate) fn new(boundary: &str) -> Self {
        // The first delimiter has no line break before it; a virtual one makes all delimiters alike.
        Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            place: Where::Preamble,
            held: b"\r\n".to_vec(),
            watched: None,
            value: Vec::new(),
            charset: false,
            model: None,
            stream: None,
            count: false,
            quality: false,
            size: false,
            listener: None,
            file: None,
        }
    }

    /// Adds a listener that measures the sound in the part `file`, and learns the quality and size of images.
    pub(crate) fn listening(mut self, form: Arc<FormProgress>) -> Self {
        self.listener = Some(form);
        self
    }

    /// Passes this many bytes of content to the listener.
    fn listen(&mut self, count: usize) {
        let (Some(begun), Some(form)) = (self.file.as_mut(), &self.listener) else { return };
        // The first byte is the end of the previous line.
        let from = usize::from(!std::mem::replace(begun, *begun || count > 0));
        let content = self.held.get(from..count).unwrap_or_default();
        form.sound.lock().unwrap_or_else(PoisonError::into_inner).feed(content);
    }

    /// The model's name, once its part has been read completely.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether a part that was read completely requests a stream.
    pub(crate) fn stream(&self) -> bool {
        self.stream.unwrap_or_default()
    }

    /// Parses the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.held.extend_from_slice(bytes);
        loop {
            let advanced = match self.place {
                Where::Preamble => self.preamble()?,
                Where::Content => self.content()?,
                Where::Headers => self.headers()?,
                Where::End => {
                    let blank = self.held.iter().all(u8::is_ascii_whitespace);
                    self.held.clear();
                    return if blank { Ok(()) } else { Err(Malformed::Part("something follows its last part")) };
                }
            };
            if !advanced {
                return Ok(());
            }
        }
    }

    /// Ends the form: one that is incomplete would be completed by some readers and not by others.
    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        if self.place == Where::End { Ok(()) } else { Err(Malformed::Part("it does not end")) }
    }

    fn preamble(&mut self) -> Result<bool, Malformed> {
        let breaks = self.held.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (rest, wanted) = (self.held.get(breaks..).unwrap_or_default(), self.delimiter.get(2..).unwrap_or_default());
        if breaks > MOST_BREAKS || !rest.iter().zip(wanted).all(|(byte, wanted)| byte == wanted) {
            return Err(Malformed::Part("it does not begin with its boundary"));
        }
        if rest.len() < wanted.len() {
            return Ok(false);
        }
        self.held.drain(..breaks + wanted.len());
        self.place = Where::Headers;
        Ok(true)
    }

    fn content(&mut self) -> Result<bool, Malformed> {
        // Readers that end lines at a bare line feed would see a delimiter where stricter ones see content.
        let loose = memchr::memmem::find(&self.held, &self.delimiter[1..]);
        let found = match loose {
            Some(at) if at > 0 && self.held[at - 1] == b'\r' => Some(at - 1),
            Some(_) => return Err(Malformed::Part("a boundary follows a line feed alone")),
            None => None,
        };
        // Without a delimiter, everything except a possible start of one is content.
        let end = found.unwrap_or_else(|| self.held.len().saturating_sub(self.delimiter.len()));
        if let Some(watched) = self.watched {
            self.value.extend_from_slice(&self.held[..end]);
            if watched.is_of_images() {
                self.value.truncate(MOST_NAME);
            } else if self.value.len() > MOST_NAME {
                return Err(Malformed::Part("its part 'model' or 'stream' is too long"));
            }
        }
        self.listen(end);
        let Some(at) = found else {
            self.held.drain(..end);
            return Ok(false);
        };
        self.file = None;
        self.held.drain(..at + self.delimiter.len());
        if let Some(watched) = self.watched.take() {
            let value = std::mem::take(&mut self.value).split_off(1);
            self.place = Where::Headers;
            if watched.is_of_images() {
                self.note_images(watched, &value)?;
                return Ok(true);
            }
            let value = String::from_utf8(value).ok().filter(|value| !self.charset || value.is_ascii());
            let value = value.ok_or(Malformed::Part("its part 'model' or 'stream' is not UTF-8"))?;
            match watched {
                Watched::Model => self.model = Some(value),
                // Everything that an upstream could read as true counts as true.
                Watched::Stream => {
                    let no = matches!(value.trim().to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off" | "");
                    self.stream = Some(!no);
                }
                Watched::Count | Watched::Quality | Watched::Size => {}
            }
        }
        self.place = Where::Headers;
        Ok(true)
    }

    /// Notes a number, a quality or a size of images. More images than were set aside are refused.
    fn note_images(&mut self, watched: Watched, value: &[u8]) -> Result<(), Malformed> {
        let text = std::str::from_utf8(value).ok().map(str::trim);
        if watched == Watched::Count {
            self.count = true;
            let count = text.map_or(0, figure);
            if count > IMAGES_OF_A_FORM || value.len() >= MOST_NAME - 1 {
                return Err(Malformed::Part("its part 'n' is more than 10"));
            }
            if let Some(form) = &self.listener {
                form.count.store(count, Ordering::Relaxed);
            }
            return Ok(());
        }
        let read = |part: Watched| text.filter(|_| watched == part);
        let stated = ImageTraits::read(read(Watched::Quality), read(Watched::Size));
        (self.quality, self.size) =
            (self.quality || watched == Watched::Quality, self.size || watched == Watched::Size);
        if let Some(form) = &self.listener {
            let mut images = form.images.lock().unwrap_or_else(PoisonError::into_inner);
            *images = ImageTraits { quality: stated.quality.or(images.quality), size: stated.size.or(images.size) };
        }
        Ok(())
    }

    fn headers(&mut self) -> Result<bool, Malformed> {
        // A delimiter is followed by "--" and the epilogue, or by a line break and headers up to an empty line.
        let Some(next) = self.held.get(..2) else { return Ok(false) };
        if next == b"--" {
            self.held.drain(..2);
            self.place = Where::End;
            return Ok(true);
        }
        if next != b"\r\n" {
            return Err(Malformed::Part("a boundary is followed by something else than a line break"));
        }
        let end = memchr::memmem::find(&self.held, b"\r\n\r\n");
        if end.unwrap_or(self.held.len()) > MOST_HEADERS {
            return Err(Malformed::Part("the headers of a part are too long"));
        }
        let Some(end) = end else { return Ok(false) };
        let head = Head::read(&self.held[2..end.max(2)])?;
        self.watched = self.watch(&head)?;
        self.charset = head.charset;
        self.file = (head.name == "file" && self.listener.is_some()).then_some(false);
        // The last line feed stays, so that a delimiter directly after it, on which readers disagree, is noticed and
        // refused.
        self.held.drain(..end + 3);
        self.place = Where::Content;
        Ok(true)
    }

    /// Whether the gate or the price depends on this part. A name that some readers take for that of such a part is
    /// refused.
    fn watch(&self, head: &Head) -> Result<Option<Watched>, Malformed> {
        let name = head.name.as_str();
        // `model[]`, ` model`, `Model`: lists, spaces and case that some readers ignore.
        let core = name.trim().split('[').next().unwrap_or_default();
        let inner = name.trim().strip_suffix(']').and_then(|name| name.rsplit('[').next()).unwrap_or_default();
        let is_near = |part: &str, known: &str| part == known || is_variant(part, known);
        for (known, watched, seen) in [
            ("model", Watched::Model, self.model.is_some()),
            ("stream", Watched::Stream, self.stream.is_some()),
            ("n", Watched::Count, self.count),
            ("quality", Watched::Quality, self.quality),
            ("size", Watched::Size, self.size),
        ] {
            if name == known {
                return match (seen, head.file) {
                    (_, true) if watched.is_of_images() => Ok(None),
                    (true, _) => Err(Malformed::Twice(known)),
                    (_, true) => Err(Malformed::Part("its part 'model' or 'stream' is a file")),
                    _ => Ok(Some(watched)),
                };
            }
            // Members of other objects may have a size.
            if is_near(core, known) || (!watched.is_of_images() && is_near(inner, known)) {
                return Err(Malformed::Near(name.to_owned(), known));
            }
        }
        if name.trim_end().ends_with("[file_id]") {
            return Err(Malformed::Part("files are named by their ids in JSON bodies only"));
        }
        Ok(None)
    }
}

impl Head {
    /// Parses the headers of a part. Everything that another reader could read differently is refused: repeated or
    /// folded headers, bare line breaks, encodings, nested forms.
    fn read(headers: &[u8]) -> Result<Self, Malformed> {
        let mut head = Self::default();
        let mut seen: Vec<String> = Vec::new();
        let mut rest = headers;
        while !rest.is_empty() {
            let end = memchr::memmem::find(rest, b"\r\n").unwrap_or(rest.len());
            let (line, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 2..).unwrap_or_default());
            rest = after;
            let colon = memchr::memchr(b':', line).ok_or(Malformed::Part("a header of a part is none"))?;
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if name.is_empty() || !name.iter().all(plain) || value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
            {
                return Err(Malformed::Part("a header of a part is none"));
            }
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            if seen.contains(&name) {
                return Err(Malformed::Part("a part has a header twice"));
            }
            head.note(&name, value)?;
            seen.push(name);
        }
        if seen.iter().any(|name| name == "content-disposition") {
            return Ok(head);
        }
        Err(Malformed::Part("a part has no 'Content-Disposition'"))
    }

    fn note(&mut self, name: &str, value: &[u8]) -> Result<(), Malformed> {
        match name {
            "content-disposition" => {
                let unreadable = Malformed::Part("a 'Content-Disposition' can be read in more than one way");
                let media = Media::read(value).filter(|media| media.kind == "form-data").ok_or(unreadable.clone())?;
                let extended = |name: &str| name.contains('*') && name != "filename*";
                if media.parameters.iter().any(|(name, _)| extended(name)) {
                    return Err(unreadable);
                }
                let name = media.parameter("name").unwrap_or_default();
                if name.contains(&b'\\') {
                    return Err(unreadable);
                }
                self.name = String::from_utf8_lossy(name).into_owned();
                self.file = media.parameters.iter().any(|(name, _)| name.starts_with("filename"));
            }
            "content-type" => {
                let kind = value.to_ascii_lowercase();
                if kind.starts_with(b"multipart/") {
                    return Err(Malformed::Part("a part is a form itself"));
                }
                let declares = memchr::memmem::find(&kind, b"charset").is_some();
                self.charset = declares && !Media::read(&kind).is_some_and(|media| media.is_utf_8());
                let wide = |name: &[u8]| memchr::memmem::find(&kind, name).is_some();
                if self.charset && !(wide(b"us-ascii") || wide(b"iso-8859-") || wide(b"windows-125")) {
                    return Err(Malformed::Part("a part is in a charset that is not UTF-8"));
                }
            }
            "content-transfer-encoding" => {
                let plain = [&b"binary"[..], b"8bit", b"7bit"].iter().any(|known| value.eq_ignore_ascii_case(known));
                if !plain {
                    return Err(Malformed::Part("a part is encoded for transfer"));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
