//! Applying spend limits: the most that a request may cost is set aside before it is sent upstream. Without limits this
//! does nothing.

use std::time::Duration;

use http::HeaderMap;
use http::header;
use keystead_core::access;
use keystead_core::budget::{Bounds, BudgetSubject, SpendLimitRefusal, Window};
use keystead_core::money::Amount;
use keystead_core::route::MeterKind;

use crate::Gateway;
use crate::api_request::ApiRequest;
use crate::body::RequestBody;
use crate::catalogue::ModelEntry;
use crate::decide::spend_ledgers::{NotSetAside, SpendGuard, SpendHold};
use crate::estimate::TokenEstimate;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::response::error_body;

/// Bytes of a second of sound at the lowest usual bit rate, 16 kbit/s.
const BYTES_OF_A_SECOND: u64 = 2_000;
/// The most tokens that a second of sound is read or written as.
const TOKENS_OF_A_SECOND: u64 = 25;
/// The most images that one form may ask for, as in the contract. A form says how many only while it is sent.
const IMAGES_OF_A_FORM: u64 = 10;
/// What a request for one picture to the model of a tool uses besides tokens.
pub(crate) const PICTURE_OF_A_TOOL: Bounds =
    Bounds { requests: 1, images: 1, input_tokens: 0, output_tokens: 0, characters: 0, seconds: 0 };
/// Tokens that the pictures of a form are read as.
const TOKENS_OF_A_FORM: u64 = 16_384;

impl Gateway {
    /// Whether a spend limit applies to the request.
    pub(crate) fn has_spend_limit(&self, request: &ApiRequest<'_>) -> bool {
        access::spend_limits(&request.caller, &request.payer).iter().any(Option::is_some)
    }

    /// The most that the request may cost, if a spend limit applies; zero otherwise.
    pub(crate) fn most_cost(
        &self,
        request: &ApiRequest<'_>,
        headers: &HeaderMap,
        outgoing: &Outgoing<'_>,
        body: &RequestBody,
    ) -> Amount {
        if !self.has_spend_limit(request) {
            return Amount::ZERO;
        }
        let Some(model) = outgoing.model else { return outgoing.batch_cost };
        let tool = PICTURE_OF_A_TOOL.cost(&outgoing.tool_price());
        let bounds = match body {
            RequestBody::Whole(body) => {
                let asked = outgoing.prompt.at_most();
                self.bounds(request.route.meter, model, asked, outgoing.characters, body.len())
            }
            RequestBody::Nothing | RequestBody::StreamingBody(_) => {
                let length = headers.get(header::CONTENT_LENGTH);
                let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
                let most = || u64::try_from(self.limits.form_body).unwrap_or(u64::MAX);
                self.bounds_of_form(request.route.meter, model, length.unwrap_or_else(most))
            }
        };
        bounds.cost(&outgoing.price()).plus(tool)
    }

    /// Sets this aside from the limits of the request's organization and its project or from neither, or refuses it.
    pub(crate) async fn set_aside(&self, request: &ApiRequest<'_>, need: Amount) -> Result<SpendGuard, Rejection> {
        let [organization, project] = access::spend_limits(&request.caller, &request.payer);
        let now = self.now();
        let mut holds: [Option<SpendHold>; 2] = [None, None];
        let subjects = [
            organization.map(|limit| (BudgetSubject::Organization(request.payer.organization.clone()), limit)),
            project.map(|limit| (BudgetSubject::Project(request.payer.project.clone()), limit)),
        ];
        for (place, subject) in subjects.into_iter().enumerate() {
            let Some((subject, limit)) = subject else { continue };
            let of_project = matches!(subject, BudgetSubject::Project(_));
            let held = self.spend.set_aside(subject, limit, need, now).await;
            let held = held.map_err(|why| self.not_set_aside(request, why, need, of_project))?;
            if let Some(hold) = holds.get_mut(place) {
                *hold = Some(held);
            }
        }
        Ok(self.spend.guard(now, need, holds))
    }

    fn not_set_aside(
        &self,
        request: &ApiRequest<'_>,
        why: NotSetAside,
        requested: Amount,
        of_project: bool,
    ) -> Rejection {
        let NotSetAside::Refused { limit, spent } = why else {
            return error_body::unavailable("The spend limit cannot be checked at the moment. Try again shortly.")
                .into();
        };
        let refusal = SpendLimitRefusal {
            organization: request.payer.organization.clone(),
            project: request.payer.project.clone(),
            of_project,
            limit,
            spent,
            requested,
            resets_at: Window::month(self.now()).end,
        };
        let wait = u64::try_from(refusal.resets_at.since(self.now())).unwrap_or_default().max(1);
        self.metrics.spent();
        let wire = refusal.response(request.route.meter, &self.services.public_url);
        Rejection::with_headers(&wire, |headers| {
            error_body::attribute(headers, &request.payer);
            error_body::link_help(headers, "spend-limits", &request.payer.project);
            if Duration::from_secs(wait) > error_body::LONGEST_WAIT {
                error_body::give_up(headers);
            } else {
                headers.insert(header::RETRY_AFTER, wait.into());
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
