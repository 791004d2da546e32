//! What the first pass over a body finds, compared with what a parser finds.

use keystead_core::usage::ImageTraits;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// The maxima of all routes.
const MAXIMA: &[&str] = &["max_tokens", "max_completion_tokens", "max_output_tokens"];

fn stated(body: &str) -> Stated {
    Outline::of(body.as_bytes(), MAXIMA).unwrap().stated
}

fn read_as(body: &str) -> String {
    let outline = Outline::of(body.as_bytes(), MAXIMA).unwrap();
    String::from_utf8(outline.readable(body.as_bytes()).into_owned()).unwrap()
}

#[test]
fn figures_are_found_however_they_are_written() {
    for (body, answers, written) in [
        (r#"{"max_tokens":5,"n":3}"#, 3, 15),
        (r#" { "max_tokens" : 5 , "\u006e" : 3 } "#, 3, 15),
        (r#"{"max_tokens":5,"max_tokens":1,"n":1,"n":2}"#, 2, 10),
        (r#"{"x":{"n":9},"messages":[{"n":9,"max_tokens":9}],"max_tokens":5}"#, 1, 5),
        (r#"{"x":"\"n\":9,","max_tokens":5}"#, 1, 5),
        // As servers find fields that do not look at the case of letters.
        (r#"{"max_tokens":1,"Max_Tokens":5,"N":3}"#, 3, 15),
        ("{\"max_to\u{212a}ens\":5}", 1, 5),
        (r#"{"max_tokens":1e400}"#, 1, 1_000_000_000),
        (r#"{"max_tokens":5,"n":}"#, 1, 5),
        // What some servers read as no maximum bounds nothing, whatever else is stated.
        (r#"{"max_tokens":-1,"max_completion_tokens":5}"#, 1, 0),
        (r#"{"max_tokens":5,"max_completion_tokens":0}"#, 1, 0),
        (r#"{"max_tokens":"none","max_completion_tokens":5}"#, 1, 0),
        (r#"{"max_tokens":null,"max_completion_tokens":5}"#, 1, 5),
        (r#"{"max_tokens":"0x5","max_output_tokens":1}"#, 1, 0),
        (&format!(r#"{{"max_tokens":1,"max_output_tokens":"{}2"}}"#, " ".repeat(600)), 1, 0),
        ("[3]", 1, 0),
        ("", 1, 0),
    ] {
        let figures = stated(body).figures;
        assert_eq!((figures.answers(), figures.written()), (answers, written), "{body}");
    }
}

#[test]
fn a_number_of_answers_that_only_some_servers_read_is_noted() {
    for (body, unread) in [
        (r#"{"n":"0x2"}"#, Some("n")),
        (r#"{"best_of":"\u0663"}"#, Some("best_of")),
        ("{\"best_of\":\"\u{663}\"}", Some("best_of")),
        (r#"{"N":[2]}"#, Some("n")),
        (&format!(r#"{{"n":"{}2"}}"#, " ".repeat(600)), Some("n")),
        (r#"{"n":" 2.0 ","best_of":1e400}"#, None),
        // No server reads a number in it.
        (r#"{"n":"many","best_of":null}"#, None),
    ] {
        assert_eq!(stated(body).figures.unread, unread, "{body:.40}");
    }
}

/// Only a name that is refused beside the true one may be taken for it.
#[test]
fn a_name_with_further_marks_is_another_name() {
    let dots = "\u{307}".repeat(9);
    let body = format!(r#"{{"quality":"hd","quality{dots}":"low","n":2,"n{dots}":9,"size":"2x2","si{dots}ze":"1x1"}}"#);
    let figures = stated(&body).figures;
    assert_eq!((figures.answers(), figures.images), (2, ImageTraits::read(Some("hd"), Some("2x2"))));
    assert_eq!(folded("Aud\u{130}o"), "audio");
    assert_eq!(stated("{\"s\u{130}ze\":\"1x1\"}").figures.images, ImageTraits::read(None, Some("1x1")));
}

#[test]
fn only_the_maxima_of_the_route_bound_an_answer() {
    let body = br#"{"max_tokens":7,"max_completion_tokens":5,"max_output_tokens":3,"n":2}"#;
    let cases: [(&[&str], u64); 3] =
        [(&["max_output_tokens"], 6), (&["max_tokens", "max_completion_tokens"], 14), (&[], 0)];
    for (maxima, written) in cases {
        assert_eq!(Outline::of(body, maxima).unwrap().stated.figures.written(), written, "{maxima:?}");
    }
}

/// A body of twenty megabytes has millions of numbers.
#[test]
fn an_outline_does_not_grow_with_its_body() {
    const fn is_kept_in_place<T: Copy>(_: &T) -> bool {
        true
    }
    let body = format!("[{}1]", "1e400,".repeat(1_000));
    assert!(is_kept_in_place(&Outline::of(body.as_bytes(), MAXIMA).unwrap()));
    assert_eq!(read_as(&body), format!("[{}1]", "0    ,".repeat(1_000)));
}

/// A later field, in any case, does not take back what an earlier one asked for.
#[test]
fn an_answer_may_outlive_its_request_if_any_field_says_so() {
    for (body, background) in [
        (r#"{"background":true,"Background":false}"#, true),
        (r#"{"background":false,"BACKGROUND":"no"}"#, true),
        (r#"{"background":null}"#, false),
    ] {
        assert_eq!(stated(body).figures.background, background, "{body}");
    }
}

#[test]
fn content_is_what_the_model_reads() {
    for (body, content, numbers) in [
        (r#"{"model":"a","input": "four" ,"user":"b"}"#, 4, 0),
        (r#"{"messages":[1,2],"tools":[{}],"metadata":{"a":7}}"#, 5, 3),
        (r#"{"input":[[1,2],[3]],"n":1}"#, 9, 3),
        (r#"{"Messages":"a","input":[],"prompt":7}"#, 1, 0),
        (&format!(r#"{{"{}":"a"}}"#, "messages".repeat(20)), 0, 0),
    ] {
        assert_eq!((stated(body).content, stated(body).numbers), (content, numbers), "{body}");
    }
}

#[test]
fn bodies_with_media_are_recognized() {
    for (body, media) in [
        (r#"{"messages":[{"role":"user","content":"an audio url, file_id: data:"}]}"#, false),
        (r#"{"messages":[{"content":[{"image_url":"https://example.com/a.png"}]}]}"#, true),
        (r#"{"messages":[{"content":[{"Image_URL":"https://example.com/a.png"}]}]}"#, true),
        (r#"{"messages":[{"content":[{"image\u005furl":"https://example.com/a.png"}]}]}"#, true),
        (r#"{"input":[{"type":"input_file","file_id":"file-1"}]}"#, true),
        (r#"{"input":[{"type":"input_audio","input_audio":{"data":"AAAA"}}]}"#, true),
        (r#"{"input":[{"result":"data:image/png;base64,AAAA"}]}"#, true),
        (r#"{"input":[{"type":"image_generation_call","result":"iVBORw0KGgo"}]}"#, true),
        (r#"{"input":[{"B64_json":"iVBORw0KGgo"}]}"#, true),
        (r#"{"input":[{"file":{"file_data":"iVBORw0KGgo"}}]}"#, true),
        (r#"{"input":[{"source":{"data":"iVBORw0KGgo"}}]}"#, true),
        (r#"{"input":"a","metadata":{"total":"1"},"format":"json"}"#, false),
    ] {
        assert_eq!(stated(body).media, media, "{body}");
    }
}

#[test]
fn what_only_others_read_is_replaced() {
    let infinite = format!("[{}]", "9".repeat(400));
    let zero = format!("[0{}]", " ".repeat(399));
    for (body, read) in [
        (r#"["\ud83d\ude00","\ud83dx\ude00"]"#, r#"["\ud83d\ude00","\ufffdx\ufffd"]"#),
        (r#"["\\ud83d","\ud83d"#, r#"["\\ud83d","\ufffd"#),
        (r#"{"\udc00":1}"#, r#"{"\ufffd":1}"#),
        ("[1e400,-1E+999,1e-400,1e3]", "[0    ,0      ,1e-400,1e3]"),
        (&infinite, &zero),
        ("[1e4e4,\"1e400\"]", "[1e4e4,\"1e400\"]"),
        ("[01e400,1.e400,-.5e999]", "[01e400,1.e400,-.5e999]"),
    ] {
        assert_eq!(read_as(body), read);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\"\\\\{}\\[\\],: \u{e9}\n\u{1f600}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"\\\\\u{e9}\n]{0,4}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn numbers_within(value: &Value) -> u64 {
    let of = |inner: &Value| u64::from(inner.is_number()) + numbers_within(inner);
    match value {
        Value::Array(list) => list.iter().map(of).sum(),
        Value::Object(members) => members.values().map(of).sum(),
        _ => 0,
    }
}

proptest! {
    #[test]
    fn a_parser_finds_the_same(
        members in prop::collection::btree_map("n|max_tokens|messages|input|prompt|[a-z\"\\\\]{0,4}", any_value(), 0..6),
        pretty in any::<bool>(),
    ) {
        let members: Map<String, Value> = members.into_iter().collect();
        let body = Value::Object(members.clone());
        let written = if pretty { format!("{body:#}") } else { body.to_string() };
        let outline = Outline::of(written.as_bytes(), MAXIMA).unwrap();
        prop_assert_eq!(outline.readable(written.as_bytes()), written.as_bytes());
        prop_assert_eq!(outline.stated.numbers, members.values().map(numbers_within).sum::<u64>());
        let mut figures = Figures::default();
        members.iter().for_each(|(name, value)| figures.note(MAXIMA, name, value.to_string().as_bytes()));
        prop_assert_eq!(outline.stated.figures, figures);
        let content = members.iter().filter(|(name, _)| Content::of_field(name).is_some());
        let content: usize = content.map(|(_, value)| value.to_string().len().saturating_sub(2)).sum();
        let found = outline.stated.content;
        prop_assert!(found == content || (pretty && found > content), "{} for {}", found, content);
    }

    #[test]
    fn any_bytes_are_passed_over(text in "[a\\\\\"ud83{}\\[\\],:0-9eE.+ \u{e9}-]{0,60}") {
        if let Some(outline) = Outline::of(text.as_bytes(), MAXIMA) {
            prop_assert_eq!(outline.readable(text.as_bytes()).len(), text.len());
        }
    }
}
