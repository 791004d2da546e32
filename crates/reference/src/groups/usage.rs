//! Usage and costs.

mod queries;

use keystead_core::usage::attributes::{CONTEXT_LEVELS, IMAGE_SOURCES};

use super::shared::{USAGE, object};
use crate::members::{Kind, Member, field};
use crate::object::Object;
use crate::operation::{Group, get};
use queries::{COST_QUERY, QUERY, QUERY_OF_FILES, QUERY_OF_IMAGES, QUERY_OF_PROJECT, QUERY_OF_WEB, QUERY_WITH_BATCH};

const PROJECT: Member = field("project_id", Kind::Text, "The project, when grouped by it.").or_null().such_as("null");
const USER: Member =
    field("user_id", Kind::Text, "The person or service account, when grouped by it.").or_null().such_as("null");
const KEY: Member = field("api_key_id", Kind::Text, "The key, when grouped by it.").or_null().such_as("null");
const MODEL: Member = field("model", Kind::Text, "The model, when grouped by it.").or_null().such_as("gpt-4o");
const SOURCE: Member =
    field("api_source", Kind::Always("unlabeled"), "The source, when grouped by it.").or_null().such_as("null");
const REQUESTS: Member = field("num_model_requests", Kind::Integer, "Requests.").such_as("12");
const INPUT: Member = field("input_tokens", Kind::Integer, "Tokens read, with those from a cache.").such_as("3400");
const OUTPUT: Member = field("output_tokens", Kind::Integer, "Tokens written.").such_as("560");
const CACHED: Member = field("input_cached_tokens", Kind::Integer, "Tokens read from a cache.").such_as("0");
const UNCACHED: Member = field("input_uncached_tokens", Kind::Integer, "Tokens read without a cache.").such_as("3400");
const CHARACTERS: Member = field("characters", Kind::Integer, "Characters spoken.").such_as("900");
const SECONDS: Member = field("seconds", Kind::Integer, "Seconds of audio.").such_as("61");
const IMAGE_COUNT: Member = field("images", Kind::Integer, "Images.").such_as("2");
const CALLS: Member = field("num_requests", Kind::Integer, "Finished calls of the tool.").such_as("4");
const SESSIONS: Member = field("num_sessions", Kind::Integer, "Containers, each counted once.").such_as("2");
const BYTES: Member = field("usage_bytes", Kind::Integer, "Bytes that are kept.").such_as("0");

const BATCH: Member =
    field("batch", Kind::Boolean, "Whether it is of lines of batches, when grouped by it.").or_null().such_as("null");
const TIER: Member =
    field("service_tier", Kind::Text, "The tier that the answers name, when grouped by it.").or_null().such_as("null");
const SIZE: Member = field("size", Kind::Text, "The size of the images, when grouped by it.").or_null().such_as("null");
const IMAGE_SOURCE: Member =
    field("source", Kind::OneOf(&IMAGE_SOURCES), "Where the images come from, when grouped by it.")
        .or_null()
        .such_as("null");
const LEVEL: Member = field("context_level", Kind::OneOf(&CONTEXT_LEVELS), "How much is read, when grouped by it.")
    .or_null()
    .such_as("null");
const STORE: Member =
    field("vector_store_id", Kind::Text, "The vector store, when grouped by it.").or_null().such_as("null");

/// The estimated part of the figures.
const fn estimated(figures: &'static [Member]) -> Member {
    field(
        "keystead_estimated",
        Kind::Members(figures),
        "The part that was estimated, because the model server reported no figures.",
    )
}

const AUDIO_INPUT: Member =
    field("input_audio_tokens", Kind::Integer, "Tokens of sound among those read and not cached.").such_as("0");
const AUDIO_OUTPUT: Member =
    field("output_audio_tokens", Kind::Integer, "Tokens of sound among those written.").such_as("0");
const TOKENS: &[Member] = &[INPUT, OUTPUT, CACHED, UNCACHED, AUDIO_INPUT, AUDIO_OUTPUT, REQUESTS];

