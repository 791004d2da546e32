//! Applying rate limits: the most that a request may use is reserved before it is sent upstream, and replaced by what
//! it used. Without limits this does nothing.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use keystead_core::access;
use keystead_core::rate::{LimitState, Need, RateLimitRefusal, format_duration};
use keystead_core::route::MeterKind;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::{GatewayBody, RequestBody};
use crate::catalogue::ModelEntry;
use crate::decide::rate_limiter::{EffectiveLimits, RateLimitHeaders, Reservation};
use crate::estimate;
use crate::rejection::Rejection;
use crate::response::error_body;

impl Gateway {
    /// Reserves the most that the request may use, or answers 429. Returns the state of the limits, if there are any, for
    /// the headers of the answer.
    pub(crate) fn reserve(
        &self,
        request: &ApiRequest<'_>,
        model: Option<&ModelEntry>,
        body: &RequestBody,
    ) -> Result<(Reservation, Option<Box<RateLimitHeaders>>), Rejection> {
        let Some(model) = model else { return Ok(Default::default()) };
        let own = access::project_limits(&request.caller, &request.payer);
        let organization = model.rates_in(access::usage_tier(&request.caller, &request.payer));
        if organization.is_none() && own.is_none() {
            return Ok(Default::default());
        }
        let project = own.map(|own| own.of(&model.id)).unwrap_or_default();
        let limits = EffectiveLimits { organization, project };
        if limits.organization.is_none() && limits.project.is_none() {
            return Ok(Default::default());
        }
        let need = need(request.route.meter, body);
        let (reserved, state) = self.rates.reserve(&request.payer, &model.id, limits, need);
        reserved.map(|reservation| (reservation, Some(Box::new(state)))).map_err(|(exceeded, of_project)| {
            let refused = RateLimitRefusal {
                exceeded,
                model: model.id.to_string(),
                organization: request.payer.organization.clone(),
                project: request.payer.project.clone(),
                of_project,
            };
            self.metrics.limited();
            Rejection::with_headers(&refused.response(&self.services.public_url), |headers| {
                error_body::attribute(headers, &request.payer);
                replace_headers(headers, &state);
                add_retry_headers(headers, &refused);
            })
        })
    }
}

/// Returns the most that a request may use, as far as the request says. A form says nothing before it is sent.
fn need(meter: MeterKind, body: &RequestBody) -> Need {
    let estimate = match body {
        RequestBody::Whole(body) => estimate::of(body),
        RequestBody::Nothing | RequestBody::StreamingBody(_) => estimate::TokenEstimate::default(),
    };
    match meter {
        MeterKind::Completion => Need { tokens: estimate.read.saturating_add(estimate.written), images: 0 },
        MeterKind::Embedding | MeterKind::Moderation => Need { tokens: estimate.read, images: 0 },
        MeterKind::Image => Need { tokens: estimate.read, images: estimate.answers },
        MeterKind::Request | MeterKind::Speech | MeterKind::Transcription => Need::default(),
    }
}

/// Adds the headers about the limits to a successful answer, if there are any limits.
pub(crate) fn add_headers(response: &mut Response<GatewayBody>, state: Option<&RateLimitHeaders>) {
    if let Some(state) = state.filter(|_| response.status().is_success()) {
        replace_headers(response.headers_mut(), state);
    }
}

/// Replaces the upstream's headers about its limits by those about ours.
fn replace_headers(headers: &mut HeaderMap, state: &RateLimitHeaders) {
    const LIMITS: &str = "x-ratelimit-";
    let theirs: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(LIMITS)).cloned().collect();
    for name in theirs {
        headers.remove(name);
    }
    let mut put = |part: &str, of: &str, value: HeaderValue| {
        if let Ok(name) = HeaderName::try_from(format!("{LIMITS}{part}-{of}")) {
            headers.insert(name, value);
        }
    };
    let mut put_state = |of: &str, state: Option<LimitState>| {
        let Some(state) = state else { return };
        put("limit", of, state.limit.into());
        put("remaining", of, state.remaining.into());
        if let Ok(reset) = HeaderValue::try_from(format_duration(state.reset)) {
            put("reset", of, reset);
        }
    };
    put_state("requests", state.requests);
    put_state("tokens", state.tokens);
    put_state("project-tokens", state.project_tokens);
    put_state("input-images", state.images);
}

/// Adds when to retry, in both forms that clients read, or that a retry is useless.
fn add_retry_headers(headers: &mut HeaderMap, refused: &RateLimitRefusal) {
    error_body::link_help(headers, "rate-limits", &refused.project);
    let Some(wait) = refused.wait() else {
        error_body::give_up(headers);
        return;
    };
    let millis = u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
    headers.insert(header::RETRY_AFTER, millis.div_ceil(1_000).into());
    headers.insert(&error_body::RETRY_AFTER_MS, millis.into());
    if wait > error_body::LONGEST_WAIT {
        error_body::give_up(headers);
    }
}
