//! The usage of one request: the upstream's figures where it reported them, estimates from the text where it did not.

use keystead_core::id::OrganizationId;
use keystead_core::route::MeterKind;
use keystead_core::usage::attributes::USUAL_CONTEXT_LEVEL;
use keystead_core::usage::{Attributes, ImageTraits, Price, Quantities, UsageKind};

use crate::response::answer_reader::{Found, Reader, Tool};

mod parts;

pub(crate) use parts::Parts;

/// What is known from the request itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sent {
    /// An estimate of the tokens to be read.
    pub(crate) read: u64,
    /// The number of requested pictures.
    pub(crate) pictures: u64,
    /// Characters to be spoken.
    pub(crate) characters: i64,
    /// Seconds of sound, and whether its container states them.
    pub(crate) sound: Option<(i64, bool)>,
}

/// The counted quantities, and whether any of them is an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    pub(crate) used: Quantities,
    pub(crate) estimated: bool,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With its last byte.
    Whole,
    /// Before its last byte.
    Broken,
}

/// Computes what an answer used. `None` when it was only an error. `sent` is called only when the answer does not
/// report everything.
pub(crate) fn counted(meter: MeterKind, found: &Found, end: End, sent: impl FnOnce() -> Sent) -> Option<Counted> {
    if found.is_failure() {
        return None;
    }
    let mut count = Counted { used: Quantities { requests: 1, ..Quantities::default() }, estimated: false };
    match meter {
        MeterKind::Request => {}
        MeterKind::Completion => completion(&mut count, found, sent),
        MeterKind::Embedding | MeterKind::Moderation => {
            let figures = found.figures().unwrap_or_default();
            let (input, output) = figures.tokens();
            count.used.input_cached_tokens = figures.cached.unwrap_or(0);
            count.used.parts = figures.parts;
            count.used.output_tokens = output.unwrap_or(0);
            let input = input.or(figures.total.filter(|total| *total > 0));
            count.used.input_tokens = input.unwrap_or_else(|| count.estimate(sent().read));
        }
        MeterKind::Image => {
            let figures = found.figures().unwrap_or_default();
            let (input, output) = figures.tokens();
            count.used.input_tokens = input.unwrap_or(0);
            count.used.input_cached_tokens = figures.cached.unwrap_or(0);
            count.used.parts = figures.parts;
            count.used.output_tokens = output.unwrap_or(0);
            let made = found.pictures().map(whole);
            count.used.images = match (made, end) {
                (Some(made), End::Whole) => made,
                // More of them may have been generated than arrived.
                (made, _) => made.unwrap_or(0).max(count.estimate(sent().pictures.max(1))),
            };
        }
        // Speech is measured by the requested characters, which are known.
        MeterKind::Speech => count.used.characters = sent().characters,
        MeterKind::Transcription => {
            let figures = found.figures().unwrap_or_default();
            let (input, output) = figures.tokens();
            count.used.input_tokens = input.unwrap_or(0);
            count.used.input_cached_tokens = figures.cached.unwrap_or(0);
            count.used.parts = figures.parts;
            count.used.output_tokens = output.unwrap_or(0);
            let said = figures.seconds.or(found.duration()).filter(|seconds| *seconds > 0);
            count.used.seconds = said.unwrap_or_else(|| {
                let (seconds, known) = sent().sound.unwrap_or((1, false));
                count.estimated |= !known;
                seconds.max(1)
            });
        }
    }
    count.used = count.used.clamped();
    Some(count)
}

fn completion(count: &mut Counted, found: &Found, sent: impl FnOnce() -> Sent) {
    let figures = found.figures().unwrap_or_default();
    let (input, output) = figures.tokens();
    count.used.input_cached_tokens = figures.cached.unwrap_or(0);
    count.used.parts = figures.parts;
    if let (None, None, Some(total)) = (input, output, figures.total.filter(|total| *total > 0)) {
        // The sum is exact; how it is divided is an estimate.
        count.used.output_tokens = count.estimate(found.written()).min(total);
        count.used.input_tokens = total.saturating_sub(count.used.output_tokens);
        return;
    }
    count.used.output_tokens = output.unwrap_or_else(|| match found.written() {
        0 => 0,
        written => count.estimate(written),
    });
    count.used.input_tokens = input.unwrap_or_else(|| count.estimate(sent().read));
    // An answer without text and figures: that there is nothing to count is an estimate, too.
    count.estimated |= output.is_none() && figures.total.is_none();
}

