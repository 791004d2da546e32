//! The six digits, when Keystead makes them, and the text they travel in.

use keystead_core::secret::Secret;
use rand::{Rng, RngCore};

/// Six digits, uniform, leading zeros kept (verification.md 2.6).
pub(crate) fn draw(rng: &mut (impl RngCore + ?Sized)) -> Secret<String> {
    Secret::new(format!("{:06}", rng.random_range(0..1_000_000)))
}

/// What a code's print is made for: the same digits for another verification are another code.
pub(crate) fn purpose(verification: &str) -> String {
    format!("phone_code:{verification}")
}

/// The digits of what was typed, in any width and spacing; `None` unless there are six.
pub(crate) fn typed(text: &str) -> Option<Secret<String>> {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')),
        _ => Some(c),
    };
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').filter_map(narrow).collect();
    (digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| Secret::new(digits))
}

/// The text message. Its last line lets phones fill the code in by themselves (WebOTP).
pub(crate) fn message(operator: &str, code: &Secret<String>, language: &str, host: &str) -> String {
    let code = code.expose();
    let words = match language {
        "pl" => format!("{operator}: kod {code}. Ważny 10 minut. Nikt z obsługi o niego nie zapyta."),
        "ja" => format!("{operator}：コード {code}。10分間有効です。サポートがこのコードを尋ねることはありません。"),
        _ => format!("{operator}: your code is {code}. It is valid for 10 minutes. Support never asks for it."),
    };
    format!("{words}\n\n@{host} #{code}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn six_digits_always() {
        let mut rng = rand_chacha::ChaCha12Rng::from_seed([3; 32]);
        let mut first = [0_u32; 10];
        for _ in 0..10_000 {
            let code = draw(&mut rng);
            assert!(typed(code.expose()).is_some());
            first[usize::from(code.expose().as_bytes()[0] - b'0')] += 1;
        }
        assert!(first.iter().all(|count| (800..1_200).contains(count)), "{first:?}");
    }

    #[test]
    fn typed_as_people_type() {
        for (text, digits) in
            [("123456", Some("123456")), (" 123-456 ", Some("123456")), ("１２３４５６", Some("123456"))]
        {
            assert_eq!(typed(text).map(|code| code.expose().clone()).as_deref(), digits);
        }
        for text in ["", "12345", "1234567", "abcdef", "12345é", "١٢٣٤٥٦"] {
            assert!(typed(text).is_none(), "{text}");
        }
    }

    #[test]
    fn phones_can_fill_it_in() {
        for language in ["en", "pl", "ja"] {
            let text = message("Acme", &Secret::new("012345".to_owned()), language, "keys.acme.test");
            assert!(text.ends_with("\n@keys.acme.test #012345") && text.matches("012345").count() == 2, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_six_digits_or_nothing(text in ".{0,40}", digits in "[0-9０-９]{5,7}", gap in "[ \u{3000}-]{0,3}") {
            for typed_text in [text, format!("{gap}{digits}{gap}"), digits.chars().map(|c| format!("{c}{gap}")).collect()] {
                if let Some(code) = typed(&typed_text) {
                    prop_assert!(code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit()));
                }
            }
            prop_assert_eq!(typed(&digits).is_some(), digits.chars().count() == 6);
        }
    }
}
