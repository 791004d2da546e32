//! A JSON lexer that gets the text in pieces and keeps none of it: it reports to a visitor. It reads answers of any
//! length while they pass, and is tolerant: text that is not JSON only ends the reading.

/// Maximum depth of brackets.
const DEPTH: u32 = 128;
/// Numbers and names of fields are kept up to this length; longer ones are cut.
const SHORT: usize = 64;

/// Receives what a [`Lexer`] finds, in the order of the text.
pub(crate) trait Visit {
    /// An object or a list begins.
    fn open(&mut self, list: bool);
    /// The innermost object or list ends.
    fn close(&mut self);
    /// A field's name, as written.
    fn name(&mut self, name: &[u8]);
    /// A string value begins.
    fn begin_text(&mut self);
    /// A piece of the string, without escapes; characters may be cut in two.
    fn text(&mut self, piece: &[u8]);
    /// An escaped character of the string; half a surrogate pair is passed as it is.
    fn escaped(&mut self, unit: u16);
    /// The string ends.
    fn end_text(&mut self);
    /// A number, `true`, `false` or `null`.
    fn scalar(&mut self, scalar: &[u8]);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Between,
    /// In a string; whether it is a field's name.
    Text(bool),
    /// After a backslash in a string.
    Escape(bool),
    /// In `\uXXXX`: this many digits are missing.
    Hex(bool, u8),
    Scalar,
    /// The text is not JSON.
    Broken,
}

/// The position of the lexer in the text.
#[derive(Debug, Default)]
pub(crate) struct Lexer {
    place: Place,
    depth: u32,
    /// One bit for each open bracket, the innermost lowest: set for lists.
    lists: u128,
    /// Whether a string that begins now is a field's name.
    name: bool,
    /// A complete value was read.
    ended: bool,
    hex: u16,
    short: Vec<u8>,
}

impl Lexer {
    /// Resets the lexer for another value.
    pub(crate) fn reset(&mut self) {
        self.short.clear();
        let short = std::mem::take(&mut self.short);
        *self = Self { short, ..Self::default() };
    }

