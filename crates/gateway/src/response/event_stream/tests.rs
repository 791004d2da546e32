use keystead_core::route::MeterKind;
use proptest::prelude::*;

use super::*;
use crate::response::reported_usage::{Counted, End, Sent, counted};

fn through(stream: &[u8], strip: bool, step: usize) -> (String, Option<Counted>) {
    let mut scan = EventScan::new(strip);
    let mut out = Vec::new();
    for chunk in stream.chunks(step) {
        out.extend_from_slice(&scan.pass(&Bytes::copy_from_slice(chunk)));
    }
    out.extend_from_slice(&scan.rest());
    let sent = || Sent { read: 40, ..Sent::default() };
    (String::from_utf8_lossy(&out).into_owned(), counted(MeterKind::Completion, scan.found(), End::Whole, sent))
}

/// Tokens read and written, and whether they are estimated.
fn tokens(stream: &str) -> Option<(i64, i64, bool)> {
    let (_, used) = through(stream.as_bytes(), false, 7);
    used.map(|counted| (counted.used.input_tokens, counted.used.output_tokens, counted.estimated))
}

#[test]
fn usage_is_read_and_only_our_own_chunk_is_taken_out() {
    const STREAM: &str = concat!(
        ": hello\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}],\"usage\":null}\n\n",
        "data: {\"choices\":[{}], \"usage\" : null, \"id\":\"c\"}\r\n\r\n",
        "data: {\"choices\":[{\"content\":\"usage\",\"usage\":null}],\"usage\":null}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\n",
        "data: [DONE]\n\n",
    );
    let clean = concat!(
        ": hello\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":null\"}}]}\n\n",
        "data: {\"choices\":[{}], \"id\":\"c\"}\r\n\r\n",
        "data: {\"choices\":[{\"content\":\"usage\",\"usage\":null}]}\n\n",
        "data: [DONE]\n\n",
    );
    for step in 1..STREAM.len() {
        let (kept, used) = through(STREAM.as_bytes(), false, step);
        assert_eq!(kept, STREAM, "step {step}");
        assert_eq!(used.map(|c| (c.used.input_tokens, c.used.output_tokens, c.estimated)), Some((5, 7, false)));
        let (stripped, again) = through(STREAM.as_bytes(), true, step);
        assert_eq!(stripped, clean, "step {step}");
        assert_eq!(again, used);
    }
}

#[test]
fn what_the_gateway_did_not_cause_stays() {
    const USAGE: &str = "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}";
    for (event, wanted) in [
        // It contains only usage and what each chunk has: removed.
        (
            "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],USAGE}",
            None,
        ),
        ("{\"id\":\"c\",\"choices\":null,USAGE}", None),
        ("{\"id\":\"c\",USAGE}", None),
        ("{USAGE}", None),
        (
            "{\"choices\":[],\"service_tier\":\"default\",\"system_fingerprint\":\"f\",\"obfuscation\":\"x\",USAGE}",
            None,
        ),
        ("{\"choices\":[],\"timings\":null,USAGE}", None),
        // With other fields, it stays without the usage.
        ("{\"choices\":[],USAGE,\"timings\":{\"n\":1}}", Some("{\"choices\":[],\"timings\":{\"n\":1}}")),
        ("{\"choices\":[],\"x_groq\":{\"id\":\"r\"},USAGE}", Some("{\"choices\":[],\"x_groq\":{\"id\":\"r\"}}")),
        (
            "{\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}],USAGE}",
            Some("{\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}"),
        ),
        ("{USAGE,\"choices\":[{}]}", Some("{\"choices\":[{}]}")),
        ("{USAGE,\"choices\":[{}],USAGE}", Some("{\"choices\":[{}]}")),
        // A null usage in a chunk that has no choices yet.
        (
            "{\"choices\":[],\"usage\":null,\"prompt_filter_results\":[]}",
            Some("{\"choices\":[],\"prompt_filter_results\":[]}"),
        ),
    ] {
        let event = event.replace("USAGE", USAGE);
        for end in ["\n\n", "\r\n\r\n", "\r\r", ""] {
            let stream = format!("data: {{\"choices\":[{{}}]}}\n\nevent: {{x\ndata: {event}{end}");
            let wanted = wanted.map(|data| format!("event: {{x\ndata: {data}{end}")).unwrap_or_default();
            let wanted = format!("data: {{\"choices\":[{{}}]}}\n\n{wanted}");
            for step in [1, 2, 7, 1_000] {
                let (stripped, used) = through(stream.as_bytes(), true, step);
                assert_eq!(stripped, wanted, "{stream:?} by {step}");
                let used = used.unwrap().used;
                let said = if stream.contains("_tokens") { (5, 7) } else { (40, 0) };
                assert_eq!((used.input_tokens, used.output_tokens), said, "{stream:?}");
            }
        }
    }
}

