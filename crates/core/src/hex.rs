//! Bytes as hexadecimal text. Both directions take the same time for every content, so they may be used for keys.

/// Encodes bytes as lowercase digits.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// Decodes digits of either case. Other characters, or half a byte at the end, make the whole text invalid.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// Decodes `2 * N` digits of either case into exactly `N` bytes.
#[must_use]
pub fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = base16ct::mixed::decode(text, &mut bytes).ok()?.len();
    (length == N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bad_pair_refuses_the_whole_text() {
        for bad in ["0", "012", "zz", "00zz", "zz00", "+1", "-1", " 1", "0x", "1 ", "ą", "00 00", "\u{ff10}0"] {
            assert_eq!(decode(bad), None, "{bad:?}");
            assert_eq!(decode_array::<1>(bad), None, "{bad:?}");
        }
        assert_eq!(decode_array::<2>("00"), None, "too short");
        assert_eq!(decode_array::<2>("000000"), None, "too long");
        assert_eq!(decode_array::<2>("aBCd"), Some([0xab, 0xcd]));
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = encode(&bytes);
            prop_assert_eq!(&text, &bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            prop_assert_eq!(decode(&text), Some(bytes.clone()));
            prop_assert_eq!(decode(&text.to_uppercase()), Some(bytes));
        }
    }
}
