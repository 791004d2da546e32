//! `/v1/keystead/budgets`: budgets of the organization, its projects, its members and its keys; and
//! `/v1/keystead/operator/leases`: what nodes hold that are gone.

use axum::Json;
use axum::extract::State;
use keystead_app::budgets::leases::EndedLease;
use keystead_app::budgets::{BudgetSettings, BudgetView};
use keystead_core::budget::{BudgetKind, BudgetSubject, Interval, Measure, SubjectKind};
use keystead_core::id::{BudgetId, OrganizationId};
use keystead_core::money::{Amount, CURRENCY};
use serde_json::{Value, json};

use super::credit::check_currency;
use crate::ApiState;
use crate::auth::{Admin, Operator};
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::page;
use crate::path::Ids;
use crate::query::Query;

/// The fields of a new budget.
pub(crate) const MEMBERS: &[&str] = &["subject", "measure", "interval", "amount", "currency"];
/// The fields of a change.
pub(crate) const CHANGES: &[&str] = &["amount", "currency"];

/// A figure in the unit of a budget: cents, which may have parts, or a whole number of tokens or requests.
/// Adding zero makes a negative zero a zero.
fn figure(measure: Measure, amount: Amount) -> Value {
    let whole = measure.figure(amount);
    match measure {
        Measure::Money if measure.amount(whole) != amount => json!((amount.as_units() * 1e8).round() / 1e6 + 0.0),
        _ => json!(whole),
    }
}

pub(super) const fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Money => "cents",
        Measure::Tokens => "tokens",
        Measure::Requests => "requests",
    }
}

/// A budget with its figures.
pub(crate) fn show(view: &BudgetView) -> Value {
    let (budget, figures) = (&view.row.budget, &view.figures);
    let (subject, terms) = (&budget.scope.subject, budget.scope.terms);
    let shown = |amount| figure(terms.measure, amount);
    let kind = match terms.kind {
        BudgetKind::Limit => "limit",
        BudgetKind::Credit => "credit",
    };
    json!({
        "id": budget.id,
        "object": "keystead.budget_limit",
        "kind": kind,
        "subject": { "type": subject.kind().as_str(), "id": subject.id() },
        "measure": terms.measure.as_str(),
        "interval": terms.interval.as_str(),
        "unit": unit(terms.measure),
        "currency": (terms.measure == Measure::Money).then_some(CURRENCY),
        "amount": shown(budget.most),
        "used": shown(figures.spent),
        "set_aside": shown(figures.set_aside),
        "remaining": shown(figures.left().unwrap_or_default()),
        "time_zone": budget.zone.to_string(),
        "resets_at": view.window.resets_at(),
        "created_at": view.row.created_at,
    })
}

/// Reads a name from a closed list.
fn named<T>(fields: &Fields, name: &'static str, names: &[&str], read: fn(&str) -> Option<T>) -> Result<T, ApiError> {
    let text = fields.required_text(name)?;
    let wrong = || ApiError::param(name, format!("Invalid '{name}': must be one of {}.", names.join(", ")));
    read(&text).ok_or_else(wrong)
}

/// Reads the subject; an id that cannot be one is answered like an unknown one.
fn subject(fields: &Fields, organization: &OrganizationId) -> Result<BudgetSubject, ApiError> {
    const NAME: &str = "subject";
    let wrong = |what: &str| ApiError::param(NAME, format!("Invalid '{NAME}': {what}."));
    let members = fields.members(NAME, &["type", "id"])?.ok_or_else(|| ApiError::missing(NAME))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let kind = text("type").and_then(SubjectKind::from_name);
    let kind = kind.ok_or_else(|| wrong("'type' must be one of organization, project, user, api_key"))?;
    let id = match (kind, text("id")) {
        (SubjectKind::Organization, None) if !members.contains_key("id") => organization.as_str(),
        (_, id) => id.ok_or_else(|| wrong("'id' must be a string"))?,
    };
    Ok(match kind {
        SubjectKind::Organization => BudgetSubject::Organization(parsed("organization", id)?),
        SubjectKind::Project => BudgetSubject::Project(parsed("project", id)?),
        SubjectKind::Person => BudgetSubject::person(organization, &parsed("user", id)?),
        SubjectKind::Key => BudgetSubject::Key(parsed("API key", id)?),
    })
}

fn parsed<T: std::str::FromStr>(kind: &str, id: &str) -> Result<T, ApiError> {
    id.parse().map_err(|_| ApiError::not_found(kind, id))
}

/// Reads the amount.
fn amount(fields: &Fields) -> Result<i64, ApiError> {
    check_currency(fields)?;
    fields.number("amount")?.ok_or_else(|| ApiError::missing("amount"))
}

fn id(ids: &Ids) -> Result<BudgetId, ApiError> {
    ids.get("budget_id", "budget")
}

pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let wanted = page::wanted(&query, true)?;
    let listed = state.app.budgets(&admin.actor, &admin.organization, &wanted.page()).await;
    Ok(wanted.list(&listed.or_fail(&state)?, show))
}

pub(crate) async fn create(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let measures = Measure::ALL.map(Measure::as_str);
    let intervals = Interval::ALL.map(Interval::as_str);
    let settings = BudgetSettings {
        subject: subject(&fields, &admin.organization)?,
        measure: named(&fields, "measure", &measures, Measure::from_name)?,
        interval: named(&fields, "interval", &intervals, Interval::from_name)?,
        amount: amount(&fields)?,
    };
    let made = state.app.create_budget(&admin.actor, &admin.organization, &settings).await;
    Ok(Json(show(&made.or_fail(&state)?)))
}

pub(crate) async fn retrieve(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let found = state.app.budget(&admin.actor, &admin.organization, &id(&ids)?).await;
    Ok(Json(show(&found.or_fail(&state)?)))
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (id, amount) = (id(&ids)?, amount(&fields)?);
    let changed = state.app.change_budget(&admin.actor, &admin.organization, &id, amount).await;
    Ok(Json(show(&changed.or_fail(&state)?)))
}

pub(crate) async fn delete(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id = id(&ids)?;
    state.app.delete_budget(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    Ok(Json(json!({ "id": id, "object": "keystead.budget_limit.deleted", "deleted": true })))
}

fn show_lease(lease: &EndedLease) -> Value {
    let (subject, terms) = (&lease.scope.subject, lease.scope.terms);
    json!({
        "object": "keystead.ended_lease",
        "node": lease.holder,
        "subject": { "type": subject.kind().as_str(), "id": subject.id() },
        "measure": terms.measure.as_str(),
        "interval": terms.interval.as_str(),
        "unit": unit(terms.measure),
        "held": figure(terms.measure, lease.held),
        "last_heard_of_at": lease.renewed_at,
    })
}

fn leases(leases: &[EndedLease]) -> Json<Value> {
    let data: Vec<Value> = leases.iter().map(show_lease).collect();
    Json(json!({ "object": "list", "data": data }))
}

pub(crate) async fn ended_leases(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    Ok(leases(&state.app.ended_leases(&operator.0).await.or_fail(&state)?))
}

pub(crate) async fn release_leases(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (node, reason) = (ids.text("node"), fields.required_text("reason")?);
    Ok(leases(&state.app.release_leases(&operator.0, &node, &reason).await.or_fail(&state)?))
}