#[test]
fn every_line_end_ends_a_line() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = "\u{feff}data: {\"choices\":[],\ndata:\"usage\":{\"prompt_tokens\":5,\ndata:\"completion_tokens\":7}}\nid: 1\n\n: x\n\ndata: [DONE]\n\n";
        let stream = stream.replace('\n', end);
        let kept = format!(": x{end}{end}data: [DONE]{end}{end}");
        for step in 1..stream.len() {
            let (stripped, used) = through(stream.as_bytes(), true, step);
            assert_eq!(stripped, kept, "{end:?} by {step}");
            assert_eq!(used.map(|c| (c.used.input_tokens, c.used.output_tokens)), Some((5, 7)), "{end:?} by {step}");
        }
    }
}

#[test]
fn nothing_is_held_back_that_is_whole() {
    for end in ["\n\n", "\r\n\r\n", "\r\r", "\n\r", "\r\n\n", "\n\r\n", "\r\n\r"] {
        let mut scan = EventScan::new(true);
        let event = Bytes::from(format!("data: {{\"choices\":[{{}}]}}{end}"));
        for _ in 0..3 {
            assert_eq!(scan.pass(&event), event, "{end:?}");
        }
    }
    // The second half of the last line end arrives alone.
    let mut scan = EventScan::new(true);
    assert_eq!(scan.pass(&Bytes::from_static(b"data: 1\r\n\r")), &b"data: 1\r\n\r"[..]);
    assert_eq!(scan.pass(&Bytes::from_static(b"\n")), &b"\n"[..]);
    assert_eq!(scan.pass(&Bytes::from_static(b"data: 2\r\n\r\n")), &b"data: 2\r\n\r\n"[..]);
}

#[test]
fn a_stream_without_figures_is_worth_its_text() {
    let event = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word \"}}]}\n\n";
    assert_eq!(tokens(&event.repeat(12)), Some((40, 12, true)));
    let responses = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"delta\":\"word \"}\n\n".repeat(12);
    assert_eq!(tokens(&responses), Some((40, 12, true)));
    // What closing events repeat counts once.
    let whole = "word ".repeat(12);
    let closing = format!(
        "data: {{\"type\":\"response.output_text.done\",\"text\":\"{whole}\"}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{{\"output\":[{{\"content\":[{{\"text\":\"{whole}\"}}]}}]}}}}\n\n"
    );
    assert_eq!(tokens(&(responses + &closing)), Some((40, 12, true)));
    assert_eq!(tokens(&closing), Some((40, 12, true)));
    for kind in
        ["response.reasoning_text", "response.function_call_arguments", "response.refusal", "response.audio.transcript"]
    {
        let event = format!("data: {{\"type\":\"{kind}.delta\",\"delta\":\"word \"}}\n\n");
        assert_eq!(tokens(&event.repeat(12)), Some((40, 12, true)), "{kind}");
    }
    // Sound is not text.
    let sound = "data: {\"type\":\"response.audio.delta\",\"delta\":\"QUFBQUFBQUFBQUFB\"}\n\n";
    assert_eq!(tokens(&sound.repeat(12)), Some((40, 0, true)));
}

