//! An estimate of how many tokens a text is, for answers and requests of which no server said it.
//!
//! Words, figures, marks and characters of each script are counted and weighed; the weights were fitted to the
//! vocabulary `o200k` over texts in 49 languages, program code and data. It takes one pass, remembers a few
//! bytes, and can be handed the text in pieces of any size.

/// Weights are in parts of a token, so many to one.
const PART: u64 = 64;

/// What a byte of UTF-8 belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Class {
    /// Nothing came before.
    #[default]
    Start,
    Lower,
    Upper,
    /// Letters of Latin script outside ASCII.
    Accented,
    Digit,
    Space,
    Break,
    Mark,
    /// Scripts of two bytes a character: Greek, Cyrillic, Hebrew, Arabic and others.
    TwoBytes,
    /// Other scripts and signs: each character weighs this much.
    Each(u8),
    /// The second byte of a character and those after it.
    Inside,
}

const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Mark; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte {
            9 | 10 | 13 => Class::Break,
            32 => Class::Space,
            48..=57 => Class::Digit,
            65..=90 => Class::Upper,
            97..=122 => Class::Lower,
            0x80..=0xBF => Class::Inside,
            0xC0..=0xC9 => Class::Accented,
            0xCA..=0xDF => Class::TwoBytes,
            // Indic scripts, Thai; then what shares their lengths; signs; kana; Chinese characters; Hangul; pictures.
            0xE0 => Class::Each(25),
            0xE1 => Class::Each(22),
            0xE2 => Class::Each(22),
            0xE3 => Class::Each(51),
            0xE4..=0xE9 => Class::Each(56),
            0xEA..=0xEF => Class::Each(47),
            0xF0..=0xFF => Class::Each(37),
            _ => Class::Mark,
        };
        byte += 1;
    }
    classes
}

/// Counts the tokens of a text that comes in pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TextCount {
    last: Class,
    /// Letters of this word, or digits of this number, so far.
    length: u32,
    parts: u64,
}

impl TextCount {
    /// Counts the next piece. It may end within a character.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        for byte in piece {
            self.take(CLASSES[usize::from(*byte)]);
        }
    }

    /// What follows is another text: no word continues.
    const fn separate(&mut self) {
        self.last = Class::Start;
    }

    /// Tokens, begun ones included.
    pub(crate) const fn tokens(&self) -> u64 {
        self.parts.div_ceil(PART)
    }

    fn take(&mut self, class: Class) {
        let begins = self.last != class;
        let weight = match class {
            Class::Inside => return,
            Class::Lower | Class::Upper | Class::Accented => self.letter(class),
            Class::Digit => {
                self.length = if begins { 1 } else { self.length.saturating_add(1) };
                if self.length % 3 == 1 { 96 } else { 0 }
            }
            Class::Space if begins => 0,
            Class::Space => 5,
            Class::Break if begins => 25,
            Class::Mark if begins => 69,
            Class::Mark => 12,
            Class::TwoBytes if begins => 65,
            Class::TwoBytes => 12,
            Class::Each(weight) => u64::from(weight),
            Class::Break | Class::Start => 0,
        };
        self.parts = self.parts.saturating_add(weight);
        self.last = class;
    }

    fn letter(&mut self, class: Class) -> u64 {
        let begin = match self.last {
            Class::Start | Class::Space | Class::Break => Some(61),
            Class::Lower | Class::Accented if class == Class::Upper => Some(51),
            Class::Lower | Class::Upper | Class::Accented => None,
            _ => Some(20),
        };
        self.length = if begin.is_some() { 1 } else { self.length.saturating_add(1) };
        // Long words are rare ones. What is longer than any word is no word.
        let long = match self.length {
            0..=6 => 0,
            7..=12 => 11,
            13..=24 => 90,
            _ => 33,
        };
        begin.unwrap_or(0) + long + if class == Class::Accented { 71 } else { 0 }
    }
}

/// The first byte of a character that was written as an escape; it decides what the character weighs.
fn lead(unit: u16) -> u8 {
    match char::from_u32(u32::from(unit)) {
        Some(character) => {
            let mut bytes = [0; 4];
            character.encode_utf8(&mut bytes);
            bytes[0]
        }
        // The first half of a pair is the character; the second one is inside of it.
        None if unit < 0xDC00 => 0xF0,
        None => 0x80,
    }
}

/// Text of which the tokens are counted when they are asked for. Most answers say what was used, so their text is never
/// counted; copying a piece costs a small part of counting it.
#[derive(Debug, Default)]
pub(crate) struct Text {
    counted: TextCount,
    /// What follows what was counted.
    pending: Vec<u8>,
}

impl Text {
    /// How much waits to be counted at most, in bytes.
    const MOST: usize = 8 << 10;

