//! `GET /v1/keystead/budget`: what the key may still spend this month, and every budget that applies to it.

use std::fmt::Display;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use keystead_core::budget::{BudgetFigures, Window};
use keystead_core::money::Amount;
use serde_json::{Value, json};

use crate::ApiState;
use crate::auth::{AnyKey, selection};
use crate::error::{ApiError, OrFail};
use crate::keystead::budgets;

/// The figures of one payer, in units of the currency. Without a limit, what remains is not known.
fn show(id: &impl Display, figures: &BudgetFigures, month: Window) -> Value {
    let units = |amount: Option<Amount>| amount.map(Amount::as_units);
    json!({
        "id": id.to_string(),
        "limit": units(figures.limit),
        "spent": figures.spent.as_units(),
        "set_aside": figures.set_aside.as_units(),
        "remaining": units(figures.left()),
        "currency": "USD",
        "resets_at": month.end,
    })
}

pub(crate) async fn handle(
    State(state): State<ApiState>,
    key: AnyKey,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let budget = state.app.key_budget(&key.caller, selection(&headers)?).await.or_fail(&state)?;
    let (organization, figures) = &budget.organization;
    let organization = show(organization, figures, budget.month);
    let project = budget.project.as_ref().map(|(id, figures)| show(id, figures, budget.month));
    Ok(Json(json!({
        "object": "keystead.budget",
        "interval": "month",
        "organization": organization,
        "project": project,
        "budgets": budget.budgets.iter().map(budgets::show).collect::<Vec<_>>(),
    })))
}
