//! Forwarding: the client's bytes to the upstream with the operator's secret, the answer back as it arrives.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::request::Parts;
use keystead_core::refusal::ErrorResponse;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::{GatewayBody, RequestBody};
use crate::decide::admitted_request::AdmittedRequest;
use crate::decide::rate_limiter::Reservation;
use crate::decide::spend_ledgers::SpendGuard;
use crate::metering::usage_recorder::UsageRecorder;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::response::answer::MOST_ERROR;
use crate::response::error_body;
use crate::response::upstream_errors;
use crate::upstream::{NoAnswer, UpstreamBody, UpstreamRequest, collect};

impl Gateway {
    /// Sends the request upstream, and returns the answer: as it arrives, or once its usage is safe.
    pub(crate) async fn forward(
        &self,
        request: &ApiRequest<'_>,
        parts: &Parts,
        body: RequestBody,
        mut outgoing: Outgoing<'_>,
        (reservation, guard, admitted): (Reservation, SpendGuard, &Arc<AdmittedRequest>),
    ) -> Result<Response<GatewayBody>, Rejection> {
        let address = outgoing.upstream.address.as_ref().ok_or_else(misconfigured)?;
        let target = parts.uri.path_and_query().ok_or_else(misconfigured)?;
        let mut recorder = UsageRecorder::new(admitted, &outgoing, reservation, guard);
        // Requests that came together are read one after the other and leave one after the other: an upstream that was
        // woken by the first is awake for the rest, and waking it is what a send costs most.
        tokio::task::yield_now().await;
        let upstream_request = UpstreamRequest {
            method: &parts.method,
            target,
            headers: &parts.headers,
            id: &request.id,
            begun: Some(recorder.begun()),
        };
        let answered = match self.upstream.send(address, &upstream_request, body).await {
            Ok(refused) if !refused.status().is_success() => match outgoing.without_usage_option.take() {
                Some(body) => Box::pin(self.without_usage(&upstream_request, &mut outgoing, refused, body)).await,
                None => Ok(refused),
            },
            answered => answered,
        };
        let answered = match answered {
            Ok(answered) => answered,
            Err(none) => {
                recorder.nothing();
                return Err(self.unanswered(request, &outgoing, &none));
            }
        };
        Ok(self.answer(request, answered, outgoing, recorder, admitted)?.finish().await?)
    }

    /// Builds the answer when the upstream gave none.
    fn unanswered(&self, request: &ApiRequest<'_>, outgoing: &Outgoing<'_>, none: &NoAnswer) -> Rejection {
        if let Some(wire) = outgoing.fault.as_ref().and_then(|fault| fault.get()) {
            return wire.clone().into();
        }
        tracing::warn!(request = %request.id, upstream = %outgoing.upstream.name, error = %none, "the model server did not answer; check that it runs and that base_url is right");
        self.metrics.upstream_failed(none.reason());
        let (wire, again) = none.response();
        if again { wire.into() } else { Rejection::with_headers(&wire, error_body::give_up) }
    }

    /// Checks whether a refusal is about the usage option that the gateway added, and if so sends the request once more
    /// without it.
    async fn without_usage(
        &self,
        request: &UpstreamRequest<'_>,
        outgoing: &mut Outgoing<'_>,
        answered: Response<UpstreamBody>,
        body: Bytes,
    ) -> Result<Response<UpstreamBody>, NoAnswer> {
        let (parts, error) = answered.into_parts();
        let (upstream, model) = (outgoing.upstream, outgoing.model);
        let error = collect(error, MOST_ERROR).await.unwrap_or_default();
        let (Some(address), true) = (&upstream.address, upstream_errors::names_stream_options(parts.status, &error))
        else {
            return Ok(Response::from_parts(parts, UpstreamBody::whole(error)));
        };
        outgoing.strip = false;
        let answered = self.upstream.send(address, request, RequestBody::Whole(body)).await?;
        if let Some(model) = model.filter(|_| answered.status().is_success()) {
            tracing::info!(upstream = %upstream.name, model = %model.id, "the model server does not support stream_options; the request was sent again without it");
            upstream.refused_usage(&model.id, self.now());
        }
        Ok(answered)
    }
}

pub(crate) fn misconfigured() -> ErrorResponse {
    error_body::server_error(500, "The model server's address is not usable. Tell the operator.")
}
