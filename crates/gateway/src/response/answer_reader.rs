//! Reading usage from an answer as it passes: figures under `usage`, the amount of text, the number of pictures, and
//! whether it is only an error. The answer itself is not kept, so its length does not matter.

mod item;
mod labels;
mod visit;
mod vocabulary;

use keystead_core::usage::{ImageCounts, ImageTraits};

use crate::estimate::tokens::Text;
use crate::response::figures::{Figures, number};
use crate::response::json_lexer::Lexer;

use item::{Item, note};
pub(crate) use labels::Labels;
pub(crate) use vocabulary::Tool;
use vocabulary::{Calls, Kind, Name, TextUse, Zone};

/// Maximum length of kept strings: types, statuses, ids, figures written as text.
const MOST_KEPT: usize = 256;

/// Reads answers: one JSON value, or the events of a stream one after the other.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    lexer: Lexer,
    found: Found,
}

/// What was found until now.
#[derive(Debug, Default)]
pub(crate) struct Found {
    frames: Vec<Frame>,
    /// The field with the next value.
    name: Name,
    /// The use of the string being read.
    text: TextUse,
    kept: Vec<u8>,
    figures: Figures,
    /// Figures of the best place until now, and the rank of that place.
    best: Option<(u8, Figures)>,
    /// Figures of completed pictures, each with its own.
    pictures: Option<Figures>,
    event: Event,
    /// Text as it was written, and as a closing event or a complete answer repeats it.
    written: Text,
    repeated: Text,
    /// The field of the last text. Its next piece continues there.
    last_text: Name,
    data: Option<u64>,
    /// Completed pictures of a stream.
    completed: ImageCounts,
    /// Calls of hosted tools: counted as each was done, and as listed at the end.
    calls: Calls,
    calls_listed: Calls,
    labels: Labels,
    item: Item,
    failed: bool,
    last: bool,
    duration: Option<i64>,
    /// The id of a response, and whether it was taken.
    object: Option<String>,
    is_reported: bool,
    /// Whether the response has ended, once it says so.
    over: Option<bool>,
}

/// What is known of the event being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// Whether it has the field `usage`: `Some(false)` when it is null.
    pub(crate) usage: Option<bool>,
    /// It has choices.
    pub(crate) choices: bool,
    /// It has fields that not every chunk has.
    pub(crate) more: bool,
    kind: Kind,
    /// The quality and size of its picture.
    images: ImageTraits,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    zone: Zone,
    list: bool,
    /// The name of the field with this object, for after its end.
    outer: Name,
    /// A message repeats its reasoning under several names; this is the first one.
    reasoning: Name,
}

/// The rank of a place for `usage`: a later figure of a lower rank never counts.
const OWN: u8 = 3;
const GROQ: u8 = 2;
const CHOICE: u8 = 1;

impl Reader {
    /// Reads the next piece.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.lexer.feed(bytes, &mut self.found);
    }

    /// Sets the type of the event being read; its data may repeat it.
    pub(crate) fn event(&mut self, name: &[u8]) {
        self.found.event.kind = Kind::of(name);
    }

    /// Ends one value, complete or not, so that another may begin. Returns what it was.
    pub(crate) fn end_value(&mut self) -> Event {
        self.lexer.reset();
        self.found.end_value()
    }

    /// What was found until now.
    pub(crate) const fn found(&self) -> &Found {
        &self.found
    }

    /// Returns the id of a response, once.
    pub(crate) fn take_object(&mut self) -> Option<String> {
        if std::mem::replace(&mut self.found.is_reported, self.found.object.is_some()) {
            return None;
        }
        self.found.object.clone()
    }
}

impl Found {
    /// The figures that the upstream reported.
    pub(crate) fn figures(&self) -> Option<Figures> {
        self.best.map(|(_, figures)| figures).or(self.pictures)
    }

    /// An estimate of the tokens that were written.
    pub(crate) fn written(&self) -> u64 {
        self.written.tokens().max(self.repeated.tokens())
    }