#[test]
fn the_last_figures_count() {
    let cumulative: String = (1..=9)
        .map(|n| {
            format!("data: {{\"choices\":[{{}}],\"usage\":{{\"prompt_tokens\":5,\"completion_tokens\":{n}}}}}\n\n")
        })
        .collect();
    assert_eq!(tokens(&cumulative), Some((5, 9, false)));
    let zeros = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n";
    assert_eq!(tokens(&(cumulative + zeros)), Some((5, 9, false)));
}

#[test]
fn an_error_before_any_text_uses_nothing() {
    let error = "data: {\"error\":{\"message\":\"model crashed\"}}\n\n";
    assert_eq!(tokens(error), None);
    assert_eq!(
        tokens("event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"x\"}\n\n"),
        None
    );
    let failed = "data: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"x\"},\"usage\":null}}\n\n";
    assert_eq!(tokens(failed), None);
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n";
    assert_eq!(tokens(&format!("{text}{error}")), Some((40, 1, true)));
}

#[test]
fn pictures_of_a_stream() {
    let images = |stream: &str, end| {
        let mut scan = EventScan::new(false);
        scan.pass(&Bytes::copy_from_slice(stream.as_bytes()));
        scan.rest();
        counted(MeterKind::Image, scan.found(), end, || Sent { pictures: 3, ..Sent::default() })
            .map(|c| (c.used.images, c.used.output_tokens, c.estimated))
    };
    let partial = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"A\"}\n\n";
    let done = "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"A\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}\n\n";
    let edited = done.replace("image_generation", "image_edit");
    assert_eq!(images(&format!("{partial}{partial}{done}"), End::Whole), Some((1, 4, false)));
    assert_eq!(images(&format!("{edited}{edited}"), End::Whole), Some((2, 8, false)));
    // The name of the event is as good as its data.
    assert_eq!(images("event: image_edit.completed\ndata: {\"b64_json\":\"A\"}\n\n", End::Whole), Some((1, 0, false)));
    assert_eq!(images(partial, End::Broken), Some((3, 0, true)));
    assert_eq!(images(done, End::Broken), Some((3, 4, true)));
    assert_eq!(images("data: {\"error\":{\"message\":\"x\"}}\n\n", End::Whole), None);
}

#[test]
fn one_event_of_any_length_is_read_and_memory_is_bounded() {
    let long = "y".repeat(3 << 20);
    for strip in [false, true] {
        let mut scan = EventScan::new(strip);
        let mut passed = 0;
        let head = "data: {\"type\":\"response.completed\",\"response\":{\"instructions\":\"";
        let tail = "\",\"usage\":{\"input_tokens\":5,\"output_tokens\":7}}}\n\n";
        for piece in [head, &long, &long, &long, &long, tail] {
            passed += scan.pass(&Bytes::copy_from_slice(piece.as_bytes())).len();
            assert!(scan.held.len() <= LONGEST, "{}", scan.held.len());
        }
        assert_eq!(passed, head.len() + 4 * long.len() + tail.len());
        let used = counted(MeterKind::Completion, scan.found(), End::Whole, Sent::default).unwrap();
        assert_eq!((used.used.input_tokens, used.used.output_tokens, used.estimated), (5, 7, false));
    }
}

proptest! {
    #[test]
    fn whatever_passes_unstripped_passes_whole_and_stripping_only_shortens(
        pieces in proptest::collection::vec(prop_oneof![
            Just("data: ".to_owned()), Just("\n".to_owned()), Just("\r".to_owned()), Just("\r\n".to_owned()),
            Just("{\"choices\":[{}],\"usage\":null}".to_owned()), Just("{\"usage\":{\"prompt_tokens\":1}}".to_owned()),
            Just("event: x".to_owned()), Just("\u{feff}".to_owned()), "[ -~]{0,6}",
        ], 0..24),
        step in 1usize..9,
    ) {
        let stream = pieces.concat();
        let (kept, used) = through(stream.as_bytes(), false, step);
        prop_assert_eq!(&kept, &stream);
        let (stripped, again) = through(stream.as_bytes(), true, step);
        prop_assert!(stripped.len() <= stream.len());
        prop_assert_eq!(used, again);
        if !stream.contains("usage") {
            prop_assert_eq!(stripped, stream);
        }
    }
}
