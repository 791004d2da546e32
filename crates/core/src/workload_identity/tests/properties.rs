//! What holds for any token, any conditions and any text.

use proptest::prelude::*;

use super::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c/]{0,4}".prop_map(Value::from)
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC{0,200}", expression in "[a-z.\\[\\]'\"+ ]{0,40}") {
        let _ = SubjectToken::parse(&text);
        let _ = check_address(&text, Some("http://127.0.0.1:1"));
        let _ = Transformations::read(&json!([{ "attribute": "x", "expression": expression }]));
    }

    /// More conditions never match more tokens, and a token that has the values matches.
    #[test]
    fn conditions_only_narrow(claims in prop::collection::btree_map("[a-d]", scalar(), 1..4), extra in ("[a-d]", scalar())) {
        let all: Map<String, Value> = claims.clone().into_iter().collect();
        let attributes = Attributes::new(&all, &Transformations::default());
        let wanted = Matchers::read(&Value::Object(all.clone())).unwrap();
        prop_assert!(wanted.match_all(&attributes));
        let mut more = all.clone();
        more.insert(extra.0.clone(), extra.1.clone());
        let more = Matchers::read(&Value::Object(more)).unwrap();
        prop_assert_eq!(more.match_all(&attributes), all.get(&extra.0) == Some(&extra.1));
    }

    /// A key never outlives an hour or its token, whatever the token says.
    #[test]
    fn accepted_claims_give_short_keys(exp in -100i64..1_000_000, iat in -1_000_000i64..200) {
        if let Ok(claims) = check(&[("exp", json!(NOW.0 + exp)), ("iat", json!(NOW.0 + iat))]) {
            let end = key_end(NOW, claims.expires_at);
            prop_assert!(end > NOW && end <= NOW.plus(3_600) && end <= NOW.plus(exp));
        }
    }
}
