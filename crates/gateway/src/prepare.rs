//! From what was read to what is sent: the models of a request are looked up and gated, and its body is made ready.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http_body_util::BodyExt;
use keystead_core::access::payer_settings::default_tier;
use keystead_core::gate::Verdict;
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::Route;

use crate::Gateway;
use crate::api_request::{ApiRequest, Features};
use crate::body::{BoxError, RequestBody};
use crate::catalogue::{Catalogue, ModelEntry, Upstream};
use crate::decide::model_gate::Judged;
use crate::outgoing::{Outgoing, Prompt};
use crate::rejection::Rejection;
use crate::request::client_body::{Fault, StreamingBody};
use crate::request::input::{FormInput, Input, JsonInput, ObjectsInput};
use crate::request::json_body::Peek;
use crate::request::target;
use crate::response::error_body;

/// A request that its gates let pass.
pub(crate) struct Prepared<'c> {
    pub(crate) outgoing: Outgoing<'c>,
    pub(crate) body: RequestBody,
    /// What the gates only warn of.
    pub(crate) verdicts: Vec<Verdict>,
}

impl Gateway {
    /// Looks up the models of a request, applies their gates, and makes its body ready to be sent.
    pub(crate) async fn prepare<'c, B>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        parts: &Parts,
        input: Input<B>,
    ) -> Result<Prepared<'c>, Rejection>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        match input {
            Input::Json(input) => self.prepare_json(catalogue, request, input).await,
            // Boxed, so that the usual path does not carry their size.
            Input::Form(input) => Box::pin(self.prepare_form(catalogue, request, input)).await,
            Input::Objects(input) => Box::pin(self.prepare_objects(catalogue, request, parts, input)).await,
        }
    }

    async fn prepare_json<'c>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        input: Box<JsonInput>,
    ) -> Result<Prepared<'c>, Rejection> {
        let JsonInput { body, peek } = *input;
        let Judged { entry, image, verdicts } = self.judge(catalogue, request, &peek).await?;
        let upstream = upstream_of(catalogue, Some(entry))?;
        let adds = needs_usage_option(request.route, &peek) && upstream.asks_usage(&entry.id, self.now());
        let usage_option = peek.splice.as_ref().filter(|_| adds);
        let strip = usage_option.is_some();
        let image_model = image.as_ref().and_then(|(model, tool)| Some(tool.as_ref()?.naming(&model.id)));
        let key = &request.caller.key;
        let tier = peek.tier_place.zip(default_tier(&request.caller, &request.payer));
        let tier = tier.map(|(place, tier)| place.naming(tier));
        let changes = || image_model.iter().chain(&tier);
        let plain = self.spliced(key, &body, changes())?;
        let whole = match usage_option {
            Some(option) => self.spliced(key, &body, changes().chain([option]))?,
            None => plain.clone(),
        };
        let body = plain;
        let prompt = Prompt::of(&body, peek.stated);
        let outgoing = Outgoing {
            features: peek.features(),
            strip,
            without_usage_option: Some(body).filter(|_| strip && upstream.may_leave_out_usage()),
            characters: peek.input_characters,
            tool: image.as_ref().map(|(model, _)| *model),
            audio: peek.audio,
            prompt,
            ..Outgoing::new(upstream, Some(entry), self.now())
        };
        Ok(Prepared { outgoing, body: RequestBody::Whole(whole), verdicts })
    }

    async fn prepare_form<'c, B>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        input: Box<FormInput<B>>,
    ) -> Result<Prepared<'c>, Rejection>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        let FormInput { model, scan, prefix, held, rest, pace, form } = *input;
        let stream = scan.stream();
        let features = Features { stream, ..Features::default() };
        let (entry, verdicts) = self.gate(catalogue, request, features.of_model(&model)).await?;
        // A part that requests a stream may follow the part that names the model.
        let no_stream = if stream { None } else { self.forbids_stream(catalogue, request, &model).await };
        let fault = Fault::default();
        let outgoing = Outgoing {
            features,
            prompt: Prompt::Form(Arc::clone(&form)),
            fault: Some(Arc::clone(&fault)),
            ..Outgoing::new(upstream_of(catalogue, Some(entry))?, Some(entry), self.now())
        };
        let body = StreamingBody::new(rest, pace, fault).behind(prefix, scan, held);
        let body = body.forbidding_stream(no_stream).seen_by(form);
        Ok(Prepared { outgoing, body: RequestBody::StreamingBody(body.boxed_unsync()), verdicts })
    }

    async fn prepare_objects<'c, B>(
        &self,
        catalogue: &'c Arc<Catalogue>,
        request: &ApiRequest<'_>,
        parts: &Parts,
        input: ObjectsInput<B>,
    ) -> Result<Prepared<'c>, Rejection>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        if let Some(response) = request.object.filter(|_| target::streams(&parts.uri)) {
            self.stream_stored(catalogue, request, response).await?;
        }
        let mut outgoing = Outgoing::new(upstream_of(catalogue, None)?, None, self.now());
        let body = match input {
            ObjectsInput::Nothing => RequestBody::Nothing,
            ObjectsInput::Upload(body, pace) => {
                let fault = Fault::default();
                outgoing.fault = Some(Arc::clone(&fault));
                RequestBody::StreamingBody(StreamingBody::new(body, pace, fault).boxed_unsync())
            }
            ObjectsInput::Json(input) => {
                let JsonInput { body, peek } = *input;
                self.all_owned(&peek.objects, &request.payer).await?;
                if request.route.path == "/v1/batches" {
                    outgoing.batch = self.judge_batch(catalogue, request, &body).await?;
                }
                RequestBody::Whole(body)
            }
        };
        Ok(Prepared { outgoing, body, verdicts: Vec::new() })
    }
}

/// Whether the gateway must request the usage chunk itself and remove it again.
fn needs_usage_option(route: &Route, peek: &Peek) -> bool {
    let chat = matches!(route.path, "/v1/chat/completions" | "/v1/completions");
    chat && peek.stream && !peek.include_usage && peek.splice.is_some()
}

fn upstream_of<'c>(catalogue: &'c Catalogue, model: Option<&ModelEntry>) -> Result<&'c Upstream, ErrorResponse> {
    let found = model.map_or_else(|| catalogue.default_upstream(), |model| catalogue.upstream_of(model));
    found.ok_or_else(|| {
        error_body::server_error(500, "No model server is configured for this request. Tell the operator.")
    })
}
