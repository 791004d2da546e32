//! `/v1/keystead/operator/prices`: prices of models, each from a second on.

use axum::Json;
use axum::extract::State;
use keystead_app::prices::{
    LastMonth, ModelPrices, NewPrice, PriceDifference, PriceImport, PricePreview, PriceRow, images_error, price_error,
};
use keystead_core::id::ActorId;
use keystead_core::money::{Amount, CURRENCY, Micros};
use keystead_core::prices::{IMAGES, PriceKind, images_of_json, micros_of_json, price_of};
use keystead_core::time::Timestamp;
use keystead_core::usage::Price;
use serde_json::{Map, Value, json};

use crate::ApiState;
use crate::auth::Operator;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;

/// The members of a new price.
pub(crate) const MEMBERS: &[&str] = &[
    "model",
    "input",
    "cached_input",
    "cache_write",
    "audio_input",
    "image_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
    "image",
    "character",
    "second",
    "request",
    "tool_call",
    IMAGES,
    "holds_from",
    "reason",
];

/// A price as numbers, for a million units.
fn figures(price: &Price) -> Value {
    let units = |micros: Micros| json!(Amount::from(micros).as_units());
    let kinds = PriceKind::ALL.map(|kind| (kind.as_str().to_owned(), units(kind.of(price))));
    let images = price.images.iter().flat_map(|images| images.rows());
    let images: Map<String, Value> = images.map(|(traits, micros)| (traits.key(), units(micros))).collect();
    Value::Object(kinds.into_iter().chain([(IMAGES.to_owned(), Value::Object(images))]).collect())
}

fn row(row: &PriceRow) -> Value {
    let withdrawn = row.withdrawn.as_ref();
    json!({
        "id": row.id,
        "object": "keystead.price",
        "model": row.model,
        "price": figures(&row.price),
        "currency": CURRENCY,
        "holds_from": row.holds_from,
        "made_at": row.made_at,
        "made_by": row.made_by.as_str(),
        "reason": row.reason,
        "withdrawn_at": withdrawn.map(|(at, _)| at),
        "withdrawn_by": withdrawn.map(|(_, by)| ActorId::as_str(by)),
    })
}

fn of_model(prices: &ModelPrices) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, value) in [
        ("object", json!("keystead.model_prices")),
        ("model", json!(prices.model)),
        ("served", json!(prices.served)),
        ("free", json!(prices.is_free())),
        ("source", json!(prices.source.as_str())),
        ("price", figures(&prices.present)),
        ("currency", json!(CURRENCY)),
        ("price_id", json!(prices.row.as_ref().map(|row| &row.id))),
        ("next", prices.next.iter().map(row).collect()),
    ] {
        members.insert(name.to_owned(), value);
    }
    members
}

