//! The table of each route's JSON body: where the API has the fields that the gateway must know. A field is read where
//! the API has it and in no other place, so that free text, metadata, schemas and arguments of functions are never
//! mistaken for it.

use keystead_core::route::Route;

/// The meaning of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Is {
    /// Not read.
    Free,
    /// Not read along the table; but it is read in another place, so it must occur only once.
    Once,
    /// The model of the request.
    Model,
    /// Another model that the upstream would run.
    Second,
    /// Whether a stream is requested.
    Stream,
    /// The options of a stream.
    StreamOptions,
    /// A reasoning summary is requested, unless it is null.
    Summary,
    /// A kind of output.
    Modality,
    /// Text that is charged by characters.
    Characters,
    /// The id of an upstream object that the upstream will fetch.
    Own,
    /// The id of an upstream object that the body itself contains.
    Label,
    /// The `type` of an item or a tool.
    Kind,
    /// The id of an item.
    Id,
    /// The role of an item, which makes it a message.
    Role,
    /// The content of a picture in an item.
    Result,
    /// The model of a tool.
    ToolModel,
    /// The service tier.
    Tier,
    /// Options of the tool that searches the web; it is used unless they are null.
    WebSearch,
    /// The name of a plug-in of other servers.
    Plugin,
}

/// Whether the fields of an object have a meaning only together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Each field has its own meaning.
    Plain,
    /// One item of a response's input.
    Item,
    /// A tool.
    Tool,
}

/// What a value in one place may be.
#[derive(Debug)]
pub(crate) struct Node {
    /// As text, a number or another scalar.
    pub(crate) is: Is,
    /// As an object: the fields that are read, at most 64.
    pub(crate) members: &'static [(&'static str, &'static Node)],
    /// As an object: every other field.
    pub(crate) values: Option<&'static Node>,
    /// As a list: each element.
    pub(crate) each: Option<&'static Node>,
    pub(crate) of: Of,
}

impl Node {
    /// Whether nothing in it is read.
    pub(crate) const fn is_free(&self) -> bool {
        matches!(self.is, Is::Free | Is::Once)
            && self.members.is_empty()
            && self.values.is_none()
            && self.each.is_none()
    }
}

type Members = &'static [(&'static str, &'static Node)];

const NODE: Node = Node { is: Is::Free, members: &[], values: None, each: None, of: Of::Plain };

const fn leaf(is: Is) -> Node {
    Node { is, ..NODE }
}

const fn object(members: Members) -> Node {
    Node { members, ..NODE }
}

const fn list(each: &'static Node) -> Node {
    Node { each: Some(each), ..NODE }
}

static ONCE: Node = leaf(Is::Once);
static MODEL: Node = leaf(Is::Model);
static SECOND: Node = leaf(Is::Second);
/// One, or a list of them.
static SECONDS: Node = Node { is: Is::Second, each: Some(&SECOND), ..NODE };
static STREAM: Node = leaf(Is::Stream);
static OWN: Node = leaf(Is::Own);
/// One id, or a list of them.
static OWNS: Node = Node { is: Is::Own, each: Some(&OWN), ..NODE };
static LABEL: Node = leaf(Is::Label);
static KIND: Node = leaf(Is::Kind);
static ID: Node = leaf(Is::Id);
static ROLE: Node = leaf(Is::Role);
static RESULT: Node = leaf(Is::Result);
static TOOL_MODEL: Node = leaf(Is::ToolModel);
static SUMMARY: Node = leaf(Is::Summary);
static TIER: Node = leaf(Is::Tier);
static WEB_SEARCH: Node = leaf(Is::WebSearch);
static CHARACTERS: Node = leaf(Is::Characters);

/// `{"model": …}`, besides the request's own.
static OF_MODEL: Node = object(&[("model", &SECOND)]);
static PLUGIN: Node = object(&[("model", &SECOND), ("id", &PLUGIN_ID)]);
static PLUGIN_ID: Node = leaf(Is::Plugin);
static PLUGINS: Node = list(&PLUGIN);
static STREAM_OPTIONS: Node = Node { is: Is::StreamOptions, members: &[("include_usage", &ONCE)], ..NODE };
static REASONING: Node = object(&[("summary", &SUMMARY), ("generate_summary", &SUMMARY)]);
static MODALITIES: Node = list(&MODALITY);
static MODALITY: Node = leaf(Is::Modality);
static CACHE_OPTIONS: Node = object(&[("comparison_response_id", &OWN)]);

