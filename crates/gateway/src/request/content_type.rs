//! Media types and their parameters, parsed strictly by RFC 9110 and written again for the upstream. What another
//! reader could read differently is refused: repeated parameters, extended ones (RFC 2231), escapes.

use http::{HeaderMap, HeaderValue, header};
use keystead_core::refusal::ErrorResponse;

use crate::response::error_body::bad_body;

/// Maximum length of a boundary (RFC 2046).
const LONGEST_BOUNDARY: usize = 70;

/// A value such as `multipart/form-data; boundary=b`, or `form-data; name="file"`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Media<'v> {
    /// The part before the parameters, in lower case.
    pub(crate) kind: String,
    /// Names in lower case, with their values as sent, without quotes.
    pub(crate) parameters: Vec<(String, &'v [u8])>,
}

impl<'v> Media<'v> {
    /// Parses a header's value; `None` when it cannot be parsed, or in more than one way.
    pub(crate) fn read(value: &'v [u8]) -> Option<Self> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let (kind, mut rest) = (value.get(..end)?.trim_ascii(), value.get(end..)?);
        let kind = std::str::from_utf8(kind).ok().filter(|kind| kind.split('/').all(is_token))?.to_ascii_lowercase();
        let mut parameters: Vec<(String, &'v [u8])> = Vec::new();
        while let Some(after) = rest.trim_ascii_start().strip_prefix(b";") {
            rest = after.trim_ascii_start();
            if rest.is_empty() || rest.starts_with(b";") {
                continue;
            }
            let equals = memchr::memchr(b'=', rest)?;
            let name = std::str::from_utf8(rest.get(..equals)?).ok().filter(|name| is_token(name))?;
            let name = name.to_ascii_lowercase();
            let (value, after) = value_of(rest.get(equals.saturating_add(1)..)?)?;
            if parameters.iter().any(|(known, _)| *known == name) {
                return None;
            }
            parameters.push((name, value));
            rest = after;
        }
        rest.trim_ascii().is_empty().then_some(Self { kind, parameters })
    }

    /// Returns the value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'v [u8]> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// Whether the text is UTF-8, according to its charset.
    pub(crate) fn is_utf_8(&self) -> bool {
        let charset = self.parameter("charset");
        charset.is_none_or(|name| name.eq_ignore_ascii_case(b"utf-8") || name.eq_ignore_ascii_case(b"utf8"))
    }

    /// Returns the boundary of a form.
    pub(crate) fn boundary(&self) -> Option<&'v str> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? !#$%&*^`|~{}@<>[]".contains(&byte);
        let text = std::str::from_utf8(self.parameter("boundary")?).ok()?;
        let readable =
            !text.is_empty() && text.len() <= LONGEST_BOUNDARY && text.bytes().all(fine) && !text.ends_with(' ');
        readable.then_some(text)
    }
}

/// Returns a parameter's value at the start of the rest, and what follows it.
fn value_of(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(quoted) = rest.strip_prefix(b"\"") {
        let end = memchr::memchr(b'"', quoted)?;
        let (value, after) = (quoted.get(..end)?, quoted.get(end.saturating_add(1)..)?);
        // A quote after a backslash ends the value for some readers and not for others.
        let plain =
            !value.ends_with(b"\\") && !value.iter().any(|byte| *byte < 0x20 && *byte != b'\t' || *byte == 0x7f);
        let ended = after.trim_ascii_start();
        return (plain && (ended.is_empty() || ended.starts_with(b";"))).then_some((value, after));
    }
    let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
    let (value, after) = (rest.get(..end)?.trim_ascii_end(), rest.get(end..)?);
    let plain = !value.is_empty() && value.iter().all(|byte| *byte > 0x20 && *byte != 0x7f && !b"\"\\".contains(byte));
    plain.then_some((value, after))
}

fn is_token(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fine)
}

