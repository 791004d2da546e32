//! Applying rate limits: the most that a request may use is reserved before it is sent upstream, and replaced by what
//! it used. Without limits this does nothing.

use http::{HeaderMap, header};
use keystead_core::access::payer_settings;
use keystead_core::rate::{Need, RateLimitRefusal};
use keystead_core::route::MeterKind;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::catalogue::ModelEntry;
use crate::decide::limit_headers::LimitHeaders;
use crate::decide::rate_limiter::{EffectiveLimits, NotReserved, Reservation};
use crate::estimate::TokenEstimate;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::response::error_body;

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
    /// Reserves the most that the request may use, or answers 429, or 503 when that cannot be decided. Returns also the
    /// headers about the limits, for a successful answer.
    pub(crate) async fn reserve(
        &self,
        request: &ApiRequest<'_>,
        outgoing: &Outgoing<'_>,
        (limits, asked): (EffectiveLimits, TokenEstimate),
    ) -> Result<(Reservation, LimitHeaders), Rejection> {
        let Some(model) = outgoing.model.filter(|_| !limits.is_none()) else { return Ok(Default::default()) };
        let need = need(request.route.meter, limits, asked);
        let (reserved, headers) = self.rates.reserve(&request.payer, &model.id, limits, need).await;
        match reserved {
            Ok(reservation) => Ok((reservation, headers)),
            Err(why) => Err(self.not_reserved(request, model, why, &headers)),
        }
    }

    fn not_reserved(
        &self,
        request: &ApiRequest<'_>,
        model: &ModelEntry,
        why: NotReserved,
        limits: &LimitHeaders,
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
            limits.replace(headers);
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
