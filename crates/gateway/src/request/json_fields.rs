//! The fields of a JSON object that was parsed before. Values are only passed over, which takes a fraction of the time
//! that parsing takes.

use std::borrow::Cow;

use memchr::memchr2;

/// Returns the fields of an object: each name, and each value as written. It ends at the first place that is not JSON.
pub(crate) fn fields(object: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, &[u8])> {
    let mut at = inside(object, b'{');
    std::iter::from_fn(move || {
        let name = at + skip(object.get(at..)?, |byte| byte.is_ascii_whitespace() || byte == b',')?;
        let end = value_end(object, name).filter(|_| object.get(name) == Some(&b'"'))?;
        let value = end + skip(object.get(end..)?, |byte| byte.is_ascii_whitespace() || byte == b':')?;
        at = value_end(object, value)?;
        Some((text(object.get(name..end)?)?, object.get(value..at)?))
    })
}

/// Returns the elements of a list, each as written. It ends at the first place that is not JSON.
pub(crate) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = inside(list, b'[');
    std::iter::from_fn(move || {
        let value = at + skip(list.get(at..)?, |byte| byte.is_ascii_whitespace() || byte == b',')?;
        at = value_end(list, value).filter(|end| *end > value)?;
        list.get(value..at)
    })
}

/// The place behind the opening bracket; the end where the text does not begin with it.
fn inside(text: &[u8], bracket: u8) -> usize {
    let first = skip(text, |byte| byte.is_ascii_whitespace()).filter(|first| text.get(*first) == Some(&bracket));
    first.map_or(text.len(), |first| first + 1)
}

fn skip(text: &[u8], passes: impl Fn(u8) -> bool) -> Option<usize> {
    text.iter().position(|byte| !passes(*byte))
}

/// The text of a string with its quotes. A name with half a surrogate pair is no text and has no meaning.
fn text(quoted: &[u8]) -> Option<Cow<'_, str>> {
    let plain = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if !plain.contains(&b'\\') {
        return std::str::from_utf8(plain).ok().map(Cow::Borrowed);
    }
    Some(Cow::Owned(serde_json::from_slice(quoted).unwrap_or_default()))
}

/// The end of the value that begins here; nothing where it does not end.
fn value_end(text: &[u8], start: usize) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start + 1),
        b'{' | b'[' => bracket_end(text, start),
        _ => {
            let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}');
            let length = skip(text.get(start..)?, |byte| !ends(byte));
            Some(length.map_or(text.len(), |length| start + length))
        }
    }
}

/// The place behind the quote that ends a string.
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The place behind the bracket that ends a list or an object.
fn bracket_end(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start, 0usize);
    loop {
        match text.get(at)? {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => at = string_end(text, at + 1)? - 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"\\\\{}\\[\\],: \u{e9}\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\\u{e9}\n]{0,4}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn parsed(value: &[u8]) -> Value {
        serde_json::from_slice(value).unwrap()
    }

    #[test]
    fn names_may_have_escapes_and_repeat() {
        let found: Vec<_> = fields(br#" { "\u006e" : 1e400 ,"n":"\"]" , "\ud83d":{} } "#).collect();
        let expected: [(Cow<'_, str>, &[u8]); 3] =
            [("n".into(), b"1e400"), ("n".into(), br#""\"]""#), ("".into(), b"{}")];
        assert_eq!(found, expected);
        assert_eq!(elements(b"[1,\"a\", [2] ]").collect::<Vec<_>>(), [b"1" as &[u8], b"\"a\"", b"[2]"]);
    }

    proptest! {
        #[test]
        fn a_parser_finds_the_same(value in any_value(), pretty in any::<bool>()) {
            let written = if pretty { format!("{value:#}") } else { value.to_string() };
            let members: Vec<_> =
                fields(written.as_bytes()).map(|(name, value)| (name.into_owned(), parsed(value))).collect();
            let expected: Vec<_> = value.as_object().cloned().unwrap_or_default().into_iter().collect();
            prop_assert_eq!(members, expected);
            let list: Vec<_> = elements(written.as_bytes()).map(parsed).collect();
            prop_assert_eq!(list, value.as_array().cloned().unwrap_or_default());
        }

        #[test]
        fn anything_ends(text in "[a\"\\\\{}\\[\\],: ]{0,40}") {
            prop_assert!(fields(text.as_bytes()).count() <= text.len());
            prop_assert!(elements(text.as_bytes()).count() <= text.len());
        }
    }
}
