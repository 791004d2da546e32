//! Images of one answer, by quality and size.

use keystead_core::money::Micros;
use keystead_core::prices::images_of;
use keystead_core::route::MeterKind;

use super::*;
use crate::response::answer_reader::Reader;
use crate::response::event_stream::EventScan;
use crate::response::reported_usage::{End, Sent, counted};

/// What an answer to a request for images, or one of a response, has by quality and size.
fn by_traits(body: &str, tool: bool, sent: u64, price: &Price) -> Vec<(String, Quantities)> {
    let mut scan = EventScan::new(false);
    let mut reader = Reader::default();
    let found = if body.starts_with('{') {
        body.as_bytes().chunks(7).for_each(|piece| reader.feed(piece));
        reader.end_value();
        reader.found()
    } else {
        body.as_bytes().chunks(7).for_each(|piece| drop(scan.pass(&bytes::Bytes::copy_from_slice(piece))));
        scan.rest();
        scan.found()
    };
    let (kind, path) = (UsageKind::Images, "/v1/images/generations");
    let parts = if tool {
        Parts::of_tool(found, path, price).unwrap()
    } else {
        let end = if sent > 0 { End::Broken } else { End::Whole };
        let counted = counted(MeterKind::Image, found, end, || Sent { pictures: sent, ..Sent::default() }).unwrap();
        Parts::of_request((kind, path), found, counted, price, |_| ImageTraits::default())
    };
    let shown = |(counted, attributes): (Counted, Attributes)| (attributes.of_images().key(), counted.used);
    parts.earlier.into_iter().chain([parts.last]).map(shown).collect()
}

#[test]
fn images_of_one_answer_have_their_own_quality_and_size() {
    let price = Price { images: images_of([("hd/2x2", Ok(Micros(9)))]).unwrap(), ..Price::default() };
    let of = |images: i64| Quantities { images, ..Quantities::default() };
    let one = |images: i64| Quantities { requests: 1, ..of(images) };
    let row = |key: &str, used: Quantities| (key.to_owned(), used);

    // The items of a complete answer are alike.
    let list = r#"{"quality":"high","size":"1x1","data":[{"quality":"low"},{}]}"#;
    assert_eq!(by_traits(list, false, 0, &price), [row("high/1x1", one(2))]);
    assert_eq!(by_traits(r#"{"quality":"high","data":[]}"#, false, 0, &price), [row("high", one(0))]);

    let event = |kind: &str, quality: &str, size: &str| {
        format!(
            "data: {{\"type\":\"image_generation.{kind}\",\"quality\":\"{quality}\",\"size\":\"{size}\",\"usage\":{{\"input_tokens\":1,\"output_tokens\":2}}}}\n\n"
        )
    };
    let stream = [
        event("completed", "hd", "2x2"),
        event("partial_image", "low", "1x1"),
        event("completed", "low", "1x1"),
        event("completed", "hd", "2x2"),
    ]
    .concat();
    let tokens = |images: i64, input: i64| Quantities { input_tokens: input, output_tokens: 2 * input, ..one(images) };
    let rows = by_traits(&stream, false, 0, &price);
    assert_eq!(rows, [row("hd/2x2", of(2)), row("low/1x1", tokens(1, 3))]);
    // The last of three images did not arrive completely.
    let cut = [event("completed", "low", "1x1"), event("partial_image", "hd", "2x2")].concat();
    let rows = by_traits(&cut, false, 3, &price);
    assert_eq!(
        rows.iter().map(|(key, used)| (key.as_str(), used.images)).collect::<Vec<_>>(),
        [("hd/2x2", 2), ("low/1x1", 1)]
    );

    let call = |status: &str, quality: &str, size: &str| {
        format!(r#"{{"type":"image_generation_call","status":"{status}","quality":"{quality}","size":"{size}"}}"#)
    };
    let output = [
        call("completed", "hd", "2x2"),
        call("failed", "high", "3x3"),
        call("completed", "low", "1x1"),
        call("completed", "gold", "auto"),
        call("completed", "low", "1x1"),
    ]
    .join(",");
    let drawn = [row("", of(1)), row("hd/2x2", of(1)), row("low/1x1", one(2))];
    assert_eq!(by_traits(&format!(r#"{{"output":[{output}],"quality":"low"}}"#), true, 0, &price), drawn);
    let end = format!("data: {{\"type\":\"response.completed\",\"response\":{{\"output\":[{output}]}}}}\n\n");
    assert_eq!(by_traits(&end, true, 0, &price), drawn);
}