/// `GET …/prices`: the prices of every model, those without one first.
pub(crate) async fn list(State(state): State<ApiState>, operator: Operator) -> Result<Json<Value>, ApiError> {
    let models = state.app.price_list(&operator.0).await.or_fail(&state)?;
    let data: Vec<Value> = models.iter().map(|prices| Value::Object(of_model(prices))).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// `GET …/prices/history`: every price of one `model`, also withdrawn ones.
pub(crate) async fn history(
    State(state): State<ApiState>,
    operator: Operator,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    let model = query.one("model").ok_or_else(|| ApiError::missing("model"))?;
    let history = state.app.price_history(&operator.0, model).await.or_fail(&state)?;
    let mut members = of_model(&history.prices);
    members.insert("configured".to_owned(), figures(&history.configured));
    members.insert("history".to_owned(), history.rows.iter().map(row).collect());
    Ok(Json(Value::Object(members)))
}

fn holds_from(fields: &Fields) -> Result<Option<Timestamp>, ApiError> {
    Ok(fields.number("holds_from")?.map(Timestamp))
}

/// Reads the prices of kinds. At least one is required.
fn price(fields: &Fields, state: &ApiState) -> Result<Price, ApiError> {
    let mut kinds = Vec::new();
    for kind in PriceKind::ALL {
        let Some(value) = fields.value(kind.as_str()) else { continue };
        kinds.push((kind, micros_of_json(&value).map_err(|fault| price_error(kind, fault)).or_fail(state)?));
    }
    let images = match fields.value(IMAGES) {
        Some(value) => images_of_json(&value).map_err(images_error).or_fail(state)?,
        None => None,
    };
    if kinds.is_empty() && images.is_none() {
        return Err(ApiError::missing("input"));
    }
    Ok(Price { images, ..price_of(kinds) })
}

/// `POST …/prices`: sets the price of `model` from `holds_from` on, with a `reason`. Kinds that are absent are free.
pub(crate) async fn create(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let model = fields.required_text("model")?;
    let price = price(&fields, &state)?;
    let holds_from = holds_from(&fields)?;
    let reason = fields.required_text("reason")?;
    let new = NewPrice { model: &model, price, holds_from, reason: &reason };
    let made = state.app.set_price(&operator.0, &new).await.or_fail(&state)?;
    Ok(Json(row(&made)))
}

/// `DELETE …/prices/{id}`: withdraws a price that does not hold yet.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    operator: Operator,
    ids: Ids,
) -> Result<Json<Value>, ApiError> {
    let withdrawn = state.app.withdraw_price(&operator.0, &ids.text("id")).await.or_fail(&state)?;
    Ok(Json(row(&withdrawn)))
}

fn difference(change: &PriceDifference) -> Value {
    json!({
        "model": change.model,
        "before": figures(&change.before),
        "after": figures(&change.after),
        "left_out": change.left_out,
    })
}

fn imported(object: &str, import: &PriceImport) -> Map<String, Value> {
    let unusable = import.unusable.iter().map(|one| json!({ "model": one.model, "members": one.members }));
    let mut members = Map::new();
    for (name, value) in [
        ("object", json!(object)),
        ("currency", json!(CURRENCY)),
        ("holds_from", json!(import.holds_from)),
        ("changes", import.changes.iter().map(difference).collect()),
        ("unchanged", json!(import.unchanged)),
        ("unusable", unusable.collect()),
        ("not_served", json!(import.not_served)),
        ("still_free", json!(import.still_free)),
    ] {
        members.insert(name.to_owned(), value);
    }
    members
}

fn month(month: &LastMonth) -> Value {
    let models = month.models.iter().map(
        |one| json!({ "model": one.model, "charged": one.charged.as_units(), "would_cost": one.would_cost.as_units() }),
    );
    json!({
        "start_time": month.month.start,
        "end_time": month.month.end,
        "charged": month.charged.as_units(),
        "would_cost": month.would_cost.as_units(),
        "models": models.collect::<Vec<_>>(),
    })
}

/// What a list has changed.
pub(crate) fn show_import(import: &PriceImport) -> Value {
    Value::Object(imported("keystead.price_import", import))
}

/// What a list would change.
pub(crate) fn show_preview(preview: &PricePreview) -> Value {
    let mut members = imported("keystead.price_preview", &preview.import);
    members.insert("last_month".to_owned(), month(&preview.last_month));
    Value::Object(members)
}

/// `POST …/prices/preview`: what a `list` would change, and what last month would have cost with it.
pub(crate) async fn preview(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (list, holds_from) = (fields.required_text("list")?, holds_from(&fields)?);
    let preview = state.app.preview_prices(&operator.0, &list, holds_from).await.or_fail(&state)?;
    Ok(Json(show_preview(&preview)))
}

/// `POST …/prices/import`: sets the prices of a `list`, all of them or none, with a `reason`.
pub(crate) async fn import(
    State(state): State<ApiState>,
    operator: Operator,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (list, holds_from) = (fields.required_text("list")?, holds_from(&fields)?);
    let reason = fields.required_text("reason")?;
    let import = state.app.import_prices(&operator.0, &list, holds_from, &reason).await.or_fail(&state)?;
    Ok(Json(show_import(&import)))
}
