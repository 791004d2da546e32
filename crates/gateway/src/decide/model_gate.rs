//! The gate: whether the model, streaming or a feature needs a verification that the organization lacks. The directory
//! may be outdated, so the caller is read again once before a refusal.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use http::HeaderValue;
use http::header::HeaderName;
use keystead_core::access::{ModelUse, Payer, decide, judge_model};
use keystead_core::caller::Caller;
use keystead_core::gate::Verdict;
use keystead_core::refusal::{ErrorResponse, Refusal};
use keystead_core::text::printable;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::catalogue::{Catalogue, ModelEntry};
use crate::rejection::Rejection;
use crate::request::json_body::Peek;
use crate::request::json_walk::{ImageTool, RequiredOwner};
use crate::request::target::no_object;
use crate::response::error_body;

/// A JSON body that its gates let pass.
pub(crate) struct Judged<'c> {
    /// The model of the request.
    pub(crate) entry: &'c ModelEntry,
    /// The model that its tools use for images, and the tool if it does not name the model itself.
    pub(crate) image: Option<(&'c ModelEntry, Option<ImageTool>)>,
    /// What the gates only warn of.
    pub(crate) verdicts: Vec<Verdict>,
}

impl Gateway {
    /// Judges a JSON body by what was parsed of it: the objects it names, its model, then all other models it would
    /// run.
    pub(crate) async fn judge<'c>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        peek: &Peek,
    ) -> Result<Judged<'c>, Rejection> {
        let model = peek.model.as_deref().ok_or_else(error_body::no_model)?;
        self.all_owned(&peek.objects, &request.payer).await?;
        let (entry, mut verdicts) = self.gate(catalogue, request, peek.features().of_model(model)).await?;
        for model in &peek.models {
            verdicts.extend(self.gate(catalogue, request, ModelUse::of(model)).await?.1);
        }
        let Some(tool) = &peek.image_tool else { return Ok(Judged { entry, image: None, verdicts }) };
        let chosen = tool.model.as_deref().or_else(|| default_image_model(catalogue, entry));
        let chosen = chosen.ok_or_else(no_image_model)?;
        if let Some(image) = catalogue.models.get(chosen).filter(|image| image.upstream != entry.upstream) {
            let message = format!("The model '{}' is not served where '{}' is.", image.id, entry.id);
            return Err(error_body::bad_body(message).with_param("tools").into());
        }
        let (image, more) = self.gate(catalogue, request, ModelUse::of(chosen)).await?;
        verdicts.extend(more);
        let unnamed = tool.model.is_none().then(|| tool.clone());
        Ok(Judged { entry, image: Some((image, unnamed)), verdicts })
    }

    /// Checks the owner of an object. One of another organization is answered like one that does not exist.
    pub(crate) async fn owned(&self, object: &str, payer: &Payer) -> Result<(), ErrorResponse> {
        let owner = self.services.ownership.owner(object).await.map_err(|_| error_body::store_unavailable())?;
        if owner.as_ref() == Some(payer) {
            return Ok(());
        }
        Err(no_object(object))
    }

    /// Checks that the payer may name these objects. Each is looked up once, all together.
    pub(crate) async fn all_owned(
        &self,
        objects: &BTreeMap<String, RequiredOwner>,
        payer: &Payer,
    ) -> Result<(), ErrorResponse> {
        if objects.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = objects.keys().map(String::as_str).collect();
        let owners = self.services.ownership.owners(&ids).await.map_err(|_| error_body::store_unavailable())?;
        for ((id, need), owner) in objects.iter().zip(owners) {
            let fine = match owner {
                Some(owner) => owner == *payer,
                None => *need == RequiredOwner::NotAnothers,
            };
            if !fine {
                return Err(no_object(id));
            }
        }
        Ok(())
    }

    /// Finds the model and applies the gates.
    pub(crate) async fn gate<'c>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        model_use: ModelUse<'_>,
    ) -> Result<(&'c ModelEntry, Vec<Verdict>), Rejection> {
        let unknown = || Refusal::UnknownModel(printable(model_use.model)).response(&self.services.public_url);
        let model = catalogue.models.get(model_use.model).ok_or_else(unknown)?;
        let now = self.now();
        let judge = |caller| judge_model(&catalogue.policy, caller, &request.payer, request.route, model_use, now);
        let mut refusal = match judge(&request.caller) {
            Ok(verdicts) => return Ok((model, self.passed(request, verdicts))),
            Err(refusal) => refusal,
        };
        let fresh = Box::pin(request.lookup.reread(&self.services.directory)).await.ok().flatten();
        if let Some(fresh) = fresh {
            decide(&fresh, request.route, request.payer.selection(), request.address, now)
                .map_err(|refusal| self.refuse(&refusal))?;
            self.check_certificate(&fresh, request.payer.selection(), request.certificate.as_ref())?;
            match judge(&fresh) {
                Ok(verdicts) => return Ok((model, self.passed(request, verdicts))),
                Err(newer) => refusal = newer,
            }
        }
        Err(Rejection::with_headers(&self.refuse(&refusal), |headers| {
            error_body::attribute(headers, &request.payer);
            explain(headers, &refusal);
        }))
    }

    /// Counts what rules in shadow mode would refuse, and logs it for the organization.
    fn passed(&self, request: &ApiRequest<'_>, verdicts: Vec<Verdict>) -> Vec<Verdict> {
        let lacking: Vec<&str> = verdicts.iter().flat_map(|v| v.shadowed.iter().map(|r| r.as_str())).collect();
        if !lacking.is_empty() {
            self.metrics.shadowed();
            let lacking = lacking.join(",");
            tracing::debug!(organization = %request.payer.organization, lacking, "a rule in shadow mode would refuse");
        }
        verdicts
    }

    /// Checks whether a stored response may be fetched as a stream, by the model that made it; if that is unknown, by
    /// every served model.
    pub(crate) async fn stream_stored(
        &self,
        catalogue: &Catalogue,
        request: &ApiRequest<'_>,
        response: &str,
    ) -> Result<(), ErrorResponse> {
        let maker = self.services.ownership.maker(response).await.map_err(|_| error_body::store_unavailable())?;
        let any = catalogue.models.keys().map(String::as_str).filter(|_| maker.is_none());
        for model in maker.as_deref().into_iter().chain(any) {
            let refused = self.forbids_stream(catalogue, request, model).await;
            // The model itself was checked when it made the response.
            if let Some(wire) = refused.filter(|wire| wire.param == Some("stream")) {
                return Err(wire);
            }
        }
        Ok(())
    }

    /// Returns the refusal that a stream of a usable model would get, for forms that request a stream only later in the
    /// body.
    pub(crate) async fn forbids_stream(
        &self,
        catalogue: &Catalogue,
        request: &ApiRequest<'_>,
        model: &str,
    ) -> Option<ErrorResponse> {
        let model_use = ModelUse { stream: true, ..ModelUse::of(model) };
        let now = self.now();
        let judge = |caller: &Caller| {
            judge_model(&catalogue.policy, caller, &request.payer, request.route, model_use, now).err()
        };
        let refusal = judge(&request.caller)?;
        let fresh = request.lookup.reread(&self.services.directory).await.ok().flatten();
        let refusal = fresh.map_or(Some(refusal), |fresh| judge(&fresh));
        refusal.map(|refusal| self.refuse(&refusal))
    }
}

