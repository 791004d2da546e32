//! The six digits that Keystead makes, and the text message that carries them.

use keystead_core::secret::Secret;
use keystead_locales::Messages;
use rand::{Rng, RngCore};

/// Draws six digits, uniformly distributed, with leading zeros.
pub(crate) fn draw(rng: &mut (impl RngCore + ?Sized)) -> Secret<String> {
    Secret::new(format!("{:06}", rng.random_range(0..1_000_000)))
}

/// The purpose of a code's fingerprint: the same digits for another verification have another one.
pub(crate) fn purpose(verification: &str) -> String {
    format!("phone_code:{verification}")
}

/// Returns the six digits of a typed code, in any script and spacing; `None` unless there are six.
pub(crate) fn typed(text: &str) -> Option<Secret<String>> {
    keystead_core::text::code(text).map(Secret::new)
}

/// Returns the text message. Its last line lets phones fill the code in automatically (WebOTP).
pub(crate) fn message(messages: Messages, operator: &str, code: &Secret<String>, host: &str) -> String {
    let code = code.expose();
    let sentence = messages.text_with_all("sms-code", &[("operator", operator), ("code", code)]);
    format!("{sentence}\n\n@{host} #{code}")
}

#[cfg(test)]
mod tests {
    use keystead_core::language::Language;
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
    fn phones_can_fill_it_in() {
        for language in Language::ALL {
            let text = message(Messages(language), "Acme", &Secret::new("012345".to_owned()), "keys.acme.test");
            assert!(text.ends_with("\n@keys.acme.test #012345") && text.matches("012345").count() == 2, "{text}");
        }
    }
}
