//! Forwarding: the client's bytes to the upstream with the operator's secret, the answer back as it arrives.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, header};
use http_body_util::BodyExt;
use keystead_core::access::{ModelUse, Payer};
use keystead_core::refusal::ErrorResponse;
use keystead_core::route::Route;

use crate::Gateway;
use crate::body::{BoxError, GatewayBody, RequestBody};
use crate::catalogue::{Catalogue, ModelEntry, Upstream};
use crate::decide::model_gate::{self, Gated, Judged};
use crate::decide::rate_limit;
use crate::decide::rate_limiter::Reservation;
use crate::decide::right::Right;
use crate::exchange::{Exchange, Features, Outgoing};
use crate::metering::usage_recorder::{Form, Prompt, UsageRecorder};
use crate::request::client_body::{Fault, Pace, StreamingBody, content_is, malformed, refuse_encoded, sent_as};
use crate::request::form_body::{self, FormScan, Malformed};
use crate::request::json_body::{self, Peek};
use crate::request::target::{self, no_object};
use crate::response::answer::MOST_ERROR;
use crate::response::error_body;
use crate::response::upstream_errors;
use crate::upstream::{NoAnswer, UpstreamBody, UpstreamRequest, collect};

impl Gateway {
    /// Handles routes with a JSON body that names a model.
    pub(crate) async fn with_json<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<Response<GatewayBody>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        content_is(&parts.headers, "application/json")?;
        let body = json_body::text_of(self.whole(&exchange.caller.key, &parts.headers, body).await?)?;
        let peek = json_body::peek(exchange.route, &body)?;
        let catalogue = self.seams.catalogue.load_full();
        let Judged { entry, image, gated } = self.judge(&catalogue, &exchange, &peek).await?;
        let verdicts = match gated {
            Gated::Refused(response) => return Ok(*response),
            Gated::Passed(verdicts) => verdicts,
        };
        let upstream = upstream_of(&catalogue, Some(entry))?;
        let asks = strips(exchange.route, &peek) && upstream.asks_usage(&entry.id, self.now());
        let splice = peek.splice.as_ref().filter(|_| asks);
        let strip = splice.is_some();
        let named = image.as_ref().and_then(|(model, tool)| Some(tool.as_ref()?.naming(&model.id)));
        // The body is sent without the added usage option when the upstream refuses that.
        let whole = self.spliced(&exchange.caller.key, &body, named.iter().chain(splice))?;
        let body = self.spliced(&exchange.caller.key, &body, named.iter())?;
        let prompt = Prompt::of(&body);
        let outgoing = Outgoing {
            upstream,
            model: Some(entry),
            strip,
            unasked: Some(body).filter(|_| strip && upstream.may_leave_out_usage()),
            characters: peek.input_characters,
            asked: Features { stream: peek.stream, summary: peek.summary },
            tool: image.as_ref().map(|(model, _)| *model),
            audio: peek.audio,
            prompt,
            fault: None,
        };
        // Boxed, because futures are moved into those that wait for them, and this one is the largest.
        let mut response = Box::pin(self.exchange(&exchange, parts, RequestBody::Whole(whole), outgoing)).await?;
        model_gate::warn(response.headers_mut(), &verdicts);
        Ok(response)
    }

    /// Handles routes with a form that names a model; the form is streamed once its model is known.
    pub(crate) async fn with_form<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        mut body: B,
    ) -> Result<Response<GatewayBody>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        if sent_as(&parts.headers, "application/json") {
            return self.with_json(exchange, parts, body).await;
        }
        content_is(&parts.headers, "multipart/form-data")?;
        refuse_encoded(&parts.headers)?;
        self.refuse_announced(&body)?;
        let boundary = parts.headers.get(header::CONTENT_TYPE).map(form_body::boundary);
        let form = Arc::<Form>::default();
        let mut scan = match boundary {
            Some(Ok(boundary)) => FormScan::new(&boundary).listening(Arc::clone(&form)),
            _ => return Err(malformed(Malformed::Boundary)),
        };
        let fault = Fault::default();
        let mut prefix: Vec<Bytes> = Vec::new();
        let mut read = 0usize;
        let bounds = self.limits.upload_bounds();
        let (mut pace, mut held) = (Pace::new(bounds), self.share(&exchange.caller.key));
        while scan.model().is_none() {
            let next = pace.next(&mut body).await.map_err(|fault| fault.response(bounds.most))?;
            let Some(chunk) = next else { break };
            scan.feed(&chunk).map_err(malformed)?;
            held.grow(chunk.len()).map_err(error_body::no_room)?;
            read += chunk.len();
            prefix.push(chunk);
            if read > self.limits.form_prefix {
                return Err(error_body::bad_body("Put the part 'model' before the file.").with_param("model"));
            }
        }
        let Some(model) = scan.model().map(str::to_owned) else {
            return Err(error_body::no_model());
        };
        if body.is_end_stream() {
            scan.finish().map_err(malformed)?;
        }
        let catalogue = self.seams.catalogue.load_full();
        let asked = ModelUse { model: &model, stream: scan.stream(), summary: false };
        let (entry, verdicts) = match self.gate(&catalogue, &exchange, asked).await? {
            (_, Gated::Refused(response)) => return Ok(*response),
            (entry, Gated::Passed(verdicts)) => (entry, verdicts),
        };
        let no_stream = if scan.stream() { None } else { self.forbids_stream(&catalogue, &exchange, &model).await };
        let outgoing = Outgoing {
            upstream: upstream_of(&catalogue, Some(entry))?,
            model: Some(entry),
            strip: false,
            unasked: None,
            characters: 0,
            asked: Features { stream: asked.stream, summary: false },
            tool: None,
            audio: false,
            prompt: Prompt::Form(Arc::clone(&form)),
            fault: Some(Arc::clone(&fault)),
        };
        let body = StreamingBody::new(body, pace, fault).behind(prefix, scan, held);
        let body = body.forbidding_stream(no_stream).seen_by(form);
        let mut response =
            self.exchange(&exchange, parts, RequestBody::StreamingBody(body.boxed_unsync()), outgoing).await?;
        model_gate::warn(response.headers_mut(), &verdicts);
        Ok(response)
    }

    /// Handles routes about upstream objects: files, uploads, batches, stored responses.
    pub(crate) async fn without_model<B>(
        &self,
        exchange: Exchange<'_>,
        parts: &Parts,
        body: B,
    ) -> Result<Response<GatewayBody>, ErrorResponse>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Into<BoxError>,
    {
        refuse_encoded(&parts.headers)?;
        if let Some(object) = exchange.object {
            self.owned(object, &exchange.payer).await?;
        }
        let catalogue = self.seams.catalogue.load_full();
        if let Some(response) = exchange.object.filter(|_| target::streams(&parts.uri)) {
            self.stream_stored(&catalogue, &exchange, response).await?;
        }
        let fault = Fault::default();
        let outgoing = Outgoing {
            upstream: upstream_of(&catalogue, None)?,
            model: None,
            strip: false,
            unasked: None,
            characters: 0,
            asked: Features::default(),
            tool: None,
            audio: false,
            prompt: Prompt::Nothing,
            fault: Some(Arc::clone(&fault)),
        };
        let body = if parts.method != Method::POST || body.is_end_stream() {
            RequestBody::Nothing
        } else if matches!(exchange.route.path, "/v1/files" | "/v1/uploads/{id}/parts") {
            content_is(&parts.headers, "multipart/form-data")?;
            self.refuse_announced(&body)?;
            let body = StreamingBody::new(body, Pace::new(self.limits.upload_bounds()), fault);
            RequestBody::StreamingBody(body.boxed_unsync())
        } else {
            // Every other body is read before it is sent, because it may name objects of another organization.
            let body = self.whole(&exchange.caller.key, &parts.headers, body).await?;
            if body.is_empty() {
                RequestBody::Nothing
            } else {
                content_is(&parts.headers, "application/json")?;
                let body = json_body::text_of(body)?;
                self.all_owned(&json_body::peek(exchange.route, &body)?.objects, &exchange.payer).await?;
                if exchange.route.path == "/v1/batches"
                    && let Some(refused) = self.judge_batch(&catalogue, &exchange, &body).await?
                {
                    return Ok(refused);
                }
                RequestBody::Whole(body)
            }
        };
        self.exchange(&exchange, parts, body, outgoing).await
    }

    /// Refuses a form with an announced length that is too large before it is read.
    fn refuse_announced(&self, body: &impl http_body::Body) -> Result<(), ErrorResponse> {
        let most = self.limits.form_body;
        let fits = body.size_hint().lower() <= u64::try_from(most).unwrap_or(u64::MAX);
        if fits { Ok(()) } else { Err(error_body::too_large(most)) }
    }

    /// Checks the owner of an object. One of another organization is answered like one that does not exist.
    pub(crate) async fn owned(&self, object: &str, payer: &Payer) -> Result<(), ErrorResponse> {
        let owner = self.seams.ownership.owner(object).await.map_err(|_| error_body::store_unavailable())?;
        if owner.as_ref() == Some(payer) {
            return Ok(());
        }
        Err(no_object(object))
    }

    async fn exchange(
        &self,
        exchange: &Exchange<'_>,
        parts: &Parts,
        body: RequestBody,
        outgoing: Outgoing<'_>,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        if !self.seams.meter.accepts() {
            self.metrics.unrecordable();
            return Err(error_body::unrecorded());
        }
        let admitted = match self.admit(exchange, outgoing.model, &body) {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(*refused),
        };
        let right = Arc::new(Right::new(self, exchange, &outgoing));
        // The client may have taken long to send the body.
        if exchange.began.elapsed() >= self.limits.recheck {
            Box::pin(right.still_holds()).await?;
        }
        let mut response = tokio::select! {
            biased;
            answered = self.forwarded(exchange, parts, body, outgoing, (admitted.reservation, &right)) => answered?,
            // A model may think for minutes before it answers. Leaving here cancels the upstream.
            ended = right.ended(self.limits.recheck, &self.alarms) => {
                self.metrics.cut();
                return Err(ended);
            }
        };
        if let Some(told) = admitted.told.filter(|_| response.status().is_success()) {
            rate_limit::tell(response.headers_mut(), &told);
        }
        Ok(response)
    }

    async fn forwarded(
        &self,
        exchange: &Exchange<'_>,
        parts: &Parts,
        body: RequestBody,
        mut outgoing: Outgoing<'_>,
        (reservation, right): (Reservation, &Arc<Right>),
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        let address = outgoing.upstream.address.as_ref().ok_or_else(misconfigured)?;
        let target = parts.uri.path_and_query().ok_or_else(misconfigured)?;
        let mut settled = UsageRecorder::new(right, &outgoing, reservation);
        // Requests that came together are read one after the other and leave one after the other: an upstream that was
        // woken by the first is awake for the rest, and waking it is what a send costs most.
        tokio::task::yield_now().await;
        let asked = UpstreamRequest {
            method: &parts.method,
            target,
            headers: &parts.headers,
            id: &exchange.id,
            begun: Some(settled.begun()),
        };
        let answered = match self.upstream.send(address, &asked, body).await {
            Ok(refused) if !refused.status().is_success() => match outgoing.unasked.take() {
                Some(unasked) => Box::pin(self.without_usage(&asked, &mut outgoing, refused, unasked)).await,
                None => Ok(refused),
            },
            answered => answered,
        };
        let answered = match answered {
            Ok(answered) => answered,
            Err(none) => {
                settled.nothing();
                return self.unanswered(exchange, &outgoing, &none);
            }
        };
        self.answer(exchange, answered, outgoing, settled, right)?.finish().await
    }

    /// Builds the answer when the upstream gave none.
    fn unanswered(
        &self,
        exchange: &Exchange<'_>,
        outgoing: &Outgoing<'_>,
        none: &NoAnswer,
    ) -> Result<Response<GatewayBody>, ErrorResponse> {
        if let Some(wire) = outgoing.fault.as_ref().and_then(|fault| fault.get()) {
            return Err(wire.clone());
        }
        tracing::warn!(request = %exchange.id, upstream = %outgoing.upstream.name, error = %none, "no answer from upstream");
        self.metrics.upstream_failed(none.reason());
        let (wire, again) = none.told();
        if again { Err(wire) } else { Ok(error_body::final_error(&wire)) }
    }

    /// Checks whether a refusal is about the usage option that the gateway added, and if so sends the request once more
    /// without it.
    async fn without_usage(
        &self,
        asked: &UpstreamRequest<'_>,
        outgoing: &mut Outgoing<'_>,
        answered: Response<UpstreamBody>,
        unasked: Bytes,
    ) -> Result<Response<UpstreamBody>, NoAnswer> {
        let (parts, body) = answered.into_parts();
        let (upstream, model) = (outgoing.upstream, outgoing.model);
        let body = collect(body, MOST_ERROR).await.unwrap_or_default();
        let (Some(address), true) = (&upstream.address, upstream_errors::names_stream_options(parts.status, &body))
        else {
            return Ok(Response::from_parts(parts, UpstreamBody::whole(body)));
        };
        outgoing.strip = false;
        let answered = self.upstream.send(address, asked, RequestBody::Whole(unasked)).await?;
        if let Some(model) = model.filter(|_| answered.status().is_success()) {
            tracing::info!(upstream = %upstream.name, model = %model.id, "the upstream does not know stream_options");
            upstream.refused_usage(&model.id, self.now());
        }
        Ok(answered)
    }
}

pub(crate) fn misconfigured() -> ErrorResponse {
    error_body::server_error(500, "The model server's address is not usable. Tell the operator.")
}

/// Whether the gateway must request the usage chunk itself and remove it again.
fn strips(route: &Route, peek: &Peek) -> bool {
    let chat = matches!(route.path, "/v1/chat/completions" | "/v1/completions");
    chat && peek.stream && !peek.include_usage && peek.splice.is_some()
}

fn upstream_of<'c>(catalogue: &'c Catalogue, model: Option<&ModelEntry>) -> Result<&'c Upstream, ErrorResponse> {
    let found = model.map_or_else(|| catalogue.default_upstream(), |model| catalogue.upstream_of(model));
    found.ok_or_else(|| {
        error_body::server_error(500, "No model server is configured for this request. Tell the operator.")
    })
}