const COMPLETIONS: Object = Object::new(
    "CompletionsUsage",
    "Usage of text models.",
    &[
        object("organization.usage.completions.result"),
        INPUT,
        OUTPUT,
        CACHED,
        UNCACHED,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        SOURCE,
        AUDIO_INPUT,
        AUDIO_OUTPUT,
        BATCH,
        TIER,
        estimated(TOKENS),
    ],
);

const DECISIONS: Object = Object::new(
    "DecisionsUsage",
    "Not counted: no request makes any.",
    &[
        object("organization.usage.decisions.result"),
        INPUT,
        OUTPUT,
        CACHED,
        UNCACHED,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        SOURCE,
        AUDIO_INPUT,
        AUDIO_OUTPUT,
        BATCH,
        TIER,
        estimated(TOKENS),
    ],
);

const EMBEDDINGS: Object = Object::new(
    "EmbeddingsUsage",
    "Usage of embeddings.",
    &[
        object("organization.usage.embeddings.result"),
        INPUT,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        estimated(&[INPUT, REQUESTS]),
    ],
);

const MODERATIONS: Object = Object::new(
    "ModerationsUsage",
    "Usage of moderations.",
    &[
        object("organization.usage.moderations.result"),
        INPUT,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        estimated(&[INPUT, REQUESTS]),
    ],
);

const IMAGES: Object = Object::new(
    "ImagesUsage",
    "Usage of image models.",
    &[
        object("organization.usage.images.result"),
        IMAGE_COUNT,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        SIZE,
        IMAGE_SOURCE,
        estimated(&[IMAGE_COUNT, REQUESTS]),
    ],
);

const SPEECHES: Object = Object::new(
    "AudioSpeechesUsage",
    "Usage of speech.",
    &[
        object("organization.usage.audio_speeches.result"),
        CHARACTERS,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        estimated(&[CHARACTERS, REQUESTS]),
    ],
);

const TRANSCRIPTIONS: Object = Object::new(
    "AudioTranscriptionsUsage",
    "Usage of transcriptions.",
    &[
        object("organization.usage.audio_transcriptions.result"),
        SECONDS,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        estimated(&[SECONDS, REQUESTS]),
    ],
);

const VECTOR_STORES: Object = Object::new(
    "VectorStoresUsage",
    "Not counted: no request makes any.",
    &[object("organization.usage.vector_stores.result"), BYTES, PROJECT, estimated(&[BYTES])],
);

const INTERPRETERS: Object = Object::new(
    "CodeInterpreterSessionsUsage",
    "Sessions of code interpreters.",
    &[object("organization.usage.code_interpreter_sessions.result"), SESSIONS, PROJECT, estimated(&[SESSIONS])],
);

const FILE_SEARCHES: Object = Object::new(
    "FileSearchCallsUsage",
    "Calls of the tool for search in files.",
    &[object("organization.usage.file_searches.result"), CALLS, PROJECT, USER, KEY, STORE, estimated(&[CALLS])],
);

const WEB_SEARCHES: Object = Object::new(
    "WebSearchCallsUsage",
    "Calls of the tool for search in the web.",
    &[
        object("organization.usage.web_searches.result"),
        CALLS,
        REQUESTS,
        PROJECT,
        USER,
        KEY,
        MODEL,
        SOURCE,
        LEVEL,
        estimated(&[CALLS, REQUESTS]),
    ],
);

const MONEY: Kind = Kind::Members(&[
    field("value", Kind::Number, "The amount.").such_as("0.0125"),
    field("currency", Kind::Always("usd"), ""),
]);

const COSTS: Object = Object::new(
    "Costs",
    "Money for usage.",
    &[
        object("organization.costs.result"),
        field("amount", MONEY, "The cost."),
        field("line_item", Kind::Text, "The model, when grouped by it.").or_null().such_as("gpt-4o"),
        PROJECT,
        USER,
        KEY,
        SOURCE,
        field("quantity", Kind::Null, ""),
        field("quantity_unit", Kind::Null, ""),
        field(
            "keystead_estimated",
            MONEY,
            "The part that was estimated, because the model server reported no figures.",
        ),
    ],
);

