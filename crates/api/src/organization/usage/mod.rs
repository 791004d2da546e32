//! Usage: one endpoint for each kind. They accept the same parameters and differ only in the figures of a result.

use axum::Json;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use keystead_app::usage::UsageResult;
use keystead_core::usage::{Quantities, UsageKind};
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::query::Query;

pub(crate) mod answer;
pub(crate) mod request;

use request::Groups;

/// What is specific to one kind of usage.
pub(crate) struct Shape {
    kind: UsageKind,
    /// The `object` of a result.
    object: &'static str,
    /// The figures of a result and of its estimated part.
    figures: fn(&Quantities) -> Value,
    /// The name of the group that each kind has for itself, such as `size`.
    detail: Option<&'static str>,
    /// Whether its results have `batch`.
    has_batch: bool,
    /// Fields of other kinds that a result of this kind does not have.
    absent: &'static [&'static str],
    /// The keys by which it can be grouped.
    groups: Groups,
    /// Whether `group_by` may contain `api_source`. No request comes from the Agents API.
    has_source: bool,
}

impl Shape {
    const USUAL: Self = Self {
        kind: UsageKind::Completions,
        object: "",
        figures: |_| json!({}),
        detail: None,
        has_batch: false,
        absent: &[],
        groups: request::GROUPS,
        has_source: false,
    };
}

pub(crate) static COMPLETIONS: Shape = Shape {
    object: "organization.usage.completions.result",
    figures: |used| {
        json!({
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "input_cached_tokens": used.input_cached_tokens,
            "input_uncached_tokens": used.input_tokens.saturating_sub(used.input_cached_tokens),
            "input_audio_tokens": used.parts.audio_input,
            "output_audio_tokens": used.parts.audio_output,
        })
    },
    detail: Some("service_tier"),
    has_batch: true,
    groups: request::OF_COMPLETIONS,
    has_source: true,
    ..Shape::USUAL
};

pub(crate) static DECISIONS: Shape = Shape {
    kind: UsageKind::Decisions,
    object: "organization.usage.decisions.result",
    figures: COMPLETIONS.figures,
    detail: COMPLETIONS.detail,
    has_batch: true,
    groups: request::OF_COMPLETIONS,
    has_source: true,
    ..Shape::USUAL
};

pub(crate) static VECTOR_STORES: Shape = Shape {
    kind: UsageKind::VectorStores,
    object: "organization.usage.vector_stores.result",
    // No request makes any, so there is no result; one would have this member.
    figures: |_| json!({ "usage_bytes": 0 }),
    absent: &["num_model_requests", "user_id", "api_key_id", "model"],
    groups: request::OF_PROJECT,
    ..Shape::USUAL
};

pub(crate) static CODE_INTERPRETER_SESSIONS: Shape = Shape {
    kind: UsageKind::CodeInterpreterSessions,
    object: "organization.usage.code_interpreter_sessions.result",
    figures: |used| json!({ "num_sessions": used.tool_calls }),
    absent: &["num_model_requests", "user_id", "api_key_id", "model"],
    groups: request::OF_PROJECT,
    ..Shape::USUAL
};

pub(crate) static FILE_SEARCH_CALLS: Shape = Shape {
    kind: UsageKind::FileSearchCalls,
    object: "organization.usage.file_searches.result",
    figures: |used| json!({ "num_requests": used.tool_calls }),
    detail: Some("vector_store_id"),
    absent: &["num_model_requests", "model"],
    groups: request::OF_FILES,
    ..Shape::USUAL
};

pub(crate) static WEB_SEARCH_CALLS: Shape = Shape {
    kind: UsageKind::WebSearchCalls,
    object: "organization.usage.web_searches.result",
    figures: |used| json!({ "num_requests": used.tool_calls }),
    detail: Some("context_level"),
    groups: request::OF_WEB,
    has_source: true,
    ..Shape::USUAL
};

pub(crate) static EMBEDDINGS: Shape = Shape {
    kind: UsageKind::Embeddings,
    object: "organization.usage.embeddings.result",
    figures: |used| json!({ "input_tokens": used.input_tokens }),
    ..Shape::USUAL
};

pub(crate) static IMAGES: Shape = Shape {
    kind: UsageKind::Images,
    object: "organization.usage.images.result",
    figures: |used| json!({ "images": used.images }),
    detail: Some("size"),
    groups: request::OF_IMAGES,
    ..Shape::USUAL
};

pub(crate) static AUDIO_SPEECHES: Shape = Shape {
    kind: UsageKind::AudioSpeeches,
    object: "organization.usage.audio_speeches.result",
    figures: |used| json!({ "characters": used.characters }),
    ..Shape::USUAL
};

pub(crate) static AUDIO_TRANSCRIPTIONS: Shape = Shape {
    kind: UsageKind::AudioTranscriptions,
    object: "organization.usage.audio_transcriptions.result",
    figures: |used| json!({ "seconds": used.seconds }),
    ..Shape::USUAL
};

pub(crate) static MODERATIONS: Shape = Shape {
    kind: UsageKind::Moderations,
    object: "organization.usage.moderations.result",
    figures: |used| json!({ "input_tokens": used.input_tokens }),
    ..Shape::USUAL
};

/// `GET /v1/organization/usage/{kind}`
pub(crate) fn endpoint(shape: &'static Shape) -> MethodRouter<ApiState> {
    get(move |State(state): State<ApiState>, admin: Admin, query: Query| async move {
        list(&state, &admin, &query, shape).await
    })
}

async fn list(state: &ApiState, admin: &Admin, query: &Query, shape: &'static Shape) -> Result<Json<Value>, ApiError> {
    let (request, source) = request::usage(query, shape.kind, shape.groups, shape.has_source)?;
    answer::answer(state, admin, &request, |result| show(shape, result, source)).await
}

fn show(shape: &Shape, result: &UsageResult, source: Option<&str>) -> Value {
    let mut shown = answer::result(shape.object, result, shape.figures, shape.absent);
    if let Some(name) = shape.detail {
        shown[name] = json!(result.detail);
    }
    if shape.has_batch {
        shown["batch"] = json!(result.batch);
    }
    if shape.kind == UsageKind::Images {
        shown["source"] = json!(result.source);
    }
    if shape.has_source {
        shown["api_source"] = json!(source);
    }
    shown
}
