//! Recording the owners of upstream objects: each new object, and lists reduced to the payer's own.

use bytes::Bytes;
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::{MeterKind, Method, Route};
use serde_json::Value;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::catalogue::ModelEntry;
use crate::response::error_body;
use crate::upstream_objects::batches::BegunBatch;
use crate::upstream_objects::made;

/// Whether this route's JSON answers name upstream objects. A file's content names none: its owner wrote it.
pub(crate) fn names_objects(route: &Route) -> bool {
    let other = matches!(route.path, "/v1/responses/input_tokens" | "/v1/files/{id}/content");
    (route.meter == MeterKind::Request && !other) || route.path == "/v1/responses"
}

/// Whether this route's answer lists objects of all organizations, and must always be reduced.
pub(crate) fn lists_objects(route: &Route) -> bool {
    route.method == Method::Get && matches!(route.path, "/v1/files" | "/v1/batches")
}

/// Records new objects as the payer's, and removes others' from lists. Anything else passes byte for byte. `begun` is
/// what is kept of a new batch.
pub(crate) async fn record_objects(
    gateway: &Gateway,
    request: &ApiRequest<'_>,
    model: Option<&ModelEntry>,
    body: Bytes,
    begun: BegunBatch,
) -> Result<Bytes, ErrorResponse> {
    let (route, payer) = (request.route, &request.payer);
    let list = lists_objects(route);
    let unreadable = || error_body::server_error(502, "The model server's answer cannot be passed on.");
    let mut value = match serde_json::from_slice::<Value>(&body) {
        Ok(value) => value,
        // A list that cannot be reduced is not shown at all.
        Err(_) if list => return Err(unreadable()),
        Err(_) => return Ok(body),
    };
    if list {
        let data = value.get_mut("data").and_then(Value::as_array_mut).ok_or_else(unreadable)?;
        let before = data.len();
        let mut own = Vec::with_capacity(before);
        for item in data.drain(..) {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            let owner = gateway.services.ownership.owner(id).await.map_err(|_| error_body::store_unavailable())?;
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
    if made::makes(route, true) {
        let objects = made::of_answer(route, &value);
        let model = model.map(|model| &*model.id);
        gateway
            .services
            .ownership
            .record_made(&objects, payer, model)
            .await
            .map_err(|_| error_body::store_unavailable())?;
        return Ok(body);
    }
    let mut objects: Vec<&str> = Vec::new();
    if route.method == Method::Post {
        objects.extend(value.get("id").and_then(Value::as_str));
        objects.extend(value.pointer("/file/id").and_then(Value::as_str));
    }
    // A batch names its result files once they exist; they belong to its owner.
    if route.path.starts_with("/v1/batches") {
        gateway.count_batch(request, &body, begun).await?;
        let members = ["output_file_id", "error_file_id"];
        objects.extend(members.iter().filter_map(|member| value.get(*member).and_then(Value::as_str)));
    }
    for object in objects {
        gateway.services.ownership.record(object, payer).await.map_err(|_| error_body::store_unavailable())?;
    }
    Ok(body)
}
