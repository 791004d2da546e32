//! What bodies are estimated at, and the most that they can be.

use super::*;
use crate::request::json_outline::Outline;

/// A picture of 1024 by 1024.
fn png() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x06\0\0\0".to_vec();
    png.resize(1 << 20, 7);
    png
}

/// What a body states on a route that has all maxima.
fn stated(body: &[u8]) -> Stated {
    Outline::of(body, &["max_tokens", "max_completion_tokens", "max_output_tokens"]).unwrap().stated
}

fn of(body: &[u8]) -> TokenEstimate {
    super::of(body, &stated(body))
}

fn read(body: &str) -> u64 {
    of(body.as_bytes()).read
}

fn limited(body: &str) -> TokenEstimate {
    for_limits(body.as_bytes(), &stated(body.as_bytes()))
}

#[test]
fn bodies_are_estimated() {
    for (body, read, written, answers) in [
        (r#"{"model":"gpt-4o","messages":[{"role":"user","content":"one two three"}],"max_tokens":50}"#, 3, 50, 1),
        (r#"{"input":"abcd","max_output_tokens":7,"max_tokens":9,"n":3}"#, 1, 27, 3),
        (r#"{"input":[1,2,3,[4,5]],"max_tokens":null}"#, 5, 0, 1),
        (r#"{"max_tokens":1,"max_tokens":99,"n":-4,"x":-1,"y":0.5,"z":true,"w":null}"#, 0, 99, 1),
        (r#"{"max_tokens":1e30,"prompt":"日本"}"#, 2, 1_000_000_000, 1),
        // As lenient servers read them.
        (r#"{"max_tokens":"20","n":2.0}"#, 0, 40, 2),
        (r#"{"max_tokens":10.5,"n":"many"}"#, 0, 11, 1),
        (r#"{"max_tokens":"1_0","n":"\u0032"}"#, 0, 20, 2),
        (r#"{"max_tokens":1e400}"#, 0, 1_000_000_000, 1),
        // A number that is too large hides nothing that follows it.
        (r#"{"messages":[{"content":"one","x":1e400}],"max_tokens":5,"n":3}"#, 2, 15, 3),
        // Each prompt has its own answers; a list of tokens is one.
        (r#"{"prompt":["one","two",[1,2]],"n":2,"max_tokens":5}"#, 4, 30, 6),
        (r#"{"prompt":[1,2,3],"max_tokens":5}"#, 3, 5, 1),
        (r#"{"prompt":{"id":"p"},"max_output_tokens":5}"#, 0, 5, 1),
        (r#"{"max_tokens":-1,"max_completion_tokens":5}"#, 0, 0, 1),
        (
            r#"{"max_tokens":18446744073709551615,"n":18446744073709551615}"#,
            0,
            1_000_000_000_000_000_000,
            1_000_000_000,
        ),
        // Fields that the model does not read.
        (r#"{"metadata":{"a":"one two three"},"user":"one","stop":["one"],"model":"one"}"#, 0, 0, 1),
        ("[", 0, 0, 1),
    ] {
        let asked = of(body.as_bytes());
        assert_eq!((asked.read, asked.written, asked.answers), (read, written, answers), "{body}");
    }
    let tools = r#"{"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"town":{"type":"string"}}}}}]}"#;
    assert!((10..=20).contains(&read(tools)), "{}", read(tools));
    // Names count as they are written: three words are not one long one.
    let named = |name: &str| read(&format!(r#"{{"tools":[{{"{name}":1}}]}}"#));
    assert!(named("getWeatherOfTown") < named("getweatheroftown"), "{}", named("getWeatherOfTown"));
}

#[test]
fn no_text_is_more_tokens_than_the_bound() {
    for body in [
        r#"{"messages":[{"role":"user","content":"one two three"}]}"#,
        r#"{"input":[1,2,3,[4,5]]}"#,
        r#"{"input":"日本語のテキスト"}"#,
        r#"{"messages":[{"content":[{"type":"input_image","file_id":"file-123"}]}]}"#,
    ] {
        let asked = of(body.as_bytes());
        assert!(asked.read <= asked.most_read, "{body}");
        assert!(asked.most_read <= u64::try_from(body.len()).unwrap() + 765, "{body}");
    }
    // An encoded picture counts what it shows, not its length.
    let long = "A".repeat(1 << 20);
    let png = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png());
    for part in [
        format!(r#"{{"type":"input_file","file_data":"data:application/pdf;base64,{long}"}}"#),
        format!(r#"{{"type":"image_generation_call","result":"{png}"}}"#),
    ] {
        assert!(of(format!(r#"{{"input":[{part}]}}"#).as_bytes()).most_read < 20_000, "{part:.60}");
    }
    // Text that only looks like a file is read as text.
    for text in [format!("data:application/pdf;base64,{long}"), format!("data:image/png;base64,{long}")] {
        for body in [
            format!(r#"{{"messages":[{{"role":"user","content":"{text}"}}]}}"#),
            format!(r#"{{"input":[{{"type":"input_text","text":"{text}"}}]}}"#),
            format!(r#"{{"prompt":"{text}"}}"#),
        ] {
            assert!(of(body.as_bytes()).most_read >= long.len() as u64, "{body:.60}");
        }
    }
    // Text under names that the client chose is no picture, sound or file, whatever the names are.
    for content in [
        format!(r#""prompt":{{"id":"p","variables":{{"image_url":"{text}","input_audio":"{text}"}}}}"#, text = long),
        format!(r#""messages":[{{"tool_calls":[{{"function":{{"arguments":{{"image_url":"{long}"}}}}}}]}}]"#),
        format!(r#""messages":[],"documents":[{{"image_url":"{long}"}}]"#),
        format!(r#""input":[{{"action":{{"env":{{"input_audio":"{long}"}}}}}},{{"attributes":{{"data":"{png}"}}}}]"#),
    ] {
        let (body, least) = (format!("{{{content}}}"), content.matches(&*long).count().max(1) * long.len());
        assert!(of(body.as_bytes()).most_read >= least as u64, "{body:.90}");
    }
    let file = r#"{"prompt":{"variables":{"scan":{"type":"input_file","file_id":"file-1"}}}}"#;
    assert_eq!(read(file), 765);
    let body = format!(r#"{{"input":[{{"type":"input_image","image_url":"data:image/png;base64,{long}"}}]}}"#);
    assert!(of(body.as_bytes()).most_read < 2_000);
}

/// Where the content is not read, its length says what limits of tokens set aside.
#[test]
fn short_texts_are_a_token_for_four_bytes() {
    let text = "one two three four".repeat(100);
    for (body, tokens) in [
        (format!(r#"{{"model":"gpt-4o","input":"{text}"}}"#), (text.len() as u64).div_ceil(4)),
        (r#"{"input":"日本語"}"#.to_owned(), 3),
        (r#"{"input":[1,2,3,4,5]}"#.to_owned(), 5),
        (r#"{"model":"gpt-4o"}"#.to_owned(), 0),
        // Any escape may hide what is more than text.
        (r#"{"input":"\u65e5\u672c\u8a9e"}"#.to_owned(), read(r#"{"input":"日本語"}"#)),
    ] {
        assert_eq!(limited(&body).read, tokens, "{body:.60}");
    }
}

/// A picture of one color is shorter than the tokens that it is read as.
#[test]
fn short_pictures_count_what_they_show() {
    let png = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png().get(..60).unwrap());
    for part in [
        format!(r#"{{"type":"image_generation_call","result":"{png}"}}"#),
        format!(r#"{{"source":{{"type":"base64","data":"{png}"}}}}"#),
    ] {
        let body = format!(r#"{{"input":[{part}]}}"#);
        for asked in [of(body.as_bytes()), limited(&body)] {
            assert!(asked.read == 765 && asked.most_read >= 765, "{asked:?} {body}");
        }
    }
    // Without a name that says so, it is text.
    assert!(read(&format!(r#"{{"input":"{png}"}}"#)) < 100);
}

/// What a number hides that our parser does not read.
#[test]
fn content_behind_a_number_that_is_too_large_counts() {
    let picture = r#"{"type":"input_image","image_url":"https://example.com/a.png"}"#;
    let body = format!(r#"{{"x":1e400,"messages":[{{"content":[1e999,{picture}]}}]}}"#);
    for asked in [of(body.as_bytes()), limited(&body)] {
        assert!(asked.read >= 765 && asked.most_read >= 765, "{asked:?}");
    }
}

/// A body of which no content is read has the same bounds.
#[test]
fn short_bodies_have_the_same_bounds() {
    let long = "one ".repeat(SHORT);
    for body in [
        r#"{"model":"gpt-4o","messages":[{"role":"user","content":"one two three"}],"max_tokens":50,"n":2}"#,
        r#"{"input":"one","max_output_tokens":7,"background":true,"tools":[{"type":"function","name":"f"}]}"#,
        r#"{"prompt":["one","two",[1,2]],"n":2,"max_tokens":5}"#,
        r#"{"prompt":["one"],"max_tokens":"5","best_of":3.0}"#,
        r#"{"messages":[{"content":"one","x":1e400}],"max_tokens":5,"n":3}"#,
        r#"{"messages":[{"content":[{"type":"input_image","image_url":"https://example.com/a.png"}]}]}"#,
        r#"{"messages":[{"content":[{"type":"input_image","image\u005furl":"https://example.com/a.png"}]}]}"#,
        r#"{"messages":[{"content":[{"type":"input_file","file_id":"file-1"}]}]}"#,
        r#"{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}"#,
        r#"{"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBERi0="}}]}]}"#,
        &format!(r#"{{"input":"{long}","max_output_tokens":7}}"#),
        r#"{"prompt":"one","n":2,"size":"1024x1536","quality":"hd"}"#,
        r#"{"prompt":"one","x":1e400,"size":"1024x1536","quality":"hd"}"#,
        "[",
    ] {
        let bounds =
            |asked: TokenEstimate| (asked.most_read, asked.written, asked.answers, asked.background, asked.images);
        assert_eq!(bounds(limited(body)), bounds(of(body.as_bytes())), "{body:.90}");
    }
}

/// What we cannot read, and some servers can, hides no figure.
#[test]
fn figures_behind_what_only_others_read_count() {
    for (body, written, answers) in [
        (r#"{"\ud83d":1,"max_tokens":5,"n":3}"#, 15, 3),
        (r#"{"prompt":"one \ud83d","max_tokens":5,"n":3}"#, 15, 3),
        (r#"{"messages":[{"content":"\udc00"}],"max_tokens":5,"n":3}"#, 15, 3),
        (r#"{"prompt":1e400,"max_tokens":5,"n":3}"#, 15, 3),
        (r#"{"prompt":["one",[1e400],"two"],"max_tokens":5,"n":2}"#, 30, 6),
        (r#"{"prompt":["\ud83d","two"],"messages":[1e400],"max_tokens":5,"n":2}"#, 20, 4),
    ] {
        for asked in [of(body.as_bytes()), limited(body)] {
            assert_eq!((asked.written, asked.answers), (written, answers), "{body}");
        }
    }
    assert!(read(r#"{"messages":[{"content":"one two three \udc00"}]}"#) >= 3);
    for (background, expected) in [("true", true), ("\"true\"", true), ("1", true), ("false", false), ("null", false)] {
        let body = format!(r#"{{"background":{background}}}"#);
        assert_eq!(of(body.as_bytes()).background, expected, "{body}");
    }
}

#[test]
fn requests_state_the_quality_and_size_of_images() {
    for (body, quality, size) in [
        (r#"{"prompt":"one","size":"1024x1536","quality":"HD"}"#, "hd", "1024x1536"),
        (r#"{"quality":"low"}"#, "low", ""),
        (r#"{"size":"auto","quality":"auto"}"#, "", ""),
        (r#"{"size":7,"quality":null}"#, "", ""),
        (r#"{"input":[{"size":"1x1"}]}"#, "", ""),
    ] {
        let expected = ImageTraits::read(Some(quality), Some(size));
        assert_eq!((of(body.as_bytes()).images, limited(body).images), (expected, expected), "{body}");
    }
}

#[test]
fn pictures_sounds_and_files_are_worth_what_they_show() {
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, png());
    let picture = format!("data:image/png;base64,{encoded}");
    let message = |part: &str| {
        format!(r#"{{"messages":[{{"role":"user","content":[{{"type":"text","text":"one two three"}},{part}]}}]}}"#)
    };
    for (part, tokens) in [
        (format!(r#"{{"type":"image_url","image_url":{{"url":"{picture}"}}}}"#), 765),
        (format!(r#"{{"type":"image_url","image_url":{{"url":"{picture}","detail":"low"}}}}"#), 85),
        (format!(r#"{{"type":"image_url","image_url":{{"detail":"low","url":"{picture}"}}}}"#), 85),
        (format!(r#"{{"type":"image_url","image_url":{{"detail":"auto","url":"{picture}"}}}}"#), 765),
        (format!(r#"{{"type":"input_image","image_url":"{picture}"}}"#), 765),
        (format!(r#"{{"type":"input_image","image_url":"{picture}","detail":"low"}}"#), 85),
        (
            format!(r#"{{"type":"image","source":{{"type":"base64","media_type":"image/png","data":"{encoded}"}}}}"#),
            765,
        ),
        (r#"{"type":"image_url","image_url":{"url":"https://example.com/a/rather/long/address.png"}}"#.to_owned(), 765),
        (r#"{"type":"input_image","image_url":"https://example.com/a.png","detail":"low"}"#.to_owned(), 85),
        (r#"{"type":"input_image","file_id":"file-123"}"#.to_owned(), 765),
        (r#"{"type":"input_file","file_id":"file-123"}"#.to_owned(), 765),
        (r#"{"type":"input_file","file_url":"https://example.com/a.pdf"}"#.to_owned(), 765),
        (r#"{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}"#.to_owned(), 10),
        (
            r#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}}"#
                .to_owned(),
            765,
        ),
    ] {
        assert_eq!(read(&message(&part)), 3 + tokens, "{part:.90}");
    }
    // The Responses API writes parts one level higher.
    let input = format!(
        r#"{{"input":[{{"type":"message","role":"user","content":[{{"type":"input_image","image_url":"{picture}"}}]}}]}}"#
    );
    assert_eq!(read(&input), 765);
    // Text that only looks encoded is text.
    let letters = read(&format!(r#"{{"input":"{}"}}"#, "QUJD".repeat(1_000)));
    assert!((1_000..=4_000).contains(&letters), "{letters}");
}