/// Rewrites the content type of a request: the client's own spelling is never sent upstream.
pub(crate) fn rewrite(headers: &mut HeaderMap, has_body: bool) -> Result<(), ErrorResponse> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return Ok(()) };
    if values.next().is_some() {
        return Err(bad_body("The header 'Content-Type' was sent twice. Send it once."));
    }
    if !has_body {
        headers.remove(header::CONTENT_TYPE);
        return Ok(());
    }
    if value == "application/json" {
        return Ok(());
    }
    let unreadable = || bad_body("The header 'Content-Type' cannot be read, or can be read in more than one way.");
    let media = Media::read(value.as_bytes()).ok_or_else(unreadable)?;
    if media.parameters.iter().any(|(name, _)| name.contains('*')) {
        return Err(unreadable());
    }
    if !media.is_utf_8() {
        return Err(bad_body("The body of your request must be UTF-8, and its 'Content-Type' names another charset."));
    }
    let canonical = match (media.kind.as_str(), media.boundary()) {
        ("multipart/form-data", None) => {
            return Err(bad_body("The multipart body has no usable boundary in its content type."));
        }
        ("multipart/form-data", Some(boundary)) if is_token(boundary) => format!("{}; boundary={boundary}", media.kind),
        ("multipart/form-data", Some(boundary)) => format!("{}; boundary=\"{boundary}\"", media.kind),
        (kind, _) => kind.to_owned(),
    };
    let canonical = HeaderValue::from_str(&canonical).map_err(|_| unreadable())?;
    headers.insert(header::CONTENT_TYPE, canonical);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rewritten(values: &[&[u8]]) -> Result<String, ErrorResponse> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CONTENT_TYPE, HeaderValue::from_bytes(value).unwrap());
        }
        rewrite(&mut headers, true)?;
        Ok(headers[header::CONTENT_TYPE].to_str().unwrap().to_owned())
    }

    #[test]
    fn content_types_are_written_anew() {
        for (sent, written) in [
            ("application/json", "application/json"),
            ("Application/JSON ; charset=UTF-8", "application/json"),
            ("application/json;charset=\"utf8\"; version=1;", "application/json"),
            ("multipart/form-data; boundary=abc", "multipart/form-data; boundary=abc"),
            ("multipart/form-data; charset=utf-8; Boundary=\"a b\"", "multipart/form-data; boundary=\"a b\""),
            ("multipart/form-data;boundary=----=_Part_1.2", "multipart/form-data; boundary=\"----=_Part_1.2\""),
            ("multipart/form-data; x=\"; boundary=b\"; boundary=a", "multipart/form-data; boundary=a"),
            ("text/plain", "text/plain"),
        ] {
            assert_eq!(rewritten(&[sent.as_bytes()]).as_deref(), Ok(written), "{sent}");
        }
    }

    #[test]
    fn what_two_readers_could_read_in_two_ways_is_refused() {
        // The boundary that the gateway reads is the one that the upstream reads.
        for sent in [
            &b"multipart/form-data; boundary=a; boundary=b"[..],
            b"multipart/form-data; boundary=a; BOUNDARY=b",
            b"multipart/form-data; boundary=a; boundary=a",
            b"multipart/form-data; boundary*=utf-8''b; boundary=a",
            b"multipart/form-data; boundary*0=a; boundary*1=b",
            b"multipart/form-data; x=\"\\\"; boundary=a; y=\"; boundary=b\"",
            b"multipart/form-data; boundary=\"a\\b\"",
            b"multipart/form-data; boundary=\"a",
            b"multipart/form-data; boundary=\"a\"b",
            b"multipart/form-data; boundary=a\"b\"",
            b"multipart/form-data; boundary = a",
            b"multipart/form-data; boundary=a b",
            b"multipart/form-data; boundary=a\xe9",
            b"multipart/form-data; boundary=\"\"",
            b"multipart/form-data; boundary=",
            b"multipart/form-data; boundary",
            b"multipart/form-data",
            b"multipart/form-data, text/plain; boundary=a",
            b"multipart/form-data; charset=utf-16; boundary=a",
            b"multipart/form-data; charset=utf-7; boundary=a",
            b"application/json; charset=utf-16",
            b"application/json; charset=iso-8859-1",
            b"application/json; charset=utf-8; charset=utf-16",
            b"",
        ] {
            let wire = rewritten(&[sent]).unwrap_err();
            assert_eq!(wire.status, 400, "{}", String::from_utf8_lossy(sent));
        }
        assert!(rewritten(&[b"application/json", b"application/json"]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_as_the_same(value in "[mM]ultipart/form-data(; ?([a-z]{1,8}|boundary|BOUNDARY|boundary\\*)=(\"[ -~]{0,20}\"|[!-~]{0,20})){0,3};?") {
            if let Ok(written) = rewritten(&[value.as_bytes()]) {
                let (sent, again) = (Media::read(value.as_bytes()).unwrap(), Media::read(written.as_bytes()).unwrap());
                prop_assert_eq!(sent.boundary(), again.boundary());
                prop_assert_eq!(again.parameters.len(), 1);
                prop_assert_eq!(rewritten(&[written.as_bytes()]), Ok(written.clone()));
                // Wherever the word occurs as a parameter's name, it has this one value.
                prop_assert_eq!(written.matches("boundary=").count(), 1 + sent.boundary().unwrap().matches("boundary=").count());
            }
        }

        #[test]
        fn no_bytes_break_the_reading(value in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = Media::read(&value);
        }
    }
}
