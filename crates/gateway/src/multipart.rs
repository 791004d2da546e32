//! Finding the parts `model` and `stream` of a multipart body while it streams by (RFC 7578): nothing is decoded, nothing rewritten.

use std::sync::{Arc, PoisonError};

use http::HeaderValue;

use crate::settle::Form;

/// The headers of one part may be this long.
const MOST_HEADERS: usize = 16 * 1024;
/// A model's name may be this long.
const MOST_NAME: usize = 256;

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// No usable boundary in the content type.
    Boundary,
    /// Parts that do not end, or that two readers could read in two ways.
    Part,
    /// Two parts are called `model` (GW-3).
    SecondModel,
    /// Two parts are called `stream`.
    SecondStream,
}

/// The boundary of a multipart content type.
pub(crate) fn boundary(content_type: &HeaderValue) -> Result<String, Malformed> {
    let text = content_type.to_str().map_err(|_| Malformed::Boundary)?;
    let mut parameters = text.split(';').skip(1).map(str::trim);
    let value = parameters
        .find_map(|p| {
            p.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary")).map(|(_, v)| v.trim())
        })
        .ok_or(Malformed::Boundary)?;
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let fine = !value.is_empty() && value.len() <= 70 && value.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"');
    if fine { Ok(value.to_owned()) } else { Err(Malformed::Boundary) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// In a part's content or before the first part; looking for the delimiter.
    Content,
    /// Right after a delimiter: headers until an empty line, or the end of the form.
    Headers,
    /// After the last delimiter: nothing counts any more.
    End,
}

/// A part whose content the gate depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watched {
    Model,
    Stream,
}

/// Reads a form as it passes.
#[derive(Debug)]
pub(crate) struct FormScan {
    delimiter: Vec<u8>,
    place: Where,
    /// Bytes that may still turn out to be part of a delimiter or of headers.
    held: Vec<u8>,
    /// What the content being read is, if the gate depends on it.
    watched: Option<Watched>,
    value: Vec<u8>,
    model: Option<String>,
    stream: Option<bool>,
    /// Hears the sound of the part `file`.
    listener: Option<Arc<Form>>,
    /// Whether that part is being read, and whether its content has begun.
    file: Option<bool>,
}