pub(super) const GROUP: Group = Group {
    slug: "usage",
    name: "Usage and costs",
    about: "Figures in buckets of time. Buckets without usage have no results. Lines of batches count when their batch has ended. A value that is not known is null in a group, and no filter finds it.",
    operations: &[
        get("/v1/organization/usage/completions", "usageCompletions", "Usage of text models")
            .about("Chat completions, responses and completions.")
            .needs(USAGE)
            .query(QUERY_WITH_BATCH)
            .buckets(&COMPLETIONS)
            .sdk("admin.organization.usage.completions"),
        get("/v1/organization/usage/embeddings", "usageEmbeddings", "Usage of embeddings")
            .needs(USAGE)
            .query(QUERY)
            .buckets(&EMBEDDINGS)
            .sdk("admin.organization.usage.embeddings"),
        get("/v1/organization/usage/moderations", "usageModerations", "Usage of moderations")
            .needs(USAGE)
            .query(QUERY)
            .buckets(&MODERATIONS)
            .sdk("admin.organization.usage.moderations"),
        get("/v1/organization/usage/images", "usageImages", "Usage of image models")
            .needs(USAGE)
            .query(QUERY_OF_IMAGES)
            .buckets(&IMAGES)
            .sdk("admin.organization.usage.images"),
        get("/v1/organization/usage/audio_speeches", "usageAudioSpeeches", "Usage of speech")
            .needs(USAGE)
            .query(QUERY)
            .buckets(&SPEECHES)
            .sdk("admin.organization.usage.audio_speeches"),
        get("/v1/organization/usage/audio_transcriptions", "usageAudioTranscriptions", "Usage of transcriptions")
            .needs(USAGE)
            .query(QUERY)
            .buckets(&TRANSCRIPTIONS)
            .sdk("admin.organization.usage.audio_transcriptions"),
        get("/v1/organization/usage/web_search_calls", "usageWebSearchCalls", "Calls of web search")
            .needs(USAGE)
            .query(QUERY_OF_WEB)
            .buckets(&WEB_SEARCHES)
            .sdk("admin.organization.usage.web_search_calls"),
        get("/v1/organization/usage/file_search_calls", "usageFileSearchCalls", "Calls of file search")
            .needs(USAGE)
            .query(QUERY_OF_FILES)
            .buckets(&FILE_SEARCHES)
            .sdk("admin.organization.usage.file_search_calls"),
        get("/v1/organization/usage/decisions", "usageDecisions", "Decisions")
            .about("Not counted: the buckets are empty.")
            .needs(USAGE)
            .query(QUERY_WITH_BATCH)
            .buckets(&DECISIONS)
            .sdk("admin.organization.usage.decisions"),
        get("/v1/organization/usage/vector_stores", "usageVectorStores", "Vector stores")
            .about("Not counted: the buckets are empty.")
            .needs(USAGE)
            .query(QUERY_OF_PROJECT)
            .buckets(&VECTOR_STORES)
            .sdk("admin.organization.usage.vector_stores"),
        get(
            "/v1/organization/usage/code_interpreter_sessions",
            "usageCodeInterpreterSessions",
            "Sessions of code interpreters",
        )
        .about("Containers that responses name, each counted once.")
        .needs(USAGE)
        .query(QUERY_OF_PROJECT)
        .buckets(&INTERPRETERS)
        .sdk("admin.organization.usage.code_interpreter_sessions"),
        get("/v1/organization/costs", "costs", "Costs")
            .about("Money for each day, by the prices of the operator.")
            .needs(USAGE)
            .query(COST_QUERY)
            .buckets(&COSTS)
            .sdk("admin.organization.usage.costs"),
    ],
};
