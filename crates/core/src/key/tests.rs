use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

fn tags(byte: u8) -> TagKeys {
    TagKeys::new(Secret::new([byte; 32]), Vec::new())
}

#[test]
fn minted_keys_parse_and_have_the_lengths_that_clients_know() {
    // S1-28: project keys begin with sk-proj-; clients know keys of these lengths.
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let lengths = [(KeyKind::Project, 164), (KeyKind::ServiceAccount, 167), (KeyKind::Admin, 165), (KeyKind::User, 51)];
    for (kind, length) in lengths {
        let key = ApiKey::mint(kind, &tags(1), &mut rng);
        let text = key.secret().expose();
        assert_eq!(text.len(), length);
        assert!(!text.contains("T3BlbkFJ"), "the foreign marker is never minted");
        assert_eq!(ApiKey::parse(text, &tags(1)).map(|k| k.kind()), Ok(kind));
        assert_eq!(ApiKey::parse(text, &tags(2)).map(|k| k.kind()), Err(Malformed::Tag));
    }
}

#[test]
fn a_replaced_tag_secret_still_opens_old_keys() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let old = ApiKey::mint(KeyKind::Project, &tags(1), &mut rng);
    let rotated = TagKeys::new(Secret::new([2; 32]), vec![Secret::new([1; 32])]);
    assert!(ApiKey::parse(old.secret().expose(), &rotated).is_ok());
}

#[test]
fn every_key_within_a_text_is_a_candidate() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let keys = KeyKind::ALL.map(|kind| ApiKey::mint(kind, &tags(1), &mut rng).secret().expose().clone());
    let foreign = format!("sk-proj-{}T3BlbkFJ{}", "a".repeat(74), "b".repeat(74));
    // Other secrets come first, and characters of secrets are directly before and after the keys.
    let [a, b, c, d] = &keys;
    let text = format!("sk-ant-api03-0123456789 {foreign}\nKEY_{a}-sk-{b}{c}_ł{d}é sk-");
    let found: Vec<&str> = KeyCandidate::all_in(&text).map(|candidate| candidate.text).collect();
    assert_eq!(found, keys.iter().map(String::as_str).collect::<Vec<_>>());
    for none in ["", "sk-", "sk-sk-sk-", "łsk-ł"] {
        assert_eq!(KeyCandidate::all_in(none).count(), 0, "{none}");
    }
}

#[test]
fn digests_compare_whole() {
    // Digests with equal first bytes must not count as one key.
    for shared in [8, 16, 31] {
        let mut other = [9; 32];
        other[shared..].fill(1);
        assert_ne!(KeyDigest::from_bytes([9; 32]), KeyDigest::from_bytes(other));
    }
}

proptest! {
    #[test]
    fn any_changed_character_is_refused(seed: u64, position in 0usize..164, replacement in 33u8..127) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let key = ApiKey::mint(KeyKind::Project, &tags(1), &mut rng);
        let mut bytes = key.secret().expose().clone().into_bytes();
        prop_assume!(bytes[position] != replacement);
        bytes[position] = replacement;
        let text = String::from_utf8(bytes).unwrap_or_default();
        prop_assert!(ApiKey::parse(&text, &tags(1)).is_err());
    }

    #[test]
    fn any_text_is_answered(text in ".{0,400}") {
        prop_assert!(ApiKey::parse(&text, &tags(1)).is_err());
    }
}
