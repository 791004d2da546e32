//! `GET /v1/organization/audit_logs`, newest first.

use axum::Json;
use axum::extract::State;
use keystead_app::audit::AuditEvent;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{Failure, OrFail};
use crate::page;
use crate::query::Query;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, Failure> {
    let wanted = page::wanted(&query, false)?;
    let listing = state.app.audit_log(&admin.actor, &admin.organization, wanted.page()).await.or_fail(&state)?;
    Ok(wanted.list(&listing, show))
}

/// The details stand under a key equal to the type, dots included (contract 1.6).
fn show(event: &AuditEvent) -> Value {
    let mut details = event.details.clone();
    details["id"] = event.target_id.clone().into();
    let actor = match event.actor_kind.as_str() {
        // That a key's address is told is Keystead's own.
        "api_key" => {
            json!({ "type": "api_key", "api_key": { "id": event.actor_id, "ip_address": event.address } })
        }
        "session" => {
            json!({ "type": "session", "session": { "user": { "id": event.actor_id }, "ip_address": event.address } })
        }
        _ => Value::Null,
    };
    json!({ "id": event.id, "type": event.action, "effective_at": event.at, "actor": actor, &event.action: details })
}