impl FormScan {
    pub(crate) fn new(boundary: &str) -> Self {
        // The first delimiter stands without a line break before it; a virtual one makes all alike.
        Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            place: Where::Content,
            held: b"\r\n".to_vec(),
            watched: None,
            value: Vec::new(),
            model: None,
            stream: None,
            listener: None,
            file: None,
        }
    }

    /// With one that wants to know how long the sound in the part `file` is.
    pub(crate) fn listening(mut self, form: Arc<Form>) -> Self {
        self.listener = Some(form);
        self
    }

    /// So many bytes of content that pass now.
    fn listen(&mut self, count: usize) {
        let (Some(begun), Some(form)) = (self.file.as_mut(), &self.listener) else { return };
        // The first byte is the end of the line before.
        let from = usize::from(!std::mem::replace(begun, *begun || count > 0));
        let content = self.held.get(from..count).unwrap_or_default();
        form.heard.lock().unwrap_or_else(PoisonError::into_inner).feed(content);
    }

    /// The model's name, once its part has been read to the end.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether a part that was read to the end asks for the answer as a stream.
    pub(crate) fn stream(&self) -> bool {
        self.stream.unwrap_or_default()
    }

    /// Reads the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if self.place != Where::End {
            self.held.extend_from_slice(bytes);
        }
        loop {
            let advanced = match self.place {
                Where::Content => self.content()?,
                Where::Headers => self.headers()?,
                Where::End => return Ok(()),
            };
            if !advanced {
                return Ok(());
            }
        }
    }

    fn content(&mut self) -> Result<bool, Malformed> {
        // Readers that end lines at a bare line feed would see a delimiter where stricter ones see content.
        let loose = memchr::memmem::find(&self.held, &self.delimiter[1..]);
        let found = match loose {
            Some(at) if at > 0 && self.held[at - 1] == b'\r' => Some(at - 1),
            Some(_) => return Err(Malformed::Part),
            None => None,
        };
        // Without a delimiter all but a possible beginning of one is content.
        let end = found.unwrap_or_else(|| self.held.len().saturating_sub(self.delimiter.len()));
        if self.watched.is_some() {
            self.value.extend_from_slice(&self.held[..end]);
            if self.value.len() > MOST_NAME {
                return Err(Malformed::Part);
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
            let value = String::from_utf8(value).map_err(|_| Malformed::Part)?;
            match watched {
                Watched::Model => self.model = Some(value),
                // Whatever an upstream could read as a yes counts as one.
                Watched::Stream => {
                    let no = matches!(value.trim().to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off" | "");
                    self.stream = Some(!no);
                }
            }
        }
        self.place = Where::Headers;
        Ok(true)
    }

    fn headers(&mut self) -> Result<bool, Malformed> {
        // After a delimiter comes "--" and the epilogue, or a line break and headers up to an empty line.
        let Some(next) = self.held.get(..2) else { return Ok(false) };
        if next == b"--" {
            self.held = Vec::new();
            self.place = Where::End;
            return Ok(true);
        }
        if next != b"\r\n" {
            return Err(Malformed::Part);
        }
        let Some(end) = memchr::memmem::find(&self.held, b"\r\n\r\n") else {
            return if self.held.len() > MOST_HEADERS { Err(Malformed::Part) } else { Ok(false) };
        };
        if end > MOST_HEADERS {
            return Err(Malformed::Part);
        }
        self.watched = match name_of(&self.held[2..end.max(2)])?.as_str() {
            "model" if self.model.is_some() => return Err(Malformed::SecondModel),
            "model" => Some(Watched::Model),
            "stream" if self.stream.is_some() => return Err(Malformed::SecondStream),
            "stream" => Some(Watched::Stream),
            "file" => {
                self.file = self.listener.is_some().then_some(false);
                None
            }
            _ => None,
        };
        // The last line feed stays, so that a delimiter right behind it, which readers disagree on, is seen and refused.
        self.held.drain(..end + 3);
        self.place = Where::Content;
        Ok(true)
    }
}

/// The name of a part. Whatever another reader could read otherwise is refused: escapes, extended parameters,
/// repeated or folded headers, bare line breaks.
fn name_of(headers: &[u8]) -> Result<String, Malformed> {
    let text = std::str::from_utf8(headers).map_err(|_| Malformed::Part)?;
    let mut disposition = None;
    for line in text.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or(Malformed::Part)?;
        if name.is_empty()
            || name.contains(|c: char| c.is_whitespace() || c.is_control())
            || value.contains(['\r', '\n', '\0'])
        {
            return Err(Malformed::Part);
        }
        if name.eq_ignore_ascii_case("content-disposition") && disposition.replace(value).is_some() {
            return Err(Malformed::Part);
        }
    }
    let mut rest = disposition.ok_or(Malformed::Part)?.trim();
    rest = rest.find(';').map_or("", |at| &rest[at..]);
    let mut found = None;
    while let Some(parameter) = rest.strip_prefix(';') {
        let Some((name, value)) = parameter.split_once('=') else {
            return if parameter.trim().is_empty() { Ok(found.unwrap_or_default()) } else { Err(Malformed::Part) };
        };
        let (value, after) = match value.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(Malformed::Part)?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        let name = name.trim();
        if name.eq_ignore_ascii_case("name") {
            if value.contains(['\\', '"']) || found.replace(value.trim().to_owned()).is_some() {
                return Err(Malformed::Part);
            }
        } else if value.ends_with('\\') || name.to_ascii_lowercase().starts_with("name*") {
            return Err(Malformed::Part);
        }
        rest = after.trim();
    }
    if rest.is_empty() { Ok(found.unwrap_or_default()) } else { Err(Malformed::Part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[(&str, &str)]) -> String {
        let mut text = String::new();
        for (name, value) in parts {
            text.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        }
        text + "--b--\r\n"
    }

    fn scan(text: &str, step: usize) -> Result<Option<String>, Malformed> {
        let mut scan = FormScan::new("b");
        for chunk in text.as_bytes().chunks(step) {
            scan.feed(chunk)?;
        }
        Ok(scan.model().map(str::to_owned))
    }

    #[test]
    fn finds_the_model_however_the_bytes_arrive() {
        let text = form(&[("file", "\r\n--a\r\nname=\"model\"\r\n\r\nx"), ("model", "whisper-1"), ("language", "en")]);
        for step in 1..text.len() {
            assert_eq!(scan(&text, step), Ok(Some("whisper-1".to_owned())), "step {step}");
        }
        assert_eq!(scan(&form(&[("file", "x")]), 7), Ok(None));
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_is_refused() {
        for head in [
            "Content-Disposition: form-data; name=\"mod\\el\"",
            "Content-Disposition: form-data; name*=utf-8''model",
            "Content-Disposition: form-data; name=\"file\"; name=\"model\"",
            "Content-Disposition: form-data; name=\"file\"\r\nContent-Disposition: form-data; name=\"model\"",
            "Content-Disposition: form-data;\r\n name=\"model\"",
            "Content-Disposition: form-data; name=\"file\"\nContent-Disposition: form-data; name=\"model\"",
            "Content-Disposition: form-data; filename=\"x\\\"; name=\"model\"",
            "Content-Type: text/plain",
        ] {
            assert_eq!(scan(&format!("--b\r\n{head}\r\n\r\no3\r\n--b--\r\n"), 9), Err(Malformed::Part), "{head}");
        }
        let quoted =
            "--b\r\nContent-Disposition: form-data; filename=\"a; name=model\"; name=\"file\"\r\n\r\no3\r\n--b--";
        assert_eq!(scan(quoted, 3), Ok(None), "a quoted semicolon ends nothing");
        for text in [
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\n--b\r\n",
            "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--b\r\n",
            "--bc\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--",
        ] {
            for step in 1..text.len() {
                assert_eq!(scan(text, step), Err(Malformed::Part), "{text:?} by {step}");
            }
        }
    }

    #[test]
    fn a_form_may_ask_for_a_stream() {
        let stream = |value: &str, step: usize| {
            let mut scan = FormScan::new("b");
            let text = form(&[("model", "gpt-image-1"), ("stream", value), ("prompt", "x")]);
            text.as_bytes().chunks(step).try_for_each(|chunk| scan.feed(chunk)).map(|()| scan.stream())
        };
        for step in 1..40 {
            assert_eq!((stream("true", step), stream("false", step)), (Ok(true), Ok(false)), "step {step}");
        }
        assert_eq!((stream("1", 9), stream("0", 9), stream("yes please", 9)), (Ok(true), Ok(false), Ok(true)));
        let twice = form(&[("model", "a"), ("stream", "false"), ("stream", "true")]);
        assert_eq!(scan(&twice, 5), Err(Malformed::SecondStream));
    }

    #[test]
    fn two_models_are_refused() {
        let text = form(&[("model", "a"), ("model", "b")]);
        assert_eq!(scan(&text, 5), Err(Malformed::SecondModel));
    }

    #[test]
    fn boundaries() {
        let read = |text: &'static str| boundary(&HeaderValue::from_static(text)).ok();
        assert_eq!(read("multipart/form-data; boundary=abc"), Some("abc".to_owned()));
        assert_eq!(read("multipart/form-data; charset=x; Boundary=\"a b\""), Some("a b".to_owned()));
        assert_eq!(read("multipart/form-data"), None);
        assert_eq!(read("multipart/form-data; boundary="), None);
    }
}
