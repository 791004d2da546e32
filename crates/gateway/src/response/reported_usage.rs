//! The usage of one request: the upstream's figures where it reported them, estimates from the text where it did not.

use keystead_core::route::MeterKind;
use keystead_core::usage::{Quantities, UsageKind};

use crate::response::answer_reader::{Found, Reader, Tool};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
            count.used.output_tokens = output.unwrap_or(0);
            let input = input.or(figures.total.filter(|total| *total > 0));
            count.used.input_tokens = input.unwrap_or_else(|| count.estimate(sent().read));
        }
        MeterKind::Image => {
            let figures = found.figures().unwrap_or_default();
            let (input, output) = figures.tokens();
            count.used.input_tokens = input.unwrap_or(0);
            count.used.input_cached_tokens = figures.cached.unwrap_or(0);
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
    /// Adds both.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { used: self.used.plus(other.used), estimated: self.estimated || other.estimated }
    }

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

/// Pictures made by a tool of a response: they count for the tool's own model.
pub(crate) fn drawn(found: &Found) -> Option<Counted> {
    let images = whole(found.calls(Tool::ImageGeneration));
    let used = Quantities { requests: 1, images, ..Quantities::default() }.clamped();
    (images > 0).then_some(Counted { used, estimated: false })
}

/// Calls of hosted tools that have a kind of usage of their own. They count for the model that made them, and cost
/// nothing beyond its tokens.
pub(crate) fn tool_calls(found: &Found) -> impl Iterator<Item = (UsageKind, Counted)> {
    let tools = [(UsageKind::WebSearchCalls, Tool::WebSearch), (UsageKind::FileSearchCalls, Tool::FileSearch)];
    let counted = tools.map(|(kind, tool)| (kind, whole(found.calls(tool))));
    counted.into_iter().filter(|(_, tool_calls)| *tool_calls > 0).map(|(kind, tool_calls)| {
        let used = Quantities { requests: 1, tool_calls, ..Quantities::default() }.clamped();
        (kind, Counted { used, estimated: false })
    })
}

/// The usage of one complete JSON answer.
pub(crate) fn of_json(meter: MeterKind, body: &[u8]) -> Option<Counted> {
    let mut reader = Reader::default();
    reader.feed(body);
    reader.end_value();
    counted(meter, reader.found(), End::Whole, Sent::default)
}

fn whole(figure: u64) -> i64 {
    i64::try_from(figure).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