    /// Whether any text was written.
    fn has_text(&self) -> bool {
        !(self.written.is_empty() && self.repeated.is_empty())
    }

    /// The number of pictures: those of a list `data`, or the completed ones of a stream.
    pub(crate) fn pictures(&self) -> Option<u64> {
        self.data.or(Some(self.completed.number()).filter(|completed| *completed > 0))
    }

    /// The pictures that the tool of a response made, by quality and size.
    pub(crate) fn drawn(&self) -> &ImageCounts {
        std::cmp::max_by_key(self.calls.pictures(), self.calls_listed.pictures(), |counts| counts.number())
    }

    /// The id of a response.
    pub(crate) fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The number of calls of a hosted tool that did not fail.
    pub(crate) fn calls(&self, tool: Tool) -> u64 {
        self.calls.of(tool).max(self.calls_listed.of(tool))
    }

    /// What the answer names besides its figures.
    pub(crate) const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Whether a response says that it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.over == Some(true)
    }

    /// Whether there is a list `data`.
    pub(crate) const fn has_list(&self) -> bool {
        self.data.is_some()
    }

    /// The completed pictures of a stream, by quality and size.
    pub(crate) const fn completed(&self) -> &ImageCounts {
        &self.completed
    }

    /// Whether the event that ends the stream for its client has arrived.
    pub(crate) const fn is_last(&self) -> bool {
        self.last
    }

    /// Whether there is an error, and nothing was written.
    pub(crate) fn is_failure(&self) -> bool {
        self.failed && !self.has_text() && self.pictures().is_none() && self.best.is_none()
    }

    /// Seconds of sound that the answer reports outside `usage`.
    pub(crate) const fn duration(&self) -> Option<i64> {
        self.duration
    }

    fn end_value(&mut self) -> Event {
        let event = std::mem::take(&mut self.event);
        match event.kind {
            Kind::PictureDone => {
                self.completed.add(event.images, 1);
                if let Some((_, figures)) = self.best.take() {
                    self.pictures = Some(self.pictures.unwrap_or_default().plus(figures));
                }
            }
            Kind::Failure => self.failed = true,
            Kind::Failed => (self.failed, self.last) = (true, true),
            Kind::Last => self.last = true,
            Kind::Sound | Kind::ItemDone | Kind::Other => {}
        }
        self.frames.clear();
        (self.name, self.text) = (Name::Unknown, TextUse::None);
        event
    }

    fn zone(&self) -> Option<(Zone, bool)> {
        self.frames.last().map(|frame| (frame.zone, frame.list))
    }

    /// Returns the meaning of an object or list in this place.
    fn child(&self, list: bool) -> Zone {
        let Some((zone, in_list)) = self.zone() else { return if list { Zone::Other } else { Zone::Root } };
        if in_list {
            return match zone {
                Zone::Choices if !list => Zone::Choice,
                Zone::Output if !list => Zone::Item,
                Zone::Offers if !list => Zone::Offer,
                Zone::Message | Zone::Tools | Zone::ItemPart => zone,
                _ => Zone::Other,
            };
        }
        match (zone, self.name, list) {
            (Zone::Root | Zone::Response, Name::Usage, false) => Zone::Usage(OWN),
            (Zone::Groq, Name::Usage, false) => Zone::Usage(GROQ),
            (Zone::Choice, Name::Usage, false) => Zone::Usage(CHOICE),
            (Zone::Usage(_), Name::PromptDetails | Name::InputDetails | Name::InputDetail, false) => Zone::UsageDetails,
            (Zone::Usage(_), Name::CompletionDetails | Name::OutputDetails | Name::OutputDetail, false) => {
                Zone::WrittenDetails
            }
            (Zone::Root, Name::Choices, true) => Zone::Choices,
            (Zone::Root, Name::Response, false) => Zone::Response,
            (Zone::Root, Name::Data, true) => Zone::Data,
            (Zone::Root, Name::Item, false) if self.event.kind == Kind::ItemDone => Zone::Done,
            (Zone::Root, Name::XGroq, false) => Zone::Groq,
            (Zone::Root | Zone::Response, Name::Output, true) => Zone::Output,
            (Zone::Choice, Name::Delta | Name::Message, false)
            | (
                Zone::Message,
                Name::Content | Name::Reasoning | Name::ReasoningContent | Name::Thinking | Name::Text,
                _,
            ) => Zone::Message,
            (Zone::Message, Name::ToolCalls, true)
            | (Zone::Message, Name::FunctionCall, false)
            | (Zone::Tools, Name::Function | Name::Custom, false) => Zone::Tools,
            (Zone::Message, Name::Audio, false) => Zone::Voice,
            (Zone::Item | Zone::ItemPart, Name::Content | Name::Summary, _) => Zone::ItemPart,
            (Zone::Item | Zone::Done, Name::Action, false) => Zone::Action,
            (Zone::Root | Zone::Response, Name::Tools, true) => Zone::Offers,
            (Zone::Offer, Name::VectorStores, true) => Zone::Stores,
            _ => Zone::Other,
        }
    }

    /// Returns the use of a string in this place.
    fn use_of_text(&mut self) -> TextUse {
        let Some((zone, list)) = self.zone() else { return TextUse::None };
        match (zone, self.name) {
            (Zone::Root, Name::Delta) if self.event.kind != Kind::Sound => TextUse::Written,
            (Zone::Root, Name::Type | Name::Status | Name::Id | Name::Duration) => TextUse::Kept,
            (Zone::Response, Name::Id | Name::Status) => TextUse::Kept,
            (Zone::Root | Zone::Response, Name::ServiceTier) | (Zone::Root, Name::Size | Name::Quality) => {
                TextUse::Kept
            }
            (Zone::Offer, Name::ContextSize) | (Zone::Stores, _) => TextUse::Kept,
            (Zone::Item | Zone::Done, Name::Type | Name::Status | Name::Size | Name::Quality | Name::ContainerId)
            | (Zone::Action, Name::Type) => TextUse::Kept,
            (Zone::Usage(_) | Zone::UsageDetails | Zone::WrittenDetails, name) if name != Name::Unknown => {
                TextUse::Kept
            }
            (Zone::Choice, Name::Text) | (Zone::Voice, Name::Transcript) => TextUse::Written,
            (Zone::Message, Name::Content | Name::Text | Name::Refusal) => TextUse::Written,
            // A list of plain strings.
            (Zone::Message, _) if list => TextUse::Written,
            (Zone::Message, name @ (Name::Reasoning | Name::ReasoningContent | Name::Thinking)) => {
                let frame = self.frames.last_mut().filter(|frame| matches!(frame.reasoning, Name::Unknown));
                frame.map_or(TextUse::None, |frame| {
                    frame.reasoning = name;
                    TextUse::Written
                })
            }
            (Zone::Tools, Name::Called | Name::Arguments | Name::Input) => TextUse::Written,
            (Zone::Item, Name::Arguments | Name::Input | Name::Code) => TextUse::Repeated,
            (Zone::ItemPart, Name::Text | Name::Refusal | Name::Transcript) => TextUse::Repeated,
            _ => TextUse::None,
        }
    }

    /// Handles a string that was kept.
    fn kept(&mut self, zone: Zone) {
        let kept = std::mem::take(&mut self.kept);
        match (zone, self.name, kept.as_slice()) {
            (Zone::Root, Name::Type, kind) => self.event.kind = Kind::of(kind),
            (Zone::Root | Zone::Response, Name::Id, id) if id.starts_with(b"resp_") || zone == Zone::Response => {
                if self.object.is_none() {
                    self.object = std::str::from_utf8(id).ok().map(str::to_owned);
                }
            }
            (Zone::Root | Zone::Response, Name::Status, status) => {
                self.over = Some(!matches!(status, b"queued" | b"in_progress"));
            }
            (Zone::Item | Zone::Done, Name::Type, kind) => self.item.tool = Tool::of(kind),
            (Zone::Item | Zone::Done, Name::Status, status) => {
                (self.item.failed, self.item.unfinished) = (status == b"failed", status != b"completed");
            }
            (Zone::Action, Name::Type, kind) => self.item.visit = kind != b"search",
            (Zone::Root | Zone::Response, Name::ServiceTier, tier) => self.labels.set_tier(tier),
            (Zone::Root, name @ (Name::Size | Name::Quality), text) => {
                note(&mut self.event.images, name, text);
                self.labels.note_images(name, text);
            }
            (Zone::Item | Zone::Done, name @ (Name::Size | Name::Quality), text) => {
                note(&mut self.item.images, name, text);
            }
            (Zone::Offer, Name::ContextSize, level) => self.labels.set_level(level),
            (Zone::Stores, _, id) => self.labels.add_store(id),
            (Zone::Item | Zone::Done, Name::ContainerId, id) => self.labels.add_container(id),
            (zone, name, text) => self.figure(zone, name, text),
        }
        self.kept = kept;
        self.kept.clear();
    }

    /// Handles a figure, written as a number or as text.
    fn figure(&mut self, zone: Zone, name: Name, text: &[u8]) {
        let figures = &mut self.figures;
        let place = match (zone, name) {
            (Zone::Root, Name::Duration) => &mut self.duration,
            (Zone::Usage(_), Name::PromptTokens | Name::InputTokens) => &mut figures.input,
            (Zone::Usage(_), Name::CompletionTokens | Name::OutputTokens) => &mut figures.output,
            (Zone::Usage(_), Name::TotalTokens) => &mut figures.total,
            (Zone::Usage(_), Name::Seconds) => &mut figures.seconds,
            (Zone::Usage(_), Name::CachedTokens | Name::CacheHit | Name::CacheRead | Name::NumCached)
            | (Zone::UsageDetails, Name::CachedTokens) => &mut figures.cached,
            _ => return self.part(zone, name, text),
        };
        if let Some(read) = number(text) {
            *place = Some(place.unwrap_or(0).max(read));
        }
    }

    /// Handles a figure about a part of the tokens. One that is not reported is zero.
    fn part(&mut self, zone: Zone, name: Name, text: &[u8]) {
        let parts = &mut self.figures.parts;
        let place = match (zone, name) {
            (Zone::Usage(_), Name::CacheCreationInput)
            | (Zone::UsageDetails, Name::CacheCreation | Name::CacheWrite) => &mut parts.cache_write,
            (Zone::UsageDetails, Name::AudioTokens) => &mut parts.audio_input,
            (Zone::WrittenDetails, Name::ReasoningTokens) => &mut parts.reasoning,
            (Zone::WrittenDetails, Name::AudioTokens) => &mut parts.audio_output,
            (Zone::UsageDetails, Name::ImageTokens) => &mut parts.image_input,
            (Zone::WrittenDetails, Name::ImageTokens) => &mut parts.image_output,
            _ => return,
        };
        if let Some(read) = number(text) {
            *place = read.max(*place);
        }
    }

    /// Handles the start of a value in this place.
    fn note_value(&mut self, null: bool) {
        match (self.zone(), self.name) {
            (Some((Zone::Root, _)), Name::Usage) => self.event.usage = Some(!null),
            (
                Some((Zone::Root, _)),
                Name::Id
                | Name::Object
                | Name::Created
                | Name::Model
                | Name::Choices
                | Name::SystemFingerprint
                | Name::ServiceTier
                | Name::Obfuscation
                | Name::Provider,
            ) => {}
            (Some((Zone::Root, _)), name) => {
                self.event.more |= !null;
                self.failed |= name == Name::Error && !null;
            }
            (Some((Zone::Response, _)), Name::Error) => self.failed |= !null,
            (Some((Zone::Choices, _)), _) => self.event.choices = true,
            (Some((Zone::Data, true)), _) => {
                self.data = Some(self.data.unwrap_or(0).saturating_add(1));
            }
            _ => {}
        }
    }
}
