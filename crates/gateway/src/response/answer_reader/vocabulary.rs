//! The vocabulary of answers: types of events, names of fields, and the places where they have a meaning.

use keystead_core::usage::{ImageCounts, ImageTraits};

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Other,
    PictureDone,
    Sound,
    /// An item of the output is done.
    ItemDone,
    /// The last one of its stream.
    Last,
    /// The last one, and the response failed.
    Failed,
    Failure,
}

impl Kind {
    pub(super) fn of(name: &[u8]) -> Self {
        match name {
            b"image_generation.completed" | b"image_edit.completed" => Self::PictureDone,
            b"error" => Self::Failure,
            b"response.output_item.done" => Self::ItemDone,
            b"response.failed" => Self::Failed,
            b"response.completed" | b"response.incomplete" | b"transcript.text.done" | b"speech.audio.done" => {
                Self::Last
            }
            name if name.ends_with(b"audio.delta") => Self::Sound,
            _ => Self::Other,
        }
    }
}

/// A hosted tool whose calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    ImageGeneration,
    WebSearch,
    FileSearch,
}

impl Tool {
    /// The tool of an item of this type.
    pub(super) fn of(kind: &[u8]) -> Option<Self> {
        match kind {
            b"image_generation_call" => Some(Self::ImageGeneration),
            b"web_search_call" => Some(Self::WebSearch),
            b"file_search_call" => Some(Self::FileSearch),
            _ => None,
        }
    }
}

/// Numbers of calls of hosted tools.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Calls {
    pictures: ImageCounts,
    web: u64,
    files: u64,
}

impl Calls {
    /// Adds a call; `images` are the quality and size of its picture.
    pub(super) fn add(&mut self, tool: Tool, images: ImageTraits) {
        let calls = match tool {
            Tool::ImageGeneration => return self.pictures.add(images, 1),
            Tool::WebSearch => &mut self.web,
            Tool::FileSearch => &mut self.files,
        };
        *calls = calls.saturating_add(1);
    }

    pub(super) const fn of(&self, tool: Tool) -> u64 {
        match tool {
            Tool::ImageGeneration => self.pictures.number(),
            Tool::WebSearch => self.web,
            Tool::FileSearch => self.files,
        }
    }

    /// The pictures, by quality and size.
    pub(super) const fn pictures(&self) -> &ImageCounts {
        &self.pictures
    }
}

/// The meaning of an object or list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Root,
    Usage(u8),
    /// About the tokens read.
    UsageDetails,
    /// About the tokens written.
    WrittenDetails,
    Choices,
    Choice,
    Message,
    Tools,
    Voice,
    Response,
    Output,
    /// An item of an output that is listed completely, or that is done.
    Item,
    Done,
    ItemPart,
    /// What a call of a hosted tool did.
    Action,
    /// The tools of a response, one of them, and the vector stores of one.
    Offers,
    Offer,
    Stores,
    Data,
    Groq,
    Other,
}

macro_rules! names {
    ($($variant:ident = $text:literal),+ $(,)?) => {
        /// Names of fields that have a meaning somewhere.
        #[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Name {
            #[default]
            Unknown,
            $($variant),+
        }

        impl Name {
            pub(super) fn of(name: &[u8]) -> Self {
                match name {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown,
                }
            }
        }
    };
}

names! {
    Action = b"action", Arguments = b"arguments", Audio = b"audio", AudioTokens = b"audio_tokens",
    CacheCreation = b"cache_creation_tokens", CacheCreationInput = b"cache_creation_input_tokens",
    CacheWrite = b"cache_write_tokens", CachedTokens = b"cached_tokens", CacheHit = b"prompt_cache_hit_tokens",
    CacheRead = b"cache_read_input_tokens", Choices = b"choices", Code = b"code", ContainerId = b"container_id", ContextSize = b"search_context_size",
    CompletionDetails = b"completion_tokens_details", CompletionTokens = b"completion_tokens", Content = b"content", Created = b"created", Custom = b"custom",
    Data = b"data", Delta = b"delta", Duration = b"duration", Error = b"error", Function = b"function",
    FunctionCall = b"function_call", Id = b"id", ImageTokens = b"image_tokens", Input = b"input", InputDetails = b"input_tokens_details", InputDetail = b"input_token_details",
    InputTokens = b"input_tokens", Item = b"item", Message = b"message", Model = b"model", NumCached = b"num_cached_tokens",
    Obfuscation = b"obfuscation", Object = b"object", Output = b"output", OutputDetails = b"output_tokens_details", OutputDetail = b"output_token_details", OutputTokens = b"output_tokens",
    PromptDetails = b"prompt_tokens_details", PromptTokens = b"prompt_tokens", Provider = b"provider",
    Quality = b"quality",
    Reasoning = b"reasoning", ReasoningContent = b"reasoning_content", ReasoningTokens = b"reasoning_tokens", Refusal = b"refusal", Response = b"response",
    Seconds = b"seconds", ServiceTier = b"service_tier", Size = b"size", Status = b"status", Summary = b"summary",
    SystemFingerprint = b"system_fingerprint", Text = b"text", Thinking = b"thinking", ToolCalls = b"tool_calls", Tools = b"tools",
    Called = b"name", TotalTokens = b"total_tokens", Transcript = b"transcript", Type = b"type", Usage = b"usage",
    VectorStores = b"vector_store_ids", XGroq = b"x_groq",
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextUse {
    #[default]
    None,
    Written,
    Repeated,
    Kept,
}