/// Returns the model of an image tool that names none: the newest one on the upstream of the request's own model.
fn default_image_model<'c>(catalogue: &'c Catalogue, beside: &ModelEntry) -> Option<&'c str> {
    let images = catalogue.models.values().filter(|model| model.id.starts_with("gpt-image"));
    let there = images.filter(|model| model.upstream == beside.upstream);
    there.max_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id))).map(|model| &*model.id)
}

fn no_image_model() -> ErrorResponse {
    let message = "The tool `image_generation` needs an image model, and none is served where the request's model is.";
    ErrorResponse::invalid(404, Some("model_not_found"), message).with_param("tools")
}

/// Adds `x-keystead-verification: organization=required; org=org_…`.
fn explain(headers: &mut HeaderMap, refusal: &Refusal) {
    if matches!(refusal, Refusal::BillingNotActive(_)) {
        // Another try is refused until an operator or an owner has acted.
        error_body::give_up(headers);
    }
    let (Refusal::ModelNeedsVerification(gate)
    | Refusal::ImageNeedsVerification(gate)
    | Refusal::StreamNeedsVerification(gate)
    | Refusal::SummaryNeedsVerification(gate)) = refusal
    else {
        return;
    };
    let missing: Vec<String> = gate.missing.iter().map(|r| format!("{}=required", r.as_str())).collect();
    let text = format!("{}; org={}; rule={}", missing.join("; "), gate.organization, gate.rule);
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(HeaderName::from_static("x-keystead-verification"), value);
    }
}

/// Adds the header about what rules in warn mode would require.
pub(crate) fn warn(headers: &mut HeaderMap, verdicts: &[Verdict]) {
    let mut names: Vec<&str> = verdicts.iter().flat_map(|v| v.warned.iter().map(|r| r.as_str())).collect();
    names.dedup();
    if names.is_empty() {
        return;
    }
    if let Ok(value) = HeaderValue::from_str(&format!("soon required: {}", names.join(", "))) {
        headers.insert(HeaderName::from_static("x-keystead-warning"), value);
    }
}
