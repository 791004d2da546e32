//! What answers of each kind come to.

use keystead_core::money::Micros;
use keystead_core::prices::images_of;

use super::*;
use crate::response::event_stream::EventScan;

fn organization(id: &str) -> OrganizationId {
    id.parse().unwrap()
}

const SENT: Sent = Sent { read: 40, pictures: 2, characters: 7, sound: Some((9, true)) };

fn read(meter: MeterKind, body: &str) -> Option<(Quantities, bool)> {
    let mut reader = Reader::default();
    reader.feed(body.as_bytes());
    reader.end_value();
    counted(meter, reader.found(), End::Whole, || SENT).map(|counted| (counted.used, counted.estimated))
}

/// Input, cached, output, and whether it is estimated.
fn tokens(body: &str) -> (i64, i64, i64, bool) {
    let (used, estimated) = read(MeterKind::Completion, body).unwrap();
    (used.input_tokens, used.input_cached_tokens, used.output_tokens, estimated)
}

#[test]
fn each_server_writes_usage_in_its_own_place_and_shape() {
    const TEXT: &str = r#""choices":[{"message":{"content":"one two three"}}]"#;
    for (usage, wanted) in [
        // OpenAI, vLLM, SGLang, TGI, llama.cpp, Ollama, LM Studio.
        (r#""usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}"#, (5, 0, 7, false)),
        (
            r#""usage":{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3}}"#,
            (5, 2, 7, false),
        ),
        (
            r#""usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":4,"total_tokens":7}"#,
            (3, 1, 4, false),
        ),
        (r#""usage":{"prompt_tokens":5,"completion_tokens":7,"prompt_tokens_details":null}"#, (5, 0, 7, false)),
        // Reasoning outside of the tokens written.
        (r#""usage":{"completion_tokens":6,"total_tokens":321,"prompt_tokens":21}"#, (21, 0, 300, false)),
        // Field names of DeepSeek, Moonshot, Mistral, Anthropic.
        (
            r#""usage":{"prompt_tokens":21,"completion_tokens":6,"prompt_cache_hit_tokens":20,"prompt_cache_miss_tokens":1}"#,
            (21, 20, 6, false),
        ),
        (r#""usage":{"prompt_tokens":21,"completion_tokens":6,"cached_tokens":20}"#, (21, 20, 6, false)),
        (r#""usage":{"prompt_tokens":21,"completion_tokens":6,"num_cached_tokens":20}"#, (21, 20, 6, false)),
        (r#""usage":{"input_tokens":21,"output_tokens":6,"cache_read_input_tokens":4}"#, (21, 4, 6, false)),
        // Groq.
        (r#""x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":7}}"#, (5, 0, 7, false)),
        // Gemini omits zeros.
        (r#""usage":{"prompt_tokens":5,"total_tokens":12}"#, (5, 0, 7, false)),
        // The best place wins wherever it occurs.
        (
            r#""usage":{"prompt_tokens":5,"completion_tokens":7},"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":9}}"#,
            (5, 0, 7, false),
        ),
        // Figures as text and as fractions.
        (r#""usage":{"prompt_tokens":"21","completion_tokens":"6"}"#, (21, 0, 6, false)),
        (r#""usage":{"prompt_tokens":21.0,"completion_tokens":5.5}"#, (21, 0, 6, false)),
        // Incomplete figures, or none.
        (r#""usage":{"total_tokens":9}"#, (6, 0, 3, true)),
        (r#""usage":{"total_tokens":"9"}"#, (6, 0, 3, true)),
        (r#""usage":{}"#, (40, 0, 3, true)),
        (r#""usage":null"#, (40, 0, 3, true)),
        (r#""usage":"21""#, (40, 0, 3, true)),
        (r#""usage":[21]"#, (40, 0, 3, true)),
        (r#""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, (40, 0, 3, true)),
        (r#""usage":{"prompt_tokens":5,"completion_tokens":0}"#, (5, 0, 3, true)),
        (r#""usage":{"prompt_tokens":5}"#, (5, 0, 3, true)),
        (r#""usage":{"completion_tokens":5}"#, (40, 0, 5, true)),
        // A field of another type affects only itself.
        (r#""data":"x","response":"done","usage":{"prompt_tokens":5,"completion_tokens":7}"#, (5, 0, 7, false)),
        (r#""data":5,"response":[1],"usage":{"prompt_tokens":5,"completion_tokens":7,"seconds":[]}"#, (5, 0, 7, false)),
        (r#""error":null,"usage":{"prompt_tokens":{"x":1},"completion_tokens":7}"#, (40, 0, 7, true)),
        // Fields that only look like usage.
        (r#""metadata":{"usage":{"prompt_tokens":1,"completion_tokens":1}}"#, (40, 0, 3, true)),
    ] {
        for body in [format!("{{{TEXT},{usage}}}"), format!("{{{usage},{TEXT}}}")] {
            assert_eq!(tokens(&body), wanted, "{body}");
        }
    }
    let within =
        r#"{"choices":[{"message":{"content":"one two three"},"usage":{"prompt_tokens":5,"completion_tokens":7}}]}"#;
    assert_eq!(tokens(within), (5, 0, 7, false));
    let response = r#"{"id":"resp_1","status":"completed","error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"one two three"}]}],"usage":{"input_tokens":3,"output_tokens":4}}"#;
    assert_eq!(tokens(response), (3, 0, 4, false));
}

#[test]
fn no_upstream_can_invent_a_bill() {
    for figure in ["-5", "18446744073709551615", "1e300", "\"7\"", "null", "[]", "0.5"] {
        let (input, _, output, _) =
            tokens(&format!(r#"{{"usage":{{"prompt_tokens":{figure},"completion_tokens":1}}}}"#));
        assert!((0..=keystead_core::usage::LARGEST_COUNT).contains(&input), "{figure}");
        assert_eq!(output, 1);
    }
}

#[test]
fn an_error_uses_nothing() {
    for body in [
        r#"{"error":{"message":"model crashed"}}"#,
        r#"{"error":"model crashed"}"#,
        r#"{"id":"resp_1","status":"failed","error":{"code":"server_error"},"output":[],"usage":null}"#,
    ] {
        assert_eq!(read(MeterKind::Completion, body), None, "{body}");
    }
    // With text or figures it used something.
    assert_eq!(tokens(r#"{"error":{"code":1},"usage":{"prompt_tokens":5,"completion_tokens":7}}"#), (5, 0, 7, false));
    assert_eq!(tokens(r#"{"error":{"code":1},"choices":[{"text":"one two"}]}"#), (40, 0, 2, true));
}

#[test]
fn only_the_text_of_an_answer_is_estimated() {
    for (body, written) in [
        (r#"{"choices":[{"text":"one two three"}]}"#, 3),
        (
            r#"{"choices":[{"message":{"role":"assistant","content":[{"type":"text","text":"one two"}],"refusal":"three"}}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"message":{"reasoning_content":"one two","reasoning":"one two","reasoning_details":[{"text":"one two"}],"content":"three"}}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"one two three"}]}]}}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"message":{"tool_calls":[{"id":"call_123456789","type":"function","function":{"name":"one","arguments":"two three"}}]}}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"message":{"audio":{"id":"audio_1","data":"QUFBQUFBQUFBQUFB","transcript":"one two three"}}}]}"#,
            3,
        ),
        (
            r#"{"output":[{"type":"reasoning","summary":[{"type":"summary_text","text":"one two"}]},{"type":"function_call","arguments":"three"}]}"#,
            3,
        ),
        (
            r#"{"choices":[{"message":{"content":"\u4eba\u4eba\u751f"},"logprobs":{"content":[{"token":"x","bytes":[1,2,3]}]}}]}"#,
            3,
        ),
    ] {
        assert_eq!(tokens(body), (40, 0, written, true), "{body}");
    }
}

#[test]
fn pictures_of_a_tool_are_found_in_the_output() {
    let call =
        |status: &str| format!(r#"{{"id":"ig_1","type":"image_generation_call","status":"{status}","result":"QUJD"}}"#);
    let count = |body: &str, step: usize| {
        let mut scan = EventScan::new(false);
        for piece in body.as_bytes().chunks(step) {
            scan.pass(&bytes::Bytes::copy_from_slice(piece));
        }
        scan.rest();
        scan.found().drawn().number()
    };
    let (one, failed) = (call("completed"), call("failed"));
    let message = r#"{"type":"message","content":[{"type":"output_text","text":"image_generation_call"}]}"#;
    let added = format!("data: {{\"type\":\"response.output_item.added\",\"item\":{one}}}\n\n");
    let done = format!("data: {{\"type\":\"response.output_item.done\",\"item\":{one}}}\n\n");
    let end =
        format!("data: {{\"type\":\"response.completed\",\"response\":{{\"output\":[{one},{message},{failed}]}}}}\n\n");
    for step in [1, 7, 1_000] {
        assert_eq!(count(&format!("{added}{done}{end}"), step), 1);
        assert_eq!(count(&format!("{added}{done}{done}"), step), 2, "the end never came");
        assert_eq!(count(&added, step), 0);
    }
    let mut reader = Reader::default();
    reader.feed(format!(r#"{{"id":"resp_1","output":[{one},{message},{failed},{one}]}}"#).as_bytes());
    reader.end_value();
    assert_eq!(reader.found().drawn().number(), 2);
}

#[test]
fn searches_of_hosted_tools_are_counted() {
    let call = |tool: &str, status: &str| {
        format!(r#"{{"id":"x_1","type":"{tool}_call","status":"{status}","action":{{"type":"search","query":"q"}}}}"#)
    };
    let (web, file) = (call("web_search", "completed"), call("file_search", "completed"));
    let visit = call("web_search", "completed").replace("\"search\"", "\"open_page\"");
    let others = ["failed", "in_progress", "incomplete"].map(|status| call("web_search", status)).join(",");
    let others = [others, call("computer", "completed"), visit].join(",");
    let counted = |body: &str, step: usize| {
        let mut scan = EventScan::new(false);
        body.as_bytes().chunks(step).for_each(|piece| drop(scan.pass(&bytes::Bytes::copy_from_slice(piece))));
        scan.rest();
        let payer = organization("org-one");
        tool_calls(scan.found(), &payer).map(|call| (call.kind, call.counted.used.tool_calls)).collect::<Vec<_>>()
    };
    let done = format!("data: {{\"type\":\"response.output_item.done\",\"item\":{web}}}\n\n");
    let end = format!(
        "data: {{\"type\":\"response.completed\",\"response\":{{\"output\":[{web},{file},{web},{others}]}}}}\n\n"
    );
    for step in [1, 7, 1_000] {
        assert_eq!(counted(&format!("{done}{done}"), step), [(UsageKind::WebSearchCalls, 2)]);
        let both = [(UsageKind::WebSearchCalls, 2), (UsageKind::FileSearchCalls, 1)];
        assert_eq!(counted(&format!("{done}{end}"), step), both);
    }
    assert_eq!(counted("data: {\"type\":\"response.completed\",\"response\":{\"output\":[]}}\n\n", 9), []);
}

/// What an answer names besides its figures becomes an attribute; names that an upstream invents do not.
#[test]
fn answers_name_attributes() {
    let read = |body: &str| {
        let mut reader = Reader::default();
        body.as_bytes().chunks(5).for_each(|piece| reader.feed(piece));
        reader.end_value();
        reader
    };
    let of = |kind: UsageKind, path: &str, body: &str| {
        let reader = read(body);
        let parts = Parts::of_request((kind, path), reader.found(), Counted::default(), &Price::default(), |_| {
            ImageTraits::default()
        });
        assert!(parts.earlier.is_empty());
        let (_, attributes) = parts.last;
        (attributes.detail.as_deref().map(str::to_owned), attributes.source.as_deref().map(str::to_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    for (body, tier) in [
        (r#"{"object":"chat.completion","service_tier":"flex","choices":[]}"#, some("flex")),
        (r#"{"type":"response.completed","response":{"service_tier":"default","output":[]}}"#, some("default")),
        (r#"{"service_tier":"gold","choices":[]}"#, None),
        (r#"{"service_tier":null,"choices":[{"message":{"service_tier":"flex"}}]}"#, None),
    ] {
        assert_eq!(of(UsageKind::Completions, "/v1/responses", body), (tier, None), "{body}");
        assert_eq!(of(UsageKind::Embeddings, "/v1/embeddings", body), (None, None), "{body}");
    }
    let body = r#"{"size":"1024x1536","data":[{}]}"#;
    assert_eq!(of(UsageKind::Images, "/v1/images/edits", body), (some("1024x1536"), some("image.edit")));
    let body = r#"{"size":"auto","data":[{}]}"#;
    assert_eq!(of(UsageKind::Images, "/v1/images/generations", body), (None, some("image.generation")));

    let calls = |payer: &str, tools: &str| {
        let call = |name: &str| format!(r#"{{"type":"{name}_call","status":"completed"}}"#);
        let code = r#"{"type":"code_interpreter_call","status":"completed","container_id":"cntr_1"}"#;
        let output = [call("web_search"), call("file_search"), code.to_owned(), code.to_owned()].join(",");
        let reader = read(&format!(r#"{{"tools":[{tools}],"output":[{output}]}}"#));
        let shown = |call: ToolUse| (call.attributes.detail.as_deref().map(str::to_owned), call.once);
        tool_calls(reader.found(), &organization(payer)).map(shown).collect::<Vec<_>>()
    };
    let session = (None, some("org-one/cntr_1/code_interpreter_sessions"));
    let tools =
        r#"{"type":"web_search","search_context_size":"high"},{"type":"file_search","vector_store_ids":["vs_1"]}"#;
    assert_eq!(calls("org-one", tools), [(some("high"), None), (some("vs_1"), None), session.clone()]);
    let other = (None, some("org-two/cntr_1/code_interpreter_sessions"));
    assert_eq!(calls("org-two", tools).last(), Some(&other), "the same name is another container there");
    let tools = r#"{"type":"file_search","vector_store_ids":["vs_1","vs_2"]}"#;
    let several = calls("org-one", tools);
    assert_eq!(several, [(some("medium"), None), (None, None), session], "several stores are none");
}

#[test]
fn images_cost_by_what_the_request_states() {
    let table = images_of([("hd/2x2", Ok(Micros(9))), ("gold", Ok(Micros(5)))]).unwrap();
    let (priced, flat) = (Price { images: table, ..Price::default() }, Price::default());
    let traits = |text: (&str, &str)| ImageTraits::read(Some(text.0), Some(text.1));
    for (price, asked, answered, expected) in [
        (&flat, ("low", "1x1"), ("high", "2x2"), ("high", "2x2")),
        (&flat, ("low", "1x1"), ("auto", ""), ("low", "1x1")),
        (&flat, ("gold", ""), ("", "2x2"), ("", "2x2")),
        (&priced, ("hd", "2x2"), ("gold", "1x1"), ("hd", "2x2")),
        (&priced, ("auto", "auto"), ("gold", "1x1"), ("gold", "1x1")),
        // No row names what the request states.
        (&priced, ("low", "1x1"), ("hd", "2x2"), ("hd", "2x2")),
        (&priced, ("low", "1x1"), ("", ""), ("low", "1x1")),
        (&priced, ("silver", ""), ("bronze", ""), ("", "")),
    ] {
        let got = price.images_as_charged(traits(asked), traits(answered));
        assert_eq!(got, traits(expected), "{asked:?} {answered:?}");
        // Never more than what is set aside.
        let most = price.for_images_at_most(traits(asked)).image;
        assert!(price.for_images(got).image <= most, "{asked:?} {answered:?}");
    }
}

#[test]
fn other_kinds() {
    let picked = |meter, body| {
        let (used, estimated) = read(meter, body).unwrap();
        (used.input_tokens, used.output_tokens, used.images, used.seconds, used.characters, estimated)
    };
    for (meter, body, wanted) in [
        (
            MeterKind::Embedding,
            r#"{"data":[1,2],"usage":{"prompt_tokens":9,"total_tokens":9}}"#,
            (9, 0, 0, 0, 0, false),
        ),
        (MeterKind::Embedding, r#"{"data":[1,2],"usage":{"total_tokens":9}}"#, (9, 0, 0, 0, 0, false)),
        (MeterKind::Embedding, r#"{"data":[1,2],"usage":{"total_tokens":0}}"#, (40, 0, 0, 0, 0, true)),
        (MeterKind::Moderation, r#"{"results":[]}"#, (40, 0, 0, 0, 0, true)),
        (MeterKind::Image, r#"{"data":[{},{}]}"#, (0, 0, 2, 0, 0, false)),
        (MeterKind::Image, r#"{"data":[]}"#, (0, 0, 0, 0, 0, false)),
        (MeterKind::Image, r#"{"created":1}"#, (0, 0, 2, 0, 0, true)),
        (
            MeterKind::Image,
            r#"{"data":[{"b64_json":"A"}],"usage":{"input_tokens":3,"output_tokens":4}}"#,
            (3, 4, 1, 0, 0, false),
        ),
        (MeterKind::Speech, "sound", (0, 0, 0, 0, 7, false)),
        (MeterKind::Transcription, r#"{"text":"x","usage":{"type":"duration","seconds":2.2}}"#, (0, 0, 0, 3, 0, false)),
        (MeterKind::Transcription, r#"{"task":"transcribe","duration":8.47,"text":"x"}"#, (0, 0, 0, 9, 0, false)),
        (MeterKind::Transcription, r#"{"duration":"8.47","text":"x"}"#, (0, 0, 0, 9, 0, false)),
        (
            MeterKind::Transcription,
            r#"{"text":"x","usage":{"type":"tokens","input_tokens":14,"output_tokens":5,"total_tokens":19}}"#,
            (14, 5, 0, 9, 0, false),
        ),
        (MeterKind::Transcription, "1\n00:00:00,000 --> 00:00:02,000\nx\n", (0, 0, 0, 9, 0, false)),
    ] {
        assert_eq!(picked(meter, body), wanted, "{body}");
    }
    let unknown = counted(MeterKind::Transcription, Reader::default().found(), End::Whole, Sent::default).unwrap();
    assert_eq!((unknown.used.seconds, unknown.estimated), (1, true));
    let left = abandoned(MeterKind::Completion, SENT);
    assert_eq!((left.used.input_tokens, left.used.output_tokens, left.estimated), (40, 0, true));
    assert_eq!(abandoned(MeterKind::Image, SENT).used.images, 2);
    assert_eq!(abandoned(MeterKind::Transcription, SENT).used.seconds, 9);
}
