//! What the gateway reads of a JSON body: the model, whether it streams, and the objects and further models it names.
//! It reads the same bytes that are forwarded.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};
use keystead_core::project_features::{HostedTools, RequestedTier};
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::{MeterKind, Route};
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::api_request::Features;
use crate::request::json_outline::{DEPTH, Outline, Stated};
use crate::request::json_shapes;
use crate::request::json_walk::{self, Found, ImageTool, RequiredOwner};
use crate::response::error_body::bad_body;

/// A mark that some editors put before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a body requests.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Peek {
    pub(crate) model: Option<String>,
    pub(crate) stream: bool,
    /// Whether reasoning summaries are requested.
    pub(crate) summary: bool,
    /// Whether the client itself requested the usage chunk.
    pub(crate) include_usage: bool,
    /// Where and how the usage chunk can be requested; `None` when the body's own options leave no place.
    pub(crate) splice: Option<Splice>,
    /// Characters of a string `input`, for speech.
    pub(crate) input_characters: i64,
    /// Ids of upstream objects that the body names, and the required owner.
    pub(crate) objects: BTreeMap<String, RequiredOwner>,
    /// Other models that the upstream may run for the request.
    pub(crate) models: Vec<String>,
    /// The image tool, if there is one.
    pub(crate) image_tool: Option<ImageTool>,
    /// The tools that the upstream itself would run.
    pub(crate) tools: HostedTools,
    /// The requested service tier.
    pub(crate) tier: RequestedTier,
    /// Where the project's default tier can be written; `None` when the request names a tier.
    pub(crate) tier_place: Option<TierPlace>,
    /// Whether the answer will have sound, which later requests can name by its id.
    pub(crate) audio: bool,
    /// How much it may use.
    pub(crate) stated: Stated,
}

impl Peek {
    /// The features that a gate or the project may refuse.
    pub(crate) const fn features(&self) -> Features {
        Features { stream: self.stream, summary: self.summary, tools: self.tools, tier: self.tier }
    }
}

/// Where a service tier can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TierPlace {
    /// In place of a value that leaves the choice to the project.
    Instead(usize, usize),
    /// As a further field, at the end of the body.
    Further(usize),
}

impl TierPlace {
    /// Finds the place in a body, if the route has a tier and the request leaves the choice.
    fn of(route: &Route, body: &[u8], found: &Found<'_>) -> Option<Self> {
        if !matches!(route.path, "/v1/chat/completions" | "/v1/responses") {
            return None;
        }
        match found.tier_value {
            None => body.iter().rposition(|byte| *byte == b'}').map(Self::Further),
            Some(raw) => {
                let start = raw.get().as_ptr() as usize - body.as_ptr() as usize;
                found.tier_is_open.then(|| Self::Instead(start, start + raw.get().len()))
            }
        }
    }

    /// Writes a tier.
    pub(crate) fn naming(self, tier: &str) -> Splice {
        match self {
            Self::Instead(start, end) => Splice { start, end, text: format!("\"{tier}\"") },
            // The body has a model, so a comma is needed.
            Self::Further(end) => Splice { start: end, end, text: format!(",\"service_tier\":\"{tier}\"") },
        }
    }
}

/// One change of a body: these bytes are replaced by this text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    start: usize,
    end: usize,
    text: String,
}

impl ImageTool {
    /// Inserts a model into a tool that names none, so that the upstream uses the one that was judged.
    pub(crate) fn naming(&self, model: &str) -> Splice {
        let text = format!("\"model\":{},", serde_json::Value::from(model));
        Splice { start: self.inside, end: self.inside, text }
    }
}

/// Returns the text of a body: UTF-8, without the mark that some editors put before it.
pub(crate) fn text_of(mut body: Bytes) -> Result<Bytes, ErrorResponse> {
    if body.starts_with(BYTE_ORDER_MARK) {
        body.advance(BYTE_ORDER_MARK.len());
    }
    // A zero byte at the start indicates UTF-16 or UTF-32, which some servers would detect and read.
    let zero = body.iter().take(4).any(|byte| *byte == 0);
    if zero || std::str::from_utf8(&body).is_err() {
        return Err(bad_body("The JSON body of your request must be UTF-8."));
    }
    Ok(body)
}

