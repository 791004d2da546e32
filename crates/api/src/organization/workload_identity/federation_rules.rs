//! Federation rules of a provider, `organization.workload_identity_federation_rule`.

use axum::Json;
use axum::extract::State;
use keystead_app::workload_identity::{FederationRule, NewRule, RuleChange};
use keystead_core::id::FederationRuleId;
use keystead_core::workload_identity::Matchers;
use serde_json::{Value, json};

use super::providers::provider_id;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;
use crate::{ApiState, page};

/// The parameters of the list.
pub(crate) const PAGE: &[&str] = &["after", "before", "limit", "order", "service_account_id"];
/// The fields that can change.
pub(crate) const CHANGEABLE: &[&str] = &["attribute_matchers", "description", "enabled", "name", "permissions"];
/// The fields of a new one.
pub(crate) const MEMBERS: &[&str] =
    &["attribute_matchers", "project_id", "service_account_id", "description", "enabled", "name", "permissions"];

fn show(rule: &FederationRule) -> Value {
    let permissions = match rule.restriction.0.as_slice() {
        [] => json!({ "type": "service_account_default" }),
        scopes => json!({ "type": "restricted", "scopes": scopes }),
    };
    json!({
        "id": rule.id,
        "object": "organization.workload_identity_federation_rule",
        "workload_identity_provider_id": rule.provider,
        "project_id": rule.project,
        "service_account_id": rule.service_account,
        "name": rule.name,
        "description": rule.description,
        "attribute_matchers": rule.matchers,
        "permissions": permissions,
        "enabled": rule.enabled,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
    })
}

fn rule_id(ids: &Ids) -> Result<FederationRuleId, ApiError> {
    ids.get("workload_identity_federation_rule_id", "federation rule")
}

fn matchers(fields: &Fields) -> Result<Option<Matchers>, ApiError> {
    let Some(value) = fields.value("attribute_matchers") else { return Ok(None) };
    let invalid = |fault| ApiError::param("attribute_matchers", format!("Invalid 'attribute_matchers': {fault}."));
    Matchers::read(&value).map(Some).map_err(invalid)
}

/// The scopes of the keys; empty for the permissions of the service account.
fn permissions(fields: &Fields) -> Result<Option<Vec<String>>, ApiError> {
    let Some(value) = fields.value("permissions") else { return Ok(None) };
    let invalid = || {
        let message = "Invalid 'permissions': must be {\"type\": \"service_account_default\"} or {\"type\": \
                       \"restricted\", \"scopes\": […]} with at least one scope.";
        ApiError::param("permissions", message)
    };
    let members = value.as_object().ok_or_else(invalid)?;
    match members.get("type").and_then(Value::as_str) {
        Some("service_account_default") if members.len() == 1 => Ok(Some(Vec::new())),
        Some("restricted") if members.len() == 2 => {
            let scopes = members.get("scopes").and_then(Value::as_array).filter(|scopes| !scopes.is_empty());
            let scopes = scopes.ok_or_else(invalid)?.iter().map(|scope| scope.as_str().map(str::to_owned));
            scopes.collect::<Option<_>>().map(Some).ok_or_else(invalid)
        }
        _ => Err(invalid()),
    }
}

/// `GET …/{workload_identity_provider_id}/federation_rules`, newest first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let provider = provider_id(&ids)?;
    let wanted = page::wanted(&query, false)?;
    let account = query.one("service_account_id");
    let (actor, organization) = (&admin.actor, &admin.organization);
    let listing = state.app.federation_rules(actor, organization, &provider, account, wanted.page()).await;
    Ok(wanted.list(&listing.or_fail(&state)?, show))
}

/// `POST …/{workload_identity_provider_id}/federation_rules`
pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let provider = provider_id(&ids)?;
    let asked = NewRule {
        matchers: matchers(&fields)?.ok_or_else(|| ApiError::missing("attribute_matchers"))?,
        name: fields.text("name")?,
        description: fields.text("description")?,
        scopes: permissions(&fields)?.unwrap_or_default(),
        enabled: fields.boolean("enabled")?.unwrap_or(true),
        project: fields.id("project_id", "project")?.ok_or_else(|| ApiError::missing("project_id"))?,
        service_account: fields
            .id("service_account_id", "service account")?
            .ok_or_else(|| ApiError::missing("service_account_id"))?,
    };
    let made = state.app.create_federation_rule(&admin.actor, &admin.organization, &provider, asked).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `GET …/federation_rules/{workload_identity_federation_rule_id}`
pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (provider, id) = (provider_id(&ids)?, rule_id(&ids)?);
    let found = state.app.federation_rule(&admin.actor, &admin.organization, &provider, &id).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

/// `POST …/federation_rules/{workload_identity_federation_rule_id}`: fields that are not sent stay.
pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (provider, id) = (provider_id(&ids)?, rule_id(&ids)?);
    let change = RuleChange {
        matchers: matchers(&fields)?,
        name: fields.nullable_text("name")?,
        description: fields.nullable_text("description")?,
        scopes: permissions(&fields)?,
        enabled: fields.boolean("enabled")?,
    };
    let made = state.app.update_federation_rule(&admin.actor, &admin.organization, &provider, &id, &change).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

/// `DELETE …/federation_rules/{workload_identity_federation_rule_id}`: its keys end.
pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let (provider, id) = (provider_id(&ids)?, rule_id(&ids)?);
    let gone = state.app.delete_federation_rule(&admin.actor, &admin.organization, &provider, &id).await;
    gone.or_fail(&state)?;
    let object = "organization.workload_identity_federation_rule.deleted";
    Ok(Json(json!({ "id": id, "object": object, "deleted": true })))
}
