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

/// What is specific to one kind of usage.
pub(crate) struct Shape {
    kind: UsageKind,
    /// The `object` of a result.
    object: &'static str,
    /// The figures of a result and of its estimated part.
    figures: fn(&Quantities) -> Value,
    /// Fields of OpenAI's result that Keystead does not count separately.
    fixed: &'static [(&'static str, Option<i64>)],
}

pub(crate) static COMPLETIONS: Shape = Shape {
    kind: UsageKind::Completions,
    object: "organization.usage.completions.result",
    figures: |used| {
        json!({
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "input_cached_tokens": used.input_cached_tokens,
            "input_uncached_tokens": used.input_tokens.saturating_sub(used.input_cached_tokens),
        })
    },
    fixed: &[
        ("input_audio_tokens", Some(0)),
        ("output_audio_tokens", Some(0)),
        ("batch", None),
        ("service_tier", None),
    ],
};

pub(crate) static EMBEDDINGS: Shape = Shape {
    kind: UsageKind::Embeddings,
    object: "organization.usage.embeddings.result",
    figures: |used| json!({ "input_tokens": used.input_tokens }),
    fixed: &[],
};

pub(crate) static IMAGES: Shape = Shape {
    kind: UsageKind::Images,
    object: "organization.usage.images.result",
    figures: |used| json!({ "images": used.images }),
    fixed: &[("size", None), ("source", None)],
};

pub(crate) static AUDIO_SPEECHES: Shape = Shape {
    kind: UsageKind::AudioSpeeches,
    object: "organization.usage.audio_speeches.result",
    figures: |used| json!({ "characters": used.characters }),
    fixed: &[],
};

pub(crate) static AUDIO_TRANSCRIPTIONS: Shape = Shape {
    kind: UsageKind::AudioTranscriptions,
    object: "organization.usage.audio_transcriptions.result",
    figures: |used| json!({ "seconds": used.seconds }),
    fixed: &[],
};

pub(crate) static MODERATIONS: Shape = Shape {
    kind: UsageKind::Moderations,
    object: "organization.usage.moderations.result",
    figures: |used| json!({ "input_tokens": used.input_tokens }),
    fixed: &[],
};

/// `GET /v1/organization/usage/{kind}`
pub(crate) fn endpoint(shape: &'static Shape) -> MethodRouter<ApiState> {
    get(move |State(state): State<ApiState>, admin: Admin, query: Query| async move {
        list(&state, &admin, &query, shape).await
    })
}

async fn list(state: &ApiState, admin: &Admin, query: &Query, shape: &'static Shape) -> Result<Json<Value>, ApiError> {
    let request = request::usage(query, shape.kind)?;
    answer::answer(state, admin, &request, |result| show(shape, result)).await
}

fn show(shape: &Shape, result: &UsageResult) -> Value {
    let mut shown = answer::result(shape.object, result, shape.figures);
    for (name, value) in shape.fixed {
        shown[*name] = json!(value);
    }
    shown
}