/// `{"id": …}` of an upstream object.
static OF_ID: Node = object(&[("id", &OWN)]);
static OF_FILE: Node = object(&[("file_id", &OWN)]);
static OF_FILES: Node = Node { each: Some(&OF_FILE), ..OF_FILE };
/// An id, or an object with one.
static ID_OR_OBJECT: Node = Node { is: Is::Own, ..OF_ID };

static ANNOTATION: Node = object(&[("file_id", &LABEL), ("container_id", &LABEL)]);
static ANNOTATIONS: Node = list(&ANNOTATION);
/// A part of a message's content.
static PART: Node = object(&[
    ("type", &ONCE),
    ("file_id", &OWN),
    ("file", &OF_FILE),
    ("image_url", &OF_FILE),
    ("annotations", &ANNOTATIONS),
]);
/// Text, one part, or several.
static CONTENT: Node = Node { each: Some(&PART), ..PART };

static VOICE: Node = object(&[("id", &OWN)]);
static AUDIO: Node = object(&[("voice", &VOICE)]);
static MESSAGE: Node = object(&[("content", &CONTENT), ("audio", &OF_ID)]);
static MESSAGES: Node = list(&MESSAGE);

static SKILL: Node = object(&[("skill_id", &OWN)]);
static SKILLS: Node = list(&SKILL);
static CONTAINER_MEMBERS: Members =
    &[("type", &ONCE), ("id", &OWN), ("container_id", &OWN), ("file_ids", &OWNS), ("skills", &SKILLS)];
/// The id of a container, or the definition of a new one.
static CONTAINER: Node = Node { is: Is::Own, members: CONTAINER_MEMBERS, ..NODE };
static ENVIRONMENT: Node = object(CONTAINER_MEMBERS);

/// The fields of a tool, and additional ones of some tools.
macro_rules! tool_members {
    ($($more:expr),*) => {
        &[
            ("type", &KIND),
            ("model", &TOOL_MODEL),
            ("container", &CONTAINER),
            ("environment", &ENVIRONMENT),
            ("file_ids", &OWNS),
            ("vector_store_ids", &OWNS),
            ("tunnel_id", &OWN),
            ("input_image_mask", &OF_FILE),
            ("svg", &OF_MODEL),
            $($more),*
        ]
    };
}

/// A tool within a namespace.
static INNER_TOOL: Node = Node { of: Of::Tool, members: tool_members!(), ..NODE };
static TOOL: Node = Node { of: Of::Tool, members: tool_members!(("tools", &INNER_TOOLS)), ..NODE };
static INNER_TOOLS: Node = list(&INNER_TOOL);
static TOOLS: Node = list(&TOOL);
static SEARCH_RESULTS: Node = list(&ANNOTATION);
static ITEM_MEMBERS: Members = &[
    ("type", &KIND),
    ("id", &ID),
    ("role", &ROLE),
    ("content", &CONTENT),
    ("output", &CONTENT),
    ("result", &RESULT),
    ("results", &SEARCH_RESULTS),
    ("container_id", &LABEL),
    ("environment", &ENVIRONMENT),
    ("approval_request_id", &LABEL),
    ("tools", &TOOLS),
];
static ITEM: Node = Node { of: Of::Item, members: ITEM_MEMBERS, ..NODE };
/// Text, one item, or several.
static INPUT: Node = Node { each: Some(&ITEM), of: Of::Item, members: ITEM_MEMBERS, ..NODE };

static VARIABLES: Node = Node { values: Some(&PART), ..NODE };
static PROMPT: Node = object(&[("id", &OWN), ("variables", &VARIABLES)]);

static CHAT: Node = object(&[
    ("model", &MODEL),
    ("stream", &STREAM),
    ("stream_options", &STREAM_OPTIONS),
    ("n", &ONCE),
    ("max_tokens", &ONCE),
    ("max_completion_tokens", &ONCE),
    ("max_output_tokens", &ONCE),
    ("best_of", &ONCE),
    ("messages", &MESSAGES),
    ("modalities", &MODALITIES),
    ("audio", &AUDIO),
    ("tools", &TOOLS),
    ("web_search_options", &WEB_SEARCH),
    ("service_tier", &TIER),
    ("reasoning", &REASONING),
    ("moderation", &OF_MODEL),
    ("prompt_cache_options", &CACHE_OPTIONS),
    ("models", &SECONDS),
    ("fallbacks", &SECONDS),
    ("draft_model", &SECOND),
    ("plugins", &PLUGINS),
]);

