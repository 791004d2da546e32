//! What is written is read, whatever it holds and wherever it is cut.

use proptest::prelude::*;

use keystead_core::budget::{Charge, Payers};
use keystead_core::usage::{ImageTraits, TokenParts};

use super::super::tests::event;
use super::*;

fn read(line: &[u8]) -> Line {
    Reader::default().read(line)
}

/// Returns the events that are read from the text, with their positions, and the number of lines without an event.
fn read_all(text: &[u8]) -> (Vec<(i64, UsageEvent)>, usize) {
    let (mut reader, mut events, mut others) = (Reader::default(), Vec::new(), 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match reader.read(line) {
            Line::Event(place, event) => events.push((place, *event)),
            _ => others += 1,
        }
    }
    (events, others)
}

#[test]
fn what_is_written_is_read() {
    let (mut writer, mut text) = (Writer::default(), Vec::new());
    writer.write(&mut text, 41, &event(7)).unwrap();
    let first = text.len();
    writer.write(&mut text, 42, &event(8)).unwrap();
    assert_eq!(read_all(&text), (vec![(41, event(7)), (42, event(8))], 1), "one context");
    let second = &text[first..];
    assert!(second.len() < 100, "{}", String::from_utf8_lossy(second));
    // Without its context an event means nothing.
    assert_eq!(read(second), Line::Damaged);
    assert_eq!(read_all(&text[..text.len() - 1]), (vec![(41, event(7))], 2), "torn");
    for at in 0..text.len() - 1 {
        let mut text = text.clone();
        text[at] ^= 4;
        let (events, _) = read_all(&text);
        assert!(events.iter().all(|read| [(41, event(7)), (42, event(8))].contains(read)), "byte {at}");
        assert!(events.len() < 2, "byte {at}");
    }
    assert_eq!(read(&header()), Line::Header);
    assert_eq!(read(b"keystead usage 2\n"), Line::Header);
    assert_eq!(read(b"keystead usage 4\n"), Line::Header);
    assert_eq!(read(b"keystead usage 5\n"), Line::Foreign);
}

#[test]
fn a_context_is_written_once_while_it_is_remembered() {
    let (mut writer, mut text) = (Writer::default(), Vec::new());
    let contexts = MOST_CONTEXTS + 2;
    let events: Vec<_> = (0..2 * contexts)
        .map(|number| UsageEvent { model: format!("m{}", number % contexts).into(), ..event(number) })
        .collect();
    for (place, event) in events.iter().enumerate() {
        writer.write(&mut text, i64::try_from(place).unwrap(), event).unwrap();
    }
    let (read, others) = read_all(&text);
    assert!(read.iter().map(|(_, event)| event).eq(&events));
    assert!((contexts..=2 * contexts).contains(&others), "{others}");
    assert!(writer.contexts.len() <= MOST_CONTEXTS);
}

#[test]
fn every_member_of_an_event_is_kept() {
    let used = Quantities {
        requests: 1,
        input_tokens: 2,
        input_cached_tokens: 3,
        output_tokens: 4,
        images: 5,
        characters: 6,
        seconds: 7,
        tool_calls: 8,
        parts: TokenParts {
            cache_write: 9,
            audio_input: 10,
            reasoning: 11,
            audio_output: 12,
            image_input: 13,
            image_output: 14,
        },
    };
    for (estimated, stream, summary) in [(true, false, false), (false, true, false), (false, false, true)] {
        let once = summary.then(|| "resp_1/gpt-image-1".to_owned());
        let others = if estimated { u64::MAX << 1 } else { 0 };
        let payers = Payers(Payers::of_spend_limits(stream, summary).0 | others);
        let charge = Charge { admitted_at: Timestamp(9), payers };
        let event = UsageEvent { used, estimated, stream, summary, once, charge: Some(charge), ..event(3) };
        let mut text = Vec::new();
        Writer::default().write(&mut text, 0, &event).unwrap();
        assert_eq!(read_all(&text).0, [(0, event)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// With any content of the strings and any size of the figures.
    #[test]
    fn any_event_is_kept(
        names in proptest::array::uniform4(any::<String>()), figures in proptest::array::uniform15(any::<i64>()),
        once: bool, flags: [bool; 3], charged: Option<(i64, u64)>, status: u16, picos in 0i64..1_000_000,
    ) {
        let [at, used @ ..] = figures;
        let used = Quantities::of_figures(used);
        let [owner, model, request, name] = names;
        let event = UsageEvent {
            at: Timestamp(at),
            owner: owner.into(),
            model: model.into(),
            used,
            cost: Amount::of_parts(at / 2_000_000, picos),
            status,
            estimated: flags[0],
            request: request.into(),
            stream: flags[1],
            summary: flags[2],
            once: once.then_some(name),
            charge: charged.map(|(at, payers)| Charge { admitted_at: Timestamp(at), payers: Payers(payers) }),
            ..event(1)
        };
        let mut text = Vec::new();
        Writer::default().write(&mut text, at, &event).unwrap();
        prop_assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 2);
        prop_assert_eq!(read_all(&text), (vec![(at, event)], 1));
    }
}

// Files of the previous format have one object in each line.
#[test]
fn objects_are_read() {
    let mut text = b"7 ".to_vec();
    serde_json::to_writer(&mut text, &event(7)).unwrap();
    let line = [&checksum(&text)[..], b" ", &text, b"\n"].concat();
    assert_eq!(read(&line), Line::Event(7, Box::new(event(7))));
}

// An upgrade must not lose what is in the spool: these bytes were written by version 0.1.0.
#[test]
fn lines_of_the_first_version_are_read() {
    const OLD: &str = include_str!("../old_lines.txt");
    for (number, line) in OLD.split_inclusive('\n').enumerate() {
        let Line::Event(place, event) = read(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(place, i64::try_from(number).unwrap());
        assert_eq!((event.used.requests, event.used.input_tokens, event.status), (1, 5, 200));
        assert_eq!((event.stream, event.summary), (number == 1, number == 1));
    }
    assert_eq!(OLD.lines().count(), 2);
}

/// A line of images without a known quality is as earlier versions wrote it.
#[test]
fn the_quality_of_images_is_kept_where_it_is_known() {
    for quality in [Some("hd"), None] {
        let images = ImageTraits::read(quality, Some("1024x1024"));
        let event = UsageEvent { attributes: Attributes::default().with_images(images), ..event(3) };
        let mut text = Vec::new();
        Writer::default().write(&mut text, 0, &event).unwrap();
        let text_of = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(text_of.contains("\"quality\""), quality.is_some(), "{text_of}");
        assert_eq!(read_all(&text).0, [(0, event)]);
    }
}

/// A line of an earlier version names the two spend limits by flags, and no other budget.
#[test]
fn charges_of_earlier_versions_are_read() {
    let limits = Payers::of_spend_limits(true, true);
    let charged =
        |payers: Payers| UsageEvent { charge: Some(Charge { admitted_at: Timestamp(7), payers }), ..event(1) };
    let written = |payers: Payers| {
        let mut text = Vec::new();
        Writer::default().write(&mut text, 0, &charged(payers)).unwrap();
        text
    };
    let (old, new) = (written(limits), written(Payers(limits.0 | 1 << 63)));
    assert!(old.ends_with(b",null,7]\n"), "as earlier versions wrote it: {}", String::from_utf8_lossy(&old));
    assert!(new.ends_with(b",null,7,9223372036854775808]\n"), "{}", String::from_utf8_lossy(&new));
    assert_eq!(read_all(&old).0, [(0, charged(limits))]);
}
