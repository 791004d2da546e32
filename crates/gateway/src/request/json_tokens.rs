//! The tokens of a JSON text, without what they mean. A text is only passed over, which takes a fraction of the time that
//! parsing it takes; whether it is JSON at all is for a parser to say.

use memchr::memchr2;

/// A token that matters to those who pass over a text. White space and the words `true`, `false` and `null` do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    Colon,
    Comma,
    /// A string with its quotes, and whether any of its characters is written as an escape with its number.
    Text {
        escaped: bool,
    },
    Number,
}

/// The tokens of a text, each with the place where it starts and the place behind it.
#[derive(Debug)]
pub(crate) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) const fn of(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Passes over the rest of a string, and returns whether it has an escape with a number.
    fn pass_text(&mut self) -> bool {
        let mut escaped = false;
        while let Some(found) = self.text.get(self.at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
            self.at = self.at.saturating_add(found).saturating_add(1);
            if self.text.get(self.at.saturating_sub(1)) == Some(&b'"') {
                return escaped;
            }
            escaped |= self.text.get(self.at) == Some(&b'u');
            self.at = self.at.saturating_add(1);
        }
        self.at = self.text.len();
        escaped
    }

    fn pass_number(&mut self) {
        let belongs = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        let more = self.text.get(self.at..).unwrap_or_default().iter().take_while(belongs).count();
        self.at = self.at.saturating_add(more);
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let byte = *self.text.get(start)?;
            self.at = start.saturating_add(1);
            let token = match byte {
                b'{' | b'[' => Token::Open,
                b'}' | b']' => Token::Close,
                b':' => Token::Colon,
                b',' => Token::Comma,
                b'"' => Token::Text { escaped: self.pass_text() },
                b'-' | b'0'..=b'9' => {
                    self.pass_number();
                    Token::Number
                }
                _ => continue,
            };
            return Some((token, start, self.at));
        }
    }
}

/// The number of elements of a list that are strings, lists or objects; 0 where the value is not a list.
pub(crate) fn composite_elements(list: &[u8]) -> u64 {
    let (mut depth, mut count) = (0u32, 0u64);
    if list.first() != Some(&b'[') {
        return count;
    }
    for (token, ..) in Tokens::of(list) {
        count = count.saturating_add(u64::from(depth == 1 && matches!(token, Token::Open | Token::Text { .. })));
        match token {
            Token::Open => depth = depth.saturating_add(1),
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_have_their_places() {
        let text = br#" {"a\"" : [-1.5e+3,true], "\u0062":"x"}"#;
        let found: Vec<_> =
            Tokens::of(text).map(|(token, from, to)| (token, std::str::from_utf8(&text[from..to]).unwrap())).collect();
        let (plain, escaped) = (Token::Text { escaped: false }, Token::Text { escaped: true });
        let expected = [
            (Token::Open, "{"),
            (plain, r#""a\"""#),
            (Token::Colon, ":"),
            (Token::Open, "["),
            (Token::Number, "-1.5e+3"),
            (Token::Comma, ","),
            (Token::Close, "]"),
            (Token::Comma, ","),
            (escaped, r#""\u0062""#),
            (Token::Colon, ":"),
            (plain, r#""x""#),
            (Token::Close, "}"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn elements_of_elements_do_not_count() {
        for (list, count) in [
            (r#"["a","b"]"#, 2),
            (r#"["a",["b","c"],{"d":"e"},1,null]"#, 3),
            ("[1,2]", 0),
            ("[]", 0),
            (r#""a""#, 0),
            (r#"{"a":"b"}"#, 0),
            (r#"["a"#, 1),
        ] {
            assert_eq!(composite_elements(list.as_bytes()), count, "{list}");
        }
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[a\\\\\"u{}\\[\\],:0-9eE.+ \u{e9}-]{0,60}") {
            let mut before = 0;
            for (_, from, to) in Tokens::of(text.as_bytes()) {
                prop_assert!(before <= from && from < to && to <= text.len());
                before = to;
            }
        }
    }
}
