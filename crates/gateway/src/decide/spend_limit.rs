//! Applying budgets: the most that a request may use is set aside before it is sent upstream. Without budgets this does
//! nothing.

use std::time::Duration;

use http::HeaderMap;
use http::header;
use keystead_core::access::payer_settings;
use keystead_core::budget::{Bounds, Budget, BudgetRefusal, Measured};
use keystead_core::route::MeterKind;
use keystead_core::time::Timestamp;
use keystead_core::usage::ImageTraits;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::RequestBody;
use crate::catalogue::ModelEntry;
use crate::decide::spend_ledgers::{NotSetAside, SpendGuard};
use crate::estimate::TokenEstimate;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::response::error_body;

/// Bytes of a second of sound at the lowest usual bit rate, 16 kbit/s.
const BYTES_OF_A_SECOND: u64 = 2_000;
/// The most tokens that a second of sound is read or written as.
const TOKENS_OF_A_SECOND: u64 = 25;
/// The most images that one form may ask for, as in the contract. A form says how many only while it is sent.
pub(crate) const IMAGES_OF_A_FORM: u64 = 10;
/// What a request for one picture to the model of a tool uses besides tokens.
pub(crate) const PICTURE_OF_A_TOOL: Bounds =
    Bounds { requests: 1, images: 1, input_tokens: 0, output_tokens: 0, characters: 0, seconds: 0 };
/// Tokens that the pictures of a form are read as.
const TOKENS_OF_A_FORM: u64 = 16_384;

impl Gateway {
    /// Whether a budget applies to the request.
    pub(crate) fn has_budget(&self, request: &ApiRequest<'_>) -> bool {
        payer_settings::budgets(&request.caller, &request.payer).next().is_some()
    }

    /// The most that a request may use that asks for this.
    pub(crate) fn most_use(
        &self,
        request: &ApiRequest<'_>,
        headers: &HeaderMap,
        outgoing: &Outgoing<'_>,
        (asked, body): (TokenEstimate, &RequestBody),
    ) -> Measured {
        let Some(model) = outgoing.model else { return outgoing.batch.most };
        let (bounds, images) = match body {
            RequestBody::Whole(body) => {
                let bounds = self.bounds(request.route.meter, model, asked, outgoing.characters, body.len());
                (bounds, asked.images)
            }
            RequestBody::Nothing | RequestBody::StreamingBody(_) => {
                let length = headers.get(header::CONTENT_LENGTH);
                let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
                let most = || u64::try_from(self.limits.form_body).unwrap_or(u64::MAX);
                // Most of a form is read while it is sent, so its images may be the dearest.
                let bounds = self.bounds_of_form(request.route.meter, model, length.unwrap_or_else(most));
                (bounds, ImageTraits::default())
            }
        };
        let most = bounds.most(&outgoing.price().for_images_at_most(images));
        // What the tool draws counts as a request of its own, as in the usage.
        let drawn = outgoing.tool.map(|_| PICTURE_OF_A_TOOL.most(&outgoing.tool_price()));
        most.plus(drawn.unwrap_or_default())
    }

    /// Sets this aside from each budget that applies to the request, if this node has leased as much.
    pub(crate) fn set_aside_leased(
        &self,
        request: &ApiRequest<'_>,
        most: &Measured,
        now: Timestamp,
    ) -> Option<SpendGuard> {
        let budgets = payer_settings::budgets(&request.caller, &request.payer);
        self.spend.set_aside_leased(budgets, most, now)
    }

    /// Sets this aside from each budget that applies to the request or from none, or refuses it.
    pub(crate) async fn set_aside(&self, request: &ApiRequest<'_>, most: Measured) -> Result<SpendGuard, Rejection> {
        let budgets = payer_settings::budgets(&request.caller, &request.payer);
        let set_aside = self.spend.set_aside(budgets, &most, self.now()).await;
        set_aside.map_err(|(budget, why)| self.not_set_aside(request, budget, why, &most))
    }

    fn not_set_aside(&self, request: &ApiRequest<'_>, budget: &Budget, why: NotSetAside, most: &Measured) -> Rejection {
        let NotSetAside::Refused { limit, spent } = why else {
            return error_body::unavailable("The budget cannot be checked at the moment. Try again shortly.").into();
        };
        let now = self.now();
        let resets_at = budget.window(now).resets_at();
        let refusal = BudgetRefusal {
            organization: request.payer.organization.clone(),
            project: request.payer.project.clone(),
            id: budget.id.clone(),
            scope: budget.scope.clone(),
            most: limit,
            used: spent,
            requested: most.of(budget.scope.terms.measure),
            resets_at,
        };
        let wait = resets_at.map(|at| u64::try_from(at.since(now)).unwrap_or_default().max(1));
        let wait = wait.filter(|wait| Duration::from_secs(*wait) <= error_body::LONGEST_WAIT);
        self.metrics.spent();
        let wire = refusal.response(request.route.meter, &self.services.public_url);
        Rejection::with_headers(&wire, |headers| {
            error_body::attribute(headers, &request.payer);
            error_body::link_help(headers, "spend-limits", &request.payer.project);
            match wait {
                Some(wait) => {
                    headers.insert(header::RETRY_AFTER, wait.into());
                }
                None => error_body::give_up(headers),
            }
        })
    }

    /// The most that a complete body lets its request use.
    pub(crate) fn bounds(
        &self,
        meter: MeterKind,
        model: &ModelEntry,
        asked: TokenEstimate,
        characters: i64,
        length: usize,
    ) -> Bounds {
        let most = model.max_output_tokens.unwrap_or(self.limits.unbounded_output_tokens);
        let stated = asked.written.checked_div(asked.answers).filter(|stated| *stated > 0);
        // A model writes no more than the catalogue says, also where a request states more.
        let each = match (stated, model.max_output_tokens) {
            (Some(stated), Some(most)) => stated.min(most),
            (Some(stated), None) => stated,
            (None, _) => most,
        };
        let (input_tokens, written) = (asked.most_read, each.saturating_mul(asked.answers));
        let one = Bounds { requests: 1, ..Bounds::default() };
        match meter {
            MeterKind::Request => Bounds::default(),
            MeterKind::Completion => Bounds { input_tokens, output_tokens: written, ..one },
            MeterKind::Embedding | MeterKind::Moderation => Bounds { input_tokens, ..one },
            MeterKind::Image => Bounds { input_tokens, output_tokens: written, images: asked.answers, ..one },
            MeterKind::Speech => Bounds { characters: characters.unsigned_abs(), ..one },
            MeterKind::Transcription => self.bounds_of_form(meter, model, u64::try_from(length).unwrap_or(u64::MAX)),
        }
    }

    /// The most that a form of this length lets its request use.
    fn bounds_of_form(&self, meter: MeterKind, model: &ModelEntry, length: u64) -> Bounds {
        match meter {
            MeterKind::Transcription => {
                let seconds = length.div_ceil(BYTES_OF_A_SECOND).max(1);
                let tokens = seconds.saturating_mul(TOKENS_OF_A_SECOND);
                Bounds { requests: 1, seconds, input_tokens: tokens, output_tokens: tokens, ..Bounds::default() }
            }
            MeterKind::Image => {
                let most = model.max_output_tokens.unwrap_or(self.limits.unbounded_output_tokens);
                Bounds {
                    requests: 1,
                    images: IMAGES_OF_A_FORM,
                    input_tokens: TOKENS_OF_A_FORM,
                    output_tokens: most.saturating_mul(IMAGES_OF_A_FORM),
                    ..Bounds::default()
                }
            }
            _ => Bounds::default(),
        }
    }
}
