//! `/v1/keystead/anomaly_settings`, `/v1/keystead/anomalies`, and the pause and the velocity cap of a key.

use axum::Json;
use axum::extract::State;
use keystead_app::anomalies::{AnomalySettings, KeyCapRow, KeySignal};
use keystead_core::anomaly::{CapPeriod, KeyCap, Signal, Signals, VelocityCap};
use keystead_core::id::KeyId;
use serde_json::{Map, Value, json};

use super::api_keys;
use crate::ApiState;
use crate::auth::Admin;
use crate::body::Fields;
use crate::error::{ApiError, OrFail};
use crate::path::Ids;
use crate::query::Query;

const CAP: &str = "velocity_cap";
/// The members of a cap.
const CAP_MEMBERS: [&str; 3] = ["period", "requests", "threshold_amount"];
/// The signals of a list without `limit`.
const USUAL: i64 = 20;
/// The most signals of a list.
const MOST: i64 = 100;

fn show_cap(cap: VelocityCap) -> Value {
    json!({ "period": cap.period.as_str(), "requests": cap.requests, "threshold_amount": cap.cents })
}

fn show_settings(settings: &AnomalySettings) -> Value {
    let signals: Vec<&str> = settings.signals.on().into_iter().map(Signal::as_str).collect();
    json!({ "object": "keystead.anomaly_settings", "signals": signals, CAP: settings.cap.map(show_cap) })
}

fn show_signal(noticed: &KeySignal) -> Value {
    // Figures exist for signals that compare them: requests, or millionths of the currency.
    let figures = noticed.period.map(|_| (noticed.figure, noticed.usual));
    json!({
        "object": "keystead.anomaly",
        "key_id": noticed.key,
        "signal": noticed.signal.as_str(),
        "value": noticed.value,
        "period": noticed.period.map(CapPeriod::as_str),
        "used": figures.map(|(used, _)| used),
        "usual": figures.map(|(_, usual)| usual),
        "created_at": noticed.at,
    })
}

/// Adds the pause and the cap to a key that is shown.
pub(crate) fn add_to(key: &mut Value, row: &KeyCapRow) {
    let (mode, own) = match row.cap {
        KeyCap::Inherited => ("inherited", None),
        KeyCap::Off => ("off", None),
        KeyCap::Own(cap) => ("own", Some(cap)),
    };
    if row.pause.is_some() && key["state"] == "active" {
        key["state"] = json!("paused");
    }
    key["paused_at"] = json!(row.pause.map(|pause| pause.since));
    key["pause_reason"] = json!(row.pause.map(|pause| pause.reason.as_str()));
    key["velocity_cap_mode"] = json!(mode);
    key[CAP] = json!(own.map(show_cap));
}

fn wrong(what: &str) -> ApiError {
    ApiError::param(CAP, format!("Invalid '{CAP}': {what}."))
}

/// Reads a cap from the members of an object. Its bounds are checked with its use.
fn cap_in(members: &Map<String, Value>) -> Result<VelocityCap, ApiError> {
    let period = members.get("period").and_then(Value::as_str).and_then(CapPeriod::from_name);
    let number = |name: &str| match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(&format!("'{name}' must be an integer"))),
    };
    Ok(VelocityCap {
        period: period.ok_or_else(|| wrong("'period' must be 'minute' or 'hour'"))?,
        requests: number("requests")?,
        cents: number("threshold_amount")?,
    })
}

/// `GET …/anomaly_settings`
pub(crate) async fn settings(State(state): State<ApiState>, admin: Admin) -> Result<Json<Value>, ApiError> {
    let settings = state.app.anomaly_settings(&admin.actor, &admin.organization).await.or_fail(&state)?;
    Ok(Json(show_settings(&settings)))
}

/// `POST …/anomaly_settings`: what is left out stays.
pub(crate) async fn set_settings(
    State(state): State<ApiState>,
    admin: Admin,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let (actor, organization) = (&admin.actor, &admin.organization);
    let mut settings = state.app.anomaly_settings(actor, organization).await.or_fail(&state)?;
    if let Some(names) = fields.texts("signals")? {
        let known = |name: &String| Signal::SWITCHES.into_iter().find(|signal| signal.as_str() == name);
        let signals: Option<Vec<Signal>> = names.iter().map(known).collect();
        let all = Signal::SWITCHES.map(Signal::as_str).join(", ");
        let unknown = || ApiError::param("signals", format!("Invalid 'signals': name some of {all}."));
        settings.signals = Signals::only(&signals.ok_or_else(unknown)?);
    }
    match fields.members(CAP, &CAP_MEMBERS)? {
        Some(members) => settings.cap = Some(cap_in(&members)?),
        None if fields.is_null(CAP) => settings.cap = None,
        None => {}
    }
    state.app.set_anomaly_settings(actor, organization, &settings).await.or_fail(&state)?;
    Ok(Json(show_settings(&settings)))
}

/// `GET …/anomalies`: latest first.
pub(crate) async fn list(State(state): State<ApiState>, admin: Admin, query: Query) -> Result<Json<Value>, ApiError> {
    let key: Option<KeyId> = match query.one("key_id") {
        Some(id) => Some(id.parse().map_err(|_| ApiError::not_found("API key", id))?),
        None => None,
    };
    let limit = query.integer("limit")?.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::param("limit", format!("Invalid 'limit': must be between 1 and {MOST}.")));
    }
    let limit = u32::try_from(limit).unwrap_or_default();
    let noticed = state.app.anomalies(&admin.actor, &admin.organization, key.as_ref(), limit).await.or_fail(&state)?;
    let data: Vec<Value> = noticed.iter().map(show_signal).collect();
    Ok(Json(json!({ "object": "list", "data": data })))
}

/// `POST …/api_keys/{key_id}/pause`
pub(crate) async fn pause(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: KeyId = ids.get("key_id", "API key")?;
    state.app.pause_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    api_keys::explained(&state, &admin, &id).await
}

/// `POST …/api_keys/{key_id}/resume`
pub(crate) async fn resume(State(state): State<ApiState>, admin: Admin, ids: Ids) -> Result<Json<Value>, ApiError> {
    let id: KeyId = ids.get("key_id", "API key")?;
    state.app.resume_key(&admin.actor, &admin.organization, &id).await.or_fail(&state)?;
    api_keys::explained(&state, &admin, &id).await
}

/// `POST …/api_keys/{key_id}/velocity_cap`
pub(crate) async fn set_cap(
    State(state): State<ApiState>,
    admin: Admin,
    ids: Ids,
    fields: Fields,
) -> Result<Json<Value>, ApiError> {
    let id: KeyId = ids.get("key_id", "API key")?;
    let mode = fields.required_text("mode")?;
    let cap = fields.members(CAP, &CAP_MEMBERS)?.map(|members| cap_in(&members)).transpose()?;
    let cap = match (mode.as_str(), cap) {
        ("inherited", None) => KeyCap::Inherited,
        ("off", None) => KeyCap::Off,
        ("own", Some(cap)) => KeyCap::Own(cap),
        ("own", None) => return Err(ApiError::missing(CAP)),
        ("inherited" | "off", Some(_)) => return Err(wrong("it belongs to the mode 'own'")),
        _ => {
            let message = "Invalid 'mode': must be 'inherited', 'off' or 'own'.";
            return Err(ApiError::param("mode", message.to_owned()));
        }
    };
    state.app.set_key_cap(&admin.actor, &admin.organization, &id, cap).await.or_fail(&state)?;
    api_keys::explained(&state, &admin, &id).await
}