impl Counted {
    fn estimate(&mut self, figure: u64) -> i64 {
        self.estimated = true;
        whole(figure)
    }
}

/// The usage of a request when the client did not wait for the answer.
pub(crate) fn abandoned(meter: MeterKind, sent: Sent) -> Counted {
    let nothing = Reader::default();
    let none = Counted { used: Quantities { requests: 1, ..Quantities::default() }, estimated: true };
    counted(meter, nothing.found(), End::Broken, || sent).unwrap_or(none)
}

/// What one hosted tool did in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolUse {
    pub(crate) kind: UsageKind,
    pub(crate) counted: Counted,
    pub(crate) attributes: Attributes,
    /// An id under which it counts once, in however many answers it appears.
    pub(crate) once: Option<String>,
}

impl ToolUse {
    fn new(kind: UsageKind, tool_calls: i64, attributes: Attributes) -> Self {
        let used = Quantities { requests: 1, tool_calls, ..Quantities::default() }.clamped();
        Self { kind, counted: Counted { used, estimated: false }, attributes, once: None }
    }
}

/// Calls of hosted tools that have a kind of usage of their own, and the sessions of code interpreters. They count for
/// the model that made them, at its price of a call.
pub(crate) fn tool_calls(found: &Found, organization: &OrganizationId) -> impl Iterator<Item = ToolUse> {
    let labels = found.labels();
    let level = Attributes::of_detail(Some(labels.level().unwrap_or(USUAL_CONTEXT_LEVEL)));
    let store = Attributes::of_detail(labels.store());
    let calls =
        [(UsageKind::WebSearchCalls, Tool::WebSearch, level), (UsageKind::FileSearchCalls, Tool::FileSearch, store)];
    let calls = calls.map(|(kind, tool, attributes)| ToolUse::new(kind, whole(found.calls(tool)), attributes));
    // A session is a container: several calls and several responses may use the same one. Servers name containers
    // independently, so those of two organizations may have one name.
    let kind = UsageKind::CodeInterpreterSessions;
    let sessions = labels.containers().map(move |container| ToolUse {
        once: Some(format!("{organization}/{container}/{}", kind.as_str())),
        ..ToolUse::new(kind, 1, Attributes::default())
    });
    calls.into_iter().filter(|call| call.counted.used.tool_calls > 0).chain(sessions)
}

/// The attributes of usage of a kind other than images.
pub(crate) fn attributes(kind: UsageKind, found: &Found) -> Attributes {
    match kind {
        UsageKind::Completions => Attributes::of_detail(found.labels().tier()),
        _ => Attributes::default(),
    }
}

/// Reads the complete JSON answer of a line of a batch.
pub(crate) fn read_line(body: &[u8]) -> Reader {
    let mut reader = Reader::default();
    reader.feed(body);
    reader.end_value();
    reader
}

/// The usage of one answer of a line of a batch without that of its tools, and its attributes. `asked` returns what the
/// line states of its images, as far as that is known, from what its answer states.
pub(crate) fn of_line(
    of: (UsageKind, &str),
    meter: MeterKind,
    found: &Found,
    price: &Price,
    asked: impl FnOnce(ImageTraits) -> ImageTraits,
) -> Option<(Counted, Attributes)> {
    let counted = counted(meter, found, End::Whole, Sent::default)?;
    let (counted, attributes) = Parts::of_request(of, found, counted, price, asked).last;
    Some((counted, of_batch(attributes)))
}

/// The same attributes of lines of a batch.
pub(crate) fn of_batch(attributes: Attributes) -> Attributes {
    Attributes { batch: true, ..attributes }
}

fn whole(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