    /// Reads the next piece of the text.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], visitor: &mut impl Visit) {
        while let Some(first) = bytes.first().copied() {
            let used = match self.place {
                Place::Broken => return,
                Place::Between => self.between(bytes, visitor),
                Place::Text(name) => self.string(bytes, name, visitor),
                Place::Escape(name) => self.escape(first, name, visitor),
                Place::Hex(name, left) => self.hex(first, name, left, visitor),
                Place::Scalar => self.number(bytes, visitor),
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    /// Reads on until something comes that is not in this piece completely.
    fn between(&mut self, bytes: &[u8], visitor: &mut impl Visit) -> usize {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b',' if self.depth > 0 => self.name = self.lists & 1 == 0,
                b':' if self.depth > 0 => self.name = false,
                b'}' | b']' if self.depth > 0 && (byte == b']') == (self.lists & 1 == 1) => {
                    self.depth -= 1;
                    self.lists >>= 1;
                    self.name = false;
                    self.ended = self.depth == 0;
                    visitor.close();
                }
                _ if self.ended => {
                    self.place = Place::Broken;
                    return at;
                }
                b'{' | b'[' if self.depth < DEPTH && !self.name => {
                    let list = byte == b'[';
                    self.depth += 1;
                    self.lists = (self.lists << 1) | u128::from(list);
                    self.name = !list;
                    visitor.open(list);
                }
                b'"' => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    if !self.name {
                        visitor.begin_text();
                    }
                    match whole_string(rest) {
                        Some(name) if self.name && name.len() <= SHORT => {
                            visitor.name(name);
                            at += name.len() + 1;
                        }
                        Some(text) if !self.name => {
                            if !text.is_empty() {
                                visitor.text(text);
                            }
                            visitor.end_text();
                            self.ended = self.depth == 0;
                            at += text.len() + 1;
                        }
                        _ => {
                            self.place = Place::Text(self.name);
                            return at;
                        }
                    }
                }
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if !self.name => {
                    self.place = Place::Scalar;
                    return at - 1;
                }
                _ => {
                    self.place = Place::Broken;
                    return at;
                }
            }
        }
        at
    }

    fn string(&mut self, bytes: &[u8], name: bool, visitor: &mut impl Visit) -> usize {
        let end = memchr::memchr2(b'"', b'\\', bytes);
        let piece = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        if name {
            self.keep(piece);
        } else if !piece.is_empty() {
            visitor.text(piece);
        }
        let Some(end) = end else { return bytes.len() };
        if bytes.get(end) == Some(&b'\\') {
            self.place = Place::Escape(name);
            return end + 1;
        }
        self.place = Place::Between;
        if name {
            visitor.name(&self.short);
            self.short.clear();
        } else {
            self.ended = self.depth == 0;
            visitor.end_text();
        }
        end + 1
    }

    fn escape(&mut self, byte: u8, name: bool, visitor: &mut impl Visit) -> usize {
        self.place = Place::Text(name);
        let character = match byte {
            b'u' => {
                (self.place, self.hex) = (Place::Hex(name, 4), 0);
                return 1;
            }
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            other => other,
        };
        self.character(u16::from(character), name, visitor);
        1
    }

    fn hex(&mut self, byte: u8, name: bool, left: u8, visitor: &mut impl Visit) -> usize {
        let Some(digit) = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok()) else {
            self.place = Place::Broken;
            return 1;
        };
        self.hex = (self.hex << 4) | digit;
        if left > 1 {
            self.place = Place::Hex(name, left - 1);
        } else {
            self.place = Place::Text(name);
            self.character(self.hex, name, visitor);
        }
        1
    }

    fn character(&mut self, unit: u16, name: bool, visitor: &mut impl Visit) {
        if !name {
            visitor.escaped(unit);
        } else if let Some(character) = char::from_u32(u32::from(unit)) {
            self.keep(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    fn number(&mut self, bytes: &[u8], visitor: &mut impl Visit) -> usize {
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let length = bytes.iter().take_while(|byte| inside(byte)).count();
        let piece = bytes.get(..length).unwrap_or_default();
        if length == bytes.len() {
            self.keep(piece);
            return length;
        }
        self.place = Place::Between;
        self.ended = self.depth == 0;
        if self.short.is_empty() && length <= SHORT {
            visitor.scalar(piece);
        } else {
            self.keep(piece);
            visitor.scalar(&self.short);
            self.short.clear();
        }
        length
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = SHORT.saturating_sub(self.short.len()).min(piece.len());
        self.short.extend_from_slice(piece.get(..room).unwrap_or_default());
    }
}

/// Returns a string up to its end, if the end is in these bytes and no escape comes before it.
fn whole_string(bytes: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr2(b'"', b'\\', bytes)?;
    let (text, rest) = bytes.split_at(end);
    (rest.first() == Some(&b'"')).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Builds the value again from the visitor's calls.
    #[derive(Default)]
    struct Built {
        open: Vec<(Option<String>, Value)>,
        name: Option<String>,
        text: Vec<u16>,
        done: Option<Value>,
    }

    impl Built {
        fn put(&mut self, value: Value) {
            match self.open.last_mut() {
                None => self.done = Some(value),
                Some((_, Value::Array(list))) => list.push(value),
                Some((_, Value::Object(object))) => drop(object.insert(self.name.take().unwrap(), value)),
                Some(_) => unreachable!(),
            }
        }
    }

    impl Visit for Built {
        fn open(&mut self, list: bool) {
            let value = if list { Value::Array(Vec::new()) } else { Value::Object(serde_json::Map::new()) };
            self.open.push((self.name.take(), value));
        }

        fn close(&mut self) {
            let (name, value) = self.open.pop().unwrap();
            self.name = name;
            self.put(value);
        }

        fn name(&mut self, name: &[u8]) {
            self.name = Some(String::from_utf8(name.to_vec()).unwrap());
        }

        fn begin_text(&mut self) {
            self.text.clear();
        }

        fn text(&mut self, piece: &[u8]) {
            self.text.extend(piece.iter().map(|byte| u16::from(*byte)));
        }

        fn escaped(&mut self, unit: u16) {
            self.text.push(unit);
        }

        fn end_text(&mut self) {
            let text = String::from_utf16(&self.text).unwrap();
            self.put(Value::String(text));
        }

        fn scalar(&mut self, scalar: &[u8]) {
            self.put(serde_json::from_slice(scalar).unwrap());
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\n\t]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\]{0,8}", inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_is_found_however_it_is_cut(value in value(), pretty: bool, cuts in proptest::collection::vec(1usize..9, 1..40)) {
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() } + "\n";
            let (mut lexer, mut built) = (Lexer::default(), Built::default());
            let mut rest = text.as_bytes();
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                lexer.feed(piece, &mut built);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(built.done, Some(value));
        }

        #[test]
        fn no_bytes_do_harm(text in "[\\[\\]{}\",:\\\\u0-9a-f -]{0,120}") {
            struct Depth(i64);
            impl Visit for Depth {
                fn open(&mut self, _: bool) { self.0 += 1; }
                fn close(&mut self) { self.0 -= 1; assert!(self.0 >= 0); }
                fn name(&mut self, name: &[u8]) { assert!(name.len() <= SHORT); }
                fn begin_text(&mut self) {}
                fn text(&mut self, _: &[u8]) {}
                fn escaped(&mut self, _: u16) {}
                fn end_text(&mut self) {}
                fn scalar(&mut self, scalar: &[u8]) { assert!(scalar.len() <= SHORT); }
            }
            let (mut lexer, mut depth) = (Lexer::default(), Depth(0));
            lexer.feed(text.as_bytes(), &mut depth);
            prop_assert!(lexer.depth <= DEPTH);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        struct Most(u32, u32);
        impl Visit for Most {
            fn open(&mut self, _: bool) {
                self.0 += 1;
                self.1 = self.1.max(self.0);
            }
            fn close(&mut self) {
                self.0 -= 1;
            }
            fn name(&mut self, _: &[u8]) {}
            fn begin_text(&mut self) {}
            fn text(&mut self, _: &[u8]) {}
            fn escaped(&mut self, _: u16) {}
            fn end_text(&mut self) {}
            fn scalar(&mut self, _: &[u8]) {}
        }
        let mut most = Most(0, 0);
        Lexer::default().feed("[".repeat(100_000).as_bytes(), &mut most);
        assert_eq!(most.1, DEPTH);
    }
}
