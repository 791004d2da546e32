//! Forms in pieces of any size, and refused forms.

use super::*;

fn form(parts: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in parts {
        text.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    text + "--b--\r\n"
}

fn scan(text: &str, step: usize) -> Result<Option<String>, Malformed> {
    let mut scan = FormScan::new("b");
    for chunk in text.as_bytes().chunks(step) {
        scan.feed(chunk)?;
    }
    Ok(scan.model().map(str::to_owned))
}

#[test]
fn finds_the_model_however_the_bytes_arrive() {
    let text = form(&[("file", "\r\n--a\r\nname=\"model\"\r\n\r\nx"), ("model", "whisper-1"), ("language", "en")]);
    for step in 1..text.len() {
        assert_eq!(scan(&text, step), Ok(Some("whisper-1".to_owned())), "step {step}");
    }
    assert_eq!(scan(&form(&[("file", "x")]), 7), Ok(None));
}

#[test]
fn what_two_readers_could_read_in_two_ways_is_refused() {
    for head in [
        "Content-Disposition: form-data; name=\"mod\\el\"",
        "Content-Disposition: form-data; name*=utf-8''model",
        "Content-Disposition: form-data; name=\"file\"; name=\"model\"",
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data;\r\n name=\"model\"",
        "Content-Disposition: form-data; name=\"file\"\nContent-Disposition: form-data; name=\"model\"",
        "Content-Disposition: form-data; filename=\"x\\\"; name=\"model\"",
        "Content-Type: text/plain",
        "Content-Disposition: attachment; name=\"model\"",
        "Content-Disposition: form-data; name=\"model\"; filename=\"m\"",
        "Content-Disposition: form-data; name=\"model\"; filename*=utf-8''m",
        "Content-Disposition: form-data; name=\"model\"; name*0=\"x\"",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: quoted-printable",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-16",
        "Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-7",
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Type: multipart/mixed; boundary=c",
        "Content-Disposition: form-data; name=\"file\"\r\nContent-Type: text/plain\r\ncontent-type: text/html",
        "Content-Disposition: form-data; name=\"image[file_id]\"",
        "Content-Disposition : form-data; name=\"model\"",
    ] {
        let got = scan(&format!("--b\r\n{head}\r\n\r\no3\r\n--b--\r\n"), 9);
        assert!(matches!(got, Err(Malformed::Part(_))), "{head}: {got:?}");
    }
    let quoted = "--b\r\nContent-Disposition: form-data; filename=\"a; name=model\"; name=\"file\"\r\n\r\no3\r\n--b--";
    assert_eq!(scan(quoted, 3), Ok(None), "a quoted semicolon ends nothing");
    for text in [
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\n--b\r\n",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--b\r\n",
        "--bc\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--",
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--",
        "--b \r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b--\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\no3\r\n--b--",
    ] {
        for step in 1..text.len() {
            assert!(matches!(scan(text, step), Err(Malformed::Part(_))), "{text:?} by {step}");
        }
    }
}

#[test]
fn a_form_may_ask_for_a_stream() {
    let stream = |value: &str, step: usize| {
        let mut scan = FormScan::new("b");
        let text = form(&[("model", "gpt-image-1"), ("stream", value), ("prompt", "x")]);
        text.as_bytes().chunks(step).try_for_each(|chunk| scan.feed(chunk)).map(|()| scan.stream())
    };
    for step in 1..40 {
        assert_eq!((stream("true", step), stream("false", step)), (Ok(true), Ok(false)), "step {step}");
    }
    assert_eq!((stream("1", 9), stream("0", 9), stream("yes please", 9)), (Ok(true), Ok(false), Ok(true)));
    let twice = form(&[("model", "a"), ("stream", "false"), ("stream", "true")]);
    assert_eq!(scan(&twice, 5), Err(Malformed::Twice("stream")));
}

#[test]
fn a_form_states_the_quality_and_size_of_images() {
    let stated = |parts: &[(&str, &str)], step: usize| {
        let heard = Arc::<FormProgress>::default();
        let mut scan = FormScan::new("b").listening(Arc::clone(&heard));
        form(parts).as_bytes().chunks(step).try_for_each(|chunk| scan.feed(chunk)).unwrap();
        let images = *heard.images.lock().unwrap();
        (images, scan.model().map(str::to_owned))
    };
    let long = "x".repeat(1_000);
    for (size, quality, expected) in [
        ("1024x1792", "hd", (Some("hd"), Some("1024x1792"))),
        (" 1024x1792 ", "auto", (None, Some("1024x1792"))),
        ("auto", "", (None, None)),
        ("", long.as_str(), (None, None)),
    ] {
        let parts = [("size", size), ("model", "dall-e-2"), ("quality", quality), ("prompt", "x")];
        for step in [1, 7, 4_096] {
            let expected = (ImageTraits::read(expected.0, expected.1), Some("dall-e-2".to_owned()));
            assert_eq!(stated(&parts, step), expected, "{size:?} {quality:?} by {step}");
        }
    }
    let twice = form(&[("model", "a"), ("size", "1x1"), ("size", "2x2")]);
    assert_eq!(scan(&twice, 5), Err(Malformed::Twice("size")));
}

/// More images than are set aside for a form are refused, however their number is written.
#[test]
fn a_form_states_how_many_images_it_asks_for() {
    let stated = |count: &str, step: usize| {
        let heard = Arc::<FormProgress>::default();
        let mut scan = FormScan::new("b").listening(Arc::clone(&heard));
        let text = form(&[("model", "gpt-image-1"), ("n", count), ("prompt", "x")]);
        let read = text.as_bytes().chunks(step).try_for_each(|chunk| scan.feed(chunk));
        read.map(|()| heard.count.load(Ordering::Relaxed))
    };
    for step in [1, 7, 4_096] {
        for (text, count) in [("10", 10), (" 3 ", 3), ("2.5", 3), ("many", 0), ("", 0), ("-4", 0)] {
            assert_eq!(stated(text, step), Ok(count), "{text:?} by {step}");
        }
        for text in ["11", "1e3", "5_0", &"0".repeat(1_000)] {
            assert!(matches!(stated(text, step), Err(Malformed::Part(_))), "{text:.9} by {step}");
        }
    }
    let twice = form(&[("model", "a"), ("n", "1"), ("n", "9")]);
    assert_eq!(scan(&twice, 5), Err(Malformed::Twice("n")));
}

#[test]
fn two_models_are_refused() {
    let text = form(&[("model", "a"), ("model", "b")]);
    assert_eq!(scan(&text, 5), Err(Malformed::Twice("model")));
}

#[test]
fn names_that_some_readers_take_for_a_watched_one_are_refused() {
    for (name, known) in [
        ("Model", "model"),
        (" model", "model"),
        ("MODEL ", "model"),
        ("model[]", "model"),
        ("Model[0]", "model"),
        ("svg[model]", "model"),
        ("svg[Model]", "model"),
        ("\u{17f}tream", "stream"),
        ("Stream", "stream"),
        ("N", "n"),
        ("n[]", "n"),
        ("Quality", "quality"),
        (" size", "size"),
        ("\u{17f}ize[0]", "size"),
    ] {
        let text = form(&[("model", "whisper-1"), (name, "o3")]);
        assert_eq!(scan(&text, 7), Err(Malformed::Near(name.to_owned(), known)), "{name}");
    }
    for name in [
        "language",
        "timestamp_granularities[]",
        "models",
        "upstream",
        "known_speaker_names[]",
        "metadata[size]",
        "NN",
        "size_of_file",
    ] {
        assert_eq!(scan(&form(&[(name, "x"), ("model", "a")]), 7), Ok(Some("a".to_owned())), "{name}");
    }
}

#[test]
fn a_form_ends() {
    let whole = form(&[("model", "whisper-1"), ("file", "x")]);
    for end in 0..whole.len() - 2 {
        let mut scan = FormScan::new("b");
        scan.feed(&whole.as_bytes()[..end]).unwrap();
        assert_eq!(
            scan.finish().is_ok(),
            whole[..end].ends_with("--b--") || whole[..end].ends_with("--b--\r"),
            "{end}"
        );
    }
}

#[test]
fn a_files_name_is_bytes() {
    for name in [&b"\x95\x5c.wav"[..], b"\xe8\xa1\xa8.wav", b"\x83e\x83X\x83g.wav", b"a\\b.wav"] {
        let head = [b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"", name, b"\"\r\n"].concat();
        let rest = b"Content-Type: audio/wav\r\n\r\nRIFF\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n\r\nwhisper-1\r\n--b--\r\n";
        let text = [&head[..], rest].concat();
        for step in [1, 5, 1_000] {
            let mut scan = FormScan::new("b");
            text.chunks(step).try_for_each(|chunk| scan.feed(chunk)).unwrap();
            assert_eq!((scan.model(), scan.finish()), (Some("whisper-1"), Ok(())), "{name:?} by {step}");
        }
    }
}
