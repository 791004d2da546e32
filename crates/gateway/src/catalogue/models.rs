//! `GET /v1/models` and `/v1/models/{id}`, answered by the gateway itself, so that the list agrees with the gate.

use http::header;
use http::{HeaderValue, Response};
use keystead_core::access::{ModelUse, Payer, allowed_in_project, judge_model};
use keystead_core::caller::Caller;
use keystead_core::refusal::{ErrorResponse, GateRefusal, Refusal};
use keystead_core::route;
use keystead_core::text::printable;
use serde_json::{Value, json};

use crate::Gateway;
use crate::body::{GatewayBody, full};
use crate::catalogue::ModelEntry;
use crate::response::error_body;

/// Percent-decodes the id segment once. An invalid encoding is refused, because another reader could keep it as it is.
pub(crate) fn decode(segment: &str) -> Result<String, ErrorResponse> {
    let refused = || error_body::bad_body("The model's name is not encoded properly.");
    let digits = |rest: &str| rest.as_bytes().get(..2).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    if !segment.split('%').skip(1).all(digits) {
        return Err(refused());
    }
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().map_err(|_| refused())?;
    Ok(decoded.into_owned())
}

pub(crate) fn answer(
    gateway: &Gateway,
    caller: &Caller,
    payer: &Payer,
    wanted: Option<&str>,
) -> Result<Response<GatewayBody>, ErrorResponse> {
    let catalogue = gateway.services.catalogue.load();
    let show = |model: &ModelEntry| object(gateway, caller, payer, model);
    let organization = caller.organizations.iter().find(|organization| organization.id == payer.organization);
    let allowed = |model: &str| organization.map_or(Ok(()), |found| allowed_in_project(found, payer, model));
    let body = match wanted {
        Some(id) => {
            let unknown =
                || Refusal::UnknownModel(printable(id)).response(&gateway.services.public_url).with_param("model");
            let model = catalogue.models.get(id).ok_or_else(unknown)?;
            allowed(id).map_err(|refusal| refusal.response(&gateway.services.public_url))?;
            show(model)
        }
        None => {
            let mut models: Vec<&ModelEntry> =
                catalogue.models.values().filter(|model| allowed(&model.id).is_ok()).collect();
            models.sort_by(|a, b| a.id.cmp(&b.id));
            json!({ "object": "list", "data": models.into_iter().map(show).collect::<Vec<_>>() })
        }
    };
    let mut response = Response::new(full(body.to_string()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    error_body::attribute(response.headers_mut(), payer);
    Ok(response)
}

/// Builds a model object as clients know it; a gated model says what it needs and whether this organization has it.
fn object(gateway: &Gateway, caller: &Caller, payer: &Payer, model: &ModelEntry) -> Value {
    let mut object =
        json!({ "id": &*model.id, "object": "model", "created": model.created, "owned_by": model.owned_by });
    let catalogue = gateway.services.catalogue.load();
    // Any route that uses a model gives the same verdict; only the form of the refusal differs.
    let Some(any) = route::ROUTES.iter().find(|route| route.path == "/v1/responses") else { return object };
    let now = gateway.now();
    let judge = |stream, summary| {
        let asked = ModelUse { stream, summary, ..ModelUse::of(&model.id) };
        judge_model(&catalogue.policy, caller, payer, any, asked, now).err()
    };
    let requires = |gate: &GateRefusal| gate.missing.iter().map(|missing| missing.as_str()).collect::<Vec<_>>();
    if let Some(refusal) = judge(false, false) {
        let missing = refusal.gate().map(requires).unwrap_or_default();
        object["keystead"] = json!({ "requires": missing, "available": false });
        return object;
    }
    // A model that may be used, but not with every feature, says what the others need.
    for (feature, refusal) in [("stream", judge(true, false)), ("reasoning_summary", judge(false, true))] {
        if let Some(gate) = refusal.as_ref().and_then(Refusal::gate) {
            object["keystead"]["available"] = json!(true);
            object["keystead"]["features"][feature] = json!({ "requires": requires(gate), "available": false });
        }
    }
    object
}