static RESPONSES: Node = object(&[
    ("model", &MODEL),
    ("stream", &STREAM),
    ("stream_options", &STREAM_OPTIONS),
    ("max_tokens", &ONCE),
    ("max_completion_tokens", &ONCE),
    ("max_output_tokens", &ONCE),
    ("n", &ONCE),
    ("best_of", &ONCE),
    ("background", &ONCE),
    ("store", &ONCE),
    ("input", &INPUT),
    ("instructions", &INPUT),
    ("previous_response_id", &OWN),
    ("conversation", &ID_OR_OBJECT),
    ("prompt", &PROMPT),
    ("tools", &TOOLS),
    ("service_tier", &TIER),
    ("reasoning", &REASONING),
    ("moderation", &OF_MODEL),
    ("prompt_cache_options", &CACHE_OPTIONS),
    ("request_id", &LABEL),
    ("models", &SECONDS),
    ("fallbacks", &SECONDS),
    ("draft_model", &SECOND),
    ("plugins", &PLUGINS),
]);

/// Completions, embeddings and moderations.
static PLAIN: Node = object(&[
    ("model", &MODEL),
    ("stream", &STREAM),
    ("stream_options", &STREAM_OPTIONS),
    ("input", &ONCE),
    ("prompt", &ONCE),
    ("n", &ONCE),
    ("best_of", &ONCE),
    ("max_tokens", &ONCE),
    ("max_completion_tokens", &ONCE),
    ("max_output_tokens", &ONCE),
    ("reasoning", &REASONING),
    ("models", &SECONDS),
    ("fallbacks", &SECONDS),
    ("draft_model", &SECOND),
]);

static IMAGES: Node = object(&[
    ("model", &MODEL),
    ("stream", &STREAM),
    ("stream_options", &STREAM_OPTIONS),
    ("prompt", &ONCE),
    ("n", &ONCE),
    ("quality", &ONCE),
    ("size", &ONCE),
    ("image", &OF_FILES),
    ("images", &OF_FILES),
    ("mask", &OF_FILE),
    ("svg", &OF_MODEL),
]);

static SPEECH: Node = object(&[
    ("model", &MODEL),
    ("stream", &STREAM),
    ("stream_options", &STREAM_OPTIONS),
    ("input", &CHARACTERS),
    ("voice", &VOICE),
    ("stream_format", &ONCE),
]);

/// Sound in JSON.
static SOUND: Node = object(&[("model", &MODEL), ("stream", &STREAM), ("stream_options", &STREAM_OPTIONS)]);

/// Routes about upstream objects.
static OBJECTS: Node =
    object(&[("input_file_id", &OWN), ("endpoint", &ONCE), ("part_ids", &OWNS), ("model", &ONCE), ("stream", &ONCE)]);

/// Returns the table of a route's JSON body.
pub(crate) fn of(route: &Route) -> &'static Node {
    match route.path {
        "/v1/chat/completions" => &CHAT,
        "/v1/responses" | "/v1/responses/input_tokens" => &RESPONSES,
        "/v1/images/generations" | "/v1/images/edits" => &IMAGES,
        "/v1/audio/speech" => &SPEECH,
        "/v1/audio/transcriptions" | "/v1/audio/translations" => &SOUND,
        "/v1/completions" | "/v1/embeddings" | "/v1/moderations" => &PLAIN,
        _ => &OBJECTS,
    }
}

/// Returns the fields of a route that bound what each answer may write. Servers ignore those of other routes.
pub(crate) fn maxima(route: &Route) -> &'static [&'static str] {
    match route.path {
        "/v1/chat/completions" => &["max_tokens", "max_completion_tokens"],
        "/v1/completions" => &["max_tokens"],
        "/v1/responses" | "/v1/responses/input_tokens" => &["max_output_tokens"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use keystead_core::route::{ModelIn, ROUTES};

    use super::*;

    fn check(node: &Node, left: u32) {
        assert!(left > 0 && node.members.len() <= 64);
        for (at, (name, member)) in node.members.iter().enumerate() {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            assert!(name.bytes().all(plain), "{name}");
            assert!(node.members[..at].iter().all(|(other, _)| other != name), "{name} twice");
            check(member, left - 1);
        }
        node.each.into_iter().chain(node.values).for_each(|inner| check(inner, left - 1));
    }

    #[test]
    fn tables_are_sound() {
        ROUTES.iter().for_each(|route| check(of(route), 12));
        // What counts must not be there twice.
        for route in ROUTES {
            let once = |field: &&str| of(route).members.iter().any(|(name, node)| name == field && node.is == Is::Once);
            assert!(maxima(route).iter().all(once), "{}", route.path);
        }
        // A route whose model is in its body has a table that names it.
        for route in ROUTES.iter().filter(|route| matches!(route.model, ModelIn::Json | ModelIn::Form)) {
            assert!(
                of(route).members.iter().any(|(name, node)| *name == "model" && node.is == Is::Model),
                "{}",
                route.path
            );
        }
    }
}
