//! Keeping the books of upstream objects: whose each new one is, and lists cut down to one's own.

use bytes::Bytes;
use keystead_core::access::Payer;
use keystead_core::refusal::Wire;
use keystead_core::route::{Meter, Method, Route};
use serde_json::Value;

use crate::{Gateway, reply};

/// Whether this route's JSON answers name upstream objects.
pub(crate) fn names_objects(route: &Route) -> bool {
    (route.meter == Meter::Request && route.path != "/v1/responses/input_tokens") || route.path == "/v1/responses"
}

/// Notes new objects as the payer's; takes others' out of lists. Anything else passes byte for byte.
pub(crate) async fn keep_books(gateway: &Gateway, route: &Route, payer: &Payer, body: Bytes) -> Result<Bytes, Wire> {
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else { return Ok(body) };
    if route.method == Method::Get && !route.path.contains("{id}") {
        let Some(data) = value.get_mut("data").and_then(Value::as_array_mut) else { return Ok(body) };
        let before = data.len();
        let mut own = Vec::with_capacity(before);
        for item in data.drain(..) {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            let owner = gateway.ownership.owner(id).await.map_err(|_| reply::store_unavailable())?;
            if owner.as_ref() == Some(payer) {
                own.push(item);
            }
        }
        if own.len() == before {
            return Ok(body);
        }
        let end = |item: Option<&Value>| item.and_then(|i| i.get("id")).cloned().unwrap_or(Value::Null);
        let (first, last) = (end(own.first()), end(own.last()));
        *data = own;
        for (name, id) in [("first_id", first), ("last_id", last)] {
            if let Some(member) = value.get_mut(name) {
                *member = id;
            }
        }
        return Ok(value.to_string().into());
    }
    let mut objects: Vec<&str> = Vec::new();
    if route.method == Method::Post {
        objects.extend(value.get("id").and_then(Value::as_str));
        objects.extend(value.pointer("/file/id").and_then(Value::as_str));
    }
    // A batch names its result files once they exist; its owner owns them.
    for member in ["output_file_id", "error_file_id"] {
        objects.extend(value.get(member).and_then(Value::as_str));
    }
    for object in objects {
        gateway.ownership.record(object, payer).await.map_err(|_| reply::store_unavailable())?;
    }
    Ok(body)
}