/// Parses a body that is text.
pub(crate) fn peek(route: &Route, body: &Bytes) -> Result<Peek, ErrorResponse> {
    let unread = |why: String| bad_body(format!("We could not parse the JSON body of your request: {why}."));
    let outline = Outline::of(body, json_shapes::maxima(route));
    let outline = outline.ok_or_else(|| unread(format!("it nests deeper than {DEPTH} levels")))?;
    let readable = outline.readable(body);
    let text = std::str::from_utf8(&readable).map_err(|_| unread("it is no UTF-8".to_owned()))?;
    let (found, read) = json_walk::read(json_shapes::of(route), text);
    if let Some(refused) = found.refused {
        return Err(refused);
    }
    read.map_err(|error| unread(format!("line {}, column {}", error.line(), error.column())))?;
    let has_answers = matches!(route.meter, MeterKind::Completion | MeterKind::Image);
    if let Some(name) = outline.stated.figures.unread.filter(|_| has_answers) {
        return Err(bad_body(format!("The member '{name}' must be a number.")).with_param(name));
    }
    let tier_place = TierPlace::of(route, text.as_bytes(), &found);
    let mut peek = Peek {
        stated: outline.stated,
        tier_place,
        model: found.model,
        stream: found.stream,
        summary: found.summary,
        input_characters: found.characters,
        objects: found.objects,
        models: found.models,
        audio: found.audio,
        tools: found.tools,
        tier: found.tier,
        ..Peek::default()
    };
    if peek.stream {
        (peek.include_usage, peek.splice) = usage_option(text.as_bytes(), found.stream_options)?;
    }
    let mut images = found.images.into_iter();
    peek.image_tool = images.next();
    if images.any(|other| Some(other.model) != peek.image_tool.as_ref().map(|tool| tool.model.clone())) {
        let message = "The tools of one request must make pictures with one model. Name the same in each.";
        return Err(bad_body(message).with_param("tools"));
    }
    Ok(peek)
}

/// Whether the client requested the usage chunk, and how to request it otherwise. Only `true` requests it; values that
/// servers read in different ways are refused, because an upstream could otherwise leave out usage that the gateway
/// expects.
fn usage_option(body: &[u8], options: Option<&RawValue>) -> Result<(bool, Option<Splice>), ErrorResponse> {
    const OPTION: &str = "\"include_usage\":true";
    let Some(options) = options else {
        let Some(end) = body.iter().rposition(|byte| *byte == b'}') else { return Ok((false, None)) };
        let comma = if body[..end].iter().rev().find(|b| !b.is_ascii_whitespace()) == Some(&b'{') { "" } else { "," };
        let text = format!("{comma}\"stream_options\":{{{OPTION}}}");
        return Ok((false, Some(Splice { start: end, end, text })));
    };
    let offset = |raw: &str| raw.as_ptr() as usize - body.as_ptr() as usize;
    let start = offset(options.get());
    if options.get() == "null" {
        return Ok((false, Some(Splice { start, end: start + 4, text: format!("{{{OPTION}}}") })));
    }
    let read = serde_json::from_str::<StreamOptions<'_>>(options.get()).ok();
    // Some servers would read a list as the fields of the object in their order.
    let read = read.filter(|_| options.get().starts_with('{'));
    let no_object = || bad_body("'stream_options' must be an object.").with_param("stream_options");
    let read = read.ok_or_else(no_object)?;
    Ok(match read.include_usage {
        Some(raw) if raw.get() == "true" => (true, None),
        Some(raw) if matches!(raw.get(), "false" | "null") => {
            let start = offset(raw.get());
            (false, Some(Splice { start, end: start + raw.get().len(), text: "true".to_owned() }))
        }
        Some(_) => {
            let message = "'stream_options.include_usage' must be a boolean.";
            return Err(bad_body(message).with_param("stream_options.include_usage"));
        }
        None => {
            let empty = options.get()[1..].trim_start() == "}";
            let text = format!("{OPTION}{}", if empty { "" } else { "," });
            (false, Some(Splice { start: start + 1, end: start + 1, text }))
        }
    })
}

#[derive(Deserialize)]
struct StreamOptions<'b> {
    #[serde(borrow, default, deserialize_with = "as_it_stands")]
    include_usage: Option<&'b RawValue>,
}

/// Keeps `null` as a value, different from a missing field.
fn as_it_stands<'de: 'b, 'b, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'b RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Returns the pieces of the body with these changes, everything else byte for byte; one piece when there are none.
pub(crate) fn pieces<'s>(body: &'s [u8], changes: impl Iterator<Item = &'s Splice>) -> Vec<&'s [u8]> {
    let mut changes: Vec<&Splice> = changes.collect();
    changes.sort_by_key(|change| change.start);
    let mut pieces = Vec::with_capacity(2 * changes.len() + 1);
    let mut from = 0;
    for change in changes {
        pieces.push(body.get(from..change.start).unwrap_or_default());
        pieces.push(change.text.as_bytes());
        from = change.end;
    }
    pieces.push(body.get(from..).unwrap_or_default());
    pieces
}

#[cfg(test)]
mod tests;
