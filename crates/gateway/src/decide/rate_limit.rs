//! Applying rate limits: the most that a request may use is reserved before it is sent upstream, and replaced by what
//! it used. Without limits this does nothing.

use std::ops::Range;

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use keystead_core::access::payer_settings;
use keystead_core::rate::{Need, RateLimitRefusal, push_duration, push_number};
use keystead_core::route::MeterKind;
use smallvec::SmallVec;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::GatewayBody;
use crate::catalogue::ModelEntry;
use crate::decide::rate_limiter::{EffectiveLimits, NotReserved, RateLimitHeaders, Reservation};
use crate::estimate::TokenEstimate;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::response::error_body;

/// Bytes of the values of the headers about the limits of most requests.
const LENGTH: usize = 128;

/// The names of the headers about one measure. They are parsed once, not for each answer.
struct Names {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
}

static REQUESTS: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-requests"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-requests"),
    reset: HeaderName::from_static("x-ratelimit-reset-requests"),
};
static TOKENS: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-tokens"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-tokens"),
    reset: HeaderName::from_static("x-ratelimit-reset-tokens"),
};
static PROJECT_TOKENS: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-project-tokens"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-project-tokens"),
    reset: HeaderName::from_static("x-ratelimit-reset-project-tokens"),
};
static IMAGES: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-input-images"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-input-images"),
    reset: HeaderName::from_static("x-ratelimit-reset-input-images"),
};

/// Returns the limits that apply to a request.
pub(crate) fn limits(request: &ApiRequest<'_>, model: Option<&ModelEntry>) -> EffectiveLimits {
    let Some(model) = model else { return EffectiveLimits::default() };
    let project = payer_settings::project_limits(&request.caller, &request.payer);
    let project = project.map(|own| own.of(&model.id)).unwrap_or_default();
    EffectiveLimits {
        organization: model.rates_in(payer_settings::usage_tier(&request.caller, &request.payer)),
        project,
    }
}

impl Gateway {
    /// Reserves the most that the request may use, or answers 429, or 503 when that cannot be decided. Returns the state
    /// of the limits, if there are any, for the headers of the answer.
    pub(crate) async fn reserve(
        &self,
        request: &ApiRequest<'_>,
        outgoing: &Outgoing<'_>,
        (limits, asked): (EffectiveLimits, TokenEstimate),
    ) -> Result<(Reservation, Option<Box<RateLimitHeaders>>), Rejection> {
        let Some(model) = outgoing.model.filter(|_| !limits.is_none()) else { return Ok(Default::default()) };
        let need = need(request.route.meter, limits, asked);
        let (reserved, state) = self.rates.reserve(&request.payer, &model.id, limits, need).await;
        match reserved {
            Ok(reservation) => Ok((reservation, Some(state))),
            Err(why) => Err(self.not_reserved(request, model, why, &state)),
        }
    }

    fn not_reserved(
        &self,
        request: &ApiRequest<'_>,
        model: &ModelEntry,
        why: NotReserved,
        state: &RateLimitHeaders,
    ) -> Rejection {
        let NotReserved::Exceeded(exceeded, of_project) = why else {
            return error_body::unavailable("The rate limit cannot be checked at the moment. Try again shortly.")
                .into();
        };
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
            replace_headers(headers, state);
            add_retry_headers(headers, &refused);
        })
    }
}

/// Whether it matters to the limits what a request asks for.
pub(crate) fn is_measured(meter: MeterKind, limits: EffectiveLimits) -> bool {
    use MeterKind::{Completion, Embedding, Image, Moderation};
    limits.limits_amounts() && matches!(meter, Completion | Embedding | Moderation | Image)
}

/// Returns the most that a request may use, as far as the request says and it is limited. A form says nothing before it
/// is sent.
fn need(meter: MeterKind, limits: EffectiveLimits, asked: TokenEstimate) -> Need {
    if !is_measured(meter, limits) {
        return Need::default();
    }
    match meter {
        MeterKind::Completion => Need { tokens: asked.read.saturating_add(asked.written), images: 0 },
        MeterKind::Embedding | MeterKind::Moderation => Need { tokens: asked.read, images: 0 },
        MeterKind::Image => Need { tokens: asked.read, images: asked.answers },
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
pub(crate) fn replace_headers(headers: &mut HeaderMap, state: &RateLimitHeaders) {
    let theirs: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("x-ratelimit-")).cloned().collect();
    for name in theirs {
        headers.remove(name);
    }
    let states = [
        (&REQUESTS, state.requests),
        (&TOKENS, state.tokens),
        (&PROJECT_TOKENS, state.project_tokens),
        (&IMAGES, state.images),
    ];
    // All values share one piece of memory: every limited answer has several.
    let (mut text, mut places) = (String::with_capacity(LENGTH), SmallVec::<[(&HeaderName, Range<usize>); 12]>::new());
    for (names, state) in states.into_iter().filter_map(|(names, state)| Some((names, state?))) {
        let mut put = |name: &'static HeaderName, write: &dyn Fn(&mut String)| {
            let start = text.len();
            write(&mut text);
            places.push((name, start..text.len()));
        };
        put(&names.limit, &|text| push_number(text, state.limit));
        put(&names.remaining, &|text| push_number(text, state.remaining));
        put(&names.reset, &|text| push_duration(text, state.reset));
    }
    let values = Bytes::from(text);
    headers.reserve(places.len());
    for (name, place) in places {
        if let Ok(value) = HeaderValue::from_maybe_shared(values.slice(place)) {
            headers.insert(name, value);
        }
    }
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
