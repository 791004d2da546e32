//! Bodies with one meaning, and bodies that two readers would read in two ways.

use keystead_core::route::{self, Method, Route};

use super::*;

fn route(path: &str) -> &'static Route {
    route::ROUTES.iter().find(|route| route.path == path && route.method == Method::Post).unwrap()
}

fn peek_at(path: &str, body: impl Into<Bytes>) -> Result<Peek, ErrorResponse> {
    text_of(body.into()).and_then(|body| peek(route(path), &body))
}

fn chat(body: impl Into<Bytes>) -> Result<Peek, ErrorResponse> {
    peek_at("/v1/chat/completions", body)
}

fn responses(body: impl Into<Bytes>) -> Result<Peek, ErrorResponse> {
    peek_at("/v1/responses", body)
}

fn named(peek: &Peek, need: RequiredOwner) -> Vec<&str> {
    peek.objects.iter().filter(|(_, needed)| **needed == need).map(|(id, _)| id.as_str()).collect()
}

#[test]
fn reads_what_the_gate_needs() {
    let body =
        Bytes::from_static(br#"{"model":"o3","stream":true,"reasoning":{"summary":"auto"},"x":[{"model":"y"}]}"#);
    let peeked = responses(body).unwrap();
    assert_eq!((peeked.model.as_deref(), peeked.stream, peeked.summary), (Some("o3"), true, true));
}

#[test]
fn one_value_for_gate_and_upstream() {
    // A second field with another model, plain or escaped, is refused.
    for body in
        [r#"{"model":"a","model":"b"}"#, r#"{"model":"a","m\u006fdel":"b"}"#, r#"{"stream":true,"stream":false}"#]
    {
        assert_eq!(chat(body).unwrap_err().status, 400, "{body}");
    }
}

#[test]
fn depth_is_bounded_wherever_it_stands() {
    for member in ["messages", "input", "reasoning", "stream_options"] {
        let body = |depth: usize| {
            Bytes::from(format!(r#"{{"model":"a","{member}":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)))
        };
        assert!(responses(body(63)).is_ok(), "{member}");
        let wire = responses(body(64)).unwrap_err();
        assert!(wire.message.contains("deeper than 64 levels"), "{member}: {}", wire.message);
    }
}

#[test]
fn hostile_bodies_are_answered() {
    let deep = "[".repeat(100_000);
    for body in ["", "{", "[]", "null", "\u{0}", r#"{"model":5}"#, r#"{"model":"a"} x"#, deep.as_str()] {
        let wire = chat(body.to_owned()).unwrap_err();
        assert_eq!((wire.status, wire.kind), (400, "invalid_request_error"), "{body:.20}");
    }
}

#[test]
fn the_usage_chunk_is_asked_for_without_touching_the_rest() {
    for (body, wanted) in [
        (
            r#"{"model":"a", "stream":true }"#,
            Some(r#"{"model":"a", "stream":true ,"stream_options":{"include_usage":true}}"#),
        ),
        (
            r#"{"stream_options":{"x":1.50},"stream":true}"#,
            Some(r#"{"stream_options":{"include_usage":true,"x":1.50},"stream":true}"#),
        ),
        (
            r#"{"stream_options":{ },"stream":true}"#,
            Some(r#"{"stream_options":{"include_usage":true },"stream":true}"#),
        ),
        (
            r#"{"stream_options":{"include_usage": false },"stream":true}"#,
            Some(r#"{"stream_options":{"include_usage": true },"stream":true}"#),
        ),
        (
            r#"{"stream_options": null,"stream":true}"#,
            Some(r#"{"stream_options": {"include_usage":true},"stream":true}"#),
        ),
        ("{\"stream\":true}\n", Some("{\"stream\":true,\"stream_options\":{\"include_usage\":true}}\n")),
        (r#"{"stream_options":{"include_usage":true},"stream":true}"#, None),
        (r#"{"stream":false}"#, None),
    ] {
        let bytes = Bytes::from(body);
        let peeked = chat(bytes.clone()).unwrap();
        let sent = peeked.splice.map(|splice| Bytes::from(pieces(&bytes, std::iter::once(&splice)).concat()));
        assert_eq!(sent, wanted.map(Bytes::from), "{body}");
    }
}

#[test]
fn members_in_another_case_are_named_and_refused() {
    // Servers that ignore case would take the last of the two.
    for (body, param) in [
        (r#"{"model":"gpt-4o","Model":"o3"}"#, "model"),
        (r#"{"Model":"o3"}"#, "model"),
        (r#"{"model":"gpt-4o","MODEL":"o3"}"#, "model"),
        (r#"{"model":"gpt-4o","m\u004fdel":"o3"}"#, "model"),
        (r#"{"model":"gpt-4o","STREAM":true}"#, "stream"),
        ("{\"model\":\"gpt-4o\",\"\u{17f}tream\":true}", "stream"),
        (r#"{"model":"gpt-4o","\u017ftream":true}"#, "stream"),
        ("{\"model\":\"gpt-4o\",\"max_to\u{212a}ens\":1}", "max_tokens"),
        ("{\"model\":\"gpt-4o\",\"aud\u{131}o\":{}}", "audio"),
        ("{\"model\":\"gpt-4o\",\"aud\u{130}o\":{}}", "audio"),
        (r#"{"model":"gpt-4o","stream":true,"stream_options":{"Include_Usage":true}}"#, "include_usage"),
        (r#"{"model":"gpt-4o","reasoning":{"Summary":"auto"}}"#, "summary"),
        (r#"{"model":"gpt-4o","tools":[{"type":"function"},{"Type":"image_generation"}]}"#, "type"),
        (r#"{"model":"gpt-4o","moderation":{"Model":"o3"}}"#, "model"),
        (r#"{"model":"gpt-4o","messages":[{"audio":{"ID":"audio_1"}}]}"#, "id"),
    ] {
        let wire = chat(body).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some(param)), "{body}");
        assert!(wire.message.contains("in case alone"), "{body}: {}", wire.message);
    }
    // Free fields may have any name.
    for body in [
        r#"{"model":"gpt-4o","metadata":{"Model":"o3","MODEL":"x"},"Temperature":1,"model ":"o3"}"#,
        r#"{"model":"gpt-4o","tools":[{"type":"function","function":{"parameters":{"properties":{"Model":{},"model":{}}}}}]}"#,
    ] {
        assert_eq!(chat(body).unwrap().model.as_deref(), Some("gpt-4o"), "{body}");
    }
}

#[test]
fn members_that_are_read_appear_once_at_every_level() {
    for (body, param) in [
        (r#"{"model":"a","stream_options":{"include_usage":true,"include_usage":false}}"#, "include_usage"),
        (r#"{"model":"a","tools":[{"type":"function","type":"image_generation"}]}"#, "type"),
        (r#"{"model":"a","tools":[{"type":"image_generation","model":"x","mod\u0065l":"y"}]}"#, "model"),
        (r#"{"model":"a","reasoning":{"summary":null,"summary":"auto"}}"#, "summary"),
        (r#"{"model":"a","max_output_tokens":1,"max_output_tokens":9}"#, "max_output_tokens"),
        (r#"{"model":"a","n":1,"n":9}"#, "n"),
        (r#"{"model":"a","input":[{"type":"item_reference","id":"a","id":"b"}]}"#, "id"),
        (r#"{"model":"a","conversation":{"id":"a","id":"b"}}"#, "id"),
    ] {
        let wire = responses(body).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some(param)), "{body}");
        assert!(wire.message.contains("appears twice"), "{body}: {}", wire.message);
    }
    assert!(responses(r#"{"model":"a","metadata":{"x":1,"x":2},"temperature":1,"temperature":2}"#).is_ok());
}

/// By these an image costs, and servers differ in which of two counts.
#[test]
fn the_quality_and_size_of_images_appear_once() {
    for (more, param) in [
        (r#""quality":"low","qual\u0069ty":"hd""#, "quality"),
        (r#""quality":"low","Quality":"hd""#, "quality"),
        (r#""size":"1x1","size":"2x2""#, "size"),
    ] {
        let wire = peek_at("/v1/images/generations", format!(r#"{{"model":"a",{more}}}"#)).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some(param)), "{more}");
    }
    assert!(peek_at("/v1/images/generations", r#"{"model":"a","quality":"hd","size":"1x1"}"#).is_ok());
}

#[test]
fn references_are_read_where_the_api_has_them() {
    let peeked = responses(
        r#"{"model":"a","previous_response_id":"resp_1","conversation":{"id":"conv_1"},"prompt":{"id":"pmpt_1","variables":
            {"file_id":"mine","scan":{"type":"input_file","file_id":"file-1"}}},
            "input":[
                {"content":[{"type":"input_file","file\u005fid":"file-2"},{"type":"input_image","file_id":"file-3"}]},
                {"type":"item_reference","id":"msg_1"},
                {"id":"rs_1"},
                {"type":null,"id":"rs_2"},
                {"type":"image_generation_call","id":"ig_1"},
                {"type":"image_generation_call","id":"ig_2","result":"abc"},
                {"type":"message","role":"assistant","id":"msg_2","content":[{"type":"output_text","text":"file_id",
                    "annotations":[{"type":"container_file_citation","container_id":"cntr_1","file_id":"cfile_1"}]}]},
                {"role":"user","id":"msg_3","content":"x"},
                {"type":"code_interpreter_call","id":"ci_1","container_id":"cntr_2"},
                {"type":"function_call_output","call_id":"call_1","output":[{"type":"input_image","file_id":"file-4"}]},
                {"type":"computer_call_output","call_id":"call_2","output":{"type":"computer_screenshot","file_id":"file-5"}},
                {"type":"shell_call","call_id":"call_3","environment":{"type":"container_reference","container_id":"cntr_3"}},
                {"type":"additional_tools","role":"developer","tools":[{"type":"file_search","vector_store_ids":["vs_2"]}]}
            ],
            "tools":[
                {"type":"code_interpreter","container":{"type":"auto","file_ids":["file-6","file-2"]}},
                {"type":"code_interpreter","container":"cntr_4"},
                {"type":"file_search","vector_store_ids":["vs_1"]},
                {"type":"shell","environment":{"type":"container_auto","file_ids":["file-7"],"skills":[{"skill_id":"skill_1"}]}},
                {"type":"mcp","server_label":"x","tunnel_id":"tunnel_1"},
                {"type":"image_generation","model":"gpt-image-1","input_image_mask":{"file_id":"file-8"}}
            ],
            "prompt_cache_options":{"comparison_response_id":"resp_2"},"request_id":"resp_3"}"#,
    )
    .unwrap();
    assert_eq!(
        named(&peeked, RequiredOwner::Own),
        [
            "cntr_3", "cntr_4", "conv_1", "file-1", "file-2", "file-3", "file-4", "file-5", "file-6", "file-7",
            "file-8", "ig_1", "msg_1", "pmpt_1", "resp_1", "resp_2", "rs_1", "rs_2", "skill_1", "tunnel_1", "vs_1",
            "vs_2",
        ]
    );
    assert_eq!(
        named(&peeked, RequiredOwner::NotAnothers),
        ["cfile_1", "ci_1", "cntr_1", "cntr_2", "ig_2", "msg_2", "msg_3", "resp_3"]
    );
    let peeked = responses(r#"{"model":"a","conversation":"conv_2","input":"x"}"#).unwrap();
    assert_eq!(named(&peeked, RequiredOwner::Own), ["conv_2"]);
    let peeked = chat(
        r#"{"model":"a","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]},
            {"role":"assistant","audio":{"id":"audio_1"}}],"audio":{"voice":{"id":"voice_1"}},"modalities":["text","audio"]}"#,
    )
    .unwrap();
    assert_eq!((named(&peeked, RequiredOwner::Own), peeked.audio), (vec!["audio_1", "file-1", "voice_1"], true));
    let peeked = peek_at(
        "/v1/images/edits",
        r#"{"model":"a","images":[{"file_id":"file-1"}],"mask":{"file_id":"file-2"},"prompt":"x"}"#,
    )
    .unwrap();
    assert_eq!(named(&peeked, RequiredOwner::Own), ["file-1", "file-2"]);
    let peeked = peek_at("/v1/audio/speech", r#"{"model":"a","input":"aé\ud800","voice":{"id":"voice_1"}}"#).unwrap();
    assert_eq!((named(&peeked, RequiredOwner::Own), peeked.input_characters), (vec!["voice_1"], 3));
    let peeked = peek_at("/v1/uploads/{id}/complete", r#"{"part_ids":["part_1","part_2","part_1"]}"#).unwrap();
    assert_eq!(named(&peeked, RequiredOwner::Own), ["part_1", "part_2"]);
    let peeked = peek_at("/v1/batches", r#"{"input_file_id":"file-1","metadata":{"file_id":"x"}}"#).unwrap();
    assert_eq!(named(&peeked, RequiredOwner::Own), ["file-1"]);
}

#[test]
fn what_only_looks_like_a_reference_is_none() {
    for body in [
        r#"{"model":"a","metadata":{"file_id":"x","conversation":"y","previous_response_id":"z"}}"#,
        r#"{"model":"a","text":{"format":{"type":"json_schema","schema":{"example":{"file_id":"x","vector_store_ids":["y"]}}}}}"#,
        r#"{"model":"a","tools":[{"type":"function","name":"f","parameters":{"properties":{"file_id":{"const":"x","file_id":"x"}}}}]}"#,
        r#"{"model":"a","input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"file_id\":\"x\"}"}]}"#,
        r#"{"model":"a","input":[{"type":"function_call_output","call_id":"c","output":"{\"file_id\":\"x\"}"}]}"#,
        r#"{"model":"a","input":[{"type":"tool_search_call","arguments":{"file_id":"x","container":"y"}}]}"#,
        r#"{"model":"a","input":[{"role":"user","content":"file_id"}]}"#,
        r#"{"model":"a","input":"file-1","instructions":"resp_1","user":"file_id"}"#,
        r#"{"model":"a","previous_response_id":null,"conversation":null,"extra":{"previous_response_id":"x"}}"#,
    ] {
        assert!(responses(body).unwrap().objects.is_empty(), "{body}");
    }
}

#[test]
fn objects_are_counted_once_and_bounded() {
    let named = |ids: &mut dyn Iterator<Item = String>| {
        let files: Vec<String> = ids.map(|id| format!(r#"{{"type":"input_file","file_id":"{id}"}}"#)).collect();
        format!(r#"{{"model":"a","input":[{{"role":"user","content":[{}]}}]}}"#, files.join(","))
    };
    let same = responses(named(&mut (0..20_000).map(|_| "file-1".to_owned()))).unwrap();
    assert_eq!(same.objects.len(), 1);
    let most = responses(named(&mut (0..1_000).map(|n| format!("file-{n}")))).unwrap();
    assert_eq!(most.objects.len(), 1_000);
    let wire = responses(named(&mut (0..1_001).map(|n| format!("file-{n}")))).unwrap_err();
    assert_eq!((wire.status, wire.param), (400, Some("file_id")));
    assert!(wire.message.contains("more than 1000 different objects"), "{}", wire.message);
}

#[test]
fn every_model_a_body_names_is_found() {
    let tool = |model: Option<&'static str>| Some(model);
    for (body, models, image) in [
        (r#"{"model":"a","tools":[{"type":"image_generation","model":"b"}]}"#, vec![], tool(Some("b"))),
        (r#"{"model":"a","tools":[{"type":"image_generation"}]}"#, vec![], tool(None)),
        (
            r#"{"model":"a","input":[{"type":"additional_tools","tools":[{"type":"image_generation","model":"b"}]}]}"#,
            vec![],
            tool(Some("b")),
        ),
        (
            r#"{"model":"a","tools":[{"type":"other","model":"b"},{"type":"image_generation","model":"c","svg":{"model":"d"}}]}"#,
            vec!["b", "d"],
            tool(Some("c")),
        ),
        (
            r#"{"model":"a","moderation":{"model":"b"},"models":["c","d"],"fallbacks":["e"],"draft_model":"f","plugins":[{"model":"g"}]}"#,
            vec!["b", "c", "d", "e", "f", "g"],
            None,
        ),
        (r#"{"model":"a","models":"b","fallbacks":null}"#, vec!["b"], None),
        (
            r#"{"model":"a","tools":[{"type":"function","name":"f","parameters":{"model":"b"}}],"metadata":{"model":"b"}}"#,
            vec![],
            None,
        ),
        (r#"{"model":"a","tool_choice":{"type":"image_generation"}}"#, vec![], None),
    ] {
        let peeked = responses(body).unwrap();
        let image: Option<ImageTool> = image.map(|model: Option<&str>| ImageTool {
            model: model.map(str::to_owned),
            inside: body.rfind(r#"{"type":"image_generation""#).unwrap() + 1,
        });
        assert_eq!(
            (peeked.models.iter().map(String::as_str).collect::<Vec<_>>(), &peeked.image_tool),
            (models, &image),
            "{body}"
        );
    }
    for (body, param) in [
        (r#"{"model":"a","fallbacks":[{"a":["b"]}]}"#, "fallbacks"),
        (r#"{"model":"a","models":[["b"]]}"#, "models"),
        (r#"{"model":"a","moderation":{"model":{}}}"#, "model"),
        (r#"{"model":["a"]}"#, "model"),
        (r#"{"model":{"a":1}}"#, "model"),
        (
            r#"{"model":"a","tools":[{"type":"image_generation","model":"b"},{"type":"image_generation","model":"c"}]}"#,
            "tools",
        ),
    ] {
        let wire = responses(body).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some(param)), "{body}: {}", wire.message);
    }
}

#[test]
fn an_image_model_is_written_into_the_tool_that_names_none() {
    let body = Bytes::from_static(br#"{"model":"a","tools":[ { "type":"image_generation" } ]}"#);
    let tool = responses(body.clone()).unwrap().image_tool.unwrap();
    let sent = Bytes::from(pieces(&body, std::iter::once(&tool.naming("gpt-\"1\""))).concat());
    assert_eq!(sent, r#"{"model":"a","tools":[ {"model":"gpt-\"1\"", "type":"image_generation" } ]}"#);
}

/// Tools within a tool are other objects.
#[test]
fn an_image_model_is_written_into_the_outer_tool() {
    let body = r#"{"model":"a","tools":[{"type":"image_generation","tools":[{"type":"function","name":"f"}]}]}"#;
    let body = Bytes::from_static(body.as_bytes());
    let tool = responses(body.clone()).unwrap().image_tool.unwrap();
    let sent = pieces(&body, std::iter::once(&tool.naming("b"))).concat();
    assert!(String::from_utf8(sent).unwrap().starts_with(r#"{"model":"a","tools":[{"model":"b","type":"image_gen"#));
}

#[test]
fn text_is_utf_8() {
    let sent = text_of(Bytes::from_static(b"\xef\xbb\xbf{\"model\":\"a\"}")).unwrap();
    assert_eq!(sent, "{\"model\":\"a\"}", "the mark is not sent on");
    let utf_16 = |mark: &[u8], big: bool| {
        let units = "{\"model\":\"a\"}".encode_utf16();
        let bytes = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        Bytes::from([mark.to_vec(), bytes.collect()].concat())
    };
    for body in [
        Bytes::from_static(b"{\"model\":\"gpt-4o\",\"user\":\"Ren\xe9\"}"),
        Bytes::from_static(b"{\"model\":\"gpt-4o\",\"user\":\"\xed\xa0\x80\"}"),
        utf_16(b"\xff\xfe", false),
        utf_16(b"\xfe\xff", true),
        utf_16(b"", false),
        utf_16(b"", true),
    ] {
        let wire = text_of(body.clone()).unwrap_err();
        assert!(wire.status == 400 && wire.message.contains("UTF-8"), "{body:?}: {}", wire.message);
    }
}

#[test]
fn half_a_surrogate_pair_passes_where_nothing_is_read() {
    for body in [
        r#"{"model":"gpt-4o","messages":[{"role":"user","content":"a\ud800b"}]}"#,
        r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"text","text":"\udc00\uD83d"}]}]}"#,
        r#"{"model":"gpt-4o","\ud800":1,"user":"\\ud800\\\ud800"}"#,
        r#"{"model":"gpt-4o","user":"\ud83d\ude00 \ud83dx"}"#,
    ] {
        assert_eq!(chat(body).unwrap().model.as_deref(), Some("gpt-4o"), "{body}");
    }
    let body = r#"{"user":"\ud800","stream":true,"stream_options":{},"model":"gpt-4o"}"#;
    let splice = chat(body).unwrap().splice.unwrap();
    let sent = Bytes::from(pieces(body.as_ref(), std::iter::once(&splice)).concat());
    assert_eq!(sent, r#"{"user":"\ud800","stream":true,"stream_options":{"include_usage":true},"model":"gpt-4o"}"#);
    assert_ne!(chat(r#"{"model":"o3\ud800"}"#).unwrap().model.as_deref(), Some("o3"));
    for body in [r#"{"model":"gpt-4o","user":"\ud80"}"#, r#"{"model":"gpt-4o","user":"\ud8zz"}"#] {
        assert_eq!(chat(body).unwrap_err().status, 400, "{body}");
    }
}

#[test]
fn numbers_of_any_size_pass() {
    assert!(chat(r#"{"model":"gpt-4o","seed":1e400,"n":1.50,"x":123456789012345678901234567890}"#).is_ok());
}

#[test]
fn only_true_asks_for_the_usage_chunk() {
    for value in ["0", "1", "\"false\"", "\"true\"", "\"no\"", "[]", "{}", "[true]"] {
        let body =
            Bytes::from(format!(r#"{{"model":"a","stream":true,"stream_options":{{"include_usage":{value}}}}}"#));
        let wire = chat(body).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some("stream_options.include_usage")), "{value}");
    }
    for options in ["5", "true", "\"x\"", "[]"] {
        let body = Bytes::from(format!(r#"{{"model":"a","stream":true,"stream_options":{options}}}"#));
        let wire = chat(body).unwrap_err();
        assert_eq!((wire.status, wire.param), (400, Some("stream_options")), "{options}");
    }
}
