//! Finding the part `model` of a multipart body while it streams by (RFC 7578): nothing is decoded, nothing rewritten.

use http::HeaderValue;

/// The headers of one part may be this long.
const MOST_HEADERS: usize = 16 * 1024;
/// A model's name may be this long.
const MOST_NAME: usize = 256;

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// No usable boundary in the content type.
    Boundary,
    /// A part's headers never end, or the name is too long.
    Part,
    /// Two parts are called `model` (GW-3).
    SecondModel,
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
}

/// Reads a form as it passes.
#[derive(Debug)]
pub(crate) struct FormScan {
    delimiter: Vec<u8>,
    place: Where,
    /// Bytes that may still turn out to be part of a delimiter or of headers.
    held: Vec<u8>,
    /// Whether the content being read is the model's name.
    in_model: bool,
    name: Vec<u8>,
    model: Option<String>,
}

impl FormScan {
    pub(crate) fn new(boundary: &str) -> Self {
        // The first delimiter stands without a line break before it; a virtual one makes all alike.
        Self {
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            place: Where::Content,
            held: b"\r\n".to_vec(),
            in_model: false,
            name: Vec::new(),
            model: None,
        }
    }

    /// The model's name, once its part has been read to the end.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Reads the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.held.extend_from_slice(bytes);
        loop {
            let advanced = match self.place {
                Where::Content => self.content()?,
                Where::Headers => self.headers()?,
            };
            if !advanced {
                return Ok(());
            }
        }
    }

    fn content(&mut self) -> Result<bool, Malformed> {
        let found = memchr::memmem::find(&self.held, &self.delimiter);
        // Without a delimiter all but a possible beginning of one is content.
        let end = found.unwrap_or_else(|| self.held.len().saturating_sub(self.delimiter.len() - 1));
        if self.in_model {
            self.name.extend_from_slice(&self.held[..end]);
            if self.name.len() > MOST_NAME {
                return Err(Malformed::Part);
            }
        }
        let Some(at) = found else {
            self.held.drain(..end);
            return Ok(false);
        };
        self.held.drain(..at + self.delimiter.len());
        if self.in_model {
            self.in_model = false;
            let name = String::from_utf8(std::mem::take(&mut self.name)).map_err(|_| Malformed::Part)?;
            if self.model.replace(name).is_some() {
                return Err(Malformed::SecondModel);
            }
        }
        self.place = Where::Headers;
        Ok(true)
    }

    fn headers(&mut self) -> Result<bool, Malformed> {
        // After a delimiter comes "--" and the epilogue, or a line break and headers up to an empty line.
        if self.held.starts_with(b"--") {
            self.held.clear();
            return Ok(false);
        }
        let Some(end) = memchr::memmem::find(&self.held, b"\r\n\r\n") else {
            return if self.held.len() > MOST_HEADERS { Err(Malformed::Part) } else { Ok(false) };
        };
        if end > MOST_HEADERS {
            return Err(Malformed::Part);
        }
        self.in_model = is_model(&self.held[..end]);
        if self.in_model && self.model.is_some() {
            return Err(Malformed::SecondModel);
        }
        // The last line break stays: an empty content is followed by the delimiter's own.
        self.held.drain(..end + 4);
        if self.held.starts_with(&self.delimiter[2..]) {
            return Err(Malformed::Part);
        }
        self.place = Where::Content;
        Ok(true)
    }
}

fn is_model(headers: &[u8]) -> bool {
    String::from_utf8_lossy(headers).split("\r\n").any(|line| {
        let Some((name, value)) = line.split_once(':') else { return false };
        name.trim().eq_ignore_ascii_case("content-disposition")
            && value.split(';').skip(1).any(|parameter| {
                let Some((name, value)) = parameter.split_once('=') else { return false };
                name.trim().eq_ignore_ascii_case("name") && value.trim().trim_matches('"') == "model"
            })
    })
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
