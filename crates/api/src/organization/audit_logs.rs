//! `GET /v1/organization/audit_logs`, newest first, with every filter of OpenAI's API.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use keystead_app::audit::{AuditEvent, AuditLog, AuditQuestion, Named, Names, contract};
use keystead_app::{Listing, Page};
use keystead_core::id::ProjectId;
use keystead_core::text::printable;
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
    let of_tenant = query.flag("tenant_only")?.unwrap_or(false);
    let question = question(&query, of_tenant)?;
    // No event of an organization belongs to a tenant above it.
    if of_tenant {
        let none = Listing { data: Vec::<AuditEvent>::new(), has_more: false };
        return Ok(wanted.list(&none, |event| show(event, &Names::default())));
    }
    let page: Page = wanted.page();
    let found = state.app.search_audit_log(&admin.actor, &admin.organization, question, page).await.or_fail(&state)?;
    let AuditLog { rows, names } = found;
    Ok(wanted.list(&rows, |event| show(event, &names)))
}

fn question(query: &Query, of_tenant: bool) -> Result<AuditQuestion, ApiError> {
    let at = |key: &'static str, more: i64| {
        let seconds = query.integer(key)?;
        Ok::<_, ApiError>(seconds.map(|seconds| Timestamp(seconds.saturating_add(more))))
    };
    // Times are whole seconds, so "after" means "from the next second".
    let from = [at("effective_at[gte]", 0)?, at("effective_at[gt]", 1)?].into_iter().flatten().max();
    let until = [at("effective_at[lt]", 0)?, at("effective_at[lte]", 1)?].into_iter().flatten().min();
    let actions = actions(query, of_tenant)?;
    let emails = several(query, "actor_emails")?;
    if !emails.iter().all(|email| email.contains('@')) {
        return Err(ApiError::param("actor_emails", "Invalid 'actor_emails': expected email addresses."));
    }
    let projects = several(query, "project_ids")?;
    query.ids::<ProjectId>("project_ids")?;
    let (actors, targets) = (several(query, "actor_ids")?, several(query, "resource_ids")?);
    Ok(AuditQuestion { from, until, actions, actors, emails, targets, projects })
}

/// The actions that are found by the types in the query. A type that is shown for several actions finds all of them.
fn actions(query: &Query, of_tenant: bool) -> Result<Vec<String>, ApiError> {
    // Bounded by the number of types that there are.
    let types: BTreeSet<String> = query.many("event_types").into_iter().collect();
    for name in &types {
        let wrong = |what: &str| ApiError::param("event_types", format!("Invalid 'event_types': {what}."));
        if !contract::is_known(name) {
            return Err(wrong(&format!("'{}' is not a type of events, such as 'project.created'", printable(name))));
        }
        if of_tenant && !contract::is_of_tenant(name) {
            return Err(wrong("with 'tenant_only', every type must be one of a tenant"));
        }
    }
    // The types themselves are among them, so that types without any action do not remove the filter.
    let found = types.iter().flat_map(|name| contract::actions_of(name)).map(str::to_owned);
    Ok(found.chain(types.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect())
}

fn several(query: &Query, key: &'static str) -> Result<Vec<String>, ApiError> {
    let values = query.many(key);
    if values.len() > MOST {
        return Err(ApiError::param(key, format!("Invalid '{key}': at most {MOST} values can be given.")));
    }
    Ok(values)
}

/// The details are in a field named like the type, including the dots. An event of Keystead's own has the nearest type of
/// the API, so that strict clients accept it; `keystead_type` has its own name, and names the field of its details.
fn show(event: &AuditEvent, names: &Names) -> Value {
    let mut details = event.details.as_object().cloned().unwrap_or_else(Map::new);
    details.insert("id".to_owned(), event.target_id.clone().into());
    // Addresses are not in the log, so that they can be erased.
    if let Some(Value::Object(data)) = details.get_mut("data").filter(|_| event.action == "invite.sent") {
        data.insert("email".to_owned(), names.invited(&event.target_id).into());
    }
    let kind = contract::shown_as(&event.action);
    let mut shown = json!({ "id": event.id, "type": kind, "effective_at": event.at, "actor": actor(event, names) });
    if kind != event.action {
        shown["keystead_type"] = event.action.as_str().into();
        shown[kind] = nearest(event, kind);
    }
    shown[&event.action] = details.into();
    if shown["actor"].is_null() {
        // Operators are known by their addresses, which organizations do not see.
        let id = Some(&event.actor_id).filter(|id| !id.is_empty() && !id.contains('@'));
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

/// The details of an event of Keystead's own in the shape of the type as which it is shown.
fn nearest(event: &AuditEvent, kind: &str) -> Value {
    let own = &event.details;
    match kind {
        "organization.updated" => json!({ "id": event.organization, "changes_requested": {} }),
        "user.added" => json!({ "id": event.target_id, "data": { "role": own["data"]["role"] } }),
        "user.updated" => json!({ "id": event.target_id, "changes_requested": { "role": own["data"]["role"] } }),
        "api_key.updated" => {
            let left = own["data"]["ends_at"].as_i64().map(|end| end.saturating_sub(event.at.0));
            json!({ "id": event.target_id, "changes_requested": { "expires_in_seconds": left } })
        }
        _ => json!({ "id": event.target_id }),
    }
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
