//! `GET /v1/keystead/verification`: what the key's organization has proven, and which actions that opens.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::ApiState;
use crate::auth::{AnyKey, selection};
use crate::error::{ApiError, OrFail};

pub(crate) async fn handle(
    State(state): State<ApiState>,
    key: AnyKey,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let view = state.app.verification(&key.caller, selection(&headers)?).await.or_fail(&state)?;
    let mut answer = json!({ "object": "keystead.verification", "organization_id": view.organization });
    for (requirement, state) in &view.requirements {
        answer[requirement.as_str()] = json!({ "status": state.as_str() });
    }
    let actions = view.actions.iter().map(|action| {
        let mut shown = json!({ "allowed": action.missing.is_empty(), "missing": action.missing });
        if !action.alternatives.is_empty() {
            shown["alternatives"] = json!(action.alternatives);
        }
        (action.action.clone(), shown)
    });
    answer["actions"] = Value::Object(actions.collect::<Map<_, _>>());
    Ok(Json(answer))
}
