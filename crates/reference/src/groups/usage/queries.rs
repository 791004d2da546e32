//! The parameters of usage and costs.

use keystead_core::usage::attributes::{CONTEXT_LEVELS, IMAGE_SOURCES};

use crate::members::{Kind, Member, parameter};

const START: Member = parameter("start_time", Kind::Integer, "The beginning, in Unix seconds.").such_as("1767225600");
const END: Member = parameter("end_time", Kind::Integer, "The end, in Unix seconds; without it now.");
const WIDTH: Member =
    parameter("bucket_width", Kind::OneOf(&["1m", "1h", "1d"]), "The width of a bucket.").usually("1d");
const LIMIT: Member = parameter(
    "limit",
    Kind::Integer,
    "How many buckets: by default 7, 24 or 60, at most 31, 168 or 1440, for days, hours or minutes.",
)
.between(1, 1440);
const NEXT: Member = parameter("page", Kind::Text, "`next_page` of the page before.").such_as("page_69564d00");
const PROJECTS: Member = parameter("project_ids", Kind::List(&Kind::Id("proj_")), "Only usage in these projects.");
const USERS: Member =
    parameter("user_ids", Kind::List(&Kind::Text), "Only usage of these people and service accounts.");
const KEYS: Member = parameter("api_key_ids", Kind::List(&Kind::Id("key_")), "Only usage of these keys.");
const MODELS: Member = parameter("models", Kind::List(&Kind::Text), "Only usage of these models.");

const fn group_by(names: &'static Kind) -> Member {
    parameter("group_by", Kind::List(names), "A result for each of these; without it one for each bucket.")
}

/// `start_time` is required.
const fn start() -> Member {
    Member { required: true, ..START }
}

pub(super) const QUERY: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    MODELS,
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "model"])).such_as("[\"model\"]").shown(),
];

/// Completions.
pub(super) const QUERY_WITH_BATCH: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    MODELS,
    parameter("batch", Kind::Boolean, "Only lines of batches, or only other requests."),
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "model", "batch", "service_tier", "api_source"]))
        .such_as("[\"model\"]")
        .shown(),
];

/// Images.
pub(super) const QUERY_OF_IMAGES: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    MODELS,
    parameter("sizes", Kind::List(&Kind::Text), "Only images of these sizes.").such_as("[\"1024x1024\"]"),
    parameter("sources", Kind::List(&Kind::OneOf(&IMAGE_SOURCES)), "Only images that come from these."),
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "model", "size", "source"]))
        .such_as("[\"model\"]")
        .shown(),
];

/// Searches in the web.
pub(super) const QUERY_OF_WEB: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    MODELS,
    parameter("context_levels", Kind::List(&Kind::OneOf(&CONTEXT_LEVELS)), "Only searches that read this much."),
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "model", "context_level", "api_source"]))
        .such_as("[\"model\"]")
        .shown(),
];

/// Searches in files, which have no model.
pub(super) const QUERY_OF_FILES: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    parameter("vector_store_ids", Kind::List(&Kind::Text), "Only searches in these vector stores."),
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "vector_store_id"]))
        .such_as("[\"project_id\"]")
        .shown(),
];

pub(super) const QUERY_OF_PROJECT: &[Member] = &[
    start(),
    END,
    WIDTH,
    LIMIT,
    NEXT,
    PROJECTS,
    group_by(&Kind::OneOf(&["project_id"])).such_as("[\"project_id\"]").shown(),
];

pub(super) const COST_QUERY: &[Member] = &[
    start(),
    END,
    parameter("bucket_width", Kind::OneOf(&["1d"]), "Costs are per day.").usually("1d"),
    parameter("limit", Kind::Integer, "How many days.").between(1, 180).usually("7"),
    NEXT,
    PROJECTS,
    USERS,
    KEYS,
    parameter("line_items", Kind::List(&Kind::Text), "Only these line items, which are models."),
    group_by(&Kind::OneOf(&["project_id", "user_id", "api_key_id", "line_item", "api_source"]))
        .such_as("[\"line_item\"]")
        .shown(),
];
