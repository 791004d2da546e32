//! Applying rate limits: the most that a request may use is reserved before it is sent upstream, and replaced by what
//! it used. Without limits this does nothing.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use keystead_core::access;
use keystead_core::rate::{LimitState, Need, RateLimitRefusal, format_duration};
use keystead_core::route::Meter;

use crate::Gateway;
use crate::body::{GatewayBody, RequestBody};
use crate::catalogue::ModelEntry;
use crate::decide::rate_limiter::{Both, RateLimitHeaders, Reservation};
use crate::estimate;
use crate::exchange::Exchange;
use crate::response::error_body;

/// An admitted request, and the limits for the headers of its answer.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    pub(crate) reservation: Reservation,
    pub(crate) told: Option<Box<RateLimitHeaders>>,
}

impl Gateway {
    /// Reserves the most that the request may use, or answers 429.
    pub(crate) fn admit(
        &self,
        exchange: &Exchange<'_>,
        model: Option<&ModelEntry>,
        body: &RequestBody,
    ) -> Result<Admitted, Box<Response<GatewayBody>>> {
        let Some(model) = model else { return Ok(Admitted::default()) };
        let own = access::project_limits(&exchange.caller, &exchange.payer);
        if model.rates.is_none() && own.is_none() {
            return Ok(Admitted::default());
        }
        let project = own.map(|own| own.of(&model.id)).unwrap_or_default();
        let both = Both { organization: model.rates, project };
        if both.organization.is_none() && both.project.is_none() {
            return Ok(Admitted::default());
        }
        let (held, told) = self.rates.reserve(&exchange.payer, &model.id, both, need(exchange.route.meter, body));
        match held {
            Ok(reservation) => Ok(Admitted { reservation, told: Some(Box::new(told)) }),
            Err((exceeded, of_project)) => {
                let refused = RateLimitRefusal {
                    exceeded,
                    model: model.id.to_string(),
                    organization: exchange.payer.organization.clone(),
                    project: exchange.payer.project.clone(),
                    of_project,
                };
                self.metrics.limited();
                let mut response = error_body::error(&refused.response(&self.seams.public_url));
                error_body::attribute(response.headers_mut(), &exchange.payer);
                tell(response.headers_mut(), &told);
                come_back(response.headers_mut(), &refused);
                Err(Box::new(response))
            }
        }
    }
}

/// Returns the most that a request may use, as far as the request says. A form says nothing before it is sent.
fn need(meter: Meter, body: &RequestBody) -> Need {
    let asked = match body {
        RequestBody::Whole(body) => estimate::of(body),
        RequestBody::Nothing | RequestBody::StreamingBody(_) => estimate::TokenEstimate::default(),
    };
    match meter {
        Meter::Completion => Need { tokens: asked.read.saturating_add(asked.written), images: 0 },
        Meter::Embedding | Meter::Moderation => Need { tokens: asked.read, images: 0 },
        Meter::Image => Need { tokens: asked.read, images: asked.answers },
        Meter::Request | Meter::Speech | Meter::Transcription => Need::default(),
    }
}

/// Adds the headers about the limits. The upstream's own headers are dropped if there are any limits here.
pub(crate) fn tell(headers: &mut HeaderMap, told: &RateLimitHeaders) {
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
    put_state("requests", told.requests);
    put_state("tokens", told.tokens);
    put_state("project-tokens", told.project_tokens);
    put_state("input-images", told.images);
}

/// Adds when to retry, in both forms that clients read, or that a retry is useless.
fn come_back(headers: &mut HeaderMap, refused: &RateLimitRefusal) {
    headers.insert(header::LINK, HeaderValue::from_static("</help/rate-limits>; rel=\"help\""));
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
