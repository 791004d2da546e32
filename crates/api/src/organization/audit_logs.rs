//! `GET /v1/organization/audit_logs`, newest first, with every filter of OpenAI's API.

use axum::Json;
use axum::extract::State;
use keystead_app::audit::{AuditEvent, AuditLog, AuditQuestion, Named, Names};
use keystead_app::{Listing, Page};
use keystead_core::id::ProjectId;
use keystead_core::time::Timestamp;
use serde_json::{Map, Value, json};

use crate::ApiState;
use crate::auth::Admin;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::query::Query;

/// Parameters with one value.
pub(crate) const ONE: &[&str] = &[
    "after",
    "before",
    "limit",
    "order",
    "tenant_only",
    "effective_at[gt]",
    "effective_at[gte]",
    "effective_at[lt]",
    "effective_at[lte]",
];

/// Parameters with several values.
pub(crate) const MANY: &[&str] = &["project_ids", "event_types", "actor_ids", "actor_emails", "resource_ids"];

/// Maximum number of values of a parameter.
const MOST: usize = 100;

pub(crate) async fn handle(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, false)?;
    let question = question(&query)?;
    // No event of an organization belongs to a tenant above it.
    if query.flag("tenant_only")?.unwrap_or(false) {
        let none = Listing { data: Vec::<AuditEvent>::new(), has_more: false };
        return Ok(wanted.list(&none, |event| show(event, &Names::default())));
    }
    let page: Page = wanted.page();
    let found = state.app.search_audit_log(&admin.actor, &admin.organization, question, page).await.or_fail(&state)?;
    let AuditLog { rows, names } = found;
    Ok(wanted.list(&rows, |event| show(event, &names)))
}

fn question(query: &Query) -> Result<AuditQuestion, ApiError> {
    let at = |key: &'static str, more: i64| {
        let seconds = query.integer(key)?;
        Ok::<_, ApiError>(seconds.map(|seconds| Timestamp(seconds.saturating_add(more))))
    };
    // Times are whole seconds, so "after" means "from the next second".
    let from = [at("effective_at[gte]", 0)?, at("effective_at[gt]", 1)?].into_iter().flatten().max();
    let until = [at("effective_at[lt]", 0)?, at("effective_at[lte]", 1)?].into_iter().flatten().min();
    let actions = several(query, "event_types")?;
    let shaped = |action: &String| action.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.');
    if !actions.iter().all(shaped) {
        return Err(ApiError::param("event_types", "Invalid 'event_types': expected types such as 'project.created'."));
    }
    let emails = several(query, "actor_emails")?;
    if !emails.iter().all(|email| email.contains('@')) {
        return Err(ApiError::param("actor_emails", "Invalid 'actor_emails': expected email addresses."));
    }
    let projects = several(query, "project_ids")?;
    query.ids::<ProjectId>("project_ids")?;
    let (actors, targets) = (several(query, "actor_ids")?, several(query, "resource_ids")?);
    Ok(AuditQuestion { from, until, actions, actors, emails, targets, projects })
}

fn several(query: &Query, key: &'static str) -> Result<Vec<String>, ApiError> {
    let values = query.many(key);
    if values.len() > MOST {
        return Err(ApiError::param(key, format!("Invalid '{key}': at most {MOST} values can be given.")));
    }
    Ok(values)
}

/// The details are in a field named like the type, including the dots.
fn show(event: &AuditEvent, names: &Names) -> Value {
    let mut details = event.details.as_object().cloned().unwrap_or_else(Map::new);
    details.insert("id".to_owned(), event.target_id.clone().into());
    // Addresses are not in the log, so that they can be erased.
    if let Some(Value::Object(data)) = details.get_mut("data").filter(|_| event.action == "invite.sent") {
        data.insert("email".to_owned(), names.invited(&event.target_id).into());
    }
    let mut shown = json!({
        "id": event.id,
        "type": event.action,
        "effective_at": event.at,
        "actor": actor(event, names),
        &event.action: details,
    });
    if shown["actor"].is_null() {
        // Operators are known by their addresses, which organizations do not see.
        let id = Some(&event.actor_id).filter(|id| !id.contains('@'));
        shown["keystead_actor"] = json!({ "type": event.actor_kind, "id": id });
    }
    if let Some(project) = &event.project {
        let name = match names.get(project.as_str()) {
            Some(Named::Project(name)) => Value::from(name),
            _ => Value::Null,
        };
        shown["project"] = json!({ "id": project, "name": name });
    }
    shown
}

/// OpenAI's API does not know operators and services as actors; `keystead_actor` names them.
fn actor(event: &AuditEvent, names: &Names) -> Value {
    let user = |id: &str| match names.get(id) {
        Some(Named::Person(person)) => json!({ "id": id, "email": person.email }),
        _ => json!({ "id": id }),
    };
    match event.actor_kind.as_str() {
        "api_key" => {
            // Only Keystead reports the address of a key.
            let mut key = json!({ "id": event.actor_id, "ip_address": event.address });
            if let Some(Named::Key(named)) = names.get(&event.actor_id) {
                if let Some(owner) = &named.user {
                    (key["type"], key["user"]) = ("user".into(), user(owner));
                } else if let Some(account) = &named.service_account {
                    (key["type"], key["service_account"]) = ("service_account".into(), json!({ "id": account }));
                }
            }
            json!({ "type": "api_key", "api_key": key })
        }
        "session" => {
            json!({ "type": "session", "session": { "user": user(&event.actor_id), "ip_address": event.address } })
        }
        _ => Value::Null,
    }
}