    /// Takes the next piece. It may end within a character.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        if self.pending.len().saturating_add(piece.len()) > Self::MOST {
            self.count();
        }
        if piece.len() > Self::MOST {
            self.counted.feed(piece);
        } else {
            self.pending.extend_from_slice(piece);
        }
    }

    /// Takes a character that was written as an escape.
    pub(crate) fn escaped(&mut self, unit: u16) {
        self.feed(&[lead(unit)]);
    }

    /// What follows is another text: no word continues.
    pub(crate) fn separate(&mut self) {
        self.count();
        self.counted.separate();
    }

    /// Whether nothing came that weighs anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens() == 0
    }

    /// Tokens, begun ones included.
    pub(crate) fn tokens(&self) -> u64 {
        let mut counted = self.counted;
        counted.feed(&self.pending);
        counted.tokens()
    }

    fn count(&mut self) {
        self.counted.feed(&self.pending);
        self.pending.clear();
    }
}

/// A text longer than this is not counted throughout.
const LONG: usize = 64 << 10;
/// How much of a long text is counted in one place, and in how many places.
const SAMPLE: usize = 2 << 10;
const SAMPLES: usize = 16;

/// Tokens of a whole text. Of a long one, samples at equal distances are counted.
pub(crate) fn of_text(text: &[u8]) -> u64 {
    let mut count = TextCount::default();
    if text.len() <= LONG {
        count.feed(text);
        return count.tokens();
    }
    let samples = text.chunks(text.len().div_ceil(SAMPLES)).filter_map(|part| part.get(..SAMPLE));
    let mut counted = 0;
    for sample in samples {
        count.feed(sample);
        counted += sample.len();
    }
    let whole = |length: usize| u128::try_from(length).unwrap_or(u128::MAX);
    u64::try_from(u128::from(count.tokens()) * whole(text.len()) / whole(counted.max(1))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn estimates_are_near_what_tokenizers_say() {
        // Texts and their tokens in the vocabulary o200k.
        for (text, tokens) in [
            ("The quick brown fox jumps over the lazy dog.", 10),
            ("All human beings are born free and equal in dignity and rights.", 13),
            ("人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。", 37),
            ("すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。", 35),
            ("모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.", 24),
            ("Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.", 26),
            ("Все люди рождаются свободными и равными в своем достоинстве и правах.", 17),
            ("pub(crate) fn finish(headers: &mut HeaderMap, id: &RequestId) -> Result<(), ErrorResponse> {", 24),
            ("{\"a\": 12345678, \"price\": 0.25, \"tags\": [\"alpha\", \"beta\"]}", 26),
        ] {
            let estimate = i64::try_from(of_text(text.as_bytes())).unwrap();
            let most = (tokens * 45 / 100).max(3);
            assert!((estimate - tokens).abs() <= most, "{estimate} for {tokens}: {text}");
        }
        assert_eq!(of_text(b""), 0);
        assert_eq!(of_text("word ".repeat(12).as_bytes()), 12);
    }

    #[test]
    fn text_of_any_shape_is_worth_less_than_a_token_a_byte_and_more_than_nothing() {
        for text in ["A", "\u{200d}", " ", "\n", "é", "9", "=", "a1", "aB"] {
            let long = text.repeat(100_000);
            let tokens = of_text(long.as_bytes());
            assert!(tokens > 0 && tokens <= 2 * u64::try_from(long.len()).unwrap(), "{text:?}: {tokens}");
        }
        // Samples of a long text stand for the rest.
        let long = "The quick brown fox jumps over the lazy dog. ".repeat(50_000);
        let tokens = of_text(long.as_bytes());
        assert!((450_000..=550_000).contains(&tokens), "{tokens}");
        // What looks like base 64 is about half a token a letter.
        let tokens = of_text("QmFzZTY0IGlzIG5vdCB0ZXh0".repeat(1_000).as_bytes());
        assert!((6_000..=24_000).contains(&tokens), "{tokens}");
    }

    proptest! {
        #[test]
        fn pieces_and_escapes_change_nothing(text in "\\PC{0,200}", cut in 1usize..7) {
            let mut cut_up = TextCount::default();
            for piece in text.as_bytes().chunks(cut) {
                cut_up.feed(piece);
            }
            let mut escaped = Text::default();
            text.encode_utf16().for_each(|unit| escaped.escaped(unit));
            prop_assert_eq!(cut_up.tokens(), of_text(text.as_bytes()));
            prop_assert_eq!(escaped.tokens(), of_text(text.as_bytes()));
        }

        #[test]
        fn when_text_is_counted_changes_nothing(pieces in proptest::collection::vec(("\\PC{0,20}", 0usize..600, any::<bool>()), 0..12)) {
            let (mut text, mut at_once) = (Text::default(), TextCount::default());
            for (piece, times, separate) in pieces {
                let piece = piece.repeat(times);
                text.feed(piece.as_bytes());
                at_once.feed(piece.as_bytes());
                prop_assert_eq!(text.tokens(), at_once.tokens());
                prop_assert!(text.pending.len() <= Text::MOST);
                if separate {
                    text.separate();
                    at_once.separate();
                }
            }
        }
    }
}
